"""Films that several tests look at, measured once."""
from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest
from backend.video.analyzer import PyAvAnalyzer
from backend.video.drawn_film import draw_story


def analyze(path: Path, **request: object) -> ClipAnalysis:
    return PyAvAnalyzer().analyze(ClipRequest(path, **request), lambda _: None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class TrueClip:
    """A real clip, its analysis and its truth file."""

    analysis: ClipAnalysis
    truth: dict


@pytest.fixture(scope="session")
def true_clips(shared_data: Path) -> dict[str, TrueClip]:
    """All clips with truth, by file name."""
    clips = {}
    for path in sorted((shared_data / "video" / "ground_truth").glob("*.cuts.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if truth.get("video_stream") == "v:0":
            file = shared_data / "video" / truth["clip"]
            clips[file.name] = TrueClip(analyze(file), truth)
    return clips


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("story") / "story.mp4"
    draw_story(path)
    return path


@pytest.fixture(scope="session")
def story_analysis(story: Path) -> ClipAnalysis:
    return analyze(story)


@pytest.fixture(scope="session")
def odd_clips(shared_data: Path) -> dict[str, ClipAnalysis]:
    """Every odd file that has a picture, analysed whole."""
    return {path.name: analyze(path) for path in sorted((shared_data / "video" / "odd").iterdir())
            if path.name != "audio_only.mp4"}
