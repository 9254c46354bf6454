"""What a model says that it saw, and what makes such an answer wrong."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields

from backend.agents.ensemble.question import Fault
from backend.domain.description import Attributes, ClipDescription, MusicElements, Reasoning, VisualElements
from backend.domain.visual_labels import (
    LABELS,
    Behaviour,
    Brightness,
    Emotion,
    Hue,
    Setting,
    Theme,
    ViewScale,
)
from backend.music.emotions import nearest

LONGEST_SENTENCE, LONGEST_ELEMENT, LONGEST_DESCRIPTION = 240, 200, 600
MOST_INSTRUMENTS = 8


@dataclass(frozen=True)
class SeenLabels:
    """Labels of Table 6; null where the picture does not tell."""

    brightness: Brightness | None
    hue: Hue | None
    view_scale: ViewScale | None
    emotion: Emotion | None
    setting: Setting | None
    behaviour: Behaviour | None
    theme: Theme | None


@dataclass(frozen=True)
class SeenShot:
    """``sentence`` says what is seen, ``confidence`` 0..1 how sure the labels are."""

    shot: int
    sentence: str
    labels: SeenLabels
    confidence: float = field(metadata={"range": (0, 1)})


@dataclass(frozen=True)
class SeenSection:
    """``sentence`` is the plot of this stretch, ``tension`` 0..1 the story's."""

    section: int
    sentence: str
    tension: float = field(metadata={"range": (0, 1)})


@dataclass(frozen=True)
class Seen:
    """The answer of the visual expert, in the order of thinking: shots, clip, plot, then CoT-VTM's three steps."""

    shots: tuple[SeenShot, ...]
    clip: SeenLabels
    plot: tuple[SeenSection, ...]
    reasoning: Reasoning


def measured_view(measured: ClipDescription, shots: Iterable[int], sections: Iterable[int]) -> Seen:
    """The rules' answer: measured light and colour, no meaning, and the elements that follow from the figures."""
    attributes = {shot.shot: shot.attributes for shot in measured.shots}
    return Seen(tuple(SeenShot(i, "", _labels(attributes[i]), 0.0) for i in shots), _labels(measured.clip),
                tuple(SeenSection(i, "", measured.plot[i].tension) for i in sections), _reasoning(measured))


def _labels(attributes: Attributes) -> SeenLabels:
    values = {one.name: getattr(attributes, one.name).label for one in fields(SeenLabels)}
    return SeenLabels(**{name: label if label in LABELS[name] else None for name, label in values.items()})


def _reasoning(measured: ClipDescription) -> Reasoning:
    """From the nearest label of the valence/arousal plane; sound, but it has seen nothing."""
    near = nearest(measured.valence, measured.arousal)[0]
    word = (measured.clip.emotion.label or near.label).lower()
    pace = f"{near.tempo_lo_qpm:.0f} to {near.tempo_hi_qpm:.0f} quarters a minute"
    light = ", ".join(label for label in (measured.clip.brightness.label, measured.clip.hue.label) if label)
    return Reasoning(VisualElements("not recognised", word, measured.motion[:LONGEST_ELEMENT], light or "unknown"),
                     MusicElements("film score", near.core[:MOST_INSTRUMENTS], pace, word),
                     f"A {word} film score for {', '.join(near.core[:3]).replace('_', ' ')}, {pace}.")


def checker(shots: tuple[int, ...], sections: tuple[int, ...],
            instruments: Iterable[str]) -> Callable[[Seen], tuple[Fault, ...]]:
    """Finds what a schema cannot: every shot and section once, figures in range, ids that were offered."""
    offered = frozenset(instruments)

    def check(seen: Seen) -> tuple[Fault, ...]:
        faults = [*_listed("shots", "shot", [shot.shot for shot in seen.shots], shots),
                  *_listed("plot", "section", [part.section for part in seen.plot], sections)]
        for i, shot in enumerate(seen.shots):
            faults += _too_long(("shots", i, "sentence"), shot.sentence, LONGEST_SENTENCE)
            faults += _unit(("shots", i, "confidence"), shot.confidence)
        for i, part in enumerate(seen.plot):
            faults += _too_long(("plot", i, "sentence"), part.sentence, LONGEST_SENTENCE)
            faults += _unit(("plot", i, "tension"), part.tension)
        return (*faults, *_reasoning_faults(seen.reasoning, offered))
    return check


def _listed(name: str, key: str, given: list[int], wanted: tuple[int, ...]) -> list[Fault]:
    faults = [Fault((name, i, key), f"there is no {key} {number} in the table")
              for i, number in enumerate(given) if number not in wanted]
    faults += [Fault((name, i, key), f"{key} {number} is there twice")
               for i, number in enumerate(given) if number in given[:i]]
    missing = [str(number) for number in wanted if number not in given]
    return faults + ([Fault((name,), f"{key} {', '.join(missing)} is missing")] if missing else [])


def _unit(path: tuple[str | int, ...], value: float) -> list[Fault]:
    return [] if 0 <= value <= 1 else [Fault(path, "give a number from 0 to 1")]


def _reasoning_faults(reasoning: Reasoning, offered: frozenset[str]) -> list[Fault]:
    faults = []
    for step, elements in (("visual", reasoning.visual), ("music", reasoning.music)):
        for one in fields(elements):
            value = getattr(elements, one.name)
            if isinstance(value, str):
                faults += _filled(("reasoning", step, one.name), value, LONGEST_ELEMENT)
    names = reasoning.music.instruments
    path = ("reasoning", "music", "instruments")
    unknown = [name for name in names if name not in offered]
    if unknown:
        faults.append(Fault(path, f"{', '.join(unknown[:3])[:80]}: not in OPTIONS"))
    if not 1 <= len(names) <= MOST_INSTRUMENTS or len(set(names)) < len(names):
        faults.append(Fault(path, f"name 1 to {MOST_INSTRUMENTS} different ids"))
    return faults + _filled(("reasoning", "music_description"), reasoning.music_description, LONGEST_DESCRIPTION)


def _filled(path: tuple[str | int, ...], text: str, longest: int) -> list[Fault]:
    return [Fault(path, "is empty")] if not text.strip() else _too_long(path, text, longest)


def _too_long(path: tuple[str | int, ...], text: str, longest: int) -> list[Fault]:
    return [Fault(path, f"has {len(text)} characters, {longest} at most")] if len(text) > longest else []
