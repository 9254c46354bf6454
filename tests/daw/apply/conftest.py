"""A fake REAPER with a composer's project in it: picture, dialogue, a piano, markers, an automated master."""
from __future__ import annotations

import wave
from pathlib import Path

import pytest

from tests.daw.apply.desk import Desk
from tests.fake_reaper import FakeReaper


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An empty project."""
    return Desk(FakeReaper(home=tmp_path / "home"))


@pytest.fixture
def wav(tmp_path: Path) -> str:
    """A second of silence."""
    file = tmp_path / "dialogue.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    return str(file)
