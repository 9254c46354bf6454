"""What was measured on a finished cue: plain floats, null where a measurement was not run."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HitStatus = Literal["hit", "near", "miss"]


@dataclass(frozen=True)
class HitMetrics:
    """A hit against the nearest accent of the rendered mix (or null when nothing was rendered).

    ``hit`` is the index in the hit points; ``map_error_ms`` how far the tempo map lies from it; ``error_ms`` and
    ``error_frames`` how late (> 0) or early the accent sounds. ``status``: hit within the tolerance, near within
    two frames (or twice the tolerance), miss otherwise. ``families``: instrument families heard to enter there.
    """

    hit: int
    time_s: float
    weight: float
    type: str
    anchored: bool
    map_error_ms: float | None
    accent_s: float | None
    error_ms: float | None
    error_frames: float | None
    status: HitStatus | None
    families: tuple[str, ...] = ()


@dataclass(frozen=True)
class SyncMetrics:
    """Sound against picture. An accent is an onset of the mix whose salience reaches ``salience_p75``.

    ``on_frame`` of ``anchored`` hard hits have an accent within ``tolerance_ms`` (one frame or 10 ms, the larger);
    ``chance`` is the mean of 2,000 circular shifts of the hits, ``p_value`` the share of shifts that do as well;
    ``moved_recall`` the same render against hits moved by 5 frames. ``f1``, ``precision``, ``recall`` match all hits
    one to one within -1..+2 frames, recall weighted. ``rhythm_correlation`` is eq. (8) on 100 Hz pulse trains,
    normalised, at ``rhythm_lag_ms``; ``rhythm_chance_p99`` its 99th percentile under circular shifts;
    ``rhythm_raw`` eq. (8) as printed, on the lists of times.
    """

    onsets: int
    accents_s: tuple[float, ...]
    salience_p75: float
    duration_s: float
    tolerance_ms: float
    hard: int
    anchored: int
    on_frame: int
    recall_anchored: float | None
    chance: float | None
    p_value: float | None
    moved_recall: float | None
    f1: float | None
    precision: float | None
    recall: float | None
    rhythm_correlation: float | None
    rhythm_lag_ms: float | None
    rhythm_chance_p99: float | None
    rhythm_raw: float | None
    hits: tuple[HitMetrics, ...]


@dataclass(frozen=True)
class DynamicsMetrics:
    """Momentary loudness (400 ms) against the motion curve, Spearman at the best lag within a bar.

    ``motion_spearman`` compares 400 ms means, ``motion_spearman_bar`` means over a bar; ``chance_p95`` is the 95th
    percentile of the first under circular shifts. ``loudness_range_db`` is the 10th to 95th percentile of
    the momentary loudness; ``motion_varies`` is false where the picture hardly moves (no figure is then due).
    """

    motion_spearman: float | None
    lag_s: float | None
    motion_spearman_bar: float | None
    chance_p95: float | None
    loudness_range_db: float | None
    motion_varies: bool


@dataclass(frozen=True)
class SectionMetrics:
    """``head_similarity`` 0..1: the nearest return of the head motif (None in the section that opens with it);
    ``contrast``: novelty where the section starts."""

    label: str
    first_bar: int
    last_bar: int
    head_similarity: float | None
    contrast: float | None


@dataclass(frozen=True)
class DevelopmentMetrics:
    """``head_recurrence`` is the share of later sections in which the head motif returns (similarity >= .5;
    the section that opens with it does not count, so None for a single section);
    ``novelty_ratio`` novelty at section boundaries over novelty elsewhere; ``tension_spearman`` tonal tension
    (spiral array) against motion saliency at the best lag within a bar."""

    sections: tuple[SectionMetrics, ...]
    head_recurrence: float | None
    head_similarity_min: float | None
    novelty_ratio: float | None
    tension_spearman: float | None
    cloud_diameter: float | None
    cloud_momentum: float | None
    tensile_strain: float | None


@dataclass(frozen=True)
class EndingMetrics:
    """``score_frames`` is how far the last written onset lies before (< 0) or after the planned end, in frames;
    ``sound_frames`` the same for the greatest rise heard from .25 s before the planned end on; ``tail_s`` how long the
    sound lasts after the planned end."""

    planned_end_s: float
    score_frames: float | None
    sound_frames: float | None
    tail_s: float | None


@dataclass(frozen=True)
class RangeMetrics:
    """An independent check of every written note. ``low_interval_per_100_notes``: notes too low for the interval above
    them; ``voices_violations``: starts with more voices than the instrument has; ``lost`` melody notes that no part
    plays."""

    notes: int
    outside_full: int
    practical_share: float
    low_interval_per_100_notes: float
    breath_violations: int
    voices_violations: int
    lost: int


@dataclass(frozen=True)
class LoudnessMetrics:
    """Measured again on the mix. ``error_lu`` against the target; ``true_peak_dbtp`` by 4x oversampling."""

    target_lufs: float | None
    integrated_lufs: float | None
    error_lu: float | None
    true_peak_dbtp: float | None
    null_dbfs: float | None
    momentary_max_lufs: float | None
    correlation_min: float | None


@dataclass(frozen=True)
class MusicalityMetrics:
    """The verdict on the chosen melody: criteria met of 19 and the fused probability."""

    count: float | None
    probability: float | None
    accepted: bool | None
    candidates: int


@dataclass(frozen=True)
class ControlMetrics:
    """A metric beside the same metric on a spoiled version: ``separated`` when the real one does better."""

    metric: str
    control: str
    value: float | None
    control_value: float | None
    separated: bool | None


@dataclass(frozen=True)
class CueMetrics:
    """Everything measured on one cue (craft 7). ``made_by`` names the measuring code's version."""

    cue: str
    sync: SyncMetrics | None
    dynamics: DynamicsMetrics
    development: DevelopmentMetrics
    ending: EndingMetrics
    ranges: RangeMetrics
    loudness: LoudnessMetrics | None
    musicality: MusicalityMetrics
    controls: tuple[ControlMetrics, ...] = ()
    made_by: str = ""
