"""Ranges that fields of an edited document must keep."""
from __future__ import annotations

from fractions import Fraction

_SLACK = 1e-6
"""Documents hold six decimals."""


def within(name: str, value: float | Fraction, low: float, high: float) -> None:
    """Raises ValueError naming the field when ``value`` leaves ``low`` .. ``high``."""
    if not low - _SLACK <= value <= high + _SLACK:
        raise ValueError(f"{name}: {_short(value)} is not within {low:g} and {high:g}")


def positive(name: str, value: float | Fraction) -> None:
    """Raises ValueError naming the field when ``value`` is 0 or less."""
    if value <= 0:
        raise ValueError(f"{name}: {_short(value)} is not more than 0")


def _short(value: float | Fraction) -> str:
    text = str(value)
    return text if len(text) <= 20 else text[:17] + "..."
