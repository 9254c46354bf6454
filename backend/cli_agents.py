"""``filmcomposer revise, lock, unlock, triples, trials, stand-in``: what people do with the ensemble of experts."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

COMMANDS = ("revise", "lock", "unlock", "triples", "trials", "stand-in")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this module."""
    _add_revise(commands)
    _add_locks(commands)
    _add_triples(commands)
    _add_trials(commands)
    stand_in = commands.add_parser("stand-in", help="serve a language model for tests, over HTTP")
    stand_in.add_argument("--port", type=int, default=8711, metavar="N", help="TCP port (8711)")
    stand_in.add_argument("--model", default="stand-in", metavar="NAME", help="what it calls itself (stand-in)")


def _add_revise(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    revise = commands.add_parser("revise", help="ask for a change of a finished score in words")
    revise.add_argument("folder", type=Path, metavar="DIR", help="results folder")
    revise.add_argument("request", nargs="?", metavar="WORDS", help='for example "strings only in bars 9-16"')
    revise.add_argument("--undo", action="store_true", help="take the last change back")
    revise.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    revise.add_argument("--model", metavar="NAME", help="the language model (default: the folder's, or the server's)")
    revise.add_argument("--role-models", metavar="LIST", help="models for single roles, e.g. reviser=gpt-4.1")
    revise.add_argument("--prompting", metavar="LEVEL", help="order, role, few-shot or cot")
    revise.add_argument("--cap", type=float, metavar="USD", help="the most it may cost")
    revise.add_argument("--llm-timeout", type=float, metavar="S", help="seconds to wait for a reply")
    revise.add_argument("--replay", type=Path, metavar="DIR", help="answer from the replies recorded in this folder")
    revise.add_argument("--json", action="store_true", help="print the outcome as JSON on standard output")


def _add_locks(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lock = commands.add_parser("lock", help="fields of the scheme that no expert may change; without fields: list them")
    lock.add_argument("folder", type=Path, metavar="DIR", help="results folder")
    lock.add_argument("fields", nargs="*", metavar="FIELD", help="melody.instrument, horn.panning=-0.2, bar5.level ...")
    unlock = commands.add_parser("unlock", help="give locked fields back to the experts")
    unlock.add_argument("folder", type=Path, metavar="DIR", help="results folder")
    unlock.add_argument("fields", nargs="*", metavar="FIELD", help="as given to lock")
    unlock.add_argument("--all", action="store_true", help="every one")


def _add_triples(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    triples = commands.add_parser("triples", help="export (visual, reasoning, music description) for training")
    triples.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="results folders")
    triples.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="a file of JSON lines")
    triples.add_argument("--consent", action="store_true", help="yes, these descriptions may be used for training")


def _add_trials(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    trials = commands.add_parser("trials", help="measure a model on constructed cases, per prompting level")
    trials.add_argument("--model", metavar="NAME", help="the language model (default: the server's)")
    trials.add_argument("--prompting", metavar="LEVELS", default="order,role,few-shot,cot",
                        help="levels, with commas (all four)")
    trials.add_argument("--cases", type=int, default=60, metavar="N", help="cases a task (60)")
    trials.add_argument("--cap", type=float, default=5.0, metavar="USD", help="the most it may cost (5)")
    trials.add_argument("-o", "--output", type=Path, metavar="DIR", help="keep replies and table here")


def run(arguments: argparse.Namespace) -> int:
    """One of :data:`COMMANDS`."""
    return {"revise": _revise, "lock": _lock, "unlock": _unlock, "triples": _triples, "trials": _trials,
            "stand-in": _stand_in}[arguments.command](arguments)


def _revise(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _lock(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _unlock(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _triples(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _trials(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _stand_in(arguments: argparse.Namespace) -> int:
    raise NotImplementedError


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
