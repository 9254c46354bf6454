"""What an action collects: the picture through trims, rates and sections, the cue, the clock; and what it says else."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.messages import SeenMarker, Span
from reaper_scripts._errors import ActionError
from reaper_scripts._look import (
    cue_here,
    look_at_clip,
    look_at_music,
    look_at_region,
    regions_here,
    regions_with_picture,
)
from tests.fake_reaper.state import Source
from tests.reaper_scripts.film_session import FilmSession, add_marker, add_media, add_region, add_track, select_time


@pytest.fixture
def session(tmp_path: Path) -> FilmSession:
    return FilmSession(tmp_path)


def test_the_whole_item_is_the_cue_when_nothing_else_is_said(session: FilmSession) -> None:
    seen = look_at_clip(session.host, "score")
    assert seen.video is not None and seen.span == Span("1M1", "film", 10.0, 30.0)
    assert (seen.video.file, seen.video.item) == (str(session.film), session.guid(session.item))
    assert (seen.video.position_s, seen.video.length_s, seen.video.source_offset_s, seen.video.play_rate) == (
        10.0, 20.0, 0.0, 1.0)
    assert (seen.kind, seen.known, seen.spots, seen.melody) == ("score", False, None, None)


def test_a_trimmed_item_starts_later_on_the_file(session: FilmSession) -> None:
    session.take_of(session.item).values["D_STARTOFFS"] = 7.25
    video = look_at_clip(session.host, "score").video
    assert video is not None and (video.source_offset_s, video.length_s) == (7.25, 20.0)


def test_a_faster_item_ends_where_its_file_ends(session: FilmSession) -> None:
    session.take_of(session.item).values.update(D_PLAYRATE=4.0, D_STARTOFFS=20.0)
    seen = look_at_clip(session.host, "score")
    assert seen.video is not None and (seen.video.play_rate, seen.video.length_s) == (4.0, 10.0)
    assert seen.span is not None and (seen.span.start_s, seen.span.end_s) == (10.0, 20.0)


def test_an_item_that_begins_before_its_file_shows_no_picture_there(session: FilmSession) -> None:
    session.take_of(session.item).values.update(D_PLAYRATE=2.0, D_STARTOFFS=-6.0)
    video = look_at_clip(session.host, "score").video
    assert video is not None and (video.position_s, video.length_s, video.source_offset_s) == (13.0, 17.0, 0.0)


def test_sections_add_their_offsets(session: FilmSession) -> None:
    take = session.take_of(session.item)
    inner = Source("SECTION", parent=take.source, offset=5.0, length=40.0)
    take.source = Source("SECTION", parent=inner, offset=2.5, length=30.0)
    take.values["D_STARTOFFS"] = 1.0
    video = look_at_clip(session.host, "score").video
    assert video is not None and (video.file, video.source_offset_s) == (str(session.film), 8.5)


def test_a_reversed_picture_is_refused_and_a_reversed_sound_is_not_in_the_way(session: FilmSession) -> None:
    take = session.take_of(session.item)
    take.source = Source("SECTION", parent=take.source, length=40.0, reverse=True)
    with pytest.raises(ActionError, match="plays backwards. Switch Reverse off"):
        look_at_clip(session.host, "score")
    take.source = take.source.parent
    sound = session.add_film(add_track(session.call, "Sound"), 0.0, 40.0)
    session.take_of(sound).source = Source("SECTION", reverse=True, length=40.0, parent=Source("WAVE", file="a.wav"))
    session.call("SetMediaItemSelected", sound, True)
    video = look_at_clip(session.host, "score").video
    assert video is not None and video.item == session.guid(session.item)


def test_nothing_selected_says_what_to_select(session: FilmSession) -> None:
    session.call("SetMediaItemSelected", session.item, False)
    with pytest.raises(ActionError, match="nothing is selected. Select the video item"):
        look_at_clip(session.host, "score")


def test_a_selected_sound_is_no_picture(session: FilmSession, tmp_path: Path) -> None:
    session.call("SetMediaItemSelected", session.item, False)
    sound = session.add_film(add_track(session.call, "Dialogue"), 10.0, 20.0)
    session.take_of(sound).source = Source("WAVE", file="dialogue.wav", length_s=20.0)
    session.call("SetMediaItemSelected", sound, True)
    with pytest.raises(ActionError, match="the selected item is no video. Select the video item"):
        look_at_clip(session.host, "score")


def test_two_pictures_selected_are_one_too_many(session: FilmSession) -> None:
    session.call("SetMediaItemSelected", session.add_film(add_track(session.call, "Alt"), 10.0, 20.0), True)
    with pytest.raises(ActionError, match="2 video items are selected. Select one"):
        look_at_clip(session.host, "score")


def test_a_film_that_is_offline_is_named(session: FilmSession) -> None:
    session.film.unlink()
    with pytest.raises(ActionError, match="film.mp4'. Put it back, or choose it anew"):
        look_at_clip(session.host, "score")


def test_an_item_without_a_take_is_no_picture(session: FilmSession) -> None:
    session.state_of(session.item).takes.clear()
    with pytest.raises(ActionError, match="no video"):
        look_at_clip(session.host, "score")


# the cue

def test_a_time_selection_inside_the_item_is_the_cue(session: FilmSession) -> None:
    select_time(session.call, 12.0, 18.5)
    assert look_at_clip(session.host, "score").span == Span("1M1", "film", 12.0, 18.5)
    select_time(session.call, 25.0, 99.0)
    assert look_at_clip(session.host, "score").span == Span("1M1", "film", 25.0, 30.0)


def test_a_time_selection_elsewhere_says_nothing_about_this_item(session: FilmSession) -> None:
    select_time(session.call, 40.0, 50.0)
    assert look_at_clip(session.host, "score").span == Span("1M1", "film", 10.0, 30.0)


def test_the_region_around_the_cursor_is_the_cue(session: FilmSession) -> None:
    add_region(session.call, 10.0, 18.0, "1M4 Door")
    add_region(session.call, 18.0, 26.0, "1M5 Chase")
    session.call("SetEditCurPos", 20.0, False, False)
    assert look_at_clip(session.host, "score").span == Span("1M5", "Chase", 18.0, 26.0)
    session.call("SetEditCurPos", 28.0, False, False)
    assert look_at_clip(session.host, "score").span == Span("1M1", "film", 10.0, 30.0)


def test_too_little_picture_is_refused(session: FilmSession) -> None:
    select_time(session.call, 12.0, 12.5)
    with pytest.raises(ActionError, match="1M1 has less than 1 s of picture"):
        look_at_clip(session.host, "score")


def test_markers_of_the_cue_are_read_through_the_regions_between_them(session: FilmSession) -> None:
    add_marker(session.call, 5.0, "before")
    add_region(session.call, 10.0, 30.0, "1M1 Door")
    first = add_marker(session.call, 12.0, "H01 impact: door (hard 0.90)")
    add_region(session.call, 12.5, 13.0, "A remark")
    second = add_marker(session.call, 20.0, "")
    add_marker(session.call, 21.0, "!1016")
    add_marker(session.call, 22.0, "=END")
    add_marker(session.call, 31.0, "after")
    session.call("SetEditCurPos", 11.0, False, False)
    seen = look_at_clip(session.host, "score")
    assert seen.markers == (SeenMarker(12.0, "H01 impact: door (hard 0.90)", first), SeenMarker(20.0, "", second))


@pytest.mark.parametrize(("rate", "drop"), [(30000 / 1001, True), (24000 / 1001, False), (25.0, False)])
def test_the_clock_of_the_project(session: FilmSession, rate: float, drop: bool) -> None:
    project = session.reaper.project
    project.frame_rate, project.drop_frame, project.offset = rate, drop, 3600.0
    project.path = str(session.film.parent / "My film.rpp")
    seen = look_at_clip(session.host, "score").project
    assert seen is not None and (seen.frame_rate, seen.drop_frame, seen.offset_s) == (rate, drop, 3600.0)
    assert (seen.name, seen.folder) == ("My film.rpp", str(session.film.parent))
    assert seen.resource_folder == str(session.reaper.home)


# regions as cues

def test_a_region_is_looked_at_with_nothing_selected(session: FilmSession) -> None:
    session.call("SetMediaItemSelected", session.item, False)
    add_region(session.call, 0.0, 5.0, "No picture")
    add_region(session.call, 12.0, 18.0, "1M2 Chase")
    session.call("SetEditCurPos", 13.0, False, False)
    (region,) = regions_here(session.host)
    seen = look_at_region(session.host, "score", region)
    assert seen.span == Span("1M2", "Chase", 12.0, 18.0)
    assert seen.video is not None and seen.video.item == session.guid(session.item)
    assert [r.name for r in regions_with_picture(session.host)] == ["1M2 Chase"]


def test_a_region_that_overhangs_the_picture_is_cut(session: FilmSession) -> None:
    number = add_region(session.call, 25.0, 40.0, "Tail")
    session.call("SetEditCurPos", 26.0, False, False)
    (region,) = regions_here(session.host)
    assert look_at_region(session.host, "score", region).span == Span(f"R{number}", "Tail", 25.0, 30.0)


def test_of_two_pictures_the_upper_track_is_shown(session: FilmSession) -> None:
    session.call("SetMediaItemSelected", session.item, False)
    lower = session.add_film(add_track(session.call, "Lower"), 0.0, 60.0)
    add_region(session.call, 12.0, 18.0, "1M2 Chase")
    select_time(session.call, 12.0, 18.0)
    (region,) = regions_here(session.host)
    seen = look_at_region(session.host, "score", region)
    assert seen.video is not None and seen.video.item == session.guid(session.item)
    session.call("SetMediaItemSelected", lower, True)
    seen = look_at_region(session.host, "score", region)
    assert seen.video is not None and seen.video.item == session.guid(lower)


def test_no_region_there_says_what_to_do(session: FilmSession) -> None:
    with pytest.raises(ActionError, match="Make one over the picture and name it"):
        regions_here(session.host)
    add_region(session.call, 40.0, 45.0, "1M2 Chase")
    with pytest.raises(ActionError, match="Put the cursor into one"):
        regions_here(session.host)
    with pytest.raises(ActionError, match="no region lies on a video item"):
        regions_with_picture(session.host)


def test_a_region_that_went_away_meanwhile_is_left_out(session: FilmSession) -> None:
    number = add_region(session.call, 12.0, 18.0, "1M2 Chase")
    session.call("SetEditCurPos", 13.0, False, False)
    (region,) = regions_here(session.host)
    session.call("DeleteProjectMarker", 0, number, True)
    with pytest.raises(ActionError, match="the region 1M2 Chase is gone"):
        look_at_region(session.host, "score", region)


# cues that stand already

def _stands(session: FilmSession, **cues: tuple[float, float]) -> None:
    rows = {label: {"title": "Film", "start_s": start_s, "end_s": end_s, "item": session.guid(session.item)}
            for label, (start_s, end_s) in cues.items()}
    session.call("SetProjExtState", 0, "FilmComposer", "cues", json.dumps(rows))


def test_a_cue_that_stands_is_known_by_its_place(session: FilmSession) -> None:
    _stands(session, **{"2M7": (10.0, 30.0)})
    seen = look_at_clip(session.host, "score")
    assert seen.span == Span("2M7", "Film", 10.0, 30.0) and seen.known
    select_time(session.call, 11.0, 29.0)
    assert look_at_clip(session.host, "score").span == Span("2M7", "Film", 11.0, 29.0)


def test_the_music_stages_need_no_selection_where_a_cue_stands(session: FilmSession) -> None:
    session.call("SetMediaItemSelected", session.item, False)
    with pytest.raises(ActionError, match="holds no cue yet. Select the video item"):
        look_at_music(session.host, "compose")
    _stands(session, **{"1M1": (10.0, 18.0), "1M2": (18.0, 30.0)})
    with pytest.raises(ActionError, match="no cue lies there. Put the edit cursor into one of 1M1, 1M2"):
        look_at_music(session.host, "compose")
    session.call("SetEditCurPos", 20.0, False, False)
    seen = look_at_music(session.host, "compose")
    assert seen.span == Span("1M2", "Film", 18.0, 30.0) and seen.known
    select_time(session.call, 15.0, 20.0)
    with pytest.raises(ActionError, match="several cues lie there"):
        cue_here(session.host)


def test_a_time_selection_that_was_left_does_not_cut_a_cue_that_stands(session: FilmSession) -> None:
    _stands(session, **{"1M1": (12.0, 28.0)})
    select_time(session.call, 15.0, 20.0)
    for kind in ("arrange", "compose"):
        assert look_at_music(session.host, kind).span == Span("1M1", "Film", 12.0, 28.0)
    assert look_at_clip(session.host, "score").span == Span("1M1", "Film", 15.0, 20.0)


def test_a_cue_whose_picture_is_gone_says_so(session: FilmSession) -> None:
    _stands(session, **{"1M1": (40.0, 48.0)})
    session.call("SetMediaItemSelected", session.item, False)
    with pytest.raises(ActionError, match="no video item lies under 1M1. Put the film back"):
        look_at_music(session.host, "arrange")


def test_a_damaged_record_of_cues_counts_as_none(session: FilmSession) -> None:
    for text in ("{", "[]", '{"1M1": 3}', '{"1M1": {"start_s": "soon"}}'):
        session.call("SetProjExtState", 0, "FilmComposer", "cues", text)
        assert look_at_clip(session.host, "score").span == Span("1M1", "film", 10.0, 30.0)


def test_looking_changes_nothing(session: FilmSession) -> None:
    add_region(session.call, 12.0, 18.0, "1M2 Chase")
    before, changes = session.reaper.project_hash(), session.reaper.change_count
    look_at_clip(session.host, "score")
    assert (session.reaper.project_hash(), session.reaper.change_count) == (before, changes)


def test_media_of_a_plain_file_are_read_by_name(session: FilmSession, tmp_path: Path) -> None:
    """An item without a name of its own is called after its file."""
    session.take_of(session.item).name = ""
    video = look_at_clip(session.host, "score").video
    assert video is not None and video.name == "film.mp4"
    assert add_media(session.call, add_track(session.call, "Again"), session.film, 0.0, 1.0)
