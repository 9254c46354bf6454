"""The instruments the project knows: backend/music/instruments.json, read once."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backend.domain import serial
from backend.domain.instruments import Instrument


@dataclass(frozen=True)
class InstrumentSet:
    """The data file: at least 95 instruments."""

    instruments: tuple[Instrument, ...]


@cache
def instruments() -> dict[str, Instrument]:
    """Every instrument by id, in score order."""
    text = Path(__file__).with_name("instruments.json").read_text(encoding="utf-8")
    return {item.id: item for item in serial.loads(InstrumentSet, text).instruments}
