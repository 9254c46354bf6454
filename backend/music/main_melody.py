"""The main melody of a piece with several tracks: which track leads, which fill its gaps, the line that results.

FilmComposer section 3.1, eq. (1)-(3): coverage of each track, its share of the notes, and tracks added until the joint
coverage reaches a threshold. What the paper leaves open ("instrument performance characteristics", the threshold) is a
named reading here; names and order of the tracks are never looked at.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Note = tuple[float, float, int]
"""onset and duration in one unit (quarters or seconds), pitch."""
Track = Sequence[Note]


@dataclass(frozen=True)
class Reading:
    """How the open terms of the paper are read.

    ``coverage_needed``: tracks are added until eq. (3) reaches it. ``busy_share``: above this share of all notes,
    eq. (2), a track counts as accompaniment and its score is multiplied by ``busy_factor``. ``low_pitch`` to
    ``high_pitch``: mean pitch from unlikely (0.1) to as likely as it gets (1.2). ``most_polyphony``: above it a track
    never fills gaps.
    """

    coverage_needed: float = 0.75
    busy_share: float = 0.6
    busy_factor: float = 0.6
    low_pitch: float = 40.0
    high_pitch: float = 64.0
    most_polyphony: float = 0.5


PAPER = Reading()


@dataclass(frozen=True)
class TrackFigures:
    """Eq. (1) ``coverage`` (union of sounding time over the length of the piece) and eq. (2) ``note_share``;
    ``polyphony`` is the share of notes that begin together with another, ``overlap`` the share of sounding time that
    lies under other notes of the track; ``mean_pitch`` in MIDI numbers."""

    coverage: float
    note_share: float
    polyphony: float
    overlap: float
    mean_pitch: float


@dataclass(frozen=True)
class MainMelody:
    """``lead`` and ``used`` (lead first) are indices of the tracks given; ``coverage`` is eq. (3) of the used ones;
    ``notes`` one voice, sorted."""

    lead: int
    used: tuple[int, ...]
    coverage: float
    notes: tuple[Note, ...]


def covered(tracks: Sequence[Track]) -> float:
    """Time during which at least one note sounds: the sum of eq. (3) over the sorted onsets and ends."""
    events = sorted((time, step) for track in tracks for onset, length, _ in track
                    for time, step in ((onset, 1), (onset + length, -1)))
    total, sounding = 0.0, 0
    for (time, step), (following, _) in pairwise(events):
        sounding += step
        total += (following - time) if sounding > 0 else 0.0
    return total


def figures(tracks: Sequence[Track]) -> tuple[TrackFigures, ...]:
    """Figures of every track. Raises ValueError for a track without notes."""
    if any(not track for track in tracks) or not tracks:
        raise ValueError("every track needs at least one note")
    start = min(onset for track in tracks for onset, _, _ in track)
    end = max(onset + length for track in tracks for onset, length, _ in track)
    notes = sum(len(track) for track in tracks)
    return tuple(_figures(track, end - start, notes) for track in tracks)


def _figures(track: Track, length: float, notes: int) -> TrackFigures:
    onsets = np.round([onset for onset, _, _ in track], 2)
    active, sounding = covered([track]), sum(duration for _, duration, _ in track)
    return TrackFigures(active / length, len(track) / notes, 1 - len(np.unique(onsets)) / len(track),
                        max(0.0, 1 - active / sounding), float(np.mean([pitch for _, _, pitch in track])))


def lead_score(track: TrackFigures, reading: Reading = PAPER) -> float:
    """Coverage, lowered by polyphony and overlap, weighed by register; a track with most of the notes accompanies."""
    rise = (track.mean_pitch - reading.low_pitch) / (reading.high_pitch - reading.low_pitch) * 1.2
    register = min(1.2, max(0.1, rise))
    busy = reading.busy_factor if track.note_share > reading.busy_share else 1.0
    return track.coverage * (1 - min(1.0, 2 * track.overlap)) * (1 - track.polyphony) * register * busy


def main_melody(tracks: Sequence[Track], reading: Reading = PAPER, lead: int | None = None) -> MainMelody:
    """The lead (or the user's choice of it), and tracks that fill its gaps until eq. (3) is high enough."""
    measured = figures(tracks)
    start = min(onset for track in tracks for onset, _, _ in track)
    length = max(onset + duration for track in tracks for onset, duration, _ in track) - start
    order = sorted(range(len(tracks)), key=lambda i: -lead_score(measured[i], reading))
    used = [order[0] if lead is None else lead]
    for index in order:
        if covered([tracks[i] for i in used]) / length >= reading.coverage_needed:
            break
        if index not in used and measured[index].polyphony <= reading.most_polyphony:
            used.append(index)
    coverage = covered([tracks[i] for i in used]) / length
    return MainMelody(used[0], tuple(used), coverage, _one_voice([tracks[i] for i in used]))


def _one_voice(tracks: Sequence[Track]) -> tuple[Note, ...]:
    """The first track's top line; later tracks speak only where all earlier ones are silent for the whole note."""
    line: list[Note] = []
    for track in tracks:
        taken = list(line)
        line += [note for note in _top(track) if not any(
            onset < note[0] + note[1] - 1e-3 and note[0] + 1e-3 < onset + length for onset, length, _ in taken)]
    return tuple(sorted(line))


def _top(track: Track) -> list[Note]:
    """Of notes that begin together the highest, each ending where the next begins."""
    highest: dict[float, Note] = {}
    for note in track:
        if note[0] not in highest or note[2] > highest[note[0]][2]:
            highest[note[0]] = note
    notes = [highest[onset] for onset in sorted(highest)]
    return [(onset, min(length, following[0] - onset), pitch)
            for (onset, length, pitch), following in pairwise([*notes, (float("inf"), 0.0, 0)])]
