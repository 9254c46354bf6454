"""Computed figures of an arranged cue, each 0..1 with 1 the best: what the reviewer judges by (craft 7, 8.4)."""
from __future__ import annotations

from fractions import Fraction

import numpy as np

from backend.agents.rules.cast import track_limit
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangementScheme, MeasurePlan, TrackScheme
from backend.domain.score import Part, Score
from backend.domain.tempo import TempoMap
from backend.music.harmony import anchored_hits
from backend.music.instruments import instruments
from backend.music.layers.accents import FAST_ATTACK_MS
from backend.music.levels import picture_energy
from backend.music.ranges import full_share, muddy_pairs, polyphony, practical_share

_HALF_LIFE_S = 0.7
"""Decay of struck and plucked tones in the loudness estimate; by ear, between a marimba and a harp."""
_GRID_S = 0.2
_LOUD = 75
WEIGHTS = {"range": 0.2, "hits": 0.25, "dynamics": 0.2, "melody": 0.1, "clarity": 0.1, "contrast": 0.1, "limits": 0.05}


def _pitched(score: Score) -> list[Part]:
    return [part for part in score.parts if instruments()[part.instrument].pitched and part.notes]


def range_rating(score: Score) -> float:
    """Share of notes within the practical range; 0 as soon as one cannot be played at all."""
    parts = _pitched(score)
    if any(full_share(part.notes, instruments()[part.instrument]) < 1 for part in parts):
        return 0.0
    counts = [len(part.notes) for part in parts]
    shares = [practical_share(part.notes, instruments()[part.instrument]) for part in parts]
    return sum(c * s for c, s in zip(counts, shares, strict=True)) / max(1, sum(counts))


def _is_met(score: Score, position_q: Fraction, beat_q: Fraction) -> bool:
    """Three parts strike together, one of them fast and hard, after air: at most the melody in the half beat before."""
    struck = [part for part in score.parts if any(note.onset_q == position_q for note in part.notes)]
    fast = [part for part in struck if instruments()[part.instrument].attack_ms <= FAST_ATTACK_MS
            and max(note.velocity for note in part.notes if note.onset_q == position_q) >= _LOUD]
    crowd = [part for part in score.parts if part.role != "melody"
             and any(position_q - beat_q / 2 < note.onset_q < position_q for note in part.notes)]
    return len(struck) >= 3 and bool(fast) and not crowd


def hit_rating(score: Score, request: ArrangeRequest) -> float:
    """Share of the anchored hard hits that are met with an accent; 1 when there are none."""
    hits = anchored_hits(request.hits, request.tempo_map)
    met = [_is_met(score, position, request.tempo_map.beat_q) for position in hits]
    return sum(met) / len(met) if met else 1.0


def _envelope(track: TrackScheme, bars: np.ndarray, bar_count: int) -> np.ndarray:
    """Linear gain of a track at bar numbers [N]."""
    values, now = np.ones(bar_count + 1), 1.0
    for bar in range(1, bar_count + 1):
        now = track.volume_envelope.get(bar, now)
        values[bar] = now
    return np.asarray(values[bars] * 10 ** (track.gain_db / 20))


def loudness_curve(score: Score, scheme: ArrangementScheme, tempo_map: TempoMap) -> np.ndarray:
    """[N] estimated energy every .2 s: velocities, envelopes, decays of struck instruments."""
    end_s = float(tempo_map.time_s(tempo_map.end_q))
    grid = np.arange(0.0, end_s, _GRID_S)
    bars = np.array([tempo_map.bar_at(tempo_map.position_q(Fraction(round(t * 1000), 1000))).number for t in grid],
                    dtype=int)
    energy = np.zeros(len(grid))
    tracks = {track.part: track for track in scheme.tracks}
    for part in score.parts:
        gain = _envelope(tracks[part.id], bars, tempo_map.bar_count) ** 2
        struck = 1 not in instruments()[part.instrument].dynamics_cc
        for note in part.notes:
            start, end = float(tempo_map.time_s(note.onset_q)), float(tempo_map.time_s(note.end_q))
            first, last = int(np.ceil(start / _GRID_S)), int(np.ceil(max(end, start + _GRID_S) / _GRID_S))
            span = slice(min(first, len(grid)), min(last, len(grid)))
            decay = 0.5 ** ((grid[span] - start) / _HALF_LIFE_S) if struck else 1.0
            energy[span] += gain[span] * decay * (note.velocity / 127) ** 4
    return np.asarray(energy)


def _ranks(values: np.ndarray) -> np.ndarray:
    order = np.sort(values)
    return np.asarray(np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right"), dtype=float)


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation, 0 where one of them does not move."""
    x, y = _ranks(a), _ranks(b)
    if len(x) < 3 or x.std() < 1e-9 or y.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def dynamics_rho(score: Score, scheme: ArrangementScheme, request: ArrangeRequest) -> float | None:
    """Spearman of estimated loudness and the picture's energy at the best lag of up to 1 s; None for still pictures."""
    energy = picture_energy(request.analysis)
    if energy.contrast < 0.1:
        return None
    loud = loudness_curve(score, scheme, request.tempo_map)
    kernel = np.ones(5) / 5
    smooth = np.convolve(loud, kernel, mode="same")[:len(loud)]
    motion = np.array([energy.at_s(i * _GRID_S) for i in range(len(loud))])
    lags = range(0, min(6, max(1, len(loud) // 4)))
    return max(spearman(smooth[lag:], motion[:len(motion) - lag]) for lag in lags)


def melody_rating(score: Score, scheme: ArrangementScheme) -> float:
    """Share of melody notes that are not louder accompanied: the other parts' strongest tone, envelopes included,
    is at most 6 dB above."""
    gains = {track.part: 10 ** (track.gain_db / 20) for track in scheme.tracks}
    onsets: dict[Fraction, float] = {}
    lead: list[tuple[Fraction, float]] = []
    for part in score.parts:
        for note in part.notes:
            strength = gains[part.id] * note.velocity ** 2
            if part.role == "melody":
                lead.append((note.onset_q, strength))
            elif part.role != "accent":
                onsets[note.onset_q] = max(strength, onsets.get(note.onset_q, 0.0))
    heard = [strength * 2 >= onsets.get(onset_q, 0.0) for onset_q, strength in lead]
    return sum(heard) / len(heard) if heard else 0.0


def clarity_rating(score: Score) -> float:
    """1 minus five times the share of low, close pairs struck within a part or above the instrument's voices."""
    notes = sum(len(part.notes) for part in score.parts) or 1
    muddy = sum(muddy_pairs(part.notes) for part in _pitched(score))
    thick = sum(polyphony(part.notes) > instruments()[part.instrument].max_polyphony for part in _pitched(score))
    return max(0.0, 1 - 5 * muddy / notes - 0.2 * thick)


def contrast_rating(score: Score, plan: MeasurePlan, tempo_map: TempoMap) -> float:
    """Share of section changes at which at least two of instruments, density and register change; 1 for one section."""
    if len(plan.sections) < 2:
        return 1.0
    views = []
    for section in plan.sections:
        start, end = tempo_map.bars[section.first_bar - 1].start_q, tempo_map.bars[section.last_bar - 1].end_q
        inside = [(part.id, note) for part in score.parts for note in part.notes if start <= note.onset_q < end]
        pitches = [note.pitch for _, note in inside] or [60]
        views.append(({name for name, _ in inside}, len(inside) / float(end - start), sum(pitches) / len(pitches)))
    changed = 0
    for a, b in zip(views, views[1:], strict=False):
        instruments_changed = len(a[0] ^ b[0]) >= 2
        density = max(a[1], b[1]) >= 1.25 * max(0.1, min(a[1], b[1]))
        changed += instruments_changed + density + (abs(a[2] - b[2]) >= 2) >= 2
    return changed / (len(views) - 1)


def quality(request: ArrangeRequest, score: Score, scheme: ArrangementScheme) -> dict[str, float]:
    """Every figure, and ``rating``, their weighted sum; ``dynamics_rho`` is there when the picture moves."""
    plan = MeasurePlan("", scheme.measures, scheme.sections)
    rho = dynamics_rho(score, scheme, request)
    out = {"range": range_rating(score), "hits": hit_rating(score, request),
           "dynamics": 1.0 if rho is None else min(1.0, max(0.0, rho / 0.6)),
           "melody": melody_rating(score, scheme), "clarity": clarity_rating(score),
           "contrast": contrast_rating(score, plan, request.tempo_map),
           "limits": float(len(scheme.tracks) <= track_limit(plan))}
    out["rating"] = sum(WEIGHTS[name] * value for name, value in out.items())
    if rho is not None:
        out["dynamics_rho"] = rho
    return {name: round(value, 6) for name, value in out.items()}
