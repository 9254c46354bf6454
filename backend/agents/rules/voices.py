"""Voice-Part: the melody as lines that one instrument each can carry, before anybody is cast.

The paper names range clashes as a limitation and the splitting of parts by range as future work. Nearly every melody
is one voice; one that no instrument can carry is divided by phrases into a high and a low voice.
"""
from __future__ import annotations

from dataclasses import replace

from backend.agents.rules.palette import ranked
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan, BarRange, MeasurePlan, Voice, VoicePlan
from backend.domain.score import Note
from backend.music.ranges import phrases

WHOLE = "melody"


def bar_numbers(ranges: tuple[BarRange, ...]) -> frozenset[int]:
    """Every bar of some ranges."""
    return frozenset(bar for item in ranges for bar in range(item.from_bar, item.to_bar + 1))


def bar_ranges(bars: list[int]) -> tuple[BarRange, ...]:
    """Rising bar numbers as inclusive runs."""
    out: list[BarRange] = []
    for bar in bars:
        if out and out[-1].to_bar == bar - 1:
            out[-1] = BarRange(out[-1].from_bar, bar)
        else:
            out.append(BarRange(bar, bar))
    return tuple(out)


def for_voice(request: ArrangeRequest, voice: Voice) -> ArrangeRequest:
    """The request with nothing but the voice's notes in the melody."""
    mine = bar_numbers(voice.bars)
    notes = tuple(n for n in request.melody.notes if request.tempo_map.bar_at(n.onset_q).number in mine)
    return replace(request, melody=replace(request.melody, notes=notes))


def whole_melody(request: ArrangeRequest) -> VoicePlan:
    """One voice that owns every bar."""
    pitches = [note.pitch for note in request.melody.notes] or [request.brief.register_pitch]
    return VoicePlan((Voice(WHOLE, (BarRange(1, request.tempo_map.bar_count),), min(pitches), max(pitches)),))


def _is_high(phrase: list[Note], middle: float) -> bool:
    return sum(note.pitch for note in phrase) / len(phrase) > middle


def split_by_register(request: ArrangeRequest) -> VoicePlan:
    """A high and a low voice by phrases; a bar goes to the phrase that begins most notes in it."""
    notes = request.melody.notes
    middle = (min(n.pitch for n in notes) + max(n.pitch for n in notes)) / 2
    balance: dict[int, int] = {}
    for phrase in phrases(notes):
        for note in phrase:
            bar = request.tempo_map.bar_at(note.onset_q).number
            balance[bar] = balance.get(bar, 0) + (1 if _is_high(phrase, middle) else -1)
    owned: dict[bool, list[int]] = {True: [], False: []}
    high = balance.get(min(balance), 0) > 0
    for bar in range(1, request.tempo_map.bar_count + 1):
        high = balance[bar] > 0 if balance.get(bar) else high
        owned[high].append(bar)
    voices = []
    for name, is_high in (("high", True), ("low", False)):
        mine = [n.pitch for n in notes if request.tempo_map.bar_at(n.onset_q).number in owned[is_high]]
        if mine:
            voices.append(Voice(name, bar_ranges(owned[is_high]), min(mine), max(mine)))
    return VoicePlan(tuple(voices)) if len(voices) == 2 else whole_melody(request)


class RuleVoices:
    """One voice where an instrument can carry the melody, two where none can."""

    name = "rule-voices"

    def split(self, request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan) -> VoicePlan:
        """The voices own every bar of the tempo map, none twice."""
        if not request.melody.notes or ranked("melody", request):
            return whole_melody(request)
        return split_by_register(request)
