"""Music and picture of an item in figures and words."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.dataset.item import MusicDescription
from backend.dataset.listening import Listening, Loudness
from backend.dataset.score_notes import ScoreNotes, instruments_of
from backend.dataset.sidecars import MUSIC_WORDS, PICTURE_WORDS, Said
from backend.domain.analysis import ClipAnalysis
from backend.domain.description import Attribute, ClipDescription
from backend.music.criteria.keys import fit_key, histogram
from backend.music.theory import key_fifths, pc_name

_TEMPO_WORDS = ((60, "very slow"), (80, "slow"), (110, "moderate"), (140, "fast"), (float("inf"), "very fast"))
_NAMED_SHARE = 0.05
"""An instrument with fewer notes is not worth a word."""


def describe_music(listening: Listening, level: Loudness, score: ScoreNotes | None, said: Said) -> MusicDescription:
    """Figures from the score where there is one, else as heard; words as said."""
    words = {word: said.words.get(word) for word in MUSIC_WORDS}
    if score is None:
        key, (tempo, sure), instruments = listening.key, listening.tempo, None
        begins = len(listening.onsets_s)
    else:
        notes = np.array([note for track in score.tracks for note in track])
        key, tempo, sure = fit_key(histogram(notes[:, 2], notes[:, 1])), score.tempo_qpm, 1.0
        instruments, begins = instruments_of(score), len(np.unique(np.round(notes[:, 0], 2)))
    return MusicDescription(
        tempo_qpm=tempo, tempo_confidence=sure, tonic=pc_name(key.tonic_pc, key_fifths(key.tonic_pc, key.mode)),
        mode=key.mode, key_confidence=round(min(1.0, max(0.0, key.r)), 4), loudness_lufs=round(level.lufs, 2),
        loudness_range_lu=round(level.range_lu, 2), peak_dbfs=round(level.peak_dbfs, 2),
        density_per_s=round(begins / listening.duration_s, 4), instruments=instruments, genre=words["genre"],
        instrumentation=words["instrumentation"], mood=words["mood"], tempo=words["tempo"], free=words["free"])


def describe_picture(described: ClipDescription, said: Said) -> ClipDescription:
    """With the labels that people gave; a person's word outweighs what was measured."""
    given = {word: Attribute(said.words[word], "user", 1.0) for word in PICTURE_WORDS
             if word in said.words and word != "emotion"}  # the describer was told the emotion
    return replace(described, clip=replace(described.clip, **given)) if given else described


def motion_per_s(analysis: ClipAnalysis) -> tuple[float, ...]:
    """Mean motion of each second of the clip."""
    seconds = np.array([int(time) for time in analysis.frame_times_s])
    motion = np.array(analysis.curve("motion").values)
    return tuple(round(float(motion[seconds == second].mean()), 6) if (seconds == second).any() else 0.0
                 for second in range(int(seconds[-1]) + 1))


def music_words(description: MusicDescription) -> dict[str, str]:
    """What a trainer may say of the music: people's words first, figures where they said nothing."""
    words = {name: getattr(description, name) for name in ("genre", "instrumentation", "mood", "tempo")}
    if not words["instrumentation"] and description.instruments:
        named = [one.name for one in description.instruments if one.share >= _NAMED_SHARE]
        words["instrumentation"] = ", ".join(name.lower() for name in named)
    if not words["tempo"] and description.tempo_qpm is not None:
        word = next(word for limit, word in _TEMPO_WORDS if description.tempo_qpm < limit)
        words["tempo"] = f"{word}, {description.tempo_qpm:.0f} beats per minute"
    return {name: text for name, text in words.items() if text}


def picture_words(described: ClipDescription) -> dict[str, str]:
    """The labels of Table 6 by the names of the manifest."""
    clip = described.clip
    labels = {"setting": clip.setting, "brightness": clip.brightness, "color_hue": clip.hue,
              "behavior": clip.behaviour, "view_scale": clip.view_scale, "emotion": clip.emotion, "theme": clip.theme}
    return {name: attribute.label for name, attribute in labels.items() if attribute.label}
