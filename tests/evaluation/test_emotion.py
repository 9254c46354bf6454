"""Two emotions on one clip must differ in mode or tempo, instruments and density."""
from __future__ import annotations

from fractions import Fraction

import pytest

from backend.domain.score import Key, Note, Part, Score
from backend.domain.tempo import Meter, TempoMap, TempoPoint
from backend.evaluation.emotion import emotion_contrast


def result(mode: str, qpm: int, instruments: tuple[str, ...], per_bar: int) -> tuple[Score, TempoMap]:
    notes = tuple(Note(Fraction(4 * k, per_bar), Fraction(4, per_bar), 60) for k in range(4 * per_bar))
    parts = tuple(Part(name, name, name, "pad", notes) for name in instruments)
    tempo_map = TempoMap((TempoPoint(Fraction(0), 60_000_000 // qpm),), (Meter(1, 4),), 4, Fraction(16))
    return Score("t", Key(0, mode), parts, (), ()), tempo_map


SAD = result("aeolian", 60, ("violins1", "cellos"), 2)


def test_a_real_contrast() -> None:
    contrast = emotion_contrast(SAD, result("major", 120, ("trumpet_solo", "cellos"), 8))
    assert (contrast.mode_differs, contrast.differs) == (True, True)
    assert contrast.tempo_ratio == pytest.approx(2.0)
    assert contrast.instruments == pytest.approx(2 / 3)
    assert contrast.density_ratio == pytest.approx(8.0)


@pytest.mark.parametrize("other", [
    SAD, result("dorian", 62, ("trumpet_solo", "harp"), 8), result("major", 60, ("violins1", "cellos"), 8),
    result("major", 60, ("trumpet_solo", "harp"), 2)])
def test_each_missing_difference_is_noticed(other: tuple[Score, TempoMap]) -> None:
    assert not emotion_contrast(SAD, other).differs
