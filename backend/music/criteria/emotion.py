"""Emotion: do mode (C15), chords (C16), rhythm (C17), instruments (C18) and playing (C19) suit the named emotion.

Without a named emotion there is no target: the ratings are null and only the measurement is told.
Targets come from the brief. The additive linear cues behind them: Eerola, Friberg & Bresin (Frontiers in Psychology
4:487, 2013).
"""
from __future__ import annotations

import math

import numpy as np

from backend.domain.assessment import Criterion
from backend.domain.brief import CueBrief
from backend.music.criteria.chords import minor_chord_share
from backend.music.criteria.features import MIN_NOTES, Line, Piece
from backend.music.criteria.harmony import mean_consonance
from backend.music.theory import is_minor_like

GROUP = "emotion"
LABEL_VA = {
    "Dignified": (.35, -.05), "Sad": (-.60, -.50), "Dreamy": (.35, -.50), "Calm": (.50, -.70), "Graceful": (.60, 0.0),
    "Joyous": (.85, .45), "Exciting": (.40, .80), "Vigorous": (.45, .65), "Nervous": (-.45, .45), "Angry": (-.60, .80),
    "Fear": (-.75, .50), "Humorous": (.65, .30),
}
"""Valence and arousal of the twelve labels (craft 2.4)."""
TECHNIQUES: dict[str, frozenset[str]] = {
    "Dignified": frozenset({"legato", "long", "tenuto", "roll"}), "Sad": frozenset({"legato", "long", "con_sord"}),
    "Dreamy": frozenset({"legato", "long", "harmonics"}), "Calm": frozenset({"legato", "long", "sul_tasto"}),
    "Graceful": frozenset({"legato", "pizzicato", "staccato", "tenuto"}),
    "Joyous": frozenset({"staccato", "spiccato", "marcato", "pizzicato"}),
    "Exciting": frozenset({"spiccato", "staccato", "marcato", "tremolo"}),
    "Vigorous": frozenset({"marcato", "staccato", "sfz", "spiccato"}),
    "Nervous": frozenset({"staccato", "pizzicato", "tremolo", "spiccato"}),
    "Angry": frozenset({"marcato", "sfz", "staccato", "tremolo"}),
    "Fear": frozenset({"tremolo", "sul_pont", "long", "flutter"}),
    "Humorous": frozenset({"pizzicato", "staccato", "con_sord", "spiccato"}),
}
MODE_STEEPNESS = 12.0
MAJOR_TARGET = 0.85
"""How major a major brief should sound, 0..1; a minor brief takes the complement (by ear)."""
CHORD_TOLERANCE = .35
AROUSAL_TOLERANCE = 1.2
ARTICULATION_TOLERANCE = .5
INSTRUMENT_PASS = .55
AROUSAL_WEIGHTS = {"tempo": .45, "density": .35, "articulation": .20}
"""Order after Eerola et al. 2013 (tempo > articulation) and event density; sums to 1."""


def _no_target(number: int, name: str, metrics: dict[str, float], measured: str) -> Criterion:
    return Criterion(number, name, GROUP, None, metrics, f"No emotion was named. {measured}".strip())


def mode_fits(piece: Piece, brief: CueBrief) -> Criterion:
    """C15: 1 - |sigmoid(12 (r_major - r_minor)) - target|; the target follows the brief's mode."""
    name = "The mode suits the emotion"
    if piece.everything.pitch.size < MIN_NOTES:
        return Criterion(15, name, GROUP, None, {}, "Too few notes to hear a mode.")
    lead = piece.key.major_r - piece.key.minor_r
    majorness = 1 / (1 + math.exp(-MODE_STEEPNESS * lead))
    metrics = {"majorness": majorness}
    measured = f"It sounds {piece.key.name} (majorness {majorness:.2f})."
    if brief.emotion is None:
        return _no_target(15, name, metrics, measured)
    target = 1 - MAJOR_TARGET if is_minor_like(brief.mode) else MAJOR_TARGET
    return Criterion(15, name, GROUP, 1 - abs(majorness - target), metrics,
                     f"{measured} {brief.emotion} asks for {brief.mode.replace('_', ' ')}.")


def chords_fit(piece: Piece, brief: CueBrief) -> Criterion:
    """C16: share of minor and diminished chords against the usual share of the brief's mode; with several parts also
    the mean consonance against the brief's."""
    name = "The chord progression suits the emotion"
    time = sum(s.end_q - s.start_q for s in piece.harmony.segments)
    if piece.melody.pitch.size < MIN_NOTES or time <= 0:
        return Criterion(16, name, GROUP, None, {}, "Too few notes to hear chords.")
    dark = sum(s.end_q - s.start_q for s in piece.harmony.segments if s.degree[1] in "md") / time
    metrics = {"dark_chords": dark}
    measured = f"Minor and diminished chords fill {dark:.0%} of the time."
    if brief.emotion is None:
        return _no_target(16, name, metrics, measured)
    target = minor_chord_share(is_minor_like(brief.mode))
    ratings = [1 - min(1.0, max(0.0, abs(dark - target)) / CHORD_TOLERANCE)]
    if piece.is_polyphonic:
        metrics["consonance"] = mean_consonance(piece.slices)[0]
        ratings.append(1 - min(1.0, abs(metrics["consonance"] - brief.dissonance) / CHORD_TOLERANCE))
    text = f"{measured} {brief.emotion}: about {target:.0%}."
    return Criterion(16, name, GROUP, float(np.mean(ratings)), metrics, text)


def articulation_of(line: Line) -> float:
    """Median share of the time to the next onset that a note sounds."""
    gaps = np.diff(line.onset_q)
    return float(np.median(np.clip(line.duration_q[:-1] / np.maximum(gaps, 1e-6), 0.0, 1.0))) if gaps.size else 1.0


def heard_arousal(piece: Piece, brief: CueBrief) -> float:
    """Arousal -1..1: the formulas that lead from arousal to tempo, onsets per beat and articulation (craft 2.3), read
    backwards and averaged."""
    line = piece.melody
    span_q = float(line.onset_q[-1] - line.onset_q[0]) or 1.0
    density = (line.onset_q.size - 1) / span_q
    by = {"tempo": (piece.tempo_qpm - 92 - 6 * brief.valence) / 38,
          "density": (math.log2(max(density, .05)) - .2) / .9,
          "articulation": (.82 - .05 * brief.valence - articulation_of(line)) / .25}
    return sum(weight * min(1.0, max(-1.0, by[cue])) for cue, weight in AROUSAL_WEIGHTS.items())


def rhythm_fits(piece: Piece, brief: CueBrief) -> Criterion:
    """C17: arousal heard in tempo, density and articulation against the brief's."""
    name = "The rhythm suits the emotion"
    if piece.melody.pitch.size < MIN_NOTES:
        return Criterion(17, name, GROUP, None, {}, "Too few notes to hear a rhythm.")
    arousal = heard_arousal(piece, brief)
    metrics = {"arousal": arousal}
    measured = f"Tempo, density and note lengths sound like an arousal of {arousal:+.2f}."
    if brief.emotion is None:
        return _no_target(17, name, metrics, measured)
    rating = 1 - min(1.0, abs(arousal - brief.arousal) / AROUSAL_TOLERANCE)
    return Criterion(17, name, GROUP, rating, metrics, f"{measured} {brief.emotion} asks for {brief.arousal:+.2f}.")


def _suits(line: Line, brief: CueBrief) -> float:
    """1 core, .8 listed for the emotion, .6 neutral, .2 listed only for the opposite quadrant, 0 to be avoided."""
    tool = line.instrument
    if tool is None or brief.emotion is None:
        return .6
    if tool.id in brief.core:
        return 1.0
    if tool.id in brief.avoid:
        return 0.0
    if brief.emotion in tool.emotions:
        return .8
    here = LABEL_VA.get(brief.emotion, (0.0, 0.0))
    others = [LABEL_VA[e] for e in tool.emotions if e in LABEL_VA]
    opposite = bool(others) and all(v * here[0] < 0 and a * here[1] < 0 for v, a in others)
    return .2 if opposite and not tool.any_emotion else .6


def instruments_fit(piece: Piece, brief: CueBrief) -> Criterion:
    """C18: how well the instruments suit the emotion, weighted by sounding time; .55 passes (craft 3.2)."""
    name = "The instruments suit the emotion"
    lines = [line for line in piece.lines if line.instrument is not None and line.onset_q.size]
    if not lines:
        return Criterion(18, name, GROUP, None, {}, "No instruments are chosen yet.")
    if brief.emotion is None:
        return _no_target(18, name, {}, "")
    time = [float(line.duration_q.sum()) for line in lines]
    value = sum(t * _suits(line, brief) for t, line in zip(time, lines, strict=True)) / sum(time)
    if value < INSTRUMENT_PASS:
        rating = .5 * value / INSTRUMENT_PASS
    else:
        rating = .5 + .5 * (value - INSTRUMENT_PASS) / (1 - INSTRUMENT_PASS)
    odd = sorted({line.instrument.name for line in lines if line.instrument and _suits(line, brief) <= .2})
    text = f"Instruments suit {brief.emotion} at {value:.2f} of 1."
    if odd:
        text += f" Out of place: {', '.join(odd)}."
    return Criterion(18, name, GROUP, rating, {"suitability": value}, text)


def techniques_fit(piece: Piece, brief: CueBrief) -> Criterion:
    """C19: note length over time to the next onset against the brief, averaged with the written articulations."""
    name = "The playing techniques suit the emotion"
    if piece.melody.pitch.size < MIN_NOTES:
        return Criterion(19, name, GROUP, None, {}, "Too few notes to hear a playing style.")
    ratio = articulation_of(piece.melody)
    metrics = {"articulation": ratio}
    measured = f"Notes sound for {ratio:.0%} of their time."
    if brief.emotion is None:
        return _no_target(19, name, metrics, measured)
    ratings = [1 - min(1.0, abs(ratio - brief.articulation) / ARTICULATION_TOLERANCE)]
    written = [a for line in piece.lines for a in line.articulations if a]
    if written:
        fitting = TECHNIQUES.get(brief.emotion, frozenset())
        metrics["techniques"] = sum(a in fitting for a in written) / len(written)
        ratings.append(metrics["techniques"])
    text = f"{measured} {brief.emotion} asks for {brief.articulation:.0%}."
    return Criterion(19, name, GROUP, float(np.mean(ratings)), metrics, text)
