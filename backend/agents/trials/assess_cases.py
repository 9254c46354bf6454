"""Cases for the assessment: melodies by the rule writer, half of them with a planted fault, each put to the reviewer in
charge.

The known answer follows from how the case was made: the criterion that the fault was planted in fails, in the bars
where it was planted; what the melody met before and still meets passes. Criteria near the pass mark are not asked.
"""
from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from backend.agents.ensemble.assess.questions import CHAT, Case, question
from backend.agents.ensemble.assess.shapes import PanelVerdict
from backend.agents.ensemble.assess.tables import GROUPS, abc_section
from backend.agents.ensemble.question import Desk
from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.trials.case import TrialCase
from backend.agents.trials.faults import FAULTS, Fault
from backend.agents.trials.scenes import Scene, drafts, draw
from backend.domain.assessment import Assessment

WELL = 0.6
"""A criterion this good is met, one at 1 - WELL or below is missed; between, reasonable reviewers differ."""
_BARS, _METERS = (12, 14, 16), ((4, 4), (4, 4), (3, 4), (6, 8))
_STOCK = 24


@dataclass(frozen=True)
class Known:
    """``fails`` was broken on purpose in ``bars`` (() for all of it); ``passes`` are met before and after."""

    fails: int | None
    bars: tuple[int, ...]
    passes: frozenset[int]

    def agrees(self, panel: PanelVerdict) -> bool:
        said = {verdict.id: verdict for verdict in panel.criteria}
        if any(not said[number].passed for number in self.passes if number in said):
            return False
        if self.fails is None:
            return True
        found = said.get(self.fails)
        return found is not None and not found.passed and (not self.bars or bool({*found.bars} & {*self.bars}))

    def told(self) -> str:
        passes = "pass " + ", ".join(f"C{n}" for n in sorted(self.passes)) if self.passes else ""
        where = f" in bars {self.bars[0]}-{self.bars[-1]}" if self.bars else ""
        fails = f"fail C{self.fails}{where}" if self.fails else ""
        return "; ".join(part for part in (fails, passes) if part)


def assessment_cases(count: int, seed: int = 0) -> tuple[TrialCase, ...]:
    """``count`` cases, faults and clean melodies by turns, every fault and every reviewer equally often."""
    return tuple(_made(number, seed) for number in range(count))


def _made(number: int, seed: int) -> TrialCase:
    half, odd = divmod(number, 2)
    rng = random.Random(f"trial/{seed}/{number}")
    found = _clean(GROUPS[half % len(GROUPS)], _scenes(rng, seed)) if odd else _broken(
        FAULTS[half % len(FAULTS)], _scenes(rng, seed), rng)
    if found is None:
        raise ValueError(f"no melody of trial seed {seed} suits case {number}: faults and writer no longer fit")
    return found


def _scenes(rng: random.Random, seed: int) -> Iterator[Scene]:
    """The stock in another order each time, drawn as they are needed."""
    stock = list(drafts(seed, "assess", _STOCK, _BARS, _METERS))
    rng.shuffle(stock)
    return map(draw, stock)


def _judged(scene: Scene) -> Assessment:
    return CriteriaAssessor().assess(scene.melody, scene.tempo_map, scene.brief, False)


def _met(found: Assessment, speaker: str) -> frozenset[int]:
    return frozenset(c.id for c in found.criteria if c.group == speaker and (c.rating or 0.0) >= WELL)


def _broken(fault: Fault, scenes: Iterator[Scene], rng: random.Random) -> TrialCase | None:
    """The first scene that meets the criterion well and, with the fault, misses it well."""
    for scene in scenes:
        before = _judged(scene)
        speaker = before.criteria[fault.criterion - 1].group
        if fault.criterion not in _met(before, speaker):
            continue
        spoilt = fault.plant(scene, rng)
        bad = replace(scene, melody=spoilt.melody, brief=spoilt.brief)
        after = _judged(bad)
        target = after.criteria[fault.criterion - 1]
        if target.rating is None or target.rating > 1 - WELL or spoilt.bars and not {*target.bars} & {*spoilt.bars}:
            continue
        known = Known(fault.criterion, spoilt.bars, _met(before, speaker) & _met(after, speaker))
        return _case(bad, after, speaker, fault.name, known)
    return None


def _clean(speaker: str, scenes: Iterator[Scene]) -> TrialCase | None:
    """The first scene in which most of the reviewer's criteria are met well; the others are not asked."""
    for scene in scenes:
        found = _judged(scene)
        mine = [c for c in found.criteria if c.group == speaker and c.rating is not None]
        met = _met(found, speaker)
        if 2 * len(met) > len(mine):
            return _case(scene, found, speaker, f"clean, {speaker}", Known(None, (), met))
    return None


def _case(scene: Scene, computed: Assessment, speaker: str, kind: str, known: Known) -> TrialCase:
    case = Case(computed, scene.tempo_map, scene.brief, abc_section(scene.melody, scene.tempo_map), False)
    return TrialCase("assessment", kind, CHAT, known.told(), partial(_put, case, speaker), known.agrees)


def _put(case: Case, speaker: str, desk: Desk) -> PanelVerdict:
    return desk.ask(question(case, speaker, (), desk.prompting)).payload
