"""What a cue's language models will be asked, and what that may cost, before anything is spent."""
from __future__ import annotations

from backend.config import Options
from backend.cue_job import CueJob
from backend.domain.requests import ClipRequest
from backend.pipeline import due_stages

_QUARTERS_A_BAR, _TYPICAL_QPM, _VOICES = 4, 100, 8
_CHATS = {"describe": "describe", "compose": "assess", "arrange": "arrange"}
"""Stage -> the chat it may hold."""


def asked_chats(options: Options) -> tuple[str, ...]:
    """The chats that a run with these options may hold."""
    seeing = ("describe",) if options.describer == "vision" else ()
    return (*seeing, *(("assess", "arrange") if options.agents == "llm" else ()))


def expected_line(job: CueJob, redo_from: str | None = None, until: str | None = None) -> str:
    """Calls, tokens and cost of the stages that are due, one line; empty when no model will be asked."""
    allowed = asked_chats(job.options)
    if not allowed:
        return ""
    due = {_CHATS.get(stage, "") for stage in due_stages(job, redo_from, until)}
    return chats_line(job, tuple(chat for chat in allowed if chat in due))


def chats_line(job: CueJob, chats: tuple[str, ...]) -> str:
    """The same for chats that are known to be held; empty for none."""
    if not chats:
        return ""
    from backend.agents.ensemble.line.spending import estimate
    found = estimate(chats, _bars(job), _VOICES, int(job.options.candidates or 1), _model(job))
    cap_usd = float(job.options.cap or 0)
    ending = (f"that is more than --cap {cap_usd:g} allows, so it will stop midway" if found.cost_usd[0] > cap_usd
              else f"stops at ${cap_usd:.2f} (--cap)")
    return f"{found.text}; {ending}"


def _bars(job: CueJob) -> int:
    """From the tempo map where there is one, else at a moderate tempo."""
    if job.folder.has("tempo_map.json", "hits.json", "analysis.json"):
        return job.tempo_map.bar_count
    clip = job.services.clip_analyzer.probe(ClipRequest(
        job.clip, frame_rate=job.options.rate(), play_rate=job.options.speed()))
    start_s, end_s = job.options.bounds_s(clip.frame_rate, clip.start_frame)
    duration_s = float((end_s or clip.duration_s) - (start_s or 0))
    return max(1, round(duration_s * _TYPICAL_QPM / 60 / _QUARTERS_A_BAR))


def _model(job: CueJob) -> str:
    """The model that was found, which nobody may have named: adapters are called after it."""
    asked = job.services.arranger if job.options.agents == "llm" else job.services.describer
    return asked.name.partition(":")[2].split("+")[0].split(" ")[0] or str(job.options.model or "")
