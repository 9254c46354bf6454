"""The report page's figures: what was measured, against its target and its control."""
from __future__ import annotations

from backend.domain.metrics import CueMetrics
from backend.report.markup import number, table, text

Figure = tuple[str, float | None, int, str, str]
"""Name, value, digits, unit, target."""


def metrics_table(metrics: CueMetrics) -> str:
    """Every metric with its target; then every control."""
    rows = [(text(name), number(value, digits, unit), text(target)) for name, value, digits, unit, target in
            (*_sync(metrics), *_music(metrics), *_sound(metrics))]
    controls = [(text(c.metric), text(c.control), number(c.value), number(c.control_value),
                 "\u2013" if c.separated is None else _better(c.separated)) for c in metrics.controls]
    out = table(("Measured", "Value", "Aim"), rows, (1,))
    if controls:
        out += "<h3>Controls: the same figure on a spoiled version</h3>" + table(
            ("Metric", "Control", "This cue", "Control", ""), controls, (2, 3))
    return out


def _better(separated: bool) -> str:
    return '<span class="good">better</span>' if separated else '<span class="bad">no better</span>'


def _sync(metrics: CueMetrics) -> tuple[Figure, ...]:
    sync = metrics.sync
    if sync is None:
        return ()
    return (("Hard hits with an accent on the frame", sync.recall_anchored, 2, "", "1"),
            ("the same by chance (2,000 circular shifts)", sync.chance, 2, "", ""),
            ("p value", sync.p_value, 4, "", "< .01"),
            ("the same against hits moved by 5 frames", sync.moved_recall, 2, "", "low"),
            ("Sync F1 over all hits", sync.f1, 2, "", "\u2265 .75"), ("recall, weighted", sync.recall, 2, "", ""),
            ("precision", sync.precision, 2, "", ""),
            ("Rhythm correlation, eq. (8) normalised", sync.rhythm_correlation, 2, "", "above its chance"),
            ("its 99th percentile by chance", sync.rhythm_chance_p99, 2, "", ""),
            ("Rhythm correlation, eq. (8) as printed", sync.rhythm_raw, 0, "", "no aim: blind to alignment"))


def _music(metrics: CueMetrics) -> tuple[Figure, ...]:
    dynamics, development, ranges = metrics.dynamics, metrics.development, metrics.ranges
    return (("Loudness follows motion (Spearman)", dynamics.motion_spearman, 2, "", "\u2265 .5"),
            ("the same over whole bars", dynamics.motion_spearman_bar, 2, "", ""),
            ("its 95th percentile by chance", dynamics.chance_p95, 2, "", ""),
            ("Later sections in which the head motif returns", development.head_recurrence, 2, "", "1"),
            ("Novelty at section boundaries over elsewhere", development.novelty_ratio, 2, "", "\u2265 2"),
            ("Tonal tension follows saliency (Spearman)", development.tension_spearman, 2, "", "\u2265 .3 in action"),
            ("Last onset against the planned end", metrics.ending.score_frames, 2, "frames", "within 1"),
            ("Tail after the planned end", metrics.ending.tail_s, 2, "s", "1\u20132.5"),
            ("Notes out of range", float(ranges.outside_full), 0, "", "0"),
            ("Notes in practical range", 100 * ranges.practical_share, 1, "%", "\u2265 99.8"),
            ("Low-interval faults per 100 notes", ranges.low_interval_per_100_notes, 2, "", "< 1"),
            ("Breath faults", float(ranges.breath_violations), 0, "", "0"),
            ("Melody notes lost", float(ranges.lost), 0, "", "0"))


def _sound(metrics: CueMetrics) -> tuple[Figure, ...]:
    loudness = metrics.loudness
    if loudness is None:
        return ()
    return (("Integrated loudness, measured again", loudness.integrated_lufs, 1, "LUFS", ""),
            ("off target", loudness.error_lu, 2, "LU", "within .5"),
            ("True peak, measured again", loudness.true_peak_dbtp, 1, "dBTP", "\u2264 \u22122"),
            ("Lowest left/right correlation over 3 s", loudness.correlation_min, 2, "", "> 0"))
