"""What happens in a drawn film, exactly."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class FilmTruth:
    """All in frames. A cut is the first frame of the new shot; an impact the first frame at rest or displaced; ranges
    are (first, last) inclusive."""

    fps: Fraction
    frames: int
    cuts: tuple[int, ...] = ()
    impacts: tuple[int, ...] = ()
    flashes: tuple[tuple[int, int], ...] = ()
    strobes: tuple[tuple[int, int], ...] = ()
    fades: tuple[tuple[int, int], ...] = ()
    dissolves: tuple[tuple[int, int], ...] = ()
