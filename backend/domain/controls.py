"""What a user asks of the music by hand, over what the picture and the emotion say."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

MODE_NAMES = ("major", "lydian", "mixolydian", "dorian", "aeolian", "harmonic_minor", "phrygian", "octatonic",
              "chromatic")
LIMITS = {"density": (0.1, 6.0), "repetition": (0.0, 2.0), "register": (40.0, 88.0), "range": (5.0, 36.0),
          "leaps": (0.0, 0.8), "chromatic": (0.0, 0.6)}
MEANINGS = {"density": "notes a quarter, e.g. 0.5 or 2", "repetition": "0 nothing comes back, 1 as always, 2 thematic",
            "register": "middle of the melody, a note such as C5 or a MIDI number",
            "range": "semitones from its lowest note to its highest",
            "leaps": "share of intervals above a major third, e.g. 0.2",
            "chromatic": "share of notes outside the mode, e.g. 0.1",
            "mode": f"one of {', '.join(MODE_NAMES)}"}
"""Every control with what it takes, as flags and their errors say it."""
_NOTE = re.compile(r"([A-Ga-g])([#b]?)(-?\d)$")
_WHOLE = ("register", "range")


@dataclass(frozen=True)
class Controls:
    """None: not said. ``density`` in onsets a quarter, ``register`` and ``range`` in semitones (MIDI pitch of the
    middle; lowest to highest), ``leaps`` share of intervals above a major third, ``chromatic`` share of notes outside
    the mode, ``repetition`` 0 (nothing comes back) .. 1 (as without it) .. 2 (more thematic)."""

    density: float | None = None
    repetition: float | None = None
    register: int | None = None
    range: int | None = None
    leaps: float | None = None
    chromatic: float | None = None
    mode: str | None = None


CONTROLS = tuple(field.name for field in fields(Controls))


def read_controls(texts: Mapping[str, object]) -> Controls:
    """Controls from what was typed, by name; what is None or missing is not said. Raises ValueError in one line."""
    said = {name: str(texts[name]).strip() for name in CONTROLS if texts.get(name) is not None}
    mode = said.pop("mode", None)
    if mode is not None:
        mode = mode.lower().replace(" ", "_").replace("-", "_")
        if mode not in MODE_NAMES:
            raise ValueError(f"--mode '{mode}': choose {MEANINGS['mode']}.")
    numbers = {name: _number(name, text) for name, text in said.items()}
    whole = {name: round(value) for name, value in numbers.items() if name in _WHOLE}
    return Controls(**{**numbers, **whole}, mode=mode)  # type: ignore[arg-type]


def _number(name: str, text: str) -> float:
    note = _NOTE.match(text) if name == "register" else None
    if note is not None:
        letter, accidental, octave = note.groups()
        value: float = ({"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter.upper()]
                        + {"#": 1, "b": -1, "": 0}[accidental] + 12 * (int(octave) + 1))
    elif re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}", text):
        value = float(text)
    else:
        raise ValueError(f"--{name} '{text}': give {MEANINGS[name]}.")
    low, high = LIMITS[name]
    if not low <= value <= high or (name in _WHOLE and value != int(value)):
        raise ValueError(f"--{name} '{text}': give {MEANINGS[name]}, within {low:g} and {high:g}.")
    return value
