from __future__ import annotations

import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import pytest

from backend.domain import serial
from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest
from backend.domain.time import FrameRate, timecode
from backend.errors import MediaError, OptionError
from backend.video.analyzer import PyAvAnalyzer
from backend.video.drawn_film import story_truth
from backend.video.truth_score import Score, score_frames, score_ranges
from tests.video.conftest import analyze


def test_the_story_is_seen_as_it_was_drawn(story_analysis: ClipAnalysis) -> None:
    truth = story_truth()
    assert story_analysis.clip.frames == truth.frames == 634
    assert story_analysis.cue.end_s == Fraction(634, 24)
    assert tuple(cut.frame for cut in story_analysis.cuts) == truth.cuts
    assert score_frames([hit.frame for hit in story_analysis.impacts], truth.impacts, 2).recall == 1.0
    by_kind = {kind: [(t.start_frame, t.end_frame) for t in story_analysis.transitions if t.kind.startswith(kind)]
               for kind in ("flash", "fade", "dissolve")}
    assert by_kind["flash"] == list(truth.flashes)
    assert score_ranges(by_kind["fade"], truth.fades) == Score(2, 0, 0)
    assert score_ranges(by_kind["dissolve"], truth.dissolves) == Score(1, 0, 0)


def test_shots_tile_the_cue(story_analysis: ClipAnalysis) -> None:
    shots = story_analysis.shots
    assert [s.end_frame for s in shots[:-1]] == [s.start_frame for s in shots[1:]]
    assert (shots[0].start_frame, shots[-1].end_frame) == (0, 634)
    assert shots[-1].end_s == story_analysis.cue.duration_s
    assert shots[3].motion_speed > 3 * shots[0].motion_speed, "running through the storm is faster than the night"


def test_times_and_curves_fit_each_other(story_analysis: ClipAnalysis) -> None:
    assert story_analysis.frame_times_s == tuple(Fraction(i, 24) for i in range(634))
    assert [curve.name for curve in story_analysis.curves[:5]] == ["motion", "saliency", "luma", "saturation",
                                                                   "contrast"]
    assert {len(curve.values) for curve in story_analysis.curves} == {634}
    luma = story_analysis.curve("luma").values
    assert luma[0] < 0.01 and 0.5 < max(luma[540:600]) <= 1.0
    assert all(cut.time_s == Fraction(cut.frame, 24) for cut in story_analysis.cuts)


def test_cut_frames_are_masked_in_the_motion_curve(story_analysis: ClipAnalysis) -> None:
    motion = story_analysis.curve("motion").values
    for cut in story_analysis.cuts:
        neighbours = motion[cut.frame - 1], motion[cut.frame + 1]
        assert min(neighbours) - 1e-6 <= motion[cut.frame] <= max(neighbours) + 1e-6


def test_the_same_file_gives_the_same_document(story: Path, story_analysis: ClipAnalysis) -> None:
    text = serial.dumps(story_analysis)
    assert serial.dumps(analyze(story)) == text
    assert serial.loads(ClipAnalysis, text) == story_analysis


def test_in_and_out_count_from_the_cue(story: Path, story_analysis: ClipAnalysis) -> None:
    part = analyze(story, cue="2M3", start_s=Fraction(7), end_s=Fraction(13), start_timecode="01:00:00:00")
    assert (part.cue.label, part.cue.start_s, part.cue.end_s) == ("2M3", 7, 13)
    assert part.clip.frames == 144 and part.frame_times_s[0] == 0
    assert timecode(part.cue.start_frame, part.clip.frame_rate) == "01:00:07:00"
    assert timecode(part.clip.start_frame, part.clip.frame_rate) == "01:00:00:00"
    expected = [cut.frame - 168 for cut in story_analysis.cuts if 168 < cut.frame < 312]
    assert [cut.frame for cut in part.cuts] == expected
    whole = story_analysis.curve("luma").values[168:312]
    assert part.curve("luma").values == pytest.approx(whole, abs=0.01)


def test_in_points_between_frames_snap_to_the_nearest(story: Path) -> None:
    part = analyze(story, start_s=Fraction(101, 100), end_s=Fraction(2))
    assert part.cue.start_s == 1
    assert part.clip.frames == 24


@pytest.mark.parametrize(("request_", "words"), [
    ({"start_s": Fraction(-1)}, "before the first frame"), ({"start_s": Fraction(99)}, "behind the end"),
    ({"start_s": Fraction(2), "end_s": Fraction(2)}, "at or before --in"),
    ({"start_timecode": "01:00:00:24"}, "does not exist")])
def test_impossible_ranges_are_option_errors(story: Path, request_: dict, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        analyze(story, **request_)


def test_an_out_point_behind_the_end_is_said(story: Path) -> None:
    part = analyze(story, start_s=Fraction(25), end_s=Fraction(40))
    assert part.cue.end_s == Fraction(634, 24)
    assert "ends early" in part.clip.warnings[0] and "frame 634" in part.clip.warnings[0]


def test_the_users_rate_numbers_frames_and_does_not_move_them(story: Path) -> None:
    part = analyze(story, end_s=Fraction(1), frame_rate=FrameRate(25), start_timecode="10:00:00:00")
    assert part.clip.frame_rate == FrameRate(25) and part.clip.start_frame == 900_000
    assert part.frame_times_s[3] == Fraction(3, 24)


def test_drop_frame_timecode_of_the_file(odd_clips: dict[str, ClipAnalysis]) -> None:
    clip = odd_clips["fps_2997_dropframe_tc.mov"].clip
    assert clip.frame_rate == FrameRate(30000, 1001, True)
    assert timecode(clip.start_frame, clip.frame_rate) == "00:59:57;00"


ODD = {"animated.gif": (36, False), "av1_opus.webm": (96, False), "fps_23976.mp4": (144, False),
       "fps_5994.mp4": (240, False), "native_delayed_start.mp4": (24, False), "native_failing_audio.mp4": (280, False),
       "native_hevc_main10_hdr_1080p.mp4": (28, False), "native_no_duration.webm": (74, True),
       "native_portrait_4k60_h264.mp4": (18, False), "native_rotation_90.mov": (3, False), "one_frame.mp4": (1, False),
       "start_time_3600s.mkv": (120, False), "too_short_400ms.mp4": (10, False), "vfr_24_12_8.mp4": (88, True)}


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_measured_whole(odd_clips: dict[str, ClipAnalysis], name: str) -> None:
    analysis = odd_clips[name]
    assert (analysis.clip.frames, analysis.clip.variable_rate) == ODD[name]
    # What is shorter than a second says so; nothing else is wrong with any of them.
    assert [("is short" in line) for line in analysis.clip.warnings] == [True] * (analysis.clip.duration_s < 1)
    assert analysis.shots[-1].end_frame == analysis.clip.frames


def test_variable_frames_keep_their_own_times(odd_clips: dict[str, ClipAnalysis]) -> None:
    analysis = odd_clips["vfr_24_12_8.mp4"]
    steps = {b - a for a, b in zip(analysis.frame_times_s, analysis.frame_times_s[1:], strict=False)}
    assert steps == {Fraction(1, 24), Fraction(2, 24), Fraction(3, 24)}
    assert analysis.clip.duration_s == 6


@pytest.mark.parametrize(("name", "frames", "warning"), [
    ("truncated_moov_ok.mp4", 79, "as far as frame 79 .3.292 s. of 6.000 s"),
    ("truncated_tail.webm", 78, "as far as frame 78 .3.250 s. of 6.000 s"),
    ("bit_errors.mp4", 142, "first near frame 65 .2.708 s"),
    ("native_decord_corrupted.mp4", 49, "first near frame 28 .2.800 s")])
def test_damaged_files_say_how_far_they_go(shared_data: Path, name: str, frames: int, warning: str) -> None:
    import re

    clip = analyze(shared_data / "video" / "corrupt" / name).clip
    assert clip.frames == frames
    assert any(re.search(warning, line) for line in clip.warnings)


def test_a_range_without_a_picture_is_a_media_error(shared_data: Path) -> None:
    with pytest.raises(MediaError, match="no picture between in and out"):
        analyze(shared_data / "video" / "corrupt" / "truncated_tail.webm", start_s=Fraction(5))


def test_progress_rises_to_one_and_may_stop_the_work(story: Path) -> None:
    seen: list[float] = []
    PyAvAnalyzer().analyze(ClipRequest(story, end_s=Fraction(4)), seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) == 5

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PyAvAnalyzer().analyze(ClipRequest(story), stop)


MEMORY_PROGRAM = """
    import resource, sys
    from fractions import Fraction
    from pathlib import Path
    import numpy as np
    from backend.domain.requests import ClipRequest
    from backend.video.analyzer import PyAvAnalyzer
    from backend.video.film_writer import write_film

    base = np.random.default_rng(1).integers(0, 255, (90, 480, 3)).astype(np.uint8)
    path = Path(sys.argv[1])
    write_film(path, (base[:, i // 6 % 320:i // 6 % 320 + 160] for i in range(12 * 600)), Fraction(12), "ultrafast")
    marks = []

    def progress(done):
        if done >= 0.2 and not marks:
            marks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    analysis = PyAvAnalyzer().analyze(ClipRequest(path), progress)
    end = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scale = 2 ** 20 if sys.platform == "darwin" else 2 ** 10
    sys.stdout.write(f"{analysis.clip.frames} {(end - marks[0]) / scale}")
"""


def test_ten_minutes_need_no_more_memory_than_two(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(MEMORY_PROGRAM), str(tmp_path / "long.mp4")],
                          capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    frames, growth_mb = done.stdout.split()
    assert int(frames) == 7_200
    assert float(growth_mb) < 10
