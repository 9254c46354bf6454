"""The brief: what the music should be like, worked out from the description and the user's wishes."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CueBrief:
    """Musical targets of one cue (craft: additive linear cues of valence and arousal, emotion table).

    ``emotion`` is null unless the user or a model named it. ``tonic_pc`` 0..11, ``mode`` a name of
    music.theory.MODES. ``dynamic`` 0 (ppp) .. 7 (fff). ``articulation`` is note duration over inter-onset time.
    ``dissonance`` is Huron's mean interval consonance to aim for: lower is harsher.
    ``percussion`` 0 none .. 3 much. ``core`` and ``avoid`` are instrument ids.
    """

    emotion: str | None
    valence: float
    arousal: float
    tonic_pc: int
    mode: str
    tempo_lo_qpm: float
    tempo_hi_qpm: float
    tempo_qpm: float
    meter_numerator: int
    meter_denominator: int
    onsets_per_beat: float
    register_pitch: int
    dynamic: float
    articulation: float
    dissonance: float
    bars_per_chord: float
    layers: int
    percussion: int
    progressions: tuple[str, ...]
    core: tuple[str, ...]
    avoid: tuple[str, ...]
    made_by: str = ""
