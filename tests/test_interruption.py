"""Ctrl-C, a disk that fills up, a worker killed: finished stages stand, nothing half-written, the next run goes on."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cue_folder import score

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.posix


def _start(film: Path, out: Path, limit_bytes: int | None = None) -> subprocess.Popen[str]:
    code = "import sys; from backend.cli.main import main; sys.exit(main(sys.argv[1:]))"
    if limit_bytes is not None:
        code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes})); " + code
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code, "score", str(film), "-o", str(out)], stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True, env=environment)


def _leftovers(out: Path) -> list[str]:
    return [p.name for p in out.rglob("*") if ".part" in p.name or p.name.endswith(".tmp")]


@pytest.mark.parametrize("after", ["Finding the hits", "Building the session"])
def test_ctrl_c_keeps_finished_stages(scored: Path, tmp_path: Path, after: str) -> None:
    out = tmp_path / "out"
    with _start(scored / "film.mp4", out) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if after in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "stopped" in said and "Traceback" not in said
    assert (out / "hits.json").is_file() and not (out / "report.html").exists()
    assert _leftovers(out) == []
    assert score(out, "--until", "tempo") == 0


@pytest.mark.parametrize("limit_bytes", [500, 30_000, 200_000])
def test_a_full_disk_is_one_line(scored: Path, tmp_path: Path, limit_bytes: int) -> None:
    out = tmp_path / "out"
    process = _start(scored / "film.mp4", out, limit_bytes)
    _, said = process.communicate()
    lines = [line for line in said.splitlines() if line.startswith("filmcomposer:")]
    assert (process.returncode, len(lines)) == (2, 1), said
    assert "Traceback" not in said
    assert _leftovers(out) == []
    assert not (out / "mix.wav").exists()
