"""The Describer with eyes: selected frames to a model, its labels over what was measured."""
from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from backend.agents.ensemble.eyes import looking_task
from backend.agents.ensemble.eyes.looking import Look, Moment, choose_looks, sections_asked, spread, times_of
from backend.agents.ensemble.eyes.looking_shapes import (
    Seen,
    SeenLabels,
    SeenShot,
    checker,
    measured_view,
)
from backend.agents.ensemble.naming import called
from backend.agents.ensemble.prompts import system_prompt
from backend.agents.ensemble.question import Answer, Desk, Question
from backend.domain.description import (
    Attribute,
    Attributes,
    ClipDescription,
    PlotSection,
    Reasoning,
    ShotDescription,
)
from backend.domain.ensemble import FieldSource, Still
from backend.domain.requests import DescribeRequest
from backend.ports import Describer, FrameGrabber

_log = logging.getLogger(__name__)
CHAT, STEP, SPEAKER = "describe", "V", "visual"
HEIGHT = 360
"""Lines of a frame: at 16:9 two tiles of 512 pixels, 425 tokens at OpenAI's prices; enough to tell a church from a
theater (by eye)."""
WHOLE_FRAMES = 8
"""Frames that go with the last of several questions."""
LEAST_CONFIDENCE = 0.05


@dataclass(frozen=True)
class _Sight:
    """Everything that was seen. ``told`` tells which fields of the whole were the model's, ``by_model`` whether any
    answer was."""

    shots: tuple[SeenShot, ...]
    whole: Answer[Seen]
    by_model: bool
    frames: tuple[int, ...]


class VisionDescriber:
    """Asks a vision model for the labels of Table 6, the plot and CoT-VTM's reasoning.

    What was measured stands; the user's emotion stands; the model fills what is null. Frames, not the film, leave the
    machine: those that ``frames_seen`` of the description lists.
    """

    def __init__(self, desk: Desk, frame_grabber: FrameGrabber, measured: Describer) -> None:
        self._desk = desk
        self._grabber = frame_grabber
        self._measured = measured
        self.name = f"vision:{called(desk, SPEAKER)}"

    def describe(self, request: DescribeRequest) -> ClipDescription:
        """Look and describe. Raises MediaError for the clip, EndpointError, CapError, ReplayError for the model."""
        measured = self._measured.describe(request)
        looks = choose_looks(request.analysis)
        moments = [moment for look in looks for moment in look.moments]
        stills = self._grabber.grab(request.analysis, request.clip, times_of(request.analysis, moments), HEIGHT)
        by_frame = {still.frame: still for still in stills}
        _log.info("frames shown to %s: %s", self._desk.model, ", ".join(str(moment.frame) for moment in moments))
        self._desk.begin(CHAT)
        sight = (self._see_at_once(request, measured, looks[0], by_frame) if len(looks) == 1
                 else self._see_in_parts(request, measured, looks, by_frame))
        if not sight.by_model:
            return measured
        return _described(measured, sight, self.name)

    def _see_at_once(self, request: DescribeRequest, measured: ClipDescription, look: Look,
                     stills: dict[int, Still]) -> _Sight:
        answer = self._desk.ask(self._question(
            looking_task.one_look(request, measured, look),
            measured_view(measured, look.shots, sections_asked(measured)), _pictures(look.moments, stills)))
        return _Sight(answer.payload.shots, answer, answer.source != "rule", _frames(look.moments))

    def _see_in_parts(self, request: DescribeRequest, measured: ClipDescription, looks: tuple[Look, ...],
                      stills: dict[int, Still]) -> _Sight:
        """The shots of every look by themselves, then the whole from what was seen."""
        parts = self._desk.ask_all(tuple(self._question(
            looking_task.part_look(request, measured, look), measured_view(measured, look.shots, ()),
            _pictures(look.moments, stills), ("shots",)) for look in looks))
        shots = tuple(shot for part in parts for shot in part.payload.shots)
        moments = tuple(moment for look in looks for moment in look.moments)
        few = spread(moments, WHOLE_FRAMES)
        whole = self._desk.ask(self._question(
            looking_task.whole_look(request, measured, few, shots),
            measured_view(measured, (), sections_asked(measured)), _pictures(few, stills),
            ("clip", "plot", "reasoning")))
        told = any(answer.source != "rule" for answer in (*parts, whole))
        return _Sight(shots, whole, told, _frames(moments))

    def _question(self, task: str, twin: Seen, stills: tuple[Still, ...], only: tuple[str, ...] = ()) -> Question[Seen]:
        shots = tuple(shot.shot for shot in twin.shots)
        sections = tuple(part.section for part in twin.plot)
        return Question(CHAT, STEP, SPEAKER, system_prompt(SPEAKER, self._desk.prompting), task, Seen, lambda: twin,
                        checker(shots, sections, looking_task.offered()), stills,
                        {"shots": "shot", "plot": "section"}, only=only)


def _pictures(moments: Iterable[Moment], stills: dict[int, Still]) -> tuple[Still, ...]:
    return tuple(stills[moment.frame] for moment in moments)


def _frames(moments: Iterable[Moment]) -> tuple[int, ...]:
    return tuple(sorted({moment.frame for moment in moments}))


def _described(measured: ClipDescription, sight: _Sight, made_by: str) -> ClipDescription:
    """The measured description with what was seen."""
    seen = {shot.shot: shot for shot in sight.shots}
    shots = tuple(_shot(shot, seen[shot.shot]) if shot.shot in seen else shot for shot in measured.shots)
    whole = sight.whole
    parts = {part.section: part for part in whole.payload.plot}
    plot = tuple(_section(section, parts[i].sentence, parts[i].tension if _by_model(
        whole.fields, f"/plot/{i}/tension") else None) if i in parts else section
        for i, section in enumerate(measured.plot))
    return replace(measured, clip=_labelled(measured.clip, whole.payload.clip, whole.confidence), shots=shots,
                   plot=plot, reasoning=_reasoning(whole), made_by=made_by, frames_seen=sight.frames)


def _shot(measured: ShotDescription, seen: SeenShot) -> ShotDescription:
    return replace(measured, attributes=_labelled(measured.attributes, seen.labels, seen.confidence),
                   sentence=seen.sentence.strip() or None)


def _section(measured: PlotSection, sentence: str, tension: float | None) -> PlotSection:
    if tension is not None:
        measured = replace(measured, tension=round(tension, 6), source="model")
    return replace(measured, sentence=sentence.strip() or None)


def _labelled(measured: Attributes, seen: SeenLabels, confidence: float) -> Attributes:
    """Measured labels and the user's stay; a model's stand where there is none."""
    sure = round(min(1.0, max(LEAST_CONFIDENCE, confidence)), 6)
    found = {one.name: getattr(seen, one.name) for one in fields(SeenLabels)}
    return replace(measured, **{name: Attribute(label, "model", sure) for name, label in found.items()
                                if label is not None and getattr(measured, name).label is None})


def _reasoning(whole: Answer[Seen]) -> Reasoning | None:
    """The chain of thought if the model came to its end; what the rules would say is not one."""
    return whole.payload.reasoning if _by_model(whole.fields, "/reasoning/music_description") else None


def _by_model(sources: Iterable[FieldSource], path: str) -> bool:
    """Who decided the field at ``path``: the entry that leads closest to it."""
    closest, by_model = -1, False
    for one in sources:
        if (path == one.path or path.startswith(one.path + "/")) and len(one.path) > closest:
            closest, by_model = len(one.path), one.source == "llm"
    return by_model
