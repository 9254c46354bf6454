"""Write some bars, or some tracks, anew; everything else stays identical, note for note."""
from __future__ import annotations

from dataclasses import replace

from backend.config import DEFAULTS, options_from, parse_bars
from backend.cue_job import CueJob
from backend.domain.assessment import AssessmentReport, Candidate
from backend.domain.requests import MelodyRequest
from backend.domain.scheme import BarRange, Casting, CastTrack, MeasurePlan
from backend.domain.score import Melody, Score
from backend.domain.tempo import TempoMap
from backend.errors import OptionError
from backend.music.orchestrate import write_score
from backend.music.part_names import names_of
from backend.music.revision import State
from backend.music.splice import splice_score
from backend.pipeline import Tell, outputs_of, run_cue, stage_key
from backend.results import digest
from backend.stage_table import STAGE_TABLE
from backend.stages import arrange_request, save_melody

_STAGES = {stage.name: stage for stage in STAGE_TABLE}


def regenerate(job: CueJob, bars_text: str | None, tracks_text: str | None, tell: Tell) -> tuple[str, ...]:
    """New notes for ``bars`` of ``tracks`` (all of them when not named); the ids of the parts that may have changed.

    The folder is brought up to date first, edits kept. The idea follows from ``--seed`` where the score was made with
    another, else from the score itself, so every call brings another one. Raises OptionError for bars or tracks that
    do not exist.
    """
    if not job.folder.has("score.json", "scheme.json", "melody.json", "tempo_map.json"):
        raise OptionError(f"'{job.folder.path}' holds no finished score yet. Score the clip first, then use --bars.")
    standing = _as_remembered(job)
    parts = _parts(tracks_text, job.score)
    bars = _bars(bars_text, len(job.tempo_map.bars))
    run_cue(standing, tell, until="arrange")
    before = State(job.score, job.scheme, job.melody)
    after = write_anew(job, before, bars, parts, _another_seed(job))
    _save(standing, after.melody, after.score)
    run_cue(standing, tell)
    return tuple(sorted(parts))


def write_anew(job: CueJob, state: State, bars: tuple[int, int], parts: frozenset[str], seed: int) -> State:
    """The state with new notes in ``bars`` (inclusive) of ``parts``; the melody too, where parts of it are named."""
    melody = state.melody
    if any(part.role == "melody" for part in state.score.parts if part.id in parts):
        melody = job.services.melody_writer.write(
            MelodyRequest(job.spots, job.tempo_map, job.brief, seed, keep=melody, bars=bars))
    new = _rewrite(job, replace(state, melody=melody), seed)
    return State(splice_score(state.score, new, bars, parts, job.tempo_map), state.scheme, melody)


def _another_seed(job: CueJob) -> int:
    """``--seed`` where the score was made with another, else one that follows from the score."""
    if job.seed != job.score.seed:
        return job.seed
    return int(digest(job.folder.hash_of("score.json")), 16) % 1_000_000


def _as_remembered(job: CueJob) -> CueJob:
    """The job with the folder's own seed: the next run without flags must find everything in place."""
    seed = options_from(job.folder.options).over(DEFAULTS).seed
    return replace(job, options=replace(job.options, seed=seed))


def _rewrite(job: CueJob, state: State, seed: int) -> Score:
    """The whole score with another seed, for the same plan and the same instruments."""
    scheme = state.scheme
    request = arrange_request(job, state.melody, seed)
    plan = MeasurePlan("as it stands", scheme.measures, scheme.sections)
    arranged = job.services.arranger.arrange(request, plan)
    return write_score(request, plan, arranged, _casting(state, job.tempo_map), job.title)


def _casting(state: State, tempo_map: TempoMap) -> Casting:
    """Who plays what; where several parts share the melody, each keeps the bars it has."""
    leads = [part for part in state.score.parts if part.role == "melody"]
    owned: dict[str, list[int]] = {part.id: [] for part in leads}
    owner = leads[0].id if leads else ""
    for bar in tempo_map.bars if len(leads) > 1 else ():
        owner = next((part.id for part in leads
                      if any(bar.start_q <= note.onset_q < bar.end_q for note in part.notes)), owner)
        owned[owner].append(bar.number)
    return Casting(tuple(
        CastTrack(t.track_index, t.part, t.role, t.instrument, t.articulation,
                  bars=tuple(BarRange(bar, bar) for bar in owned.get(t.part, ())))
        for t in state.scheme.tracks if t.role != "melody" or len(leads) < 2 or owned.get(t.part)))


def _save(job: CueJob, melody: Melody, score: Score) -> None:
    """Write what changed and record it as the folder's own; what was the user's stays the user's."""
    if melody != job.melody:
        verdict = job.services.assessor.assess(melody, job.tempo_map, job.brief, True)
        tried = job.folder.load(AssessmentReport, "assessment.json")
        earlier = tuple(replace(candidate, chosen=False) for candidate in tried.candidates)
        anew = Candidate(len(earlier) + 1, melody.seed, True, len(melody.notes), verdict)
        save_melody(job, melody)
        job.folder.save("assessment.json", replace(tried, candidates=(*earlier, anew)))
    job.folder.save("score.json", score)
    for name in ("compose", "arrange"):
        stage = _STAGES[name]
        job.folder.record(name, stage_key(job, stage), outputs_of(job, stage), job.folder.yours(name))


def _bars(text: str | None, count: int) -> tuple[int, int]:
    first, last = parse_bars(text) if text else (1, count)
    if first > count:
        raise OptionError(f"--bars {text}: the cue has {count} bars.")
    return first, min(last, count)


def _parts(text: str | None, score: Score) -> frozenset[str]:
    """Part ids for names: an id, a track name, an instrument, a role or a family, in any case."""
    if not text:
        return frozenset(part.id for part in score.parts)
    found: set[str] = set()
    for name in (piece.strip().lower() for piece in text.split(",")):
        matches = {part.id for part in score.parts if name in names_of(part)}
        if not matches:
            raise OptionError(f"--tracks '{name}': there is no such track. There are "
                              f"{', '.join(p.id for p in score.parts)}; a role or a family will do too.")
        found |= matches
    return frozenset(found)
