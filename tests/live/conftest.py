"""Sessions with a small drawn film in them."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.ports import Services
from backend.wiring import wire
from bridge.messages import SeenProject, SeenVideo, Span
from tests.cue_folder import draw_small_film
from tests.live.open_session import Make, OpenSession
from tests.live.quick_sound import NoPreview, NoReport, QuietRenderer

CHASE = Span("1M1", "Chase", 10.0, 18.0)


@pytest.fixture(scope="session")
def services() -> Services:
    """Every adapter as wired, but for the sound: what is rendered is silent."""
    return replace(wire(), audio_renderer=QuietRenderer(), preview_writer=NoPreview(), reporter=NoReport())


@pytest.fixture(scope="session")
def small_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 s at 24 fps with cuts at 3 s and 5 s."""
    path = tmp_path_factory.mktemp("small") / "film.mp4"
    draw_small_film(path)
    return path


@pytest.fixture
def open_session(services: Services, small_film: Path, tmp_path: Path) -> Make:
    """A session with the film from 10 s on and the cue 1M1 over all of it."""
    def make(film: Path = small_film, span: Span | None = CHASE, **video: float) -> OpenSession:
        shown = {"position_s": 10.0, "length_s": 8.0, "source_offset_s": 0.0, **video}
        return OpenSession(services, SeenVideo(str(film), "{ITEM}", film.stem, **shown),
                           SeenProject(str(tmp_path / "project"), "p", 3590.0, 24.0, False), span)
    return make
