"""Voice-Part: the melody as lines that one instrument each can carry, before anybody is cast.

The paper names range clashes as a limitation and the splitting of parts by range as future work. Nearly every melody
is one voice; one that no instrument can carry is divided by bars among two or three, where it breathes if it can.
"""
from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from backend.agents.rules.palette import ranked
from backend.domain.instruments import Instrument
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan, BarRange, MeasurePlan, Voice, VoicePlan
from backend.music.bar_runs import bar_runs
from backend.music.ranges import phrases

WHOLE = "melody"
NAMES = {2: ("high", "low"), 3: ("high", "middle", "low")}
_REACH, _WINDOW_STEP = 30, 5
"""Semitones a voice keeps to: what most melody instruments have in their practical range. By ear, like the step."""
_CHANGE_IN_PHRASE, _CHANGE_AT_BREATH = 0.75, 0.1
"""Handing the line over, within a phrase and between two: worth so many octaves times quarters outside. By ear."""
_TRIED = 8


def bar_numbers(ranges: tuple[BarRange, ...]) -> frozenset[int]:
    """Every bar of some ranges."""
    return frozenset(bar for item in ranges for bar in range(item.from_bar, item.to_bar + 1))


def bar_ranges(bars: list[int]) -> tuple[BarRange, ...]:
    """Rising bar numbers as inclusive runs."""
    return tuple(BarRange(first, last) for first, last in bar_runs(bars))


def for_voice(request: ArrangeRequest, voice: Voice) -> ArrangeRequest:
    """The request with nothing but the voice's notes in the melody."""
    mine = bar_numbers(voice.bars)
    notes = tuple(n for n in request.melody.notes if request.tempo_map.bar_at(n.onset_q).number in mine)
    return replace(request, melody=replace(request.melody, notes=notes))


def whole_melody(request: ArrangeRequest) -> VoicePlan:
    """One voice that owns every bar."""
    pitches = [note.pitch for note in request.melody.notes] or [request.brief.register_pitch]
    return VoicePlan((Voice(WHOLE, (BarRange(1, request.tempo_map.bar_count),), min(pitches), max(pitches)),))


def carriers(request: ArrangeRequest) -> list[Instrument]:
    """Instruments that can carry the melody and that the brief does not avoid, the best first."""
    return [instrument for instrument in ranked("melody", request) if instrument.id not in request.brief.avoid]


def measured(request: ArrangeRequest, plan: VoicePlan) -> VoicePlan:
    """The same voices with the pitches they need, counted."""
    out = []
    for voice in plan.voices:
        pitches = [note.pitch for note in for_voice(request, voice).melody.notes]
        out.append(replace(voice, low_pitch=min(pitches), high_pitch=max(pitches)) if pitches else voice)
    return VoicePlan(tuple(out))


def _windows(request: ArrangeRequest) -> list[int]:
    """Lowest pitches of the registers a voice may keep to, from the top of the melody down."""
    pitches = [note.pitch for note in request.melody.notes]
    lowest = list(range(min(pitches), max(min(pitches), max(pitches) - _REACH) + 1, _WINDOW_STEP))
    return sorted({*lowest, max(min(pitches), max(pitches) - _REACH)}, reverse=True)


def _bar_costs(request: ArrangeRequest, lowest: int) -> np.ndarray:
    """[bars] how far the line leaves a register, in octaves times quarters."""
    out = np.zeros(request.tempo_map.bar_count)
    for note in request.melody.notes:
        outside = max(lowest - note.pitch, note.pitch - lowest - _REACH, 0)
        bar = request.tempo_map.bar_at(note.onset_q).number
        out[min(bar, len(out)) - 1] += outside / 12 * float(note.duration_q)
    return out


def _change_costs(request: ArrangeRequest) -> np.ndarray:
    """[bars] what handing over at a bar's start costs; cheap where a phrase begins."""
    out = np.full(request.tempo_map.bar_count, _CHANGE_IN_PHRASE)
    for phrase in phrases(request.melody.notes):
        bar = request.tempo_map.bar_at(phrase[0].onset_q).number
        out[min(bar, len(out)) - 1] = _CHANGE_AT_BREATH
    return out


def _owners(costs: np.ndarray, changes: np.ndarray) -> tuple[float, list[int]]:
    """Cheapest line of owners through ``costs`` [voices, bars], and its cost."""
    value, back = costs[:, 0], []
    for bar in range(1, costs.shape[1]):
        moved = value[:, None] + changes[bar] * (1 - np.eye(len(value)))
        back.append(moved.argmin(axis=0))
        value = moved.min(axis=0) + costs[:, bar]
    path = [int(value.argmin())]
    for pointer in reversed(back):
        path.append(int(pointer[path[-1]]))
    return float(value.min()), path[::-1]


def _division(request: ArrangeRequest, owners: list[int], count: int) -> VoicePlan:
    voices = []
    for index, name in enumerate(NAMES[count]):
        bars = [bar for bar, owner in enumerate(owners, 1) if owner == index]
        voices.append(Voice(name, bar_ranges(bars), 0, 127))
    return measured(request, VoicePlan(tuple(voice for voice in voices if voice.bars)))


def clashes(request: ArrangeRequest, plan: VoicePlan) -> tuple[str, ...]:
    """Ids of the voices that no instrument can carry, or that have nothing to play."""
    out = []
    for voice in plan.voices:
        mine = for_voice(request, voice)
        if not mine.melody.notes or not ranked("melody", mine):
            out.append(voice.id)
    return tuple(out)


def divided(request: ArrangeRequest) -> VoicePlan:
    """Two voices, or three where two clash: the registers between which the line changes hands least and best."""
    windows, changes = _windows(request), _change_costs(request)
    costs = {lowest: _bar_costs(request, lowest) for lowest in windows}
    best: list[tuple[int, int, float, VoicePlan]] = []
    for count in (2, 3):
        found = sorted((_owners(np.stack([costs[lowest] for lowest in group]), changes)
                        for group in combinations(windows, count)), key=lambda entry: entry[0])
        for cost, owners in found[:_TRIED]:
            plan = _division(request, owners, count)
            if len(plan.voices) == count:
                best.append((len(clashes(request, plan)), _unloved(request, plan), cost, plan))
        if any(entry[0] == 0 for entry in best):
            break
    return min(best, key=lambda entry: entry[:3])[3] if best else whole_melody(request)


def _unloved(request: ArrangeRequest, plan: VoicePlan) -> int:
    """Voices for which there is nobody but whom the brief avoids."""
    return sum(not carriers(for_voice(request, voice)) for voice in plan.voices)


class RuleVoices:
    """One voice where an instrument can carry the melody, two or three where none can."""

    name = "rule-voices"

    def split(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> VoicePlan:
        """The voices own every bar of the tempo map, none twice."""
        if not request.melody.notes or carriers(request):
            return whole_melody(request)
        return divided(request)
