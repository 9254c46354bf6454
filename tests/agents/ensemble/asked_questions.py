"""The questions that the experts really ask about a drawn cue, caught before a model answers."""
from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backend.agents.ensemble.arrange import experts
from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.eyes.describer import VisionDescriber
from backend.agents.ensemble.question import Answer, Question
from backend.domain.analysis import ClipAnalysis
from backend.domain.ensemble import ChatRecord, Still
from backend.domain.requests import DescribeRequest
from backend.rounds import ArrangementExperts, arrange_in_rounds
from backend.video.describe import MeasuredDescriber
from tests.agents.sample_cue import request


class CatchingDesk:
    """Keeps the questions; the twin answers every one."""

    model, prompting, seed = "caught", "cot", 0

    def __init__(self) -> None:
        self.questions: list[Question[Any]] = []

    def model_of(self, speaker: str) -> str:
        return self.model

    def ask(self, question: Question[Any]) -> Answer[Any]:
        self.questions.append(question)
        return Answer(question.twin(), "", (), 1.0, "rule", ())

    def ask_all(self, questions: tuple[Question[Any], ...]) -> tuple[Answer[Any], ...]:
        return tuple(self.ask(question) for question in questions)

    def begin(self, chat: str) -> None:
        self.begun = chat

    def record(self, chat: str) -> ChatRecord:
        return ChatRecord(chat, self.prompting)


class GreyFrames:
    """Gives a few bytes for every frame that is asked for."""

    name = "grey"

    def grab(self, analysis: ClipAnalysis, clip: Path, times_s: tuple[Fraction, ...], height: int) -> tuple[Still, ...]:
        shown = [int(np.argmin(np.abs(np.asarray(analysis.frame_times_s, dtype=float) - float(t)))) for t in times_s]
        return tuple(Still(float(t), frame, 0, b"grey") for t, frame in zip(times_s, shown, strict=True))


@cache
def questions() -> dict[str, Question[Any]]:
    """By speaker: the first question to everybody who describes, judges, arranges or mixes."""
    desk, cue = CatchingDesk(), request(duration_s=12, hit_times_s=(6.0,))
    VisionDescriber(desk, GreyFrames(), MeasuredDescriber()).describe(DescribeRequest(cue.analysis))
    EnsembleAssessor(desk=desk).assess(cue.melody, cue.tempo_map, cue.brief, False)
    seven = ArrangementExperts(
        experts.ModelAnalyzer(desk=desk), experts.ModelArranger(desk=desk), experts.ModelVoices(desk=desk),
        experts.ModelCaster(desk=desk), experts.ModelVolume(desk=desk), experts.ModelMixer(desk=desk),
        experts.ModelReviewer(desk=desk))
    arrange_in_rounds(cue, seven, "1M1", 1)
    found: dict[str, Question[Any]] = {}
    for question in desk.questions:
        found.setdefault(question.agent, question)
    return found
