"""Who made an arrangement, in a few words: ``llm:gpt-4.1+rule(levels)+user(panning)``.

First who answered for it, then in brackets what rules decided of it, all or some, and what the user had locked. Field
by field it stands in ``agents/arrange.json``.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain.ensemble import FieldSource

Fields = tuple[FieldSource, ...]
"""Who decided what of an answer, by JSON pointers into it."""
WORDS = {"analyzer": "measures", "arranger": "layers", "voice_splitter": "voices", "caster": "instruments",
         "volume": "levels", "mixer": "places"}
"""What each of the arrangers decides."""
RULES = "rule"


@dataclass(frozen=True)
class Track:
    """How the answers about a track name it: by its part, or by its number."""

    part: str
    index: int


def scheme_maker(said: Mapping[str, Fields], asked: str) -> str:
    """Of the whole scheme; ``said`` has the fields of every model's answer, by the port that asked; ``asked`` are the
    models, for a cue in which none of them answered."""
    ruled = [WORDS[port] for port, fields in said.items() if any(one.source == RULES for one in fields)]
    everything = all(one.source == RULES for fields in said.values() for one in fields)
    return _made(_models(said) or [asked], ["everything"] if everything else ruled)


def track_maker(said: Mapping[str, Fields], track: Track) -> str:
    """Of one track: its instrument, levels and place."""
    asked = {"caster": ("instrument", track.part), "volume": ("levels", str(track.index)),
             "mixer": ("place", str(track.index))}
    mine = {port: fields for port, fields in said.items() if port in asked}
    ruled = [word for port, (word, label) in asked.items() if any(
        one.source == RULES and _reaches(one.path, label) for one in mine.get(port, ()))]
    models = _models({port: tuple(one for one in fields if _reaches(one.path, asked[port][1]))
                      for port, fields in mine.items()})
    return _made(models, ruled) if models else RULES


def _reaches(path: str, label: str) -> bool:
    """Whether a place in an answer is, holds or lies in what it says of a track."""
    return path in ("", "/tracks") or f"{path}/".startswith(f"/tracks/{_escaped(label)}/")


def _escaped(label: str) -> str:
    return label.replace("~", "~0").replace("/", "~1")


def _models(said: Mapping[str, Fields]) -> list[str]:
    return list(dict.fromkeys(one.model for fields in said.values() for one in fields if one.source == "llm"))


def _made(models: list[str], ruled: list[str]) -> str:
    return f"llm:{', '.join(models)}" + (f"+rule({', '.join(ruled)})" if ruled else "")


_KINDS = {"llm": "language model", "vision": "language model that saw frames of it", "llm-assess": "figures, explained "
          "by a language model"}


def in_words(made_by: str) -> str:
    """For people: ``language model gpt-4.1; rules: levels; locked by you: panning``. What is no such word stays as it
    is."""
    found = re.fullmatch(r"(rule|llm|vision|llm-assess)(?::(.*?))?(?:\+rule\((.*?)\))?(?:\+user\((.*)\))?", made_by)
    if not found:
        return made_by
    kind, models, ruled, mine = found.groups()
    who = "rules" if kind == RULES else f"{_KINDS[kind]} {models or ''}".rstrip()
    if ruled == "everything":
        who, ruled = f"rules, since {models} did not answer", None
    return "; ".join((who, *([f"rules: {ruled}"] if ruled else []), *([f"locked by you: {mine}"] if mine else [])))
