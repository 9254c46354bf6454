"""Reviewers explain and decide what is too close to call; the figures decide everything else."""
from __future__ import annotations

from dataclasses import replace

import pytest

from backend.agents.ensemble.assess.settling import CLOSE, MOST_FIXES, merged_fixes, settle
from backend.agents.ensemble.assess.shapes import CriterionVerdict, PanelVerdict, WantedFix
from backend.domain import serial
from backend.domain.assessment import Assessment, Criterion, Fix
from backend.music.criteria.fusion import verdict

GROUP = {**dict.fromkeys((1, 2), "mode"), **dict.fromkeys(range(3, 7), "melody"),
         **dict.fromkeys(range(7, 11), "harmony"), **dict.fromkeys(range(11, 15), "rhythm"),
         **dict.fromkeys(range(15, 20), "emotion")}


def computed(**changed: float | None) -> Assessment:
    """Nineteen criteria at .8 unless told otherwise (``c6=.3``)."""
    criteria = tuple(Criterion(n, f"criterion {n}", GROUP[n], changed.get(f"c{n}", .8), {"figure": .5}, "Computed.", ())
                     for n in range(1, 20))
    return verdict(criteria, "melody", False, "criteria")


def heard(number: int, passed: bool, bars: tuple[int, ...] = (3, 4), fixes: tuple[WantedFix, ...] = ()
          ) -> tuple[tuple[str, PanelVerdict], ...]:
    said = CriterionVerdict(number, passed, "figure", bars, "Listen to bars 3-4.")
    return ((GROUP[number], PanelVerdict((said,), fixes)),)


def test_a_reviewer_decides_what_is_close_and_the_rating_stays() -> None:
    before = computed(c5=.47)
    after = settle(before, heard(5, True), "llm:x")
    found = after.criteria[4]
    assert (found.rating, found.passed, found.reviewed) == (.47, True, True)
    assert found.evidence == ("Computed. Melody reviewer: Listen to bars 3-4. "
                              "(passes by the reviewer, the figure 0.47 is too close to call.)")
    assert after.count == before.count + 1 and after.probability == before.probability
    assert after.made_by == "llm:x"
    assert serial.loads(Assessment, serial.dumps(after)) == after


@pytest.mark.parametrize(("rating", "says"), [(.5 - CLOSE - .01, True), (.5 + CLOSE + .01, False), (0.0, True),
                                              (1.0, False)])
def test_far_from_the_mark_the_figure_stands_and_the_contradiction_is_recorded(rating: float, says: bool) -> None:
    before = computed(c7=rating)
    after = settle(before, heard(7, says), "llm:x")
    assert after.criteria[6].passed is (rating >= .5) and after.criteria[6].reviewed is None
    assert after.criteria[6].evidence.endswith(f"by the reviewer, but the figure {rating:.2f} stands.)")
    assert (after.count, after.accepted, after.probability) == (before.count, before.accepted, before.probability)


def test_no_reviewer_turns_a_verdict_by_more_than_the_close_calls() -> None:
    """Even one who contradicts everything: acceptance follows the same fusion."""
    bad = computed(**{f"c{n}": .1 for n in range(1, 15)})
    panels = tuple((GROUP[n], PanelVerdict((CriterionVerdict(n, True, "figure", (), "Wonderful."),), ()))
                   for n in range(1, 20))
    assert not bad.accepted and not settle(bad, panels, "x").accepted
    good = computed()
    contrary = tuple((GROUP[n], PanelVerdict((CriterionVerdict(n, False, "figure", (), "Terrible."),), ()))
                     for n in range(1, 20))
    after = settle(good, contrary, "x")
    assert good.accepted and after.accepted and after.count == 19
    assert all("stands" in c.evidence for c in after.criteria)


def test_close_calls_may_cost_or_save_a_melody_by_the_number_of_criteria_met() -> None:
    """Eleven of nineteen are needed; the eleventh is the reviewer's."""
    few = computed(**{f"c{n}": .42 for n in range(11, 20)}, c10=.45)
    few = replace(few, probability=.9)
    assert few.count == 9
    saved = settle(few, tuple((GROUP[n], PanelVerdict((CriterionVerdict(n, True, "figure", (), "Fine."),), ()))
                              for n in (10, 11)), "x")
    assert saved.count == 11 and "of 19 criteria" not in saved.veto
    many = computed(**{f"c{n}": .1 for n in range(7, 15)}, c6=.55)
    many = settle(replace(many, probability=.9), (), "x")
    assert many.count == 11 and not many.veto
    lost = settle(many, heard(6, False), "x")
    assert lost.count == 10 and not lost.accepted and lost.veto.startswith("only 10.0 of 19")
    assert {fix.criterion for fix in lost.fixes} <= set(range(1, 20)) - {11, 12, 13, 14, 17, 18, 19}


def test_agreement_adds_words_and_bars_of_a_failure() -> None:
    after = settle(computed(c6=.2), heard(6, False), "x")
    assert after.criteria[5].evidence == "Computed. Melody reviewer: Listen to bars 3-4."
    assert after.criteria[5].bars == (3, 4) and after.criteria[5].reviewed is None
    passing = settle(computed(), heard(6, True), "x")
    assert passing.criteria[5].bars == ()


def test_words_that_repeat_the_figures_change_nothing() -> None:
    before = computed(c6=.2)
    said = CriterionVerdict(6, False, "figure", (), "Computed.")
    assert settle(before, (("melody", PanelVerdict((said,), ())),), "criteria") == before


def test_nobody_heard_is_the_computed_verdict_under_another_name() -> None:
    before = replace(computed(), accepted=False, probability=0.0, veto="there are no notes")
    assert settle(before, (), "llm:x") == replace(before, made_by="llm:x")


def test_computed_fixes_stay_and_others_join_up_to_the_limit() -> None:
    base = (Fix(6, (1, 2), "Bring it back."), Fix(3, (), "Chords."))
    wanted = (WantedFix("recall_opening", (7,)), WantedFix("smooth_leaps", (5,)), WantedFix("keep_scale", ()),
              WantedFix("return_home", ()))
    out = merged_fixes(base, wanted)
    assert [fix.criterion for fix in out] == [6, 3, 7, 1] and len(out) == MOST_FIXES
    assert out[0].instruction.startswith("Bring the opening figure back") and out[0].bars == (7,)
    assert out[1] == base[1] and out[2].bars == (5,)


def test_one_remedy_a_criterion_and_only_words_of_the_table() -> None:
    out = merged_fixes((), (WantedFix("more_pitches", ()), WantedFix("vary_copies", ()), WantedFix("nonsense", ())))
    assert [(fix.criterion, fix.instruction) for fix in out] == [(5, "Use more different pitches.")]
    bars = merged_fixes((Fix(5, (2, 3), "Change."),), (WantedFix("more_pitches", ()),))
    assert bars == (Fix(5, (2, 3), "Use more different pitches."),)
