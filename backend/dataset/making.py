"""One clip and its music become an item or a rejection: what a worker does. The document is written last, so that it
stands for a finished item."""
from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backend.dataset.describing import describe_music, describe_picture, motion_per_s
from backend.dataset.item import (
    ClipReference,
    DatasetItem,
    FileReference,
    MusicOrigin,
    MusicSound,
    Provenance,
    Rejected,
    Rejection,
)
from backend.dataset.listening import Listening, loudness
from backend.dataset.melody import melody_of_score, melody_of_sound, spots_of
from backend.dataset.options import SAMPLE_RATE, SILENT_LUFS, BuildOptions, MakeTools, Tools
from backend.dataset.place import Place
from backend.dataset.score_notes import ScoreNotes, play_score, read_score
from backend.dataset.sound import Sound, as_flac, fitted, has_picture, read_music
from backend.dataset.sources import Candidate, Hashes
from backend.domain.analysis import ClipAnalysis
from backend.domain.clip import Clip
from backend.domain.requests import ClipRequest, DescribeRequest
from backend.errors import FilmComposerError, MediaError, MissingExtraError, OutputError

_SPARE_S = 2.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """All a worker needs; every path is whole."""

    candidate: Candidate
    hashes: Hashes
    place: Place
    options: BuildOptions
    made_from: str
    tools: MakeTools


def made_from(candidate: Candidate, hashes: Hashes, options: BuildOptions, made_by: dict[str, str]) -> str:
    """A hash of everything that the item's document depends on."""
    said = candidate.said
    parts = (hashes.clip, hashes.sound, hashes.score, candidate.name, said.licence, said.licence_from, said.source,
             said.words, options.of_items(), made_by)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@cache
def _tools(make: MakeTools) -> Tools:
    return make()


def make_item(task: Task) -> DatasetItem | Rejection:
    """Make and write an item or its rejection. Raises MissingExtraError and OutputError, which concern the whole
    build; all else concerns the item alone."""
    try:
        item = _make(task)
    except Rejected as rejected:
        return _reject(task, rejected)
    except (MissingExtraError, OutputError):
        raise
    except (FilmComposerError, MemoryError) as error:
        return _reject(task, Rejected("failed", str(error) or type(error).__name__))
    except Exception as error:  # a defect on one clip of thousands is told in the report, and the build goes on
        _logger.debug("%s", task.candidate.name, exc_info=True)
        return _reject(task, Rejected("failed", f"A defect of this program ({type(error).__name__}: {error})."))
    task.place.write_item(item)
    return item


def _reject(task: Task, rejected: Rejected) -> Rejection:
    rejection = Rejection(task.hashes.id, task.made_from, task.candidate.name, rejected.reason, rejected.detail)
    task.place.write_rejection(rejection)
    return rejection


def _make(task: Task) -> DatasetItem:
    if task.hashes.trouble:
        raise Rejected("unreadable", task.hashes.trouble)
    tools, options, candidate = _tools(task.tools), task.options, task.candidate
    facts = _probe(tools, candidate.clip)
    if facts.duration_s:
        _check_length(float(facts.duration_s), options, "The clip")
    sound, origin = _music(candidate, facts, options)
    analysis = _watch(tools, candidate.clip, options)
    length_s = float(analysis.cue.duration_s)
    sound = sound[:round(length_s * SAMPLE_RATE)]
    _check_music(sound, options)
    fit = fitted(sound)
    music_s = len(sound) / SAMPLE_RATE
    score = read_score(candidate.score, music_s) if candidate.score else None
    with task.place.scratch() as folder:
        audio = folder / "music.flac"
        data = as_flac(fit.sound)
        task.place.write(audio, data)
        melody = melody_of_score(score, music_s) if score is not None else \
            melody_of_sound(tools.transcriber, audio, music_s, options)
        listening = Listening(fit.sound)
        music = MusicSound(FileReference(task.place.audio_name(task.hashes.id), hashlib.sha256(data).hexdigest()),
                           round(music_s, 6), int(sound.shape[1]), fit.gain_db, origin,
                           _reference(task, candidate.sound, task.hashes.sound),
                           _reference(task, candidate.score, task.hashes.score))
        described = tools.describer.describe(DescribeRequest(analysis, candidate.said.words.get("emotion")))
        item = DatasetItem(
            id=task.hashes.id, made_from=task.made_from, clip=_clip(task, analysis), music=music,
            visual=describe_picture(described, candidate.said),
            description=describe_music(listening, loudness(fit.sound), score, candidate.said), melody=melody,
            spots=spots_of(melody, score, listening), provenance=_provenance(task, tools, origin, score))
        task.place.publish_audio(audio, task.hashes.id)
    return item


def _probe(tools: Tools, clip: Path) -> Clip:
    if not has_picture(clip):
        raise Rejected("no picture", f"'{clip.name}' has no moving picture.")
    try:
        return tools.analyzer.probe(ClipRequest(clip))
    except MediaError as error:
        raise Rejected("damaged", str(error)) from None


def _watch(tools: Tools, clip: Path, options: BuildOptions) -> ClipAnalysis:
    try:
        analysis = tools.analyzer.analyze(ClipRequest(clip), lambda _: None)
    except MediaError as error:
        raise Rejected("damaged", str(error)) from None
    _check_length(float(analysis.cue.duration_s), options, "The clip")
    if analysis.clip.warnings:
        raise Rejected("damaged", " ".join(analysis.clip.warnings))
    return analysis


def _check_length(length_s: float, options: BuildOptions, what: str) -> None:
    if length_s < options.min_s - 1e-3:
        raise Rejected("too short", f"{what} lasts {length_s:.2f} s; {options.min_s:g} s are needed.")
    if length_s > options.max_s + 1e-3:
        raise Rejected("too long", f"{what} lasts {length_s:.1f} s; {options.max_s:g} s are the most. Cut it into "
                       "clips.")


def _music(candidate: Candidate, facts: Clip, options: BuildOptions) -> tuple[Sound, MusicOrigin]:
    """What lies beside the clip is its music; without that, its own sound track is. A little more than the container
    says is read, since the picture may go on."""
    length_s = min(options.max_s, float(facts.duration_s) + _SPARE_S) if facts.duration_s else options.max_s
    if candidate.sound:
        return read_music(candidate.sound, None, length_s), "file"
    if candidate.score:
        return play_score(candidate.score, length_s), "rendered"
    return read_music(candidate.clip, facts.first_frame_s, length_s), "sound track"


def _check_music(sound: Sound, options: BuildOptions) -> None:
    _check_length(len(sound) / SAMPLE_RATE, options, "The music")
    level = loudness(sound)
    if level.lufs < SILENT_LUFS:
        raise Rejected("silent", f"The music is silent ({max(level.lufs, -120):.0f} LUFS).")


def _reference(task: Task, path: Path | None, sha256: str) -> FileReference | None:
    return FileReference(task.place.seen_from(path), sha256) if path else None


def _clip(task: Task, analysis: ClipAnalysis) -> ClipReference:
    clip = analysis.clip
    copy = None
    if task.options.copy_clips:
        copy = task.place.copy_clip(task.candidate.clip, task.hashes.clip)
    return ClipReference(
        FileReference(task.place.seen_from(task.candidate.clip), task.hashes.clip),
        round(float(analysis.cue.duration_s), 6), clip.frame_rate, clip.frames, clip.width, clip.height,
        tuple(cut.time_s for cut in analysis.cuts), analysis.motion_speed, analysis.motion_saliency,
        motion_per_s(analysis), copy)


def _provenance(task: Task, tools: Tools, origin: MusicOrigin, score: ScoreNotes | None) -> Provenance:
    made_by = {**tools.made_by(), "music description": "computed"}
    if score is not None:
        made_by["melody"] = "main melody, eq. (1)-(3)"
        made_by.pop("transcription")
    else:
        made_by["melody"] = made_by.pop("transcription")
    if origin == "rendered":
        made_by["music"] = "tinysoundfont with TimGM6mb.sf2"
    said = task.candidate.said
    return Provenance(said.source or task.hashes.id, said.licence, said.licence_from, made_by, task.options.of_items())
