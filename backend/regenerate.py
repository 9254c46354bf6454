"""Write some bars, or some tracks, anew; everything else stays identical, note for note."""
from __future__ import annotations

from dataclasses import replace

from backend.config import DEFAULTS, options_from, parse_bars
from backend.domain.scheme import ArrangementScheme, Casting, CastTrack, MeasurePlan
from backend.domain.score import Score
from backend.errors import OptionError
from backend.music.orchestrate import write_score
from backend.music.splice import splice_score
from backend.pipeline import Tell, make, outputs_of, stage_key
from backend.ports import MelodyRequest
from backend.results import digest
from backend.stage_table import STAGE_TABLE, Stage
from backend.stages import CueJob, arrange_request, save_melody

_STAGES = {stage.name: stage for stage in STAGE_TABLE}


def regenerate(job: CueJob, bars_text: str | None, tracks_text: str | None, tell: Tell) -> tuple[str, ...]:
    """New notes for ``bars`` of ``tracks`` (all of them when not named); the ids of the parts that may have changed.

    The idea follows from ``--seed`` where the score was made with another, else from the score itself, so every call
    brings another one. Raises OptionError for bars or tracks that do not exist.
    """
    if not job.folder.has("score.json", "scheme.json", "melody.json", "tempo_map.json"):
        raise OptionError(f"'{job.folder.path}' holds no finished score yet. Score the clip first, then use --bars.")
    score, scheme = job.score, job.scheme
    bars = _bars(bars_text, len(job.tempo_map.bars))
    parts = _parts(tracks_text, score)
    seed = job.seed if job.seed != score.seed else int(digest(job.folder.hash_of("score.json")), 16) % 1_000_000
    if any(part.role == "melody" for part in score.parts if part.id in parts):
        _rewrite_melody(job, bars, seed)
    new = _rewrite(job, scheme, seed)
    job.folder.save("score.json", splice_score(score, new, bars, parts, job.tempo_map))
    standing = _as_remembered(job)
    _record(standing, _STAGES["compose"])
    _record(standing, _STAGES["arrange"])
    for name in ("session", "render", "report"):
        make(standing, _STAGES[name], tell, stage_key(standing, _STAGES[name]))
    return tuple(sorted(parts))


def _as_remembered(job: CueJob) -> CueJob:
    """The job with the folder's own seed: the next run without flags must find everything in place."""
    seed = options_from(job.folder.options).over(DEFAULTS).seed
    return replace(job, options=replace(job.options, seed=seed))


def _rewrite_melody(job: CueJob, bars: tuple[int, int], seed: int) -> None:
    request = MelodyRequest(job.spots, job.tempo_map, job.brief, seed, keep=job.melody, bars=bars)
    save_melody(job, job.services.melody_writer.write(request))


def _rewrite(job: CueJob, scheme: ArrangementScheme, seed: int) -> Score:
    """The whole score with another seed, for the same plan and the same instruments."""
    request = arrange_request(job, seed)
    plan = MeasurePlan("as it stands", scheme.measures, scheme.sections)
    arranged = job.services.arranger.arrange(request, plan)
    casting = Casting(tuple(CastTrack(t.track_index, t.part, t.role, t.instrument, t.articulation)
                            for t in scheme.tracks))
    return write_score(request, plan, arranged, casting, job.title)


def _record(job: CueJob, stage: Stage) -> None:
    job.folder.record(stage.name, stage_key(job, stage), outputs_of(job, stage), job.folder.yours(stage.name))


def _bars(text: str | None, count: int) -> tuple[int, int]:
    first, last = parse_bars(text) if text else (1, count)
    if first > count:
        raise OptionError(f"--bars {text}: the cue has {count} bars.")
    return first, min(last, count)


def _parts(text: str | None, score: Score) -> frozenset[str]:
    """Part ids for names: an id, a track name, an instrument or a role, in any case."""
    if not text:
        return frozenset(part.id for part in score.parts)
    found: set[str] = set()
    for name in (piece.strip().lower() for piece in text.split(",")):
        matches = {p.id for p in score.parts if name in (p.id.lower(), p.name.lower(), p.instrument.lower(), p.role)}
        if not matches:
            raise OptionError(f"--tracks '{name}': there is no such track. There are "
                              f"{', '.join(p.id for p in score.parts)}.")
        found |= matches
    return frozenset(found)
