"""Frame rates and frame times from timestamps: pure functions over what a container says."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from statistics import median

from backend.domain.time import FrameRate, timecode_frame
from backend.errors import OptionError

STANDARD_RATES = tuple(Fraction(n, d) for n, d in (
    (10, 1), (12, 1), (12000, 1001), (15, 1), (15000, 1001), (16, 1), (18, 1), (20, 1), (24000, 1001), (24, 1),
    (25, 1), (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1), (60000, 1001), (60, 1), (100, 1),
    (120000, 1001), (120, 1)))
"""Rates that films, televisions and phones use."""

SNAP_RELATIVE = Fraction(2, 10_000)
"""A rate this close to a standard one is that one; 24 and 23.976 are 10 / 10 000 apart."""

JITTER_RELATIVE = Fraction(5, 1000)
"""The same for a rate measured from uneven time stamps (phones)."""

LOOSE = Fraction(1, 5)
"""How far a container's rate may be from the usual distance of frames before it is disbelieved."""

LOWEST_RATE, HIGHEST_RATE = Fraction(1), Fraction(300)
"""Rates outside are time bases mistaken for rates."""

VARIABLE_SHARE = 0.02
"""Share of irregular frame distances above which a clip counts as variable; a damaged file misses a few frames."""


def choose_rate(candidates: Sequence[Fraction | None], ticks: Sequence[int], time_base: Fraction) -> Fraction | None:
    """The nominal rate: the candidate of the container whose grid the time stamps lie on, else their usual distance.

    ``ticks``: sorted time stamps in units of ``time_base`` seconds. Returns None when nothing is known.
    """
    usable = [snap_rate(rate) for rate in candidates if rate and LOWEST_RATE <= rate <= HIGHEST_RATE]
    steps = [(b - a) * time_base for a, b in zip(ticks, ticks[1:], strict=False)]
    if not steps:
        return usable[0] if usable else None
    for rate in usable:
        if grid_frames(ticks, time_base, rate) is not None and abs(rate * Fraction(median(steps)) - 1) < LOOSE:
            return rate
    mean = snap_rate(len(steps) / sum(steps, Fraction(0)), JITTER_RELATIVE)
    if grid_frames(ticks, time_base, mean) is not None:
        return mean
    usual = 1 / Fraction(median(steps))
    near = [rate for rate in usable if abs(rate / usual - 1) <= LOOSE]
    return snap_rate(min(near, key=lambda rate: abs(rate / usual - 1)) if near else usual, JITTER_RELATIVE)


def snap_rate(rate: Fraction, tolerance: Fraction = SNAP_RELATIVE) -> Fraction:
    """The nearest standard rate within the relative tolerance, otherwise the rate itself (short fraction)."""
    nearest = min(STANDARD_RATES, key=lambda standard: abs(rate / standard - 1))
    return nearest if abs(rate / nearest - 1) <= tolerance else rate.limit_denominator(1001)


def frame_rate(fps: Fraction, drop: bool) -> FrameRate:
    """The domain object; drop-frame only where it exists."""
    can_drop = fps in (Fraction(30000, 1001), Fraction(60000, 1001))
    return FrameRate(fps.numerator, fps.denominator, drop and can_drop)


def exact_times(ticks: Sequence[int], time_base: Fraction, fps: Fraction) -> tuple[Fraction, ...]:
    """Seconds after the first frame of every frame.

    A container rounds times to its tick (1 ms in Matroska). When every time lies within one tick of the grid of
    ``fps``, the grid is what was meant and the grid times are returned; otherwise the ticks themselves.
    """
    if not ticks:
        return ()
    frames = grid_frames(ticks, time_base, fps)
    if frames is not None:
        return tuple(frame / fps for frame in frames)
    return tuple((tick - ticks[0]) * time_base for tick in ticks)


def grid_frames(ticks: Sequence[int], time_base: Fraction, fps: Fraction) -> list[int] | None:
    """Frame numbers of the grid of ``fps`` that the time stamps lie on, None when one is more than a tick away."""
    ticks_per_frame = 1 / (fps * time_base)
    num, den = ticks_per_frame.numerator, ticks_per_frame.denominator
    frames: list[int] = []
    for tick in ticks:
        scaled = (tick - ticks[0]) * den
        frame = (2 * scaled + num) // (2 * num)
        if abs(scaled - frame * num) > den or (frames and frame <= frames[-1]):
            return None
        frames.append(frame)
    return frames


def is_variable(ticks: Sequence[int]) -> bool:
    """Whether frames are not evenly spaced (beyond the rounding of the container and a few missing frames)."""
    steps = [b - a for a, b in zip(ticks, ticks[1:], strict=False)]
    if len(steps) < 2:
        return False
    usual = median(steps)
    odd = sum(abs(step - usual) > max(2, usual / 20) for step in steps)
    return odd > VARIABLE_SHARE * len(steps) and odd > 2


def start_frame(timecode: str, rate: FrameRate) -> int:
    """Absolute frame number of a start timecode the user gave. Raises OptionError."""
    try:
        return timecode_frame(timecode, rate)
    except ValueError as error:
        raise OptionError(f"--start-timecode: {error}") from None
