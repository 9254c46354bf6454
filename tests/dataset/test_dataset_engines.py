"""The engines: a worker that dies loses nothing, and a cluster gives the same bytes as this machine."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.dataset.engine import Crash, LocalEngine
from tests.dataset.clips import build, small_folder, tree
from tests.dataset.mortal import mortal, wrong

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_loses_no_other_task(tmp_path: Path, workers: int) -> None:
    engine = LocalEngine(workers)
    try:
        results = dict(engine.run(mortal, [(number, str(tmp_path / "died")) for number in range(5)]))
    finally:
        engine.close()
    by_number = {number: result for (number, _), result in results.items()}
    assert isinstance(by_number.pop(3), Crash)
    assert by_number == {0: 0, 1: 1, 2: 4, 4: 16}


def test_what_the_work_raises_is_raised_here() -> None:
    engine = LocalEngine(1)
    try:
        with pytest.raises(ValueError, match="task 7"):
            list(engine.run(wrong, [7]))
    finally:
        engine.close()


def test_a_cluster_of_two_workers_gives_the_same_bytes(tmp_path: Path) -> None:
    clips = small_folder(tmp_path / "clips")
    assert build(clips, "-o", tmp_path / "here", "--workers", 1) == 0
    done = subprocess.run([sys.executable, "-m", "tests.dataset.on_a_cluster", str(clips), str(tmp_path / "there")],
                          cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "there") == tree(tmp_path / "here")


def test_a_scheduler_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    script = ("import sys; from tests.dataset.clips import build\n"
              f"sys.exit(build('.', '-o', {str(tmp_path / 'out')!r}, '--engine', 'dask://127.0.0.1:1'))")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "No Dask scheduler answers at '127.0.0.1:1'" in done.stderr and "Traceback" not in done.stderr


def test_a_cluster_without_dask_is_one_line(tmp_path: Path) -> None:
    script = ("import sys; sys.modules['distributed'] = None\n"
              "from tests.dataset.clips import build\n"
              f"sys.exit(build('.', '-o', {str(tmp_path / 'out')!r}, '--engine', 'dask://127.0.0.1:1'))")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert done.stderr == ("filmcomposer: A cluster needs the package 'distributed' (Dask). Run: "
                           "pip install 'filmcomposer[dataset]'\n")
