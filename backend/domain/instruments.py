"""What an instrument can play and where it sits. The data file is backend/music/instruments.json."""
from __future__ import annotations

from dataclasses import dataclass

FAMILIES = ("strings", "woodwind", "brass", "choir", "keys", "tuned_perc", "percussion", "plucked", "world", "synth")


@dataclass(frozen=True)
class Instrument:
    """Ranges are sounding MIDI pitches (low, high). ``pan`` -1 left .. 1 right, ``reverb_space`` 0..1.

    ``stem`` is the family folder the track lands in. ``attack_ms`` is the typical time to 50 % rise of a sampled
    section. ``drum_pitches`` are General MIDI percussion keys of unpitched instruments. ``power_weight_db`` is how much
    louder than a solo violin it can be.
    """

    id: str
    name: str
    family: str
    stem: str
    gm_program: int
    pitched: bool
    transposition: int
    clef: str
    full_range: tuple[int, int]
    practical_range: tuple[int, int]
    sweet_range: tuple[int, int]
    pan: float
    reverb_space: float
    stereo_width: float
    max_polyphony: int
    roles: tuple[str, ...]
    articulations: dict[str, int]
    level_offset_db: float
    attack_ms: float
    breath_limit_s: float | None
    emotions: tuple[str, ...]
    any_emotion: bool
    dynamics_cc: tuple[int, ...]
    drum_pitches: tuple[int, ...] = ()
    power_weight_db: float = 0.0
