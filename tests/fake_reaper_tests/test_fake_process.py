"""The fake REAPER as a program of its own."""
from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fake_reaper import FakeReaperProcess
from tests.fake_reaper.process import ROOT

SCRIPT = """
import reaper_python as r
count = 0
def loop():
    global count
    count += 1
    r.RPR_Help_Set(f"tick {count}", False)
    if count < 4:
        RPR_defer("loop()")
    else:
        r.RPR_Undo_BeginBlock2(0)
        r.RPR_InsertTrackAtIndex(0, False)
        r.RPR_Undo_EndBlock2(0, "made", -1)
RPR_atexit("r.RPR_ShowConsoleMsg('bye')")
loop()
"""
TIMEOUT_S = 120.0


def test_scripts_run_on_the_timer_and_undo_works_from_outside(tmp_path: Path) -> None:
    (tmp_path / "a b.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "bad.py").write_text("1 / 0", encoding="utf-8")
    with FakeReaperProcess(tmp_path / "home") as reaper:
        before = reaper.hash()
        assert reaper.run_script(tmp_path / "a b.py")
        reaper.wait(lambda one: "bye" in one.console(), TIMEOUT_S)
        assert reaper.help_text() == "tick 4" and reaper.scripts() == []
        assert [len(reaper.state()["tracks"]), reaper.undo_names()] == [1, ["made"]]
        assert reaper.undo() and reaper.hash() == before
        assert reaper.redo() and not reaper.redo()
        assert not reaper.run_script(tmp_path / "bad.py")
        assert "ZeroDivisionError" in reaper.errors()[0]


def test_the_user_edits_from_outside_with_undo_points(tmp_path: Path) -> None:
    with FakeReaperProcess(tmp_path / "home", hz=0, options=("--all-plugins",)) as reaper:
        reaper.do("InsertTrackAtIndex", 0, False)
        track = reaper.do("GetTrack", 0, 0)
        assert reaper.do("TrackFX_AddByName", track, "Kontakt 7", False, -1) == 0
        assert reaper.undo_names() == ["Edited by hand"] * 2
        reaper.ask("set_project", "offset", 3600.0)
        assert reaper.do("GetProjectTimeOffset", 0, False) == 3600.0
        reaper.ask("answer_next", 6)
        assert reaper.do("ShowMessageBox", "Go on?", "x", 4) == 6
        with pytest.raises(RuntimeError, match="RPR_Nothing"):
            reaper.do("Nothing")
        with pytest.raises(RuntimeError, match="no '_run'"):
            reaper.ask("_run")


def test_what_was_saved_is_there_after_a_kill(tmp_path: Path) -> None:
    with FakeReaperProcess(tmp_path / "home") as reaper:
        reaper.do("InsertTrackAtIndex", 0, False)
        reaper.ask("save", str(tmp_path / "film.json"))
        saved = reaper.hash()
        reaper.do("InsertTrackAtIndex", 0, False)
        reaper.kill()
        assert not reaper.alive
    with FakeReaperProcess(tmp_path / "home", project=tmp_path / "film.json") as reaper:
        assert reaper.hash() == saved and reaper.undo_names() == []


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with FakeReaperProcess(tmp_path / "home") as reaper:
        host, port = reaper.address
        assert host == "127.0.0.1"
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", port), timeout=TIMEOUT_S)


REAPY_SERVER = """
import reapy
from reapy.tools.network import Server
SERVER = Server(0)
reapy.set_ext_state("reapy", "server_port", SERVER._socket.getsockname()[1])
def run():
    SERVER.accept()
    SERVER.send_results(SERVER.process_requests(SERVER.get_requests()))
    reapy.defer(run)
run()
"""

def test_reapys_own_handshake_and_calls_work(tmp_path: Path) -> None:
    """reapy's unmodified server and client, over the web interface; only its two fixed ports are other ones."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "activate.py").write_text(REAPY_SERVER, encoding="utf-8")
    name = "RS" + "7" * 40
    (home / "reaper-kb.ini").write_text(f'SCR 4 0 {name} "Custom: activate" "{tmp_path / "activate.py"}"\n')
    (home / "reaper-extstate.ini").write_text(f'[reapy]\nactivate_reapy_server="_{name}"\n')
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with FakeReaperProcess(home, hz=0, options=("--web-interface", str(port))) as reaper:
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", _client(port)], cwd=ROOT, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.stdout.split() == ["2", "Violins", "True"], done.stderr[-2000:]
        assert [track["name"] for track in reaper.state()["tracks"]] == ["Violins", ""]


def _client(port: int) -> str:
    return f"""
import reapy
import reapy.config
reapy.config.WEB_INTERFACE_PORT = {port}
reapy.reconnect()
project = reapy.Project()
project.add_track(0, "Violins")
project.add_track(1)
item = project.tracks[0].add_midi_item(0, 4)
item.active_take.add_note(0, 1, 60)
print(project.n_tracks, project.tracks[0].name, item.active_take.n_notes == 1)
"""
