"""Chooses the adapter for every port. The only module that knows them all; each is imported when it is wired.

Asked-for-but-missing raises MissingExtraError with the line that installs it; nothing falls back in silence.
"""
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from backend.config import DEFAULTS, Options
from backend.errors import MissingExtraError
from backend.ports import Services

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """One adapter: where it lives, what it needs, a sentence on what it is, and options it is built with."""

    module: str
    adapter: str
    needs: tuple[str, ...]
    about: str
    takes: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Where a run happens, for adapters that keep a record: the results folder, a voice for people, and the folder
    whose recorded replies are replayed instead of asking anybody."""

    folder: Path | None = None
    say: Callable[[str], None] = _log.info
    replay: Path | None = None


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
DESCRIBERS = {
    "measured": Choice("backend.video.describe", "MeasuredDescriber", (),
                       "measured attributes; meaning stays null without a vision model or your word"),
    "vision": Choice("backend.agents.ensemble.eyes.describer", "VisionDescriber", ("openai", "autogen_agentchat"),
                     "selected frames to a vision model; needs OPENAI_BASE_URL or OPENAI_API_KEY", (),
                     ("desk", "frame_grabber", "measured")),
}
RULES = {
    "assessor": Choice("backend.agents.rules.assessor", "CriteriaAssessor", (), "the 19 criteria, computed"),
    "analyzer": Choice("backend.agents.rules.analyze", "RuleAnalyzer", (),
                       "levels and tension per bar from the picture"),
    "arranger": Choice("backend.agents.rules.arrange", "RuleArranger", (),
                       "layers, doublings, builds, silences by rule"),
    "voice_splitter": Choice("backend.agents.rules.voices", "RuleVoices", (),
                             "the melody divided where no one can play it"),
    "caster": Choice("backend.agents.rules.cast", "RuleCaster", (), "instruments by role, range and emotion"),
    "volume": Choice("backend.agents.rules.volume", "RuleVolume", (), "levels per track and measure by rule"),
    "mixer": Choice("backend.agents.rules.mix", "RuleMixer", (), "orchestral seating, balance and depth by rule"),
    "reviewer": Choice("backend.agents.rules.review", "RuleReviewer", (), "computed quality figures"),
}
_LLM, _ARRANGERS = ("openai", "autogen_agentchat"), "backend.agents.ensemble.arrange.experts"
ENSEMBLE = {
    "assessor": Choice("backend.agents.ensemble.assess.assessor", "EnsembleAssessor", _LLM,
                       "five reviewers over the computed criteria", (), ("desk",)),
    **{port: Choice(_ARRANGERS, name, _LLM, about, (), ("desk",)) for port, name, about in (
        ("analyzer", "ModelAnalyzer", "a model reads the picture's table, bar by bar"),
        ("arranger", "ModelArranger", "a model plans layers, doublings, silences"),
        ("voice_splitter", "ModelVoices", "a model divides the melody by range"),
        ("caster", "ModelCaster", "a model casts from instruments that fit"),
        ("volume", "ModelVolume", "a model balances the measures"),
        ("mixer", "ModelMixer", "a model seats and places the players"),
        ("reviewer", "ModelReviewer", "a model reviews; computed figures decide"))},
}
AGENTS = {"rules": RULES, "llm": ENSEMBLE}
"""By the names of --agents."""
CHOICES: dict[str, Choice] = {
    "clip_analyzer": Choice("backend.video.analyzer", "PyAvAnalyzer", ("av", "cv2"),
                            "PyAV and OpenCV, one decode pass"),
    "hit_finder": Choice("backend.video.hit_finder", "CurveHitFinder", (), "cuts, impacts, flashes and motion peaks"),
    "session_writer": Choice("backend.daw.rpp.writer", "RppWriter", (), "a REAPER project file"),
    "audio_renderer": Choice("backend.audio.renderer", "SoundfontRenderer", ("tinysoundfont", "pretty_midi"),
                             "a General MIDI soundfont, our own reverb and mix"),
    "preview_writer": Choice("backend.audio.preview", "PyAvPreview", ("av",), "picture and mix in one mp4"),
    "reporter": Choice("backend.report.reporter", "FullReport", ("matplotlib",),
                       "timeline, report page, spotting notes and metrics"),
}


FRAME_GRABBER = Choice("backend.video.stills", "PyAvGrabber", ("av", "cv2"), "single frames as JPEG")


def choices(options: Options = DEFAULTS) -> dict[str, Choice]:
    """The adapter of every port under these options, in the order of the ports."""
    named = options.over(DEFAULTS)
    chosen = {**CHOICES, **AGENTS[str(named.agents)], "describer": DESCRIBERS[str(named.describer)],
              "spotter": SPOTTERS[str(named.spotter)], "melody_writer": MELODIES[str(named.melody)]}
    return {field.name: chosen[field.name] for field in fields(Services)}


def wire(options: Options = DEFAULTS, setting: Setting = Setting()) -> Services:
    """Build every adapter. Raises MissingExtraError, EndpointError where a model is asked for and none is named."""
    chosen = choices(options)
    return Services(**_build_all(chosen, options, setting))


def rewire(services: Services, options: Options, setting: Setting = Setting()) -> Services:
    """The same services with everything that ``options`` have a word in."""
    named = {port: choice for port, choice in choices(options).items() if port not in CHOICES}
    return replace(services, **_build_all(named, options, setting))


def _build_all(chosen: dict[str, Choice], options: Options, setting: Setting) -> dict[str, Any]:
    """Adapters of some ports; what several share is made once."""
    wanted = {name for choice in chosen.values() for name in choice.shares}
    shared: dict[str, Any] = {}
    if "frame_grabber" in wanted:
        shared["frame_grabber"] = build("frame_grabber", FRAME_GRABBER)
    if "measured" in wanted:
        shared["measured"] = build("measured", DESCRIBERS["measured"])
    if "desk" in wanted:
        shared["desk"] = _open_desk(options, setting)
    return {port: build(port, choice, options, shared) for port, choice in chosen.items()}


def _open_desk(options: Options, setting: Setting) -> Any:
    try:
        from backend.agents.ensemble.opening import open_desk
    except ImportError as error:
        raise MissingExtraError(f"Language models need the package '{error.name}'. "
                                "Install it with: python3 install.py agents") from None
    named = options.over(DEFAULTS)
    return open_desk(model=named.model, role_models=named.role_models, prompting=str(named.prompting),
                     seed=int(named.seed or 0), cap_usd=float(named.cap or 0), timeout_s=float(named.llm_timeout or 0),
                     folder=setting.folder, say=setting.say, replay=setting.replay, note=named.note or "")


def build(port: str, choice: Choice, options: Options = DEFAULTS, shared: dict[str, Any] | None = None) -> Any:
    """Import and construct one adapter."""
    try:
        return getattr(import_module(choice.module), choice.adapter)(
            **{name: getattr(options, name) for name in choice.takes},
            **{name: (shared or {})[name] for name in choice.shares})
    except ImportError as error:
        remedy = ("python3 install.py agents" if "openai" in choice.needs else "python3 install.py test"
                  if "torch" in choice.needs else "python3 install.py demo")
        raise MissingExtraError(f"The {port.replace('_', ' ')} needs the package '{error.name}'. "
                                f"Install it with: {remedy}") from None
