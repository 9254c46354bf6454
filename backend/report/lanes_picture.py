"""The film half of the timeline: header, shots, curves, hits."""
from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from backend.domain.time import timecode
from backend.music.theory import key_name
from backend.report import theme
from backend.report.canvas import shorten, stack_rows, write
from backend.report.hit_rows import HitRow, Status, place
from backend.report.spotting_notes import summary
from backend.report.view import CueView

MAX_POINTS = 1500
"""More points than pixels only cost time; longer curves are drawn by their maxima."""
LABEL_ROWS = 5
LABEL_LENGTH = 26
CHARS_ACROSS = 235
"""Small bold letters that fit across the lanes."""
HEARD: dict[str, Status] = {"hit": "on the frame", "near": "near", "miss": "missed"}


def hit_status(view: CueView, row: HitRow) -> Status:
    """As heard for hard hits of a rendered cue, else as the tempo map has it."""
    heard = view.heard(row.number - 1)
    if heard is not None and heard.status is not None and row.hit.type == "hard":
        return HEARD[heard.status]
    return row.status


def hit_color(view: CueView, row: HitRow) -> str:
    return theme.FAINT if row.hit.type == "avoid" else theme.STATUS_COLOR[hit_status(view, row)]


def draw_header(figure: Any, view: CueView, height_in: float) -> None:
    """Title, what and where, and the verdict in one line."""
    cue, clip = view.analysis.cue, view.analysis.clip
    rate = clip.frame_rate
    first, last = (timecode(cue.start_frame + rate.nearest_frame(t), rate) for t in (Fraction(0), cue.duration_s))
    tempi = [point.tempo_qpm for point in view.tempo_map.points]
    key = key_name(view.score.key.tonic_pc, view.score.key.mode)
    facts = (f"{cue.label}   {first} \u2013 {last}   {rate} fps   {key}"
             f"   \u2669 = {min(tempi):.0f}\u2013{max(tempi):.0f}   {len(view.bars)} bars   {shorten(clip.name, 60)}")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, height_in)
    upper, lower = height_in - 0.28, height_in - 0.66
    bold: dict[str, Any] = {"fontweight": "bold", "va": "center"}
    faint: dict[str, Any] = {"color": theme.FAINT, "va": "center", "fontsize": theme.LARGE}
    write(axes, 0.012, upper, shorten(view.title, 80), fontsize=theme.TITLE, **bold)
    write(axes, 0.012, lower, facts, **faint)
    write(axes, 0.988, upper, _verdict(view), fontsize=theme.LARGE, ha="right", **bold)
    write(axes, 0.988, lower, _figures(view), ha="right", **faint)


def _verdict(view: CueView) -> str:
    sync = view.metrics.sync if view.metrics else None
    if sync is None or not sync.anchored:
        return summary(view.rows) + (" in the tempo map" if view.rows else "")
    return f"{sync.on_frame} of {sync.anchored} hard hits heard on the frame"


def _figures(view: CueView) -> str:
    if view.metrics is None:
        return ""
    parts = []
    sync, dynamics, loudness = view.metrics.sync, view.metrics.dynamics, view.metrics.loudness
    if sync and sync.chance is not None:
        parts.append(f"by chance {100 * sync.chance:.0f} %")
    if dynamics.motion_spearman is not None:
        parts.append(f"loudness follows motion {dynamics.motion_spearman:.2f}")
    if loudness and loudness.integrated_lufs is not None:
        parts.append(f"{loudness.integrated_lufs:.1f} LUFS")
    if loudness and loudness.true_peak_dbtp is not None:
        parts.append(f"{loudness.true_peak_dbtp:.1f} dBTP")
    return "   ".join(parts).replace("-", "\u2212")


def draw_shots(axes: Any, view: CueView) -> None:
    """Shots as blocks as light as their pictures; gradual transitions hatched; a second ruler above."""
    from matplotlib.collections import PolyCollection

    axes.set_ylim(0, 1)
    boxes, greys = [], []
    for shot in view.analysis.shots:
        start, end = float(shot.start_s), float(shot.end_s)
        boxes.append([(start, 0), (end, 0), (end, 1), (start, 1)])
        greys.append(str(round(0.15 + 0.8 * min(1.0, max(0.0, shot.luma)), 3)))
    axes.add_collection(PolyCollection(boxes, facecolors=greys, edgecolors=theme.PAPER, linewidths=1.5))
    per_second = 72.0 / max(view.end_s, 1e-6) * 25
    for number, shot in enumerate(view.analysis.shots, 1):
        start, end = float(shot.start_s), float(shot.end_s)
        if (end - start) * per_second > 14:
            dark = 0.15 + 0.8 * shot.luma < 0.55
            write(axes, (start + end) / 2, 0.5, str(number), ha="center", va="center",
                  color=theme.PAPER if dark else theme.INK)
    rate = view.analysis.clip.frame_rate
    for fade in view.analysis.transitions:
        axes.axvspan(float(rate.time_s(fade.start_frame)), float(rate.time_s(fade.end_frame)), facecolor="none",
                     edgecolor=theme.VERMILLION, hatch="////", linewidth=0)
    _second_ruler(axes, view)


def _second_ruler(axes: Any, view: CueView) -> None:
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 7200) if view.end_s / s <= 26 or s == 7200)
    for time_s in range(0, int(view.end_s) + 1, step):
        minutes, seconds = divmod(time_s, 60)
        write(axes, time_s, 1.12, f"{minutes}:{seconds:02d}", ha="center", va="bottom", color=theme.FAINT,
              clip_on=False)
        axes.plot([time_s, time_s], [1.0, 1.1], color=theme.FAINT, linewidth=0.8, clip_on=False)


def draw_curves(axes: Any, view: CueView) -> None:
    """Motion as an area, its sudden rises as spikes, brightness as a line; each on its own scale."""
    times = np.array([float(t) for t in view.analysis.frame_times_s])
    axes.set_ylim(0, 1.05)
    _grid(axes, (0.5, 1.0))
    rows = (("motion", theme.SKY), ("saliency", theme.VERMILLION), ("luma", theme.INK))
    for place_in_list, (name, color) in enumerate(rows):
        values = np.array(view.analysis.curve(name).values, dtype=float)
        if not len(values):
            continue
        scale = 1.0 if name == "luma" else max(float(np.percentile(values, 99.5)), 1e-6)
        x, y = thinned(times, np.minimum(values / scale, 1.0))
        if name == "motion":
            axes.fill_between(x, 0, y, color=color, alpha=0.55, linewidth=0)
        else:
            axes.plot(x, y, color=color, linewidth=0.8 if name == "saliency" else 1.6,
                      alpha=0.75 if name == "saliency" else 1.0)
        label = {"motion": f"motion (to {scale:.2g} heights/s)", "saliency": f"sudden motion (to {scale:.2g})",
                 "luma": "brightness"}[name]
        axes.text(-0.008, 0.6 - 0.15 * place_in_list, label, transform=axes.transAxes, ha="right", va="center",
                  fontsize=theme.SMALL, color=theme.BLUE if name == "motion" else color)
    _cut_lines(axes, view)


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most MAX_POINTS points, each the maximum of its stretch."""
    size = -(-len(x) // MAX_POINTS)
    if size <= 1:
        return x, y
    starts = np.arange(0, len(x), size)
    return x[starts], np.maximum.reduceat(y, starts)


def _grid(axes: Any, heights: tuple[float, ...]) -> None:
    for y in heights:
        axes.axhline(y, color=theme.GRID, linewidth=0.8, zorder=0)


def _cut_lines(axes: Any, view: CueView) -> None:
    from matplotlib.collections import LineCollection

    lines = [[(float(cut.time_s), 0), (float(cut.time_s), 1.05)] for cut in view.analysis.cuts]
    axes.add_collection(LineCollection(lines, colors=theme.FAINT, linewidths=0.8, linestyles="dotted"))


def draw_hits(axes: Any, view: CueView) -> None:
    """A mark for each hit, by weight and status, with its place and reason."""
    axes.set_ylim(-_label_rows(view) - 0.1, 1)
    char_s = view.end_s / CHARS_ACROSS
    spans = _label_spans(view)
    for row, (start, _), level in zip(view.rows, spans, stack_rows(spans, LABEL_ROWS), strict=True):
        text = _label(row)
        _mark(axes, view, row)
        if level is None:
            continue
        box = {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
        write(axes, start + char_s, -level - 0.55, text, va="center", color=_text_color(view, row), bbox=box,
              fontweight="bold" if row.hit.type == "hard" else "normal")


def _label_spans(view: CueView) -> list[tuple[float, float]]:
    """Where the labels lie: right of their hits, moved left at the edge of the picture."""
    widths = [(len(_label(row)) + 3) * view.end_s / CHARS_ACROSS for row in view.rows]
    starts = [max(0.0, min(float(row.hit.time_s), view.end_s - width))
              for row, width in zip(view.rows, widths, strict=True)]
    return [(start, start + width) for start, width in zip(starts, widths, strict=True)]


def _label_rows(view: CueView) -> int:
    """How many rows the labels need, 1 to LABEL_ROWS."""
    return max([1, *(level + 1 for level in stack_rows(_label_spans(view), LABEL_ROWS) if level is not None)])


def hits_height_in(view: CueView) -> float:
    return 0.45 + 0.27 * _label_rows(view)


def _label(row: HitRow) -> str:
    error = "" if abs(row.error_frames) < 0.5 else f" {row.error_frames:+.1f}f"
    return f"{place(row)}{error} {shorten(row.hit.reason, LABEL_LENGTH)}"


def _text_color(view: CueView, row: HitRow) -> str:
    color = hit_color(view, row)
    return {theme.ORANGE: "#8a5a00"}.get(color, color)


def _mark(axes: Any, view: CueView, row: HitRow) -> None:
    color = hit_color(view, row)
    hard = row.hit.type == "hard"
    mark = {"avoid": "x", "ring_out": "v"}.get(row.hit.type, theme.STATUS_MARK[hit_status(view, row)])
    axes.plot([float(row.hit.time_s)], [0.45], marker=mark, markersize=7 + 9 * row.hit.weight, color=color,
              markerfacecolor=color if hard or mark == "x" else theme.PAPER, markeredgewidth=1.8, clip_on=False,
              linestyle="none", zorder=5)
    if row.hit.locked:
        axes.plot([float(row.hit.time_s)], [0.45], marker=".", markersize=6, color=theme.PAPER if hard else color,
                  clip_on=False, linestyle="none", zorder=6)


def draw_legend(figure: Any, view: CueView, height_in: float) -> None:
    """What the marks and colours mean, along the foot."""
    axes = figure.add_axes((0, 0, 1, 0.45 / height_in))
    axes.axis("off")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1)
    x = 11.4
    for mark, color, filled, text in (
            ("o", theme.BLUE, True, "hard hit on the frame"), ("^", theme.ORANGE, True, "near (two frames)"),
            ("X", theme.VERMILLION, True, "missed"), ("o", theme.BLUE, False, "soft hit"),
            ("v", theme.BLUE, False, "let ring"), ("x", theme.FAINT, True, "avoid"),
            (".", theme.INK, True, "locked by you")):
        axes.plot([x], [0.5], marker=mark, markersize=10, color=color, linestyle="none", markeredgewidth=1.6,
                  markerfacecolor=color if filled else theme.PAPER)
        write(axes, x + 0.8, 0.5, text, va="center")
        x += 2.2 + 0.52 * len(text)
    heard = view.metrics is not None and view.metrics.sync is not None
    note = "hard hits as heard in the mix" if heard else "hits as in the tempo map (not rendered)"
    write(axes, 98.8, 0.5, note, va="center", ha="right", color=theme.FAINT)
