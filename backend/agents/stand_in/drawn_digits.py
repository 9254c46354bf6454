"""Reads a number that is drawn in black on white with OpenCV's plain Hershey font, in any size.

Every dark shape is brought to one size and compared with the ten digits by normalised correlation.
"""
from __future__ import annotations

from functools import cache

import cv2
import numpy as np

_SIZE = (24, 36)
_DARK = 128
_LEAST_PIXELS = 30
_SURE = 0.8
"""Least correlation; of 100 to 999 the right digits have .999 through JPEG, others .65 at most."""


def number_of(image: bytes) -> int | None:
    """The number in a picture; None where there is none, or something else beside it."""
    picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    digits = [_digit(shape) for shape in _shapes(picture)] if picture is not None else []
    return int("".join(map(str, digits))) if digits and None not in digits else None


def _digit(shape: np.ndarray) -> int | None:
    likeness = [float(np.corrcoef(shape.ravel(), digit.ravel())[0, 1]) for digit in _digits()]
    best = int(np.argmax(likeness))
    return best if likeness[best] >= _SURE else None


def _shapes(picture: np.ndarray) -> list[np.ndarray]:
    """What is dark, from left to right, each float32 [36, 24]."""
    ink = (picture < _DARK).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink)
    found = sorted(tuple(int(value) for value in box) for box in boxes[1:] if box[4] >= _LEAST_PIXELS)
    return [cv2.resize(ink[y:y + high, x:x + wide].astype(np.float32), _SIZE, interpolation=cv2.INTER_AREA)
            for x, y, wide, high, _ in found]


@cache
def _digits() -> tuple[np.ndarray, ...]:
    out = []
    for digit in range(10):
        box = np.full((120, 100), 255, np.uint8)
        cv2.putText(box, str(digit), (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 3.0, 0, 8)
        out.append(_shapes(box)[0])
    return tuple(out)
