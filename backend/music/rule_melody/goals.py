"""What every note should be: the cost of each pitch from harmony, contour, close and climax."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass

from backend.domain.brief import CueBrief
from backend.music.phrases import Phrase
from backend.music.rule_melody.chords import ImpliedHarmony
from backend.music.rule_melody.plan import section_kind
from backend.music.rule_melody.slots import Slot
from backend.music.rule_melody.style import Style
from backend.music.rule_melody.tones import ToneRow

_LIFT = {"statement": 0.0, "variation": 0.05, "development": 0.26, "return": 0.18}
"""How far up the ambitus a section moves its arch (share of the ambitus, by ear)."""
_CEILING = {"statement": 0.80, "variation": 0.88, "development": 0.95, "return": 1.0}
_ABOVE_CEILING = 1.3
_CLIMAX = 8.0
_BESIDE_CLIMAX = 1.2
_CLIMAX_WINDOW = (0.6, 0.85)
_CLIMAX_PLACE = 0.72


@dataclass(frozen=True)
class Score:
    """Everything the cost of a note depends on, worked out once a cue."""

    slots: tuple[Slot, ...]
    phrases: tuple[Phrase, ...]
    labels: tuple[str, ...]
    harmony: ImpliedHarmony
    row: ToneRow
    style: Style
    brief: CueBrief
    climax: int
    peak: tuple[int, int] = (0, -1)
    """First and last slot of the unit that holds the climax."""

    def kind(self, phrase: int) -> str:
        index = self.phrases[phrase].section
        return section_kind(self.labels[index], index, len(self.labels)) if index < len(self.labels) else "statement"


def find_climax(slots: tuple[Slot, ...]) -> int:
    """The slot of the highest note: the strongest hit within .6-.85 of the cue, nearest .72 among equals."""
    inside = [i for i, slot in enumerate(slots) if _CLIMAX_WINDOW[0] <= slot.progress <= _CLIMAX_WINDOW[1]]
    pool = inside or list(range(max(1, len(slots) - 1)))
    return min(pool, key=lambda i: (not slots[i].hit, -slots[i].strength, -round(slots[i].accent, 1),
                                    abs(slots[i].progress - _CLIMAX_PLACE), i))


def candidates(score: Score, index: int) -> tuple[int, ...]:
    """Pitches a note may take: the scale, chord tones of the loop outside it, neighbours where the brief is dark."""
    slot, style = score.slots[index], score.style
    if index == len(score.slots) - 1:
        return tuple(p for p in range(style.low, style.high + 1) if p % 12 == score.brief.tonic_pc)
    chord = score.harmony.at(slot.onset_q)
    pcs = set(score.row.pcs)
    if slot.metric >= 0.5 and style.foreign is not None:
        pcs |= set(chord.pcs)
    if style.chromatic and slot.accent < (0.7 if score.brief.chromatic else 0.4):
        pcs |= {(pc - 1) % 12 for pc in chord.pcs}
        if score.brief.chromatic:
            pcs |= {(pc + 1) % 12 for pc in chord.pcs}
    return tuple(p for p in range(style.low, style.high + 1) if p % 12 in pcs)


def note_costs(score: Score, index: int, pitches: tuple[int, ...], rng: random.Random) -> list[float]:
    """Cost of each pitch for a note that is free of any motif."""
    target = _arch(score, index)
    return [_harmony_cost(score, index, pitch) + _close_cost(score, index, pitch) + _height_cost(score, index, pitch)
            + score.style.contour * ((pitch - target) / 3) ** 2 + rng.gauss(0, score.style.noise) for pitch in pitches]


def _arch(score: Score, index: int) -> float:
    """Where the phrase's arch runs: up to three fifths of the phrase, then down; the close falls furthest."""
    slot, style = score.slots[index], score.style
    phrase = score.phrases[slot.phrase]
    span = style.high - style.low
    rise = math.sin(math.pi * min(1.0, slot.phase / 1.2) ** 0.9)
    fall = 0.10 * slot.phase if phrase.closes else 0.0
    return style.low + span * (0.32 + _LIFT[score.kind(slot.phrase)] + 0.26 * rise - fall)


def _harmony_cost(score: Score, index: int, pitch: int) -> float:
    slot, style, pc = score.slots[index], score.style, pitch % 12
    chord = score.harmony.at(slot.onset_q)
    cost = 0.0
    if pc not in chord.pcs:
        cost += style.chord * (0.15 + 1.3 * slot.accent)
        if (pc - 1) % 12 in chord.pcs:
            cost += style.chord * 0.5 * slot.accent
    elif pc == chord.pcs[0]:
        cost -= 0.1 * style.chord * slot.accent
    if pc not in score.row.pcs:
        cost += (style.foreign or 0.0) * (1.0 if pc not in chord.pcs else 0.4)
    if pc in (score.brief.tonic_pc, (score.brief.tonic_pc + 7) % 12):
        cost -= style.tonic * (0.3 + 0.7 * slot.accent)
    return cost


def _close_cost(score: Score, index: int, pitch: int) -> float:
    """The last note of a phrase: the tonic where a section closes, a tone of the open chord elsewhere."""
    slot = score.slots[index]
    phrase = score.phrases[slot.phrase]
    if index not in (phrase.last, phrase.last - 1) or phrase.last == phrase.first:
        return 0.0
    tonic = score.brief.tonic_pc
    final = phrase.closes and score.kind(slot.phrase) != "development"
    if index == phrase.last - 1:
        step = (pitch - tonic) % 12
        return 0.0 if not final or step in (1, 2, 10, 11) else 0.5
    if final:
        return 0.0 if pitch % 12 == tonic else 1.6
    chord = score.harmony.at(slot.onset_q)
    return 0.6 * (pitch % 12 == tonic) + (0.0 if pitch % 12 in chord.pcs else 1.0)


def _height_cost(score: Score, index: int, pitch: int) -> float:
    """One climax: its figure alone may touch the top, earlier sections stay below their ceiling."""
    top = score.style.high
    if index == score.climax:
        return _CLIMAX * max(0, top - 1 - pitch) / 3
    if score.peak[0] <= index <= score.peak[1]:
        return _BESIDE_CLIMAX if pitch >= top - 2 else 0.0
    slot, style = score.slots[index], score.style
    ceiling = style.low + (top - style.low) * _CEILING[score.kind(slot.phrase)]
    cost = _ABOVE_CEILING * max(0.0, pitch - ceiling)
    return cost + (_CLIMAX if pitch >= top - 2 else 0.0)
