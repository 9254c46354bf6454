"""Small sessions to render, and the renderer that plays them."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.audio.renderer import SoundfontRenderer
from backend.audio.wav import read_wav
from backend.domain.render import RenderReport
from backend.domain.requests import RenderRequest
from backend.domain.session import MidiItem, MidiNote, Session, TempoMarker, Track

Rendered = tuple[RenderReport, dict[str, np.ndarray]]
Render = Callable[..., Rendered]


def session_of(*tracks: Track, length_s: float = 3.0, tempo: tuple[TempoMarker, ...] = ()) -> Session:
    """Tracks at 120 bpm: a quarter is half a second, 1,920 ticks are one second."""
    return Session("Test", "1M1", length_s, 1920 * int(length_s), 24, 1, False, 0.0, 48_000, None,
                   tempo or (TempoMarker(0, 500_000, 4, 4),), (), (), tracks)


def part(id: str, notes: list[tuple[int, int, int, int]], parent: str = "", **values: Any) -> Track:
    """An instrument track of (tick, length in ticks, pitch, velocity); ``controls`` for its item."""
    controls, programs = values.pop("controls", ()), values.pop("programs", ())
    item = MidiItem(id, 0, 100_000, tuple(MidiNote(*note) for note in notes), controls, programs)
    return Track(id, "instrument", id, parent=parent, midi=(item,), **values)


@pytest.fixture(scope="session")
def renderer() -> SoundfontRenderer:
    """One for all tests, so that attacks are measured once."""
    return SoundfontRenderer(workers=1)


@pytest.fixture
def render(renderer: SoundfontRenderer, tmp_path: Path) -> Render:
    """Render a session; gives the report and every file's sound [2, samples] by name, static gain taken out."""

    def run(session: Session, target_lufs: float = -23.0) -> Rendered:
        report = renderer.render(RenderRequest(session, tmp_path / "out", target_lufs), lambda done: None)
        gain = 10 ** (report.gain_db / 20)
        files = {report.mix: "mix", **{stem.file: stem.family for stem in report.stems}}
        return report, {name: read_wav(tmp_path / "out" / file)[0] / gain for file, name in files.items()}

    return run
