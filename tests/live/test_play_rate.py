"""A film shown faster or slower: every time is one of the showing, every picture the same."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from backend.audio.preview import PyAvPreview
from backend.config import Options
from backend.daw.rpp.reader import read_rpp
from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest, PreviewRequest
from backend.domain.time import FrameRate
from backend.errors import OptionError
from backend.video.analyzer import PyAvAnalyzer
from backend.video.hit_finder import CurveHitFinder
from tests.cue_folder import draw_small_film

CUTS = (72, 120)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    draw_small_film(path)
    return path


def analyze(film: Path, **request: object) -> ClipAnalysis:
    return PyAvAnalyzer().analyze(ClipRequest(film, **request), lambda done: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [Fraction(2), Fraction(1, 2), Fraction(960, 1001), Fraction(4), Fraction(1, 4)])
def test_cuts_and_hits_lie_at_the_scaled_times(film: Path, rate: Fraction) -> None:
    seen = analyze(film, play_rate=rate)
    assert [cut.frame for cut in seen.cuts] == list(CUTS)
    assert [cut.time_s for cut in seen.cuts] == [Fraction(frame, 24) / rate for frame in CUTS]
    assert seen.cue.duration_s == 8 / rate and seen.clip.duration_s == 8 / rate
    assert seen.clip.play_rate == rate and seen.clip.frame_rate.fps == 24 * rate
    hits = CurveHitFinder().find(seen).hits
    cuts = [hit for hit in hits if hit.kind == "cut"]
    assert cuts and all(hit.type == "hard" for hit in cuts[:1])
    assert {hit.time_s * rate * 24 for hit in cuts} <= set(CUTS)
    assert all(hit.time_s <= seen.cue.duration_s for hit in hits)


def test_in_and_out_are_times_of_the_showing(film: Path) -> None:
    seen = analyze(film, play_rate=Fraction(2), start_s=Fraction(1), end_s=Fraction(3))
    assert (seen.cue.start_s, seen.cue.end_s) == (1, 3)
    assert [cut.time_s + seen.cue.start_s for cut in seen.cuts] == [Fraction(3, 2), Fraction(5, 2)]


def test_motion_is_as_fast_as_it_is_shown(film: Path) -> None:
    plain, fast = analyze(film), analyze(film, play_rate=Fraction(2))
    assert fast.motion_speed == pytest.approx(2 * plain.motion_speed, rel=0.02)


def test_the_projects_rate_counts_the_frames(film: Path) -> None:
    seen = analyze(film, play_rate=Fraction(2), frame_rate=FrameRate(24), start_timecode="10:00:00:00")
    hits = CurveHitFinder().find(seen).hits
    assert all(hit.frame == 10 * 3600 * 24 + FrameRate(24).nearest_frame(hit.time_s) for hit in hits)


@pytest.mark.parametrize(("rate", "start", "end", "flash"), [
    (Fraction(2), Fraction(0), Fraction(1), 0.4), (Fraction(2), Fraction(1, 5), Fraction(1), 0.2),
    (Fraction(1, 2), Fraction(1), Fraction(4), 0.6)])
def test_the_preview_runs_at_the_rate(tmp_path: Path, rate: Fraction, start: Fraction, end: Fraction,
                                      flash: float) -> None:
    """Two seconds at 25 fps, white from frame 20 on."""
    clip, mix = tmp_path / "clip.mkv", tmp_path / "mix.wav"
    with av.open(str(clip), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(50):
            planes = np.full((72, 64), 235 if number >= 20 else 16, np.uint8)
            planes[48:] = 128
            output.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        output.mux(stream.encode(None))
    soundfile.write(mix, np.zeros((round(48_000 * float(end - start)), 2)), 48_000, subtype="PCM_24")
    PyAvPreview().write(PreviewRequest(clip, start, end, mix, tmp_path / "preview.mp4", rate))
    with av.open(str(tmp_path / "preview.mp4")) as container:
        times = [(float(frame.time or 0), frame.to_ndarray(format="gray").mean())
                 for frame in container.decode(video=0)]
    assert next(time for time, level in times if level > 120) == pytest.approx(flash, abs=0.002)
    assert times[-1][0] < float(end - start)


@pytest.mark.parametrize(("text", "rate"), [("2", Fraction(2)), ("1/2", Fraction(1, 2)), ("0.5", Fraction(1, 2)),
                                            ("960/1001", Fraction(960, 1001)), (None, Fraction(1))])
def test_the_option_is_read_exactly(text: str | None, rate: Fraction) -> None:
    assert Options(play_rate=text).check().speed() == rate


@pytest.mark.parametrize("text", ["0.2", "5", "0", "-1", "nan", "inf", "1e9", "1/0", "", "fast"])
def test_extreme_rates_refuse_in_a_line(text: str) -> None:
    with pytest.raises(OptionError) as caught:
        Options(play_rate=text).check()
    assert "\n" not in str(caught.value) and "play" in str(caught.value)


def test_the_project_shows_the_picture_at_its_rate(film: Path, tmp_path: Path) -> None:
    from backend.cli.main import main
    from backend.config import DEFAULTS
    from backend.cue_job import CueJob
    from backend.pipeline import run_cue
    from backend.results import ResultsFolder
    from backend.wiring import wire
    folder = ResultsFolder(tmp_path / "out").open()
    options = Options(play_rate="2", cue_in="1", cue_out="3").over(DEFAULTS)
    run_cue(CueJob(film, folder, options, wire()), lambda news: None, until="session")
    assert main(["arrange", str(tmp_path / "out")]) == 0, "the folder remembers the rate"
    item = next(item for item in read_rpp(tmp_path / "out" / "1M1 Film.RPP").items if item.source == "VIDEO")
    assert (item.position_s, item.length_s, item.offset_s, item.play_rate) == (0.0, 2.0, 2.0, 2.0)
