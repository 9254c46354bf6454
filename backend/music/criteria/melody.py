"""Melody: chord progression (C3), chord diversity (C4), variation (C5), repetition (C6)."""
from __future__ import annotations

from collections import Counter

import numpy as np

from backend.domain.assessment import Criterion
from backend.music.criteria import keys
from backend.music.criteria.features import MIN_NOTES, STEPS_PER_QUARTER, Piece, band, bars_text, entropy, ramp
from backend.music.theory import pc_name

GROUP = "melody"
MIN_BARS = 5
"""With fewer bars human excerpts often have neither several chords nor a returning figure."""
SHUFFLES = 15
SHUFFLE_SEED = 19
LOG2_PERPLEXITY = (-2.1, -1.3)
COVERAGE_POLY = (.76, .90)
COVERAGE_MELODY = (.72, .90)
RESOLVED = .8
"""A passing note that moves on by step counts nearly as much as a chord note (by ear)."""
CHORD_ENTROPY = (.6, 1.5, 3.5, 4.1)
TOP_CHORD = (.15, .40)
CHANGE_RATE = (.12, .40)
SELF_SIMILARITY = (.15, .40)
EXACT = (0.0, .15)
INTERVAL_ENTROPY = (.8, 1.8, 3.6, 4.4)
PITCHES = (3, 6)
RECURRENCE = (.0, .22)
BEST_BAR = (.45, .70)
SHARE = (.05, .40)


def _bar_numbers(piece: Piece, positions: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(sorted({int(b) + 1 for b in piece.bars_of(np.asarray(positions, float))})) if positions else ()


def progression(piece: Piece) -> Criterion:
    """C3: perplexity of the chord changes under the chorale bigrams, and how well the notes fit their chords."""
    name = "The chord progression is reasonable"
    if piece.melody.pitch.size < MIN_NOTES or len(piece.sounding_bars) < 2:
        return Criterion(3, name, GROUP, None, {}, "Too short to hear a progression.")
    heard = piece.harmony
    if piece.is_polyphonic:
        covered, fit = heard.coverage, ramp(heard.coverage, *COVERAGE_POLY)
    else:
        covered = resolved_share(piece)
        fit = ramp(covered, *COVERAGE_MELODY)
    usual = fit if heard.log2_perplexity is None else ramp(-heard.log2_perplexity, *LOG2_PERPLEXITY)
    rating = .5 * usual + .5 * fit
    bars = _bar_numbers(piece, heard.strange) if rating < .5 else ()
    text = f"{covered:.0%} of the notes' time fits the chords they imply ({_roman(piece)})."
    if bars:
        text += f" Unusual changes: {bars_text(bars)}."
    metrics = {"coverage": covered, "in_chord": heard.coverage, "log2_perplexity": heard.log2_perplexity or 0.0}
    return Criterion(3, name, GROUP, rating, metrics, text, bars)


def resolved_share(piece: Piece) -> float:
    """Share of the melody's time that is in the chord, or foreign to it but moving on by step (RESOLVED of it)."""
    line, inside = piece.melody, piece.harmony.note_fit
    by_step = np.append((np.abs(np.diff(line.pitch)) <= 2) & (np.diff(line.pitch) != 0), False)
    fit = inside + (1 - inside) * by_step * RESOLVED
    return float((fit * line.duration_q).sum() / line.duration_q.sum())


def _roman(piece: Piece) -> str:
    """The first chords as letter names: ``Dm - G - C``."""
    shown = []
    for segment in piece.harmony.segments[:6]:
        step, quality = segment.degree
        suffix = {"M": "", "m": "m", "d": "dim", "+": "aug"}[quality]
        shown.append(pc_name((piece.key.tonic_pc + step) % 12, -1 if piece.key.tonic_pc in (5, 10, 3, 8, 1) else 0)
                     + suffix)
    return " - ".join(shown) + (" ..." if len(piece.harmony.segments) > 6 else "")


def chords_diverse(piece: Piece) -> Criterion:
    """C4: entropy of the chord degrees by duration, share of the commonest, changes per bar."""
    name = "The chords are diverse"
    bars = len(piece.sounding_bars)
    if piece.melody.pitch.size < MIN_NOTES or bars < MIN_BARS:
        return Criterion(4, name, GROUP, None, {}, "Too short to ask for several chords.")
    time: dict[tuple[int, str], float] = {}
    for segment in piece.harmony.segments:
        time[segment.degree] = time.get(segment.degree, 0.0) + segment.end_q - segment.start_q
    top = max(time.values()) / sum(time.values())
    spread, rate = entropy(time.values()), (len(piece.harmony.segments) - 1) / bars
    rating = min(band(spread, *CHORD_ENTROPY), ramp(1 - top, *TOP_CHORD), ramp(rate, *CHANGE_RATE))
    text = f"{len(time)} different chords, {rate:.1f} changes a bar; the commonest fills {top:.0%} of the time."
    longest = max(piece.harmony.segments, key=lambda s: s.end_q - s.start_q)
    where = _bar_numbers(piece, tuple(np.arange(longest.start_q, longest.end_q - 1e-6, .5))) if rating < .5 else ()
    return Criterion(4, name, GROUP, rating, {"entropy": spread, "top": top, "rate": rate}, text, where)


def _similarity(piece: Piece) -> np.ndarray:
    """Dice similarity of every two bars by (position, pitch) [bars, bars]."""
    sets = [frozenset(piece.bar_steps[b]) for b in piece.sounding_bars]
    return np.asarray([[2 * len(a & b) / (len(a) + len(b)) for b in sets] for a in sets])


def variation(piece: Piece) -> Criterion:
    """C5: bars must not all be alike, nor copies; intervals and pitches must vary."""
    name = "There is appropriate variation"
    bars = piece.sounding_bars
    pitch = piece.melody.pitch
    if pitch.size < MIN_NOTES or len(bars) < 3:
        return Criterion(5, name, GROUP, None, {}, "Too short to ask for variation.")
    table = _similarity(piece)
    alike = float(table[np.triu_indices(len(bars), 1)].mean())
    distinct = len(set(piece.bar_steps.values()))
    exact = (len(bars) - distinct) / (len(bars) - 1)
    intervals = entropy(Counter(np.diff(pitch).tolist()).values())
    pitches = len(set(pitch.tolist()))
    rating = min(ramp(1 - alike, *SELF_SIMILARITY), ramp(1 - exact, *EXACT), band(intervals, *INTERVAL_ENTROPY),
                 ramp(pitches, *PITCHES))
    text = (f"{pitches} pitches; {distinct} of {len(bars)} bars differ; bars share {alike:.0%} of their notes "
            "on average.")
    copies = tuple(b + 1 for i, b in enumerate(bars) if i and piece.bar_steps[b] == piece.bar_steps[bars[i - 1]])
    metrics = {"alike": alike, "exact": exact, "interval_entropy": intervals, "pitches": float(pitches)}
    return Criterion(5, name, GROUP, rating, metrics, text, copies[:8] if rating < .5 else ())


def recurring_share(figures: list[tuple[float, ...]]) -> float:
    """Share of figures that occur more than once."""
    return sum(n for n in Counter(figures).values() if n > 1) / len(figures) if figures else 0.0


def _recurrence(piece: Piece) -> tuple[float, float]:
    """(share of recurring figures minus the mean of the shuffles, the share itself).

    A figure is two or three neighbouring intervals, counted three ways and averaged: in semitones, in scale steps (so
    that a sequence on another degree counts), and in scale steps with the rhythm. Shuffles move pitches, not onsets.
    """
    line = piece.melody
    steps = keys.scale_steps(line.pitch, piece.key)
    gaps = np.rint(np.diff(line.onset_q) * STEPS_PER_QUARTER).tolist()

    def share(order: np.ndarray) -> float:
        semitones, degrees = np.diff(line.pitch[order]).tolist(), np.diff(steps[order]).tolist()
        found = []
        for row in (semitones, degrees, list(zip(degrees, gaps, strict=True))):
            found += [recurring_share(list(zip(row, row[1:], strict=False))),
                      recurring_share(list(zip(row, row[1:], row[2:], strict=False)))]
        return float(np.mean(found))

    rng = np.random.default_rng(SHUFFLE_SEED)
    actual = share(np.arange(line.pitch.size))
    return actual - float(np.mean([share(rng.permutation(line.pitch.size)) for _ in range(SHUFFLES)])), actual


def _best_matches(piece: Piece) -> np.ndarray:
    """For each bar, its likeness to the most similar other bar, transposed or not [bars]."""
    shapes = []
    for bar in piece.sounding_bars:
        notes = piece.bar_steps[bar]
        shapes.append((frozenset(notes), frozenset((s, p - notes[0][1]) for s, p in notes)))
    best = np.zeros(len(shapes))
    for i, (exact_a, shape_a) in enumerate(shapes):
        for j, (exact_b, shape_b) in enumerate(shapes):
            if i != j:
                shared = max(len(exact_a & exact_b), len(shape_a & shape_b))
                best[i] = max(best[i], 2 * shared / (len(shape_a) + len(shape_b)))
    return best


def repetition(piece: Piece) -> Criterion:
    """C6: interval figures that come back more often than chance (15 seeded shuffles of the same pitches)."""
    name = "There is appropriate repetition"
    pitch = piece.melody.pitch
    if pitch.size < 14 or len(piece.sounding_bars) < MIN_BARS:
        return Criterion(6, name, GROUP, None, {}, "Too short to ask for repetition.")
    excess, share = _recurrence(piece)
    best = _best_matches(piece)
    rating = (.75 * ramp(excess, *RECURRENCE) + .15 * ramp(float(best.mean()), *BEST_BAR) + .10 * ramp(share, *SHARE))
    lonely = tuple(b + 1 for b, match in zip(piece.sounding_bars, best, strict=True) if match < .35)
    text = f"{share:.0%} of the small figures come back, {excess:+.0%} against chance."
    if rating < .5 and lonely:
        text += f" Nothing recalls {bars_text(lonely)}."
    metrics = {"excess": excess, "share": share, "best_bar": float(best.mean())}
    return Criterion(6, name, GROUP, rating, metrics, text, lonely[:8] if rating < .5 else ())


