"""``filmcomposer revise, lock, unlock, triples, trials, stand-in``: what people do with the ensemble of experts."""
from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import EndpointError, InputError, MissingExtraError, OptionError

if TYPE_CHECKING:
    from backend.agents.ensemble.reviser import ModelReviser
    from backend.config import Options
    from backend.console import Console
    from backend.cue_job import CueJob
    from backend.domain.ensemble import Lock
    from backend.revise.changing import Outcome

COMMANDS = ("revise", "lock", "unlock", "triples", "trials", "stand-in")
_ENVIRONMENT = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
_OPTIONS = ("model", "role_models", "prompting", "cap", "llm_timeout")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this module."""
    _add_revise(commands)
    _add_locks(commands)
    _add_triples(commands)
    _add_trials(commands)
    _add_stand_in(commands)


def _add_revise(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    revise = commands.add_parser("revise", help="ask for a change of a finished score in words")
    revise.add_argument("folder", type=Path, metavar="DIR", help="results folder")
    revise.add_argument("request", nargs="?", metavar="WORDS", help='for example "strings only in bars 9-16"')
    revise.add_argument("--undo", action="store_true", help="take the last change back")
    revise.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    revise.add_argument("--no-render", action="store_true", help="write the documents; score DIR makes the rest later")
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
    trials.add_argument("--role-models", metavar="LIST", help="models for single roles, e.g. reviewer=gpt-4.1")
    trials.add_argument("--prompting", metavar="LEVELS", default="all", help="levels, with commas (all four)")
    trials.add_argument("--task", metavar="TASKS", default="all", help="assess, arrange, mix (all)")
    trials.add_argument("--cases", type=int, default=60, metavar="N", help="cases a task (60)")
    trials.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the model (0)")
    trials.add_argument("--cap", type=float, default=5.0, metavar="USD", help="the most it may cost (5)")
    trials.add_argument("--llm-timeout", type=float, default=60.0, metavar="S", help="longest wait for a reply (60)")
    trials.add_argument("-o", "--output", type=Path, metavar="DIR", help="keep replies and table here")


def _add_stand_in(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    stand_in = commands.add_parser("stand-in", help="serve a stand-in for a language model, over HTTP")
    stand_in.add_argument("--port", type=int, metavar="N", help="TCP port")
    stand_in.add_argument("--mode", metavar="NAME", help="scripted, adversarial or recorded")
    stand_in.add_argument("--seed", type=int, metavar="N", help="of the adversarial mode")
    stand_in.add_argument("--folder", metavar="DIR", help="whose recorded replies are played")
    stand_in.add_argument("--model", metavar="NAME", help="what it calls itself")


def run(arguments: argparse.Namespace) -> int:
    """One of :data:`COMMANDS`."""
    return {"revise": _revise, "lock": _lock, "unlock": _unlock, "triples": _triples, "trials": _trials,
            "stand-in": _stand_in}[arguments.command](arguments)


def _revise(arguments: argparse.Namespace) -> int:
    from backend.console import Console
    from backend.pipeline import finish_cue
    if arguments.undo and (arguments.request or arguments.dry_run):
        raise OptionError("--undo takes the last change back; leave out the words and --dry-run.")
    if not arguments.undo and not (arguments.request or "").strip():
        raise OptionError('Say what to change, e.g. filmcomposer revise DIR "strings only in bars 9-16".')
    console = Console(quiet=arguments.json)
    job = _job(arguments.folder)
    with job.folder.held():
        try:
            outcome = _outcome(arguments, job, console)
        except KeyboardInterrupt:
            console.notice("\nfilmcomposer: stopped. Nothing was changed.")
            return 130
        try:
            if not arguments.dry_run and not arguments.no_render:
                finish_cue(job, console.tell)
        except KeyboardInterrupt:
            console.notice(f"\nfilmcomposer: stopped. {_stands(arguments, job)}")
            return 130
    _report(outcome, arguments, console)
    return 0


def _outcome(arguments: argparse.Namespace, job: CueJob, console: Console) -> Outcome:
    """The documents changed as asked, or as they were before; a change that only waits to be finished is not made
    twice."""
    from backend.revise.changing import revise, undo, unfinished
    if arguments.undo:
        return undo(job)
    standing = None if arguments.dry_run else unfinished(job, arguments.request)
    if standing is None:
        reviser = _reviser(arguments, job, console)
        if arguments.replay is None:
            console.notice(f"  {_estimated(arguments, job, reviser.name)}")
        return revise(job, arguments.request, reviser, arguments.dry_run)
    if arguments.no_render:
        raise InputError(f"These words were asked for last, and the change is made: {standing.summary}. To do it once "
                         f"more, finish it first: {_finishing(job)}")
    console.line("  These words were asked for last, and the change is made already: what was left open is finished.")
    return standing


def _estimated(arguments: argparse.Namespace, job: CueJob, model: str) -> str:
    """What the reviser may cost, before it is asked."""
    from backend.estimating import chats_line
    options = replace(_given(arguments).over(job.options), model=model)
    return chats_line(replace(job, options=options), ("revise",))


def _given(arguments: argparse.Namespace) -> Options:
    """What was given on the command line of the reviser's."""
    from backend.config import options_from
    return options_from({name: value for name, value in vars(arguments).items() if name in _OPTIONS})


def _finishing(job: CueJob) -> str:
    return f"filmcomposer score {shlex.quote(str(job.folder.path))}"


def _stands(arguments: argparse.Namespace, job: CueJob) -> str:
    """What to do once the documents are written and what follows them was stopped."""
    if arguments.undo:
        return f"The change is taken back; {_finishing(job)} finishes it."
    back = f"filmcomposer revise {shlex.quote(str(job.folder.path))} --undo"
    return f"The change is made; {_finishing(job)} finishes it, {back} takes it back."


def _report(outcome: Outcome, arguments: argparse.Namespace, console: Console) -> None:
    if arguments.json:
        _write(json.dumps(asdict(outcome), indent=2, ensure_ascii=False) + "\n")
        return
    if arguments.dry_run:
        for step in outcome.steps:
            console.line(f"  Asked: {step}")
    console.line(f"  {'Would be' if arguments.dry_run else 'Done'}: {outcome.summary}")
    for line in outcome.lines:
        console.line(f"  {line}")


def _job(path: Path, with_services: bool = True) -> CueJob:
    """The finished cue in a folder. Rules stand at every port: only the reviser asks a model here."""
    from backend.config import DEFAULTS, options_from
    from backend.cue_job import CueJob, job_of
    from backend.results import STATE_FILE, ResultsFolder
    folder = ResultsFolder(path).open() if (path / STATE_FILE).is_file() else None
    if folder is None or not folder.is_known:
        raise InputError(f"'{path}' is no results folder. Score a clip first: filmcomposer score CLIP -o DIR")
    if not folder.has("score.json", "scheme.json", "tempo_map.json"):
        raise InputError(f"'{path}' holds no finished score yet. Go on with: filmcomposer score '{path}'")
    if not with_services:
        return job_of(folder)
    if not folder.clip.is_file():
        raise InputError(f"The clip '{folder.clip}' has gone. Put it back, or give its new place: filmcomposer score "
                         f"CLIP -o '{path}'")
    from backend.wiring import wire
    options = options_from(folder.options).over(DEFAULTS)
    return CueJob(folder.clip, folder, options, wire(replace(options, agents="rules", describer="measured")))


def _reviser(arguments: argparse.Namespace, job: CueJob, console: Console) -> ModelReviser:
    """Somebody who understands words. Raises EndpointError, naming flags that need nobody, where no model is named."""
    from backend.revise.elsewhere import FLAGS
    replay = arguments.replay
    if replay is None and not any(os.environ.get(name) for name in _ENVIRONMENT):
        raise EndpointError(f"A change in words needs a language model: set {' or '.join(_ENVIRONMENT)} (Ollama: "
                            f"http://localhost:11434/v1). {FLAGS}")
    options = _given(arguments).over(job.options).check()
    try:
        from backend.agents.ensemble.opening import open_desk
        from backend.agents.ensemble.reviser import ModelReviser
    except ImportError as error:
        raise MissingExtraError(f"Language models need the package '{error.name}'. Install it with: "
                                "python3 install.py agents") from None
    return ModelReviser(open_desk(
        model=options.model, role_models=options.role_models, prompting=str(options.prompting), seed=job.seed,
        cap_usd=float(options.cap or 0), timeout_s=float(options.llm_timeout or 0), folder=job.folder.path,
        say=console.line, replay=replay))


def _lock(arguments: argparse.Namespace) -> int:
    from backend.console import Console
    from backend.revise.locking import lock
    job = _job(arguments.folder, False)
    return _list(lock(job, tuple(arguments.fields), Console().line), bool(arguments.fields), job)


def _unlock(arguments: argparse.Namespace) -> int:
    from backend.revise.locking import unlock
    job = _job(arguments.folder, False)
    return _list(unlock(job, tuple(arguments.fields), arguments.all), True, job)


def _list(locks: tuple[Lock, ...], changed: bool, job: CueJob) -> int:
    """What is locked, a field a line, on standard output."""
    from backend.revise.locking import shown
    for lock in locks:
        _write(f"{shown(lock.path)} = {json.dumps(lock.value, ensure_ascii=False)}\n")
    if not locks:
        _write("no field is locked\n")
    if changed:
        from backend.console import Console
        again = f"filmcomposer score {shlex.quote(str(job.folder.path))}"
        mine = job.folder.yours("arrange") or job.folder.edited("arrange", ("score.json", "scheme.json"))
        stay = f"{' and '.join(mine)} came from you and stay{'s' if len(mine) == 1 else ''} as it is"
        Console().line(f"{stay}; locks hold when the arrangement is made again: {again} --from arrange" if mine
                       else f"The next run keeps to this: {again}")
    return 0


def _triples(arguments: argparse.Namespace) -> int:
    from backend.console import Console
    from backend.triples import export_triples
    count = export_triples(tuple(arguments.folders), arguments.output, arguments.consent, Console().line)
    if not count:
        raise InputError("None of these folders holds a description and a scheme that can be exported.")
    folders = len(arguments.folders)
    of = f" of {folders} folders{f', {folders - count} left out' if folders > count else ''}" if folders > 1 else ""
    _write(f"{count} {'triple' if count == 1 else 'triples'}{of} in {arguments.output}\n")
    return 0


def _trials(arguments: argparse.Namespace) -> int:
    from backend.agents.trials.run import run_trials
    from backend.console import Console
    _write(run_trials(
        prompting=arguments.prompting, cases=arguments.cases, task=arguments.task, model=arguments.model,
        role_models=arguments.role_models, seed=arguments.seed, cap_usd=arguments.cap,
        timeout_s=arguments.llm_timeout, folder=arguments.output, say=Console().line).rstrip() + "\n")
    return 0


def _stand_in(arguments: argparse.Namespace) -> int:
    from backend.agents.stand_in.__main__ import serve
    given = ((f"--{name}", getattr(arguments, name)) for name in ("port", "mode", "seed", "folder", "model"))
    return serve([text for flag, value in given if value is not None for text in (flag, str(value))])


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
