"""What tables call things that people have named, so that nobody's words stand outside a fence.

Tables have no fences: their cells hold our own ids, names and figures. What a person called otherwise gets a name of
ours there, and the section NAMES says, fenced, what it is called.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from backend.agents.ensemble.prompts import quoted
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Part, Score
from backend.domain.spotting import Section
from backend.music.instruments import instruments
from backend.music.locks import PART_ID

_OWN_LABEL = re.compile(r"[A-Z]\d?'{0,9}")
_LONGEST_NAME = 80


def section_aliases(sections: Iterable[Section]) -> dict[str, str]:
    """Label -> what tables call it: a letter as it is, other words ``section1``, ``section2`` in their order."""
    labels = dict.fromkeys(section.label for section in sections)
    foreign = [label for label in labels if not _OWN_LABEL.fullmatch(label)]
    return {label: f"section{foreign.index(label) + 1}" if label in foreign else label for label in labels}


def part_aliases(parts: Iterable[Part]) -> dict[str, str]:
    """Part id -> what tables call it: an id as it is, other words ``part1``, ``part2`` in their order."""
    ids = [part.id for part in parts]
    foreign = [name for name in ids if not PART_ID.fullmatch(name)]
    return {name: f"part{foreign.index(name) + 1}" if name in foreign else name for name in ids}


def own_name(part: Part) -> str:
    """The name a part has unless somebody gave it another: its instrument's."""
    return instruments()[part.instrument].name


def renamed(score: Score, scheme: ArrangementScheme, aliases: Mapping[str, str]) -> tuple[Score, ArrangementScheme]:
    """Score and scheme with parts called by their aliases."""
    parts = tuple(replace(part, id=aliases[part.id]) for part in score.parts)
    tracks = tuple(replace(track, part=aliases.get(track.part, track.part)) for track in scheme.tracks)
    return replace(score, parts=parts), replace(scheme, tracks=tracks)


def names_text(called: Iterable[tuple[str, str]]) -> str:
    """The body of NAMES: (what tables say, what people say), a line each where they differ."""
    lines = [f"{own}: {' '.join(said.split())[:_LONGEST_NAME]}" for own, said in called if own != said]
    return quoted("\n".join(lines)) if lines else ""
