"""What code makes of an answer that passed: it counts, names and orders what models should not have to."""
from __future__ import annotations

import re
from dataclasses import replace

from backend.agents.ensemble.arrange.tables import labels_of
from backend.agents.rules.analyze import hit_weights
from backend.domain.requests import ArrangeRequest
from backend.domain.scheme import DYNAMICS, Casting, Issue, MeasurePlan, Review, VolumePlan
from backend.music.levels import dynamic_index

SCORE_ORDER = ("melody", "doubling", "counter", "pad", "ostinato", "bass", "accent", "percussion")
LONGEST_TEXT = 400
_MOST_REPLACED = 3
"""Instruments that one review may withdraw on the model's word: the palette must not run dry in three rounds."""


def settled_plan(request: ArrangeRequest, plan: MeasurePlan) -> MeasurePlan:
    """Measures in order, hit weights measured, the dynamic as its level is called, no layer named twice; sections by
    the names that people gave them."""
    called = {alias: label for label, alias in labels_of(request).items()}
    weights = hit_weights(request)
    measures = [replace(measure, dynamic=DYNAMICS[dynamic_index(measure.level)], level=round(measure.level, 6),
                        tension=round(measure.tension, 6), texture=tuple(dict.fromkeys(measure.texture)),
                        hit_weight=round(weights.get(measure.m, 0.0), 6)) for measure in plan.measures]
    return replace(plan, summary=plan.summary[:LONGEST_TEXT],
                   sections=tuple(replace(s, label=called.get(s.label, s.label)) for s in plan.sections),
                   measures=tuple(sorted(measures, key=lambda measure: measure.m)))


def settled_casting(casting: Casting) -> Casting:
    """Tracks of a role together, in the order of the session, numbered from 1."""
    ordered = sorted(casting.tracks, key=lambda track: SCORE_ORDER.index(track.role))
    return Casting(tuple(replace(track, track_index=i) for i, track in enumerate(ordered, 1)))


def settled_volume(casting: Casting, volume: VolumePlan) -> VolumePlan:
    """Tracks in the order of the casting, bars rising."""
    levels = {track.track_index: track for track in volume.tracks}
    return VolumePlan(tuple(replace(levels[track.track_index], measures={
        bar: round(level, 6) for bar, level in sorted(levels[track.track_index].measures.items())})
        for track in casting.tracks))


def joined_review(computed: Review, said: Review) -> Review:
    """The computed figures and issues stand; what the model found besides is added. The verdict goes by the gravest
    issue, whatever the model called it."""
    known = {(issue.step, issue.path, issue.suggestion) for issue in computed.issues}
    added: list[Issue] = []
    for issue in map(_plain, said.issues):
        key = (issue.step, issue.path, issue.suggestion)
        if key not in known:
            known.add(key)
            added.append(issue)
    withdrawn = [issue for issue in added if issue.suggestion.startswith("replace ")]
    issues = (*computed.issues, *(issue for issue in added if issue not in withdrawn[_MOST_REPLACED:]))
    serious = any(issue.severity >= 2 for issue in issues)
    return Review("revise" if serious else "accept", computed.rating, issues, computed.qa)


def _plain(issue: Issue) -> Issue:
    """``replace ID`` and nothing behind it, since that is what the casting goes by; the rest joins the problem."""
    issue = replace(issue, path=issue.path[:LONGEST_TEXT], problem=issue.problem[:LONGEST_TEXT],
                    suggestion=issue.suggestion[:LONGEST_TEXT])
    match = re.fullmatch(r"replace (\w+)[\s,.:;]+(.+)", issue.suggestion.strip(), flags=re.DOTALL)
    if issue.step != "instrument" or not match:
        return issue
    return replace(issue, problem=f"{issue.problem} ({match[2].strip()})", suggestion=f"replace {match[1]}")
