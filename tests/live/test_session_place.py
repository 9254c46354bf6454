"""The cue, the picture and the folder move between two requests; the hits stay with their pictures."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.errors import InputError, OptionError
from backend.results import ResultsFolder
from bridge.messages import SeenMarker, Span
from tests.cue_folder import hashes, score
from tests.live.open_session import FOUND, Make, brief, read


def test_the_region_is_made_longer_and_the_hits_stay_with_the_picture(open_session: Make) -> None:
    session = open_session(span=Span("1M1", "Chase", 12.0, 18.0))
    session.run("hits")
    session.change(0, time_s=13.5)
    session.users = [SeenMarker(17.0, "mine", 7)]
    session.run("hits")
    assert [row[0] for row in brief(session)] == [1.5, 3.0, 5.0]
    session.span = Span("1M1", "Chase", 11.0, 18.0)
    plan = session.run("hits").plan
    assert [row[0] for row in brief(session)] == [2.5, 4.0, 6.0]
    assert plan is not None and [m.time_s for m in plan.markers] == [13.5, 15.0] and plan.start_s == 11.0


def test_the_region_is_made_shorter_and_no_hit_counts_as_deleted(open_session: Make) -> None:
    session = open_session()
    session.run("hits")
    session.change(1, name="kept (hard 0.50)")
    session.run("hits")
    session.span = Span("1M1", "Chase", 14.0, 18.0)
    session.run("hits")
    assert brief(session) == [(1.0, "kept", "hard", False)]


def test_the_item_is_slid_from_under_the_markers(open_session: Make) -> None:
    """Nobody touched the markers: the hits belong to the picture, and go with it."""
    session = open_session(span=None)
    session.run("hits")
    session.video = replace(session.video, position_s=11.0)
    plan = session.run("hits").plan
    assert brief(session) == FOUND
    assert plan is not None and [m.time_s for m in plan.markers] == [14.0, 16.0]


def test_item_and_markers_are_moved_together(open_session: Make) -> None:
    session = open_session()
    session.run("hits")
    session.video = replace(session.video, position_s=50.0)
    session.span = Span("1M1", "Chase", 50.0, 58.0)
    session.ours = [replace(m, time_s=m.time_s + 40) for m in session.ours]
    assert session.run("hits").plan is not None and brief(session) == FOUND
    assert [m.time_s for m in session.ours] == [53.0, 55.0]


@pytest.mark.parametrize(("rate", "times"), [(2.0, [1.5]), (0.5, [6.0, 10.0])])
def test_the_picture_is_shown_faster_or_slower(open_session: Make, rate: float, times: list[float]) -> None:
    session = open_session(span=None, play_rate=rate, length_s=8.0 / rate)
    plan = session.run("hits").plan
    assert plan is not None and (plan.start_s, plan.end_s) == (10.0, 10.0 + 8.0 / rate)
    cuts = [m.time_s - 10 for m in plan.markers if " cut" in m.name]
    assert cuts == times
    session.users = [SeenMarker(10.75, "mine", 5)]
    session.run("hits")
    assert (0.75, "mine", "hard", True) in brief(session)
    assert read(session).hits.hits[0].timecode.startswith("01:00:0")


def test_a_speed_changed_later_keeps_the_hits_on_their_pictures(open_session: Make) -> None:
    session = open_session(span=None)
    session.run("hits")
    session.change(0, name="mine (hard 1.00)")
    session.run("hits")
    session.video = replace(session.video, play_rate=0.5, length_s=16.0)
    session.ours = []
    session.known = False
    session.run("hits")
    assert [(row[0], row[1]) for row in brief(session)] == [(6.0, "mine"), (10.0, "cut to a similar shot")]


@pytest.mark.parametrize("rate", [0.2, 4.5, -1.0])
def test_extreme_speeds_are_refused_before_a_folder_is_made(open_session: Make, rate: float) -> None:
    session = open_session(play_rate=rate)
    with pytest.raises((OptionError, InputError)):
        session.run("hits")
    assert not Path(session.project.folder).exists()


def test_a_region_beside_the_picture_is_refused(open_session: Make) -> None:
    session = open_session(span=Span("1M1", "", 30.0, 40.0))
    with pytest.raises(InputError, match="1M1 .30.00 to 40.00 s. has no picture"):
        session.run("hits")
    assert not Path(session.project.folder).exists()


def test_two_cues_have_two_folders(open_session: Make) -> None:
    session = open_session(span=Span("1M1", "", 10.0, 14.0))
    first = session.run("hits")
    session.span, session.known, session.ours = Span("1M2", "Storm", 14.0, 18.0), False, []
    second = session.run("hits")
    assert [Path(o.folder).name for o in (first, second)] == ["1M1 Film", "1M2 Storm"]
    assert second.plan is not None and [m.time_s for m in second.plan.markers] == [15.0]
    session.span = Span("1M1", "Another title", 10.0, 14.0)
    assert session.ask("hits").folder == first.folder, "a new title goes on in the same folder"


def test_lost_results_are_restored_from_the_markers(open_session: Make) -> None:
    import shutil
    session = open_session()
    session.run("hits")
    session.change(0, time_s=13.5)
    session.users = [SeenMarker(17.0, "mine", 3)]
    session.run("hits")
    shutil.rmtree(session.folder)
    session.run("hits")
    assert [row[:3] for row in brief(session)] == [
        (3.5, "cut to a busier shot", "hard"), (5.0, "cut to a similar shot", "soft"), (7.0, "mine", "hard")]


# the command line and the session share a folder

def test_the_command_line_goes_on_where_the_session_was(open_session: Make, capsys: pytest.CaptureFixture[str]) -> None:
    session = open_session()
    session.run("spot")
    session.change(0, time_s=13.5)
    session.run("spot")
    before = hashes(session.folder)
    assert score(session.folder, "--until", "spot") == 0
    assert hashes(session.folder) == before


def test_options_are_the_command_lines(open_session: Make) -> None:
    session = open_session()
    session.options = {"tempo": "90-100", "--start-timecode": "", "meter": "3/4", "seed": " 7 "}
    session.run("spot")
    remembered = ResultsFolder(session.folder).open().options
    assert (remembered["tempo"], remembered["meter"], remembered["seed"]) == ("90-100", "3/4", 7)
    session.options = None
    session.run("spot")
    assert session.made() == set(), "the folder remembers"
    for wrong in ({"tempo": "fast"}, {"shape": "round"}, {"seed": "x"}, {"hits": "relative.json"}, {"emotion": "a\nb"}):
        session.options = wrong
        with pytest.raises(InputError):
            session.run("spot")
