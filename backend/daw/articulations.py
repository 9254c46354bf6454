"""Articulation maps: what a plug-in must be sent so that it plays long, spiccato, pizzicato ...

A map is named in the palette and belongs to one instrument of a plug-in. Nothing is sent for a plug-in without one.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches

from backend.domain.limits import within
from backend.music.instruments import instruments

KEY_LEAD_TICKS = 30
"""A key switch is pressed this long before its note (16 ms at 120): samplers want it first; by ear."""
_NEAREST: dict[str, tuple[str, ...]] = {
    "long": ("legato", "tenuto"), "con_sord": ("sul_tasto",), "sul_tasto": ("con_sord",), "harmonics": ("sul_tasto",),
    "sul_pont": ("tremolo",), "runs": ("legato",), "flutter": ("tremolo",), "roll": ("tremolo",),
    "trill_m2": ("trill_M2", "tremolo"), "trill_M2": ("trill_m2", "tremolo"),
    "spiccato": ("staccato", "marcato"), "staccato": ("spiccato", "marcato"), "multitongue": ("staccato", "spiccato"),
    "col_legno": ("spiccato", "staccato"), "pizzicato": ("spiccato", "staccato"),
    "bartok_pizz": ("pizzicato", "spiccato", "staccato"), "marcato": ("sfz", "tenuto"), "sfz": ("marcato", "staccato"),
    "cuivre": ("marcato", "sfz"), "rip": ("sfz", "marcato"), "soft": ("hit",), "hard": ("hit",), "damped": ("hit",)}
"""What a player would do without the one on the left, best first; after that the map's default, after that long."""
_LIKE_A_KNOWN_ONE = 0.85


@dataclass(frozen=True)
class Switch:
    """One message. Exactly one of ``program`` (with its bank, if any), ``key`` and ``cc`` is given.

    ``hold``: the key stays down until the next articulation. ``lead_ticks`` (1/960 quarter) moves it before its note.
    """

    program: int | None = None
    bank_msb: int | None = None
    bank_lsb: int | None = None
    key: int | None = None
    velocity: int = 100
    hold: bool = False
    cc: int | None = None
    value: int | None = None
    lead_ticks: int | None = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.program, self.key, self.cc)) != 1:
            raise ValueError("name one of program, key and cc")
        if (self.cc is None) != (self.value is None):
            raise ValueError("cc and value go together")
        if self.program is None and (self.bank_msb, self.bank_lsb) != (None, None):
            raise ValueError("bank_msb and bank_lsb go with a program")
        for name in ("program", "bank_msb", "bank_lsb", "key", "cc", "value"):
            within(name, getattr(self, name) or 0, 0, 127)
        within("velocity", self.velocity, 1, 127)
        within("lead_ticks", self.lead_ticks or 0, 0, 3840)

    @property
    def lead(self) -> int:
        """Ticks before the note; programs and controllers need none, since they stand before notes of their tick."""
        if self.lead_ticks is not None:
            return self.lead_ticks
        return 0 if self.key is None else KEY_LEAD_TICKS


@dataclass(frozen=True)
class ArticulationMap:
    """``names``: articulation -> what selects it. ``default`` is the one for everything that has no entry."""

    names: dict[str, tuple[Switch, ...]] = field(default_factory=dict)
    default: str = ""

    def __post_init__(self) -> None:
        known = known_articulations()
        for name in self.names:
            close = [] if name in known else get_close_matches(name, known, 1, _LIKE_A_KNOWN_ONE)
            if close:
                raise ValueError(f"names.{name}: no such articulation; did you mean '{close[0]}'")
        if self.default and self.default not in self.names:
            raise ValueError(f"default: '{self.default}' is not among names")

    def switches(self, articulation: str) -> tuple[Switch, ...]:
        """What selects an articulation: its own entry, else the nearest one that has one, else the default's."""
        wanted = (articulation, *_NEAREST.get(articulation, ())) if articulation else ()
        name = next((name for name in (*wanted, self.default, "long") if name in self.names), "")
        return self.names.get(name, ())


def known_articulations() -> tuple[str, ...]:
    """Every name that an instrument of the project knows, in their order."""
    return tuple(dict.fromkeys(name for item in instruments().values() for name in item.articulations))


def standard_programs() -> dict[str, int]:
    """The program number by which banks usually list an articulation (Reaticulate's advice, after Spitfire's UACC)."""
    return {name: number for item in instruments().values() for name, number in item.articulations.items() if number}
