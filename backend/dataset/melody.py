"""The main melody of an item and its rhythm spots: from the score by eq. (1)-(3), else from the recording."""
from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from backend.dataset.item import ItemMelody, ItemSpot, MelodyNote, Rejected
from backend.dataset.listening import Listening
from backend.dataset.options import BuildOptions
from backend.dataset.score_notes import ScoreNotes
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.music.main_melody import covered, main_melody
from backend.ports import Transcriber

_CLOCK_US = 200_000
"""A quarter of 0.2 s: a sixteenth is 50 ms, shorter than any note the transcriber hears, so that none is merged."""
_LEAST_NOTES = 4
_ON_BEAT_S = 0.03


def melody_of_score(score: ScoreNotes, length_s: float) -> ItemMelody:
    """Raises Rejected when there is next to nothing."""
    found = main_melody(score.tracks)
    notes = tuple(MelodyNote(round(onset, 6), round(onset + length, 6), pitch) for onset, length, pitch in found.notes
                  if length > 0)
    return _checked(ItemMelody("score", notes, _coverage(notes, length_s), 1.0, found.used,
                               f"Taken from the score; the tracks used sound for {found.coverage:.0%} of it."))


def melody_of_sound(transcriber: Transcriber, audio: Path, length_s: float, options: BuildOptions) -> ItemMelody:
    """Raises Rejected for a melody that is not heard clearly enough."""
    quarters = Fraction(round(length_s * 1_000_000), _CLOCK_US)
    clock = TempoMap((TempoPoint(Fraction(0), _CLOCK_US),), (Meter(1, 64, 4),), int(quarters // 64) + 1, quarters)
    heard = transcriber.transcribe(audio, clock, None)
    if heard.confidence < options.min_confidence:
        raise Rejected("melody unclear", f"The melody is heard with a confidence of {heard.confidence:.2f}; "
                       f"{options.min_confidence:g} is needed.")
    notes = tuple(MelodyNote(round(one.start_s, 6), round(min(one.end_s, length_s), 6), one.pitch,
                             round(one.confidence, 6)) for one in heard.heard if one.start_s < length_s)
    return _checked(ItemMelody("transcription", notes, _coverage(notes, length_s), heard.confidence,
                               verdict=heard.verdict))


def _coverage(notes: tuple[MelodyNote, ...], length_s: float) -> float:
    return round(min(1.0, covered([[(n.start_s, n.end_s - n.start_s, n.pitch) for n in notes]]) / length_s), 6)


def _checked(melody: ItemMelody) -> ItemMelody:
    if len(melody.notes) < _LEAST_NOTES:
        count = len(melody.notes)
        raise Rejected("melody unclear", f"The melody has {count} note{'' if count == 1 else 's'} only; "
                       f"{_LEAST_NOTES} are needed.")
    return melody


def spots_of(melody: ItemMelody, score: ScoreNotes | None, listening: Listening) -> tuple[ItemSpot, ...]:
    """The melody's onsets. Strength: by the score's metre (bar 3, beat 2, else 1), or by how much louder the music
    becomes there (the top quarter of the onsets 3, the lowest quarter 1)."""
    times = [note.start_s for note in melody.notes]
    if score is not None:
        strengths = [3 if _on(time, score.downbeats_s) else 2 if _on(time, score.beats_s) else 1 for time in times]
    else:
        rises = np.array([listening.rise_at(time) for time in times])
        low, high = np.percentile(rises, [25, 75])
        strengths = [3 if rise > high else 1 if rise < low else 2 for rise in rises]
    return tuple(ItemSpot(time, strength) for time, strength in zip(times, strengths, strict=True))


def _on(time_s: float, grid_s: np.ndarray) -> bool:
    return bool(len(grid_s)) and float(np.abs(grid_s - time_s).min()) <= _ON_BEAT_S
