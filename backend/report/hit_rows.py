"""Every hit against the bars and beats: the rows behind the spotting notes, the picture and the page."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from backend.domain.hits import HitPoint, HitPoints
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate

Status = Literal["on the frame", "near", "missed"]
MIN_TOLERANCE_S = Fraction(1, 100)
NEAR = 2


@dataclass(frozen=True)
class HitRow:
    """``error_s`` is how late (> 0) the beat comes; ``beat`` counts from 1 and may end in .5."""

    number: int
    hit: HitPoint
    bar: int
    beat: float
    error_s: float
    error_frames: float
    status: Status
    anchored: bool


def hit_rows(hits: HitPoints, tempo_map: TempoMap, rate: FrameRate) -> tuple[HitRow, ...]:
    """One row a hit, in order. A hit the map does not list is held against its nearest half-beat."""
    met = {point.hit: point for point in tempo_map.sync}
    rows = []
    for index, hit in enumerate(hits.hits):
        point = met.get(index)
        position = point.position_q if point else _nearest_half_beat(tempo_map, hit.time_s)
        error = Fraction(point.error_s) if point else tempo_map.time_s(position) - hit.time_s
        bar = tempo_map.bar_at(position)
        rows.append(HitRow(
            number=index + 1, hit=hit, bar=bar.number, beat=float(1 + (position - bar.start_q) / tempo_map.beat_q),
            error_s=float(error), error_frames=float(error * rate.fps), status=status_of(error, rate),
            anchored=bool(point and point.anchored)))
    return tuple(rows)


def _nearest_half_beat(tempo_map: TempoMap, time_s: Fraction) -> Fraction:
    half = tempo_map.beat_q / 2
    return half * round(tempo_map.position_q(time_s) / half)


def status_of(error_s: Fraction, rate: FrameRate) -> Status:
    """on the frame: within one frame (or 10 ms where a frame is shorter); near: within two; else missed."""
    tolerance = max(rate.frame_s, MIN_TOLERANCE_S)
    if abs(error_s) <= tolerance:
        return "on the frame"
    return "near" if abs(error_s) <= NEAR * tolerance else "missed"


def place(row: HitRow) -> str:
    """``bar 5, beat 2.5`` as musicians write it: ``5|2.5``."""
    return f"{row.bar}|{row.beat:.4g}"
