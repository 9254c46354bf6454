"""A change asked for in words: asked, executed, proved, written; and taken back."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.agents.ensemble.question import Answer
from backend.agents.ensemble.reviser import ModelReviser, ReviseRequest
from backend.config import LONGEST_NOTE
from backend.cue_job import CueJob
from backend.domain.assessment import AssessmentReport, Candidate
from backend.domain.revision import Operation, Revision, RevisionPlan
from backend.domain.score import Melody
from backend.errors import EditError, EndpointError, InputError, OptionError
from backend.music.consistency import check_melody, check_scheme, check_score
from backend.music.locks import read_locks
from backend.music.revision import Done, Room, State, apply, ground_of
from backend.music.revision_cells import Difference
from backend.music.revision_summary import in_words, proved, summary
from backend.pipeline import outputs_of, stage_key
from backend.regenerate import write_anew
from backend.results import digest
from backend.revise.elsewhere import FLAGS, elsewhere_lines
from backend.revise.history import DOCUMENTS, History
from backend.revise.remarks import remarks
from backend.stage_table import STAGE_TABLE
from backend.stages import save_melody

_REASON = 240
"""Characters of it in a message."""
_STAGES = {stage.name: stage for stage in STAGE_TABLE}
_BEFORE = tuple(stage for stage in STAGE_TABLE if stage.name in (
    "analyze", "describe", "hits", "brief", "tempo", "spot", "compose"))


@dataclass(frozen=True)
class Outcome:
    """What a request came to. ``lines`` are for people: what belongs elsewhere, what else they should know, files set
    aside; ``steps`` are the operations in words."""

    summary: str
    operations: tuple[Operation, ...] = ()
    steps: tuple[str, ...] = ()
    answer: str = ""
    lines: tuple[str, ...] = ()
    changed_cells: int = 0
    same_cells: int = 0


def revise(job: CueJob, words: str, reviser: ModelReviser, dry_run: bool = False) -> Outcome:
    """Do what ``words`` ask for in the documents, and nothing else; what follows them is the caller's.

    Raises OptionError without a finished score and for words without end, EditError when documents before it were
    edited since, InputError for what cannot be done, EndpointError without an answer, CompositionError when more would
    have changed than was asked.
    """
    if not words.strip():
        raise OptionError('Say what to change, e.g. filmcomposer revise DIR "strings only in bars 9-16".')
    if len(words) > LONGEST_NOTE:
        raise OptionError(f"The request has {len(words)} characters: say it in {LONGEST_NOTE} or fewer, or in several "
                          "requests.")
    history = _standing(job)
    before = State(job.score, job.scheme, job.melody)
    room = _room(job, history)
    ground = ground_of(before, room)
    answer = reviser.revise(ReviseRequest(words, job.title, ground, job.hits, job.locks, history.revisions))
    plan = _usable(answer, reviser.problems)
    lines = elsewhere_lines(plan.operations, job)
    operations = tuple(one for one in plan.operations if one.action != "elsewhere")
    if not operations:
        if plan.answer.strip() and not dry_run:
            history.answered(words, plan.answer)
        raise InputError(" ".join((f"Nothing was changed. {_said(plan)}".rstrip(), *lines)))
    done = apply(operations, before, room)
    found = proved(before, done, room.tempo_map)
    if not found.cells and not found.fields:
        raise InputError(f"Nothing was changed: it is so already. {_said(plan)}".rstrip())
    told = summary(operations, before, done, found, room.tempo_map)
    outcome = Outcome(told, operations, tuple(in_words(one, ground) for one in operations), plan.answer,
                      (*lines, *remarks(words, operations, ground, job)), len(found.cells),
                      len(found.every - found.cells))
    if not dry_run:
        _write(job, history, Revision(0, words, plan.operations, plan.answer, told, {}, {}, {}), before, done)
    return outcome


def unfinished(job: CueJob, words: str) -> Outcome | None:
    """The last change, where it was asked for in these words and what follows it was not made since; else None."""
    last = next(iter(History(job.folder).revisions[-1:]), None)
    if last is None or last.state != "done" or last.request.lower().split() != words.lower().split():
        return None
    after = STAGE_TABLE[STAGE_TABLE.index(_STAGES["arrange"]) + 1:]
    if all(job.folder.key_of(stage.name) == stage_key(job, stage) for stage in after):
        return None
    return Outcome(last.summary, last.operations, answer=last.answer)


def undo(job: CueJob) -> Outcome:
    """The documents as they were before the last revision. Raises OptionError when there is none."""
    history = History(job.folder)
    recovered = history.recover()
    last = history.last_done()
    if last is None and not recovered:
        raise OptionError(f"'{job.folder.path}' has no change to take back.")
    lines: tuple[str, ...] = ()
    told = "what was interrupted is taken back"
    if last is not None and not recovered:
        lines = tuple(f"edited since, so kept as {aside}" for aside in history.restore(last))
        history.enter(replace(last, state="undone"))
        told = f'taken back: "{_plain(last.request)}" ({last.summary})'
    return Outcome(told, lines=lines)


def _standing(job: CueJob) -> History:
    """The folder's history, when it holds a score that was made from what stands before it."""
    if not job.folder.has("score.json", "scheme.json", "melody.json", "tempo_map.json", "hits.json", "assessment.json"):
        raise OptionError(f"'{job.folder.path}' holds no finished score yet. Score the clip first, then use revise.")
    history = History(job.folder)
    history.recover()
    for stage in _BEFORE:
        edited = job.folder.edited(stage.name, stage.editable)
        if edited:
            raise EditError(f"{edited[0]} was edited after the score was written. Run filmcomposer score "
                            f"'{job.folder.path}' first, then ask again.")
    return history


def _room(job: CueJob, history: History) -> Room:
    def rewrite(state: State, bars: range, parts: frozenset[str]) -> State:
        seed = int(digest(repr(state.score.parts)), 16) % 1_000_000
        return write_anew(job, state, (bars[0], bars[-1]), parts, seed)

    tempo_map = job.tempo_map
    return Room(tempo_map, job.hits, read_locks(job.locks, tempo_map.bar_count), history.first_score(), rewrite)


def _usable(answer: Answer[RevisionPlan], problems: tuple[str, ...]) -> RevisionPlan:
    """A plan that is the model's own, all of it: half a change is no change. ``problems`` say what was wrong with the
    last reply, for people."""
    if answer.source == "llm":
        return answer.payload
    if not problems:
        raise EndpointError(f"The language model gave no answer that can be used. Nothing was changed. {FLAGS}")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise EndpointError(f"Nothing was changed: {_plain(_reason(problems[0]))[:_REASON]}{more}. Say it in other words. "
                        f"{FLAGS}")


def _reason(problem: str) -> str:
    """What is wrong, without the place in the model's answer and without advice that is for a model."""
    return re.sub(r"^/\S*: |: take [^:]*OPTIONS.*$", "", problem).rstrip(".")


def _plain(text: str) -> str:
    """Somebody's words on one line, without control characters."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:400]


def _said(plan: RevisionPlan) -> str:
    return f'The reviser says: "{_plain(plan.answer)}"' if plan.answer.strip() else ""


def _write(job: CueJob, history: History, revision: Revision, before: State, done: Done) -> None:
    """All documents or none; what was written is read back and proved once more."""
    keys = {name: _next_key(job, name) for name in ("compose", "arrange")}
    changed = [name for name, same in (("score.json", done.state.score == before.score),
                                       ("scheme.json", done.state.scheme == before.scheme)) if not same]
    if done.state.melody != before.melody:
        changed += list(DOCUMENTS["compose"])
    revision = history.begin(revision, tuple(changed))
    try:
        _save(job, before, done.state, keys)
        written = State(job.score, job.scheme, job.melody)
        _same(written, done.state, job)
        found: Difference = proved(before, replace(done, state=written), job.tempo_map)
        assert found.cells or found.fields
        history.enter(replace(revision, state="done", files={name: job.folder.hash_of(name) for name in changed}))
    except BaseException:
        history.restore(revision)
        history.enter(replace(revision, state="undone"))
        raise


def _same(written: State, wanted: State, job: CueJob) -> None:
    check_score(written.score, job.tempo_map)
    check_scheme(written.scheme, written.score)
    check_melody(written.melody, job.tempo_map)
    if written != wanted:
        raise EditError(f"The documents in '{job.folder.path}' changed while they were written. Nothing was changed by "
                        "this command; run it again.")


def _next_key(job: CueJob, name: str) -> Callable[[], str]:
    """The key a stage is recorded with: where it was made by these very adapters it stays up to date, otherwise it
    keeps the key it has."""
    stage, old = _STAGES[name], job.folder.key_of(name) or ""
    fresh = old == stage_key(job, stage)
    return lambda: stage_key(job, stage) if fresh else old


def _save(job: CueJob, before: State, after: State, keys: dict[str, Callable[[], str]]) -> None:
    folder = job.folder
    if after.melody != before.melody:
        compose = folder.yours("compose")
        _save_melody(job, after.melody)
        folder.record("compose", keys["compose"](), outputs_of(job, _STAGES["compose"]), compose)
    arrange = set(folder.yours("arrange")) | set(folder.edited("arrange", DOCUMENTS["arrange"]))
    for name, document, same in (("score.json", after.score, after.score == before.score),
                                 ("scheme.json", after.scheme, after.scheme == before.scheme)):
        if not same:
            folder.save(name, document)
            arrange.add(name)
    folder.record("arrange", keys["arrange"](), outputs_of(job, _STAGES["arrange"]), tuple(sorted(arrange)))


def _save_melody(job: CueJob, melody: Melody) -> None:
    verdict = job.services.assessor.assess(melody, job.tempo_map, job.brief, True)
    tried = job.folder.load(AssessmentReport, "assessment.json")
    earlier = tuple(replace(candidate, chosen=False) for candidate in tried.candidates)
    save_melody(job, melody)
    job.folder.save("assessment.json", replace(tried, candidates=(
        *earlier, Candidate(len(earlier) + 1, melody.seed, True, len(melody.notes), verdict))))
