"""Reads the frame number that is burnt into drawn films: five light digits in a dark box at the lower right.

Template matching: the corner is scaled back to the size it was drawn at, and every digit place is compared with the
ten digits of OpenCV's Hershey font by normalised correlation.
"""
from __future__ import annotations

from functools import cache

import cv2
import numpy as np

_BOX = (62, 20)
"""Width and height of the box in drawn pixels; its right edge is 8 and its lower edge 6 pixels off the border."""
_RIGHT, _BELOW = 8, 6
_TEXT_AT = (4, 15)
_PLACES = 5
_SIDE = 1
_SURE = 0.55
"""Least mean correlation: the right number has .98, .76 at half size; what is no number .36 at most."""
HEIGHTS = (360, 240, 180, 270, 288, 480, 540, 720, 1080, 90)
"""Heights in which films are drawn, likelier ones first."""


def frame_of(jpeg: bytes, heights: tuple[int, ...] = HEIGHTS) -> int | None:
    """The burnt-in number of a picture that was drawn ``heights`` lines high and scaled since; None without one."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return None
    for height in heights:
        sureness, number = _read(_corner(picture, height))
        if sureness > _SURE:
            return number
    return None


def _corner(picture: np.ndarray, height: int) -> np.ndarray:
    """The box of a film ``height`` lines high, float32 [20, 62]."""
    scale = picture.shape[0] / height
    across = picture.shape[1] - (_RIGHT + _BOX[0]) * scale
    down = picture.shape[0] - (_BELOW + _BOX[1]) * scale
    # Pixel centres: x of the drawn box lies at (x + .5) * scale - .5 of the scaled picture.
    move = np.array([[scale, 0, across + scale / 2 - 0.5], [0, scale, down + scale / 2 - 0.5]], np.float64)
    return cv2.warpAffine(picture, move, _BOX, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                          borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _read(box: np.ndarray) -> tuple[float, int]:
    """Mean correlation and number."""
    likeness = np.array([[_correlation(_place(box, i), _digits()[digit][i]) for digit in range(10)]
                         for i in range(_PLACES)])
    number = int("".join(str(digit) for digit in likeness.argmax(axis=1)))
    return float(likeness.max(axis=1).mean()), number


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 1 else 0.0


def _place(box: np.ndarray, i: int) -> np.ndarray:
    """The pixels of digit place ``i``."""
    left = _TEXT_AT[0] + i * _advance()
    return box[:, left - _SIDE:left + _advance() + _SIDE]


@cache
def _advance() -> int:
    """Pixels from one digit to the next: another number in OpenCV 4 than in 5."""
    wide, narrow = (cv2.getTextSize("0" * n, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)[0][0] for n in (51, 1))
    return round((wide - narrow) / 50)


@cache
def _digits() -> tuple[tuple[np.ndarray, ...], ...]:
    """Digit -> how it looks at every place, as ``cv2.putText`` draws it."""
    out = []
    for digit in range(10):
        box = np.zeros((_BOX[1], _BOX[0]), np.uint8)
        cv2.putText(box, str(digit) * _PLACES, _TEXT_AT, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 235, 1, cv2.LINE_AA)
        out.append(tuple(_place(box.astype(np.float32), i) for i in range(_PLACES)))
    return tuple(out)
