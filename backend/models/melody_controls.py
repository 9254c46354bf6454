"""What a melody should be like as a whole: classes the model was trained with, from the emotion or by hand."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.domain.brief import CueBrief
from backend.errors import OptionError
from backend.music.theory import MODES

UNSAID = 0
TEMPO_EDGES = (50.0, 63.0, 76.0, 89.0, 102.0, 120.0, 144.0)
REGISTER_EDGES = (1.0, 3.0, 5.0, 7.0, 9.0)
"""Mean pitch above the home tonic in semitones."""
RANGE_EDGES = (9, 13, 16, 20)
LEAP_EDGES = (0.06, 0.12, 0.18, 0.26)
CHROMATIC_EDGES = (0.02, 0.08)
LEAP_SEMITONES = 4
STYLES = ("lieder", "lead sheets", "quartets")
_MODE_NAMES = tuple(MODES)

SIZES = {"mode": len(_MODE_NAMES) + 1, "tempo": len(TEMPO_EDGES) + 2, "register": len(REGISTER_EDGES) + 2,
         "range": len(RANGE_EDGES) + 2, "leaps": len(LEAP_EDGES) + 2, "chromatic": len(CHROMATIC_EDGES) + 2,
         "style": len(STYLES) + 1}
"""Number of classes of every control; 0 always means "not said"."""


@dataclass(frozen=True)
class Wishes:
    """By hand, None: as the brief and the emotion say. ``leaps``: share of intervals above a major third, ``chromatic``
    share of notes outside the mode, ``range_semitones`` from lowest to highest, ``repetition`` 0 (nothing comes back)
    to 2 (more thematic than the model would be by itself, which is 1), ``style`` one of STYLES."""

    leaps: float | None = None
    chromatic: float | None = None
    range_semitones: int | None = None
    repetition: float | None = None
    style: str | None = None


def mode_class(mode: str) -> int:
    return 1 + _MODE_NAMES.index(mode)


def tempo_class(quarters_a_minute: float | None) -> int:
    return UNSAID if quarters_a_minute is None else 1 + int(np.searchsorted(TEMPO_EDGES, quarters_a_minute, "right"))


def style_class(style: str | None) -> int:
    """Raises OptionError for a style that is not in the material."""
    if style is None:
        return UNSAID
    if style not in STYLES:
        raise OptionError(f"There is no style '{style}'. Choose one of {', '.join(STYLES)}.")
    return 1 + STYLES.index(style)


def edge_class(edges: tuple[float, ...], value: float | None) -> int:
    return UNSAID if value is None else 1 + int(np.searchsorted(edges, value, "right"))


def measured(pitches: NDArray[np.int64], home: int, foreign: float) -> dict[str, int]:
    """Register, range, leaps and chromatic of a line in MIDI pitches; ``foreign`` is the share outside the mode."""
    leaps = np.abs(np.diff(pitches)) > LEAP_SEMITONES
    return {"register": edge_class(REGISTER_EDGES, float(pitches.mean()) - home),
            "range": edge_class(RANGE_EDGES, int(pitches.max() - pitches.min())),
            "leaps": edge_class(LEAP_EDGES, float(leaps.mean()) if leaps.size else None),
            "chromatic": edge_class(CHROMATIC_EDGES, foreign)}


@cache
def emotion_wishes() -> Mapping[str, Wishes]:
    """melody_controls.json: what each emotion asks of a line."""
    text = Path(__file__).with_name("melody_controls.json").read_text(encoding="utf-8")
    return {name: Wishes(**wishes) for name, wishes in json.loads(text)["emotions"].items()}


def merged(brief: CueBrief, by_hand: Wishes) -> Wishes:
    """What is said by hand, else what the brief says, else what its emotion says."""
    told = Wishes(brief.leaps, brief.chromatic, brief.range_semitones, brief.repetition)
    return _over(by_hand, _over(told, emotion_wishes().get(brief.emotion or "", Wishes())))


def _over(first: Wishes, second: Wishes) -> Wishes:
    said = {f.name: getattr(first, f.name) for f in fields(Wishes)}
    return Wishes(**{name: getattr(second, name) if value is None else value for name, value in said.items()})
