"""Who decided which field of an answer; the most specific entry holds."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.agents.ensemble.desk.merging import Taken
from backend.agents.ensemble.desk.places import Path, pointer
from backend.agents.ensemble.question import Question
from backend.domain.ensemble import FieldSource


def credited(question: Question[Any], plain: Any, said: tuple[FieldSource, ...], taken: tuple[Taken, ...] = ()
             ) -> tuple[FieldSource, ...]:
    """The sources of ``plain``: ``said`` has who decided all of it first, then who decided places in it; the rest of
    what was not asked for is the rules', and so are the places ``taken``."""
    ruled = [_pointer(question, plain, one.path) for one in taken]
    rule = FieldSource(question.step, "", "rule")
    whole, *parts = said
    asked = [_pointer(question, plain, path) for path in _asked(question, plain)]
    base = [whole] if not question.only else [rule, *(replace(whole, path=path) for path in asked)]
    kept = [one for one in base if not one.path or not _within(one.path, [part.path for part in parts])]
    kept = [one for one in (*kept, *parts) if not one.path or not _within(one.path, ruled)]
    return (*kept, *(replace(rule, path=path) for path in dict.fromkeys(ruled)))


def _within(path: str, places: list[str]) -> bool:
    return any(f"{path}/".startswith(f"{place}/") for place in places)


def decided(question: Question[Any], fields: tuple[FieldSource, ...]) -> tuple[FieldSource, ...]:
    """Those of fields that were asked for: several questions may share an answer's fields among them."""
    return tuple(one for one in fields if one.path) if question.only else fields


def _asked(question: Question[Any], plain: Any) -> list[Path]:
    """Fields that are asked for; lists whose items have names by item, since others may add to them."""
    out: list[Path] = []
    for name in question.only:
        items = plain[name] if name in question.identity else []
        out += [(name, i) for i in range(len(items))] or [(name,)]
    return out


def _pointer(question: Question[Any], plain: Any, path: Path) -> str:
    return pointer(path, plain, question.identity, question.named)
