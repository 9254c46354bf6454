"""What people call a part: its id, its track name, its instrument, its role or its family, in any case."""
from __future__ import annotations

from collections.abc import Iterable

from backend.domain.score import Part
from backend.music.instruments import instruments


def names_of(part: Part) -> frozenset[str]:
    """Every name a part goes by, in lower case."""
    known = instruments().get(part.instrument)
    return frozenset({part.id.lower(), part.name.lower(), part.instrument.lower(), part.role,
                      *((known.family, known.stem) if known else ())})


def parts_called(name: str, parts: Iterable[Part]) -> tuple[str, ...]:
    """Ids of the parts that go by a name: by their own name alone where there is one, else by role or family. A plural
    will do (``horns``), and spaces for underscores."""
    wanted, every = name.strip().lower(), tuple(parts)
    for form in dict.fromkeys((wanted, wanted.replace(" ", "_"), wanted.removesuffix("s"), f"{wanted}s")):
        own = tuple(part.id for part in every if form == part.id.lower())
        if own:
            return own
        found = tuple(part.id for part in every if form in names_of(part))
        if found:
            return found
    return ()


def shown_names(parts: Iterable[Part]) -> dict[str, str]:
    """Part id -> its track name, or its id where two are called the same."""
    every = tuple(parts)
    names = [part.name for part in every]
    return {part.id: part.name if names.count(part.name) == 1 else part.id for part in every}
