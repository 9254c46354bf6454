"""Scores of the picture analysis against truth, beside PySceneDetect, and its cost.

Run: python -m benchmarks.picture SHARED_DATA [scores|speed|memory]
"""
from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from backend.domain.requests import ClipRequest
from backend.video import cuts, impacts, shots, transitions
from backend.video.analyzer import PyAvAnalyzer
from backend.video.film_writer import write_film
from backend.video.truth_score import Score, score_frames, score_ranges
from benchmarks.picture_material import DEV_SEEDS, TEST_SEEDS, Film, drawn_films, real_films


def detect(film: Film) -> tuple[list[int], tuple[transitions.Transition, ...], list[int]]:
    """Cuts, transitions and impacts of a measured film."""
    found = [frame for frame, _ in cuts.find_cuts(film.features)]
    gradual = transitions.find_transitions(film.features, found, film.fps)
    mask = shots.masked_frames(film.features, found, [t for t in gradual if t.kind == "flash"])
    blended = [i for t in gradual if t.kind != "flash" for i in range(t.start_frame, t.end_frame + 1)]
    hits = impacts.find_impacts(film.features, np.flatnonzero(mask).tolist(), blended, film.fps)
    return found, gradual, [frame for frame, _, _ in hits]


def report(films: list[Film], title: str) -> None:
    totals = {name: Score() for name in ("cuts", "fades", "dissolves and wipes", "impacts")}
    minutes = sum(film.features.frames / film.fps for film in films) / 60
    for film in films:
        found, gradual, hits = detect(film)
        fades = [(t.start_frame, t.end_frame) for t in gradual if t.kind.startswith("fade")]
        blends = [(t.start_frame, t.end_frame) for t in gradual if t.kind == "dissolve"]
        totals["cuts"] += score_frames(found, film.cuts, 2, film.ignored)
        totals["fades"] += score_ranges(fades, film.fades, film.dissolves)
        totals["dissolves and wipes"] += score_ranges(blends, film.dissolves, film.fades)
        totals["impacts"] += score_frames(hits, film.impacts, 2)
    print(f"{title}: {len(films)} films, {minutes:.1f} min")
    for name, total in totals.items():
        print(f"  {name}: true {total.hits + total.missed}, P {total.precision:.3f} R {total.recall:.3f} "
              f"F1 {total.f1:.3f}, wrong per minute {total.wrong / minutes:.2f}")


def scenedetect_scores(shared_data: Path, films: list[Film]) -> None:
    """The named peer at its defaults, on the same truth by the same rules."""
    from scenedetect import AdaptiveDetector, ContentDetector, SceneManager, open_video

    for kind in (ContentDetector, AdaptiveDetector):
        total, seconds = Score(), 0.0
        for film in films:
            video, manager = open_video(str(shared_data / "video" / "clips" / film.name)), SceneManager()
            manager.auto_downscale = True
            manager.add_detector(kind())
            start = time.process_time()
            manager.detect_scenes(video)
            seconds += time.process_time() - start
            found = [scene[0].frame_num for scene in manager.get_scene_list()[1:]]
            total += score_frames(found, film.cuts, 2, film.ignored)
        print(f"PySceneDetect {kind.__name__}: P {total.precision:.3f} R {total.recall:.3f} F1 {total.f1:.3f}, "
              f"{seconds:.1f} CPU-s for all clips")


def scores(shared_data: Path) -> None:
    real = real_films(shared_data)
    report(real, "clips with truth")
    scenedetect_scores(shared_data, real)
    report(drawn_films(DEV_SEEDS), "drawn films, fitted on")
    report(drawn_films(TEST_SEEDS), "drawn films, only scored")


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def speed(shared_data: Path) -> None:
    """CPU-seconds per minute of 640x360 at 24 frames a second, decode included; best of five."""
    import av

    path = shared_data / "video" / "clips" / "montage_hardcuts_640x360_24fps.mp4"
    seconds = 510 / 24

    def decode() -> None:
        with av.open(str(path)) as container:
            container.streams.video[0].codec_context.thread_count = 1
            for _ in container.decode(video=0):
                pass

    def scenedetect() -> None:
        from scenedetect import ContentDetector, SceneManager, open_video

        manager = SceneManager()
        manager.add_detector(ContentDetector())
        manager.detect_scenes(open_video(str(path)))

    def analysis() -> None:
        PyAvAnalyzer().analyze(ClipRequest(path), lambda _: None)

    for name, work in (("analysis", analysis), ("decode alone", decode), ("PySceneDetect content", scenedetect)):
        best = min(cpu_seconds(work) for _ in range(5))
        print(f"{name}: {best / seconds * 60:.2f} CPU-s per minute of 360p24")


def memory() -> None:
    """Peak memory over two hours of 160x90, printed every ten minutes."""
    def pictures() -> object:
        rng = np.random.default_rng(1)
        grounds = [cv2.resize(rng.integers(0, 255, (9, 16, 3), np.uint8), (176, 90)) for _ in range(8)]
        for i in range(24 * 7200):
            yield grounds[i // 96 % 8][:, i // 6 % 16:i // 6 % 16 + 160]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.mp4"
        write_film(path, pictures(), Fraction(24))
        marks = [0.0]

        def progress(done: float) -> None:
            if done >= marks[-1]:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{done * 120:.0f} min: peak {peak:.0f} MB")
                marks.append(marks[-1] + 1 / 12)

        PyAvAnalyzer().analyze(ClipRequest(path), progress)
        print(f"end: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    cv2.setNumThreads(1)
    shared_data, wanted = Path(sys.argv[1]), sys.argv[2:]
    if not wanted or "scores" in wanted:
        scores(shared_data)
    if not wanted or "speed" in wanted:
        speed(shared_data)
    if not wanted or "memory" in wanted:
        memory()


if __name__ == "__main__":
    main()
