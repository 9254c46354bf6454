"""How cases are made: faults that break what they are meant to, answers that follow from the making."""
from __future__ import annotations

import random
from dataclasses import replace

import pytest

from backend.agents.ensemble.arrange.tasks import arrange_task
from backend.agents.ensemble.assess.shapes import CriterionVerdict, PanelVerdict
from backend.agents.rules.arrange import RuleArranger, fades_out
from backend.agents.rules.assessor import CriteriaAssessor
from backend.agents.rules.palette import ranked
from backend.agents.rules.voices import RuleVoices
from backend.agents.trials.arrange_cases import KINDS, arrangement_cases, only_one_fits, picture_fades, two_registers
from backend.agents.trials.assess_cases import WELL, Known, assessment_cases
from backend.agents.trials.faults import FAULTS, Fault
from backend.agents.trials.mix_cases import Stage, stage
from backend.agents.trials.scenes import Draft, drafts, draw
from backend.domain.scheme import MixPlan, TrackMix

STOCK = drafts(5, "test", 4, (12, 14), ((4, 4), (3, 4)))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_fault_lowers_the_rating_of_its_criterion(fault: Fault) -> None:
    drops = []
    for draft in STOCK[:4]:
        scene = draw(draft)
        spoilt = fault.plant(scene, random.Random(1))
        before, after = (CriteriaAssessor().assess(melody, scene.tempo_map, brief, False).criteria[fault.criterion - 1]
                         for melody, brief in ((scene.melody, scene.brief), (spoilt.melody, spoilt.brief)))
        drops.append((before.rating or 0.0) - (after.rating or 0.0))
    assert max(drops) > .3


def test_every_criterion_a_bare_melody_has_is_broken_by_some_fault() -> None:
    assert {fault.criterion for fault in FAULTS} >= {*range(1, 8), *range(11, 16), 17, 19}


def test_cases_follow_from_the_seed_alone() -> None:
    told = [[(case.kind, case.known) for case in assessment_cases(3, seed)] for seed in (0, 0, 1)]
    assert told[0] == told[1] and told[0] != told[2]
    assert [case.known for case in arrangement_cases(8, 3)] == [case.known for case in arrangement_cases(8, 3)]


def test_half_of_the_melodies_are_clean_and_every_fault_is_used_once_before_any_is_used_twice() -> None:
    kinds = [case.kind for case in assessment_cases(2 * len(FAULTS))]
    assert sum(kind.startswith("clean") for kind in kinds) == len(FAULTS)
    assert sorted(kind for kind in kinds if not kind.startswith("clean")) == sorted(fault.name for fault in FAULTS)


def _panel(bars: tuple[int, ...], **passed: bool) -> PanelVerdict:
    return PanelVerdict(tuple(CriterionVerdict(int(name[1:]), ok, "rating", bars, "e") for name, ok in passed.items()),
                        ())


@pytest.mark.parametrize(("panel", "agrees"), [
    (_panel((4,), c2=False, c1=True), True), (_panel((4,), c2=True, c1=True), False),
    (_panel((4,), c2=False, c1=False), False), (_panel((9,), c2=False, c1=True), False),
    (_panel((), c2=False, c1=True), False), (_panel((4,), c1=True), False)])
def test_an_answer_agrees_in_verdict_and_place(panel: PanelVerdict, agrees: bool) -> None:
    assert Known(2, (3, 4, 5), frozenset({1})).agrees(panel) is agrees


def test_what_is_too_close_to_call_is_not_asked() -> None:
    known = Known(None, (), frozenset({1}))
    assert known.agrees(_panel((), c1=True, c2=False)) and known.agrees(_panel((), c1=True, c2=True))
    assert known.told() == "pass C1" and Known(2, (3, 4), frozenset()).told() == "fail C2 in bars 3-4" and WELL == .6


def test_only_one_instrument_carries_the_line_and_is_not_avoided() -> None:
    for number in range(3):
        case = only_one_fits(random.Random(number), STOCK)
        request = case.put.args[0]  # type: ignore[attr-defined]
        free = [item.id for item in ranked("melody", request) if item.id not in request.brief.avoid]
        assert case.known == f"{free[0]} leads" and len(free) == 1


def test_no_instrument_has_both_registers_and_the_rules_divide_them() -> None:
    case = two_registers(random.Random(2), STOCK)
    request, plan = case.put.args  # type: ignore[attr-defined]
    assert ranked("melody", request) == []
    division = RuleVoices().split(request, plan, None)  # type: ignore[arg-type]
    assert len(division.voices) >= 2 and case.agrees(division)


def test_a_picture_that_fades_is_seen_by_the_rules_and_told_to_the_model() -> None:
    """The rules answer as known in every case; without the fade they would not."""
    for number in range(4):
        case = picture_fades(random.Random(number), STOCK)
        request, plan = case.put.args  # type: ignore[attr-defined]
        assert case.known == "ending fade" and fades_out(request.analysis)
        assert case.agrees(RuleArranger().arrange(request, plan))
        assert "picture_ends: fades to black" in arrange_task(request, plan, None)
        shown = replace(request, analysis=replace(request.analysis, transitions=()))
        assert not case.agrees(RuleArranger().arrange(shown, plan))
        assert "picture_ends: no fade" in arrange_task(shown, plan, None)


def test_every_kind_of_arrangement_case_is_made_equally_often() -> None:
    kinds = [case.kind for case in arrangement_cases(2 * len(KINDS))]
    assert len(set(kinds)) == len(KINDS) and all(kinds.count(kind) == 2 for kind in kinds)


@pytest.fixture(scope="module")
def here() -> Stage:
    return stage(Draft(11, "Exciting", 8, hit_bars=(4,)), 11)


def _moved(here: Stage, **changed: float) -> MixPlan:
    return MixPlan(tuple(replace(track, **changed) for track in here.rules.tracks))


def test_the_rules_own_mix_passes(here: Stage) -> None:
    assert here.passes(here.rules) and 0 < here.rules_rating <= 1


def test_mixes_that_fail(here: Stage) -> None:
    assert not here.passes(_moved(here, pan=0.0))
    assert not here.passes(_moved(here, pan=.9))
    assert not here.passes(_moved(here, reverb_space=1.0)) and not here.passes(_moved(here, reverb_space=0.0))
    mirrored = MixPlan(tuple(replace(track, pan=-track.pan) for track in here.rules.tracks))
    assert not here.passes(mirrored)


def test_balance_is_kept_against_the_melody_not_in_the_whole(here: Stage) -> None:
    quieter = MixPlan(tuple(replace(track, gain_db=track.gain_db - 9) for track in here.rules.tracks))
    assert here.passes(quieter)
    roles = {track.track_index: track.role for track in here.casting.tracks}
    loud = MixPlan(tuple(TrackMix(t.track_index, t.gain_db + 9 * (roles[t.track_index] == "pad"), t.pan, t.reverb_space)
                         for t in here.rules.tracks))
    assert "pad" in roles.values() and not here.passes(loud)
