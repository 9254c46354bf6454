"""What every PreviewWriter promises. Implementations are added to WRITERS; nothing else changes."""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from backend.audio.preview import PyAvPreview
from backend.domain.requests import PreviewRequest
from backend.errors import FilmComposerError, MediaError, OutputError
from backend.ports import PreviewWriter

WRITERS: dict[str, Callable[[], PreviewWriter]] = {"pyav": PyAvPreview}
RATE, FPS = 48_000, 25


@pytest.fixture(params=sorted(WRITERS))
def writer(request: pytest.FixtureRequest) -> PreviewWriter:
    made = WRITERS[request.param]()
    assert made.name == request.param
    return made


@pytest.fixture(params=["libx264", "mpeg4"])
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Two seconds: black, white from frame 20 to 24, black."""
    path = tmp_path / "clip é \"x\".mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(request.param, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(2 * FPS):
            level = 235 if 20 <= number < 25 else 16
            planes = np.full((72, 64), level, np.uint8)
            planes[48:] = 128
            output.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        output.mux(stream.encode(None))
    return path


@pytest.fixture
def mix(tmp_path: Path) -> Path:
    """A beep at 0.4 s."""
    sound = np.zeros((2 * RATE, 2))
    sound[round(0.4 * RATE):round(0.5 * RATE)] = 0.5 * np.sin(np.arange(round(0.1 * RATE)) / 5)[:, None]
    soundfile.write(tmp_path / "mix.wav", sound, RATE, subtype="PCM_24")
    return tmp_path / "mix.wav"


def _flash_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return next(float(frame.time or 0) for frame in container.decode(video=0)
                    if frame.to_ndarray(format="gray").mean() > 120)


def _beep_s(path: Path) -> float:
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    level = np.concatenate([np.abs(frame.to_ndarray()).max(axis=0) for frame in frames])
    return float(frames[0].time or 0) + float(np.argmax(level > 0.2)) / RATE


@pytest.mark.parametrize("start_frame", [0, 10, 17])
def test_picture_and_music_start_together(writer: PreviewWriter, clip: Path, mix: Path, tmp_path: Path,
                                          start_frame: int) -> None:
    target = tmp_path / "new folder" / "preview.mp4"
    writer.write(PreviewRequest(clip, Fraction(start_frame, FPS), Fraction(2), mix, target))
    assert _flash_s(target) == pytest.approx((20 - start_frame) / FPS, abs=0.002)
    assert _beep_s(target) == pytest.approx(0.4, abs=0.005)
    assert [path.name for path in target.parent.iterdir()] == ["preview.mp4"]


def test_a_second_one_replaces_the_first(writer: PreviewWriter, clip: Path, mix: Path, tmp_path: Path) -> None:
    target = tmp_path / "preview.mp4"
    target.write_bytes(b"old")
    writer.write(PreviewRequest(clip, Fraction(0), Fraction(1), mix, target))
    assert _flash_s(target) == pytest.approx(20 / FPS, abs=0.002)


def test_failures_are_one_line_and_leave_the_old_file(writer: PreviewWriter, clip: Path, mix: Path,
                                                      tmp_path: Path) -> None:
    target = tmp_path / "preview.mp4"
    target.write_bytes(b"old")
    (tmp_path / "blocked").write_text("")
    failures: dict[type[FilmComposerError], PreviewRequest] = {
        MediaError: PreviewRequest(mix, Fraction(0), Fraction(1), mix, target),
        OutputError: PreviewRequest(clip, Fraction(0), Fraction(1), mix, tmp_path / "blocked" / "preview.mp4")}
    for error, request in failures.items():
        with pytest.raises(error) as caught:
            writer.write(request)
        assert "\n" not in str(caught.value)
    assert target.read_bytes() == b"old"
    assert not list(tmp_path.glob("**/*.part"))
