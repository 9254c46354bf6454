"""Markers the user touched between two requests become edits of hits.json."""
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.messages import SeenMarker
from tests.cue_folder import hashes
from tests.live.open_session import FOUND, Make, brief, read

CUT_1, CUT_2 = "H01 cut: cut to a busier shot (hard 1.00)", "H02 cut: cut to a similar shot (soft 0.81)"



def test_hits_are_found_and_become_markers(open_session: Make) -> None:
    session = open_session()
    outcome = session.run("hits")
    assert outcome.plan is not None
    assert [(m.time_s, m.name) for m in outcome.plan.markers] == [(13.0, CUT_1), (15.0, CUT_2)]
    assert (outcome.plan.parts, outcome.plan.tracks, outcome.plan.picture_item) == (("markers",), (), "{ITEM}")
    assert (outcome.plan.start_s, outcome.plan.end_s, outcome.plan.cue) == (10.0, 18.0, "1M1")
    assert (outcome.title, Path(outcome.folder).name) == ("1M1 Chase", "1M1 Chase")
    assert outcome.lines[0] == "2 hits, 1 of them hard (2 cut)"
    assert read(session).hits.hits[0].timecode == "01:00:03:00", "3590 s + 10 s at the cue's start"


def test_the_same_request_makes_nothing_and_gives_the_same_plan(open_session: Make) -> None:
    session = open_session()
    first = session.run("spot")
    before = hashes(session.folder)
    assert session.run("spot") == first and session.made() == set()
    assert session.run("spot") == first
    assert hashes(session.folder) == before


@pytest.mark.parametrize(("touch", "after"), [
    (lambda s: s.change(0, time_s=13.5), [(3.5, "cut to a busier shot", "hard", True), FOUND[1]]),
    (lambda s: s.change(0, name="she turns (soft 0.40)"), [(3.0, "she turns", "soft", False), FOUND[1]]),
    (lambda s: s.ours.pop(0), [FOUND[1]]),
    (lambda s: s.users.append(SeenMarker(11.25, "Bang", 9)), [(1.25, "Bang", "hard", True), *FOUND]),
    (lambda s: s.users.append(SeenMarker(13.2, "Bang (soft)", 9)), [(3.2, "Bang", "soft", True), FOUND[1]]),
    (lambda s: s.users.append(SeenMarker(18.0, "Ende", 9)), [*FOUND, (8.0, "Ende", "hard", True)]),
    (lambda s: s.users.append(SeenMarker(11.25, "!40044", 9)), FOUND)])
def test_what_the_user_does_to_markers(open_session: Make, touch: Any, after: Any) -> None:
    session = open_session()
    session.run("hits")
    touch(session)
    outcome = session.run("hits")
    assert brief(session) == after
    assert session.run("hits").plan == outcome.plan and brief(session) == after, "once more changes nothing"
    session.run("spot")
    sync = read(session).tempo_map.sync
    hard = [i for i, row in enumerate(after) if row[2] == "hard"]
    assert {point.hit for point in sync if point.anchored} >= set(hard)


def test_untouched_markers_leave_the_file_to_the_byte(open_session: Make) -> None:
    session = open_session()
    session.run("hits")
    before = (session.folder / "hits.json").read_bytes(), (session.folder / ".filmcomposer.json").read_bytes()
    session.ours = [replace(m, time_s=m.time_s + 1e-9) for m in session.ours]
    session.run("hits")
    assert ((session.folder / "hits.json").read_bytes(), (session.folder / ".filmcomposer.json").read_bytes()) == before


def test_markers_from_before_the_first_run_are_locked_hits(open_session: Make) -> None:
    session = open_session()
    session.users = [SeenMarker(13.1, "door", 1), SeenMarker(17.0, "", 2)]
    plan = session.run("hits").plan
    assert brief(session) == [(3.1, "door", "hard", True), FOUND[1], (7.0, "", "hard", True)]
    assert plan is not None and [m.name for m in plan.markers] == ["H02 cut: cut to a similar shot (soft 0.81)"], (
        "the user's own markers stand for their hits")


def test_the_users_own_marker_goes_on_being_the_hit(open_session: Make) -> None:
    session = open_session()
    session.users = [SeenMarker(11.0, "door", 1)]
    session.run("hits")
    session.users = [SeenMarker(11.5, "door", 1)]
    session.run("hits")
    assert brief(session) == [(1.5, "door", "hard", True), *FOUND]
    session.users = []
    session.run("hits")
    assert brief(session) == FOUND


def test_all_deleted_and_find_hits_finds_them_afresh(open_session: Make) -> None:
    session = open_session()
    session.run("hits")
    session.change(0, time_s=13.5)
    session.run("hits")
    session.ours, session.users = [], [SeenMarker(17.0, "mine", 1)]
    outcome = session.run("hits")
    assert brief(session) == [*FOUND, (7.0, "mine", "hard", True)]
    assert "found afresh" in outcome.lines[0]


def test_all_deleted_and_spot_clip_spots_without_hits(open_session: Make) -> None:
    session = open_session()
    session.run("spot")
    session.ours = []
    session.run("spot")
    assert brief(session) == []
    assert all(spot.kind == "fill" for spot in read(session).spots.spots)


def test_an_unknown_cue_deletes_nothing(open_session: Make) -> None:
    """Another project on the same folder, or a build that was undone: no marker of ours, not known."""
    session = open_session()
    session.run("hits")
    session.change(0, time_s=13.5)
    session.run("hits")
    session.ours, session.known = [], False
    session.run("hits")
    assert brief(session) == [(3.5, "cut to a busier shot", "hard", True), FOUND[1]]


def test_a_build_that_never_arrived_deletes_nothing(open_session: Make) -> None:
    """The session still holds the markers of the build before; the new hit is no deleted one."""
    session = open_session()
    session.run("hits")
    session.users = [SeenMarker(11.0, "door", 1)]
    session.ask("hits")
    session.users[0] = SeenMarker(11.0, "door (soft)", 1)
    session.ask("hits")
    session.ask("hits")
    assert brief(session) == [(1.0, "door", "soft", True), *FOUND]


def test_a_file_edited_by_hand_and_a_session_edited_as_well(open_session: Make) -> None:
    session = open_session()
    session.run("hits")
    file = session.folder / "hits.json"
    edited = json.loads(file.read_text(encoding="utf-8"))
    edited["hits"].append({"time_s": 1, "weight": 1.0, "kind": "user", "type": "hard", "reason": "typed"})
    file.write_text(json.dumps(edited), encoding="utf-8")
    session.change(1, time_s=16.0)
    session.run("hits")
    assert brief(session) == [(1.0, "typed", "hard", True), FOUND[0], (6.0, "cut to a similar shot", "soft", True)]


