"""The table of actions, the files beside it, and what REAPER's Python loads for them."""
from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import reaper_scripts
from reaper_scripts.actions import ACTIONS, Action, action
from tests.fake_reaper import FakeReaper

FOLDER = Path(reaper_scripts.__file__).parent
FORBIDDEN = {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random"}


def test_every_action_has_its_file_and_every_file_its_action() -> None:
    files = {f.name for f in FOLDER.glob("*.py") if not f.name.startswith("_")} - {"actions.py"}
    assert {a.file for a in ACTIONS} == files
    assert len({a.command for a in ACTIONS}) == len({a.menu for a in ACTIONS}) == len(ACTIONS) == 16


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


def test_an_action_finds_its_folder_where_reaper_does_not_say_the_file(tmp_path: Path,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """Python in REAPER has no ``__file__``; the context of the action holds the path."""
    reaper = FakeReaper(tmp_path / "reaper")
    path = FOLDER / "score_clip.py"
    vars(reaper.api)["RPR_get_action_context"] = lambda: (False, str(path), 0, 53000, -1, -1, -1)
    main = ModuleType("__main__")
    vars(main).update(RPR_defer=lambda code: None, RPR_atexit=lambda code: None)
    monkeypatch.setitem(sys.modules, "reaper_python", reaper.api)
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry not in ("", ".", str(FOLDER.parent))])
    exec(compile(path.read_text(encoding="utf-8"), "<action>", "exec"), vars(main))
    assert sys.path[0] == str(FOLDER.parent)
    assert reaper.window.help.startswith("FilmComposer: nothing is selected. Select the video item")
    exec(compile(path.read_text(encoding="utf-8"), "<action>", "exec"), vars(main))
    assert sys.path.count(str(FOLDER.parent)) == 1


def test_all_of_it_loads_from_the_standard_library_without_the_crashing_modules() -> None:
    names = ", ".join(sorted(f"reaper_scripts.{f.stem}" for f in FOLDER.glob("_*.py") if f.stem != "__init__"))
    code = f"import sys; sys.path.insert(0, sys.argv[1]); import {names}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(FOLDER.parent)], capture_output=True, text=True,
                          check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - {"reaper_scripts", "backend", "bridge", "__main__"}
    assert not loaded & FORBIDDEN
    assert loaded <= set(sys.stdlib_module_names)
