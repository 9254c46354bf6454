"""``filmcomposer measure``: finished cues measured again, with controls; several cues pooled."""
from __future__ import annotations

import json
from pathlib import Path

from backend.cue_job import job_of
from backend.domain import serial
from backend.domain.metrics import CueMetrics
from backend.domain.requests import CueResults
from backend.errors import InputError
from backend.evaluation.diversity import diversity, heard_chroma
from backend.evaluation.measure import rounded
from backend.evaluation.measure_sync import pooled_sync
from backend.evaluation.sound import read_sound
from backend.results import ResultsFolder
from backend.stages import measure_results, results_of


def measure_folders(folders: list[Path], as_json: bool) -> str:
    """Text for the console, or JSON. Raises InputError for a folder without a finished cue."""
    finished = [_results(folder) for folder in folders]
    metrics = [measure_results(results) for results in finished]
    if as_json:
        plain = [serial.to_plain(m) for m in metrics]
        return json.dumps({"cues": plain, "pooled": _pooled(finished, metrics)}, indent=1, ensure_ascii=False)
    lines: list[str] = []
    for results, measured in zip(finished, metrics, strict=True):
        lines += [results.title, *(f"  {line}" for line in _lines(measured)), ""]
    lines += [f"{name}: {_show(value)}" for name, value in _pooled(finished, metrics).items()]
    return "\n".join(lines).rstrip()


def _results(path: Path) -> CueResults:
    folder = ResultsFolder(path)
    if not (path / "scheme.json").is_file():
        raise InputError(f"'{path}' holds no finished cue. Run: filmcomposer score CLIP -o '{path}'")
    return results_of(job_of(folder.open()))


def _pooled(finished: list[CueResults], metrics: list[CueMetrics]) -> dict[str, float | None]:
    """Figures that need several cues: sync against chance over all of them, and eq. (7) on the sound."""
    if len(finished) < 2:
        return {}
    out: dict[str, float | None] = {}
    sync = pooled_sync(metrics)
    if sync:
        out |= {"hard hits": sync.hits, "heard on the frame": sync.met, "by chance": sync.chance, "p": sync.p_value}
    heard = [heard_chroma(read_sound(r.folder / "mix.wav")) for r in finished if (r.folder / "mix.wav").is_file()]
    measured = diversity(heard)
    if measured:
        out |= {"chroma diversity": measured.raw, "chroma diversity, best transposition": measured.transposed}
    return {name: rounded(value) for name, value in out.items()}


def _lines(m: CueMetrics) -> list[str]:
    lines = []
    if m.sync:
        lines.append(f"hard hits heard on the frame: {m.sync.on_frame} of {m.sync.anchored} anchored "
                     f"({m.sync.hard} hard), chance {_show(m.sync.chance)}, p {_show(m.sync.p_value)}, "
                     f"moved by 5 frames {_show(m.sync.moved_recall)}")
        lines.append(f"hit F1 {_show(m.sync.f1)}, rhythm correlation {_show(m.sync.rhythm_correlation)}")
    lines.append(f"loudness against motion: Spearman {_show(m.dynamics.motion_spearman)} by 400 ms, "
                 f"{_show(m.dynamics.motion_spearman_bar)} by bar")
    lines.append(f"head motif in {_show(m.development.head_recurrence)} of the later sections, section novelty ratio "
                 f"{_show(m.development.novelty_ratio)}")
    lines.append(f"ending {_show(m.ending.score_frames)} frames from the plan, tail {_show(m.ending.tail_s)} s")
    lines.append(f"range: {m.ranges.practical_share:.4f} practical, {m.ranges.outside_full} outside, "
                 f"{m.ranges.lost} lost of {m.ranges.notes} notes")
    if m.loudness:
        lines.append(f"loudness {_show(m.loudness.integrated_lufs)} LUFS (error {_show(m.loudness.error_lu)} LU), "
                     f"true peak {_show(m.loudness.true_peak_dbtp)} dBTP, null {_show(m.loudness.null_dbfs)} dBFS")
    lines.append(f"melody: {_show(m.musicality.count)} of 19 criteria, p {_show(m.musicality.probability)}, "
                 f"{m.musicality.candidates} tried")
    lines += [f"control {c.metric} / {c.control}: {_show(c.value)} against {_show(c.control_value)}"
              for c in m.controls]
    return lines


def _show(value: float | None) -> str:
    return "not run" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
