"""What every ClipAnalyzer must do."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.domain import serial
from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest
from backend.errors import MediaError, OptionError
from backend.ports import ClipAnalyzer
from backend.video.analyzer import PyAvAnalyzer
from backend.video.film_truth import FilmTruth
from backend.video.seeded_film import draw_test_film

IMPLEMENTATIONS: tuple[type[ClipAnalyzer], ...] = (PyAvAnalyzer,)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FilmTruth]:
    path = tmp_path_factory.mktemp("film") / "it's a \"film\" – é.mp4"
    return path, draw_test_film(5, path)


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda kind: kind.__name__)
def analyzer(request: pytest.FixtureRequest) -> ClipAnalyzer:
    return request.param()


def silent(_: float) -> None:
    pass


def test_it_is_named_and_signs_its_work(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    assert analyzer.name
    assert analyzer.analyze(ClipRequest(film[0]), silent).made_by == analyzer.name


def test_probe_and_analysis_agree(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    path, truth = film
    probed, seen = analyzer.probe(ClipRequest(path)), analyzer.analyze(ClipRequest(path), silent)
    assert probed.frame_rate == seen.clip.frame_rate and probed.frame_rate.fps == truth.fps
    assert (probed.width, probed.height) == (seen.clip.width, seen.clip.height) == (160, 90)
    assert probed.frames == seen.clip.frames == truth.frames
    assert probed.name == seen.clip.name == path.name


def test_an_analysis_is_complete(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    path, truth = film
    analysis = analyzer.analyze(ClipRequest(path, cue="3M2"), silent)
    assert analysis.cue.label == "3M2" and analysis.cue.duration_s == analysis.clip.duration_s
    assert len(analysis.frame_times_s) == truth.frames and analysis.frame_times_s[0] == 0
    assert all(a < b for a, b in zip(analysis.frame_times_s, analysis.frame_times_s[1:], strict=False))
    for name in ("motion", "saliency", "luma", "saturation", "contrast"):
        values = analysis.curve(name).values
        assert len(values) == truth.frames and min(values) >= 0
    assert analysis.shots[0].start_frame == 0 and analysis.shots[-1].end_frame == truth.frames
    assert {cut.frame for cut in analysis.cuts} <= {shot.start_frame for shot in analysis.shots}
    assert serial.loads(ClipAnalysis, serial.dumps(analysis)) == analysis


def test_a_part_counts_from_its_own_start(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    path, truth = film
    start, end = 48 / truth.fps, 96 / truth.fps
    part = analyzer.analyze(ClipRequest(path, start_s=start, end_s=end), silent)
    assert (part.cue.start_s, part.cue.end_s, part.clip.frames) == (start, end, 48)
    assert part.frame_times_s[0] == 0 and part.cue.start_frame == 48


def test_it_is_deterministic(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    assert analyzer.analyze(ClipRequest(film[0]), silent) == analyzer.analyze(ClipRequest(film[0]), silent)


@pytest.mark.parametrize("method", ["probe", "analyze"])
def test_bad_files_raise_media_errors(analyzer: ClipAnalyzer, tmp_path: Path, method: str) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no film", encoding="utf-8")
    for path in (tmp_path / "none.mp4", tmp_path, text):
        with pytest.raises(MediaError):
            analyzer.probe(ClipRequest(path)) if method == "probe" else analyzer.analyze(ClipRequest(path), silent)


def test_impossible_ranges_raise_option_errors(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    with pytest.raises(OptionError):
        analyzer.analyze(ClipRequest(film[0], start_s=Fraction(3), end_s=Fraction(2)), silent)


def test_progress_can_stop_it(analyzer: ClipAnalyzer, film: tuple[Path, FilmTruth]) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyzer.analyze(ClipRequest(film[0]), stop)
