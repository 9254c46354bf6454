"""A melody on given spots, phrase by phrase: each phrase recalls what the earlier ones made."""
from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from fractions import Fraction

from backend.domain.assessment import Fix
from backend.domain.brief import CueBrief
from backend.domain.score import Key, Melody, Note
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.errors import CompositionError
from backend.music.motif import Figure, chain, fragment, invert, ornament
from backend.music.phrases import split_phrases, whole_form
from backend.music.rule_melody.chords import plan_harmony
from backend.music.rule_melody.finish import note_duration, note_velocity, splice
from backend.music.rule_melody.goals import Score, candidates, find_climax, note_costs
from backend.music.rule_melody.invent import invent_head
from backend.music.rule_melody.plan import HEAD_NOTES, Unit, plan_units
from backend.music.rule_melody.search import Goal, best_line
from backend.music.rule_melody.slots import make_slots
from backend.music.rule_melody.style import Style, make_style
from backend.music.rule_melody.tones import tone_row

_RECALL = 0.5
"""Cost of a scale step away from the pitch that a literal return recalls."""
_LEVEL = 0.4
"""Cost of a scale step away from the level a unit should start at."""
_FIRM = 4.0
"""The head motif at the start of a section is kept this much more firmly than later recollections."""


@dataclass(frozen=True)
class Span:
    """Rewrite onsets from ``start_q`` up to, not including, ``end_q`` of ``kept``."""

    kept: Melody
    start_q: Fraction
    end_q: Fraction

    def fixed(self, onset_q: Fraction) -> int | None:
        """The pitch that must stay at an onset outside the span."""
        if self.start_q <= onset_q < self.end_q:
            return None
        return next((note.pitch for note in self.kept.notes if note.onset_q == onset_q), None)


@dataclass
class _Draft:
    """Pitches so far and the motifs they made, as (pitches, figure) by material."""

    pitches: list[int] = field(default_factory=list)
    motifs: dict[str, tuple[tuple[int, ...], Figure]] = field(default_factory=dict)


def compose_melody(spots: RhythmSpots, tempo_map: TempoMap, brief: CueBrief, seed: int,
                   fixes: tuple[Fix, ...] = ()) -> Melody:
    """A melody with one note on every spot. Raises CompositionError without spots."""
    return _compose(spots, tempo_map, brief, (seed, fixes, None))


def recompose(spots: RhythmSpots, tempo_map: TempoMap, brief: CueBrief,
              change: tuple[int, tuple[Fix, ...], Span]) -> Melody:
    """Rewrite the span of a kept melody (``change`` is seed, fixes, span); every note outside it stays as it is."""
    return _compose(spots, tempo_map, brief, change)


def _compose(spots: RhythmSpots, tempo_map: TempoMap, brief: CueBrief,
             change: tuple[int, tuple[Fix, ...], Span | None]) -> Melody:
    seed, fixes, span = change
    if not spots.spots:
        raise CompositionError("There is no rhythm spot to put a note on. Add a hit point or lengthen the cue.")
    rng = random.Random(f"melody/{seed}")
    style = make_style(brief, fixes, rng)
    phrases = split_phrases(spots, tempo_map)
    slots = make_slots(spots, phrases, tempo_map)
    sections = whole_form(spots, tempo_map)
    labels = tuple(section.label for section in sections)
    score = Score(slots, phrases, labels, plan_harmony(phrases, tempo_map, brief, style, labels), tone_row(brief),
                  style, brief, find_climax(slots))
    units = plan_units(phrases, slots, sections, style, rng)
    peak = next(unit for unit in units if unit.first <= score.climax <= unit.last)
    score = replace(score, peak=(peak.first, peak.last))
    pitches = _write(score, units, span, rng)
    notes = tuple(Note(slot.onset_q, note_duration(slots, i, phrases, brief.articulation), pitches[i],
                       note_velocity(slot, brief)) for i, slot in enumerate(slots))
    if span is not None:
        notes = splice(span.kept.notes, notes, (span.start_q, span.end_q))
    return Melody(notes, Key(brief.tonic_pc, brief.mode), spots.sections,
                  tuple(phrase.first_bar for phrase in phrases), "rules", seed)


def _write(score: Score, units: tuple[Unit, ...], span: Span | None, rng: random.Random) -> list[int]:
    draft = _Draft()
    head = units[0]
    fixed = [span.fixed(score.slots[i].onset_q) if span else None for i in range(head.last + 1)]
    if all(pitch is None for pitch in fixed):
        opening = invent_head(score, head.last, rng)
        draft.motifs["head"] = (opening, _figure(score, opening))
    for number in range(len(score.phrases)):
        _write_phrase(score, [unit for unit in units if unit.phrase == number], span, draft, rng)
    return draft.pitches


def _write_phrase(score: Score, units: list[Unit], span: Span | None, draft: _Draft, rng: random.Random) -> None:
    context = [Goal((pitch,), (0.0,)) for pitch in draft.pitches[-2:]]
    goals = []
    for unit in units:
        goals += _unit_goals(score, unit, draft, rng)
    if span is not None:
        goals = [_pin(goal, span.fixed(score.slots[units[0].first + i].onset_q)) for i, goal in enumerate(goals)]
    line = best_line([*context, *goals], score.row, score.style)[len(context):]
    draft.pitches += line
    for unit in units:
        made = tuple(draft.pitches[unit.first:unit.last + 1])
        draft.motifs.setdefault(unit.material, (made, _figure(score, made)))


def _pin(goal: Goal, pitch: int | None) -> Goal:
    return goal if pitch is None else replace(goal, pitches=(pitch,), cost=(0.0,))


def _unit_goals(score: Score, unit: Unit, draft: _Draft, rng: random.Random) -> list[Goal]:
    recalled, figure = _recall(unit, draft, score.style, rng)
    goals = []
    for place, index in enumerate(range(unit.first, unit.last + 1)):
        pitches = candidates(score, index)
        costs = note_costs(score, index, pitches, rng)
        if recalled and (unit.literal or place == 0 or index <= 0):
            wanted = score.row.step(recalled[min(place, len(recalled) - 1)]) + unit.level
            weight = _RECALL if unit.literal and place < len(recalled) else _LEVEL if place == 0 else 0.0
            costs = [cost + weight * min(6.0, abs(score.row.step(pitch) - wanted))
                     for cost, pitch in zip(costs, pitches, strict=True)]
        interval = figure[place - 1] if figure and 0 < place <= len(figure) else None
        opens = place == 0 and index == score.phrases[unit.phrase].first
        firm = _FIRM if unit.opens_section and place < HEAD_NOTES else 1.0
        goals.append(Goal(pitches, tuple(costs), interval, opens, firm))
    return goals


def _recall(unit: Unit, draft: _Draft, style: Style, rng: random.Random) -> tuple[tuple[int, ...], Figure]:
    """The pitches and the intervals a unit should recall; empty when its material is new."""
    source = {"fragment": "head", "inverted": "head"}.get(unit.material, unit.material)
    if source not in draft.motifs:
        return (), ()
    pitches, figure = draft.motifs[source]
    if unit.material == "close":
        return (), figure[:max(0, unit.last - unit.first - 1)]
    if unit.material == "inverted":
        figure = invert(figure)
    if unit.material == "fragment":
        figure = chain(fragment(figure, 2 if len(figure) < 4 else 3), 2, 1)
    if unit.ornamented and len(figure) > HEAD_NOTES:
        figure = ornament(figure, HEAD_NOTES - 1 + rng.randrange(len(figure) - HEAD_NOTES))
    if style.thematic and figure:
        figure = chain(figure, 1 + (unit.last - unit.first) // len(figure), -1)
    return pitches, figure


def _figure(score: Score, pitches: tuple[int, ...]) -> Figure:
    steps = [score.row.step(pitch) for pitch in pitches]
    return tuple(int(b - a) for a, b in zip(steps, steps[1:], strict=False))
