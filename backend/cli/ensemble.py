"""Flags of ``score`` that bring language models in, and what is said before anything is spent."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from backend.config import AGENTS, DESCRIBERS, PROMPTINGS, Options, options_from
from backend.errors import InputError, OptionError

if TYPE_CHECKING:
    from backend.console import Console
    from backend.cue_job import CueJob
    from backend.wiring import Setting


def add_flags(p: argparse.ArgumentParser) -> None:
    """The flags of every command that makes a cue."""
    p.add_argument("--agents", metavar="NAME", help=f"who assesses, arranges and mixes: {', '.join(AGENTS)}")
    p.add_argument("--describer", metavar="NAME", help=f"who describes the picture: {', '.join(DESCRIBERS)}")
    p.add_argument("--model", metavar="NAME", help="the language model (server: OPENAI_BASE_URL, OPENAI_API_KEY)")
    p.add_argument("--role-models", metavar="LIST", help="models of single speakers: instrument=NAME,reviewer=NAME")
    p.add_argument("--prompting", metavar="LEVEL", help=f"how much the prompts hold: {', '.join(PROMPTINGS)}")
    p.add_argument("--note", metavar="TEXT", help='a wish to the ensemble: "less brass, hold back until the door"')
    p.add_argument("--cap", type=float, metavar="USD", help="stop when a cue has cost this much (default 1.00)")
    p.add_argument("--llm-timeout", type=float, metavar="S", help="longest wait for one reply (default 120)")
    p.add_argument("--replay", nargs="?", const="", metavar="DIR",
                   help="answer from the replies recorded in DIR (default: the results folder); nothing is sent")


def setting_of(arguments: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> Setting:
    """Where adapters keep their record. Raises InputError when there is nothing to replay."""
    from backend.wiring import Setting
    replay = getattr(arguments, "replay", None)
    if replay is None:
        return Setting(folder, say)
    source = Path(replay) if replay else folder
    if (source / folder.name / "agents" / "replies").is_dir():  # a run of several cues
        source /= folder.name
    if not (source / "agents" / "replies").is_dir():
        raise InputError(f"--replay: '{source}' holds no recorded replies. Give the folder of a run with --agents llm.")
    return Setting(folder, say, source)


def check_note(given: Options, options: Options) -> None:
    """Raises OptionError for a wish that nobody would read."""
    if given.note and options.agents != "llm" and options.describer != "vision":
        raise OptionError("--note speaks to language models, and none is asked: add --agents llm, or say it with "
                          "--emotion, --tempo, --density and the like.")


def replayed_options(arguments: argparse.Namespace) -> Options:
    """The options of the run that is replayed into a new folder; none otherwise."""
    replay = getattr(arguments, "replay", None)
    from backend.results import STATE_FILE, ResultsFolder
    if not replay or not (Path(replay) / STATE_FILE).is_file():
        return Options()
    return options_from(ResultsFolder(Path(replay)).open().options)


def announce(job: CueJob, arguments: argparse.Namespace, console: Console) -> None:
    """What the models will be asked and may cost, before anything is spent; silent when none will be asked."""
    from backend.estimating import chats_line, expected_line
    if arguments.replay is not None:
        return
    anew = bool(arguments.bars or arguments.tracks)
    line = (chats_line(job, ("arrange",) if job.options.agents == "llm" else ()) if anew
            else expected_line(job, arguments.redo_from, arguments.until))
    if line:
        console.notice(f"  {line}")
