"""The whole path of a cue: run the stages that are due, keep what the user edited, leave the rest alone."""
from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.config import STAGES
from backend.cue_job import CueJob
from backend.domain.render import RenderReport
from backend.errors import OptionError
from backend.results import digest, relative_to
from backend.stage_table import STAGE_TABLE, Stage

FORMAT = 1
"""Raised when a stage computes something else from the same inputs, so that old results are made again."""


@dataclass(frozen=True)
class StageNews:
    """What became of a stage: ``running`` with a fraction, ``made``, ``unchanged``, or ``kept`` (the user's edit)."""

    stage: str
    status: str
    fraction: float = 0.0
    note: str = ""


Tell = Callable[[StageNews], None]


def stages_between(first: str | None, last: str | None) -> tuple[Stage, ...]:
    """The stages up to ``last``. Raises OptionError for unknown names."""
    for flag, name in (("--from", first), ("--until", last)):
        if name is not None and name not in STAGES:
            raise OptionError(f"{flag} '{name}': the stages are {', '.join(STAGES)}.")
    end = STAGES.index(last) if last else len(STAGES) - 1
    if first and STAGES.index(first) > end:
        raise OptionError(f"--from {first} comes after --until {last}.")
    return STAGE_TABLE[:end + 1]


def run_cue(job: CueJob, tell: Tell, redo_from: str | None = None, until: str | None = None) -> None:
    """Bring the folder up to date through ``until``; stages from ``redo_from`` on are made again, edits set aside.

    Raises the errors of the stages. After an interruption the finished stages stand and the next run goes on.
    """
    forced = False
    for number, stage in enumerate(stages_between(redo_from, until)):
        forced = forced or stage.name == redo_from
        _bring_up_to_date(job, stage, tell, forced)
        if number == 0:
            job.folder.remember(job.clip, fingerprint(job.clip), asdict(job.options))


def finish_cue(job: CueJob, tell: Tell) -> None:
    """Bring what follows the arrangement up to date, and nothing before it. Raises the errors of the stages."""
    for stage in STAGE_TABLE[STAGES.index("arrange") + 1:]:
        _bring_up_to_date(job, stage, tell, False)


def _bring_up_to_date(job: CueJob, stage: Stage, tell: Tell, forced: bool) -> None:
    folder, outputs = job.folder, outputs_of(job, stage)
    key = stage_key(job, stage)
    doubt = folder.in_doubt(stage.name, outputs)
    edited = tuple(name for name in folder.edited(stage.name, outputs) if name not in doubt)
    fresh = folder.key_of(stage.name) == key
    yours = tuple(n for n in stage.editable if n in edited or n in folder.yours(stage.name))
    if yours and not forced and not _is_supplied(job, stage):
        _keep(job, stage, key, yours)
        stale = "" if fresh else "; what it was made from has changed since"
        them = "it" if len(yours) == 1 else "them"
        tell(StageNews(stage.name, "kept", 1.0, f"{', '.join(yours)} as you left {them}{stale}"))
    elif fresh and folder.has(*outputs) and not edited and not doubt and not forced:
        tell(StageNews(stage.name, "unchanged", 1.0))
    else:
        make(job, stage, tell, key, {folder.set_aside(name): name for name in dict.fromkeys((*edited, *yours, *doubt))})


def _keep(job: CueJob, stage: Stage, key: str, yours: tuple[str, ...]) -> None:
    edited = job.folder.edited(stage.name, stage.editable)
    missing = tuple(name for name in stage.editable if not job.folder.has(name))
    if stage.accept and (edited or missing):
        stage.accept(job, edited or yours)
    for document in stage.documents:
        if job.folder.has(document[0]):
            job.folder.load(document[1], document[0])
    job.folder.record(stage.name, key, outputs_of(job, stage), yours)


def make(job: CueJob, stage: Stage, tell: Tell, key: str, asides: dict[str, str] | None = None) -> None:
    """Run one stage and record what it wrote. ``asides``: the name that an edited file was given -> its own."""
    tell(StageNews(stage.name, "running"))
    asides = job.folder.begin(stage.name, outputs_of(job, stage), asides or {})
    stage.run(job, lambda fraction: tell(StageNews(stage.name, "running", fraction)))
    yours = stage.editable if _is_supplied(job, stage) else ()
    outputs = outputs_of(job, stage)
    job.folder.drop_old(stage.name, outputs)
    job.folder.record(stage.name, key, outputs, yours)
    kept = job.folder.drop_twins(asides)
    tell(StageNews(stage.name, "made", 1.0, ", ".join(f"your {name} is now {aside}" for aside, name in kept.items())))


def outputs_of(job: CueJob, stage: Stage) -> tuple[str, ...]:
    """The files of a stage; the renderer's stems are those its report names."""
    names = tuple(name.replace("{name}", job.name) for name in stage.outputs)
    if stage.name == "render" and job.folder.has("render.json"):
        names += tuple(stem.file for stem in job.folder.load(RenderReport, "render.json").stems)
    return names


def is_current(job: CueJob, name: str) -> bool:
    """Whether a stage's files stand as it wrote them, made from what stands before it."""
    stage = next(stage for stage in STAGE_TABLE if stage.name == name)
    outputs = outputs_of(job, stage)
    return (job.folder.key_of(name) == stage_key(job, stage) and job.folder.has(*outputs)
            and not job.folder.edited(name, outputs))


def due_stages(job: CueJob, redo_from: str | None = None, until: str | None = None) -> tuple[str, ...]:
    """Names of the stages that :func:`run_cue` would make: what is not current or forced, and all after it but what
    the user keeps. A stage that turns out the same bytes may still spare those after it."""
    due: list[str] = []
    forced = False
    for stage in stages_between(redo_from, until):
        forced = forced or stage.name == redo_from
        kept = bool(job.folder.yours_now(stage.name, stage.editable))
        if forced or (not kept and (due or not is_current(job, stage.name))):
            due.append(stage.name)
    return tuple(due)


def _is_supplied(job: CueJob, stage: Stage) -> bool:
    return bool(stage.supplied and getattr(job.supplied, stage.supplied))


def stage_key(job: CueJob, stage: Stage) -> str:
    """Hash of everything a stage depends on: inputs, options, adapters, documents handed in."""
    options = {name: getattr(job.options, name) for name in stage.options}
    if "title" in options:
        options["title"] = job.title
    if options.get("soundfont"):
        options["soundfont"] = fingerprint(Path(options["soundfont"]))
    if stage.name == "session":
        options["clip"] = relative_to(job.clip, job.folder.path)
    adapters = [_identity(getattr(job.services, name)) for name in stage.adapters]
    inputs = [job.folder.hash_of(name) for name in stage.inputs] or [fingerprint(job.clip)]
    supplied = getattr(job.supplied, stage.supplied) if stage.supplied else None
    return digest(FORMAT, stage.name, options, adapters, inputs, fingerprint(supplied) if supplied else "")


def _identity(adapter: Any) -> str:
    """Its name, and the hash of its weights where it has some: other weights write other music."""
    weights = getattr(adapter, "weights_sha256", "")
    return f"{adapter.name} {weights}" if weights else str(adapter.name)


def fingerprint(path: Path) -> str:
    """Hash of a file's size, first and last megabyte: enough to notice another clip, quick on a feature film."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(1 << 20)
            stream.seek(max(0, size - (1 << 20)))
            tail = stream.read(1 << 20)
    except OSError as error:
        raise OptionError(f"'{path}' cannot be read: {error.strerror}. Check the path.") from None
    return hashlib.sha256(str(size).encode() + head + tail).hexdigest()[:32]
