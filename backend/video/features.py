"""Numbers of every frame, from pictures in order: light, colour, motion, and how much the picture changed.

Motion is M_i of FilmComposer (eq. 4 and 5): mean optical-flow magnitude. Read as the mean L2 length, divided by the
frame height and multiplied by frames per second, so that it does not depend on size or rate.
"""
from __future__ import annotations

from array import array
from dataclasses import dataclass

import cv2
import numpy as np

from backend.video.flow import DIRECTIONS, NO_FLOW, FlowMeter
from backend.video.picture import THUMB_HEIGHT, THUMB_WIDTH, Picture

LAGS = 5
"""Frames back that a picture is compared with; a flash or a strobe is shorter than this."""

FAR_LAGS = (12, 24)
"""Frames back over which a gradual change is seen: half and all of a typical dissolve."""

CHROMA_WEIGHT = 2.0
"""A step of colour counts as much as two of light: chroma spans half the range in film."""

SPREAD_LAG = 3
"""Frames over which ``spread`` is measured: longer than noise, shorter than a door takes to shut."""

HUE_EVERY = 4
"""Frames between two colour samples; craft asks for two a second, short shots need more."""

HUES = ("black", "gray", "white", "brown", "pink", "red", "orange", "yellow", "green", "blue", "purple")
"""Colour classes of craft 2.1, in the order of the columns of ``hue_area``."""

FLAT_DEVIATION = 4.0
"""Deviation of the luma thumbnail, in 8-bit steps, under which a picture is flat: noise must not be a pattern."""

_CHANNEL_WEIGHTS = np.array([1, CHROMA_WEIGHT, CHROMA_WEIGHT], np.float32)
_ALL_LAGS = np.array([*range(1, LAGS + 1), *FAR_LAGS])
_SCALARS = ("luma", "contrast", "low", "high", "glare", "saturation", "motion", "camera_x", "camera_y", "zoom",
            "centre_x", "centre_y", "spread")


@dataclass(frozen=True)
class Features:
    """Arrays over N frames. The change of frame i is against frame i - 1; the first frame's is 0.

    luma, saturation: means in 0..1. contrast: standard deviation of luma over 127.5. low, high: 5th and 95th
    percentile of luma, 0..1. glare: share of pixels above 245. motion: frame heights per second.
    camera_x, camera_y: movement of the whole picture, frame heights per second; zoom: its spreading per second.
    compass [N, 8]: things' own movement by direction, frame heights per second averaged over the picture; centre_x,
    centre_y: where they move, 0..1. change [N, 5]: mean difference of thumbnails to the frames
    1, 2, .. 5 before, 0..1 (0 where there is none); change_far [N, 2]: to the frames 12 and 24 before.
    spread [N]: share of the picture that takes part in the change of three frames, 0..1.
    unlike [N, 5], unlike_far [N, 2]: the same for the pattern alone: half the mean square of the difference of the luma
    thumbnails after each was brought to mean 0 and deviation 1; this is 1 - their correlation, 0 for two flat pictures.
    hue_area [S, 11]: saturation-weighted share of each of ``HUES`` in the frames ``hue_frames`` [S].
    """

    luma: np.ndarray
    contrast: np.ndarray
    low: np.ndarray
    high: np.ndarray
    glare: np.ndarray
    saturation: np.ndarray
    motion: np.ndarray
    camera_x: np.ndarray
    camera_y: np.ndarray
    zoom: np.ndarray
    centre_x: np.ndarray
    centre_y: np.ndarray
    change: np.ndarray
    unlike: np.ndarray
    spread: np.ndarray
    change_far: np.ndarray
    unlike_far: np.ndarray
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
        self._change, self._unlike, self._compass, self._hue = array("f"), array("f"), array("f"), array("f")
        # Rings of the last pictures: row frame % 24.
        self._coloured = np.zeros((FAR_LAGS[-1], THUMB_HEIGHT * THUMB_WIDTH * 3), np.float32)
        self._pattern = np.zeros((FAR_LAGS[-1], THUMB_HEIGHT * THUMB_WIDTH), np.float32)
        self._last_luma: np.ndarray | None = None
        self._frames = 0
        self._flow = FlowMeter()

    def add(self, picture: Picture, step_s: float) -> None:
        """Measure the next picture, shown ``step_s`` seconds after the one before."""
        self._light(picture)
        self._colour(picture)
        self._motion(picture.luma, step_s)
        self._differences(picture.thumb)
        self._frames += 1

    def features(self) -> Features:
        """Everything measured. Each column is given up as it is handed over: a long film is not held twice."""
        columns = {name: _table(values, 1)[:, 0] for name, values in self._columns.items()}
        change, unlike = (_table(values, LAGS + len(FAR_LAGS)) for values in (self._change, self._unlike))
        return Features(
            **columns, change=change[:, :LAGS], unlike=unlike[:, :LAGS], change_far=change[:, LAGS:],
            unlike_far=unlike[:, LAGS:],
            compass=_table(self._compass, DIRECTIONS),
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
            flow, rate = NO_FLOW, 0.0
        else:
            flow, rate = self._flow.measure(before, luma), 1 / step_s
        self._put(motion=flow.motion * rate, camera_x=flow.camera_x * rate, camera_y=flow.camera_y * rate,
                  zoom=flow.zoom * rate, centre_x=flow.centre_x, centre_y=flow.centre_y)
        self._compass.extend(value * rate for value in flow.compass)

    def _differences(self, thumb: np.ndarray) -> None:
        coloured = (thumb.reshape(-1, 3) * _CHANNEL_WEIGHTS).ravel()
        mean, deviation = cv2.meanStdDev(thumb[..., 0])
        pattern = ((thumb[..., 0] - mean[0, 0]) / max(FLAT_DEVIATION, deviation[0, 0])).ravel()
        rows = (self._frames - _ALL_LAGS) % FAR_LAGS[-1]
        known = self._frames >= _ALL_LAGS
        steps = np.abs(self._coloured[rows] - coloured)
        turns = self._pattern[rows] - pattern
        weight = pattern.size * 255 * float(_CHANNEL_WEIGHTS.sum())
        self._change.extend((steps.sum(axis=1) / weight * known).tolist())
        self._unlike.extend((np.einsum("ij,ij->i", turns, turns) / (2 * pattern.size) * known).tolist())
        self._put(spread=_share(steps[SPREAD_LAG - 1]) if known[SPREAD_LAG - 1] else 0.0)
        self._coloured[self._frames % FAR_LAGS[-1]] = coloured
        self._pattern[self._frames % FAR_LAGS[-1]] = pattern


def _share(steps: np.ndarray) -> float:
    """(mean d)^2 / mean d^2 of absolute differences: 1 when all of the picture changes alike."""
    power = float(steps @ steps)
    return float(steps.sum()) ** 2 / (power * steps.size) if power > 0 else 0.0


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
    table = np.frombuffer(values, np.float32).astype(np.float64).reshape(-1, columns)
    del values[:]
    return table
