"""Drawing with sub-pixel positions, so that slow things move smoothly: shapes, skies, rain, a small round hero."""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

Colour = tuple[int, int, int]
"""Blue, green, red, 0..255."""

_SHIFT = 4
_FINE = 1 << _SHIFT


def _fine(x: float, y: float) -> tuple[int, int]:
    return round(x * _FINE), round(y * _FINE)


def sky(height: int, width: int, top: Colour, bottom: Colour) -> np.ndarray:
    """A vertical blend, uint8 [height, width, 3]."""
    mix = np.linspace(0, 1, height)[:, None, None]
    rows = (1 - mix) * np.array(top) + mix * np.array(bottom)
    return np.repeat(rows, width, axis=1).round().astype(np.uint8)


def disc(canvas: np.ndarray, x: float, y: float, radius: float, colour: Colour) -> None:
    cv2.circle(canvas, _fine(x, y), round(radius * _FINE), colour, -1, cv2.LINE_AA, _SHIFT)


def oval(canvas: np.ndarray, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
    cv2.ellipse(canvas, _fine(*centre), _fine(*radii), 0, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT)


def shape(canvas: np.ndarray, points: Sequence[tuple[float, float]], colour: Colour) -> None:
    """A filled polygon."""
    corners = np.array([_fine(x, y) for x, y in points], np.int32)
    cv2.fillPoly(canvas, [corners], colour, cv2.LINE_AA, _SHIFT)


def line(canvas: np.ndarray, start: tuple[float, float], end: tuple[float, float], colour: Colour,
         thickness: int = 1) -> None:
    cv2.line(canvas, _fine(*start), _fine(*end), colour, thickness, cv2.LINE_AA, _SHIFT)


def hills(canvas: np.ndarray, offset: float, base: float, size: float, colour: Colour) -> None:
    """A rolling horizon; ``offset`` scrolls it, ``size`` is the height of the waves."""
    height, width = canvas.shape[:2]
    xs = np.arange(-8, width + 9, 8)
    phase = (xs + offset) / 97.0
    ys = base - size * (np.sin(phase) + 0.45 * np.sin(2.3 * phase + 1.0))
    shape(canvas, [(-8, height), *zip(xs.tolist(), ys.tolist(), strict=True), (width + 8, height)], colour)


def tree(canvas: np.ndarray, x: float, y: float, size: float, leaf: Colour) -> None:
    """Trunk foot at (x, y)."""
    trunk = (34, 52, 74)
    shape(canvas, [(x - .09 * size, y), (x + .09 * size, y), (x + .05 * size, y - size), (x - .05 * size, y - size)],
          trunk)
    for dx, dy, radius in ((-.32, -.95, .34), (.30, -1.0, .36), (0, -1.3, .40), (0, -.9, .36)):
        disc(canvas, x + dx * size, y + dy * size, radius * size, leaf)


def cottage(canvas: np.ndarray, x: float, y: float, size: float, window: Colour) -> None:
    """Foot of the middle at (x, y)."""
    shape(canvas, [(x - .6 * size, y), (x + .6 * size, y), (x + .6 * size, y - .7 * size),
                   (x - .6 * size, y - .7 * size)], (88, 112, 148))
    shape(canvas, [(x - .75 * size, y - .68 * size), (x + .75 * size, y - .68 * size), (x, y - 1.3 * size)],
          (48, 52, 120))
    shape(canvas, [(x + .1 * size, y - .5 * size), (x + .4 * size, y - .5 * size), (x + .4 * size, y - .25 * size),
                   (x + .1 * size, y - .25 * size)], window)
    shape(canvas, [(x - .4 * size, y), (x - .12 * size, y), (x - .12 * size, y - .48 * size),
                   (x - .4 * size, y - .48 * size)], (40, 56, 84))


def hero(canvas: np.ndarray, x: float, y: float, size: float, *, eyes: float, squash: float = 0.0) -> None:
    """A round fellow with feet at (x, y). ``eyes`` 0 closed .. 1 wide; ``squash`` 0..1 flattens him."""
    wide, tall = size * (1 + .3 * squash), size * (1 - .3 * squash)
    middle = y - tall
    for side in (-1, 1):
        oval(canvas, (x + side * .5 * wide, y - .05 * size), (.3 * size, .14 * size), (44, 92, 196))
    oval(canvas, (x, middle), (wide, tall), (78, 148, 240))
    oval(canvas, (x, middle + .35 * tall), (.62 * wide, .5 * tall), (150, 200, 250))
    for side in (-1, 1):
        spot = (x + side * .34 * wide, middle - .25 * tall)
        oval(canvas, spot, (.2 * size, max(.03, .24 * eyes) * size), (250, 250, 250) if eyes > .15 else (40, 60, 110))
        if eyes > .15:
            disc(canvas, *spot, .1 * size, (30, 30, 40))


def rain(canvas: np.ndarray, frame: int, drops: int, slant: float) -> None:
    """Streaks that fall fast; the same frame number always gives the same rain."""
    height, width = canvas.shape[:2]
    rng = np.random.default_rng(77)
    xs, ys, speed = rng.uniform(-60, width + 60, drops), rng.uniform(0, height, drops), rng.uniform(17, 26, drops)
    for x, y, v in zip(xs, ys, speed, strict=True):
        top = (y + frame * v) % (height + 40) - 40
        left = (x + frame * v * slant) % (width + 120) - 60
        line(canvas, (left, top), (left + slant * v, top + v), (190, 180, 165))


def shaken(canvas: np.ndarray, strength: float, frame: int) -> np.ndarray:
    """The picture displaced by up to ``strength`` pixels, another way every frame."""
    if strength < 0.5:
        return canvas
    rng = np.random.default_rng(frame)
    angle = rng.uniform(0, 2 * np.pi)
    move = np.array([[1, 0, strength * np.cos(angle)], [0, 1, strength * np.sin(angle)]], np.float32)
    size = (canvas.shape[1], canvas.shape[0])
    return np.asarray(cv2.warpAffine(canvas, move, size, borderMode=cv2.BORDER_REFLECT))


def frame_number(canvas: np.ndarray, frame: int) -> None:
    """Burnt-in number at the lower right."""
    height, width = canvas.shape[:2]
    cv2.rectangle(canvas, (width - 70, height - 26), (width - 8, height - 6), (0, 0, 0), -1)
    cv2.putText(canvas, f"{frame:05d}", (width - 66, height - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (235, 235, 235), 1,
                cv2.LINE_AA)
