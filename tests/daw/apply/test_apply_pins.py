"""A tempo change moves nothing: not the picture, not the dialogue, not another cue, not an envelope point."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.domain.live import LivePlan
from tests.daw.apply.desk import Desk
from tests.daw.apply.plans import bars_end_s, cue, new_notes, tempo
from tests.fake_reaper.state import BEATS, TIME, Point

TEMPO = ("tempo",)


def close(there: dict[str, list[float]], before: dict[str, list[float]]) -> None:
    assert there.keys() == before.keys()
    for key, times in before.items():
        assert there[key] == pytest.approx(times, abs=1e-9, rel=0), key


@pytest.mark.parametrize("base", [BEATS, TIME])
def test_everything_of_the_users_stays_in_time(desk: Desk, wav: str, base: int) -> None:
    desk.project.timebase = desk.project.tempo_timebase = base
    desk.composers_project(wav)
    desk.tempo(0.0, 100.0)
    desk.tempo(65.0, 130.0, (3, 4))
    desk.tempo(80.0, 91.0)
    before, points = desk.where_everything_is(), desk.tempo_map()
    desk.build(cue(parts=TEMPO))
    close(desk.where_everything_is(), before)
    assert desk.tempo_map()[-2:] == points[-2:]


def test_the_tempo_map_among_the_masters_envelopes_is_left_to_the_tempo(desk: Desk, wav: str) -> None:
    desk.reaper.lists_tempo_map = True
    desk.composers_project(wav)
    desk.tempo(0.0, 100.0)
    desk.tempo(65.0, 130.0, (3, 4))
    before, points = desk.where_everything_is(), desk.tempo_map()
    desk.build(cue(parts=TEMPO))
    close(desk.where_everything_is(), before)
    assert desk.tempo_map()[-1:] == points[-1:]


def test_an_envelope_of_the_masters_that_looks_like_the_tempo_map_stays_in_time(desk: Desk) -> None:
    desk.tempo(0.0, 1.0)
    desk.tempo(65.0, 0.5)
    desk.automate(desk.api.RPR_GetMasterTrack(0), [])
    [envelope] = desk.project.master.envelopes
    envelope.scaling, envelope.points = 0, [Point(0.0, 1.0), Point(65.0, 0.5)]
    before = desk.where_everything_is()
    desk.build(cue(parts=TEMPO))
    close(desk.where_everything_is(), before)


def test_attach_modes_of_the_user_come_back(desk: Desk, wav: str) -> None:
    desk.composers_project(wav)
    far = desk.item(desk.track("Dialogue"), 1)
    desk.set_item(far, "C_BEATATTACHMODE", 1.0)
    desk.build(cue(parts=TEMPO))
    assert desk.api.RPR_GetMediaItemInfo_Value(far, "C_BEATATTACHMODE") == 1
    assert desk.api.RPR_GetMediaItemInfo_Value(desk.item(desk.track("Piano")), "C_BEATATTACHMODE") == -1


def test_markers_with_one_number_come_back_in_their_order(desk: Desk) -> None:
    for time_s in (40.0, 50.0, 60.0):
        desk.marker(time_s, "same")
    for marker in desk.project.markers:
        marker.number = 7
    desk.build(cue(parts=TEMPO, tempo=tempo(10.0, (200.0,))))
    assert desk.marks() == [(40.0, "same"), (50.0, "same"), (60.0, "same")]


def test_the_users_notes_inside_the_cue_are_spoken_of(desk: Desk) -> None:
    desk.new_track("Song")
    desk.midi(desk.track("Song"), 12.0, 20.0)
    report = desk.build(cue(parts=TEMPO))
    assert ("Your MIDI on track 1 lies inside the cue: its item stays in place, its notes follow the new tempo."
            in report.lines)


@pytest.fixture(params=[BEATS, TIME], ids=["beats", "time"])
def two_cues(desk: Desk, wav: str, request: pytest.FixtureRequest) -> tuple[LivePlan, LivePlan]:
    """Region 1 is scored; region 2 is still to come."""
    desk.project.timebase = desk.project.tempo_timebase = request.param
    desk.composers_project(wav)
    first = cue()
    points = tempo(40.0, (140.0, 70.0))
    second = cue("1M2", 40.0, tempo=points, bars_end_s=bars_end_s(points), end_s=bars_end_s(points) - 1)
    desk.build(first)
    return first, second


def of_cue(desk: Desk, start_s: float, end_s: float) -> list[tuple[float, float, int, int]]:
    return [point for point in desk.tempo_map() if start_s <= point[0] <= end_s]


def test_region_1_edited_region_2_scored_region_1_scored_again(desk: Desk, two_cues: tuple[LivePlan, LivePlan]) -> None:
    first, second = two_cues
    viola, violin = desk.track("Violas"), desk.track("Violins I")
    desk.note(desk.item(viola), 99)
    desk.set(violin, "D_PAN", 0.66)
    desk.api.RPR_TrackFX_AddByName(desk.track("Cellos"), "ReaEQ", False, -1)
    edited = desk.events(desk.item(viola))
    before, points = desk.where_everything_is(), of_cue(desk, 0.0, 35.0)
    states = {track.guid: (track.values, track.fx, track.items, track.sends, track.ext)
              for track in desk.project.tracks}

    report = desk.build(second)
    assert report.kept == ()
    there = desk.where_everything_is()
    close({key: times for key, times in there.items() if key in before and key != "marks"},
          {key: times for key, times in before.items() if key != "marks"})
    assert set(before["marks"]) <= set(there["marks"])
    assert of_cue(desk, 0.0, 35.0) == points
    for track in desk.project.tracks:
        if track.guid in states and track.name not in ("PICTURE", "Dialogue"):
            assert (track.values, track.fx, track.items, track.sends, track.ext) == states[track.guid]

    of_second, names = of_cue(desk, 40.0, 60.0), desk.names()
    idea = new_notes(new_notes(first, "violas", [71]), "violins_ii", [72])
    idea = replace(idea, tracks=tuple(replace(t, pan=0.1) if t.id == "violins_i" else t for t in idea.tracks),
                   tempo=tempo(10.0, (90.0, 105.0, 88.25)))
    report = desk.build(idea)
    assert report.kept == ("Violins I: your pan", "Violas: your item (the new idea is another take)")
    assert desk.events(desk.item(desk.track("Violas"))) == edited
    assert desk.state("Violins I").values["D_PAN"] == 0.66
    assert [fx.name for fx in desk.state("Cellos").fx] == ["VSTi: ReaSynth (Cockos)", "VST: ReaEQ (Cockos)"]
    assert desk.names() == names
    assert of_cue(desk, 40.0, 60.0) == of_second
    second_items = [item.values["D_POSITION"] for track in desk.project.tracks for item in track.items
                    if item.takes and item.takes[0].name in ("Violas", "Cellos")]
    assert sorted(second_items) == [10.0, 10.0, 40.0, 40.0]
    assert desk.build(idea).changed == 0
    assert desk.build(second).changed == 0


def test_undo_takes_back_one_cue_at_a_time(desk: Desk, two_cues: tuple[LivePlan, LivePlan]) -> None:
    before = desk.hash
    desk.build(two_cues[1])
    desk.reaper.undo()
    assert desk.hash == before
    assert desk.build(two_cues[0]).changed == 0
