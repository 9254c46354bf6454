"""The question to each of the five reviewers, its semantic checks, and the answer that the figures give by themselves.

A reviewer is asked about the criteria of its group that apply; a group where none does is not asked.
"""
from __future__ import annotations

from dataclasses import dataclass

from backend.agents.ensemble.assess import tables as tables
from backend.agents.ensemble.assess.remedies import Remedy, offered
from backend.agents.ensemble.assess.shapes import CriterionVerdict, PanelVerdict, WantedFix
from backend.agents.ensemble.prompts import system_prompt
from backend.agents.ensemble.question import Fault, Question
from backend.domain.assessment import Assessment, Criterion
from backend.domain.brief import CueBrief
from backend.domain.tempo import TempoMap

CHAT = "assess"
STEPS = {"mode": "M1", "melody": "M2", "harmony": "M3", "rhythm": "M4", "emotion": "M5"}
"""Every reviewer's own step, so that it can be told whose verdict is whose."""
MOST_FIXES = 2
"""A reviewer may ask for this many."""
MOST_EVIDENCE = 400
"""Characters."""


@dataclass(frozen=True)
class Case:
    """What is judged: the computed assessment, the cue, and the notes as a section ("" when only figures are shown)."""

    computed: Assessment
    tempo_map: TempoMap
    brief: CueBrief
    notes: str
    advisory: bool

    def group(self, speaker: str) -> tuple[Criterion, ...]:
        """The criteria of a speaker that apply."""
        return tuple(c for c in self.computed.criteria if c.group == speaker and c.rating is not None)

    def remedies(self, speaker: str) -> tuple[Remedy, ...]:
        """What may be asked of the writer; nobody writes a finished score anew."""
        return offered(self.group(speaker)) if self.notes else ()


def question(case: Case, speaker: str, earlier: tuple[tuple[str, PanelVerdict], ...], prompting: str,
             number: int = 1) -> Question[PanelVerdict]:
    """The ``number``-th time in a run that ``speaker`` is asked; ``earlier`` are the verdicts it may lean on."""
    criteria, remedies = case.group(speaker), case.remedies(speaker)
    parts = [tables.cue_section(case.tempo_map, case.brief, case.advisory)]
    if earlier:
        parts.append(tables.verdicts_section(earlier))
    parts += [tables.metrics_section(criteria), tables.options_section(remedies)]
    if case.notes:
        parts.append(case.notes)
    return Question(
        CHAT, STEPS[speaker], speaker, system_prompt(speaker, prompting), "\n\n".join(parts), PanelVerdict,
        twin=lambda: by_figures(criteria, remedies),
        check=lambda panel: check(panel, criteria, remedies, case.tempo_map.bar_count),
        identity={"criteria": "id", "fixes": "option"}, round=number)


def by_figures(criteria: tuple[Criterion, ...], remedies: tuple[Remedy, ...]) -> PanelVerdict:
    """What follows from the ratings alone: pass at .5, the computed evidence, a remedy for the lowest that fail."""
    verdicts = tuple(CriterionVerdict(c.id, bool(c.passed), next(iter(c.metrics), "rating"), c.bars,
                                      c.evidence[:MOST_EVIDENCE]) for c in criteria)
    bars = {c.id: c.bars for c in criteria}
    rating = {c.id: c.rating or 0.0 for c in criteria}
    failed = sorted((r for r in remedies if rating[r.criterion] < .5), key=lambda r: rating[r.criterion])
    return PanelVerdict(verdicts, tuple(WantedFix(r.id, bars[r.criterion]) for r in failed[:MOST_FIXES]))


def check(panel: PanelVerdict, criteria: tuple[Criterion, ...], remedies: tuple[Remedy, ...], bar_count: int
          ) -> tuple[Fault, ...]:
    """Semantic faults: criteria missing, foreign or twice, figures that are not theirs, bars outside the piece, fixes
    that were not offered."""
    known = {c.id: c for c in criteria}
    faults = _coverage(panel, set(known))
    for place, verdict in enumerate(panel.criteria):
        if verdict.id in known:
            faults += _verdict_faults(place, verdict, known[verdict.id], bar_count)
    return (*faults, *_fix_faults(panel.fixes, {r.id for r in remedies}, bar_count))


def _coverage(panel: PanelVerdict, known: set[int]) -> list[Fault]:
    named = [v.id for v in panel.criteria]
    faults = [Fault(("criteria", place, "id"), f"criterion {n} is not in METRICS")
              for place, n in enumerate(named) if n not in known]
    faults += [Fault(("criteria", place, "id"), f"criterion {n} is named twice")
               for place, n in enumerate(named) if n in named[:place]]
    missing = sorted(known - set(named))
    if missing:
        faults.append(Fault(("criteria",), f"no verdict on {', '.join(map(str, missing))}"))
    return faults


def _verdict_faults(place: int, verdict: CriterionVerdict, criterion: Criterion, bar_count: int) -> list[Fault]:
    faults = []
    names = ("rating", *criterion.metrics)
    if verdict.metric not in names:
        faults.append(Fault(("criteria", place, "metric"), f"must be one of {', '.join(names)}"))
    if not verdict.evidence.strip() or len(verdict.evidence) > MOST_EVIDENCE:
        faults.append(Fault(("criteria", place, "evidence"), f"must have 1 to {MOST_EVIDENCE} characters"))
    return faults + _bar_faults(("criteria", place, "bars"), verdict.bars, bar_count)


def _bar_faults(path: tuple[str | int, ...], bars: tuple[int, ...], bar_count: int) -> list[Fault]:
    if any(not 1 <= bar <= bar_count for bar in bars):
        return [Fault(path, f"bars are numbered 1 to {bar_count}")]
    return []


def _fix_faults(fixes: tuple[WantedFix, ...], offered_ids: set[str], bar_count: int) -> list[Fault]:
    faults = []
    if len(fixes) > MOST_FIXES:
        faults.append(Fault(("fixes",), f"at most {MOST_FIXES}, the most urgent first"))
    for place, fix in enumerate(fixes):
        if fix.option not in offered_ids:
            faults.append(Fault(("fixes", place, "option"), "must be an id of OPTIONS"))
        if fix.option in [other.option for other in fixes[:place]]:
            faults.append(Fault(("fixes", place, "option"), f"{fix.option} is named twice"))
        faults += _bar_faults(("fixes", place, "bars"), fix.bars, bar_count)
    return faults
