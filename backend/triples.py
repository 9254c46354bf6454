"""Accepted cues as JSON lines (visual, reasoning, music description), for a CoT-VTM style mapper to learn from.

Only with the user's consent, and only what was accepted: a description with a chain of thought (a model's or the
user's own, never one made up here) beside a scheme that the reviewer accepted or the user edited. A line holds labels,
sentences and instruments; no title, no file name, no path, no time of day.
"""
from __future__ import annotations

import getpass
import json
import logging
import platform
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.domain import serial
from backend.domain.description import Attributes, ClipDescription
from backend.domain.scheme import ArrangementScheme
from backend.domain.visual_labels import LABELS
from backend.errors import EditError, OptionError
from backend.files import write_whole
from backend.results import STATE_FILE, ResultsFolder

_log = logging.getLogger(__name__)
_PATH = re.compile(r"""(?:^|[\s"'(])(?:[A-Za-z]:[\\/]|\\\\\w|~?(?:/[\w.\-]+){2,})""")
_EVERYBODY = frozenset({"", "root", "user", "admin", "guest", "localhost"})
"""Names that tell nothing of whose machine it is."""


class _LeftOut(Exception):
    """Why a folder gives no line."""


def export_triples(folders: Iterable[Path], target: Path, consent: bool,
                   say: Callable[[str], None] = _log.info) -> int:
    """Write a line for every accepted cue among ``folders``; how many. ``say`` hears what was left out and why.

    Raises OptionError without ``consent``, saying in one line what would be written, and for a file that is there;
    OutputError. Without any line no file is written.
    """
    if target.exists():
        raise OptionError(f"'{target}' is there already, and stays. Give another file with -o, or move it away.")
    lines: list[str] = []
    left_out: list[str] = []
    for folder in folders:
        try:
            line = json.dumps(_triple(folder), ensure_ascii=False, sort_keys=True)
            if line in lines:
                raise _LeftOut("says the same as another folder")
            lines.append(line)
        except _LeftOut as reason:
            left_out.append(f"{folder.name}: {reason}")
    if not consent:
        raise OptionError(_what_would_be(len(lines), left_out, target))
    for text in left_out:
        say(f"Left out {text}.")
    if lines:
        write_whole(target, ("\n".join(lines) + "\n").encode("utf-8"))
    return len(lines)


def _what_would_be(count: int, left_out: list[str], target: Path) -> str:
    """One line."""
    rest = f"; {len(left_out)} left out ({'; '.join(left_out)})" if left_out else ""
    return (f"Nothing was written. {count} accepted description{'s' * (count != 1)} (labels, sentences, reasoning, "
            "instruments and the description of the music; no titles, names or paths; accepted: by the reviewer, "
            f"or because you edited scheme.json) would go to '{target}' for "
            f"training{rest}. Add --consent if they may.")


def _triple(path: Path) -> dict[str, Any]:
    """The three parts. Raises _LeftOut."""
    if not (path / STATE_FILE).is_file():
        raise _LeftOut("is no results folder")
    try:
        folder = ResultsFolder(path).open()
        described = _standing(folder, ClipDescription, "describe", "description.json")
        scheme = _standing(folder, ArrangementScheme, "arrange", "scheme.json")
    except EditError as error:
        raise _LeftOut(str(error).rstrip(".").replace(str(path), path.name)) from None
    if described.reasoning is None:
        raise _LeftOut("its description has no reasoning (--describer vision gives one, or write [seen] and [music] in "
                       "description.txt)")
    if not _is_accepted(scheme) and "scheme.json" not in folder.yours("arrange"):
        raise _LeftOut("its scheme was not accepted by the reviewer (one that you edited counts, too)")
    music = serial.to_plain(described.reasoning.music)
    scored_for = list(dict.fromkeys(track.instrument for track in scheme.tracks))
    triple = {"visual": _visual(described),
              "reasoning": {"visual": serial.to_plain(described.reasoning.visual),
                            "music": {**music, "scored_for": scored_for}},
              "music_description": described.reasoning.music_description}
    _refuse_names(triple)
    return triple


def _standing(folder: ResultsFolder, kind: type[Any], stage: str, name: str) -> Any:
    """A document as the last run left it. Raises _LeftOut, EditError."""
    if not folder.has(name):
        raise _LeftOut(f"has no {name}")
    if folder.edited(stage, (name, "description.txt") if stage == "describe" else (name,)):
        raise _LeftOut(f"{name} was edited since the last run (score the folder again)")
    return folder.load(kind, name)


def _is_accepted(scheme: ArrangementScheme) -> bool:
    return scheme.chosen_round < len(scheme.rounds) and scheme.rounds[scheme.chosen_round].verdict == "accept"


def _visual(described: ClipDescription) -> dict[str, Any]:
    shots = [{**_labels(shot.attributes), "motion": shot.motion, "seen": shot.sentence} for shot in described.shots]
    plot = [{"tension": part.tension, "sentence": part.sentence} for part in described.plot]
    return {"clip": {**_labels(described.clip), "motion": described.motion}, "shots": shots, "plot": plot}


def _labels(attributes: Attributes) -> dict[str, str | None]:
    return {name: getattr(attributes, name).label for name in LABELS}


def _refuse_names(triple: dict[str, Any]) -> None:
    """Free sentences are the user's or a model's: a path or a name of this machine in one keeps the line back."""
    names = {platform.node(), platform.node().split(".")[0]}
    with suppress(OSError, KeyError, ImportError):
        names.add(getpass.getuser())
    with suppress(RuntimeError):
        names.add(Path.home().name)
    for text in _texts(triple):
        if _PATH.search(text):
            raise _LeftOut("a sentence of it names a path")
        if any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in names if _tells(name)):
            raise _LeftOut("a sentence of it names this machine or its user")


def _tells(name: str) -> bool:
    return len(name) > 2 and name.lower() not in _EVERYBODY


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
