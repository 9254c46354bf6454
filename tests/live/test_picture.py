"""The item's place, trim and speed: where the cue begins and ends in the film, and what timecode it carries."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.domain.clip import Clip
from backend.domain.requests import ClipRequest
from backend.domain.time import FrameRate
from backend.errors import InputError, OptionError
from backend.live.picture import ShownPicture, cue_bounds, play_rate_of, shown_picture
from backend.live.timecode import label_rate, project_rate, start_timecode
from bridge.messages import SeenProject, SeenVideo, Span

F = Fraction
PAL, FILM, NTSC = FrameRate(25), FrameRate(24), FrameRate(24000, 1001)
DROP = FrameRate(30000, 1001, True)


class OneFilm:
    """A ClipAnalyzer that knows one film: 60 s, whose picture begins .2 s after the file's zero."""

    name = "one film"

    def __init__(self, rate: FrameRate = FILM, variable: bool = False) -> None:
        self._rate, self._variable = rate, variable

    def probe(self, request: ClipRequest) -> Clip:
        fps = self._rate.fps * request.play_rate
        return Clip("film.mp4", FrameRate(fps.numerator, fps.denominator), 1440, F(60) / request.play_rate, 640, 360,
                    video_start_s=F(1, 5) / request.play_rate, variable_rate=self._variable,
                    play_rate=request.play_rate)

    def analyze(self, request: ClipRequest, progress: object) -> object:
        raise AssertionError("not asked for")


def seen(position_s: float = 0.0, length_s: float = 60.0, offset_s: float = 0.2, rate: float = 1.0) -> SeenVideo:
    return SeenVideo("/film.mp4", "{ITEM}", "film", position_s, length_s, offset_s, rate)


def shown(video: SeenVideo, **film: object) -> ShownPicture:
    return shown_picture(video, OneFilm(**film))  # type: ignore[arg-type]


def span(start_s: float, end_s: float) -> Span:
    return Span("1M1", "Chase", start_s, end_s)


@pytest.mark.parametrize(("video", "span_", "bounds"), [
    (seen(), None, (F(0), None)),
    (seen(length_s=30.0), None, (F(0), F(30))),
    (seen(position_s=100.0), span(110, 120), (F(10), F(20))),
    (seen(position_s=100.0, offset_s=5.2, length_s=20.0), None, (F(5), F(25))),
    (seen(position_s=100.0, offset_s=5.2, length_s=20.0), span(0, 500), (F(5), F(25))),
    (seen(position_s=100.0, offset_s=5.2, length_s=20.0), span(110, 115), (F(15), F(20))),
    (seen(rate=2.0, offset_s=10.2, length_s=10.0, position_s=3.0), None, (F(5), F(15))),
    (seen(rate=0.5, offset_s=10.2, length_s=10.0), span(4, 8), (F(24), F(28))),
    (seen(length_s=80.0), span(50, 80), (F(50), None)),
    (seen(length_s=0.0), None, (F(0), None)),
    (seen(offset_s=0.0), None, (F(0), F(1435, 24))),
    (seen(), span(10.02, 20), (F(10), F(20))),
    (seen(), span(10.03, 20), (F(241, 24), F(20))),
    (seen(offset_s=0.21), None, (F(1, 24), None)),
    (seen(offset_s=0.20009), None, (F(0), None)),
])
def test_in_and_out_in_clip_time(video: SeenVideo, span_: Span | None,
                                 bounds: tuple[Fraction, Fraction | None]) -> None:
    assert cue_bounds(shown(video), span_) == bounds


def test_the_first_frame_is_never_from_before_the_item() -> None:
    """Trimmed between two frames, the nearest frame would lie before the item's edge, and before project time 0."""
    picture = shown(seen(offset_s=0.205))
    cue_in, _ = cue_bounds(picture, None)
    assert cue_in == F(1, 24) and picture.project_s(cue_in) == F(1, 24) - F(5, 1000) > 0


def test_a_variable_rate_looks_from_the_edge_on() -> None:
    picture = shown(seen(offset_s=0.205), variable=True)
    cue_in, _ = cue_bounds(picture, None)
    assert cue_in - FILM.frame_s / 2 == F(5, 1000) - F(1, 10_000)


@pytest.mark.parametrize(("video", "span_"), [
    (seen(position_s=100.0), span(0, 99)), (seen(), span(70, 80)), (seen(), span(5, 5.01)), (seen(), span(9, 3)),
    (seen(length_s=0.01), None), (seen(offset_s=70.0, length_s=5.0), None)])
def test_no_picture_is_one_line(video: SeenVideo, span_: Span | None) -> None:
    with pytest.raises(InputError) as caught:
        cue_bounds(shown(video), span_)
    assert "\n" not in str(caught.value) and "film" in str(caught.value)


def test_the_three_clocks() -> None:
    picture = shown(seen(position_s=100.0, offset_s=10.2, rate=2.0))
    assert picture.clip_s(F(100)) == 5 and picture.film_s(F(100)) == 10
    assert picture.film_s(F(103)) == 16 and picture.project_s(F(8)) == 103


@pytest.mark.parametrize("rate", [0.2, 5.0, 0.0, -1.0, float("nan"), float("inf")])
def test_extreme_rates_are_refused(rate: float) -> None:
    with pytest.raises((OptionError, InputError)) as caught:
        play_rate_of(seen(rate=rate))
    assert "\n" not in str(caught.value) and "play rate" in str(caught.value)


@pytest.mark.parametrize(("rate", "exact"), [(1.0, F(1)), (24000 / 1001 / 25, F(960, 1001)), (1 / 3, F(1, 3)),
                                             (1.001, F(1001, 1000)), (0.25, F(1, 4)), (4.0, F(4))])
def test_rates_are_what_was_meant(rate: float, exact: Fraction) -> None:
    assert play_rate_of(seen(rate=rate)) == exact


def test_times_that_are_none_are_refused() -> None:
    for broken in (seen(position_s=float("nan")), seen(length_s=float("inf")), seen(offset_s=1e300)):
        with pytest.raises(InputError):
            shown(broken)
    with pytest.raises(InputError):
        shown_picture(SeenVideo("film.mp4", "", "", 0, 1, 0), OneFilm())  # type: ignore[arg-type]


# timecode

def project(offset_s: float, rate: float = 24.0, drop: bool = False) -> SeenProject:
    return SeenProject(str(Path("/project")), "p", offset_s, rate, drop)


@pytest.mark.parametrize(("said", "drop", "rate"), [
    (23.976, False, NTSC), (23.976023976023978, False, NTSC), (24.0, False, FILM), (25.0, False, PAL),
    (29.97, True, DROP), (29.97002997, False, FrameRate(30000, 1001)), (30.0, True, FrameRate(30)),
    (59.94, True, FrameRate(60000, 1001, True)), (12.5, False, FrameRate(25, 2))])
def test_the_projects_rate_is_exact(said: float, drop: bool, rate: FrameRate) -> None:
    assert project_rate(project(0, said, drop)) == rate


@pytest.mark.parametrize("said", [0.0, -24.0, float("nan"), float("inf"), 1e9])
def test_no_rate_is_none(said: float) -> None:
    assert project_rate(project(0, said)) is None
    assert project_rate(None) is None


@pytest.mark.parametrize(("picture", "project_", "play_rate", "label"), [
    (FILM, FILM, F(1), FILM), (FrameRate(30000, 1001), DROP, F(1), DROP), (FILM, FrameRate(30), F(1), FILM),
    (NTSC, FILM, F(1), NTSC), (FrameRate(48), FILM, F(2), FILM), (FILM, None, F(1), FILM),
    (FrameRate(48), None, F(2), FrameRate(48))])
def test_whose_frames_are_counted(picture: FrameRate, project_: FrameRate | None, play_rate: Fraction,
                                  label: FrameRate) -> None:
    assert label_rate(picture, project_, play_rate) == label


@pytest.mark.parametrize(("seen_project", "in_project_s", "cue_in_s", "rate", "text"), [
    (project(3600.0), F(0), F(0), FILM, "01:00:00:00"),
    (project(3600.0), F(10), F(4), FILM, "01:00:06:00"),
    (project(0.0), F(2), F(5), FILM, "23:59:57:00"),
    (project(86399.0), F(3), F(1), FILM, "00:00:01:00"),
    (project(3603.6, 23.976), F(1001, 1000), F(0), NTSC, "01:00:01:00"),
    (project(3600.0, 29.97, True), F(0), F(0), DROP, "01:00:00;00"),
    (project(3600.0, 29.97, True), F(60), F(0), DROP, "01:00:59;28"),
    (project(3603.6, 23.976), F(0), F(0), FILM, "01:00:00:00"),
    (project(3600.5, 30.0), F(0), F(0), FILM, "01:00:00:12"),
    (project(60.0, 25.0), F(0), F(0), DROP, "00:01:00;02"),
    (project(float("nan")), F(1), F(0), FILM, "00:00:01:00")])
def test_the_in_point_carries_the_projects_timecode(seen_project: SeenProject, in_project_s: Fraction,
                                                    cue_in_s: Fraction, rate: FrameRate, text: str) -> None:
    assert start_timecode(seen_project, in_project_s, cue_in_s, rate) == text
