"""Numbers of every frame, from pictures in order: light, colour, motion, and how much the picture changed.

Motion is M_i of FilmComposer (eq. 4 and 5): mean optical-flow magnitude. Read as the mean L2 length, divided by the
frame height and multiplied by frames per second, so that it does not depend on size or rate.
"""
from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from backend.video.picture import ANALYSIS_HEIGHT, THUMB_HEIGHT, THUMB_WIDTH, Picture

LAGS = 6
"""Frames back that a picture is compared with; a flash or a strobe is shorter than this."""

DIRECTIONS = 8
"""Sectors of the compass in which moving area is counted."""

FLOW_FINEST_SCALE = 1
"""DIS flow stops at half of the 90 lines; see docs/benchmarks/picture.md for accuracy and cost."""

CHROMA_WEIGHT = 2.0
"""A step of colour counts as much as two of light: chroma spans half the range in film."""

HUE_EVERY = 4
"""Frames between two colour samples; craft asks for two a second, short shots need more."""

HUES = ("black", "gray", "white", "brown", "pink", "red", "orange", "yellow", "green", "blue", "purple")
"""Colour classes of craft 2.1, in the order of the columns of ``hue_area``."""

_SCALARS = ("luma", "contrast", "low", "high", "glare", "saturation", "motion", "drift_x", "drift_y", "residual")


@dataclass(frozen=True)
class Features:
    """Arrays over N frames. The change of frame i is against frame i - 1; the first frame's is 0.

    luma, saturation: means in 0..1. contrast: standard deviation of luma over 127.5. low, high: 5th and 95th
    percentile of luma, 0..1. glare: share of pixels above 245. motion: frame heights per second.
    drift_x, drift_y: median flow, frame heights per second. residual: mean luma difference left after following the
    flow, 0..1. change [N, 6]: mean difference of thumbnails to the frame 1..6 before, 0..1 (0 where there is none).
    compass [N, 8]: flow by direction, frame heights per second, sums to ``motion``.
    hue_area [S, 11]: saturation-weighted share of each of ``HUES`` in the frames ``hue_frames`` [S].
    """

    luma: np.ndarray
    contrast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    glare: np.ndarray
    saturation: np.ndarray
    motion: np.ndarray
    drift_x: np.ndarray
    drift_y: np.ndarray
    residual: np.ndarray
    change: np.ndarray
    compass: np.ndarray
    hue_frames: np.ndarray
    hue_area: np.ndarray

    @property
    def frames(self) -> int:
        return len(self.luma)


class FeatureMeter:
    """Feed it pictures with :meth:`add`; it keeps a few hundred bytes a frame and the last pictures only."""

    def __init__(self) -> None:
        self._columns = {name: array("f") for name in _SCALARS}
        self._change, self._compass, self._hue = array("f"), array("f"), array("f")
        self._thumbs: deque[np.ndarray] = deque(maxlen=LAGS)
        self._last_luma: np.ndarray | None = None
        self._frames = 0
        self._dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._dis.setFinestScale(FLOW_FINEST_SCALE)
        self._grid: np.ndarray | None = None

    def add(self, picture: Picture, step_s: float) -> None:
        """Measure the next picture, shown ``step_s`` seconds after the one before."""
        self._light(picture)
        self._colour(picture)
        self._motion(picture.luma, step_s)
        self._differences(picture.thumb)
        self._frames += 1

    def features(self) -> Features:
        """Everything measured so far."""
        columns = {name: np.frombuffer(values, np.float32).astype(np.float64) if values else np.zeros(0)
                   for name, values in self._columns.items()}
        return Features(
            **columns, change=_table(self._change, LAGS), compass=_table(self._compass, DIRECTIONS),
            hue_frames=np.arange(0, self._frames, HUE_EVERY), hue_area=_table(self._hue, len(HUES)))

    def _put(self, **values: float) -> None:
        for name, value in values.items():
            self._columns[name].append(value)

    def _light(self, picture: Picture) -> None:
        counts = cv2.calcHist([picture.luma], [0], None, [256], [0, 256]).ravel()
        total = picture.luma.size
        mean, deviation = cv2.meanStdDev(picture.luma)
        low, high = np.searchsorted(np.cumsum(counts), (0.05 * total, 0.95 * total))
        self._put(luma=float(mean[0, 0]) / 255, contrast=float(deviation[0, 0]) / 127.5, low=float(low) / 255,
                  high=min(255.0, float(high)) / 255, glare=float(counts[246:].sum()) / total)

    def _colour(self, picture: Picture) -> None:
        hsv = cv2.cvtColor(picture.bgr(), cv2.COLOR_BGR2HSV)
        self._put(saturation=cv2.mean(hsv)[1] / 255)
        if self._frames % HUE_EVERY == 0:
            self._hue.extend(hue_areas(hsv))

    def _motion(self, luma: np.ndarray, step_s: float) -> None:
        before, self._last_luma = self._last_luma, luma
        if before is None or step_s <= 0:
            self._put(motion=0.0, drift_x=0.0, drift_y=0.0, residual=0.0)
            self._compass.extend([0.0] * DIRECTIONS)
            return
        flow = self._dis.calc(before, luma, None)
        scale = 1 / (ANALYSIS_HEIGHT * step_s)
        length, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
        sector = (angle.ravel() * (DIRECTIONS / (2 * np.pi)) + 0.5).astype(np.int32) % DIRECTIONS
        compass = np.bincount(sector, weights=length.ravel(), minlength=DIRECTIONS) * (scale / length.size)
        drift = np.median(flow[::3, ::3].reshape(-1, 2), axis=0) * scale
        self._put(motion=float(length.mean()) * scale, drift_x=float(drift[0]), drift_y=float(drift[1]),
                  residual=self._residual(before, luma, flow))
        self._compass.extend(compass.tolist())

    def _residual(self, before: np.ndarray, luma: np.ndarray, flow: np.ndarray) -> float:
        if self._grid is None:
            rows, columns = np.indices(luma.shape, dtype=np.float32)
            self._grid = np.dstack([columns, rows])
        # DIS gives for each pixel of the earlier picture where it went: look there in the later one.
        followed = cv2.remap(luma, self._grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return float(cv2.norm(followed, before, cv2.NORM_L1)) / (255 * luma.size)

    def _differences(self, thumb: np.ndarray) -> None:
        weights = THUMB_HEIGHT * THUMB_WIDTH * 255 * (1 + 2 * CHROMA_WEIGHT)
        flat = thumb.reshape(-1, 3) * np.array([1, CHROMA_WEIGHT, CHROMA_WEIGHT], np.float32)
        changes = [float(cv2.norm(flat, old, cv2.NORM_L1)) / weights for old in reversed(self._thumbs)]
        self._change.extend(changes + [0.0] * (LAGS - len(changes)))
        self._thumbs.append(flat)


def hue_areas(hsv: np.ndarray) -> list[float]:
    """Saturation-weighted area of each of ``HUES`` in an HSV picture (uint8, hue 0..179), summing to 1.

    Classes of craft 2.1: black V < .15; gray S < .12 (white if V > .85); brown 10-45 degrees, V < .55, S > .25;
    pink 315-350 degrees or (hue < 15, S < .5, V > .7); then by hue. Grey shades count with weight .12.
    """
    hue = hsv[..., 0].ravel().astype(np.float32) * 2
    saturation, value = (hsv[..., i].ravel().astype(np.float32) / 255 for i in (1, 2))
    by_hue = np.searchsorted(np.array([15, 45, 70, 165, 255, 315, 345], np.float32), hue, side="right")
    kind = np.array([5, 6, 7, 8, 9, 10, 4, 5])[by_hue]
    kind[(hue < 15) & (saturation < 0.5) & (value > 0.7)] = HUES.index("pink")
    kind[(hue >= 315) & (hue < 350)] = HUES.index("pink")
    kind[(hue >= 10) & (hue <= 45) & (value < 0.55) & (saturation > 0.25)] = HUES.index("brown")
    kind[saturation < 0.12] = HUES.index("gray")
    kind[(saturation < 0.12) & (value > 0.85)] = HUES.index("white")
    kind[value < 0.15] = HUES.index("black")
    weight = np.where(kind <= HUES.index("white"), 0.12, saturation)
    areas = np.bincount(kind, weights=weight, minlength=len(HUES))
    return [float(area) for area in areas / max(1e-9, areas.sum())]


def _table(values: array[float], columns: int) -> np.ndarray:
    if not values:
        return np.zeros((0, columns))
    return np.frombuffer(values, np.float32).astype(np.float64).reshape(-1, columns)
