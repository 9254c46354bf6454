"""Spotting notes: the list a composer works from, as CSV and as text."""
from __future__ import annotations

import csv
import io

from backend.domain.clip import Cue
from backend.domain.hits import HitPoints
from backend.domain.tempo import TempoMap
from backend.domain.time import FrameRate
from backend.report.hit_rows import HitRow, hit_rows, place

COLUMNS = ("number", "timecode", "frame", "time_s", "bar", "beat", "error_frames", "status", "weight", "type", "kind",
           "locked", "reason")


def spotting_notes(hits: HitPoints, tempo_map: TempoMap, cue: Cue, rate: FrameRate) -> str:
    """CSV text with a header, one row a hit, lines ended by CR LF as RFC 4180 wants.

    ``frame`` counts from the cue's start, ``error_frames`` > 0 means the beat comes late. A text that a
    spreadsheet would take for a formula is given a leading apostrophe.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in hit_rows(hits, tempo_map, rate):
        hit = row.hit
        writer.writerow((row.number, cue.timecode_at(hit.time_s, rate), rate.nearest_frame(hit.time_s),
                         f"{float(hit.time_s):.3f}", row.bar, f"{row.beat:.4g}",
                         f"{round(row.error_frames, 2) + 0.0:.2f}", row.status,
                         f"{hit.weight:.2f}", hit.type, hit.kind, "yes" if hit.locked else "no", _plain(hit.reason)))
    return text.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def hit_list(hits: HitPoints, tempo_map: TempoMap, cue: Cue, rate: FrameRate) -> str:
    """For the console: one line that counts the hard hits met, one line for every hit."""
    rows = hit_rows(hits, tempo_map, rate)
    lines = [_line(row, cue, rate) for row in rows]
    return "\n".join([summary(rows), *lines])


def summary(rows: tuple[HitRow, ...]) -> str:
    """``12 of 12 hard hits on the frame`` and, where some are not, how many are near."""
    hard = [row for row in rows if row.hit.type == "hard"]
    if not hard:
        return "no hard hits"
    met = sum(row.status == "on the frame" for row in hard)
    near = sum(row.status == "near" for row in hard)
    noun = "hit" if len(hard) == 1 else "hits"
    return f"{met} of {len(hard)} hard {noun} on the frame" + (f", {near} within two frames" if near else "")


def _line(row: HitRow, cue: Cue, rate: FrameRate) -> str:
    mark = {"on the frame": "=", "near": "~", "missed": "x"}[row.status]
    error = "" if abs(row.error_frames) < 0.005 else f"{row.error_frames:+.2f} frames"
    return (f"{mark} {row.number:>3}  {cue.timecode_at(row.hit.time_s, rate)}  {place(row):>7}  {row.hit.type:<8} "
            f"{row.hit.weight:.2f}  {error:>13}  {row.hit.reason}").rstrip()
