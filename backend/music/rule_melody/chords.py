"""The harmony the line implies: the brief's loop over each phrase, a half or full close at its end."""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

from backend.domain.brief import CueBrief
from backend.domain.tempo import Bar, TempoMap
from backend.music.phrases import Phrase
from backend.music.roman import parse_progression
from backend.music.rule_melody.style import Style
from backend.music.theory import chord_pcs, is_minor_like

_OPEN_CLOSE = {"major": (7, "M"), "lydian": (7, "M"), "mixolydian": (10, "M"), "dorian": (5, "M"), "aeolian": (7, "m"),
               "harmonic_minor": (7, "M"), "phrygian": (1, "M"), "octatonic": (3, "M"), "chromatic": (7, "M")}
"""What stands in for the dominant in each mode, so that a close stays inside it."""


@dataclass(frozen=True)
class ImpliedChord:
    """From ``start_q`` on."""

    start_q: Fraction
    root_pc: int
    pcs: tuple[int, ...]


@dataclass(frozen=True)
class ImpliedHarmony:
    """Sorted by start; the first starts at 0."""

    chords: tuple[ImpliedChord, ...]

    def at(self, position_q: Fraction) -> ImpliedChord:
        starts = [chord.start_q for chord in self.chords]
        return self.chords[max(0, bisect_right(starts, position_q) - 1)]


def plan_harmony(phrases: tuple[Phrase, ...], tempo_map: TempoMap, brief: CueBrief, style: Style,
                 labels: tuple[str, ...] = ()) -> ImpliedHarmony:
    """Every phrase starts the loop anew (sections B another loop, left open), so a returning motif meets its chords."""
    loops = _loops(brief, style)
    chords: list[ImpliedChord] = []
    last = len(phrases) - 1
    for number, phrase in enumerate(phrases):
        away = phrase.section < len(labels) and labels[phrase.section].upper().startswith("B")
        loop = loops[(style.loop + away) % len(loops)]
        bars = [bar for bar in tempo_map.bars if phrase.first_bar <= bar.number <= phrase.last_bar]
        starts = _chord_starts(bars, min(brief.bars_per_chord, 1.0) / style.chord_speed)
        roots = [loop[i % len(loop)] for i in range(len(starts))]
        roots = _close(roots, brief, full=number == last or (phrase.closes and not away))
        chords += [ImpliedChord(start, root, chord_pcs(root, quality))
                   for start, (root, quality) in zip(starts, roots, strict=True)]
    return ImpliedHarmony(tuple(sorted(chords, key=lambda chord: chord.start_q)))


def _loops(brief: CueBrief, style: Style) -> list[tuple[tuple[int, str], ...]]:
    loops = [parse_progression(text, brief.tonic_pc, brief.mode) for text in brief.progressions]
    if not loops:
        loops = [parse_progression("i iv i V" if is_minor_like(brief.mode) else "I IV I V", brief.tonic_pc, brief.mode)]
    if style.colourful:
        loops.sort(key=lambda loop: -len(set(loop)))
    return loops


def _chord_starts(bars: list[Bar], bars_per_chord: float) -> list[Fraction]:
    """Chord changes on bar lines, or on the beat nearest the half or quarter of long bars."""
    pieces = 1 if bars_per_chord >= 1 else 2 if bars_per_chord >= 0.5 else 4
    starts = []
    for bar in bars:
        beat = Fraction(4, bar.denominator)
        shares = {bar.start_q + beat * round(bar.numerator * Fraction(k, pieces)) for k in range(pieces)}
        starts += sorted(shares)
    return starts


def _close(roots: list[tuple[int, str]], brief: CueBrief, full: bool) -> list[tuple[int, str]]:
    """Dominant (or the mode's stand-in) at the end of an open phrase; dominant and tonic at the end of a closed one."""
    step, quality = _OPEN_CLOSE[brief.mode]
    dominant = ((brief.tonic_pc + step) % 12, quality)
    tonic = (brief.tonic_pc, "m" if is_minor_like(brief.mode) else "M")
    if not full:
        return [*roots[:-1], dominant] if len(roots) > 1 else roots
    return [*roots[:-2], dominant, tonic] if len(roots) > 2 else [*roots[:-1], tonic]
