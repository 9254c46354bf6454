from __future__ import annotations

from fractions import Fraction as F

import pytest

from backend.domain.hits import HitPoints
from backend.domain.score import Key, Note, Part, Score
from backend.music.notation.measures import Piece, bars_to, lay_out
from backend.music.notation.musicxml import write_musicxml
from tests.music import rhythms

MAP = rhythms.tempo_map(bars=2)


def test_events_are_cut_at_bar_lines_and_rests_filled_in() -> None:
    assert lay_out([(F(1), F(5))], MAP.bars) == [
        [Piece(None, F(0), F(1), False), Piece(0, F(1), F(4), True)],
        [Piece(0, F(4), F(5), False), Piece(None, F(5), F(8), False)]]


@pytest.mark.parametrize("event", [(F(7), F(9)), (F(100), F(8)), (F(-1), F(1))])
def test_an_event_outside_the_bars_is_an_error_and_no_loop(event: tuple[F, F]) -> None:
    with pytest.raises(ValueError, match="outside the bars, which end at 8"):
        lay_out([event], MAP.bars)


def test_bars_go_on_for_late_notes() -> None:
    assert [bar.end_q for bar in bars_to(MAP, F(9))] == [F(4), F(8), F(12)]


def test_a_tiny_note_at_the_very_end_is_written() -> None:
    tiny = Part("a", "A", "violins1", "melody", (Note(F(8) - F(1, 1000), F(1, 1000), 60),))
    score = Score("T", Key(0, "major"), (tiny,), (), rhythms.sections(2))
    assert write_musicxml(score, MAP, HitPoints(()), "T").count("<pitch>") == 1
