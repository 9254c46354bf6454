"""How REAPER runs a script again: is the interpreter kept, and does a compiled package survive a second import?

A package with a compiled part may bring REAPER down on its second import (which is why nothing here needs one). Each
attempt is written to a file before it is made, so that a crash is known afterwards; a run makes one attempt at most,
and only after a yes.
"""
from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

from reaper_scripts._daemon import ROOT
from reaper_scripts._host import Host

ATTEMPTS = "smoke-zmq.txt"
_RUNS = 3
_BEGUN = "begun"
_loaded_before: list[int] = []
"""Filled by each run: what is still there at the next one was kept by REAPER."""


def zmq_line(host: Host, folder: Path) -> str:
    """``import zmq: run 1 ok; run 2 ...``: the outcome of this run's attempt beside the earlier ones."""
    file = folder / ATTEMPTS
    attempts = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    crashed = bool(attempts) and attempts[-1] == _BEGUN
    if crashed:
        attempts[-1] = "REAPER ended during it"
        _write(file, attempts)
    if not crashed and len(attempts) < _RUNS and _site_packages() and host.ask(_QUESTION.format(len(attempts) + 1)):
        _write(file, [*attempts, _BEGUN])
        attempts.append(_attempt())
        _write(file, attempts)
    rows = [f"run {number} {outcome}" for number, outcome in enumerate(attempts, start=1)]
    left = _RUNS - len(attempts)
    if left > 0:
        rows.append(f"{left} not made")
    return f"import zmq: {'; '.join(rows)}"


_QUESTION = ("Attempt {} of 3, one at each run of this action: load a compiled package (pyzmq) into REAPER?\n\n"
             "It tells how REAPER runs scripts again. On some systems it can bring REAPER down, so save your work "
             "first. FilmComposer itself never does this.\n\nYes: try it now. No: go on without.")


def interpreter_line(host: Host) -> str:
    """Whether modules and the process outlived the last run."""
    kept = bool(_loaded_before)
    _loaded_before.append(1)
    runs = int(host.recall("smoke runs") or 0) + 1
    host.remember("smoke runs", str(runs))
    if runs == 1:
        return "interpreter: first run in this REAPER; run the action again to learn whether it is kept"
    return f"interpreter: {'kept between runs' if kept else 'a new one for every run'} ({_which()})"


def _which() -> str:
    for name in ("_interpreters", "_xxsubinterpreters"):
        if importlib.util.find_spec(name):
            current = importlib.import_module(name).get_current()
            number = current[0] if isinstance(current, tuple) else current
            return f"interpreter {int(number)} of the process"
    return "its number is unknown"


def _site_packages() -> Path | None:
    """Where install.py put pyzmq."""
    found = [*ROOT.glob(".venv/lib/python*/site-packages"), *ROOT.glob(".venv/Lib/site-packages")]
    return next((folder for folder in found if (folder / "zmq").is_dir()), None)


def _attempt() -> str:
    folder = str(_site_packages())
    sys.path.append(folder)
    try:
        version = importlib.import_module("zmq").__version__
        return f"ok (pyzmq {version})"
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    finally:
        sys.path.remove(folder)


def _write(file: Path, attempts: list[str]) -> None:
    """On the disk before the attempt: what follows may be the end of the process."""
    with file.open("w", encoding="utf-8") as out:
        out.write("\n".join(attempts) + "\n")
        out.flush()
        os.fsync(out.fileno())
