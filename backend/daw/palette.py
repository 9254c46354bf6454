"""Which colour, plug-in and General MIDI program stands for what.

Instrument tracks carry ReaSynth, which every REAPER has, and carry it bypassed: see :mod:`backend.daw.build`.
"""
from __future__ import annotations

from dataclasses import dataclass

from backend.domain.instruments import Instrument
from backend.domain.session import Fx


@dataclass(frozen=True)
class Family:
    """A folder of the session. ``color`` is 0xRRGGBB. ``room_size``, ``damping`` and ``delay`` are ReaVerbate's
    parameters in 0..1."""

    title: str
    color: int
    room_size: float
    damping: float
    delay: float


FAMILIES: dict[str, Family] = {
    "strings": Family("Strings", 0xC0392B, 0.74, 0.45, 0.03),
    "woodwind": Family("Woodwind", 0x27AE60, 0.70, 0.45, 0.025),
    "brass": Family("Brass", 0xD4A017, 0.78, 0.50, 0.015),
    "choir": Family("Choir", 0x8E44AD, 0.84, 0.40, 0.02),
    "harp_keys": Family("Harp and keys", 0x2E86C1, 0.66, 0.45, 0.03),
    "tuned_perc": Family("Tuned percussion", 0x16A085, 0.72, 0.40, 0.02),
    "percussion": Family("Percussion", 0x7F8C8D, 0.80, 0.55, 0.01),
    "plucked": Family("Plucked", 0xA0522D, 0.62, 0.50, 0.03),
    "world": Family("World", 0xCA6F1E, 0.66, 0.50, 0.03),
    "synth": Family("Synth", 0x34495E, 0.76, 0.35, 0.0),
}
"""By stem, in score order. Room figures by ear: brass and percussion sit further back, so less pre-delay."""

_OTHER = Family("Other", 0x566573, 0.70, 0.45, 0.02)
PICTURE_COLOR = 0x1C2833
SPOTS_COLOR = 0xF1C40F
MELODY_COLOR = 0xE67E22
PRINTED_COLOR = 0x2C3E50
HIT_COLORS = {"hard": 0xE74C3C, "soft": 0xF39C12, "avoid": 0x95A5A6, "ring_out": 0x3498DB}
SECTION_COLORS = (0x5DADE2, 0x58D68D, 0xAF7AC5, 0xF5B041, 0xEC7063, 0x45B39D)

_BOWED_PROGRAMS = frozenset({40, 41, 42, 43, 48, 49})
_TRUMPET = 56
_PIZZICATO, _TREMOLO, _MUTED_TRUMPET = 45, 44, 59


def family(stem: str) -> Family:
    """What the folder of a stem looks and sounds like."""
    return FAMILIES.get(stem, _OTHER)


def program_for(instrument: Instrument, articulation: str) -> int:
    """General MIDI program (0-127) that comes nearest to an articulation; most articulations have none."""
    if instrument.gm_program in _BOWED_PROGRAMS:
        if articulation in ("pizzicato", "bartok_pizz"):
            return _PIZZICATO
        if articulation == "tremolo":
            return _TREMOLO
    if instrument.gm_program == _TRUMPET and articulation == "con_sord":
        return _MUTED_TRUMPET
    return instrument.gm_program


def synth_fx() -> Fx:
    """REAPER's own synthesizer, bypassed: a placeholder the user replaces by an instrument."""
    return Fx("synth", "ReaSynth", (), bypassed=True)


def reverb_fx(stem: str) -> Fx:
    """The room of a family. It sits on a send, so it is all wet."""
    room = family(stem)
    return Fx("reverb", "ReaVerbate", (
        ("wet", 1.0), ("dry", 0.0), ("room_size", room.room_size), ("damping", room.damping), ("width", 1.0),
        ("delay", room.delay), ("lowpass", 0.85), ("highpass", 0.06)))
