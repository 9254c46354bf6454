"""Audio in memory: a rendered mix, read once."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import InputError


@dataclass(frozen=True)
class Sound:
    """``samples``: float32, shape (frames, channels), full scale 1; sample 0 lies at cue time 0."""

    samples: np.ndarray
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate


def read_sound(path: Path) -> Sound:
    """A WAV file. Raises InputError."""
    import soundfile

    try:
        samples, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise InputError(f"'{path}' cannot be read as sound. Render the cue again.") from None
    return Sound(samples, int(rate))
