"""Arrange: which layers play where, what is doubled, where it is silent, how it builds and ends (craft 4.4)."""
from __future__ import annotations

from fractions import Fraction
from typing import Literal

from backend.agents.rules.analyze import build_ranges
from backend.agents.rules.palette import ranked
from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangePlan, BarRange, Duplicate, Layer, MeasurePlan, Soften
from backend.domain.spotting import Section
from backend.music.bar_runs import bar_runs
from backend.music.layers.ostinato import euclid, melody_cell, pulse_q

_ROLES = ("melody", "pad", "bass", "counter", "ostinato", "doubling", "percussion")
_SILENT_LEVEL = 0.2
_FADE_S = 1.0
_LOUD_SECTION = 0.7
"""Mean level from which the loudest section is doubled twice. By ear."""
Ending = Literal["cadence", "fade", "cut_off", "segue"]


def _cell(request: ArrangeRequest, section: Section, number: int) -> str:
    """The ostinato's rhythm: the melody's commonest bar in even sections, a Euclidean one in the others."""
    pulse = pulse_q(request.tempo_map, request.brief.arousal)
    bar = request.tempo_map.bars[section.first_bar - 1]
    pulses = max(1, int(bar.length_q / pulse))
    onsets = 3 + round(4 * max(0.0, request.brief.arousal)) + number % 2
    found = melody_cell(request.melody.notes, request.tempo_map.bars, section, pulse) if number % 2 == 0 else ""
    if not found or found.count("x") < min(3, pulses):
        found = euclid(max(onsets, pulses // 3), pulses, number)
    return found


def _layers(request: ArrangeRequest, plan: MeasurePlan) -> tuple[Layer, ...]:
    out: list[Layer] = []
    for role in _ROLES:
        for number, section in enumerate(plan.sections):
            bars = [m.m for m in plan.measures[section.first_bar - 1:section.last_bar] if role in m.texture]
            cell = _cell(request, section, number) if role == "ostinato" and bars else ""
            out += [Layer(role, first, last, cell) for first, last in bar_runs(bars)]
    return tuple(out)


def _duplicates(request: ArrangeRequest, plan: MeasurePlan) -> tuple[Duplicate, ...]:
    """The melody an octave up (or at pitch, when it is high already) where the plan wants doublings; two instruments
    take turns by section and come together in the loudest one."""
    bars = [m.m for m in plan.measures if "doubling" in m.texture]
    if not bars:
        return ()
    pitches = [note.pitch for note in request.melody.notes]
    middle = sum(pitches) / len(pitches) if pitches else 66
    leads = {instrument.id for instrument in ranked("melody", request)[:2]}
    pool = [item for item in ranked("doubling", request) if item.id not in leads]
    if not pool:
        return ()
    octave = 1 if middle < 72 and pool[0].practical_range[1] >= max(pitches, default=72) + 12 else 0
    means = [_mean_level(plan, section) for section in plan.sections]
    out: list[Duplicate] = []
    for number, section in enumerate(plan.sections):
        turn = number % 2 if len(pool) > 1 else 0
        runs = bar_runs([bar for bar in bars if section.first_bar <= bar <= section.last_bar])
        both = len(pool) > 1 and means[number] == max(means) and means[number] >= _LOUD_SECTION
        for place in (0, 1) if both else (turn,):
            out += [Duplicate("melody", pool[place].id, 0 if place else octave, first, last) for first, last in runs]
    return tuple(out)


def _mean_level(plan: MeasurePlan, section: Section) -> float:
    measures = plan.measures[section.first_bar - 1:section.last_bar]
    return sum(measure.level for measure in measures) / max(1, len(measures))


def _silences(request: ArrangeRequest, plan: MeasurePlan) -> tuple[BarRange, ...]:
    """Bars so quiet that all but one pad may rest: no hit, nothing of the melody starts there."""
    busy = {request.tempo_map.bar_at(note.onset_q).number for note in request.melody.notes}
    still = [m.m for m in plan.measures[:-1] if m.level < _SILENT_LEVEL and m.hit_weight == 0 and m.m not in busy]
    return tuple(BarRange(first, min(last, first + 3)) for first, last in bar_runs(still))


def fades_out(analysis: ClipAnalysis) -> bool:
    """Whether the picture ends in a fade-out."""
    times, duration = analysis.frame_times_s, analysis.cue.duration_s
    return any(transition.kind == "fade_out"
               and duration - (times[min(transition.end_frame, len(times) - 1)] if times else Fraction(0)) <= _FADE_S
               for transition in analysis.transitions)


def _ending(request: ArrangeRequest, plan: MeasurePlan) -> Ending:
    """From the picture's out-point: fade with a fade-out, stop with a last blow, cadence otherwise."""
    if fades_out(request.analysis):
        return "fade" if plan.measures[-1].level < 0.7 else "cadence"
    duration = request.analysis.cue.duration_s
    near = [hit for hit in request.hits.hits if duration - hit.time_s <= Fraction(1, 2)]
    if any(hit.type == "hard" and hit.weight >= 0.8 for hit in near) and plan.measures[-1].level >= 0.6:
        return "cut_off"
    return "cadence"


def _softens(request: ArrangeRequest, plan: MeasurePlan) -> tuple[Soften, ...]:
    """Answers to a reviewer who could not hear the melody."""
    buried = sum(issue.step == "arrange" and issue.path.startswith("/soften")
                 for review in request.reviews for issue in review.issues)
    last = plan.measures[-1].m
    return tuple(Soften(role, 1, last, -2.0 * buried) for role in ("pad", "ostinato", "counter")) if buried else ()


class RuleArranger:
    """Layers, doublings, silences, builds and the ending."""

    name = "rule-arrange"

    def arrange(self, request: ArrangeRequest, plan: MeasurePlan) -> ArrangePlan:
        """The plan's textures as layers with rhythms, and the form around them."""
        return ArrangePlan(_layers(request, plan), _duplicates(request, plan), _softens(request, plan),
                           _silences(request, plan), build_ranges(request), _ending(request, plan))
