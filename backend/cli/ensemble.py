"""Flags of ``score`` that bring language models in, and what is said before anything is spent."""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from backend.config import AGENTS, DESCRIBERS, PROMPTINGS, Options, options_from
from backend.errors import InputError

if TYPE_CHECKING:
    from backend.console import Console
    from backend.cue_job import CueJob
    from backend.wiring import Setting

_QUARTERS_A_BAR, _TYPICAL_QPM, _VOICES = 4, 100, 8


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
    if not (source / "agents" / "replies").is_dir():
        raise InputError(f"--replay: '{source}' holds no recorded replies. Give the folder of a run with --agents llm.")
    return Setting(folder, say, source)


def asked_chats(options: Options) -> tuple[str, ...]:
    """The chats that a run with these options may hold."""
    seeing = ("describe",) if options.describer == "vision" else ()
    return (*seeing, *(("assess", "arrange") if options.agents == "llm" else ()))


def replayed_options(arguments: argparse.Namespace) -> Options:
    """The options of the run that is replayed into a new folder; none otherwise."""
    replay = getattr(arguments, "replay", None)
    from backend.results import STATE_FILE, ResultsFolder
    if not replay or not (Path(replay) / STATE_FILE).is_file():
        return Options()
    return options_from(ResultsFolder(Path(replay)).open().options)


def announce(job: CueJob, arguments: argparse.Namespace, console: Console) -> None:
    """Calls, tokens and cost to expect of a cue, before anything is spent; silent when no model will be asked."""
    from backend.domain.requests import ClipRequest
    from backend.pipeline import is_current
    chats = asked_chats(job.options)
    if not chats or arguments.replay is not None or is_current(job, "arrange"):
        return
    from backend.agents.ensemble.line.spending import estimate
    clip = job.services.clip_analyzer.probe(ClipRequest(
        job.clip, frame_rate=job.options.rate(), play_rate=job.options.speed()))
    start_s, end_s = job.options.bounds_s(clip.frame_rate, clip.start_frame)
    duration_s = float((end_s or clip.duration_s) - (start_s or 0))
    bars = max(1, round(duration_s * _TYPICAL_QPM / 60 / _QUARTERS_A_BAR))
    found = estimate(chats, bars, _VOICES, int(job.options.candidates or 1), _model(job))
    console.line(f"  {found.text}; stops at ${float(job.options.cap or 0):.2f} (--cap)")


def _model(job: CueJob) -> str:
    """The model that was found, which nobody may have named: adapters are called after it."""
    asked = job.services.arranger if job.options.agents == "llm" else job.services.describer
    return asked.name.partition(":")[2].split("+")[0]
