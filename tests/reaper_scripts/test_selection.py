"""Regenerate: which bars and tracks a selection means."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reaper_scripts._errors import ActionError
from reaper_scripts._selection import look_at_selection
from tests.reaper_scripts.film_session import FilmSession, add_track, select_time


@pytest.fixture
def session(tmp_path: Path) -> FilmSession:
    """Cue 1M1 over 10-30 s in bars of two seconds (3/4 at 90), violins, violas, their folder, a track of one's own."""
    session = FilmSession(tmp_path)
    call = session.call
    call("SetMediaItemSelected", session.item, False)
    call("SetTempoTimeSigMarker", 0, -1, 10.0, -1, -1, 90.0, 3, 4, False)
    row = {"title": "Film", "start_s": 10.0, "end_s": 30.0, "item": session.guid(session.item)}
    call("SetProjExtState", 0, "FilmComposer", "cues", json.dumps({"1M1": row}))
    for id, kind in (("strings", "folder"), ("violins", "instrument"), ("violas", "instrument")):
        tag = json.dumps({"cue": "1M1", "id": id, "kind": kind})
        call("GetSetMediaTrackInfo_String", add_track(call, id), "P_EXT:filmcomposer", tag, True)
    add_track(call, "My guitar")
    return session


def _select(session: FilmSession, *names: str) -> None:
    for index in range(session.call("CountTracks", 0)):
        track = session.call("GetTrack", 0, index)
        name = session.call("GetSetMediaTrackInfo_String", track, "P_NAME", "", False)[3]
        session.call("SetTrackSelected", track, name in names)


def _item(session: FilmSession, name: str, start_s: float, end_s: float) -> Any:
    tracks = [session.call("GetTrack", 0, i) for i in range(session.call("CountTracks", 0))]
    names = [session.call("GetSetMediaTrackInfo_String", t, "P_NAME", "", False)[3] for t in tracks]
    item = session.call("CreateNewMIDIItemInProj", tracks[names.index(name)], start_s, end_s, False)[0]
    session.call("SetMediaItemSelected", item, True)
    return item


@pytest.mark.parametrize(("start_s", "end_s", "bars"), [
    (14.0, 18.0, "3-4"), (14.1, 14.2, "3-3"), (13.9, 18.1, "2-5"), (10.0, 30.0, ""), (0.0, 12.0, "1-1"),
    (28.0, 99.0, "10-10")])
def test_a_time_selection_means_the_bars_it_touches(session: FilmSession, start_s: float, end_s: float,
                                                    bars: str) -> None:
    select_time(session.call, start_s, end_s)
    request = look_at_selection(session.host)
    assert (request.kind, request.bars, request.tracks, request.known) == ("regenerate", bars, "", True)
    assert request.span is not None and (request.span.start_s, request.span.end_s) == (10.0, 30.0)


def test_selected_tracks_mean_their_parts_and_folders_none(session: FilmSession) -> None:
    _select(session, "violas", "violins", "My guitar", "strings")
    request = look_at_selection(session.host)
    assert (request.tracks, request.bars) == ("violas,violins", "")


def test_tracks_and_time_together(session: FilmSession) -> None:
    _select(session, "violas")
    select_time(session.call, 14.0, 18.0)
    request = look_at_selection(session.host)
    assert (request.tracks, request.bars) == ("violas", "3-4")


def test_a_selected_item_means_its_track_and_its_bars(session: FilmSession) -> None:
    _item(session, "violins", 12.0, 16.0)
    request = look_at_selection(session.host)
    assert (request.tracks, request.bars) == ("violins", "2-3")


@pytest.mark.parametrize(("names", "words"), [
    ((), "nothing to write anew is selected. Select bars"),
    (("My guitar",), "nothing to write anew is selected. The selected tracks are your own. Select bars"),
    (("strings",), "the selected tracks hold no notes of ours")])
def test_it_says_what_to_select(session: FilmSession, names: tuple[str, ...], words: str) -> None:
    _select(session, *names)
    with pytest.raises(ActionError, match=words):
        look_at_selection(session.host)


def test_a_time_selection_outside_the_cue_is_refused(session: FilmSession) -> None:
    _select(session, "violas")
    select_time(session.call, 40.0, 50.0)
    with pytest.raises(ActionError, match="the time selection lies outside 1M1"):
        look_at_selection(session.host)


def test_tracks_of_two_cues_are_refused(session: FilmSession) -> None:
    tag = json.dumps({"cue": "1M2", "id": "violins", "kind": "instrument"})
    session.call("GetSetMediaTrackInfo_String", add_track(session.call, "Later"), "P_EXT:filmcomposer", tag, True)
    _select(session, "violins", "Later")
    with pytest.raises(ActionError, match=r"tracks of several cues are selected \(1M1, 1M2\)"):
        look_at_selection(session.host)


def test_without_any_cue_scoring_comes_first(session: FilmSession) -> None:
    session.call("SetProjExtState", 0, "FilmComposer", "cues", "")
    select_time(session.call, 14.0, 18.0)
    with pytest.raises(ActionError, match="no cue yet. Select the video item and run Score clip first"):
        look_at_selection(session.host)
