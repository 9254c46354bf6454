"""What every layer sees: chords and their voicings, bars, levels, the hits to meet, and who is writing."""
from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from backend.domain.brief import CueBrief
from backend.domain.instruments import Instrument
from backend.domain.scheme import ArrangePlan, CastTrack, Measure, MeasurePlan
from backend.domain.score import Chord, Note
from backend.domain.tempo import Bar, TempoMap
from backend.music.levels import LevelCurve, dynamic_index
from backend.music.voicing import Voicing

BIG_HIT = 0.9
"""Weight from which a hit gets a fill, a gap and the full accent (craft 4.4)."""


CLEARLY_LOUDER = 0.06
"""Level by which the loudest section stands out: half a dynamic step."""
STEADY_STEPS = 2
"""A pattern keeps to its section's dynamic until a bar is so many steps away; velocities do the rest (by ear)."""


@dataclass(frozen=True)
class Anchor:
    """An anchored hit in the music: hard ones get an accent and air in front."""

    position_q: Fraction
    weight: float
    hard: bool


@dataclass(frozen=True)
class Seat:
    """One track of a role: ``rank`` among the ``of`` tracks of the role that play in the same bars."""

    track: CastTrack
    instrument: Instrument
    bars: frozenset[int]
    rank: int = 0
    of: int = 1


@dataclass(frozen=True)
class Canvas:
    """Everything a layer may look at; ``voicings`` go with ``chords``."""

    tempo_map: TempoMap
    melody: tuple[Note, ...]
    chords: tuple[Chord, ...]
    voicings: tuple[Voicing, ...]
    curve: LevelCurve
    plan: MeasurePlan
    arrange: ArrangePlan
    brief: CueBrief
    anchors: tuple[Anchor, ...]
    seed: int

    @property
    def end_q(self) -> Fraction:
        return self.tempo_map.end_q

    @property
    def last_q(self) -> Fraction:
        """Where the last chord stops ringing."""
        return self.chords[-1].onset_q + self.chords[-1].duration_q

    @cached_property
    def _starts(self) -> tuple[list[Fraction], list[Fraction]]:
        return [chord.onset_q for chord in self.chords], [bar.start_q for bar in self.tempo_map.bars]

    def chord_index(self, position_q: Fraction) -> int:
        return max(0, bisect_right(self._starts[0], position_q) - 1)

    def chord_at(self, position_q: Fraction) -> Chord:
        return self.chords[self.chord_index(position_q)]

    def bar_at(self, position_q: Fraction) -> Bar:
        return self.tempo_map.bars[max(0, bisect_right(self._starts[1], position_q) - 1)]

    def measure_at(self, position_q: Fraction) -> Measure:
        return self.plan.measures[self.bar_at(position_q).number - 1]

    @cached_property
    def hard(self) -> tuple[Anchor, ...]:
        return tuple(anchor for anchor in self.anchors if anchor.hard)

    @cached_property
    def hard_positions(self) -> frozenset[Fraction]:
        return frozenset(anchor.position_q for anchor in self.hard)

    def next_hard(self, position_q: Fraction) -> Anchor | None:
        """The first hard hit after a position; the last chord counts as one."""
        return next((anchor for anchor in self._stops if anchor.position_q > position_q), None)

    @cached_property
    def _stops(self) -> tuple[Anchor, ...]:
        return (*(anchor for anchor in self.hard if anchor.position_q < self.end_q), Anchor(self.end_q, 0.8, True))

    def section_index(self, bar: int) -> int:
        """Which section, counted from 0, a bar lies in."""
        starts = [section.first_bar for section in self.plan.sections]
        return max(0, bisect_right(starts, bar) - 1)

    def section_dynamic(self, bar: int) -> int:
        """Dynamic index 0..7 of the section a bar lies in."""
        section = self.plan.sections[self.section_index(bar)]
        measures = self.plan.measures[section.first_bar - 1:section.last_bar]
        return dynamic_index(sum(measure.level for measure in measures) / max(1, len(measures)))

    @cached_property
    def loudest_section(self) -> int | None:
        """Index of the section that is clearly louder than the others; None where there is none."""
        sections = self.plan.sections
        means = [sum(m.level for m in self.plan.measures[s.first_bar - 1:s.last_bar])
                 / max(1, s.last_bar - s.first_bar + 1) for s in sections]
        top = max(means)
        rest = [mean for i, mean in enumerate(means) if i != means.index(top)]
        return means.index(top) if top - max(rest, default=0.0) >= CLEARLY_LOUDER else None

    def steady_dynamic(self, bar: int) -> int:
        """Dynamic index a pattern goes by: the section's, unless the bar is far away from it."""
        wanted, now = self.section_dynamic(bar), dynamic_index(self.plan.measures[bar - 1].level)
        return now if abs(now - wanted) >= STEADY_STEPS else wanted

    def is_build(self, bar: int) -> bool:
        return any(build.from_bar <= bar <= build.to_bar for build in self.arrange.builds)

    def playing_bars(self, seat: Seat) -> tuple[Bar, ...]:
        """The bars a seat plays in, up to the music's end."""
        return tuple(bar for bar in self.tempo_map.bars if bar.number in seat.bars and bar.start_q < self.end_q)


def clear_before_hits(notes: tuple[Note, ...], canvas: Canvas) -> tuple[Note, ...]:
    """Air in front of hard hits: nothing starts in the half beat before one, what sounds there stops."""
    out = []
    for note in notes:
        hit = canvas.next_hard(note.onset_q)
        if hit is None or note.end_q <= hit.position_q - canvas.tempo_map.beat_q / 2:
            out.append(note)
            continue
        quiet_q = hit.position_q - canvas.tempo_map.beat_q / 2
        if hit.weight < BIG_HIT:
            quiet_q = hit.position_q - canvas.tempo_map.beat_q / 4
        if note.onset_q > hit.position_q - canvas.tempo_map.beat_q / 2:
            continue
        end = min(note.end_q, quiet_q)
        if end > note.onset_q:
            out.append(Note(note.onset_q, end - note.onset_q, note.pitch, note.velocity, note.articulation))
    return tuple(out)
