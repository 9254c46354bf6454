"""One gain and, only if it must be, one limiter curve for the mix and all its stems."""
from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from backend.audio.limiter import block_gain, gain_curve
from backend.audio.loudness import SILENCE_LUFS, hop_powers, integrated
from backend.audio.true_peak import block_peaks

CEILING_DBTP = -2.0
CEILING_MARGIN_DB = 0.05
"""The curve is computed on blocks, the ceiling is checked on the written file: this keeps rounding below it."""
STEM_CEILING_DBFS = -0.1
"""A stem may be louder than the mix where parts cancel; it must still fit the file."""
MAX_REDUCTION_DB = 3.0
TOLERANCE_LU = 0.1
MAX_PASSES = 3
GAIN_SEARCH_DB = 6.0
"""The passes may raise the gain by up to this: peaks are computed finely enough for it."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Level:
    """``curve`` [samples] multiplies after ``gain_db``; None means 1 everywhere."""

    gain_db: float
    curve: np.ndarray | None

    @property
    def reduction_db(self) -> float:
        """Depth of the curve, 0 or negative."""
        return 0.0 if self.curve is None else 20 * float(np.log10(self.curve.min()))

    def apply(self, sound: np.ndarray) -> np.ndarray:
        """``sound`` [2, samples] at its final level, float32."""
        levelled = sound * np.float32(10 ** (self.gain_db / 20))
        return levelled if self.curve is None else levelled * self.curve


def find_level(mix: np.ndarray, stems: list[np.ndarray], target_lufs: float, sample_rate: int) -> Level:
    """Gain to the integrated target; where the true peak would pass -2 dBTP, the limiter, then the gain again (<= 3 x).

    Integrated loudness is the target for short cues too: the gates of BS.1770 already leave their silence out, and the
    figure a mixer will measure is this one.
    """
    loudness = integrated(hop_powers(mix, sample_rate))
    if loudness <= SILENCE_LUFS:
        return Level(0.0, None)
    gain_db = target_lufs - loudness
    allowed = _allowed_gain(mix, stems, gain_db)
    level = Level(gain_db, None)
    for correction in range(MAX_PASSES + 1):
        room = np.minimum(1.0, allowed / 10 ** (gain_db / 20))
        level = Level(gain_db, gain_curve(room, mix.shape[1], sample_rate))
        if level.curve is None or correction == MAX_PASSES:
            break
        error = target_lufs - integrated(hop_powers(level.apply(mix), sample_rate))
        if abs(error) <= TOLERANCE_LU:
            break
        gain_db += error
    if level.reduction_db < -MAX_REDUCTION_DB:
        _logger.warning("the limiter takes %.1f dB at the loudest accent: lower the target or that accent's envelope",
                        -level.reduction_db)
    return level


def _allowed_gain(mix: np.ndarray, stems: list[np.ndarray], gain_db: float) -> np.ndarray:
    """Per block [blocks]: the most gain before the mix's true peak or a stem's sample peak passes its ceiling."""
    ceiling = 10 ** ((CEILING_DBTP - CEILING_MARGIN_DB) / 20)
    allowed = block_gain(mix, ceiling, 10 ** ((gain_db + GAIN_SEARCH_DB) / 20))
    stem_ceiling = 10 ** (STEM_CEILING_DBFS / 20)
    for stem in stems:
        allowed = np.minimum(allowed, stem_ceiling / np.maximum(block_peaks(stem), 1e-9))
    return allowed
