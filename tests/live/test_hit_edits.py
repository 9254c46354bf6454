"""Every way a person can touch a marker, and what becomes of the hit."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.daw.markers import hit_name
from backend.domain.clip import Cue
from backend.domain.hits import HitPoint, HitPoints
from backend.domain.time import FrameRate
from backend.live.hit_edits import HitChange, Mark, apply_changes, hit_edits
from backend.live.marker_names import MarkerName, clean, may_be_a_hit, read_name, renamed
from backend.music.user_hits import read_user_hits

F = Fraction
TOLD = (
    HitPoint(F(0), 0.3, "start", "soft", "the film begins"),
    HitPoint(F(3), 0.81163, "impact", "hard", "the door slams: bang (twice)"),
    HitPoint(F(5), 0.5, "cut", "soft", ""),
    HitPoint(F(9), 1.0, "user", "hard", "Bang", locked=True))
SEEN = (F(0), F(20))


def mark(time_s: object, name: str, other_s: object = None) -> Mark:
    time_s = F(time_s)  # type: ignore[arg-type]
    return Mark(time_s, name, time_s if other_s is None else F(other_s))  # type: ignore[arg-type]


OURS = [mark(hit.time_s, hit_name(i, hit)) for i, hit in enumerate(TOLD, start=1)]


def with_mark(index: int, *marks: Mark) -> list[Mark]:
    """The session's markers with one exchanged for others."""
    return [*OURS[:index], *marks, *OURS[index + 1:]]


def test_untouched_markers_change_nothing() -> None:
    edits = hit_edits(TOLD, OURS, SEEN)
    assert (edits.changes, edits.missing, edits.known, edits.own) == ((), (), 4, frozenset())


@pytest.mark.parametrize("shuffled", [list(reversed(OURS)), [OURS[2], OURS[0], OURS[3], OURS[1]]])
def test_the_order_does_not_matter(shuffled: list[Mark]) -> None:
    assert hit_edits(TOLD, shuffled, SEEN).weight == 0


@pytest.mark.parametrize("noise", [F(1, 10**9), F(-1, 4000), F(1, 2001)])
def test_rounded_times_are_no_moves(noise: Fraction) -> None:
    assert hit_edits(TOLD, [replace(m, time_s=m.time_s + noise) for m in OURS], SEEN).weight == 0


DOOR = TOLD[1]
NAME = hit_name(2, DOOR)


@pytest.mark.parametrize(("touched", "after"), [
    (mark("3.2", NAME), replace(DOOR, time_s=F("3.2"), locked=True)),
    (mark(17, NAME), replace(DOOR, time_s=F(17), locked=True)),
    (mark(3, "H02 impact: she turns (hard 0.81)"), replace(DOOR, reason="she turns")),
    (mark(3, "H02 impact: the door slams: bang (twice) (soft 0.50)"), replace(DOOR, type="soft", weight=0.5)),
    (mark(3, "H02 impact: the door slams: bang (twice) (avoid 0.81)"), replace(DOOR, type="avoid")),
    (mark(3, "she turns"), replace(DOOR, reason="she turns")),
    (mark(3, "she turns (soft)"), replace(DOOR, reason="she turns", type="soft")),
    (mark(3, "she turns (ring out 70%)"), replace(DOOR, reason="she turns", type="ring_out", weight=0.7)),
    (mark(3, "(soft 0,4)"), replace(DOOR, reason="", type="soft", weight=0.4)),
    (mark(3, ""), replace(DOOR, reason="")),
    (mark("3.5", "H02 impact: later (soft 0.20)"),
     replace(DOOR, time_s=F("3.5"), reason="later", type="soft", weight=0.2, locked=True)),
    (mark(3, "H02 impact: she turns"), replace(DOOR, reason="she turns"))])
def test_a_marker_moved_or_renamed(touched: Mark, after: HitPoint) -> None:
    edits = hit_edits(TOLD, with_mark(1, touched), SEEN)
    assert edits.changes == (HitChange(DOOR, after),) and not edits.missing


@pytest.mark.parametrize("name", ["H02 impact: the door slams: bang (twice)", f"  {NAME} ", NAME.replace(" ", "\n")])
def test_what_a_name_leaves_out_stays(name: str) -> None:
    assert hit_edits(TOLD, with_mark(1, mark(3, name)), SEEN).changes == ()


@pytest.mark.parametrize(("name", "hit"), [
    ("Bang", HitPoint(F(12), 1.0, "user", "hard", "Bang", locked=True)),
    ("", HitPoint(F(12), 1.0, "user", "hard", "", locked=True)),
    ("Crash (soft 0.50)", HitPoint(F(12), 0.5, "user", "soft", "Crash", locked=True)),
    ("dialogue (avoid)", HitPoint(F(12), 1.0, "user", "avoid", "dialogue", locked=True)),
    ("H77 impact: pasted from elsewhere (hard 0.90)",
     HitPoint(F(12), 0.9, "user", "hard", "pasted from elsewhere", locked=True)),
    ("a\x00b\x1bc\nd", HitPoint(F(12), 1.0, "user", "hard", "a b c d", locked=True)),
    ("x" * 5000, HitPoint(F(12), 1.0, "user", "hard", "x" * 120, locked=True))])
def test_an_unknown_marker_is_a_locked_hit(name: str, hit: HitPoint) -> None:
    edits = hit_edits(TOLD, [*OURS, mark(12, name)], SEEN)
    assert edits.changes == (HitChange(None, hit),)


def test_a_copied_marker_is_a_second_hit() -> None:
    edits = hit_edits(TOLD, [*OURS, mark(12, NAME)], SEEN)
    assert [(c.before, c.after and c.after.time_s, c.after and c.after.reason) for c in edits.changes] == [
        (None, F(12), DOOR.reason)]


@pytest.mark.parametrize("name", ["!40044", "=START", "=END", "CHAP=One", " !_S&M_1", "chap=two"])
def test_markers_that_mean_something_to_reaper_are_no_hits(name: str) -> None:
    assert not may_be_a_hit(name)
    assert hit_edits(TOLD, [*OURS, mark(12, name)], SEEN).weight == 0


def test_a_hit_turned_into_an_action_is_gone() -> None:
    edits = hit_edits(TOLD, with_mark(1, mark(3, "!1007")), SEEN)
    assert edits.missing == (DOOR,) and edits.changes == ()


def test_missing_markers_count_only_where_they_would_be_seen() -> None:
    assert hit_edits(TOLD, OURS[:1], SEEN).missing == TOLD[1:]
    assert hit_edits(TOLD, OURS[:1], (F(0), F(4))).missing == (DOOR,)
    assert hit_edits(TOLD, [], (F(1, 100), F(8))).missing == TOLD[1:3]


def test_the_users_own_marker_stays_the_hits_marker() -> None:
    """The hit at 9 s came from a plain marker; the session holds that marker and none of ours."""
    edits = hit_edits(TOLD, with_mark(3, mark(9, "Bang")), SEEN)
    assert edits.weight == 0 and edits.own == frozenset({3}) and edits.known == 3


def test_the_users_own_marker_moves_its_hit() -> None:
    edits = hit_edits(TOLD, with_mark(3, mark(10, "Bang")), SEEN)
    assert edits.changes == (HitChange(TOLD[3], replace(TOLD[3], time_s=F(10))),)
    assert edits.own == frozenset({3})


def test_a_plain_marker_beside_ours_is_the_same_hit() -> None:
    assert hit_edits(TOLD, [*OURS, mark(9, "Bang")], SEEN).weight == 0


def test_an_item_slid_from_under_the_markers_moves_no_hit_of_ours() -> None:
    slid = [replace(m, time_s=m.time_s + 2) for m in OURS[:3]]
    edits = hit_edits(TOLD, [*slid, mark(9, "Bang", 7)], (F(-2), F(20)))
    assert edits.weight == 0


def test_a_marker_with_the_number_it_had_before() -> None:
    """A hit was added in front; the marker that the user once moved still says H02 where the list says H03."""
    told = (TOLD[0], HitPoint(F(1), 1.0, "user", "hard", "new", locked=True), *TOLD[1:])
    marks = [OURS[0], mark(1, "new"), mark(3, NAME), mark(5, hit_name(4, TOLD[2])), mark(9, hit_name(5, TOLD[3]))]
    assert hit_edits(told, marks, SEEN).weight == 0
    marks[2] = mark("3.4", NAME)
    assert hit_edits(told, marks, SEEN).changes == (HitChange(DOOR, replace(DOOR, time_s=F("3.4"), locked=True)),)


def test_two_edits_and_a_deletion() -> None:
    marks = [OURS[0], mark("3.5", NAME), mark(9, "Bang"), mark(14, "New")]
    edits = hit_edits(TOLD, marks, SEEN)
    assert edits.missing == (TOLD[2],)
    assert edits.changes == (HitChange(DOOR, replace(DOOR, time_s=F("3.5"), locked=True)),
                             HitChange(None, HitPoint(F(14), 1.0, "user", "hard", "New", locked=True)))


# changes carried out

CUE = Cue("1M1", F(0), F(20))


def done(hits: tuple[HitPoint, ...], *changes: HitChange) -> tuple[HitPoint, ...]:
    return read_user_hits(HitPoints(apply_changes(hits, changes)), CUE, FrameRate(24)).hits


def brief(hits: tuple[HitPoint, ...]) -> list[tuple[float, str]]:
    return [(float(hit.time_s), hit.reason) for hit in hits]


@pytest.mark.parametrize(("change", "times"), [
    (HitChange(DOOR, None), [0, 5, 9]),
    (HitChange(DOOR, replace(DOOR, time_s=F(4), locked=True)), [0, 4, 5, 9]),
    (HitChange(DOOR, replace(DOOR, time_s=F("4.9"), locked=True)), [0, 4.9, 9]),
    (HitChange(None, HitPoint(F(7), reason="n", locked=True)), [0, 3, 5, 7, 9]),
    (HitChange(None, HitPoint(F("5.2"), 0.1, reason="n", locked=True)), [0, 3, 5.2, 9]),
    (HitChange(None, HitPoint(F("9.1"), 0.1, reason="n", locked=True)), [0, 3, 5, 9]),
    (HitChange(HitPoint(F("3.1"), kind="impact"), None), [0, 5, 9]),
    (HitChange(HitPoint(F(15)), None), [0, 3, 5, 9])])
def test_changes_are_carried_out_where_the_hit_stands(change: HitChange, times: list[float]) -> None:
    assert [time for time, _ in brief(done(TOLD, change))] == times


def test_a_change_carried_out_twice_is_one_change() -> None:
    changes = (HitChange(DOOR, replace(DOOR, time_s=F(4), locked=True)),
               HitChange(None, HitPoint(F(7), reason="n", locked=True)), HitChange(TOLD[2], None))
    once = done(TOLD, *changes)
    assert done(once, *changes) == once


# names

@pytest.mark.parametrize(("name", "said"), [
    ("H03 impact: the door slams (hard 0.90)", MarkerName("the door slams", "hard", 0.9, 3, "impact")),
    ("H03 impact (hard 0.90)", MarkerName("", "hard", 0.9, 3, "impact")),
    ("H3 weird: x", MarkerName("H3 weird: x")),
    ("Hello (world)", MarkerName("Hello (world)")),
    ("Door (HARD 90%)", MarkerName("Door", "hard", 0.9)),
    ("Door (hard 7)", MarkerName("Door", "hard", 0.07)),
    ("", MarkerName("")),
    ("(hard)", MarkerName("", "hard"))])
def test_names_are_read(name: str, said: MarkerName) -> None:
    assert read_name(name) == said


@pytest.mark.parametrize("hit", TOLD)
def test_a_name_of_ours_renames_nothing(hit: HitPoint) -> None:
    assert renamed(hit, hit_name(1, hit)) == hit


@pytest.mark.parametrize(("text", "kept"), [("  a\tb ", "a b"), ("\x00\x07", ""), ("é – 雪", "é – 雪"),
                                            ("a\u2028b", "a b"), ("y" * 500, "y" * 120), ("\ud800x", "x")])
def test_text_is_one_sane_line(text: str, kept: str) -> None:
    assert clean(text) == kept
