"""One rule decides which tests need material that a user's clone does not have; the number left out is printed.

A test that uses the fixture ``shared_data`` (or the mark of that name) runs when the folder ``../shared/data`` is
there; one marked ``c_compiler`` runs when a C compiler, Python's headers and its shared library are, one marked
``posix`` not on Windows. Everything else always runs.
"""
from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_left_out = 0


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shared_data: needs ../shared/data")
    config.addinivalue_line("markers", "c_compiler: needs a C compiler, Python's headers and its shared library")
    config.addinivalue_line("markers", "posix: needs signals and limits of a POSIX system")


def _can_run(item: pytest.Item) -> bool:
    needs_data = "shared_data" in getattr(item, "fixturenames", ()) or item.get_closest_marker("shared_data")
    if needs_data and not SHARED_DATA.is_dir():
        return False
    if item.get_closest_marker("posix") and sys.platform == "win32":
        return False
    return not item.get_closest_marker("c_compiler") or _can_embed()


def _can_embed() -> bool:
    library = Path(str(sysconfig.get_config_var("LIBDIR"))) / str(sysconfig.get_config_var("LDLIBRARY"))
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    there = shutil.which("cc") is not None and library.is_file() and headers.is_file()
    return there and library.suffix in (".so", ".dylib")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    global _left_out
    kept = [item for item in items if _can_run(item)]
    left_out = [item for item in items if not _can_run(item)]
    _left_out = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker process tells the one that prints how many it left out; every worker collects everything."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = _left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    global _left_out
    _left_out = max(_left_out, getattr(node, "workeroutput", {}).get("left_out", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"{_left_out} tests left out: they need ../shared/data, a C compiler or POSIX")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real clips, scores and projects."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``film.mp4`` and the finished results of it in ``out``. Copy before changing anything."""
    from tests.cue_folder import draw_small_film, score
    folder = tmp_path_factory.mktemp("scored")
    draw_small_film(folder / "film.mp4")
    assert score(folder / "film.mp4", "-o", folder / "out") == 0
    return folder


@pytest.fixture(scope="session")
def cues() -> ModuleType:
    """The module ``tests.report.fake_cue``: ``fake_cue()`` and ``write_mix()``."""
    return import_module("tests.report.fake_cue")
