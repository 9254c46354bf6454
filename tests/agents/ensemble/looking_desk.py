"""A vision describer on the demo film: the real desk and line, a stand-in behind real HTTP, the real frames."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.eyes.describer import VisionDescriber
from backend.agents.ensemble.line.calling import Patience
from backend.agents.ensemble.line.endpoint import Endpoint, Models
from backend.agents.ensemble.line.line import OpenAILine
from backend.agents.ensemble.line.replies import Replies
from backend.agents.stand_in import Asked, StandIn
from backend.domain.analysis import ClipAnalysis
from backend.domain.requests import ClipRequest
from backend.video.analyzer import PyAvAnalyzer
from backend.video.describe import MeasuredDescriber
from backend.video.stills import PyAvGrabber

QUICK = Patience(timeout_s=60.0, pauses_s=(0.01, 0.02))


@dataclass(frozen=True)
class Eyes:
    """``said`` is what the console was told."""

    describer: VisionDescriber
    server: StandIn
    desk: AnswerDesk
    said: list[str]


@contextmanager
def eyes(responder: Callable[[Asked], Any], folder: Path | None = None, prompting: str = "cot") -> Iterator[Eyes]:
    """Open eyes that see through ``responder``."""
    said: list[str] = []
    with StandIn(responder, model="stand-in") as server:
        line = OpenAILine(Endpoint(server.base_url, "none"), Models("stand-in", (), local=True), Replies(folder), 1.0,
                          patience=QUICK, say=said.append)
        desk = AnswerDesk(line, model="stand-in", prompting=prompting, seed=0, folder=folder, say=said.append,
                          sent_to="127.0.0.1")
        yield Eyes(VisionDescriber(desk, PyAvGrabber(), MeasuredDescriber()), server, desk, said)


def analyse(path: Path) -> ClipAnalysis:
    return PyAvAnalyzer().analyze(ClipRequest(path), lambda _: None)
