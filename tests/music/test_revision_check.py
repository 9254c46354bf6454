"""A plan is checked as it will be executed, and what it writes has few digits."""
from __future__ import annotations

from typing import Any

import pytest

from backend.domain.revision import Operation, RevisionPlan
from backend.music.revision import ground_of
from backend.music.revision_cells import level_db
from backend.music.revision_check import distinct, plan_faults
from tests.music.test_revision import ASKED, BARS, revised, room, standing


def test_a_plan_needs_operations_or_an_answer() -> None:
    assert faults_of(answer="  ")[0][0] == ("answer",)
    assert faults_of(answer="No.") == ()
    many = [Operation("level", ("melody",), 1, 1, 0.1 * (n + 1)) for n in range(25)]
    assert faults_of(*many)[0][1] == "25 operations: 24 at most"
    assert faults_of(*[many[0]] * 25) == () and distinct((many[0], many[1], many[0])) == (many[0], many[1])
    wrong = faults_of(Operation("mute", ("melody",), 1, 1), Operation("mute", ("melody", "kazoo")))
    assert [path for path, _ in wrong] == [("operations", 1, "tracks", 1)]


def faults_of(*operations: Operation, answer: str = "") -> tuple[tuple[Any, str], ...]:
    return plan_faults(RevisionPlan(operations, answer), ground_of(standing(), room()), ASKED.hits)


def test_a_plan_is_checked_step_by_step() -> None:
    """The second operation names whom the first one brings in; the third what the second one has left silent."""
    taken = {part.instrument for part in standing().score.parts}
    name = next(name for name in ("cello_solo", "oboe", "bassoon") if name not in taken)
    hand_over = Operation("instrument", ("melody",), 2, 3, name=name)
    alone = Operation("keep_only", (name,), 2, 3)
    assert faults_of(hand_over, alone, Operation("pan", (f"melody.{name}",), 1, 0, 0.3)) == ()
    assert [path for path, _ in faults_of(alone, hand_over)] == [("operations", 0, "tracks", 0)]
    assert [path for path, _ in faults_of(hand_over, Operation("octave", (name,), 1, 0, 3.0))] == [
        ("operations", 1, "amount")]


def test_levels_are_written_with_few_digits_and_the_rest_stays_as_loud() -> None:
    done, _ = revised(Operation("level", ("melody",), 2, 3, 7.7))
    done, _ = revised(Operation("level", ("melody",), 4, 5, -1.3), state=done.state)
    track = next(track for track in done.state.scheme.tracks if track.part == "melody")
    before = next(track for track in standing().scheme.tracks if track.part == "melody")
    assert track.gain_db > before.gain_db and track.gain_db == round(track.gain_db, 3)
    assert all(level == float(f"{level:.4g}") for level in track.volume_envelope.values())
    for bar in (1, *range(6, BARS + 1)):
        assert level_db(track, bar) == pytest.approx(level_db(before, bar), abs=0.005)
