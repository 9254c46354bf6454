"""The house rules that a machine can check: who imports whom, no cycles, sizes, REAPER's closure, dated words."""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("backend", "bridge", "reaper_scripts")
FORBIDDEN_IN_REAPER = {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random"}

_MUSIC = {"domain", "errors", "music"}
_ADAPTER = {"domain", "errors", "files", "ports", "music"}
ALLOWED = {
    "domain": {"domain"},
    "errors": set(),
    "ports": {"domain"},
    "music": _MUSIC,
    **{name: _ADAPTER | {name} for name in ("video", "models", "agents", "audio", "daw", "evaluation", "report")},
    "training": {"models", "music", "domain", "errors", "files", "training"},
    "rounds": {"ports", "domain", "errors", "music"},
    "config": {"domain", "errors"},
    "files": {"errors"},
    "holding": {"errors", "files"},
    "results": {"domain", "errors", "files", "holding"},
    "cues": {"domain", "errors"},
    "cue_job": {"ports", "domain", "errors", "music", "daw.build", "config", "results"},
    "stages": {"ports", "domain", "errors", "music", "evaluation", "results", "rounds", "cue_job"},
    "stage_table": {"ports", "domain", "stages", "cue_job"},
    "pipeline": {"ports", "domain", "errors", "music", "config", "results", "stages", "stage_table", "cue_job"},
    "regenerate": {"ports", "domain", "errors", "music", "config", "results", "stages", "stage_table", "pipeline",
                   "cue_job"},
    "outcome": {"domain", "errors", "music", "cue_job", "pipeline", "stages"},
    "console": {"config", "pipeline"},
    "doctor": {"agents", "errors", "models", "wiring"},
    "measuring": {"domain", "errors", "music", "ports", "results", "stages", "evaluation", "cue_job"},
    "live": {"domain", "errors", "files", "ports", "music", "daw", "evaluation", "config", "results", "cue_job",
             "stages", "pipeline", "regenerate", "outcome", "measuring", "live"},
    "jobs": {"config", "domain", "errors"},
    "estimating": {"agents", "config", "cue_job", "domain", "pipeline"},
    "worker": {"config", "cue_job", "domain", "estimating", "errors", "jobs", "live", "pipeline", "ports", "wiring"},
    "worker_process": {"jobs", "worker"},
    "instance": {"errors"},
    "daemon": {"errors", "instance", "jobs", "worker", "worker_process"},
    "dataset": {"domain", "errors", "files", "holding", "ports", "music", "models", "config", "dataset"},
    "registration": {"registration"},
    "revise": {"agents", "config", "cue_job", "domain", "errors", "files", "music", "pipeline", "ports", "regenerate",
               "results", "revise", "stage_table", "stages"},
    "triples": {"domain", "errors", "files", "results"},
}
"""Folder or module of ``backend`` -> what it may import of ``backend``. Wiring, cli and __main__ may import all."""


def _modules() -> dict[str, Path]:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in files}


def _imports(file: Path) -> set[str]:
    """Dotted names of our own modules that a file imports, those under TYPE_CHECKING included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in PACKAGES}


MODULES = _modules()


BRIDGE_MAY_IMPORT = {"backend.domain.serial"}
"""One codec for documents and messages; it stays inside REAPER's closure."""
REAPER_MAY_IMPORT = {"reaper_scripts", "bridge.client", "bridge.messages", "bridge.connection", "bridge.errors",
                     "bridge.reaper_server", "backend.domain.live", "backend.domain.serial", "backend.daw.apply"}


@pytest.mark.parametrize("name", sorted(m for m in MODULES if m.startswith("bridge")))
def test_the_wire_knows_nothing_of_the_music(name: str) -> None:
    for imported in _imports(MODULES[name]) & set(MODULES):
        assert imported.split(".")[0] == "bridge" or imported in BRIDGE_MAY_IMPORT, f"{name} -> {imported}"


@pytest.mark.parametrize("name", sorted(m for m in MODULES if m.startswith("reaper_scripts")))
def test_actions_import_what_reaper_may_load(name: str) -> None:
    for imported in _imports(MODULES[name]) & set(MODULES):
        allowed = {imported, ".".join(imported.split(".")[:3]), imported.split(".")[0]} & REAPER_MAY_IMPORT
        assert allowed, f"{name} -> {imported}"


@pytest.mark.parametrize("name", sorted(m for m in MODULES if m.startswith("backend.")))
def test_imports_point_the_right_way(name: str) -> None:
    place = name.split(".")[1]
    if place in ("wiring", "cli", "__main__"):
        return
    assert place in ALLOWED, f"{place} has no rule; add one here and to docs/architecture.md"
    for imported in _imports(MODULES[name]):
        parts = imported.split(".")
        if len(parts) < 2 or parts[0] != "backend":
            continue
        names = {parts[1], ".".join(parts[1:3])}
        assert names & ALLOWED[place] or parts[1] not in _PLACES, f"{name} -> {imported}"


_PLACES = {name.split(".")[1] for name in MODULES if name.startswith("backend.")}


def test_no_import_cycles() -> None:
    """A module-level cycle is two nouns that are one."""
    graph = {name: {i for i in _imports(file) if i in MODULES and i != name} for name, file in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name):], name))
        if name in done:
            return
        for imported in sorted(graph[name]):
            if not name.startswith(imported + "."):
                visit(imported, (*path, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("file", sorted(f for f in ROOT.rglob("*.py") if ".venv" not in f.parts),
                         ids=lambda f: str(f.relative_to(ROOT)))
def test_files_stay_small(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300, f"{len(lines)} lines: probably two nouns"


def _functions(file: Path) -> list[ast.FunctionDef]:
    return [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]


@pytest.mark.parametrize("name", sorted(MODULES))
def test_functions_stay_readable(name: str) -> None:
    for function in _functions(MODULES[name]):
        length = (function.end_lineno or 0) - function.lineno + 1
        positional = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
        assert length <= 40, f"{name}.{function.name} has {length} lines"
        assert len(positional) <= 6, f"{name}.{function.name} takes {len(positional)} positional arguments"


def _modules_after(code: str) -> set[str]:
    """Top-level modules that a bare interpreter holds after running ``code`` with the repository on its path."""
    script = f"import sys; sys.path.insert(0, sys.argv[1]); {code}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(ROOT)], capture_output=True, text=True,
                          check=True)
    return {name.split(".")[0] for name in done.stdout.split()} - {*PACKAGES, "__main__"}


def test_what_reaper_loads_is_standard_library_without_the_crashing_modules() -> None:
    actions = ", ".join(name for name in sorted(MODULES) if name.startswith("reaper_scripts._"))
    loaded = _modules_after("import backend.domain.session, bridge.client, bridge.reaper_server, backend.daw.apply, "
                            f"{actions}")
    assert not loaded & FORBIDDEN_IN_REAPER
    assert loaded <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("code", ["from backend.cli.main import parser; parser().format_help()",
                                  "import install, backend.registration.session"])
def test_help_and_installer_need_the_standard_library_only(code: str) -> None:
    loaded = _modules_after(code) - {"install"}
    assert loaded <= set(sys.stdlib_module_names)


def test_every_wired_adapter_has_a_contract() -> None:
    from backend.wiring import CHOICES, MELODIES, SPOTTERS
    suites = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "tests" / "contracts").glob("test_*.py"))
    wired = [*CHOICES.values(), *SPOTTERS.values(), *MELODIES.values()]
    assert [choice.adapter for choice in wired if choice.adapter not in suites] == []


def test_print_stays_at_the_rim() -> None:
    for name, file in MODULES.items():
        calls = [n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                 if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"]
        assert not calls or name.startswith("backend.cli."), f"{name} prints"
