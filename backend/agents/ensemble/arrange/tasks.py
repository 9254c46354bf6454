"""The task of every arranger: which sections it is shown, and no more than it needs."""
from __future__ import annotations

from backend.agents.ensemble.arrange import drafts as drafts
from backend.agents.ensemble.arrange.abc import melody_abc, score_abc
from backend.agents.ensemble.arrange.options import carriers_table, casting_options, options_table
from backend.agents.ensemble.arrange.tables import (
    PLANNED,
    PLAYED,
    SUNG,
    arrange_columns,
    cell_length,
    csv_text,
    cue_lines,
    figures_table,
    issues_table,
    joined,
    labels_of,
    locks_table,
    measure_table,
    names_of,
    note_text,
    out_line,
    review_table,
    story_text,
)
from backend.agents.rules.cast import track_limit
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import ArrangementScheme, ArrangePlan, Casting, MeasurePlan, Review, VoicePlan
from backend.domain.score import Score

SCORE_CHARS = 8000
"""ABC of the score for the reviewer: 6,700 tokens at most."""


def _task(request: ArrangeRequest, *own: tuple[str, str], plan: MeasurePlan | None = None,
          more: tuple[tuple[str, object], ...] = (), before: str = "") -> str:
    """What everybody is shown, and a speaker's own sections between."""
    return joined([("CUE", cue_lines(request, more)), ("NOTE", note_text(request)), ("STORY", story_text(request)),
                   ("NAMES", names_of(request, plan)), *own,
                   ("LOCKS", locks_table(request)), ("REVIEW", review_table(request)), ("BEFORE", before)])


def analyze_task(request: ArrangeRequest, before: MeasurePlan | None) -> str:
    return _task(request, ("TABLE", measure_table(request)), ("METRICS", figures_table(request)),
                 ("ABC", melody_abc(request)), before=drafts.plan_draft(before) if before else "")


def arrange_task(request: ArrangeRequest, plan: MeasurePlan, before: ArrangePlan | None) -> str:
    return _task(request, ("TABLE", measure_table(request, plan, arrange_columns(request))),
                 ("OPTIONS", options_table(request, ("doubling",))), ("METRICS", figures_table(request)),
                 more=(*cell_length(request), out_line(request)), plan=plan,
                 before=drafts.arrange_draft(before) if before else "")


def voices_task(request: ArrangeRequest, plan: MeasurePlan, before: VoicePlan | None) -> str:
    return _task(request, ("TABLE", measure_table(request, plan, SUNG)), ("OPTIONS", carriers_table(request)),
                 plan=plan, before=drafts.voices_draft(before) if before else "")


def casting_task(request: ArrangeRequest, plan: MeasurePlan, arrange: ArrangePlan, before: Casting | None) -> str:
    return _task(request, ("TABLE", measure_table(request, plan, PLAYED)),
                 ("DRAFT", drafts.arrange_draft(arrange, request.voices)),
                 ("OPTIONS", casting_options(request, arrange)),
                 more=(("track_limit", track_limit(plan)),), plan=plan,
                 before=drafts.players_draft(before) if before else "")


def volume_task(request: ArrangeRequest, plan: MeasurePlan, casting: Casting, before: str) -> str:
    return _task(request, ("TABLE", measure_table(request, plan, PLANNED)), ("DRAFT", drafts.casting_draft(casting)),
                 plan=plan, before=before)


def mixing_task(request: ArrangeRequest, casting: Casting, before: str) -> str:
    return _task(request, ("DRAFT", drafts.seats_draft(request, casting)), before=before)


def review_task(request: ArrangeRequest, score: Score, scheme: ArrangementScheme, computed: Review) -> str:
    """With the issues the figures gave already, so that the reviewer adds to them."""
    plan = MeasurePlan("", scheme.measures, scheme.sections)
    return _task(request, ("TABLE", measure_table(request, plan, PLANNED)),
                 ("DRAFT", drafts.scheme_draft(score, scheme, request.tempo_map, labels_of(request, plan))),
                 ("QA", csv_text(("name", "value"), list(computed.qa.items()))),
                 ("FOUND", issues_table(computed)),
                 ("ABC", score_abc(score, request.tempo_map, SCORE_CHARS)),
                 more=(("ending", scheme.ending), ("track_limit", track_limit(plan))), plan=plan)
