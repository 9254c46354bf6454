"""Shots from cuts and curves: motion after eq. (4) and (5) of FilmComposer, light and colour in words."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from backend.domain.analysis import Shot, Transition
from backend.video.features import HUES, Features
from backend.video.median import median


def masked_frames(features: Features, cut_frames: Sequence[int], flashes: Sequence[Transition]) -> np.ndarray:
    """True where flow means nothing [N]: the first frame, first frames of shots, flashes and the frame after."""
    mask = np.zeros(features.frames, dtype=bool)
    mask[:1] = True
    mask[list(cut_frames)] = True
    for flash in flashes:
        mask[flash.start_frame:flash.end_frame + 2] = True
    return mask


def motion_curve(motion: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``motion`` with masked frames interpolated from their neighbours; 0 when nothing is left."""
    good = np.flatnonzero(~mask)
    if not len(good):
        return np.zeros_like(motion)
    return np.asarray(np.interp(np.arange(len(motion)), good, motion[good]))


def saliency_curve(motion: np.ndarray) -> np.ndarray:
    """Positive change of motion from frame to frame."""
    return np.maximum(0.0, np.diff(motion, prepend=motion[:1]))


def motion_figures(motion: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """(S_motion, S_saliency) of FilmComposer over a stretch of frames.

    Eq. (4): mean of M_i. Eq. (5): mean of the positive M_i - M_(i-1), over the number of positive changes. Masked
    frames do not count, and neither does a change from or to one.
    """
    good = ~mask
    speed = float(motion[good].mean()) if good.any() else 0.0
    changes = np.diff(motion)[good[1:] & good[:-1]]
    rising = changes[changes > 0]
    return speed, float(rising.mean()) if len(rising) else 0.0


def shot_starts(frames: int, cut_frames: Sequence[int], transitions: Sequence[Transition]) -> tuple[int, ...]:
    """First frames of shots: cuts, the middle of dissolves, and the darkest place between fades."""
    starts = {0, *cut_frames}
    starts |= {(t.start_frame + t.end_frame + 1) // 2 for t in transitions if t.kind == "dissolve"}
    starts |= {t.start_frame for t in transitions if t.kind == "fade_in" and t.start_frame > 0}
    kept: list[int] = []
    for start in sorted(starts):
        if start < frames and (not kept or start - kept[-1] > 2 or start in cut_frames):
            kept.append(start)
    return tuple(kept)


def build_shots(features: Features, starts: Sequence[int], mask: np.ndarray,
                times_s: Sequence[Fraction]) -> tuple[Shot, ...]:
    """The shots that begin at ``starts``; ``times_s`` has one more entry than frames, the end."""
    ends = [*starts[1:], features.frames]
    return tuple(_shot(features, slice(a, b), mask, times_s) for a, b in zip(starts, ends, strict=True))


def _shot(features: Features, span: slice, mask: np.ndarray, times_s: Sequence[Fraction]) -> Shot:
    speed, saliency = motion_figures(features.motion[span], mask[span])
    return Shot(
        start_frame=span.start, end_frame=span.stop, start_s=times_s[span.start], end_s=times_s[span.stop],
        motion_speed=round(speed, 6), motion_saliency=round(saliency, 6),
        luma=round(float(features.luma[span].mean()), 6), saturation=round(float(features.saturation[span].mean()), 6),
        brightness=brightness(features, span), hue=hue(features, span))


def brightness(features: Features, span: slice) -> str:
    """The brightness word of craft 2.1 for a stretch of frames: 8-bit luma statistics."""
    mean = float(features.luma[span].mean()) * 255
    deviation = float(np.sqrt(np.mean((features.contrast[span] * 127.5) ** 2)))
    spread = float(median(features.high[span] - features.low[span])) * 255
    if deviation > 70 or spread > 210:
        return "contrasting"
    if float(features.glare[span].mean()) > 0.15 and mean > 150:
        return "glaring"
    if mean < 40:
        return "dark"
    if mean < 60:
        return "somber"
    if mean < 95 and deviation < 40:
        return "dull"
    return "bright" if mean > 140 else "mild"


def hue(features: Features, span: slice) -> str:
    """The colour class of craft 2.1 with the largest saturation-weighted area."""
    inside = (features.hue_frames >= span.start) & (features.hue_frames < span.stop)
    if not inside.any():
        inside[int(np.argmin(np.abs(features.hue_frames - span.start)))] = True
    return HUES[int(np.argmax(features.hue_area[inside].sum(axis=0)))]
