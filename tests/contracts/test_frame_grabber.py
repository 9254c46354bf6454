"""What every FrameGrabber must do: the frame that was asked for, and no other."""
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest
from backend.errors import MediaError
from backend.ports import FrameGrabber
from backend.video import brush, reader
from backend.video.analyzer import PyAvAnalyzer
from backend.video.film_writer import write_film
from backend.video.stills import PyAvGrabber

IMPLEMENTATIONS: tuple[type[FrameGrabber], ...] = (PyAvGrabber,)
FRAMES = 150
HEIGHT, WIDTH = 90, 160


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda kind: kind.__name__)
def grabber(request: pytest.FixtureRequest) -> FrameGrabber:
    return request.param()


def _pictures() -> list[np.ndarray]:
    """A burnt-in number, a grey that drifts, and a red block at the top left that tells which way is up."""
    out = []
    for number in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH, 3), 60 + number % 90, np.uint8)
        picture[:20, :30] = (20, 20, 220)
        brush.frame_number(picture, number)
        out.append(picture)
    return out


def _number_box(number: int) -> np.ndarray:
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    brush.frame_number(canvas, number)
    return canvas[-26:-6, -70:-8].astype(np.float32)


BOXES = np.stack([_number_box(number) for number in range(FRAMES)])


def read_number(jpeg: bytes) -> int:
    """The burnt-in number of a picture of full size: the box that differs least."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    return int(np.abs(BOXES - picture[-26:-6, -70:-8]).mean(axis=(1, 2, 3)).argmin())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("numbers") / "numbers.mp4"
    write_film(path, iter(_pictures()), Fraction(24000, 1001))
    return path


def _rewritten(path: Path, target: Path, *, first_s: float = 0.0, steps: tuple[int, ...] = (1,), turned: int = 0,
               codec: str = "libx264") -> Path:
    """The pictures again on a clock of our own: milliseconds, uneven where there are several ``steps`` (in 1/24 s)."""
    with av.open(str(target), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if codec == "libx264":
            stream.options = {"crf": "12", "preset": "veryfast", "bf": "2"}
        at = 0
        for number, picture in enumerate(_pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.time_base, frame.pts = Fraction(1, 1000), round(1000 * (first_s + at / 24))
            at += steps[number % len(steps)]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def analyse(path: Path, **request: object) -> ClipAnalysis:
    return PyAvAnalyzer().analyze(ClipRequest(path, **request), lambda _: None)  # type: ignore[arg-type]


def test_the_number_on_the_picture_is_the_frame_asked_for(grabber: FrameGrabber, film: Path) -> None:
    analysis = analyse(film)
    asked = (0, 1, 7, 48, 49, 71, 72, 100, 148, 149, 3, 100)
    stills = grabber.grab(analysis, film, tuple(analysis.frame_times_s[i] for i in asked), HEIGHT)
    assert tuple(read_number(still.data) for still in stills) == asked
    assert tuple(still.frame for still in stills) == asked
    assert [still.time_s for still in stills] == [float(analysis.frame_times_s[i]) for i in asked]


def test_between_two_frames_the_one_that_stands_is_meant(grabber: FrameGrabber, film: Path) -> None:
    analysis = analyse(film)
    frame_s = analysis.clip.frame_rate.frame_s
    times = (9 * frame_s + frame_s * Fraction(9, 10), 10 * frame_s, Fraction(-1), Fraction(99))
    assert [read_number(still.data) for still in grabber.grab(analysis, film, times, HEIGHT)] == [9, 10, 0, 149]


def test_cue_time_counts_from_the_cues_start(grabber: FrameGrabber, film: Path) -> None:
    frame_s = Fraction(1001, 24000)
    analysis = analyse(film, start_s=40 * frame_s, end_s=90 * frame_s)
    stills = grabber.grab(analysis, film, tuple(analysis.frame_times_s[i] for i in (0, 13, 49)), HEIGHT)
    assert [still.frame for still in stills] == [0, 13, 49]
    assert [read_number(still.data) for still in stills] == [40, 53, 89]


@pytest.mark.parametrize("rate", [Fraction(2), Fraction(1, 2), Fraction(7, 5)])
def test_at_another_play_rate_the_same_frames_are_meant(grabber: FrameGrabber, film: Path, rate: Fraction) -> None:
    analysis = analyse(film, play_rate=rate)
    times = tuple(analysis.frame_times_s[i] for i in (0, 30, 77, 149))
    assert [read_number(still.data) for still in grabber.grab(analysis, film, times, HEIGHT)] == [0, 30, 77, 149]


@pytest.mark.parametrize(("name", "options"), [
    ("uneven.mkv", {"steps": (1, 2, 3, 1, 5)}), ("late.mkv", {"first_s": 0.75}), ("hour.mkv", {"first_s": 3600.0}),
    ("even.mkv", {}), ("uneven.mp4", {"steps": (1, 1, 4)}), ("intra.avi", {"codec": "mpeg4"})])
def test_odd_clocks(grabber: FrameGrabber, film: Path, tmp_path: Path, name: str, options: dict) -> None:
    """Variable rates, a first picture that comes late, milliseconds: index in the analysis is index on the film."""
    path = _rewritten(film, tmp_path / name, **options)
    analysis = analyse(path)
    assert len(analysis.frame_times_s) == FRAMES
    asked = (0, 1, 2, 60, 61, 62, 63, 64, 120, 149)
    stills = grabber.grab(analysis, path, tuple(analysis.frame_times_s[i] for i in asked), HEIGHT)
    assert tuple(read_number(still.data) for still in stills) == asked


@pytest.mark.parametrize("height", [30, 89, 90, 500])
def test_no_more_lines_than_asked_for_and_none_invented(grabber: FrameGrabber, film: Path, height: int) -> None:
    still = grabber.grab(analyse(film), film, (Fraction(1),), height)[0]
    picture = cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)
    lines = min(height, HEIGHT)
    assert picture.shape[:2] == (lines, round(WIDTH * lines / HEIGHT))


def test_the_shot_is_named(grabber: FrameGrabber, film: Path) -> None:
    analysis = analyse(film)
    shot = analysis.shots[0]
    cut = replace(analysis, shots=(replace(shot, end_frame=60), replace(shot, start_frame=60, end_frame=FRAMES)))
    stills = grabber.grab(cut, film, tuple(analysis.frame_times_s[i] for i in (0, 59, 60, 149)), 30)
    assert [still.shot for still in stills] == [0, 0, 1, 1]


def test_the_same_bytes_again(grabber: FrameGrabber, film: Path) -> None:
    analysis = analyse(film)
    assert grabber.grab(analysis, film, (Fraction(2),), 60) == grabber.grab(analysis, film, (Fraction(2),), 60)
    assert grabber.grab(analysis, film, (), 60) == ()


def test_bad_files_raise_media_errors(grabber: FrameGrabber, film: Path, tmp_path: Path) -> None:
    analysis = analyse(film)
    text = tmp_path / "text.mp4"
    text.write_text("no film", encoding="utf-8")
    short = tmp_path / "short.mp4"
    write_film(short, iter(_pictures()[:50]), Fraction(24000, 1001))
    for path, time_s in ((tmp_path / "none.mp4", 0), (tmp_path, 0), (text, 0), (short, 4)):
        with pytest.raises(MediaError):
            grabber.grab(analysis, path, (Fraction(time_s),), 60)


@pytest.mark.parametrize("name", [
    "odd/start_time_3600s.mkv", "odd/vfr_24_12_8.mp4", "odd/rotated_90_metadata.mp4", "odd/native_rotation_90.mov",
    "odd/pal_interlaced_anamorphic_mpeg2.mpg", "odd/video_starts_0750ms_late.mkv", "odd/hevc_main10.mp4",
    "odd/odd_dimensions_481x273_yuv444.mp4", "odd/one_frame.mp4", "odd/theora_vorbis.ogv", "odd/animated.gif",
    "corrupt/truncated_moov_ok.mp4", "corrupt/bit_errors.mp4", "corrupt/truncated_tail.webm"])
def test_real_files_give_the_picture_that_was_measured(grabber: FrameGrabber, shared_data: Path, name: str) -> None:
    """A still made small is the picture that reading through gives for that index, more than any other's."""
    path = shared_data / "video" / name
    analysis = analyse(path)
    facts = reader.read_facts(path)
    read = [p.bgr() for _, p in reader.pictures(facts, Fraction(0), None, reader.DecodeLog())]
    assert len(read) == len(analysis.frame_times_s)
    asked = sorted({0, len(read) // 3, len(read) // 2, len(read) - 1})
    for still in grabber.grab(analysis, path, tuple(analysis.frame_times_s[i] for i in asked), 360):
        picture = cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)
        assert abs(picture.shape[1] / picture.shape[0] - facts.width / facts.height) < .02
        small = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA)
        apart = [float(np.abs(small.astype(int) - one).mean()) for one in read]
        assert apart[still.frame] <= min(apart) + 1.0, (still.frame, int(np.argmin(apart)))
