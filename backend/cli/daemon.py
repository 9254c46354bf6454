"""The commands that speak with the daemon. Like the command line, standard library only until one runs."""
from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli.reaching import ask, reach, start_daemon
from backend.config import DEFAULTS, TAKE_BACK, Options, file_name, options_from, title_of
from backend.errors import FilmComposerError, InputError, OptionError
from bridge import messages as wire
from bridge.client import DaemonClient
from bridge.connection import state_folder
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backend.console import Console

    ClipOf = Callable[[Path], Path]
    """The clip that a results folder belongs to. Raises InputError."""

COMMANDS = ("daemon", "jobs", "submit", "cancel")
_STOP_S, _LOOK_EVERY_S = 10.0, 0.1
_FILES = ("hits", "spots", "description", "soundfont")


def add_commands(commands: Any, add_cue_arguments: Callable[[argparse.ArgumentParser], None]) -> None:
    """``commands`` is argparse's action for subcommands."""
    daemon = commands.add_parser("daemon", help="run the daemon that works for REAPER (actions start it themselves)")
    daemon.add_argument("--idle-minutes", type=_minutes, metavar="N", default=30.0,
                        help="leave after N minutes without a job or a message (default 30)")
    jobs = commands.add_parser("jobs", help="what the daemon does and did")
    jobs.add_argument("--json", action="store_true", help="print them as JSON")
    submit = commands.add_parser("submit", help="give the daemon a clip to score, and come back")
    add_cue_arguments(submit)
    submit.add_argument("--wait", action="store_true", help="stay until it is done; Ctrl-C cancels the job")
    cancel = commands.add_parser("cancel", help="cancel a job of the daemon")
    cancel.add_argument("job", nargs="?", default="", metavar="JOB", help="its name (default: the one that runs)")


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes <= 60 * 24 * 365:
        raise argparse.ArgumentTypeError(f"'{text}': give a number of minutes above 0")
    return minutes


def run(arguments: argparse.Namespace, clip_of: ClipOf) -> int:
    """Carry out one of COMMANDS. Raises FilmComposerError."""
    with _bridge_errors():
        if arguments.command == "daemon":
            return _daemon(arguments.idle_minutes)
        if arguments.command == "jobs":
            return _jobs(arguments.json)
        if arguments.command == "cancel":
            return _cancel(arguments.job)
        return _submit(arguments, clip_of, arguments.wait, in_reaper=False)


def score_in_reaper(arguments: argparse.Namespace, clip_of: ClipOf) -> int:
    """``score CLIP --reaper``: the same through the daemon, built into the open session that is known to it."""
    if arguments.until:
        raise OptionError("--reaper builds the whole score; leave out --until.")
    with _bridge_errors():
        return _submit(arguments, clip_of, wait=True, in_reaper=True)


@contextmanager
def _bridge_errors() -> Iterator[None]:
    try:
        yield
    except BridgeError as error:
        raise FilmComposerError(str(error)) from None


def _daemon(idle_minutes: float) -> int:
    from backend.daemon import run_daemon
    _out().line(run_daemon(state_folder(), idle_minutes))
    return 0


def _out() -> Console:
    from backend.console import Console
    return Console(sys.stdout)


def _jobs(as_json: bool) -> int:
    from backend.domain.serial import to_plain
    client = reach()
    jobs: tuple[wire.JobStatus, ...] = ()
    if client is not None:
        jobs = ask(client, wire.ListJobs(), wire.JobList).jobs
        client.close()
    if as_json:
        _out().line(json.dumps(to_plain(jobs), indent=2, ensure_ascii=False))
        return 0
    for job in jobs:
        said = f": {job.message}" if job.message else ""
        _out().line(f"{job.job:<9} {job.state:<10} {job.kind:<10} {job.title}{said}")
    if not jobs:
        _out().line("No jobs." if client else "No daemon is running, so there are no jobs.")
    return 0


def _cancel(job: str) -> int:
    client = reach()
    if client is None:
        raise InputError("No daemon is running, so there is nothing to cancel.")
    try:
        asked = ask(client, wire.Cancel(job), wire.JobStatus)
        _out().line(f"{asked.job}: {_until_over(client, asked).message}")
    finally:
        client.close()
    return 0


# jobs

def _submit(arguments: argparse.Namespace, clip_of: ClipOf, wait: bool, in_reaper: bool) -> int:
    from backend.console import Console
    request = request_from(arguments, clip_of, in_reaper)
    console = Console(quiet=arguments.json)
    client = reach() or start_daemon(for_reaper=in_reaper)
    try:
        accepted = ask(client, wire.Submit(request, os.urandom(12).hex()), wire.Accepted)
        if not wait:
            _out().line(json.dumps({"job": accepted.job}) if arguments.json else
                        f"Job {accepted.job}. Look with: filmcomposer jobs")
            return 0
        console.line(f"{_title(arguments)}  ->  {request.output}")
        return _show(_wait_for(client, accepted.job, console), arguments.json, in_reaper)
    finally:
        client.close()


def request_from(arguments: argparse.Namespace, clip_of: ClipOf, in_reaper: bool) -> wire.JobRequest:
    """The job that a command line asks for. Raises OptionError, InputError."""
    from backend.daemon import REGISTERED
    if arguments.cues:
        raise OptionError("--cues: the daemon takes one cue at a time; use filmcomposer score without --reaper.")
    if arguments.replay is not None:
        raise OptionError("--replay: the daemon asks anew; use filmcomposer score without --reaper, then score DIR "
                          "--reaper puts the outcome into the session.")
    options_from(vars(arguments)).over(DEFAULTS).check()
    clip, output = _clip_and_output(arguments, clip_of)
    anew = bool(arguments.bars or arguments.tracks)
    return wire.JobRequest("regenerate" if anew else "score",
                           wire.SeenVideo(str(clip), "", _title(arguments), 0.0, 0.0, 0.0),
                           bars=arguments.bars or "", tracks=arguments.tracks or "", options=_options(arguments),
                           output=str(output), reaper=REGISTERED if in_reaper else None)


def _options(arguments: argparse.Namespace) -> dict[str, str]:
    """What was said, by name; files with their full paths."""
    said = {f.name: getattr(arguments, f.name, None) for f in fields(Options)}
    said |= {name: getattr(arguments, name) for name in _FILES} | {"from": arguments.redo_from}
    return {name: str(Path(str(value)).resolve()) if name in _FILES and value != TAKE_BACK else str(value)
            for name, value in said.items() if value is not None}


def _clip_and_output(arguments: argparse.Namespace, clip_of: ClipOf) -> tuple[Path, Path]:
    clip: Path = arguments.clip.resolve()
    if not clip.exists():
        raise InputError(f"There is no file '{arguments.clip}'. Check the path.")
    if clip.is_dir():
        return clip_of(clip), clip
    return clip, (arguments.output or Path(file_name(_title(arguments)))).resolve()


def _title(arguments: argparse.Namespace) -> str:
    clip: Path = arguments.clip
    if clip.is_dir():
        return clip.resolve().name
    return f"{arguments.cue or DEFAULTS.cue} {arguments.title or title_of(clip.stem)}"


def _wait_for(client: DaemonClient, job: str, console: Console) -> wire.JobStatus:
    """Show the job's way; Ctrl-C cancels it."""
    shown = 0
    try:
        while (status := _status(client, job)).state in ("waiting", "running"):
            shown = _tell(status, shown, console)
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        _until_over(client, ask(client, wire.Cancel(job), wire.JobStatus))
        raise
    _tell(status, shown, console)
    return status


def _tell(status: wire.JobStatus, shown: int, console: Console) -> int:
    from backend.pipeline import StageNews
    for entry in status.finished[shown:]:
        name, _, rest = entry.partition(" ")
        ending, _, note = rest.partition(": ")
        if ending == "said":
            console.notice(f"  {note}")
        else:
            console.tell(StageNews(name, ending, 1.0, note))
    if status.stage and status.state == "running":
        console.tell(StageNews(status.stage, "running", status.fraction))
    return len(status.finished)


def _until_over(client: DaemonClient, status: wire.JobStatus) -> wire.JobStatus:
    """The job's status when it has stopped, or after a few seconds."""
    until_s = time.monotonic() + _STOP_S
    while status.state == "running" and time.monotonic() < until_s:
        time.sleep(_LOOK_EVERY_S / 2)
        status = _status(client, status.job)
    return status


def _status(client: DaemonClient, job: str) -> wire.JobStatus:
    status: wire.JobStatus = ask(client, wire.AskStatus(job), wire.JobStatus)
    return status


def _show(status: wire.JobStatus, as_json: bool, in_reaper: bool) -> int:
    from backend.console import Console
    from backend.domain.serial import to_plain
    if as_json:
        _out().line(json.dumps(to_plain(status), indent=2, ensure_ascii=False))
    else:
        for line in status.lines:
            Console().line(line)
    if status.state != "done" or (in_reaper and not status.built):
        raise InputError(status.message)
    if not as_json:
        Console().line(f"  {status.message}")
    return 0
