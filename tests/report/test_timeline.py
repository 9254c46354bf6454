"""The picture: size, bytes, and what is drawn where."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from backend.domain.analysis import ClipAnalysis
from backend.domain.hits import HitPoint, HitPoints
from backend.errors import OutputError
from backend.report import theme
from backend.report.canvas import plain, shorten, stack_rows
from backend.report.lanes_picture import hit_color, thinned
from backend.report.timeline import draw_timeline
from backend.report.view import bar_lines, cue_view


def given(cue: Any, **changes: Any) -> dict[str, Any]:
    base = {"title": "The Harbour", "analysis": cue.analysis, "hits": cue.hits, "tempo_map": cue.tempo_map,
            "spots": cue.spots, "melody": cue.melody, "score": cue.score, "scheme": cue.scheme, "metrics": None}
    return {**base, **changes}


def pixels(path: Path) -> np.ndarray:
    import cv2

    image = cv2.imread(str(path))
    assert image is not None
    return image[:, :, ::-1]


def share_of(image: np.ndarray, color: str) -> float:
    """Share of pixels within 2 of a colour."""
    rgb = np.array([int(color[i:i + 2], 16) for i in (1, 3, 5)])
    return float((np.abs(image.astype(int) - rgb).max(axis=2) <= 2).mean())


def test_picture_is_wide_and_the_same_every_time(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    draw_timeline(**given(cue), target=tmp_path / "a.png")
    draw_timeline(**given(cue), target=tmp_path / "b.png")
    data = (tmp_path / "a.png").read_bytes()
    assert data == (tmp_path / "b.png").read_bytes()
    assert b"tEXt" not in data and b"tIME" not in data and b"Software" not in data
    image = pixels(tmp_path / "a.png")
    assert image.shape[1] == 2200 and 1200 < image.shape[0] < 1700
    assert share_of(image, theme.BLUE) > 0.001 and share_of(image, theme.VERMILLION) < 0.001
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_missed_hits_turn_vermillion(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    late = replace(cue.tempo_map, sync=tuple(replace(p, error_s=0.2) for p in cue.tempo_map.sync))
    view = cue_view(**given(cue, tempo_map=late))
    kinds = {row.hit.type: hit_color(view, row) for row in view.rows}
    assert kinds == {"hard": theme.VERMILLION, "soft": theme.VERMILLION, "ring_out": theme.VERMILLION,
                     "avoid": theme.FAINT}
    draw_timeline(**given(cue, tempo_map=late), target=tmp_path / "late.png")
    draw_timeline(**given(cue), target=tmp_path / "exact.png")
    late_share, exact_share = (share_of(pixels(tmp_path / n), theme.VERMILLION) for n in ("late.png", "exact.png"))
    assert late_share > 3 * exact_share


def test_odd_titles_and_empty_music_are_drawn(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue("$\\frac{1}$ 港 \t.mp4")
    empty = replace(cue.score, parts=(), chords=(), sections=())
    scheme = replace(cue.scheme, tracks=(), measures=(), sections=())
    draw_timeline(**given(cue, title="$x^2 港\n", score=empty, scheme=scheme, hits=HitPoints(()),
                          tempo_map=replace(cue.tempo_map, sync=()), melody=replace(cue.melody, notes=())),
                  target=tmp_path / "odd.png")
    assert pixels(tmp_path / "odd.png").shape[1] == 2200


def test_a_long_dense_cue_is_drawn(cues: ModuleType, tmp_path: Path) -> None:
    """Sixty hits in 38 s: labels that find no row are left out, marks are not."""
    cue = cues.fake_cue()
    hits = HitPoints(tuple(HitPoint(Fraction(k * 6, 10), 0.8, "cut", "hard", "A rather long reason for a hit")
                           for k in range(60)))
    draw_timeline(**given(cue, hits=hits, tempo_map=replace(cue.tempo_map, sync=())), target=tmp_path / "dense.png")
    assert pixels(tmp_path / "dense.png").shape[0] < 1800


def test_one_frame_clip(cues: ModuleType, tmp_path: Path) -> None:
    cue = cues.fake_cue()
    analysis: ClipAnalysis = replace(
        cue.analysis, frame_times_s=(Fraction(0),), cuts=(), transitions=(), impacts=(), shots=(),
        curves=tuple(replace(c, values=c.values[:1]) for c in cue.analysis.curves))
    draw_timeline(**given(cue, analysis=analysis), target=tmp_path / "one.png")
    assert pixels(tmp_path / "one.png").shape[1] == 2200


def test_a_folder_that_is_not_there(cues: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Cannot write"):
        draw_timeline(**given(cues.fake_cue()), target=tmp_path / "gone" / "timeline.png")


def test_bars_beats_and_metre_changes(cues: ModuleType) -> None:
    bars = bar_lines(cues.fake_cue().tempo_map)
    assert [(bar.number, bar.meter) for bar in bars if bar.meter] == [(1, "4/4"), (8, "3/4"), (9, "4/4")]
    assert [len(bar.beats_s) for bar in bars[6:9]] == [4, 3, 4]
    assert all(a.end_s == b.start_s for a, b in zip(bars, bars[1:], strict=False))


def test_labels_share_rows_without_touching() -> None:
    assert stack_rows([(0, 2), (1, 3), (1.5, 4), (2, 5), (3, 4)], 2) == [0, 1, None, 0, 1]


def test_text_is_made_safe() -> None:
    assert plain("a\tb港") == "a b?"
    assert shorten("A long reason", 8) == "A long…" and shorten("short", 8) == "short"


def test_thinning_keeps_the_peaks() -> None:
    y = np.zeros(10_000)
    y[[17, 9_999]] = 1, 2
    x, thin = thinned(np.arange(10_000.0), y)
    assert len(x) == len(thin) <= 1500
    assert thin[2] == 1 and thin[-1] == 2
