"""A decoded frame made small: the arrays every measurement starts from."""
from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

ANALYSIS_HEIGHT = 90
"""Lines of the luma picture. Measured: DIS flow at 90 lines (finest scale 1) is as accurate on known pans as at 180
lines (finest scale 2) for half the time, see docs/benchmarks/picture.md."""

THUMB_HEIGHT, THUMB_WIDTH = 18, 32
"""Size of the colour thumbnail that pictures are compared by."""

FULL_RANGE = 2
"""libavutil's AVCOL_RANGE_JPEG: luma uses all of 0..255."""

_PLANAR = re.compile(r"yuvj?4\d\dp(?:(9|10|12|14|16)le)?$")


@dataclass(frozen=True)
class Picture:
    """``luma`` uint8 [90, width], full range; ``thumb`` float32 [18, 32, 3], Y U V in 0..255, chroma around 128."""

    luma: np.ndarray
    thumb: np.ndarray

    def bgr(self) -> np.ndarray:
        """The thumbnail as uint8 [18, 32, 3] BGR."""
        return cv2.cvtColor(self.thumb.astype(np.uint8), cv2.COLOR_YUV2BGR)


def analysis_width(width: int, height: int) -> int:
    """Even width of the luma picture for a displayed size, kept within 32..320 for extreme shapes."""
    return max(32, min(320, 2 * round(ANALYSIS_HEIGHT * width / height / 2)))


class Shrinker:
    """Turns decoder frames of one stream into pictures; keeps its lookup tables between frames."""

    def __init__(self, rotation_degrees: int, pixel_aspect: Fraction) -> None:
        """``rotation_degrees`` clockwise, a multiple of 90; ``pixel_aspect`` width over height of a pixel."""
        self._rotation = rotation_degrees % 360
        self._aspect = pixel_aspect
        levels = np.arange(256, dtype=np.float32)
        self._luma_table = np.clip(np.rint((levels - 16) * 255 / 219), 0, 255).astype(np.uint8)

    def shrink(self, frame: Any) -> Picture:
        """A picture of an ``av.VideoFrame`` of any pixel format."""
        shift = _extra_bits(frame.format.name)
        if shift is None:
            frame, shift = frame.reformat(format="yuv420p", interpolation="FAST_BILINEAR"), 0
        full_range = frame.format.name.startswith("yuvj") or frame.color_range == FULL_RANGE
        luma = self._luma(_plane(frame.planes[0], shift), frame.width, frame.height, shift)
        chroma = [self._chroma(_plane(plane, shift), shift) for plane in frame.planes[1:3]]
        if not full_range:
            luma = cv2.LUT(luma, self._luma_table)
            chroma = [(plane - 128) * (255 / 224) + 128 for plane in chroma]
        size = (THUMB_HEIGHT, THUMB_WIDTH) if self._sideways else (THUMB_WIDTH, THUMB_HEIGHT)
        small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        thumb = np.clip(cv2.merge([small, *chroma]), 0, 255)
        return Picture(self._turn(luma), self._turn(thumb))

    @property
    def _sideways(self) -> bool:
        return self._rotation in (90, 270)

    def _luma(self, plane: np.ndarray, width: int, height: int, shift: int) -> np.ndarray:
        wide = float(width * self._aspect)
        if self._sideways:
            size = (ANALYSIS_HEIGHT, analysis_width(height, round(wide)))
        else:
            size = (analysis_width(round(wide), height), ANALYSIS_HEIGHT)
        return _to_8_bit(_smaller(plane, size), shift)

    def _chroma(self, plane: np.ndarray, shift: int) -> np.ndarray:
        size = (THUMB_HEIGHT, THUMB_WIDTH) if self._sideways else (THUMB_WIDTH, THUMB_HEIGHT)
        return _to_8_bit(_smaller(plane, size), shift).astype(np.float32)

    def _turn(self, array: np.ndarray) -> np.ndarray:
        turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
        return cv2.rotate(array, turns[self._rotation]) if self._rotation in turns else array


@lru_cache
def _extra_bits(format_name: str) -> int | None:
    """Bits beyond 8 of a planar YUV format, None for all others."""
    match = _PLANAR.match(format_name)
    if not match or (match[1] and int(match[1]) not in (10, 12)):
        return None
    return int(match[1]) - 8 if match[1] else 0


def _plane(plane: Any, shift: int) -> np.ndarray:
    """The samples of a decoder plane without padding, not copied: [height, width], uint8 or uint16."""
    kind = np.dtype("<u2") if shift else np.dtype(np.uint8)
    rows = np.frombuffer(plane, kind).reshape(-1, plane.line_size // kind.itemsize)
    return rows[:plane.height, :plane.width]


def _smaller(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """``plane`` at (width, height) ``size``: halved by averaging as often as it goes, the rest interpolated.

    Seven times faster than one averaging step at 640x360, thirteen times where the ratio is not whole.
    """
    width, height = size
    while plane.shape[1] >= 2 * width and plane.shape[0] >= 2 * height:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = cv2.resize(plane[:2 * half[1], :2 * half[0]], half, interpolation=cv2.INTER_AREA)
    return cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR)


def _to_8_bit(plane: np.ndarray, shift: int) -> np.ndarray:
    return (plane >> shift).astype(np.uint8) if shift else plane
