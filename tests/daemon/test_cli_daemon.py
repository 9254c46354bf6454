"""``filmcomposer daemon | jobs | submit | cancel`` and ``score --reaper``, as a user types them."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.cli.daemon import request_from
from backend.cli.main import parser
from backend.daemon import REGISTERED
from backend.errors import OptionError
from bridge.connection import read_connection
from bridge.messages import JobRequest, SeenVideo, Shutdown
from tests.daemon.daemon_process import PATIENCE_S, ROOT, DaemonProcess, is_gone, wait_until

pytestmark = pytest.mark.posix


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    with DaemonProcess(tmp_path_factory.mktemp("state")) as running:
        yield running


def _type(state: Path, *words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "backend", *words], cwd=folder, text=True, capture_output=True,
                          env={**os.environ, "FILMCOMPOSER_STATE": str(state), "PYTHONPATH": str(ROOT)},
                          timeout=PATIENCE_S)


def _clip(folder: Path) -> Path:
    clip = folder / "A Film.mp4"
    clip.write_bytes(b"not looked at here")
    return clip


def _no_request(path: Path) -> Path:
    raise AssertionError(f"{path} is no folder")


def _asked(*words: str, in_reaper: bool = False) -> JobRequest:
    return request_from(parser().parse_args(["score", *words]), _no_request, in_reaper)


def test_a_command_line_becomes_a_request(tmp_path: Path) -> None:
    clip = _clip(tmp_path)
    assert _asked(str(clip), "-o", str(tmp_path / "out"), "--seed", "7", "--loudness", "-20", "--in", "1",
                  "--soundfont", "default", "--from", "compose") == JobRequest(
        "score", SeenVideo(str(clip), "", "1M1 A Film", 0.0, 0.0, 0.0), output=str(tmp_path / "out"),
        options={"seed": "7", "loudness": "-20.0", "cue_in": "1", "soundfont": "default", "from": "compose"})


def test_paths_are_full_whatever_folder_they_were_typed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _clip(tmp_path)
    monkeypatch.chdir(tmp_path)
    request = _asked("A Film.mp4", "--cue", "2M1", "--hits", "my hits.json", in_reaper=True)
    assert request.video is not None and request.video.file == str(tmp_path / "A Film.mp4")
    assert request.output == str(tmp_path / "2M1 A Film")
    assert request.options == {"cue": "2M1", "hits": str(tmp_path / "my hits.json")}
    assert request.reaper == REGISTERED


def test_bars_or_tracks_make_it_a_regeneration(tmp_path: Path) -> None:
    request = _asked(str(_clip(tmp_path)), "--bars", "2-3", "--tracks", "Flute")
    assert (request.kind, request.bars, request.tracks) == ("regenerate", "2-3", "Flute")


def test_several_cues_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="one cue at a time"):
        _asked(str(_clip(tmp_path)), "--cues", "cues.csv")


def test_a_replay_is_not_handed_to_a_daemon_that_would_ask_anew(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--replay: the daemon asks anew"):
        _asked(str(_clip(tmp_path)), "--replay", "old", "--agents", "llm")


@pytest.mark.parametrize(("words", "code", "said"), [
    (("jobs",), 0, "No daemon is running, so there are no jobs.\n"),
    (("jobs", "--json"), 0, "[]\n"),
    (("cancel",), 2, "filmcomposer: No daemon is running, so there is nothing to cancel.\n"),
    (("submit", "none.mp4"), 2, "filmcomposer: There is no file 'none.mp4'. Check the path.\n"),
    (("score", "none.mp4", "--reaper", "--until", "hits"), 2,
     "filmcomposer: --reaper builds the whole score; leave out --until.\n")])
def test_without_a_daemon_nothing_is_started_in_vain(tmp_path: Path, words: tuple[str, ...], code: int,
                                                    said: str) -> None:
    done = _type(tmp_path / "state", *words)
    assert (done.returncode, done.stdout + done.stderr) == (code, said)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "soon"])
def test_idle_minutes_that_make_no_sense_are_refused(minutes: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["daemon", f"--idle-minutes={minutes}"])
    assert caught.value.code == 2 and f"'{minutes}': give a number of minutes above 0" in capsys.readouterr().err


def test_submit_comes_back_and_jobs_and_cancel_see_it(daemon: DaemonProcess, tmp_path: Path) -> None:
    done = _type(daemon.state, "submit", str(_clip(tmp_path)), "--title", "go on", "--json")
    job = json.loads(done.stdout)["job"]
    daemon.await_status(job, stage="hits")
    line = next(line for line in _type(daemon.state, "jobs").stdout.splitlines() if line.startswith(job))
    assert line.split()[1:5] == ["running", "score", "go", "on:"]
    cancelled = _type(daemon.state, "cancel")
    assert (cancelled.returncode, cancelled.stdout) == (0, f"{job}: Cancelled; finished stages are kept\n")
    listed = json.loads(_type(daemon.state, "jobs", "--json").stdout)
    assert (listed[0]["job"], listed[0]["state"]) == (job, "cancelled")
    assert _type(daemon.state, "cancel", job).stdout == cancelled.stdout


@pytest.mark.parametrize(("deed", "code", "said"), [
    ("finish", 0, "  Finding the hits         done\n"),
    ("say", 0, "  12 calls, free\n  Sent to a server: the melody\n"),
    ("refuse", 2, "filmcomposer: The clip has no frame rate. Pass --frame-rate 24.\n"),
    ("exit", 2, "filmcomposer: The work broke off: the worker ended (exit code 3)."),
    ("raise", 2, "filmcomposer: A defect of this program (ZeroDivisionError: a defect")])
def test_waiting_shows_the_way_and_ends_with_the_outcome(daemon: DaemonProcess, tmp_path: Path, deed: str, code: int,
                                                         said: str) -> None:
    done = _type(daemon.state, "submit", str(_clip(tmp_path)), "--title", deed, "--wait")
    assert done.returncode == code and said in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("filmcomposer:") == (code == 2)


def test_score_into_reaper_needs_a_reaper(daemon: DaemonProcess, tmp_path: Path) -> None:
    done = _type(daemon.state, "score", str(_clip(tmp_path)), "--reaper")
    assert done.returncode == 2 and done.stderr.startswith("filmcomposer: No open REAPER is known")
    assert done.stderr.count("\n") == 1


def test_a_daemon_is_started_when_none_runs_and_outlives_the_command(tmp_path: Path) -> None:
    state = tmp_path / "a state"
    done = _type(state, "submit", str(_clip(tmp_path)), folder=tmp_path)
    found = read_connection(state)
    assert found is not None
    process = psutil.Process(found.pid)
    started = [process, *process.children(recursive=True)]
    try:
        assert done.returncode == 0 and done.stdout.startswith("Job ")
        assert process.is_running()
        from bridge.client import connect
        with connect(state) as client:
            client.request(Shutdown(), PATIENCE_S)
        wait_until(lambda: all(is_gone(one.pid) for one in started), "the end of all that was started")
    finally:
        for one in started:
            if one.is_running():
                one.kill()
    assert read_connection(state) is None


def test_a_daemon_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = _type(tmp_path / "file" / "state", "submit", str(_clip(tmp_path)))
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("filmcomposer: The daemon cannot be started")
