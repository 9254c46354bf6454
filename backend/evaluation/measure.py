"""Every metric of one cue, in one document."""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain.analysis import ClipAnalysis
from backend.domain.assessment import AssessmentReport
from backend.domain.hits import HitPoints
from backend.domain.metrics import (
    ControlMetrics,
    CueMetrics,
    DevelopmentMetrics,
    EndingMetrics,
    LoudnessMetrics,
    MusicalityMetrics,
    SectionMetrics,
)
from backend.domain.render import RenderReport
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.domain.tempo import TempoMap
from backend.evaluation import controls as spoiled
from backend.evaluation import development, dynamics, ending, loudness, tension
from backend.evaluation.measure_sync import measure_sync
from backend.evaluation.notes import score_table
from backend.evaluation.onsets import Onsets, find_rises
from backend.evaluation.ranges_check import check_ranges
from backend.evaluation.sound import Sound, read_sound

MADE_BY = "filmcomposer metrics 2"


@dataclasses.dataclass(frozen=True)
class Heard:
    """What the mix gave: the sound, its onsets and 400 ms block powers."""

    sound: Sound
    rises: Onsets
    onsets: Onsets
    powers: np.ndarray


def measure_cue(*, analysis: ClipAnalysis, hits: HitPoints, tempo_map: TempoMap, spots: RhythmSpots, melody: Melody,
                score: Score, scheme: ArrangementScheme, render: RenderReport | None,
                assessment: AssessmentReport | None, folder: Path) -> CueMetrics:
    """Measure a cue. What needs sound is null where ``folder/mix.wav`` is missing. Raises InputError for a bad WAV."""
    heard = _listen(folder / "mix.wav")
    sync = measure_sync(analysis=analysis, hits=hits, tempo_map=tempo_map, score=score, render=render, folder=folder,
                        onsets=heard.onsets) if heard else None
    momentary = loudness.to_lufs(heard.powers) if heard else None
    metrics = CueMetrics(
        cue=analysis.cue.label, sync=sync, dynamics=dynamics.measure_dynamics(analysis, tempo_map, momentary),
        development=measure_development(analysis, tempo_map, melody, score),
        ending=_ending(analysis, tempo_map, score, heard),
        ranges=check_ranges(score, melody, tempo_map), loudness=_loudness(heard, render),
        musicality=_musicality(assessment), made_by=MADE_BY)
    metrics = dataclasses.replace(metrics, controls=controls(
        analysis=analysis, tempo_map=tempo_map, melody=melody, score=score, scheme=scheme, metrics=metrics))
    done: CueMetrics = rounded(metrics)
    return done


def controls(*, analysis: ClipAnalysis, tempo_map: TempoMap, melody: Melody, score: Score, scheme: ArrangementScheme,
             metrics: CueMetrics) -> tuple[ControlMetrics, ...]:
    """The metrics again on spoiled versions: hits shuffled or moved, arrangement flat, melody alone or shuffled."""
    return (*spoiled.sync_controls(metrics.sync), *spoiled.dynamics_controls(analysis, tempo_map, score, scheme),
            *spoiled.development_controls(tempo_map, melody, score))


def _listen(path: Path) -> Heard | None:
    if not path.is_file():
        return None
    sound = read_sound(path)
    rises = find_rises(sound)
    return Heard(sound, rises, rises.clear(), loudness.block_powers(sound))


def measure_development(analysis: ClipAnalysis, tempo_map: TempoMap, melody: Melody,
                        score: Score) -> DevelopmentMetrics:
    """Motif recurrence, section contrast, tonal tension against saliency."""
    sections = score.sections or melody.sections
    similar = development.head_similarities(melody.notes, sections, tempo_map)
    novelty = development.novelty(development.bar_features(score.parts, tempo_map))
    lines = development.boundary_lines(sections, tempo_map.bar_count)
    rows = tuple(SectionMetrics(s.label, s.first_bar, s.last_bar, value,
                                float(novelty[s.first_bar - 2]) if s.first_bar - 2 in lines else None)
                 for s, value in zip(sections, similar, strict=True))
    later = similar[development.opening_section(melody.notes, sections, tempo_map) + 1:]
    known = [value for value in later if value is not None]
    notes = score_table(score, tempo_map)
    beat_q = float(tempo_map.beat_q)
    curve = tension.tension(notes, score.key, development.table_edges(notes, beat_q, float(tempo_map.end_q)))
    return DevelopmentMetrics(
        sections=rows,
        head_recurrence=sum(v >= development.RECURRENCE for v in known) / len(later) if known else None,
        head_similarity_min=min(known) if known else None, novelty_ratio=development.novelty_ratio(novelty, lines),
        tension_spearman=dynamics.tension_follows(analysis, tempo_map, curve.total(), beat_q),
        cloud_diameter=float(curve.diameter.mean()), cloud_momentum=float(curve.momentum.mean()),
        tensile_strain=float(curve.strain.mean()))


def _ending(analysis: ClipAnalysis, tempo_map: TempoMap, score: Score, heard: Heard | None) -> EndingMetrics:
    planned = float(tempo_map.time_s(tempo_map.end_q))
    frame = float(analysis.clip.frame_rate.frame_s)
    return EndingMetrics(
        planned_end_s=planned,
        score_frames=ending.frames_off(score_table(score, tempo_map).onset_s, planned, frame),
        sound_frames=ending.heard_frames_off(heard.rises, planned, frame) if heard else None,
        tail_s=ending.tail_s(heard.sound, planned) if heard else None)


def _loudness(heard: Heard | None, render: RenderReport | None) -> LoudnessMetrics | None:
    if heard is None:
        return None
    integrated = loudness.integrated_lufs(heard.powers)
    target = render.target_lufs if render else None
    return LoudnessMetrics(
        target_lufs=target, integrated_lufs=integrated,
        error_lu=integrated - target if integrated is not None and target is not None else None,
        true_peak_dbtp=loudness.true_peak_dbtp(heard.sound), null_dbfs=render.null_dbfs if render else None,
        momentary_max_lufs=float(loudness.to_lufs(heard.powers).max()) if len(heard.powers) else None,
        correlation_min=loudness.channel_correlation_min(heard.sound))


def _musicality(assessment: AssessmentReport | None) -> MusicalityMetrics:
    chosen = next((c for c in assessment.candidates if c.chosen), None) if assessment else None
    if assessment is None or chosen is None:
        return MusicalityMetrics(None, None, None, len(assessment.candidates) if assessment else 0)
    verdict = chosen.assessment
    return MusicalityMetrics(verdict.count, verdict.probability, verdict.accepted, len(assessment.candidates))


def rounded(value: Any) -> Any:
    """The same dataclass with every float rounded to 6 decimals (documents must be stable to the byte)."""
    if isinstance(value, float):
        return round(float(value), 6) + 0.0
    if isinstance(value, tuple):
        return tuple(rounded(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return dataclasses.replace(value, **{f.name: rounded(getattr(value, f.name)) for f in fields})
    return value
