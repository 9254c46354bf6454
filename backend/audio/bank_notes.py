"""What the bank's own notes are like, measured by playing them: how long they take to speak and how loud they are.

Programs of one bank differ by more than 20 dB at the same velocity (docs/benchmarks/render.md), while a session's
faders assume instruments of equal strength. Each program of a part is therefore trimmed by its notes' median level.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.audio.attack import HOP_S, SWELL_WINDOW_S, half_rise, running_peak
from backend.audio.loudness import k_weighting
from backend.audio.performance import PlayedNote
from backend.audio.soundfont import Preset
from backend.audio.voice import flush, select_preset

MAX_ADVANCE_S = 0.25
"""Slow pads start at most this early: earlier would be heard as an entry of its own."""
VELOCITY_STEP = 64
"""Banks switch layers by velocity: a note is measured once for soft and once for loud. Each costs about 2 ms."""
REFERENCE_DB = -16.0
"""Level a part is trimmed to at full velocity: about the bank's median, so that most trims are small."""
MAX_TRIM_DB = 10.0
TRANSIENT_DB = 12.0
"""A struck note counts at least as its peak less this: its 0.2 s loudness alone would make it stick out. By ear."""
_WINDOW_S = 0.2
_SHORTEST_PERIOD_S = 0.004
_SILENCE_DB = -200.0
_FAINTEST = 1e-4


@dataclass(frozen=True, eq=False)
class NoteSound:
    """``rise``: running maximum of the envelope every 0.5 ms; ``level_db`` as it would be at velocity 127."""

    rise: np.ndarray
    level_db: float


class BankNotes:
    """Measured notes of one bank, remembered. Values depend on the bank only, never on the order of asking."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._sounds: dict[tuple[Preset, int, int], NoteSound] = {}

    def advance(self, font: Any, note: PlayedNote) -> int:
        """Samples by which ``note`` must start early. Plays the note on ``font``, which must be idle."""
        rise, hop = self._sound(font, note).rise, round(HOP_S * self._sample_rate)
        index = len(rise)
        for _ in range(2):  # an early start makes a short note longer, which may raise its peak: twice is enough
            index = half_rise(rise, (note.end - note.start) // hop + index)
        return min(index * hop, round(MAX_ADVANCE_S * self._sample_rate))

    def speaks(self, font: Any, note: PlayedNote) -> bool:
        """Whether the bank has a sound for the note at all."""
        return bool(self._sound(font, note).rise[-1] > 0)

    def trim_db(self, font: Any, notes: list[PlayedNote]) -> float:
        """Gain that brings the median of ``notes`` to the reference level."""
        if not notes:
            return 0.0
        level = float(np.median([self._sound(font, note).level_db for note in notes]))
        return min(MAX_TRIM_DB, max(-MAX_TRIM_DB, REFERENCE_DB - level))

    def _sound(self, font: Any, note: PlayedNote) -> NoteSound:
        key = (note.preset, note.pitch, note.velocity // VELOCITY_STEP)
        if key not in self._sounds:
            self._sounds[key] = self._measure(font, *key)
        return self._sounds[key]

    def _measure(self, font: Any, preset: Preset, pitch: int, layer: int) -> NoteSound:
        velocity = min(127, layer * VELOCITY_STEP + VELOCITY_STEP // 2)
        sound = np.zeros((round((SWELL_WINDOW_S + 0.05) * self._sample_rate), 2), np.float32)
        flush(font)
        select_preset(font, 0, preset)
        font.channel_note_on(0, pitch, velocity / 127)
        font.render(sound.view(np.uint8).reshape(-1))
        flush(font)
        period_s = _SHORTEST_PERIOD_S if preset.drum else 1 / (440 * 2 ** ((pitch - 69) / 12))
        sound *= np.abs(sound).max() >= _FAINTEST
        rise = running_peak(sound, max(period_s, _SHORTEST_PERIOD_S), self._sample_rate)
        return NoteSound(rise, note_level_db(sound, self._sample_rate) - 20 * float(np.log10(velocity / 127)))


def note_level_db(sound: np.ndarray, sample_rate: int) -> float:
    """K-weighted level of the loudest 0.2 s of ``sound`` [samples, 2], or its peak less 12 dB where that is more."""
    from scipy.signal import sosfilt

    peak = float(np.abs(sound).max())
    if peak == 0:
        return _SILENCE_DB
    power = (sosfilt(k_weighting(sample_rate), sound, axis=0) ** 2).sum(axis=1)
    sums = np.cumsum(np.pad(power, (1, 0)))
    width = round(_WINDOW_S * sample_rate)
    loudest = float((sums[width:] - sums[:-width]).max()) / width
    return max(-0.691 + 10 * float(np.log10(loudest)), 20 * float(np.log10(peak)) - TRANSIENT_DB)
