"""From a folder of clips and music to a data set. Stopped at any moment, the same call goes on from there."""
from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.dataset.engine import Crash, Engine
from backend.dataset.item import DatasetItem, Rejection
from backend.dataset.lock import only_build
from backend.dataset.making import Task, made_from, make_item
from backend.dataset.manifest import manifest_of
from backend.dataset.options import BuildOptions, MakeTools
from backend.dataset.place import Place
from backend.dataset.report import BuildReport, page, report_of
from backend.dataset.sources import Candidate, Found, Hashes, find, hashed
from backend.dataset.splits import split_items
from backend.domain import serial
from backend.errors import InputError, OptionError

Outcome = DatasetItem | Rejection


@dataclass(frozen=True)
class BuildNews:
    """``done`` of ``clips`` are through; ``kept`` of them were finished in an earlier build."""

    done: int
    clips: int
    kept: int
    accepted: int


@dataclass(frozen=True)
class Build:
    """What to build from what, and who makes it. ``tell`` hears of every finished item."""

    folder: Path
    output: Path
    options: BuildOptions
    tools: MakeTools
    tell: Callable[[BuildNews], None] = lambda _: None


def build_dataset(build: Build, engine: Engine) -> BuildReport:
    """Build, or go on building. Raises InputError (another build in the same folder among them), OptionError,
    OutputError, MissingExtraError; KeyboardInterrupt leaves every finished item."""
    output = build.output.resolve()
    if build.folder.resolve().is_relative_to(output):
        raise OptionError(f"-o '{build.output}' holds the clips themselves. Give a folder of its own.")
    build.options.check()
    found = find(build.folder, output)
    with only_build(output):
        return _build(build, engine, found, Place(output).open())


def _build(build: Build, engine: Engine, found: Found, place: Place) -> BuildReport:
    try:
        if engine.remote:
            _check_sight(build, place, engine)
        hashes = _hash(found.candidates, engine)
        outcomes = _make_all(build, place, engine, [(one, hashes[one.name]) for one in found.candidates])
        return _publish(build, place, outcomes, _left(found))
    finally:
        place.close()


def _hash(candidates: Sequence[Candidate], engine: Engine) -> dict[str, Hashes]:
    out = {}
    for candidate, hashes in engine.run(hashed, candidates):
        out[candidate.name] = hashes if isinstance(hashes, Hashes) else Hashes(
            clip=f"unread {candidate.name}", trouble=hashes.detail)
    return out


def _make_all(build: Build, place: Place, engine: Engine, pairs: list[tuple[Candidate, Hashes]]) -> list[Outcome]:
    made_by = build.tools().made_by()
    outcomes: list[Outcome] = []
    first: dict[str, str] = {}
    tasks: list[Task] = []
    for candidate, hashes in pairs:
        key = made_from(candidate, hashes, build.options, made_by)
        if hashes.id in first:
            outcomes.append(Rejection(hashes.id, key, candidate.name, "duplicate",
                                      f"The same clip and music as '{first[hashes.id]}'."))
            continue
        first[hashes.id] = candidate.name
        finished = place.finished(hashes.id, key)
        if finished is not None:
            outcomes.append(finished)
        else:
            tasks.append(Task(candidate, hashes, place, build.options, key, build.tools))
    kept = sum(not (isinstance(one, Rejection) and one.reason == "duplicate") for one in outcomes)
    _tell(build, outcomes, kept, len(pairs))
    for task, made in engine.run(make_item, tasks):
        outcomes.append(_crashed(task, made) if isinstance(made, Crash) else made)
        _tell(build, outcomes, kept, len(pairs))
    return outcomes


def _crashed(task: Task, crash: Crash) -> Rejection:
    """Not written down: the next build tries again."""
    return Rejection(task.hashes.id, task.made_from, task.candidate.name, "crashed", crash.detail)


def _tell(build: Build, outcomes: list[Outcome], kept: int, clips: int) -> None:
    accepted = sum(isinstance(one, DatasetItem) for one in outcomes)
    build.tell(BuildNews(len(outcomes), clips, kept, accepted))


def _left(found: Found) -> list[Rejection]:
    """Files that never became candidates."""
    alone = "There is no film clip of this name beside it."
    unnamed = "The name of this file is not UTF-8. Rename it."
    return [*(Rejection("", "", name, "no picture", alone) for name in found.lonely),
            *(Rejection("", "", name, "unreadable", unnamed) for name in found.nameless)]


def _publish(build: Build, place: Place, outcomes: list[Outcome], left: list[Rejection]) -> BuildReport:
    items = sorted((one for one in outcomes if isinstance(one, DatasetItem)), key=lambda item: item.id)
    rejections = [one for one in outcomes if isinstance(one, Rejection)]
    splits = split_items([(f"source {item.provenance.source}", f"music {_music_of(item)}") for item in items],
                         build.options.split_shares)
    report = report_of(items, splits, [*rejections, *left])
    place.write_whole("manifest.jsonl", manifest_of(items, splits).encode())
    place.write_whole("report.md", page(report).encode())
    place.write_whole("report.json", serial.dumps(report).encode())
    return report


def _music_of(item: DatasetItem) -> str:
    """What is heard, by the contents of the file it comes from."""
    source = item.music.source or (item.music.score if item.music.origin == "rendered" else None) or item.clip.file
    return source.sha256


@dataclass(frozen=True)
class _Sight:
    folder: Path
    token_file: Path
    token: str


def _sees(sight: _Sight) -> bool:
    try:
        return sight.folder.is_dir() and sight.token_file.read_text(encoding="ascii") == sight.token
    except OSError:
        return False


def _check_sight(build: Build, place: Place, engine: Engine) -> None:
    """Raises InputError when the workers do not see both folders under the same paths."""
    token = secrets.token_hex(16)
    with place.scratch() as folder:
        file = folder / "token"
        place.write(file, token.encode())
        for _, seen in engine.run(_sees, [_Sight(build.folder.resolve(), file, token)]):
            if seen is not True:
                raise InputError("The workers of the cluster do not see the folders of clips and results. Put both on "
                                 "a file system that every machine mounts at the same path.")
