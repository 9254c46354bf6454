"""The table of actions, the files beside it, and what REAPER's Python loads for them."""
from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import reaper_scripts
from reaper_scripts.actions import ACTIONS, Action, action

FOLDER = Path(reaper_scripts.__file__).parent
FORBIDDEN = {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random"}


def test_every_action_has_its_file_and_every_file_its_action() -> None:
    files = {f.name for f in FOLDER.glob("*.py") if not f.name.startswith("_")} - {"actions.py"}
    assert {a.file for a in ACTIONS} == files
    assert len({a.command for a in ACTIONS}) == len({a.menu for a in ACTIONS}) == len(ACTIONS) == 15


def test_names_are_what_users_and_installers_know() -> None:
    assert action("score_clip")[:3] == ("score_clip.py", "FilmComposer_ScoreClip", "FilmComposer: Score clip")
    assert all(a.sentence.endswith(".") and "\n" not in a.sentence for a in ACTIONS)


@pytest.mark.parametrize("entry", ACTIONS, ids=lambda a: a.file)
def test_an_action_file_is_short_and_starts_its_own_action(entry: Action) -> None:
    text = (FOLDER / entry.file).read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 12
    assert text.endswith(f'start("{entry.file.removesuffix(".py")}")\n')
    assert text.startswith(f'"""{entry.menu}."""\n')
    module, function = entry.run.split(".")
    assert callable(getattr(importlib.import_module(f"reaper_scripts.{module}"), function))


def test_all_of_it_loads_from_the_standard_library_without_the_crashing_modules() -> None:
    names = ", ".join(sorted(f"reaper_scripts.{f.stem}" for f in FOLDER.glob("_*.py") if f.stem != "__init__"))
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {names}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(FOLDER.parent)], capture_output=True, text=True,
                          check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - {"reaper_scripts", "backend", "bridge", "__main__"}
    assert not loaded & FORBIDDEN
    assert loaded <= set(sys.stdlib_module_names)
