"""The connection file: whose it is, who can read it, what a damaged one means."""
from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.connection import (
    FILE_NAME,
    Connection,
    is_alive,
    new_key,
    read_connection,
    remove_connection,
    state_folder,
    write_connection,
)
from bridge.errors import StateFolderError

HERE = Connection(50123, bytes(range(32)), os.getpid(), 1)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_connection(tmp_path / "a b") is None
    assert write_connection(tmp_path / "a b", HERE) == tmp_path / "a b" / FILE_NAME
    assert read_connection(tmp_path / "a b") == HERE
    newer = Connection(1, new_key(), 2, 3)
    write_connection(tmp_path / "a b", newer)
    assert read_connection(tmp_path / "a b") == newer
    assert [p.name for p in (tmp_path / "a b").iterdir()] == [FILE_NAME]


def test_keys_differ_and_stay_out_of_logs() -> None:
    assert new_key() != new_key() and len(new_key()) == 32
    assert "key" not in repr(HERE)


@pytest.mark.posix
def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = write_connection(tmp_path / "new", HERE)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.posix
def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.write_text("mine")
    (tmp_path / FILE_NAME).symlink_to(other)
    write_connection(tmp_path, HERE)
    assert other.read_text() == "mine" and read_connection(tmp_path) == HERE


PLAIN = {"port": 50123, "key": bytes(range(32)).hex(), "pid": 5, "protocol": 1}


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", '"x"', json.dumps(PLAIN)[:-9], "[" * 4000, "\xff", json.dumps({**PLAIN, "key": "zz"}),
    json.dumps({**PLAIN, "key": "00"}), json.dumps({**PLAIN, "port": 0}), json.dumps({**PLAIN, "port": 65536}),
    json.dumps({**PLAIN, "pid": -1}), json.dumps({**PLAIN, "pid": 1 << 40}), json.dumps({**PLAIN, "port": True}),
    json.dumps({**PLAIN, "protocol": "1"}), json.dumps(PLAIN) + " " * 5000 + "x"][:-1])
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_bytes(text.encode("latin-1"))
    assert read_connection(tmp_path) is None
    remove_connection(tmp_path, 5)
    write_connection(tmp_path, HERE)
    assert read_connection(tmp_path) == HERE


def test_a_folder_in_its_place_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert read_connection(tmp_path) is None
    with pytest.raises(StateFolderError, match="FILMCOMPOSER_STATE"):
        write_connection(tmp_path, HERE)
    assert [p.name for p in tmp_path.iterdir()] == [FILE_NAME]


def test_a_state_folder_that_is_a_file_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("x")
    with pytest.raises(StateFolderError, match="cannot be written .* make the folder writable"):
        write_connection(tmp_path / "state", HERE)


@pytest.mark.posix
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    write_connection(tmp_path, HERE)
    if os.geteuid() == 0:
        os.chown(tmp_path / FILE_NAME, 12345, -1)
        with pytest.raises(StateFolderError, match="another user"):
            read_connection(tmp_path)
    else:
        assert read_connection(tmp_path) == HERE


def test_only_the_daemon_that_wrote_it_removes_it(tmp_path: Path) -> None:
    write_connection(tmp_path, HERE)
    remove_connection(tmp_path, HERE.pid + 1)
    assert read_connection(tmp_path) == HERE
    remove_connection(tmp_path, HERE.pid)
    remove_connection(tmp_path, HERE.pid)
    assert list(tmp_path.iterdir()) == []


def test_alive_means_that_the_process_is_there() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = Connection(1, new_key(), child.pid, 1)
    try:
        assert is_alive(HERE) and is_alive(theirs)
    finally:
        child.kill()
        child.communicate()
    assert not is_alive(theirs)


@pytest.mark.posix
def test_a_daemon_that_was_killed_and_not_collected_is_dead_where_the_system_tells() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_alive(Connection(1, new_key(), child.pid, 1)) != Path("/proc/self/stat").exists()
    child.communicate()


def test_the_environment_moves_the_folder() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from bridge.connection import state_folder as f; print(f())"
    root = str(Path(__file__).resolve().parents[2])

    def told(environment: dict[str, str]) -> str:
        done = subprocess.run([sys.executable, "-c", code, root], env=environment, capture_output=True, text=True,
                              check=True)
        return done.stdout.strip()

    base = {k: v for k, v in os.environ.items() if k not in ("FILMCOMPOSER_STATE", "XDG_STATE_HOME")}
    assert told({**base, "FILMCOMPOSER_STATE": str(Path("/x y"))}) == str(Path("/x y"))
    assert told(base) == told({**base, "XDG_STATE_HOME": "/elsewhere"}) == told({**base, "FILMCOMPOSER_STATE": ""})
    assert Path(told(base)).is_absolute() and state_folder().name.lower() == "filmcomposer"
