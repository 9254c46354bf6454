"""The verdict: fusion, count, veto and what to mend."""
from __future__ import annotations

import math

import pytest

from backend.domain.assessment import Criterion
from backend.music.criteria import fusion


def criteria(**changed: float | None) -> tuple[Criterion, ...]:
    """C1-C14 at .8, C15-C19 not applicable, except ``c5=.2`` and the like."""
    return tuple(Criterion(n, "", "", changed.get(f"c{n}", .8 if n < 15 else None), {}, "") for n in range(1, 20))


WEIGHTS = fusion.Weights(-1.0, {1: 2.0, 6: 3.0}, {1: .5, 6: .25})
SURE = fusion.Weights(9.0, {}, {})


def test_probability_is_logistic_and_gaps_are_filled() -> None:
    assert fusion.probability(criteria(), WEIGHTS) == pytest.approx(1 / (1 + math.exp(-(-1 + 1.6 + 2.4))))
    assert fusion.probability(criteria(c1=None, c6=None), WEIGHTS) == pytest.approx(1 / (1 + math.exp(-.75)))


def test_count_is_rescaled_to_nineteen() -> None:
    assert fusion.count_met(criteria()) == 19
    assert fusion.count_met(criteria(c1=.1, c2=.49)) == pytest.approx(19 * 12 / 14)
    assert fusion.count_met(criteria(**{f"c{n}": None for n in range(1, 15)})) == 0


@pytest.mark.parametrize("changed", [{"c1": .4, "c7": .2}, {"c5": .1, "c13": .1}, {"c15": .2, "c17": .6},
                                     {f"c{n}": .1 for n in (2, 3, 4, 6, 8, 9)}])
def test_vetoes(changed: dict[str, float]) -> None:
    assert fusion.passes(criteria(), SURE)
    assert not fusion.passes(criteria(**changed), SURE)


def test_advisory_never_rejects() -> None:
    poor = criteria(**{f"c{n}": 0.0 for n in range(1, 15)})
    assert not fusion.verdict(poor, "melody", False, "x").accepted
    assert fusion.verdict(poor, "melody", True, "x").accepted


def test_the_two_lowest_that_a_writer_can_mend() -> None:
    found = fusion.verdict(criteria(c13=.0, c6=.1, c3=.2, c2=.3), "melody", False, "x").fixes
    assert [f.criterion for f in found] == [6, 3]
    assert "opening figure" in found[0].instruction
    assert [f.criterion for f in fusion.verdict(criteria(c13=.0, c6=.1), "score", True, "x").fixes] == [13, 6]


@pytest.mark.parametrize("kind", ["melody", "short", "score"])
def test_no_rating_speaks_against_a_piece_by_being_high(kind: str) -> None:
    fitted = fusion.weights(kind)
    assert all(w >= 0 for w in fitted.weight.values())
    assert fusion.probability(criteria(**{f"c{n}": 1.0 for n in range(1, 15)}), fitted) > .9
    assert fusion.probability(criteria(**{f"c{n}": 0.0 for n in range(1, 15)}), fitted) < .01
