"""From an action to tracks in the session, through daemon and worker, at REAPER's 30 ticks a second."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reaper_scripts.film_session import add_marker, add_region, select_time
from tests.reaper_scripts.studio import Studio

Open = Callable[[], Studio]


def _users_own(studio: Studio) -> list[Any]:
    """The picture and the user's sound, as the project holds them, but for how they are pinned to time."""
    rows = [row for row in studio.tracks() if row["name"] in ("Picture", "Dialogue")]
    for row in rows:
        row["values"].pop("I_FOLDERDEPTH")
        for item in row["items"]:
            item["values"].pop("C_BEATATTACHMODE")
    return rows


def _score_undo_score(studio: Studio) -> None:
    before, own, steps = studio.reaper.hash(), _users_own(studio), len(studio.reaper.undo_names())
    said = studio.act("score_clip")
    assert "is in the session" in said, said
    assert studio.reaper.errors() == []
    assert studio.reaper.undo_names()[steps:] == [name for name in studio.reaper.undo_names() if "score" in name]
    scored = studio.reaper.hash()
    assert scored != before and _users_own(studio) == own
    names = [row["name"] for row in studio.tracks()]
    assert names[:2] == ["Picture", "Dialogue"] and names[2].startswith("FilmComposer 1M1")

    assert studio.reaper.undo() and studio.reaper.hash() == before
    assert studio.reaper.redo() and studio.reaper.hash() == scored

    assert "the session already holds all of it" in studio.act("score_clip")
    assert studio.reaper.hash() == scored and len(studio.reaper.undo_names()) == steps + 1
    assert studio.reaper.scripts() == []


def test_some_of_a_drawn_film_scored_undone_and_scored_again(tmp_path: Path, drawn_film: Path,
                                                             shared_daemon: Path) -> None:
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        studio.lay_film(drawn_film, 4.0, 8.0)
        select_time(studio.call, 5.0, 8.0)
        _score_undo_score(studio)


def test_a_real_film_scored_undone_and_scored_again(tmp_path: Path, shared_data: Path, shared_daemon: Path) -> None:
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        studio.lay_film(shared_data / "video" / "clips" / "sintel_trailer_480x204_24fps.mp4", 2.0, 52.0)
        select_time(studio.call, 20.0, 29.0)
        _score_undo_score(studio)
        cue = json.loads(studio.call("GetProjExtState", 0, "FilmComposer", "cues", "", 65536)[4])["1M1"]
        assert (cue["start_s"], cue["end_s"]) == (pytest.approx(20.0, abs=1 / 24), pytest.approx(29.0, abs=1 / 24))


def test_what_the_user_touched_stays(open_scored: Open) -> None:
    """Volume, an item moved, a track renamed, a track deleted, a tempo point elsewhere: all as the user left them."""
    with open_scored() as studio:
        strings, folder = studio.track("Strings"), studio.track("Strings reverb")
        studio.call("SetMediaTrackInfo_Value", strings, "D_VOL", 0.25)
        studio.call("GetSetMediaTrackInfo_String", folder, "P_NAME", "My room", True)
        studio.call("DeleteTrack", studio.track("Choir"))
        before = studio.reaper.hash()
        said = studio.act("score_clip")
        assert "holds all of it" in said or "is in the session" in said, said
        assert studio.reaper.hash() == before, said
        assert studio.call("GetMediaTrackInfo_Value", studio.track("Strings"), "D_VOL") == 0.25
        names = [row["name"] for row in studio.tracks()]
        assert "My room" in names and "Choir" not in names


def test_a_marker_of_the_users_becomes_a_hit_that_the_music_meets(open_scored: Open) -> None:
    """The music is another one afterwards; what the user had touched before is still there."""
    with open_scored() as studio:
        at_s = 4.0 + 2.71
        number = add_marker(studio.call, at_s, "She turns")
        studio.call("SetMediaTrackInfo_Value", studio.track("Strings"), "D_VOL", 0.25)
        mine = _transposed(studio, "Clarinet in B-flat")
        own = _users_own(studio)
        said = studio.act("score_clip")
        assert "is in the session" in said, said
        marks = [m for m in studio.reaper.state()["markers"] if not m["region"] and m["number"] == number]
        assert [(m["start"], m["name"]) for m in marks] == [(at_s, "She turns")]
        assert _ms_off_beat(studio, at_s) < 1.0
        assert _users_own(studio) == own
        assert studio.call("GetMediaTrackInfo_Value", studio.track("Strings"), "D_VOL") == 0.25
        takes = [take["source"]["midi"] for row in studio.tracks() if row["name"] == "Clarinet in B-flat"
                 for item in row["items"] for take in item["takes"]]
        assert mine in takes and len(takes) > 1, said


def _transposed(studio: Studio, track: str) -> Any:
    """The first note of a track, an octave down by hand; the take's MIDI as it then stands."""
    take = studio.call("GetActiveTake", studio.call("GetTrackMediaItem", studio.track(track), 0))
    note = studio.call("MIDI_GetNote", take, 0, False, False, 0.0, 0.0, 0, 0, 0)
    studio.call("MIDI_DeleteNote", take, 0)
    studio.call("MIDI_InsertNote", take, False, False, note[5], note[6], note[7], note[8] - 12, note[9], False)
    return next(row for row in studio.tracks() if row["name"] == track)["items"][0]["takes"][0]["source"]["midi"]


def _ms_off_beat(studio: Studio, at_s: float) -> float:
    """How far a moment lies from where REAPER's tempo map has the nearest anchor."""
    folder = next((studio.folder / "FilmComposer").glob("1M1*"))
    anchors = json.loads((folder / "tempo_map.json").read_text(encoding="utf-8"))["sync"]
    start_q = studio.call("TimeMap2_timeToQN", 0, 4.0)
    heard = [studio.call("TimeMap2_QNToTime", 0, start_q + _number(anchor["position_q"])) for anchor in anchors
             if anchor["anchored"]]
    return min(abs(time_s - at_s) for time_s in heard) * 1000


def _number(text: str | float) -> float:
    above, _, below = str(text).partition("/")
    return float(above) / float(below or 1)


def test_region_two_leaves_region_one_where_it_is(tmp_path: Path, shared_data: Path, shared_daemon: Path) -> None:
    """Score region 1, edit it, score region 2, score region 1 again."""
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        studio.lay_film(shared_data / "video" / "clips" / "sintel_trailer_480x204_24fps.mp4", 2.0, 52.0)
        add_region(studio.call, 20.0, 24.0, "1M1 Door")
        add_region(studio.call, 40.0, 44.5, "1M2 Chase")
        studio.call("SetEditCurPos", 21.0, False, False)
        assert "is in the session" in studio.act("score_region")
        studio.call("SetMediaTrackInfo_Value", studio.track("Strings"), "D_VOL", 0.5)
        first = _of_cue(studio, "1M1")
        studio.call("SetEditCurPos", 41.0, False, False)
        assert "is in the session" in studio.act("score_region")
        assert _of_cue(studio, "1M2")["tracks"]
        assert _of_cue(studio, "1M1") == first
        studio.call("SetEditCurPos", 21.0, False, False)
        both = studio.reaper.hash()
        said = studio.act("score_region")
        assert "holds all of it" in said, said
        assert studio.reaper.hash() == both


def test_all_regions_one_after_another(tmp_path: Path, drawn_film: Path, shared_daemon: Path) -> None:
    """A region that is too short is named and left out; what stands is found again under the regions' labels."""
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        studio.lay_film(drawn_film, 4.0, 8.0)
        for start_s, end_s, name in ((4.0, 7.5, "2M1 Rest"), (7.6, 8.1, "2M2"), (8.4, 12.0, "Fall")):
            add_region(studio.call, start_s, end_s, name)
        said = studio.act("score_all_regions")
        assert "2M2 has less than 1 s of picture" in said, said
        names = [row["name"] for row in studio.tracks() if row["name"].startswith("FilmComposer ")]
        assert [n for n in names if "spots" not in n] == ["FilmComposer 2M1 Rest", "FilmComposer R3 Fall"], said
        cues = json.loads(studio.call("GetProjExtState", 0, "FilmComposer", "cues", "", 65536)[4])
        assert sorted(cues) == ["2M1", "R3"]
        scored = studio.reaper.hash()
        assert studio.act("score_all_regions").count("the session already holds all of it") == 2
        assert studio.reaper.hash() == scored


def _of_cue(studio: Studio, label: str) -> dict[str, Any]:
    """Everything of a cue that has a place: tracks with items and envelopes, tempo points, markers."""
    state = studio.reaper.state()
    tags = [json.loads(row["ext"].get("P_EXT:filmcomposer", row["ext"].get("filmcomposer", "{}"))) for row in
            state["tracks"]]
    tracks = [row for row, tag in zip(state["tracks"], tags, strict=True) if tag.get("cue") == label]
    start_s, end_s = {"1M1": (20.0, 30.0), "1M2": (40.0, 52.0)}[label]
    return _to_a_nanosecond({
        "tracks": [{key: row[key] for key in ("name", "items", "envelopes", "sends")} for row in tracks],
        "tempo": [row for row in state["tempo"] if start_s - 0.1 <= row["time"] < end_s],
        "marks": [row for row in state["markers"] if start_s - 0.1 <= row["start"] < end_s]})


def _to_a_nanosecond(value: Any) -> Any:
    """REAPER keeps what is attached to beats in beats: seconds come back with another last digit."""
    if isinstance(value, dict):
        return {key: _to_a_nanosecond(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_to_a_nanosecond(inner) for inner in value]
    return round(value, 9) if isinstance(value, float) else value
