"""Does the music end where it was planned to, and how long does it ring?"""
from __future__ import annotations

import numpy as np

from backend.evaluation.onsets import Onsets
from backend.evaluation.sound import Sound

TAIL_DB = -50.0
"""The tail ends where 50 ms of sound fall this far below the loudest 50 ms: inaudible in a mix at -23 LUFS."""
BLOCK_S = 0.05
EARLY_S = 0.25


def frames_off(onsets_s: np.ndarray, planned_s: float, frame_s: float) -> float | None:
    """Frames from the planned end to the last onset (> 0: late); None without onsets."""
    return float((onsets_s[-1] - planned_s) / frame_s) if len(onsets_s) else None


def heard_frames_off(rises: Onsets, planned_s: float, frame_s: float) -> float | None:
    """Frames from the planned end to the greatest rise heard from EARLY_S before it to the end of the sound.

    The last rise itself would be ripple in the reverb tail; a note played after the planned end is greater than that.
    """
    late = rises.times_s >= planned_s - EARLY_S
    if not late.any():
        return None
    strongest = int(np.argmax(np.where(late, rises.salience, -1.0)))
    return float((rises.times_s[strongest] - planned_s) / frame_s)


def tail_s(sound: Sound, planned_s: float) -> float | None:
    """Seconds of sound after the planned end (0 when it is silent before); None for silence."""
    size = max(1, round(BLOCK_S * sound.sample_rate))
    whole = len(sound.samples) // size
    if whole == 0:
        return None
    blocks = (sound.samples[:whole * size].reshape(whole, -1) ** 2).mean(axis=1)
    if blocks.max() <= 0:
        return None
    last = int(np.nonzero(blocks >= blocks.max() * 10 ** (TAIL_DB / 10))[0][-1])
    return max(0.0, (last + 1) * BLOCK_S - planned_s)
