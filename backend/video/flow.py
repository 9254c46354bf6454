"""Optical flow of two pictures, split into what the camera does and what things in the picture do."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from backend.video.picture import ANALYSIS_HEIGHT

DIRECTIONS = 8
"""Sectors of the compass in which moving area is counted."""

FINEST_SCALE = 1
"""DIS flow stops at half of the 90 lines; see docs/benchmarks/picture.md for accuracy and cost."""

STRIDE = 6
"""Distance of DIS patches in pixels: a third less work than the default 4, speeds of known pans within 2 %."""

STILL_PIXELS = 0.25
"""Own movement under this, in pixels of the analysis picture, is flow noise."""

GRAIN_STEP = 8
"""Things that move change the luma by more than this, in 8-bit steps; grain makes flow without."""

SAME_STEP = 2
"""Pictures that differ nowhere by more than this, in 8-bit steps, are the same: drawn animation repeats frames."""

OUTLIER_PIXELS = 1.0
"""Distance from the camera's movement at which a vector's weight is halved in the fit."""

FIT_ROUNDS = 2
FIT_STEP = 4
"""Every fourth vector each way is enough for the camera's six numbers: 220 of them."""

_RIDGE = 1e-3 * np.eye(3, dtype=np.float32)


@dataclass(frozen=True)
class FlowNumbers:
    """In frame heights per frame. ``motion``: mean length of the flow. ``camera_x``, ``camera_y``: movement of the
    whole picture in its middle; ``zoom``: its spreading, per frame. ``compass`` [8]: things' own movement by direction,
    averaged over the picture. ``centre_x``, ``centre_y``: where things move, 0..1 of the picture, .5 when nothing does.
    """

    motion: float
    camera_x: float
    camera_y: float
    zoom: float
    compass: list[float]
    centre_x: float
    centre_y: float


NO_FLOW = FlowNumbers(0.0, 0.0, 0.0, 0.0, [0.0] * DIRECTIONS, 0.5, 0.5)


class FlowMeter:
    """Dense inverse search flow (Kroeger, Timofte, Dai and Van Gool 2016), preset ultrafast, on luma pictures."""

    def __init__(self) -> None:
        self._dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._dis.setFinestScale(FINEST_SCALE)
        self._dis.setPatchStride(STRIDE)
        self._places = np.zeros((0, 3), np.float32)
        self._fit_places = self._places
        self._shape = (0, 0)

    def measure(self, before: np.ndarray, after: np.ndarray) -> FlowNumbers:
        """Numbers of the flow between two luma pictures, uint8 [90, width]."""
        if cv2.norm(before, after, cv2.NORM_INF) <= SAME_STEP:
            return NO_FLOW
        # The finest scale is half of the picture, so every second vector says everything.
        flow = np.ascontiguousarray(self._dis.calc(before, after, None)[::2, ::2])
        if flow.shape[:2] != self._shape:
            self._prepare(flow.shape[0], flow.shape[1])
        camera = self._camera(flow)
        # Only what changed by more than grain can have moved: a few percent of most pictures.
        moved = np.flatnonzero(cv2.absdiff(before[::2, ::2], after[::2, ::2]) > GRAIN_STEP)
        own = flow.reshape(-1, 2)[moved] - self._places[moved] @ camera
        length = np.hypot(own[:, 0], own[:, 1])
        length[length < STILL_PIXELS] = 0
        angle = np.arctan2(own[:, 1], own[:, 0])
        sector = np.floor(angle * (DIRECTIONS / (2 * np.pi)) + 0.5).astype(np.int32) % DIRECTIONS
        area = flow.shape[0] * flow.shape[1] * ANALYSIS_HEIGHT
        return FlowNumbers(
            motion=float(cv2.mean(cv2.magnitude(flow[..., 0], flow[..., 1]))[0]) / ANALYSIS_HEIGHT,
            camera_x=float(camera[0, 0]) / ANALYSIS_HEIGHT, camera_y=float(camera[0, 1]) / ANALYSIS_HEIGHT,
            zoom=float(camera[1, 0] + camera[2, 1]) / ANALYSIS_HEIGHT,
            compass=(np.bincount(sector, weights=length, minlength=DIRECTIONS) / area).tolist(),
            **self._centre(moved, length))

    def _prepare(self, rows: int, columns: int) -> None:
        """Places of the vectors as rows (1, x, y), x and y in frame heights from the middle."""
        self._shape = (rows, columns)
        y, x = np.indices((rows, columns), dtype=np.float32)
        places = np.dstack([np.ones_like(x), (x - (columns - 1) / 2) / rows, (y - (rows - 1) / 2) / rows])
        self._places = places.reshape(-1, 3)
        self._fit_places = np.ascontiguousarray(places[1::FIT_STEP, 1::FIT_STEP].reshape(-1, 3))

    def _camera(self, flow: np.ndarray) -> np.ndarray:
        """Robust affine movement of the whole picture, float32 [3, 2]: shift, and its change along x and y, in pixels.

        Iteratively reweighted least squares with Cauchy weights from the median vector.
        """
        places, vectors = self._fit_places, flow[1::FIT_STEP, 1::FIT_STEP].reshape(-1, 2)
        fit = np.zeros((3, 2), np.float32)
        fit[0] = np.sort(vectors, axis=0)[len(vectors) // 2]
        for _ in range(FIT_ROUNDS):
            rest = vectors - places @ fit
            weight = 1 / (1 + np.einsum("ij,ij->i", rest, rest) / OUTLIER_PIXELS ** 2)
            weighted = places.T * weight
            _, fit = cv2.solve(weighted @ places + _RIDGE, weighted @ vectors, flags=cv2.DECOMP_CHOLESKY)
        return fit

    def _centre(self, moved: np.ndarray, length: np.ndarray) -> dict[str, float]:
        total = float(length.sum())
        if total <= 0:
            return {"centre_x": 0.5, "centre_y": 0.5}
        rows, columns = self._shape
        return {"centre_x": float(length @ (moved % columns)) / (total * max(1, columns - 1)),
                "centre_y": float(length @ (moved // columns)) / (total * max(1, rows - 1))}
