"""What each stage does: read documents from the folder, compute, write documents back.

The order, the inputs of each stage and what a user may edit stand in ``backend/stage_table.py``.
"""
from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from backend.cue_job import CueJob
from backend.domain.assessment import AssessmentReport, Candidate, Fix
from backend.domain.description import ClipDescription
from backend.domain.ensemble import CHATS, ChatRecord
from backend.domain.hits import HitPoints
from backend.domain.metrics import CueMetrics
from backend.domain.render import RenderReport
from backend.domain.requests import (
    ArrangeRequest,
    ClipRequest,
    CueResults,
    DescribeRequest,
    MelodyRequest,
    PreviewRequest,
    RenderRequest,
    SpotRequest,
)
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Melody, Score
from backend.domain.spotting import RhythmSpots
from backend.errors import EditError
from backend.evaluation.measure import measure_cue
from backend.music.brief import make_brief
from backend.music.consistency import check_description, check_spots
from backend.music.description_text import read_text, write_text
from backend.music.form import plan_sections
from backend.music.harmony import harmonise
from backend.music.midi import session_to_midi
from backend.music.notation.abc_reader import read_abc
from backend.music.notation.abc_writer import write_abc
from backend.music.notation.musicxml import write_musicxml
from backend.music.spots import read_user_spots
from backend.music.tempo_fit import fit_tempo
from backend.ports import Progress
from backend.results import ResultsFolder
from backend.rounds import ArrangementExperts, arrange_in_rounds


def analyze(job: CueJob, progress: Progress) -> None:
    rate = job.options.rate()
    request = ClipRequest(job.clip, cue=str(job.options.cue), frame_rate=rate,
                          start_timecode=job.options.start_timecode, play_rate=job.options.speed())
    clip = job.services.clip_analyzer.probe(request)
    start_s, end_s = job.options.bounds_s(clip.frame_rate, clip.start_frame)
    request = replace(request, start_s=start_s, end_s=end_s)
    job.folder.save("analysis.json", job.services.clip_analyzer.analyze(request, progress))


def describe(job: CueJob, progress: Progress) -> None:
    if job.supplied.description:
        given = ResultsFolder(job.supplied.description.parent)
        description = given.load(ClipDescription, job.supplied.description.name)
        check_description(description, job.analysis)
    else:
        description = job.services.describer.describe(DescribeRequest(
            job.analysis, job.options.emotion_label(), job.clip, job.options.note or ""))
    save_description(job, description)


def save_description(job: CueJob, description: ClipDescription) -> None:
    job.folder.save("description.json", description)
    _write_description_text(job, description)


def _write_description_text(job: CueJob, description: ClipDescription) -> None:
    """With the timecodes of shots for orientation."""
    cue, rate = job.analysis.cue, job.analysis.clip.frame_rate
    remarks = {i: f"{cue.timecode_at(shot.start_s, rate)} to {cue.timecode_at(shot.end_s, rate)}"
               for i, shot in enumerate(job.analysis.shots)}
    job.folder.write_text("description.txt", write_text(description, remarks))


def accept_description(job: CueJob, edited: tuple[str, ...]) -> None:
    """Take over the user's description from whichever file was edited. Raises EditError."""
    folder = job.folder
    if len(edited) > 1:
        raise EditError(f"Both description.json and description.txt in '{folder.path}' were edited. "
                        "Delete the one you do not want; it is written again from the other.")
    if edited == ("description.txt",):
        if not folder.has("description.json"):
            raise EditError(f"'{folder.path}' has a description.txt but no description.json to read it with. "
                            "Delete description.txt.")
        before = folder.load(ClipDescription, "description.json")
        description = read_text(_edited_text(folder, "description.txt"), before)
        check_description(description, job.analysis)
        folder.save("description.json", description)
    else:
        _write_description_text(job, job.description)


def _edited_text(folder: ResultsFolder, name: str) -> str:
    try:
        return folder.file(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EditError(f"{folder.file(name)} is not UTF-8 text. Save it as UTF-8, or delete it.") from None
    except OSError as error:
        raise EditError(f"{folder.file(name)} cannot be read: {error.strerror}.") from None


def find_hits(job: CueJob, progress: Progress) -> None:
    if job.supplied.hits:
        given = ResultsFolder(job.supplied.hits.parent).load(HitPoints, job.supplied.hits.name)
        hits = job.services.hit_finder.accept(given, job.analysis)
    else:
        hits = job.services.hit_finder.find(job.analysis)
    job.folder.save("hits.json", hits)


def write_brief(job: CueJob, progress: Progress) -> None:
    job.folder.save("brief.json", make_brief(
        job.description, float(job.analysis.cue.duration_s), tempo_range=job.options.tempo_range(),
        meter=job.options.meter_pair(), seed=job.seed, by_hand=job.options.controls()))


def map_tempo(job: CueJob, progress: Progress) -> None:
    analysis = job.analysis
    job.folder.save("tempo_map.json", fit_tempo(job.hits, analysis.cue, analysis.clip.frame_rate, job.brief))


def spot(job: CueJob, progress: Progress) -> None:
    if job.supplied.spots:
        given = ResultsFolder(job.supplied.spots.parent).load(RhythmSpots, job.supplied.spots.name)
        spots = read_user_spots(given, job.tempo_map, job.analysis.cue)
        if not spots.sections:
            sections = plan_sections(job.tempo_map, job.hits, job.analysis)
            spots = RhythmSpots(spots.spots, sections, spots.made_by)
        check_spots(spots, job.tempo_map)
    else:
        spots = job.services.spotter.spot(SpotRequest(job.analysis, job.hits, job.tempo_map, job.brief, job.seed))
    job.folder.save("spots.json", spots)


def compose(job: CueJob, progress: Progress) -> None:
    spots, tempo_map, brief = job.spots, job.tempo_map, job.brief
    candidates: list[tuple[Melody, Candidate]] = []
    fixes: tuple[Fix, ...] = ()
    limit = int(job.options.candidates or 1)
    for number in range(1, limit + 1):
        seed = job.seed * 1000 + number
        melody = job.services.melody_writer.write(MelodyRequest(spots, tempo_map, brief, seed, fixes))
        assessment = job.services.assessor.assess(melody, tempo_map, brief, False)
        candidates.append((melody, Candidate(number, seed, False, len(melody.notes), assessment)))
        progress(number / limit)
        if assessment.accepted:
            break
        fixes = assessment.fixes
    best = max(candidates, key=lambda pair: (pair[1].assessment.accepted, pair[1].assessment.probability))
    save_melody(job, best[0])
    job.folder.save("assessment.json", AssessmentReport(
        tuple(Candidate(c.number, c.seed, m is best[0], c.notes, c.assessment) for m, c in candidates),
        flagged=not best[1].assessment.accepted, made_by=job.services.assessor.name))


def save_melody(job: CueJob, melody: Melody) -> None:
    job.folder.save("melody.json", melody)
    job.folder.write_text("melody.abc", write_abc(melody, job.tempo_map, job.title))


def accept_melody(job: CueJob, edited: tuple[str, ...]) -> None:
    """Take over the user's melody from whichever file was edited; the verdict is advisory. Raises EditError."""
    folder = job.folder
    if len(edited) > 1:
        raise EditError(f"Both melody.json and melody.abc in '{folder.path}' were edited. "
                        "Delete the one you do not want; it is written again from the other.")
    if edited == ("melody.abc",):
        if not folder.has("melody.json"):
            raise EditError(f"'{folder.path}' has a melody.abc but no melody.json to read it with. Delete melody.abc.")
        text = _edited_text(folder, "melody.abc")
        folder.save("melody.json", read_abc(text, job.tempo_map, job.melody))
    else:
        folder.write_text("melody.abc", write_abc(job.melody, job.tempo_map, job.title))
    melody = job.melody
    verdict = job.services.assessor.assess(melody, job.tempo_map, job.brief, True)
    only = Candidate(1, melody.seed, True, len(melody.notes), verdict)
    folder.save("assessment.json", AssessmentReport((only,), False, job.services.assessor.name))


def arrange_request(job: CueJob, melody: Melody, seed: int) -> ArrangeRequest:
    tempo_map, brief, hits = job.tempo_map, job.brief, job.hits
    chords = harmonise(melody, tempo_map, brief, hits, seed)
    return ArrangeRequest(melody, chords, job.analysis, job.description, hits, tempo_map, brief, seed,
                          note=job.options.note or "", locks=job.locks)


def arrange_score(job: CueJob, seed: int) -> tuple[Score, ArrangementScheme]:
    s = job.services
    experts = ArrangementExperts(s.analyzer, s.arranger, s.voice_splitter, s.caster, s.volume, s.mixer, s.reviewer)
    return arrange_in_rounds(arrange_request(job, job.melody, seed), experts, job.title)


def arrange(job: CueJob, progress: Progress) -> None:
    score, scheme = arrange_score(job, job.seed)
    job.folder.save("score.json", score)
    job.folder.save("scheme.json", scheme)


def write_session(job: CueJob, progress: Progress) -> None:
    session = job.session()
    job.services.session_writer.write(session, job.folder.file(f"{job.name}.RPP"))
    progress(0.4)
    job.folder.write_bytes("cue.mid", session_to_midi(session))
    job.folder.write_text("score.musicxml", write_musicxml(job.score, job.tempo_map, job.hits, job.title))


def render(job: CueJob, progress: Progress) -> None:
    soundfont = Path(job.options.soundfont) if job.options.soundfont else None
    loudness = float(job.options.loudness if job.options.loudness is not None else -23.0)
    request = RenderRequest(job.session(), job.folder.path, loudness, soundfont)
    report = job.services.audio_renderer.render(request, lambda done: progress(0.8 * done))
    job.folder.save("render.json", report)
    clip, cue = job.analysis.clip, job.analysis.cue
    job.services.preview_writer.write(PreviewRequest(
        job.clip, cue.start_s, cue.end_s, job.folder.file(report.mix), job.folder.file("preview.mp4"),
        clip.play_rate))


def report(job: CueJob, progress: Progress) -> None:
    results = results_of(job)
    metrics = measure_results(results)
    progress(0.5)
    job.folder.save("metrics.json", metrics)
    job.services.reporter.report(results, metrics)


def measure_results(results: CueResults) -> CueMetrics:
    """The figures of a cue from its documents and its mix."""
    return measure_cue(
        analysis=results.analysis, hits=results.hits, tempo_map=results.tempo_map, spots=results.spots,
        melody=results.melody, score=results.score, scheme=results.scheme, render=results.render,
        assessment=results.assessment, folder=results.folder)


def chats_of(folder: ResultsFolder) -> tuple[ChatRecord, ...]:
    """What the ensemble said about this cue, in the order of the path; empty where rules did everything."""
    found = []
    for chat in CHATS:
        with suppress(EditError):  # a log: damaged, it is left out, and the next run writes it anew
            if folder.has(f"agents/{chat}.json") and _stands(folder, chat):
                found.append(folder.load(ChatRecord, f"agents/{chat}.json"))
    return tuple(found)


_DECIDED = {"describe": (ClipDescription, "description.json"), "assess": (AssessmentReport, "assessment.json"),
            "arrange": (ArrangementScheme, "scheme.json")}
_BY_MODELS = ("vision", "llm")


def _stands(folder: ResultsFolder, chat: str) -> bool:
    """Whether what a chat came to is what stands: rules may have done the stage again since."""
    if chat not in _DECIDED:
        return True
    kind, name = _DECIDED[chat]
    return folder.has(name) and folder.load(kind, name).made_by.startswith(_BY_MODELS)


def results_of(job: CueJob) -> CueResults:
    """Every document of a finished cue."""
    rendered = job.folder.load(RenderReport, "render.json") if job.folder.has("render.json") else None
    return CueResults(
        title=job.title, folder=job.folder.path, analysis=job.analysis, description=job.description, brief=job.brief,
        hits=job.hits, tempo_map=job.tempo_map, spots=job.spots, melody=job.melody,
        assessment=job.folder.load(AssessmentReport, "assessment.json"), score=job.score, scheme=job.scheme,
        render=rendered, files={"project": f"{job.name}.RPP", "midi": "cue.mid", "notation": "score.musicxml",
                                "abc": "melody.abc", "preview": "preview.mp4"},
        chats=chats_of(job.folder))
