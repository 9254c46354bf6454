"""Gain over time: what controllers and envelopes mean, as breakpoints and as one value a sample."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from backend.domain.session import EnvelopePoint

GRID_S = 0.001
"""Curves are evaluated every millisecond and joined by straight lines: finer than any fader move."""
DRAWN_GAP_S = 0.3
"""Controller events closer than this belong to one drawn line (arrangers write sixteenths: 0.125 s at 120 bpm)."""
DRAWN_STEP = 0.2
"""... unless the gain leaps by more than this: then it is a jump that must not be smeared. By ear."""
JUMP_S = 0.03
"""A jump is reached by a ramp this long that ENDS on the event, so an accent has its full level on time. By ear."""
FADER_EXPONENT = 0.25
"""REAPER's fader scale runs as amplitude^0.252: 716.2178 at 0 dB, 852.7745 at +6.02 dB."""


@dataclass(frozen=True)
class Curve:
    """Straight lines through ``samples`` (ascending) and ``values``; the end values hold outside."""

    samples: np.ndarray
    values: np.ndarray

    def at(self, positions: np.ndarray) -> np.ndarray:
        values: np.ndarray = np.interp(positions, self.samples, self.values)
        return values


def dynamics_curve(events: list[tuple[int, float]], sample_rate: int) -> Curve:
    """Controller events (sample, linear gain) to a curve: neighbours joined, leaps ramped just before the event."""
    positions = [float(events[0][0])]
    gains = [events[0][1]]
    for (t0, v0), (t1, v1) in zip(events, events[1:], strict=False):
        drawn = t1 - t0 <= DRAWN_GAP_S * sample_rate and abs(v1 - v0) <= DRAWN_STEP
        if not drawn:
            positions.append(max(float(t0), t1 - JUMP_S * sample_rate))
            gains.append(v0)
        positions.append(float(t1))
        gains.append(v1)
    return Curve(np.array(positions), np.array(gains))


def volume_curve(points: tuple[EnvelopePoint, ...], sample_of: Callable[[int], int]) -> Curve:
    """Envelope points in dB to the fourth root of linear gain, which is where REAPER draws straight lines."""
    ordered = sorted(points, key=lambda point: point.tick)
    gains = [10 ** (point.value / 20 * FADER_EXPONENT) for point in ordered]
    return Curve(np.array([float(sample_of(point.tick)) for point in ordered]), np.array(gains))


def pan_curve(points: tuple[EnvelopePoint, ...], sample_of: Callable[[int], int]) -> Curve:
    """Envelope points -1..1, straight lines."""
    ordered = sorted(points, key=lambda point: point.tick)
    return Curve(np.array([float(sample_of(p.tick)) for p in ordered]), np.array([p.value for p in ordered]))


def grid(samples: int, sample_rate: int) -> np.ndarray:
    """Sample positions of the control grid that covers ``samples``."""
    step = round(GRID_S * sample_rate)
    return np.arange(-(-samples // step) + 1, dtype=float) * step


def to_samples(values: np.ndarray, samples: int, sample_rate: int) -> np.ndarray:
    """Control-grid values [k] to one float32 value a sample [samples]."""
    step = round(GRID_S * sample_rate)
    ramp = np.arange(step, dtype=np.float32) / np.float32(step)
    left = values[:-1].astype(np.float32)
    rise = np.diff(values).astype(np.float32)
    return (left[:, None] + rise[:, None] * ramp).reshape(-1)[:samples]
