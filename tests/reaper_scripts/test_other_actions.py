"""Every other action on the fake REAPER, from file to outcome."""
from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from bridge.connection import read_connection
from tests.fake_reaper.settings import NUMBERS, TEXTS
from tests.reaper_scripts.film_session import select_time
from tests.reaper_scripts.studio import TIMEOUT_S, Studio, is_gone

Open = Callable[[], Studio]
REFUSALS = {
    "find_hits": "nothing is selected. Select the video item", "spot_clip": "nothing is selected",
    "describe_clip": "nothing is selected", "score_clip": "nothing is selected",
    "compose_melody": "this project holds no cue yet", "arrange_and_mix": "this project holds no cue yet",
    "score_region": "no region lies at the time selection", "score_all_regions": "no region lies on a video item",
    "regenerate_selection": "this project holds no cue yet", "render_cue": "this project holds no cue yet"}


def test_in_an_empty_project_every_action_says_what_to_do(tmp_path: Path) -> None:
    with Studio(tmp_path / "project") as studio:
        before = studio.reaper.hash()
        for action, words in REFUSALS.items():
            said = studio.act(action)
            assert words in said and said.startswith("FilmComposer: ") and said.count("\n") == 1, (action, said)
        assert studio.reaper.hash() == before
        assert studio.reaper.undo_names() == [] and studio.reaper.errors() == []
        assert read_connection(studio.state_folder) is None


def test_the_daemon_switch_status_and_bundle(tmp_path: Path, drawn_film: Path) -> None:
    with Studio(tmp_path / "project") as studio:
        studio.lay_film(drawn_film, 0.0, 8.0)
        assert "no daemon runs; the next action starts one" in studio.act("status")
        assert "nothing is running" in studio.act("cancel") + studio.reaper.help_text()
        studio.start("start_stop_daemon")
        studio.reaper.wait(lambda r: "the daemon is on" in r.help_text(), TIMEOUT_S)
        assert "idle; takes builds from the command line" in studio.act("status")
        _bundle_tells_what_is_needed(studio)
        first = studio.daemon.pid
        studio.kill_daemon()
        assert "shots" in studio.act("describe_clip")
        assert studio.daemon.pid != first
        studio.reaper.wait(lambda _: "takes builds from the command line" in studio.act("status"), TIMEOUT_S)
        daemon = studio.daemon
        assert "the daemon is off" in studio.act("start_stop_daemon")
        studio.reaper.wait(lambda r: is_gone(daemon) and r.scripts() == [], TIMEOUT_S)


def _bundle_tells_what_is_needed(studio: Studio) -> None:
    said = studio.act("support_bundle")
    (file,) = studio.folder.glob("filmcomposer-support-*.zip")
    assert str(file) in said
    connection = read_connection(studio.state_folder)
    assert connection is not None
    with zipfile.ZipFile(file) as bundle:
        about = json.loads(bundle.read("about.json"))
        everything = b"".join(bundle.read(name) for name in bundle.namelist())
    assert about["daemon"] == {"port": connection.port, "pid": connection.pid, "protocol": connection.protocol}
    assert about["session"] == {"tracks": 2, "markers": 0, "regions": 0, "cues": [], "our tracks": 0}
    assert connection.key.hex().encode() not in everything and connection.key not in everything


def test_a_cue_is_rendered_measured_and_the_users_settings_come_back(open_scored: Open) -> None:
    with open_scored() as studio:
        mine = {"RENDER_SETTINGS": 8.0, "RENDER_BOUNDSFLAG": 2.0, "RENDER_SRATE": 44100.0, "RENDER_TAILMS": 250.0,
                "RENDER_STARTPOS": 1.5, "RENDER_NORMALIZE": 1.0, "RENDER_ADDTOPROJ": 1.0}
        texts = {"RENDER_FILE": "/my/renders", "RENDER_PATTERN": "$project-$track", "RENDER_FORMAT2": "l3pm"}
        for key, value in mine.items():
            studio.call("GetSetProjectInfo", 0, key, value, True)
        for key, text in texts.items():
            studio.call("GetSetProjectInfo_String", 0, key, text, True)
        studio.call("SetTrackSelected", studio.track("Dialogue"), True)
        settings, before = _settings(studio), (studio.reaper.undo_names(), _music(studio))

        said = studio.act("render_cue")

        assert "hits on the frame" in said and "LUFS" in said and "dBTP" in said, said
        assert (studio.reaper.undo_names(), _music(studio)) == before and _settings(studio) == settings
        (mix,) = (studio.folder / "FilmComposer").glob("1M1*/render/01/mix.wav")
        assert str(mix.parent) in said and any(mix.parent.glob("stems/*.wav"))
        studio.act("render_cue")
        assert (mix.parents[1] / "02" / "mix.wav").read_bytes() == mix.read_bytes()


def _music(studio: Studio) -> dict[str, object]:
    """The project without its settings."""
    return {key: value for key, value in studio.reaper.state().items() if key not in ("settings", "texts")}


def _settings(studio: Studio) -> list[object]:
    return [*(studio.call("GetSetProjectInfo", 0, key, 0.0, False) for key in NUMBERS),
            *(studio.call("GetSetProjectInfo_String", 0, key, "", False)[3] for key in TEXTS)]


def test_a_render_that_fails_leaves_the_users_settings(open_scored: Open) -> None:
    """A render while REAPER plays, and one of a cue whose folder is gone."""
    with open_scored() as studio:
        settings = _settings(studio)
        studio.call("Main_OnCommand", 1007, 0)
        assert "REAPER is playing. Stop it" in studio.act("render_cue")
        studio.call("Main_OnCommand", 1016, 0)
        studio.call("DeleteTrack", studio.track("FilmComposer 1M1 Film"))
        assert "the folder of 1M1 is gone" in studio.act("render_cue")
        assert _settings(studio) == settings


def test_the_stages_alone_touch_what_is_theirs(tmp_path: Path, drawn_film: Path, shared_daemon: Path) -> None:
    with Studio(tmp_path / "project", state_folder=shared_daemon) as studio:
        studio.lay_film(drawn_film, 4.0, 8.0)
        own = [row["name"] for row in studio.tracks()]
        assert "found" in studio.act("find_hits") or studio.reaper.state()["markers"]
        state = studio.reaper.state()
        assert state["markers"] and not state["tempo"] and [row["name"] for row in state["tracks"]] == own
        studio.act("spot_clip")
        names = [row["name"] for row in studio.tracks()]
        assert "FilmComposer spots" in names and studio.reaper.state()["tempo"]
        assert "Strings" not in names
        studio.act("compose_melody")
        composed = [row["name"] for row in studio.tracks()]
        assert len(composed) > len(names)
        said = studio.act("arrange_and_mix")
        assert "is in the session" in said, said
        assert "Printed stems" in [row["name"] for row in studio.tracks()]


def test_only_the_selected_bars_are_written_anew(open_scored: Open) -> None:
    with open_scored() as studio:
        before = _notes(studio)
        select_time(studio.call, 4.0 + 2.1, 4.0 + 3.9)  # the second of four bars of two seconds
        said = studio.act("regenerate_selection")
        assert "Written anew" in said, said
        after = _notes(studio)
        assert before != after
        assert _outside(before) == _outside(after)


def _outside(notes: dict[str, list[float]]) -> dict[str, list[float]]:
    """Notes of the other bars; players are up to a tenth of a second early."""
    return {name: kept for name, starts in notes.items() if (kept := [s for s in starts if not 5.9 < s < 8.0])}


def _notes(studio: Studio) -> dict[str, list[float]]:
    """Track -> starts of its notes in project seconds."""
    out: dict[str, list[float]] = {}
    for row in studio.tracks():
        track = studio.track(row["name"])
        for index in range(studio.call("CountTrackMediaItems", track)):
            take = studio.call("GetActiveTake", studio.call("GetTrackMediaItem", track, index))
            if studio.call("TakeIsMIDI", take):
                count = studio.call("MIDI_CountEvts", take, 0, 0, 0)[2]
                ticks = [studio.call("MIDI_GetNote", take, i, 0, 0, 0, 0, 0, 0, 0)[5] for i in range(count)]
                out[row["name"]] = [round(studio.call("MIDI_GetProjTimeFromPPQPos", take, t), 6) for t in ticks]
    return out
