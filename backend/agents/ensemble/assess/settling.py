"""How the reviewers' verdicts and the computed figures become one assessment.

The figures decide; the reviewers explain. Ratings, probability and the fitted fusion stay as computed, so a verdict is
never worse founded than the rules':

- within CLOSE of the pass mark a reviewer's pass or fail counts (``Criterion.reviewed``); it moves the number of
  criteria met, nothing else;
- farther away the figure stands, and the evidence records that the reviewer saw it differently;
- the two computed fixes stay; reviewers may add others, and choose another remedy for the same criterion, out of those
  that the figures call for. The writer gets at most MOST_FIXES.
"""
from __future__ import annotations

from dataclasses import replace

from backend.agents.ensemble.assess.remedies import BY_ID
from backend.agents.ensemble.assess.shapes import CriterionVerdict, PanelVerdict, WantedFix
from backend.domain.assessment import Assessment, Criterion, Fix
from backend.music.criteria.fusion import settled

PASS_MARK = 0.5
CLOSE = 0.1
"""Ratings this near the mark are for a reviewer to decide; by ear. What it can move: docs/benchmarks/agents.md."""
MOST_FIXES = 4


def settle(computed: Assessment, heard: tuple[tuple[str, PanelVerdict], ...], made_by: str) -> Assessment:
    """The computed assessment with the reviewers' words, their decisions on close calls, and their fixes."""
    said = {v.id: (speaker, v) for speaker, panel in heard for v in panel.criteria}
    criteria = tuple(_with_words(c, *said[c.id]) if c.id in said else c for c in computed.criteria)
    out = settled(computed, criteria) if heard else computed
    wanted = tuple(fix for _, panel in heard for fix in panel.fixes)
    return replace(out, fixes=merged_fixes(out.fixes, wanted), made_by=made_by)


def _with_words(criterion: Criterion, speaker: str, verdict: CriterionVerdict) -> Criterion:
    """A verdict that only repeats the figures adds nothing."""
    rating = criterion.rating or 0.0
    differs = verdict.passed != criterion.passed
    if not differs and verdict.evidence.strip() == criterion.evidence:
        return criterion
    words = f"{speaker.capitalize()} reviewer: {verdict.evidence.strip()}"
    close = differs and abs(rating - PASS_MARK) <= CLOSE
    if differs:
        told = "passes" if verdict.passed else "fails"
        words += (f" ({told} by the reviewer, the figure {rating:.2f} is too close to call.)" if close else
                  f" ({told} by the reviewer, but the figure {rating:.2f} stands.)")
    failing = not (verdict.passed if close else criterion.passed)
    bars = criterion.bars or (tuple(sorted(set(verdict.bars))) if failing else ())
    return replace(criterion, evidence=f"{criterion.evidence} {words}", bars=bars if failing else (),
                   reviewed=verdict.passed if close else None)


def merged_fixes(computed: tuple[Fix, ...], wanted: tuple[WantedFix, ...]) -> tuple[Fix, ...]:
    """Computed fixes first, one a criterion. Only instructions of the table reach the writer: it reads words in them,
    and a reviewer's own would be read by chance."""
    out = {fix.criterion: fix for fix in computed}
    chosen: set[int] = set()
    for wish in wanted:
        remedy = BY_ID.get(wish.option)
        if remedy is None or remedy.criterion in chosen:
            continue
        before = out.get(remedy.criterion)
        if before is None and len(out) >= MOST_FIXES:
            continue
        chosen.add(remedy.criterion)
        out[remedy.criterion] = remedy.fix(wish.bars or (before.bars if before else ()))
    return tuple(out.values())
