"""Two builds in one folder: the second is told so in a line, and a killed one holds nothing."""
from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend.cli.main import main
from backend.dataset.lock import only_build
from backend.errors import InputError, OutputError

HOLD = """
import sys, time
from pathlib import Path
from backend.dataset.lock import only_build
with only_build(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.posix
def test_another_process_holds_it_until_it_is_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, clips = tmp_path / "out", tmp_path / "clips"
    clips.mkdir()
    (clips / "one.mp4").write_bytes(b"no film")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(out)], stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None and other.stdout.readline() == "held\n"
            left = sorted(path.name for path in out.iterdir())
            assert main(["dataset", "build", str(clips), "-o", str(out), "--workers", "1"]) == 2
            said = capsys.readouterr().err
            assert f"Another build is at work in '{out}'." in said and said.count("\n") == 1
            assert sorted(path.name for path in out.iterdir()) == left
        finally:
            other.send_signal(signal.SIGKILL)
            other.wait()
    with only_build(out):
        pass
    assert not list(out.iterdir())


def test_one_after_the_other_and_never_two(tmp_path: Path) -> None:
    for _ in range(2):
        with only_build(tmp_path / "out"):
            with pytest.raises(InputError, match="Another build"), only_build(tmp_path / "out"):
                raise AssertionError("both hold it")
    with pytest.raises(ValueError, match="broken"), only_build(tmp_path / "out"):
        raise ValueError("broken")
    with only_build(tmp_path / "out"), only_build(tmp_path / "another"):
        assert (tmp_path / "another").is_dir()


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="is a file"), only_build(tmp_path / "out"):
        raise AssertionError("held")
