"""Chooses the adapter for every port. The only module that knows them all; each is imported when it is wired.

Asked-for-but-missing raises MissingExtraError with the line that installs it; nothing falls back in silence.
"""
from __future__ import annotations

from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import Any

from backend.config import DEFAULTS, Options
from backend.errors import MissingExtraError
from backend.ports import Services


@dataclass(frozen=True)
class Choice:
    """One adapter: where it lives, what it needs, a sentence on what it is, and options it is built with."""

    module: str
    adapter: str
    needs: tuple[str, ...]
    about: str
    takes: tuple[str, ...] = ()


SPOTTERS = {
    "peaks": Choice("backend.agents.rules.spotter", "PeakSpotter", (), "hits plus fills that follow the motion"),
    "crt": Choice("backend.models.rhythm_spotter", "CrtSpotter", ("safetensors",),
                  "hits plus a rhythm learned from composers, as dense as the motion"),
}
MELODIES = {
    "rules": Choice("backend.agents.rules.melody", "RuleMelodyWriter", (), "motifs, phrases and cadences by rule"),
    "model": Choice("backend.models.melody_writer", "LearnedMelodyWriter", ("safetensors",),
                    "a note per spot, learned from songs and lead sheets; the best of its lines by the criteria"),
    "musicgen": Choice("backend.models.musicgen.melody_writer", "MusicGenMelodyWriter", ("torch", "transformers"),
                       "RC-MusicGen under text and spots, written down by ear; needs --weights", ("weights",)),
}
"""By the names of --spotter and --melody."""
CHOICES: dict[str, Choice] = {
    "clip_analyzer": Choice("backend.video.analyzer", "PyAvAnalyzer", ("av", "cv2"),
                            "PyAV and OpenCV, one decode pass"),
    "hit_finder": Choice("backend.video.hit_finder", "CurveHitFinder", (), "cuts, impacts, flashes and motion peaks"),
    "describer": Choice("backend.video.describe", "MeasuredDescriber", (),
                        "measured attributes; meaning stays null without a vision model or your word"),
    "assessor": Choice("backend.agents.rules.assessor", "CriteriaAssessor", (), "the 19 criteria, computed"),
    "analyzer": Choice("backend.agents.rules.analyze", "RuleAnalyzer", (),
                       "levels and tension per bar from the picture"),
    "arranger": Choice("backend.agents.rules.arrange", "RuleArranger", (),
                       "layers, doublings, builds, silences by rule"),
    "caster": Choice("backend.agents.rules.cast", "RuleCaster", (), "instruments by role, range and emotion"),
    "volume": Choice("backend.agents.rules.volume", "RuleVolume", (), "levels per track and measure by rule"),
    "mixer": Choice("backend.agents.rules.mix", "RuleMixer", (), "orchestral seating, balance and depth by rule"),
    "reviewer": Choice("backend.agents.rules.review", "RuleReviewer", (), "computed quality figures"),
    "session_writer": Choice("backend.daw.rpp.writer", "RppWriter", (), "a REAPER project file"),
    "audio_renderer": Choice("backend.audio.renderer", "SoundfontRenderer", ("tinysoundfont", "pretty_midi"),
                             "a General MIDI soundfont, our own reverb and mix"),
    "preview_writer": Choice("backend.audio.preview", "PyAvPreview", ("av",), "picture and mix in one mp4"),
    "reporter": Choice("backend.report.reporter", "FullReport", ("matplotlib",),
                       "timeline, report page, spotting notes and metrics"),
}


def choices(options: Options = DEFAULTS) -> dict[str, Choice]:
    """The adapter of every port under these options, in the order of the ports."""
    chosen = {**CHOICES, "spotter": SPOTTERS[str(options.spotter or DEFAULTS.spotter)],
              "melody_writer": MELODIES[str(options.melody or DEFAULTS.melody)]}
    return {field.name: chosen[field.name] for field in fields(Services)}


def wire(options: Options = DEFAULTS) -> Services:
    """Build every adapter. Raises MissingExtraError."""
    return Services(**{port: build(port, choice, options) for port, choice in choices(options).items()})


def rewire(services: Services, options: Options) -> Services:
    """The same services with the rhythm and melody writers that ``options`` name."""
    named = choices(options)
    return replace(services, **{port: build(port, named[port], options) for port in ("spotter", "melody_writer")})


def build(port: str, choice: Choice, options: Options = DEFAULTS) -> Any:
    """Import and construct one adapter."""
    try:
        return getattr(import_module(choice.module), choice.adapter)(
            **{name: getattr(options, name) for name in choice.takes})
    except ImportError as error:
        remedy = "python3 install.py test" if "torch" in choice.needs else "python3 install.py demo"
        raise MissingExtraError(f"The {port.replace('_', ' ')} needs the package '{error.name}'. "
                                f"Install it with: {remedy}") from None
