"""timeline.png: the whole cue on one picture, film above, music below, on one time axis."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.files import write_whole
from backend.report import lanes_music, lanes_picture, theme
from backend.report.canvas import lane, write
from backend.report.view import CueView, cue_view

WIDTH_IN, DPI = 22.0, 100
LEFT, RIGHT = 0.114, 0.012
HEADER_IN, FOOTER_IN, GAP_IN, PART_IN = 1.25, 0.55, 0.16, 0.4
PNG_LEVEL = 4
"""Half the time of the default 6 for 2 % more bytes (Sintel trailer: 455 to 463 kB)."""


def draw_timeline(*, title: str, analysis: ClipAnalysis, hits: HitPoints, tempo_map: TempoMap, spots: RhythmSpots,
                  melody: Melody, score: Score, scheme: ArrangementScheme, metrics: CueMetrics | None,
                  target: Path) -> None:
    """Draw the cue to a PNG, 2200 pixels wide; the same cue gives the same bytes. Raises OutputError.

    Hits are coloured by what was heard (``metrics``) or, without a render, by the tempo map.
    """
    view = cue_view(title=title, analysis=analysis, hits=hits, tempo_map=tempo_map, spots=spots, melody=melody,
                    score=score, scheme=scheme, metrics=metrics)
    write_whole(target, timeline_png(view))


def timeline_png(view: CueView) -> bytes:
    """The picture as PNG bytes without date or software name."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    parts = max(1, len(view.score.parts))
    plan = (("Shots", 0.5, lanes_picture.draw_shots), ("Picture", 1.75, lanes_picture.draw_curves),
            ("Hits", lanes_picture.hits_height_in(view), lanes_picture.draw_hits),
            ("Bars", 0.62, lanes_music.draw_bars),
            ("Tempo", 0.85, lanes_music.draw_tempo), ("Melody", 2.0, lanes_music.draw_melody),
            ("Dynamics", 1.1, lanes_music.draw_dynamics), ("", PART_IN * parts, lanes_music.draw_parts))
    height = HEADER_IN + FOOTER_IN + sum(size + GAP_IN for _, size, _ in plan)
    figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI, facecolor=theme.PAPER)
    FigureCanvasAgg(figure)
    limits = (0.0, view.end_s)
    top = height - HEADER_IN
    bottom = FOOTER_IN
    _background(_place(figure, limits, bottom / height, (top - bottom) / height), view)
    for name, size, draw in plan:
        box = (LEFT, (top - size) / height, 1 - LEFT - RIGHT, size / height)
        draw(lane(figure, box, limits, name), view)
        top -= size + GAP_IN
    lanes_picture.draw_header(figure, view, height)
    lanes_picture.draw_legend(figure, view, height)
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": PNG_LEVEL})
    return data.getvalue()


def _place(figure: Any, limits_s: tuple[float, float], bottom: float, height: float) -> Any:
    return lane(figure, (LEFT, bottom, 1 - LEFT - RIGHT, height), limits_s, "")


def _background(axes: Any, view: CueView) -> None:
    """Hit lines through every lane, and the planned end."""
    from matplotlib.collections import LineCollection

    axes.set_ylim(0, 1)
    hard = [row for row in view.rows if row.hit.type == "hard"]
    soft = [row for row in view.rows if row.hit.type not in ("hard", "avoid")]
    for rows, width, alpha in ((hard, 1.6, 0.55), (soft, 0.9, 0.35)):
        lines = [[(float(r.hit.time_s), 0), (float(r.hit.time_s), 1)] for r in rows]
        colors = [lanes_picture.hit_color(view, row) for row in rows]
        axes.add_collection(LineCollection(lines, colors=colors, linewidths=width, alpha=alpha))
    planned = view.seconds(view.tempo_map.end_q)
    axes.axvline(planned, color=theme.INK, linewidth=1.2, linestyle=(0, (4, 3)), alpha=0.6)
    write(axes, planned, 0.0, " end", fontsize=theme.SMALL, color=theme.FAINT, va="top", ha="left", clip_on=False)
