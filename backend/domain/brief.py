"""The brief: what the music should be like, worked out from the description and the user's wishes."""
from __future__ import annotations

from dataclasses import dataclass

from backend.domain.controls import LIMITS
from backend.domain.description import EMOTIONS
from backend.domain.limits import within

SLOWEST_QPM, FASTEST_QPM = 20, 300
METER_UNITS = (2, 4, 8, 16)


@dataclass(frozen=True)
class CueBrief:
    """Musical targets of one cue (craft: additive linear cues of valence and arousal, emotion table).

    ``emotion`` is null unless the user or a model named it. ``tonic_pc`` 0..11, ``mode`` a name of
    music.theory.MODES. ``dynamic`` 0 (ppp) .. 7 (fff). ``articulation`` is note duration over inter-onset time.
    ``dissonance`` is Huron's mean interval consonance to aim for: lower is harsher.
    ``percussion`` 0 none .. 3 much. ``core`` and ``avoid`` are instrument ids. The last four figures are the user's
    word on the melody, null where nothing was said (domain.controls tells what they mean). ``words`` describe the
    music where the description's reasoning does: what a text-to-music model is asked for.
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
    repetition: float | None = None
    range_semitones: int | None = None
    leaps: float | None = None
    chromatic: float | None = None
    words: str = ""

    def __post_init__(self) -> None:
        if self.emotion is not None and self.emotion not in EMOTIONS:
            raise ValueError(f"emotion: there is no '{self.emotion}'; choose null or one of {', '.join(EMOTIONS)}")
        for name, low, high in (("valence", -1, 1), ("arousal", -1, 1), ("tonic_pc", 0, 11),
                                ("meter_numerator", 1, 24), ("onsets_per_beat", 0.05, 8), ("register_pitch", 24, 108),
                                ("dynamic", 0, 7), ("articulation", 0.05, 2), ("dissonance", -2, 2),
                                ("bars_per_chord", 0.125, 16), ("layers", 0, 16), ("percussion", 0, 3)):
            within(name, getattr(self, name), low, high)
        for name, control in (("repetition", "repetition"), ("range_semitones", "range"), ("leaps", "leaps"),
                              ("chromatic", "chromatic")):
            if getattr(self, name) is not None:
                within(name, getattr(self, name), *LIMITS[control])
        if self.meter_denominator not in METER_UNITS:
            raise ValueError(f"meter_denominator: {self.meter_denominator} is not 2, 4, 8 or 16")
        self._check_tempo()

    def _check_tempo(self) -> None:
        within("tempo_lo_qpm", self.tempo_lo_qpm, SLOWEST_QPM, FASTEST_QPM)
        within("tempo_hi_qpm", self.tempo_hi_qpm, SLOWEST_QPM, FASTEST_QPM)
        if self.tempo_hi_qpm < self.tempo_lo_qpm:
            raise ValueError(f"tempo_hi_qpm: {self.tempo_hi_qpm:g} is less than tempo_lo_qpm")
        within("tempo_qpm", self.tempo_qpm, self.tempo_lo_qpm, self.tempo_hi_qpm)
