"""What the visual expert is told beside the pictures: facts, shots, frames, story, instruments to choose from."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import PurePath

from backend.agents.ensemble.arrange.tables import csv_text, joined
from backend.agents.ensemble.eyes.looking import Look, Moment, sections_asked
from backend.agents.ensemble.eyes.looking_shapes import SeenLabels, SeenShot
from backend.agents.ensemble.prompts import quoted
from backend.domain.analysis import ClipAnalysis
from backend.domain.description import ClipDescription
from backend.domain.requests import DescribeRequest
from backend.music.instruments import instruments

_MEANING = tuple(one.name for one in fields(SeenLabels) if one.name not in ("brightness", "hue"))
_TITLE_CHARS = 200
_DRAFT_CHARS = 50
"""What a summary of many shots keeps of a sentence."""


def one_look(request: DescribeRequest, measured: ClipDescription, look: Look) -> str:
    """The task when one question is enough: everything."""
    analysis = request.analysis
    return joined((("CUE", _facts(request, measured)), *_words(request),
                   ("TABLE", _shots(analysis, measured, look.shots)), ("FRAMES", _frames(analysis, look.moments)),
                   ("PLOT", _sections(analysis, measured)), ("OPTIONS", _options())))


def part_look(request: DescribeRequest, measured: ClipDescription, look: Look) -> str:
    """The task of one of several questions: these shots only."""
    analysis = request.analysis
    return joined((("CUE", _facts(request, measured)), *_words(request),
                   ("TABLE", _shots(analysis, measured, look.shots)), ("FRAMES", _frames(analysis, look.moments))))


def whole_look(request: DescribeRequest, measured: ClipDescription, moments: tuple[Moment, ...],
               shots: Iterable[SeenShot]) -> str:
    """The task of the last of several questions: what was seen of all shots, a few frames, the story."""
    analysis = request.analysis
    return joined((("CUE", _facts(request, measured)), *_words(request), ("DRAFT", _draft(analysis, shots)),
                   ("FRAMES", _frames(analysis, moments)), ("PLOT", _sections(analysis, measured)),
                   ("OPTIONS", _options())))


def offered() -> tuple[str, ...]:
    """Ids of instruments that may be named."""
    return tuple(instruments())


def _facts(request: DescribeRequest, measured: ClipDescription) -> str:
    clip = measured.clip
    lines = [f"length_s: {float(request.analysis.cue.duration_s):.2f}", f"shots: {len(request.analysis.shots)}",
             f"brightness: {clip.brightness.label or 'null'}", f"hue: {clip.hue.label or 'null'}",
             f"valence: {measured.valence:.2f}", f"arousal: {measured.arousal:.2f}", f"moves: {measured.motion}"]
    if measured.clip.emotion.source == "user":
        lines.append(f"emotion: {measured.clip.emotion.label} (the composer's word; it stands)")
    return "\n".join(lines)


def _words(request: DescribeRequest) -> tuple[tuple[str, str], ...]:
    """The title and the composer's note, fenced: data, whatever they say."""
    title = (request.analysis.cue.title or PurePath(request.analysis.clip.name).stem)[:_TITLE_CHARS]
    story = ("STORY", "Title of the clip:\n" + quoted(title)) if title.strip() else ("STORY", "")
    return story, ("NOTE", quoted(request.note) if request.note.strip() else "")


def _shots(analysis: ClipAnalysis, measured: ClipDescription, shots: tuple[int, ...]) -> str:
    said = {shot.shot: shot for shot in measured.shots}
    rows = []
    for i in shots:
        shot, attributes = analysis.shots[i], said[i].attributes
        rows.append((i, float(shot.start_s), float(shot.end_s), attributes.brightness.label, attributes.hue.label,
                     shot.motion_speed, said[i].motion))
    return csv_text(("shot", "start_s", "end_s", "brightness", "hue", "motion", "moves"), rows) if rows else ""


def _frames(analysis: ClipAnalysis, moments: tuple[Moment, ...]) -> str:
    """Pictures in the order in which they come."""
    rows = [(number, float(analysis.frame_times_s[moment.frame]), moment.frame, moment.shot, moment.why)
            for number, moment in enumerate(moments, 1)]
    return csv_text(("image", "t_s", "frame", "shot", "why"), rows)


def _sections(analysis: ClipAnalysis, measured: ClipDescription) -> str:
    rows = []
    for i in sections_asked(measured):
        part = measured.plot[i]
        inside = [k for k, shot in enumerate(analysis.shots)
                  if float(shot.start_s) < part.end_s - 1e-3 and float(shot.end_s) > part.start_s + 1e-3]
        shots = f"{inside[0]}-{inside[-1]}" if inside else ""
        rows.append((i, part.start_s, part.end_s, part.tension, shots))
    return csv_text(("section", "start_s", "end_s", "tension", "shots"), rows)


def _draft(analysis: ClipAnalysis, shots: Iterable[SeenShot]) -> str:
    """One row a shot: labels with a slash between them, and the head of its sentence."""
    rows = []
    for shot in shots:
        labels = "/".join(str(getattr(shot.labels, name) or "-") for name in _MEANING)
        head = shot.sentence if len(shot.sentence) <= _DRAFT_CHARS else shot.sentence[:_DRAFT_CHARS - 1] + "~"
        rows.append((shot.shot, f"{float(analysis.shots[shot.shot].start_s):.1f}", labels, " ".join(head.split())))
    return csv_text(("shot", "start_s", "labels", "seen"), rows)


def _options() -> str:
    """Ids say what they are: a name and a family beside each would cost a thousand tokens."""
    return csv_text(("id",), ((name,) for name in offered()))
