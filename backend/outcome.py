"""What a run came to, in a few lines for people and as plain data."""
from __future__ import annotations

from typing import Any

from backend.cue_job import CueJob
from backend.domain.ensemble import sources_of, usd
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.music.theory import key_name
from backend.pipeline import is_current
from backend.stages import chats_of


def outcome_of(job: CueJob) -> dict[str, Any]:
    """Plain data about what stands in the folder; entries appear as far as the path has come."""
    folder = job.folder
    out: dict[str, Any] = {"title": job.title, "folder": str(folder.path),
                           "files": sorted(p.name for p in folder.path.iterdir() if not p.name.startswith("."))}
    if folder.has("analysis.json"):
        clip = job.analysis.clip
        out["clip"] = {"seconds": round(float(clip.duration_s), 3), "frame_rate": str(clip.frame_rate),
                       "frames": clip.frames, "warnings": list(clip.warnings)}
    if folder.has("hits.json", "tempo_map.json") and is_current(job, "tempo"):
        out["hits"] = _hits(job)
    if folder.has("melody.json", "tempo_map.json") and is_current(job, "compose"):
        key = job.melody.key
        tempi = [round(point.tempo_qpm, 1) for point in job.tempo_map.points]
        out["music"] = {"key": key_name(key.tonic_pc, key.mode), "tempo_qpm": [min(tempi), max(tempi)],
                        "bars": job.tempo_map.bar_count}
    if said := _ensemble(job):
        out["ensemble"] = said
    if folder.has("render.json") and is_current(job, "render"):
        sound = folder.load(RenderReport, "render.json")
        out["sound"] = {"integrated_lufs": sound.integrated_lufs, "true_peak_dbtp": sound.true_peak_dbtp,
                        "null_dbfs": sound.null_dbfs, "bank": sound.bank.name, "licence": sound.bank.licence}
    return out


def _ensemble(job: CueJob) -> dict[str, Any] | None:
    """What models and rules had to say, over all chats; None where nobody was asked."""
    chats = chats_of(job.folder)
    turns = [turn for chat in chats for turn in chat.turns]
    if not turns:
        return None
    costs = [chat.spending.cost_usd for chat in chats]
    kept = job.scheme.chosen_round + 1 if job.folder.has("scheme.json") else None
    fields = [source for chat in chats for source in sources_of(chat, kept if chat.chat == "arrange" else None)]
    return {"models": sorted({turn.model for turn in turns if turn.source == "llm"}),
            "answers": sum(turn.source == "llm" and turn.attempt == 1 for turn in turns),
            "asked_again": sum(turn.attempt > 1 for turn in turns),
            "by_rules": sum(turn.source == "rule" for turn in turns),
            "fields_by_rules": sum(source.source == "rule" for source in fields),
            "takeovers": [line for chat in chats for line in chat.takeovers],
            "tokens": sum(chat.spending.tokens_in + chat.spending.tokens_out for chat in chats),
            "cost_usd": None if None in costs else round(sum(cost or 0.0 for cost in costs), 4)}


def _ensemble_lines(said: dict[str, Any]) -> list[str]:
    cost = "price unknown" if said["cost_usd"] is None else "free" if not said["cost_usd"] else usd(said["cost_usd"])
    rules = f", {said['by_rules']} by rules instead" if said["by_rules"] else ""
    again = f", {said['asked_again']} asked again" if said["asked_again"] else ""
    return [f"  Ensemble: {said['answers']} answers by {', '.join(said['models']) or 'nobody'}{again}{rules}, "
            f"{said['tokens']:,} tokens, {cost} (transcript.md)", *(f"    {line}" for line in said["takeovers"])]


def _hits(job: CueJob) -> dict[str, Any]:
    hits, frame_s = job.hits.hits, float(job.analysis.clip.frame_rate.frame_s)
    errors = {s.hit: s for s in job.tempo_map.sync}
    hard = [i for i, hit in enumerate(hits) if hit.type == "hard"]
    met = [i for i in hard if i in errors and abs(errors[i].error_s) <= frame_s]
    missed = [{"timecode": hits[i].timecode, "reason": hits[i].reason,
               "frames_off": round(errors[i].error_s / frame_s, 2) if i in errors else None}
              for i in hard if i not in met]
    heard = job.folder.load(CueMetrics, "metrics.json").sync if is_current(job, "report") else None
    return {"all": len(hits), "hard": len(hard), "hard_on_the_frame": len(met), "missed": missed,
            "hard_heard_on_the_frame": heard.on_frame if heard else None}


def summary_lines(job: CueJob) -> list[str]:
    """The outcome for the console."""
    out = outcome_of(job)
    lines = [""]
    for warning in out.get("clip", {}).get("warnings", ()):
        lines.append(f"  Note: {warning}")
    if "music" in out:
        low, high = out["music"]["tempo_qpm"]
        tempo = f"{low:g}" if low == high else f"{low:g}-{high:g}"
        lines.append(f"  {out['clip']['seconds']:g} s at {out['clip']['frame_rate']} fps, {out['music']['key']}, "
                     f"{tempo} quarters per minute, {out['music']['bars']} bars")
    if "hits" in out:
        hits = out["hits"]
        heard, met = hits["hard_heard_on_the_frame"], hits["hard_on_the_frame"]
        said = (f"{met} of {hits['hard']} hard hits on the frame in the tempo map" if heard is None
                else f"{heard} of {hits['hard']} hard hits heard on the frame")
        every = f"{hits['all']} {'hit' if hits['all'] == 1 else 'hits'} in all"
        lines.append(f"  {said if hits['hard'] else 'no hard hits'} ({every})")
        lines += [f"    missed: {m['timecode']} {m['reason']} ({m['frames_off']} frames off)" for m in hits["missed"]]
    if "ensemble" in out:
        lines += _ensemble_lines(out["ensemble"])
    if "sound" in out:
        sound = out["sound"]
        loudness = "silent" if sound["integrated_lufs"] is None else f"{sound['integrated_lufs']:.1f} LUFS"
        lines.append(f"  {loudness}, true peak {sound['true_peak_dbtp']:.1f} dBTP, sounds: {sound['bank']} "
                     f"({sound['licence'].split(' (')[0]})")
    lines.append(f"  Results: {job.folder.path}")
    if "sound" in out and job.folder.has("report.html"):
        lines.append(f"  Look at report.html first; open '{job.name}.RPP' in REAPER.")
    return lines
