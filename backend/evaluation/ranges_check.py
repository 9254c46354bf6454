"""An independent check that players can play what is written: range, low intervals, breath, voices at once.

Deliberately shares no code with the range fitting (dual verification). Low-interval limits: craft table, lowest lower
note for each interval. Breath: a wind player or singer needs a rest of .25 s before the breath limit is over.
"""
from __future__ import annotations

import numpy as np

from backend.domain.instruments import Instrument
from backend.domain.metrics import RangeMetrics
from backend.domain.score import Melody, Note, Part, Score
from backend.domain.tempo import TempoMap
from backend.evaluation.notes import NoteTable, score_table, seconds_of
from backend.music.instruments import instruments

LOW_INTERVAL_LIMITS = {1: 52, 2: 51, 3: 48, 4: 47, 5: 45, 6: 35, 7: 37, 8: 41, 9: 41, 10: 41, 11: 41}
BREATH_S = 0.25
EPSILON_S = 1e-6
LEGATO_S = 0.06
"""Notes of a chord or a legato line may overlap this much without being two voices."""


def check_ranges(score: Score, melody: Melody, tempo_map: TempoMap) -> RangeMetrics:
    """Every violation counted. Parts of unknown instruments count as out of range."""
    known = instruments()
    outside = practical = breath = voices = 0
    for part in score.parts:
        instrument = known.get(part.instrument)
        outside += sum(not _playable(note, instrument) for note in part.notes)
        practical += sum(_practical(note, instrument) for note in part.notes)
        breath += _breath_violations(part, instrument, tempo_map)
        voices += _too_many_voices(part, instrument, tempo_map)
    notes = sum(len(part.notes) for part in score.parts)
    low = low_interval_notes(score_table(score, tempo_map))
    return RangeMetrics(notes=notes, outside_full=outside,
                        practical_share=round(practical / notes, 6) if notes else 1.0,
                        low_interval_per_100_notes=round(100 * low / notes, 6) if notes else 0.0,
                        breath_violations=breath, voices_violations=voices, lost=_lost(melody, score))


def _playable(note: Note, instrument: Instrument | None) -> bool:
    if instrument is None:
        return False
    if not instrument.pitched:
        return not instrument.drum_pitches or note.pitch in instrument.drum_pitches
    return instrument.full_range[0] <= note.pitch <= instrument.full_range[1]


def _practical(note: Note, instrument: Instrument | None) -> bool:
    if instrument is None or not instrument.pitched:
        return _playable(note, instrument)
    return instrument.practical_range[0] <= note.pitch <= instrument.practical_range[1]


def low_interval_notes(notes: NoteTable) -> int:
    """Notes that form, with the next higher sounding note, an interval too narrow for their depth."""
    pitched = notes.pick(notes.pitched & (notes.pitch <= max(LOW_INTERVAL_LIMITS.values())))
    every = notes.pick(notes.pitched)
    count = 0
    for onset, end, pitch in zip(pitched.onset_q, pitched.end_q, pitched.pitch, strict=True):
        together = np.minimum(every.end_q, end) - np.maximum(every.onset_q, onset) > 0.125
        above = every.pitch[together] - pitch
        above = above[above > 0]
        count += bool(len(above)) and pitch < LOW_INTERVAL_LIMITS.get(int(above.min()), 0)
    return count


def _breath_violations(part: Part, instrument: Instrument | None, tempo_map: TempoMap) -> int:
    if instrument is None or instrument.breath_limit_s is None or not part.notes:
        return 0
    notes = sorted(part.notes, key=lambda note: note.onset_q)
    onset = seconds_of(tempo_map, np.array([float(note.onset_q) for note in notes]))
    end = np.maximum.accumulate(seconds_of(tempo_map, np.array([float(note.end_q) for note in notes])))
    violations, start = 0, onset[0]
    for i in range(1, len(notes) + 1):
        if i == len(notes) or onset[i] - end[i - 1] >= BREATH_S:
            violations += end[i - 1] - start > instrument.breath_limit_s + EPSILON_S
            start = onset[i] if i < len(notes) else start
    return int(violations)


def _too_many_voices(part: Part, instrument: Instrument | None, tempo_map: TempoMap) -> int:
    """Note starts at which more voices sound than the instrument has."""
    if instrument is None or not instrument.pitched or not part.notes:
        return 0
    onset = seconds_of(tempo_map, np.array([float(note.onset_q) for note in part.notes]))
    end = seconds_of(tempo_map, np.array([float(note.end_q) for note in part.notes]))
    starts, ends = np.sort(onset), np.sort(np.maximum(end, onset + 1.5 * LEGATO_S))
    begun = np.searchsorted(starts, onset + EPSILON_S, side="right")
    over = np.searchsorted(ends, onset + LEGATO_S, side="right")
    return int(np.count_nonzero(begun - over > instrument.max_polyphony))


def _lost(melody: Melody, score: Score) -> int:
    """Melody notes whose onset and pitch class no part plays."""
    played = {(note.onset_q, note.pitch % 12) for part in score.parts for note in part.notes}
    return sum((note.onset_q, note.pitch % 12) not in played for note in melody.notes)
