"""One voice out of the pitch posteriors: freely, or with its rhythm known.

Freely: the best path through silence and pitches (Viterbi), cut where the onset curve of its pitch peaks. On spots:
one pitch an interval, the highest of those that nearly tie, since the melody lies on top of what accompanies it.
The constants rest on docs/benchmarks/transcription.md.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from backend.domain.transcription import HeardNote
from backend.models.transcribe_posteriors import FRAME_S, LOWEST, Posteriors

MELODY_LOWEST, MELODY_HIGHEST = 40, 100
"""MIDI pitches a melody may have (E2 to E7): below and above, the network hears hum and overtones."""
_REST = 0.3
"""Silence is as likely as a pitch of this posterior."""
_MOVE, _BOOST = -4.4, 2.5
"""Log cost of changing pitch, and what a sure onset gives back."""
_PEAK, _PROMINENCE = 0.6, 0.5
"""Height of the onset curve, above 0 and above its surroundings, that begins a note of the same pitch anew."""
_SHORTEST = 6
"""Frames (70 ms): shorter ones are slips of the path."""
_BEFORE, _AFTER = 3, 8
"""Frames around a change of pitch in which its onset is looked for."""
_ENDS_BELOW = 0.5
"""A note ends where its posterior stays below this share of its peak."""
_NEAR_S, _LATE_S, _ATTACK_S = 0.05, 0.10, 0.05
"""An onset counts as on the spot within 50 ms; up to 100 ms late it still tells the pitch; the first 50 ms of an
interval may hold the note before."""
_ONSET_WEIGHT = 0.35
_SOLO_TIE, _MIX_TIE = 0.9, 0.8
"""Share of the best score from which a higher pitch is taken: in a mix the melody is rarely the loudest, in a solo
what lies above is the note before, still ringing."""
_MIX_PITCHES, _MIX_SOUNDS, _MIX_SHARE = 3, 0.4, 0.3
"""A mix sounds three pitches and more in 70 % of its time, a solo with ringing notes in up to 6 %."""
_SILENT = 0.18


def free_voice(heard: Posteriors) -> list[HeardNote]:
    """Notes in order, none overlapping."""
    note, onset = _band(heard)
    path = _path(note, onset)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1), len(path)]
    out: list[HeardNote] = []
    for first, stop in zip(edges, edges[1:], strict=False):
        if path[first]:
            out += _notes_of(note[:, path[first] - 1], onset[:, path[first] - 1], (int(first), int(stop)),
                             MELODY_LOWEST + int(path[first]) - 1)
    out.sort(key=lambda one: one.start_s)
    limits = [*(one.start_s for one in out), heard.length_s][1:]
    return [HeardNote(one.start_s, min(one.end_s, limit), one.pitch, one.confidence)
            for one, limit in zip(out, limits, strict=True) if one.start_s < limit]


def voice_on_spots(heard: Posteriors, spots: Sequence[tuple[float, float]]) -> list[HeardNote]:
    """A note for every (start, end) in seconds; starts are the spots'. Where nothing sounds the pitch before holds on
    with confidence 0; an empty list when nothing sounds anywhere."""
    note, onset = _band(heard)
    tie = _MIX_TIE if _is_mix(heard) else _SOLO_TIE
    found = [_spot(note, onset, span, tie) for span in spots]
    pitches = [one.pitch for one in found if one is not None]
    if not pitches:
        return []
    out, pitch = [], pitches[0]
    for one, (start, end) in zip(found, spots, strict=True):
        pitch = pitch if one is None else one.pitch
        out.append(one or HeardNote(start, end, pitch, 0.0))
    return out


def _band(heard: Posteriors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    columns = slice(MELODY_LOWEST - LOWEST, MELODY_HIGHEST - LOWEST + 1)
    return heard.note[:, columns], heard.onset[:, columns]


def _path(note: NDArray[np.float32], onset: NDArray[np.float32]) -> NDArray[np.int64]:
    """Per frame 0 for silence, else the number of the pitch from 1."""
    frames, pitches = note.shape
    sounds = np.log(np.clip(np.concatenate([np.full((frames, 1), _REST), note], axis=1), 1e-4, 1.0))
    arrives = _MOVE + _BOOST * np.concatenate([np.zeros((frames, 1)), onset], axis=1)
    best, stay = sounds[0], np.arange(pitches + 1)
    came = np.zeros((frames, pitches + 1), np.int64)
    for t in range(1, frames):
        source = int(best.argmax())
        moved = best[source] + arrives[t]
        came[t] = np.where(moved > best, source, stay)
        best = np.maximum(best, moved) + sounds[t]
    path = np.zeros(frames, np.int64)
    path[-1] = best.argmax()
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


def _notes_of(note: NDArray[np.float32], onset: NDArray[np.float32], span: tuple[int, int],
              pitch: int) -> list[HeardNote]:
    """The notes of one stretch of the path: it is cut at every onset after the first."""
    first, stop = span
    low = max(0, first - _BEFORE)
    curve = np.concatenate([[0.0], onset[low:stop], [0.0]])
    peaks = find_peaks(curve, height=_PEAK, prominence=_PROMINENCE, distance=_SHORTEST)[0] - 1 + low
    early = [int(p) for p in peaks if p <= first + _AFTER]
    starts = [max(early, key=lambda p: float(onset[p])) if early else first,
              *(int(p) for p in peaks if p > first + _AFTER)]
    out = []
    for start, limit in zip(starts, [*starts[1:], stop], strict=True):
        if limit - start >= _SHORTEST:
            end = start + _sounding(note[start:limit])
            sure = float(note[start:end].mean()) * float(onset[max(0, start - 1):start + 2].max())
            out.append(HeardNote(start * FRAME_S, end * FRAME_S, pitch, min(1.0, sure)))
    return out


def _sounding(note: NDArray[np.float32]) -> int:
    """Frames until the posterior stays low."""
    return int(np.flatnonzero(note >= _ENDS_BELOW * note.max())[-1]) + 1


def _is_mix(heard: Posteriors) -> bool:
    pitches = (heard.note >= _MIX_SOUNDS).sum(axis=1)
    return bool((pitches >= _MIX_PITCHES).sum() > _MIX_SHARE * (pitches > 0).sum())


def _spot(note: NDArray[np.float32], onset: NDArray[np.float32], span: tuple[float, float],
          tie: float) -> HeardNote | None:
    start, end = span
    first = int(np.ceil((start + min(_ATTACK_S, 0.35 * (end - start))) / FRAME_S))
    stop = max(first + 1, int(end / FRAME_S))
    begin = max(0, round((start - _NEAR_S) / FRAME_S))
    if first >= len(note):
        return None
    level = note[first:stop].mean(axis=0)
    begins = onset[begin:round(min(start + _LATE_S, end) / FRAME_S) + 1].max(axis=0)
    score = level + _ONSET_WEIGHT * begins
    if score.max() < _SILENT:
        return None
    column = int(np.flatnonzero(score >= tie * score.max())[-1])
    on_time = float(onset[begin:round(min(start + _NEAR_S, end) / FRAME_S) + 1, column].max())
    last = first + _sounding(note[first:stop, column])
    sounds = float(note[first:last, column].mean())
    return HeardNote(start, min(end, max(last * FRAME_S, start + FRAME_S)), MELODY_LOWEST + column,
                     min(1.0, sounds * on_time))
