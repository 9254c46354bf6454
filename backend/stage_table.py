"""The order of the stages: what each reads, writes and depends on, and which of its files a user may edit."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend import stages
from backend.cue_job import CueJob
from backend.domain.analysis import ClipAnalysis
from backend.domain.brief import CueBrief
from backend.domain.controls import CONTROLS
from backend.domain.description import ClipDescription
from backend.domain.ensemble import CHATS
from backend.domain.hits import HitPoints
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.ports import Progress


@dataclass(frozen=True)
class Stage:
    """``inputs`` and ``outputs`` are file names; ``options`` and ``adapters`` also decide whether it must run again.

    ``documents`` are the outputs with a schema; those and ``also_editable`` are read back when the user edited them.
    Other edited outputs (a project saved over ours) are set aside and written anew. ``accept`` brings files that say
    the same into step, given the one that was edited.
    """

    name: str
    run: Callable[[CueJob, Progress], None]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    documents: tuple[tuple[str, type[Any]], ...] = ()
    also_editable: tuple[str, ...] = ()
    supplied: str = ""
    accept: Callable[[CueJob, tuple[str, ...]], None] | None = None

    @property
    def editable(self) -> tuple[str, ...]:
        return (*(name for name, _ in self.documents), *self.also_editable)


_PICTURE = ("analysis.json", "hits.json", "brief.json")
_MUSIC = ("tempo_map.json", "hits.json", "spots.json", "score.json", "scheme.json", "analysis.json")
_NAMES = ("title", "cue")
_SAID = tuple(f"agents/{chat}.json" for chat in CHATS)

STAGE_TABLE = (
    Stage("analyze", stages.analyze, (), ("analysis.json",),
          ("cue", "cue_in", "cue_out", "frame_rate", "start_timecode", "play_rate"), ("clip_analyzer",),
          (("analysis.json", ClipAnalysis),)),
    Stage("describe", stages.describe, ("analysis.json",), ("description.json", "description.txt"),
          ("emotion", "note"), ("describer",), (("description.json", ClipDescription),), ("description.txt",),
          supplied="description", accept=stages.accept_description),
    Stage("hits", stages.find_hits, ("analysis.json",), ("hits.json",), (), ("hit_finder",),
          (("hits.json", HitPoints),), supplied="hits"),
    Stage("brief", stages.write_brief, ("analysis.json", "description.json"), ("brief.json",),
          ("tempo", "meter", "seed", *CONTROLS), (), (("brief.json", CueBrief),)),
    Stage("tempo", stages.map_tempo, _PICTURE, ("tempo_map.json",), (), (), (("tempo_map.json", TempoMap),)),
    Stage("spot", stages.spot, (*_PICTURE, "tempo_map.json"), ("spots.json",), ("seed",), ("spotter",),
          (("spots.json", RhythmSpots),), supplied="spots"),
    Stage("compose", stages.compose, ("spots.json", "tempo_map.json", "brief.json"),
          ("melody.json", "melody.abc", "assessment.json"), ("seed", "candidates", *_NAMES),
          ("melody_writer", "assessor"), (("melody.json", Melody),), ("melody.abc",), accept=stages.accept_melody),
    Stage("arrange", stages.arrange, ("melody.json", "tempo_map.json", *_PICTURE, "description.json", "locks.json"),
          ("score.json", "scheme.json"), ("seed", "note", *_NAMES),
          ("analyzer", "arranger", "voice_splitter", "caster", "volume", "mixer", "reviewer"),
          (("score.json", Score), ("scheme.json", ArrangementScheme))),
    Stage("session", stages.write_session, _MUSIC, ("{name}.RPP", "cue.mid", "score.musicxml"), _NAMES,
          ("session_writer",)),
    Stage("render", stages.render, _MUSIC, ("mix.wav", "render.json", "preview.mp4"),
          (*_NAMES, "loudness", "soundfont"), ("audio_renderer", "preview_writer")),
    Stage("report", stages.report, (*_MUSIC, "melody.json", "assessment.json", "description.json", "brief.json",
                                    "render.json", *_SAID),
          ("metrics.json", "timeline.png", "spotting_notes.csv", "report.html"), _NAMES, ("reporter",)),
)
