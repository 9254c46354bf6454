#!/usr/bin/env python3
"""Sets FilmComposer up in .venv beside this file and runs it. Standard library only; safe to run again or to stop.

    python3 install.py demo          set up, draw a short film, score it
    python3 install.py demo CLIP     set up, score a clip of yours
    python3 install.py agents        set up, with what --agents llm needs (0.1 GB more)
    python3 install.py reaper        set up, make the actions known to REAPER (--dry-run shows, --uninstall undoes)
    python3 install.py test          set up with everything the tests need, run them all
"""
from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
SOURCES = ("pyproject.toml", "requirements-nodeps.txt")
LEVELS = ("core", "agents", "test")
"""Each holds everything of those before it."""
TORCH = "torch==2.13.0"
OLDEST, NEWEST = (3, 11), (3, 13)


class SetupError(Exception):
    """Something that the person at the keyboard can mend."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Sets FilmComposer up and runs it.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo = commands.add_parser("demo", help="set up, then score a drawn film or a clip of yours")
    demo.add_argument("clip", nargs="?", help="a film clip; without it a short film is drawn")
    demo.add_argument("-o", "--output", default=None, help="results folder (default: demo)")
    reaper = commands.add_parser("reaper", help="set up, then make FilmComposer's actions known to REAPER")
    reaper.add_argument("--resource-path", metavar="DIR", help="REAPER's resource folder (a portable installation)")
    reaper.add_argument("--dry-run", action="store_true", help="only show what would change")
    reaper.add_argument("--auto-start", action="store_true", help="be ready for jobs whenever REAPER starts")
    reaper.add_argument("--uninstall", action="store_true", help="take everything out again")
    reaper.add_argument("--reaper-is-closed", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("agents", help="set up, with what language models as experts need")
    commands.add_parser("test", help="set up with everything the tests need and run them all")
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    if rest and arguments.command != "test":
        parser.error(f"unknown argument {rest[0]}")
    try:
        if arguments.command == "demo":
            return run_demo(arguments.clip, arguments.output)
        if arguments.command == "reaper":
            return register(arguments)
        if arguments.command == "agents":
            return add_agents()
        return run_tests(rest)
    except SetupError as error:
        print(f"install.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninstall.py: stopped. Run the same command again to go on.", file=sys.stderr)
        return 130


def run_demo(clip: str | None, output: str | None) -> int:
    if clip is not None and Path(clip).is_dir():
        raise SetupError(f"'{clip}' is a folder. Give a film clip.")
    if clip is not None and not Path(clip).is_file():
        raise SetupError(f"there is no file '{clip}'. Check the path.")
    set_up("core", [])
    command = [str(PYTHON), "-m", "backend", "demo", *([clip] if clip else []), *(["-o", output] if output else [])]
    return call(command)


def add_agents() -> int:
    set_up("agents", ["agents"])
    print("Next: name a server (OPENAI_BASE_URL, OPENAI_API_KEY), check it with 'filmcomposer doctor --llm',\n"
          f"then: {SCRIPTS / 'filmcomposer'} score CLIP --agents llm --describer vision")
    return 0


def run_tests(extra: list[str]) -> int:
    set_up("test", ["dev", "models", "agents"])
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE)}
    workers = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
    return call([str(PYTHON), "-m", "pytest", *workers, *extra], cwd=HERE, env=environment)


def register(arguments: argparse.Namespace) -> int:
    """Make the actions known to REAPER, or take them out. Nothing is touched while REAPER runs."""
    check_python()
    sys.path.insert(0, str(HERE))
    from backend.registration.problem import RegistrationError
    from backend.registration.session import Registration
    try:
        registration = Registration(arguments.resource_path, HERE / "reaper_scripts", print)
        if arguments.uninstall:
            return registration.uninstall(arguments.dry_run, arguments.reaper_is_closed)
        registration.check(arguments.dry_run or arguments.reaper_is_closed)
        if not arguments.dry_run:
            set_up("core", [])
        return registration.install(arguments.dry_run, arguments.auto_start)
    except RegistrationError as error:
        raise SetupError(str(error)) from None


def call(command: list[str], **options: object) -> int:
    """Run a program in the foreground; Ctrl-C reaches it and us alike."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    process = subprocess.Popen(command, **{"env": environment, **options})  # type: ignore[call-overload]
    while True:
        try:
            return int(process.wait())
        except KeyboardInterrupt:
            continue


def set_up(level: str, extras: list[str]) -> None:
    """Make .venv hold what ``level`` needs. Done once; a stamp of the requirement files says so."""
    check_python()
    stamp = VENV / f".{level}-{fingerprint()}"
    enough = LEVELS[LEVELS.index(level):]
    if PYTHON.exists() and any((VENV / f".{name}-{fingerprint()}").exists() for name in enough):
        return
    size = "1.8 GB; more where torch comes with libraries for graphics cards" if "models" in extras else "0.85 GB"
    print(f"Setting up FilmComposer in {VENV} (a few minutes the first time, about {size})", flush=True)
    if not has_pip():
        step("making the environment", make_environment)
    if "models" in extras:
        # First and alone: a range asked for by another package may bring several GB of CUDA libraries.
        step("fetching torch", lambda: pip(TORCH))
    target = f"{HERE}[{','.join(extras)}]" if extras else str(HERE)
    step("fetching and installing packages", lambda: pip("-e", target))
    bare = str(HERE / "requirements-nodeps.txt")
    step("installing the soundfont player and the transcriber", lambda: pip("--no-deps", "-r", bare))
    for old in VENV.glob(f".{level}-*"):
        old.unlink()
    stamp.touch()


def has_pip() -> bool:
    """A whole environment: one that was broken off has a Python but no pip."""
    if not PYTHON.exists():
        return False
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SetupError(f"this is Python {sys.version_info[0]}.{sys.version_info[1]}; use 3.11, 3.12 or 3.13, "
                         "for example: python3.11 install.py demo")


def fingerprint() -> str:
    data = b"".join((HERE / name).read_bytes() for name in SOURCES)
    return hashlib.sha256(data + str(sys.version_info[:2]).encode()).hexdigest()[:12]


def make_environment() -> None:
    try:
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    except subprocess.CalledProcessError:
        raise SetupError("Python's venv cannot make an environment. On Debian: apt install python3-venv") from None
    except OSError as error:
        raise SetupError(f"cannot write {VENV}: {error.strerror}. Free space or move the clone.") from None


def pip(*arguments: str) -> None:
    """Install quietly, a line per package collected; the end of pip's words when it fails."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               encoding="utf-8", errors="replace")
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line.rstrip())
        words = line.split()
        if words[:1] in (["Collecting"], ["Installing"]) and len(words) > 1:
            progress(words[1] if words[0] == "Collecting" else "unpacking, this takes a minute")
    if process.wait() != 0:
        errors = [line for line in said if "rror" in line] or said
        raise SetupError("installing failed: " + " ".join(errors[-2:])[:400]
                         + ". Check the network and the disk, then run the same command again.")


def progress(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K      {text[:60]}", end="", flush=True)


def step(text: str, work: object) -> None:
    started = time.monotonic()
    print(f"  {text} ...", flush=True)
    work()  # type: ignore[operator]
    progress("")
    end = "\r" if sys.stdout.isatty() else ""
    print(f"{end}  {text}: done in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
