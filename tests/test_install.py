"""install.py as a newcomer meets it: help, clear refusals, standard library only."""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "install.py"


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


def test_bare_prints_help() -> None:
    done = _run()
    assert done.returncode == 0
    assert "demo" in done.stdout and "test" in done.stdout and done.stderr == ""


def test_a_wrong_path_is_one_line_and_sets_nothing_up() -> None:
    done = _run("demo", "no such film.mov")
    assert done.returncode == 2
    assert done.stderr == "install.py: there is no file 'no such film.mov'. Check the path.\n"
    assert done.stdout == ""


def test_an_unknown_argument_is_refused() -> None:
    assert _run("demo", "--fast").returncode == 2


def test_standard_library_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert names - {"backend"} <= set(sys.stdlib_module_names), "what backend.registration loads is watched elsewhere"


def test_a_folder_is_no_clip(tmp_path: Path) -> None:
    assert "is a folder" in _run("demo", str(tmp_path)).stderr
