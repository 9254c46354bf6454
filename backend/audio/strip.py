"""The channel strip: volume envelope, fader, width, pan. Signals are float32 [2, samples]."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.audio.clock import SessionClock
from backend.audio.curve import FADER_EXPONENT, grid, pan_curve, to_samples, volume_curve
from backend.domain.session import Track

FLOOR_DB = -150.0
"""Below this a fader is closed."""


def linear(gain_db: float) -> float:
    """dB to amplitude."""
    return 0.0 if gain_db <= FLOOR_DB else float(10 ** (gain_db / 20))


def pan_gains(pan: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Constant power, -3 dB in the centre: left cos((p+1)pi/4), right sin((p+1)pi/4); ``pan`` -1..1."""
    angle = (np.clip(pan, -1.0, 1.0) + 1.0) * (np.pi / 4)
    return np.cos(angle), np.sin(angle)


@dataclass(frozen=True)
class Strip:
    """Gains of the two channels: one number each, or one value a sample."""

    left: np.ndarray
    right: np.ndarray
    width: float

    def apply(self, sound: np.ndarray) -> np.ndarray:
        """Process ``sound`` [2, samples] in place and return it: width (mid and side), then the two gains."""
        if self.width != 1.0:
            side = (sound[0] - sound[1]) * np.float32(0.5 * (1.0 - self.width))
            sound[0] -= side
            sound[1] += side
        sound[0] *= self.left
        sound[1] *= self.right
        return sound


def strip_of(track: Track, clock: SessionClock, samples: int, shape: np.ndarray | None = None) -> Strip:
    """The strip of a track for ``samples`` samples from time 0.

    ``shape`` [control grid] is extra linear gain (the dynamics). Envelopes lie on the picture's clock and are not
    moved by attack compensation. A pan envelope adds to the pan knob.
    """
    positions = grid(samples, clock.sample_rate)
    level = np.full(len(positions), linear(track.gain_db)) if shape is None else shape * linear(track.gain_db)
    pan: np.ndarray | float = track.pan
    if track.volume_envelope:
        level = level * volume_curve(track.volume_envelope, clock.sample).at(positions) ** (1 / FADER_EXPONENT)
    if track.pan_envelope:
        pan = track.pan + pan_curve(track.pan_envelope, clock.sample).at(positions)
    left, right = pan_gains(pan)
    if shape is None and not track.volume_envelope and not track.pan_envelope:
        return Strip(np.asarray(level[0] * left, np.float32), np.asarray(level[0] * right, np.float32), track.width)
    whole = to_samples(level * left, samples, clock.sample_rate)
    other = to_samples(level * right, samples, clock.sample_rate)
    return Strip(whole, other, track.width)
