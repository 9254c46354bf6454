"""What models said is data on the report page: told in full, and deaf to markup."""
from __future__ import annotations

from backend.domain.ensemble import ChatRecord, Spending, Turn
from backend.report.ensemble_table import ensemble_table

EVIL = "<script>alert(1)</script>"


def _chat() -> ChatRecord:
    turns = (Turn(1, "A1", "analyze", 1, "llm", "some-model", f"calm until bar 9 {EVIL}", ("motion", "hit")),
             Turn(1, "A3", "instrument", 2, "llm", "some-model", "cello leads", (),
                  ("/tracks/0/instrument: no kazoo",)),
             Turn(2, "A5", "mixing", 1, "rule", "", "seats by rule", (), ("the server has gone",)))
    return ChatRecord("arrange", "cot", turns, (), ("From Mixing on rules spoke: the server has gone.",),
                      Spending(2, 4000, 600, 0.014))


def test_every_turn_is_told_with_what_it_leaned_on() -> None:
    page = ensemble_table((_chat(),))
    assert page.count("<tr>") == 4  # a head and three turns
    assert "motion, hit" in page and "instrument (again)" in page and "no kazoo" in page
    assert "4,600 tokens, $0.01" in page and "From Mixing on rules spoke" in page
    assert page.count("some-model") == 2 and page.count("<td>rules</td>") == 1


def test_words_of_a_model_open_no_tag() -> None:
    page = ensemble_table((_chat(),))
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_no_ensemble_no_section() -> None:
    assert ensemble_table(()) == "" and ensemble_table((ChatRecord("arrange", "cot"),)) == ""


def test_an_unknown_price_is_called_unknown() -> None:
    chat = ChatRecord("assess", "cot", _chat().turns[:1], (), (), Spending(1, 10, 5, None))
    assert "15 tokens, price unknown" in ensemble_table((chat,))
