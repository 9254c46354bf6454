"""Cuts, transitions and hits against truth: fifty drawn films, the real clips, and arrays made by hand."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from backend.domain.analysis import ClipAnalysis
from backend.video import cuts
from backend.video.film_truth import FilmTruth
from backend.video.seeded_film import draw_test_film
from backend.video.truth_score import Score, score_frames, score_ranges, widened
from tests.video.conftest import TrueClip, analyze

SEEDS = range(50)
"""No constant was fitted on these films."""


@dataclass(frozen=True)
class Drawn:
    analysis: ClipAnalysis
    truth: FilmTruth


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[Drawn]:
    path = tmp_path_factory.mktemp("drawn") / "film.mp4"
    films = []
    for seed in SEEDS:
        truth = draw_test_film(seed, path)
        films.append(Drawn(analyze(path), truth))
    return films


def test_every_frame_of_the_drawn_films_is_seen(drawn: list[Drawn]) -> None:
    assert [film.analysis.clip.frames for film in drawn] == [film.truth.frames for film in drawn]
    assert {film.truth.fps for film in drawn} == {film.analysis.clip.frame_rate.fps for film in drawn}


def test_cuts_of_drawn_films(drawn: list[Drawn]) -> None:
    total = sum((score_frames([cut.frame for cut in film.analysis.cuts], film.truth.cuts, 2,
                              widened(film.truth.fades + film.truth.dissolves)) for film in drawn), Score())
    assert total.hits + total.missed > 120
    assert total.f1 >= 0.98


def test_impacts_of_drawn_films(drawn: list[Drawn]) -> None:
    total = sum((score_frames([hit.frame for hit in film.analysis.impacts], film.truth.impacts, 2)
                 for film in drawn), Score())
    assert total.hits + total.missed > 70
    assert total.recall >= 0.9
    assert total.precision >= 0.8


def test_flashes_and_strobes_of_drawn_films_are_flashes_and_no_cuts(drawn: list[Drawn]) -> None:
    total = sum((score_ranges(ranges(film.analysis, "flash"), film.truth.flashes, film.truth.strobes)
                 for film in drawn), Score())
    assert total.hits + total.missed > 10
    assert total.recall >= 0.9
    assert total.precision >= 0.9


def test_dissolves_of_drawn_films(drawn: list[Drawn]) -> None:
    total = sum((score_ranges(ranges(film.analysis, "dissolve"), film.truth.dissolves, film.truth.fades)
                 for film in drawn), Score())
    assert total.precision >= 0.8
    assert total.recall >= 0.7


def ranges(analysis: ClipAnalysis, kind: str) -> list[tuple[int, int]]:
    return [(t.start_frame, t.end_frame) for t in analysis.transitions if t.kind.startswith(kind)]


def test_cuts_of_real_clips(true_clips: dict[str, TrueClip]) -> None:
    total = Score()
    for clip in true_clips.values():
        ignored = widened([(t["start_frame"], t["end_frame"]) for t in clip.truth["transitions"]])
        ignored += [(u["frame"] - 2, u["frame"] + 2) for u in clip.truth["uncertain"]]
        total += score_frames([cut.frame for cut in clip.analysis.cuts],
                              [cut["frame"] for cut in clip.truth["cuts"]], 2, ignored)
    assert total.hits + total.missed == 34
    assert total.f1 >= 0.95


def test_single_shots_have_no_cut(true_clips: dict[str, TrueClip]) -> None:
    for name in ("chaplin_silent_640x360_25fps.mp4", "flower_timelapse_960x540_2997.mp4",
                 "his_girl_friday_640x480_30fps.mp4", "pyscenedetect_fades_480x320_25fps.mp4"):
        assert true_clips[name].analysis.cuts == ()


def test_fades_of_real_clips(true_clips: dict[str, TrueClip]) -> None:
    total, minutes = Score(), 0.0
    for name, clip in true_clips.items():
        if name.startswith("pyscenedetect"):
            continue
        fades, others = ([(t["start_frame"], t["end_frame"]) for t in clip.truth["transitions"]
                          if t["type"].startswith("fade") == wanted] for wanted in (True, False))
        total += score_ranges(ranges(clip.analysis, "fade"), fades, others)
        minutes += float(clip.analysis.cue.duration_s) / 60
    assert total.hits + total.missed == 16
    assert total.recall >= 0.9
    assert total.wrong <= minutes


def test_grey_fades_are_seen_one_by_one(true_clips: dict[str, TrueClip]) -> None:
    found = ranges(true_clips["pyscenedetect_fades_480x320_25fps.mp4"].analysis, "fade")
    assert score_ranges(found, [(3, 39), (45, 81), (87, 123), (129, 164), (170, 206), (212, 242)]) == Score(6, 0, 0)
    assert len(found) == 6


def test_the_muzzle_flash_is_a_flash(true_clips: dict[str, TrueClip]) -> None:
    found = ranges(true_clips["tears_of_steel_battle_part1_800x332_24fps.webm"].analysis, "flash")
    assert found and all(152 <= start <= 158 for start, _ in found)


def test_cuts_of_odd_files(odd_clips: dict[str, ClipAnalysis], shared_data: Path) -> None:
    import json

    truth = json.loads((shared_data / "video/ground_truth/odd.cuts.json").read_text(encoding="utf-8"))["clips"]
    total = Score()
    for name, clip in truth.items():
        # Milliseconds, so that one matcher serves files of every rate.
        found = [round(cut.time_s * 1000) for cut in odd_clips[name].cuts]
        total += score_frames(found, [round(cut["time_s"] * 1000) for cut in clip["cuts"]],
                              round(clip["tolerance_s"] * 1000))
    assert total.hits + total.missed > 30
    assert total.f1 >= 0.95


def test_apart_bridges_a_flash_and_not_a_cut() -> None:
    same, other = np.zeros((12, 5)), np.zeros((12, 5))
    for lag in range(1, 6):
        for frame in range(lag, 12):
            same[frame, lag - 1] = float((frame in (6, 7)) != (frame - lag in (6, 7)))
            other[frame, lag - 1] = float((frame >= 6) != (frame - lag >= 6))
    assert cuts.apart(same).max() == 0.0
    assert np.flatnonzero(cuts.apart(other)).tolist() == [6]


def test_strength_lies_within_its_range(drawn: list[Drawn]) -> None:
    strengths = [item.strength for film in drawn for item in (*film.analysis.cuts, *film.analysis.impacts)]
    assert min(strengths) > 0 and max(strengths) <= 1
    assert len(set(strengths)) > 50
