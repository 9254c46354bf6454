from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from fractions import Fraction

import pytest

from backend.agents.rules.assessor import CriteriaAssessor
from backend.domain.assessment import Fix
from backend.domain.score import Melody
from backend.domain.spotting import RhythmSpot, RhythmSpots
from backend.music.motif import similarity
from backend.music.rule_melody.compose import compose_melody
from backend.music.rule_melody.search import Goal, best_line
from backend.music.rule_melody.slots import metric_weight
from backend.music.rule_melody.style import make_style
from backend.music.rule_melody.tones import ToneRow
from backend.music.theory import scale_pcs
from tests.music.rhythms import brief, rhythm, sections, tempo_map

SEEDS = range(6)


def written(emotion: str | None = "Sad", seed: int = 1, fixes: tuple[Fix, ...] = (), metre: str = "4/4") -> Melody:
    placed = tempo_map(metre, 16)
    return compose_melody(rhythm(placed, 3), placed, brief(emotion), seed, fixes)


def fix(criterion: int, text: str = "") -> Fix:
    return Fix(criterion, (), text)


def intervals(melody: Melody) -> list[int]:
    return [b.pitch - a.pitch for a, b in zip(melody.notes, melody.notes[1:], strict=False)]


def smoothness(melody: Melody) -> float:
    return sum(abs(i) <= 2 for i in intervals(melody)) / (len(melody.notes) - 1)


def recurring(melody: Melody) -> float:
    """Share of three-interval figures, in scale steps, that occur twice."""
    row = ToneRow(melody.key.tonic_pc, melody.key.mode)
    places = [row.step(note.pitch) for note in melody.notes]
    steps = [b - a for a, b in zip(places, places[1:], strict=False)]
    figures = list(zip(steps, steps[1:], steps[2:], strict=False))
    return sum(figures.count(f) > 1 for f in figures) / len(figures)


@pytest.mark.parametrize("emotion", [None, "Sad", "Vigorous", "Dreamy", "Angry"])
def test_ends_on_the_tonic_and_steps_more_than_it_leaps(emotion: str | None) -> None:
    for seed in SEEDS:
        melody = written(emotion, seed)
        assert melody.notes[-1].pitch % 12 == melody.key.tonic_pc
        assert smoothness(melody) >= 0.5
        assert sum(abs(i) > 9 for i in intervals(melody)) <= 2


@pytest.mark.parametrize("emotion", ["Sad", "Joyous", "Dignified"])
def test_stays_in_the_scale_or_the_chords_of_the_brief(emotion: str) -> None:
    for seed in SEEDS:
        melody = written(emotion, seed)
        scale = scale_pcs(melody.key.tonic_pc, melody.key.mode)
        foreign = [note for note in melody.notes if note.pitch % 12 not in scale]
        assert len(foreign) <= 0.1 * len(melody.notes)


def test_every_section_takes_up_the_head_motif() -> None:
    placed = tempo_map("4/4", 16)
    for emotion in ("Sad", "Vigorous", None):
        for seed in SEEDS:
            spots = rhythm(placed, seed)
            notes = compose_melody(spots, placed, brief(emotion), seed).notes
            starts = [placed.bars[section.first_bar - 1].start_q for section in spots.sections]
            heads = [[n for n in notes if n.onset_q >= start][:5] for start in starts]
            assert [similarity(heads[0], head) >= 0.5 for head in heads] == [True] * 4, (emotion, seed)


def test_one_climax_late_in_the_cue() -> None:
    late, shared = 0, 0
    for seed in range(10):
        melody = written("Dignified", seed)
        top = max(note.pitch for note in melody.notes)
        places = [float(n.onset_q / melody.notes[-1].onset_q) for n in melody.notes if n.pitch == top]
        late += places[-1] >= 0.5
        shared += len(places) - 1
    assert late >= 9 and shared <= 12


def test_a_hit_in_the_window_carries_the_climax() -> None:
    placed = tempo_map("4/4", 16)
    plain = [RhythmSpot(Fraction(k), Fraction(1), "fill") for k in range(61)]
    plain[45] = dataclasses.replace(plain[45], kind="hit", strength=3)
    spots = RhythmSpots(tuple(plain), sections(16))
    for seed in SEEDS:
        notes = compose_melody(spots, placed, brief("Vigorous"), seed).notes
        ranked = sorted(range(61), key=lambda i: -notes[i].pitch)
        assert any(44 <= i <= 51 for i in ranked[:3]), seed


def test_durations_follow_the_articulation() -> None:
    def mean_share(emotion: str) -> float:
        placed = tempo_map()
        spots = rhythm(placed, 3)
        melody = compose_melody(spots, placed, brief(emotion), 1)
        return sum(float(n.duration_q / s.duration_q) for n, s in zip(melody.notes, spots.spots, strict=True)) / len(
            melody.notes)

    assert mean_share("Sad") > 0.9 > 0.75 > mean_share("Humorous")


def test_velocity_follows_dynamic_metre_and_strength() -> None:
    calm, loud = written("Calm"), written("Vigorous")
    assert max(n.velocity for n in calm.notes) < min(n.velocity for n in loud.notes)
    placed = tempo_map("4/4", 8)
    spots = tuple(RhythmSpot(Fraction(k), Fraction(1), "fill", 3 if k == 5 else 1) for k in range(29))
    notes = compose_melody(RhythmSpots(spots, sections(8)), placed, brief("Calm"), 1).notes
    assert notes[4].velocity > notes[3].velocity + 2 and notes[5].velocity > notes[6].velocity


VARIED = (fix(5), fix(5), fix(5))


@pytest.mark.parametrize(("emotion", "before", "added", "measure", "more"), [
    ("Sad", (), VARIED, recurring, False), ("Sad", VARIED, (fix(6), fix(6)), recurring, True),
    ("Vigorous", (), (fix(7), fix(7)), smoothness, True),
])
def test_fixes_change_what_they_name(emotion: str, before: tuple[Fix, ...], added: tuple[Fix, ...],
                                     measure: Callable[[Melody], float], more: bool) -> None:
    plain = sum(measure(written(emotion, seed, before)) for seed in range(8)) / 8
    mended = sum(measure(written(emotion, seed, before + added)) for seed in range(8)) / 8
    assert mended > plain + 0.02 if more else mended < plain - 0.02


def test_fix_four_makes_the_line_imply_more_chord_changes() -> None:
    def changes(fixes: tuple[Fix, ...]) -> float:
        judged = [CriteriaAssessor().assess(written("Calm", seed, fixes), tempo_map(), brief("Calm"), True)
                  for seed in range(8)]
        return sum(verdict.criteria[3].metrics["rate"] for verdict in judged)

    assert changes((fix(4, "Let the melody imply at least three chords"),) * 2) > changes(())


def test_fix_one_rests_on_tonic_and_fifth() -> None:
    def stable(fixes: tuple[Fix, ...]) -> float:
        melodies = [written("Dreamy", seed, fixes) for seed in range(8)]
        return sum(float(n.duration_q) for m in melodies for n in m.notes
                   if (n.pitch - m.key.tonic_pc) % 12 in (0, 7))

    assert stable((fix(1), fix(1))) > stable(())


def test_instructions_are_read() -> None:
    base = make_style(brief("Sad"), (), random.Random(1))
    fewer = make_style(brief("Sad"), (fix(4, "Stay with fewer chords: ..."),), random.Random(1))
    more = make_style(brief("Sad"), (fix(4, "Let the melody imply at least three chords"),), random.Random(1))
    assert fewer.chord_speed < base.chord_speed < more.chord_speed
    assert make_style(brief("Sad"), (fix(13), fix(9)), random.Random(1)) == base


@pytest.mark.parametrize(("metre", "place", "weight"), [
    ("4/4", "0", 1.0), ("4/4", "2", 0.7), ("4/4", "1", 0.5), ("4/4", "1/2", 0.25), ("4/4", "1/4", 0.1),
    ("6/8", "3/2", 0.7), ("6/8", "1/2", 0.25), ("3/4", "2", 0.5), ("7/8", "1", 0.5), ("7/8", "7/2", 1.0),
])
def test_metric_weight(metre: str, place: str, weight: float) -> None:
    placed = tempo_map(metre, 4)
    position = Fraction(place)
    assert metric_weight(placed.bar_at(position), position) == weight


def test_search_finds_the_cheapest_line() -> None:
    style = make_style(brief("Calm"), (), random.Random(0))
    row = ToneRow(0, "major")
    free = Goal((60, 62, 64, 67), (0.0, 0.0, 0.0, 0.0))
    assert best_line([Goal((60, 67), (5.0, 0.0)), free, Goal((72,), (0.0,))], row, style)[0] == 67
    wanted = [Goal((60,), (0.0,)), *[dataclasses.replace(free, interval=step, firm=5.0) for step in (1, 1, 2)]]
    assert best_line(wanted, row, style) == (60, 62, 64, 67)
    with pytest.raises(ValueError, match="at least one note"):
        best_line([], row, style)


def test_scale_steps() -> None:
    row = ToneRow(2, "dorian")
    assert row.step(74) - row.step(62) == 7 and row.step(65) - row.step(62) == 2
    assert row.step(63) - row.step(62) == 0.5
    assert ToneRow(0, "octatonic").step(72) - ToneRow(0, "octatonic").step(60) == 8
