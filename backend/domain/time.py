"""Exact time: frame rates, timecode, and the only conversions between frames, seconds and text."""
from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.domain import serial

_NTSC = {"23.976": (24000, 1001), "23.98": (24000, 1001), "29.97": (30000, 1001), "47.952": (48000, 1001),
         "59.94": (60000, 1001), "119.88": (120000, 1001)}


_PLAIN_FRACTION = re.compile(
    r"\s*[+-]?(\d{1,120}(/\d{1,120})?|\d{0,40}\.\d{0,40}|\d{1,20}(\.\d{1,40})?[eE][+-]?\d{1,2})\s*")
"""Long enough for any exact time; ``1e999999999`` would be worked out for hours."""


def _fraction_from_plain(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected a number or a fraction like \"7/2\", got {value!r}")
    try:
        text = str(value)
        if not _PLAIN_FRACTION.fullmatch(text):
            raise ValueError(text)
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"expected a number or a fraction like \"7/2\", got {_short(value)}") from None


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10 ** 40 else "a very long number"
    return text if len(text) <= 40 else text[:37] + "..."


def _fraction_to_plain(value: Fraction) -> Any:
    return int(value) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


serial.register(Fraction, _fraction_to_plain, _fraction_from_plain)


@dataclass(frozen=True)
class FrameRate:
    """Frames per second as an exact fraction; ``drop`` marks drop-frame timecode (29.97 and 59.94 only)."""

    numerator: int
    denominator: int = 1
    drop: bool = False

    def __post_init__(self) -> None:
        if self.numerator <= 0 or self.denominator <= 0:
            raise ValueError("a frame rate must be positive")
        if self.drop and (self.numerator, self.denominator) not in ((30000, 1001), (60000, 1001)):
            raise ValueError("drop-frame timecode exists at 29.97 and 59.94 only")

    @property
    def fps(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def frame_s(self) -> Fraction:
        """Duration of one frame in seconds."""
        return 1 / self.fps

    @property
    def nominal(self) -> int:
        """Whole frames a timecode second counts: 24 for 23.976."""
        return max(1, round(self.fps))

    @property
    def frames_a_day(self) -> int:
        """After this many frames timecode begins again."""
        day = 24 * 3600 * self.nominal
        return day - 2 * self.nominal // 30 * 24 * 54 if self.drop else day

    def time_s(self, frame: int) -> Fraction:
        """Time of the start of ``frame`` at a constant rate."""
        return frame * self.frame_s

    def frame_at(self, time_s: Fraction) -> int:
        """The frame on screen at ``time_s``."""
        return int(time_s * self.fps // 1)

    def nearest_frame(self, time_s: Fraction) -> int:
        return int((time_s * self.fps + Fraction(1, 2)) // 1)

    def __str__(self) -> str:
        known = {v: k for k, v in _NTSC.items() if k != "23.98"}
        name = known.get((self.numerator, self.denominator))
        if name is None:
            name = str(self.numerator) if self.denominator == 1 else f"{self.numerator}/{self.denominator}"
        return name + ("df" if self.drop else "")

    @staticmethod
    def parse(text: str) -> FrameRate:
        """``24``, ``23.976``, ``24000/1001``, ``29.97df``. Raises ValueError."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)(?:/(\d+))?\s*(df)?\s*", text)
        if not match or match[2] and not int(match[2]):
            raise ValueError(f"'{text}' is no frame rate. Write 24, 23.976, 24000/1001 or 29.97df.")
        number, denominator, drop = match.groups()
        if denominator is None and number in _NTSC:
            pair = _NTSC[number]
        else:
            value = Fraction(number) / Fraction(denominator or 1)
            pair = (value.numerator, value.denominator)
        return FrameRate(pair[0], pair[1], drop is not None)


def _dropped_frames(frame: int, rate: FrameRate) -> int:
    """Timecode number of ``frame`` in drop-frame counting (SMPTE ST 12-1: two per minute, not every tenth)."""
    per_minute = 2 * rate.nominal // 30
    minute = rate.nominal * 60 - per_minute
    ten = rate.nominal * 600 - 9 * per_minute
    tens, rest = divmod(frame, ten)
    extra = max(0, (rest - per_minute) // minute) if rest >= per_minute else 0
    return frame + per_minute * (9 * tens + extra)


def timecode(frame: int, rate: FrameRate) -> str:
    """``HH:MM:SS:FF`` (``HH:MM:SS;FF`` for drop frame) of an absolute frame number, wrapping at 24 hours."""
    nominal = rate.nominal
    count = _dropped_frames(frame, rate) if rate.drop else frame
    seconds, ff = divmod(count, nominal)
    minutes, ss = divmod(seconds, 60)
    hours, mm = divmod(minutes, 60)
    return f"{hours % 24:02d}:{mm:02d}:{ss:02d}{';' if rate.drop else ':'}{ff:02d}"


def timecode_frame(text: str, rate: FrameRate) -> int:
    """Absolute frame number of a timecode. Raises ValueError for malformed or non-existing timecodes."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2}):(\d{2})[:;.](\d{2,3})", text.strip())
    if not match:
        raise ValueError(f"'{text}' is no timecode. Write HH:MM:SS:FF.")
    hours, minutes, seconds, frames = (int(group) for group in match.groups())
    if minutes > 59 or seconds > 59 or frames >= rate.nominal:
        raise ValueError(f"'{text}' does not exist at {rate} frames per second.")
    count = ((hours * 60 + minutes) * 60 + seconds) * rate.nominal + frames
    if not rate.drop:
        return count
    per_minute = 2 * rate.nominal // 30
    total_minutes = hours * 60 + minutes
    if seconds == 0 and frames < per_minute and minutes % 10:
        raise ValueError(f"'{text}' does not exist in drop-frame timecode.")
    return count - per_minute * (total_minutes - total_minutes // 10)


def parse_time(text: str, rate: FrameRate, start_frame: int = 0) -> Fraction:
    """Seconds (``12.5``) or timecode (``01:00:12:12``, counted from ``start_frame``) to clip seconds.

    Raises ValueError with a message for the user.
    """
    text = text.strip()
    if ":" in text or ";" in text:
        return rate.time_s(timecode_frame(text, rate) - start_frame)
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{text}' is no time. Write seconds (12.5) or a timecode (HH:MM:SS:FF).") from None
