"""Picture and music start together, whatever the clip is wrapped in."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.audio.preview import PyAvPreview
from backend.audio.wav import quantise, write_wav
from backend.domain.requests import PreviewRequest
from backend.errors import InputError, MediaError, OutputError

RATE = 48_000


@pytest.fixture
def mix(tmp_path: Path) -> Path:
    """Two seconds with a click at exactly 0.5 s."""
    sound = np.zeros((2, 2 * RATE), np.float32)
    sound[:, RATE // 2:RATE // 2 + 400] = 0.7 * np.sin(np.arange(400) / 4)
    write_wav(tmp_path / "mix.wav", quantise(sound), RATE)
    return tmp_path / "mix.wav"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """48 frames at 24 fps, each as bright as its number, a key frame every 12, coded with B-frames."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, options={"g": "12", "bf": "2", "x264-params": "scenecut=0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(48):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 16 + 4 * number, np.uint8), format="yuv420p")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _frames(path: Path) -> list[tuple[float, float]]:
    """(time, brightness) of every frame."""
    with av.open(str(path)) as container:
        return [(float(frame.time or 0), float(frame.to_ndarray(format="gray").mean()))
                for frame in container.decode(video=0)]


def _click_s(path: Path) -> float:
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    sound = np.concatenate([np.abs(frame.to_ndarray()).max(axis=0) for frame in frames])
    return float(frames[0].time or 0) + float(np.argmax(sound > 0.3)) / RATE


def _write(source: Path, mix: Path, start_s: Fraction, end_s: Fraction, target: Path) -> None:
    PyAvPreview().write(PreviewRequest(source, start_s, end_s, mix, target))


def test_a_cue_from_the_beginning_is_copied(clip: Path, mix: Path, tmp_path: Path) -> None:
    _write(clip, mix, Fraction(0), Fraction(2), tmp_path / "preview.mp4")
    assert _frames(tmp_path / "preview.mp4") == _frames(clip)
    assert _click_s(tmp_path / "preview.mp4") == pytest.approx(0.5, abs=0.003)


def test_a_copy_ends_with_the_cue(clip: Path, mix: Path, tmp_path: Path) -> None:
    _write(clip, mix, Fraction(0), Fraction(1), tmp_path / "preview.mp4")
    times = [time_s for time_s, _ in _frames(tmp_path / "preview.mp4")]
    assert times[:24] == pytest.approx([number / 24 for number in range(24)])
    assert len(times) <= 27


def test_a_cue_inside_the_clip_starts_on_its_frame(clip: Path, mix: Path, tmp_path: Path) -> None:
    _write(clip, mix, Fraction(17, 24), Fraction(34, 24), tmp_path / "preview.mp4")
    expected = dict(enumerate(brightness for _, brightness in _frames(clip)[17:34]))
    found = _frames(tmp_path / "preview.mp4")
    assert [time_s for time_s, _ in found] == pytest.approx([number / 24 for number in range(17)], abs=1e-3)
    assert [brightness for _, brightness in found] == pytest.approx(list(expected.values()), abs=2)
    assert _click_s(tmp_path / "preview.mp4") == pytest.approx(0.5, abs=0.003)


def test_between_two_frames_the_one_on_screen_comes_first(clip: Path, mix: Path, tmp_path: Path) -> None:
    _write(clip, mix, Fraction(17, 24) + Fraction(1, 100), Fraction(30, 24), tmp_path / "preview.mp4")
    found = _frames(tmp_path / "preview.mp4")
    assert found[0] == (0.0, pytest.approx(_frames(clip)[17][1], abs=2))
    assert found[1][0] == pytest.approx(1 / 24 - 0.01, abs=1e-3)


def test_the_target_is_whole_or_not_there(clip: Path, mix: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "preview.mp4"
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(MediaError, match="broken.mp4"):
        _write(tmp_path / "broken.mp4", mix, Fraction(0), Fraction(1), target)
    with pytest.raises(InputError, match="nowhere.wav"):
        _write(clip, tmp_path / "nowhere.wav", Fraction(0), Fraction(1), target)
    assert not target.exists()
    (tmp_path / "blocked").write_text("")
    with pytest.raises(OutputError, match="blocked"):
        _write(clip, mix, Fraction(0), Fraction(1), tmp_path / "blocked" / "preview.mp4")
    assert not [path for path in tmp_path.rglob("*.part")]


@pytest.mark.parametrize(("name", "frames", "last_s", "size"), [
    ("odd/start_time_3600s.mkv", 48, 47 / 24, (480, 200)),
    ("odd/video_starts_0750ms_late.mkv", 48, 47 / 24, (480, 200)),
    ("odd/pal_interlaced_anamorphic_mpeg2.mpg", 50, 49 / 25, (512, 288)),
    ("odd/odd_dimensions_481x273_yuv444.mp4", 48, 47 / 24, (480, 272)),
    ("odd/animated.gif", 24, 1.92, (240, 102)),
    ("odd/theora_vorbis.ogv", 48, 47 / 24, (480, 204))])
def test_odd_files(shared_data: Path, mix: Path, tmp_path: Path, name: str, frames: int, last_s: float,
                   size: tuple[int, int]) -> None:
    _write(shared_data / "video" / name, mix, Fraction(0), Fraction(2), tmp_path / "preview.mp4")
    with av.open(str(tmp_path / "preview.mp4")) as container:
        found = [(float(frame.time or 0), frame.width, frame.height) for frame in container.decode(video=0)]
    shown = [time_s for time_s, *_ in found if time_s < 2]
    assert (len(shown), shown[0]) == (frames, 0.0)
    assert shown[-1] == pytest.approx(last_s, abs=0.002)
    assert found[0][1:] == size


def test_turned_pictures_stand_upright(shared_data: Path, mix: Path, tmp_path: Path) -> None:
    source = shared_data / "video" / "odd" / "rotated_90_metadata.mp4"
    _write(source, mix, Fraction(1), Fraction(2), tmp_path / "preview.mp4")
    with av.open(str(source)) as container:
        container.seek(0)
        stored = next(frame for frame in container.decode(video=0) if float(frame.time or 0) >= 1)
        shown = np.rot90(stored.to_ndarray(format="gray").astype(float), stored.rotation // 90)
    with av.open(str(tmp_path / "preview.mp4")) as container:
        first = next(container.decode(video=0)).to_ndarray(format="gray").astype(float)
    assert first.shape == shown.shape
    assert np.corrcoef(first.ravel(), shown.ravel())[0, 1] > 0.98
