"""Faults planted in good melodies. Each breaks one criterion on purpose and knows in which bars.

Whether a plant took is measured: ``assess_cases`` keeps those whose criterion fell from well above the pass mark to
well below it.
"""
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.agents.trials.scenes import Scene
from backend.domain.brief import CueBrief
from backend.domain.score import Melody, Note
from backend.domain.tempo import Bar
from backend.music.emotions import emotions
from backend.music.theory import chord_pcs, is_minor_like

Rng = random.Random
_EIGHTH, _SIXTEENTH = Fraction(1, 2), Fraction(1, 4)
_JITTER = Fraction(1, 32)


@dataclass(frozen=True)
class Spoilt:
    """A melody with its fault, the brief it is judged by, and the bars of the fault, () for all of it."""

    melody: Melody
    brief: CueBrief
    bars: tuple[int, ...] = ()


@dataclass(frozen=True)
class Fault:
    """``criterion`` is the one it is made to break."""

    name: str
    criterion: int
    plant: Callable[[Scene, Rng], Spoilt]


def _with(scene: Scene, notes: list[Note], bars: tuple[int, ...] = ()) -> Spoilt:
    ordered = tuple(sorted(notes, key=lambda note: note.onset_q))
    return Spoilt(replace(scene.melody, notes=ordered), scene.brief, bars)


def _pitched(scene: Scene, pitches: list[int]) -> Spoilt:
    return _with(scene, [replace(n, pitch=p) for n, p in zip(scene.melody.notes, pitches, strict=True)])


def random_pitches(scene: Scene, rng: Rng) -> Spoilt:
    """Any of twenty-five semitones, the rhythm kept."""
    return _pitched(scene, [rng.randint(54, 78) for _ in scene.melody.notes])


def transposed_stretch(scene: Scene, rng: Rng) -> Spoilt:
    """Half of the bars moved by a tritone."""
    bars = scene.tempo_map.bars
    length = len(bars) // 2
    first = rng.randrange(1, len(bars) - length)
    moved = range(first + 1, first + length + 1)
    where = scene.tempo_map.bar_at
    return _with(scene, [replace(n, pitch=n.pitch + 6) if where(n.onset_q).number in moved else n
                         for n in scene.melody.notes], tuple(moved))


def one_chord(scene: Scene, rng: Rng) -> Spoilt:
    """Every note the nearest tone of the tonic triad: monotonous chords."""
    triad = chord_pcs(scene.brief.tonic_pc, "m" if is_minor_like(scene.brief.mode) else "M")
    return _pitched(scene, [min(range(n.pitch - 6, n.pitch + 7), key=lambda p: (p % 12 not in triad, abs(p - n.pitch)))
                            for n in scene.melody.notes])


def _in(scene: Scene, bar: Bar) -> list[Note]:
    return [n for n in scene.melody.notes if bar.start_q <= n.onset_q < bar.end_q]


def one_bar(scene: Scene, rng: Rng) -> Spoilt:
    """The fullest bar again and again."""
    bars = scene.tempo_map.bars
    model = max(bars, key=lambda bar: len(_in(scene, bar)))
    return _with(scene, [replace(n, onset_q=n.onset_q - model.start_q + bar.start_q)
                         for bar in bars for n in _in(scene, model)])


def two_pitches(scene: Scene, rng: Rng) -> Spoilt:
    """A see-saw of two neighbours of the scale."""
    low = min(n.pitch for n in scene.melody.notes)
    return _pitched(scene, [low + 2 * (i % 2) for i in range(len(scene.melody.notes))])


def shuffled(scene: Scene, rng: Rng) -> Spoilt:
    """The same pitches in another order: nothing comes back."""
    pitches = [n.pitch for n in scene.melody.notes]
    rng.shuffle(pitches)
    return _pitched(scene, pitches)


def scattered(scene: Scene, rng: Rng) -> Spoilt:
    """Every other note an octave or two away."""
    return _pitched(scene, [n.pitch + (rng.choice((-24, -12, 12, 24)) if i % 2 else 0)
                            for i, n in enumerate(scene.melody.notes)])


def stumbling(scene: Scene, rng: Rng) -> Spoilt:
    """Onsets up to a quarter of a beat beside the grid."""
    notes: list[Note] = []
    for n in scene.melody.notes:
        moved = max(Fraction(0), n.onset_q + rng.randint(-7, 7) * _JITTER)
        if not notes or moved > notes[-1].onset_q:
            notes.append(replace(n, onset_q=moved))
    return _with(scene, notes)


def never_on_one(scene: Scene, rng: Rng) -> Spoilt:
    """What began on the bar line begins an eighth later."""
    starts = {bar.start_q for bar in scene.tempo_map.bars}
    late = [replace(n, onset_q=n.onset_q + _EIGHTH) for n in scene.melody.notes if n.onset_q in starts]
    others = [n for n in scene.melody.notes if n.onset_q not in starts]
    return _with(scene, list({n.onset_q: n for n in (*late, *others)}.values()))


def even_notes(scene: Scene, rng: Rng) -> Spoilt:
    """One note a beat, always."""
    tones = [n.pitch for n in scene.melody.notes]
    count = int(scene.tempo_map.end_q)
    return _with(scene, [Note(Fraction(i), Fraction(1), tones[i * len(tones) // count]) for i in range(count)])


def no_rhythm_twice(scene: Scene, rng: Rng) -> Spoilt:
    """Each bar draws its own few onsets from the sixteenths."""
    tones = [n.pitch for n in scene.melody.notes]
    notes: list[Note] = []
    seen: set[tuple[int, ...]] = set()
    for bar in scene.tempo_map.bars:
        places = tuple(sorted(rng.sample(range(int(bar.length_q / _SIXTEENTH)), rng.randint(2, 5))))
        while places in seen:
            places = tuple(sorted(rng.sample(range(int(bar.length_q / _SIXTEENTH)), rng.randint(2, 5))))
        seen.add(places)
        notes += [Note(bar.start_q + p * _SIXTEENTH, _SIXTEENTH, tones[(len(notes) + k) % len(tones)])
                  for k, p in enumerate(places)]
    return _with(scene, notes)


def wrong_mode(scene: Scene, rng: Rng) -> Spoilt:
    """Third, sixth and seventh degree turned to the other gender; the brief still asks for its own."""
    minor = is_minor_like(scene.brief.mode)
    turned = {3: 1, 8: 1, 10: 1} if minor else {4: -1, 9: -1, 11: -1}
    return _pitched(scene, [n.pitch + turned.get((n.pitch - scene.brief.tonic_pc) % 12, 0)
                            for n in scene.melody.notes])


def wrong_energy(scene: Scene, rng: Rng) -> Spoilt:
    """The same melody for the emotion whose energy is farthest from it."""
    name = max(emotions().values(), key=lambda e: (abs(e.arousal - scene.brief.arousal), e.label))
    brief = replace(scene.brief, emotion=name.label, arousal=name.arousal)
    return Spoilt(scene.melody, brief)


def wrong_touch(scene: Scene, rng: Rng) -> Spoilt:
    """Pecked where the brief wants it held, slurred where it wants it short."""
    share = Fraction(1, 8) if scene.brief.articulation > .55 else Fraction(1)
    onsets = [*(n.onset_q for n in scene.melody.notes[1:]), scene.tempo_map.bars[-1].end_q]
    return _with(scene, [replace(n, duration_q=(after - n.onset_q) * share)
                         for n, after in zip(scene.melody.notes, onsets, strict=True)])


FAULTS = (
    Fault("random pitches", 1, random_pitches), Fault("a stretch moved by a tritone", 2, transposed_stretch),
    Fault("random pitches under chords", 3, random_pitches), Fault("one chord throughout", 4, one_chord),
    Fault("one bar looped", 5, one_bar), Fault("two pitches", 5, two_pitches),
    Fault("no repetition", 6, shuffled), Fault("scattered over octaves", 7, scattered),
    Fault("onsets beside the grid", 11, stumbling), Fault("never on beat one", 12, never_on_one),
    Fault("even notes", 13, even_notes), Fault("no rhythm twice", 14, no_rhythm_twice),
    Fault("wrong mode", 15, wrong_mode), Fault("wrong energy", 17, wrong_energy),
    Fault("wrong touch", 19, wrong_touch),
)
"""One to two for every criterion that a bare melody can break."""
