"""Which instrument families are heard to enter at a moment: from the stems where they exist, else from the notes."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from backend.domain.render import RenderReport
from backend.domain.score import Score
from backend.domain.tempo import TempoMap
from backend.errors import InputError
from backend.evaluation.notes import note_table
from backend.music.instruments import instruments

BEFORE_S, AFTER_S = 0.06, 0.08
SHARE = 0.25
"""A family counts when its gain in level (root of power) reaches this share of the greatest gain."""
NOTE_REACH_S = 0.04


def families_heard(render: RenderReport, folder: Path, times_s: tuple[float, ...]) -> tuple[tuple[str, ...], ...]:
    """For each time the families whose stems get louder there, the loudest first. Raises InputError."""
    gains = np.stack([_stem_gains(folder / stem.file, times_s) for stem in render.stems])
    return tuple(_loudest([stem.family for stem in render.stems], gains[:, i]) for i in range(len(times_s)))


def _stem_gains(path: Path, times_s: tuple[float, ...]) -> np.ndarray:
    """Rise of the root-mean-square level across each time, shape (times,)."""
    import soundfile

    gains = np.zeros(len(times_s))
    try:
        with soundfile.SoundFile(str(path)) as stem:
            for i, time_s in enumerate(times_s):
                at = round(time_s * stem.samplerate)
                first = max(0, at - round(BEFORE_S * stem.samplerate))
                if first >= stem.frames:
                    continue
                stem.seek(first)
                part = stem.read(round((BEFORE_S + AFTER_S) * stem.samplerate), dtype="float32", always_2d=True)
                before, after = part[:at - first], part[at - first:]
                gains[i] = max(0.0, _level(after) - _level(before))
    except (soundfile.LibsndfileError, OSError):
        raise InputError(f"'{path}' cannot be read as sound. Render the cue again.") from None
    return gains


def _level(samples: np.ndarray) -> float:
    return float(np.sqrt((samples.astype(float) ** 2).mean())) if samples.size else 0.0


def families_written(score: Score, tempo_map: TempoMap, times_s: tuple[float, ...]) -> tuple[tuple[str, ...], ...]:
    """For each time the families with notes that start within 40 ms, by the sum of their velocities."""
    known = instruments()
    names = [known[part.instrument].stem if part.instrument in known else part.role for part in score.parts]
    order = sorted(set(names))
    notes = note_table(score.parts, tempo_map)
    out = []
    for time_s in times_s:
        strength = np.zeros(len(order))
        for index in np.nonzero(np.abs(notes.onset_s - time_s) <= NOTE_REACH_S)[0]:
            strength[order.index(names[notes.part[index]])] += notes.velocity[index] / 127
        out.append(_loudest(order, strength))
    return tuple(out)


def _loudest(names: list[str], strength: np.ndarray) -> tuple[str, ...]:
    if not len(strength) or strength.max() <= 0:
        return ()
    order = np.argsort(-strength, kind="stable")
    return tuple(names[i] for i in order if strength[i] >= SHARE * strength.max())
