"""What a second attempt asks for, and how its reply and the first become one payload."""
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from backend.agents.ensemble.desk.asking_again import excerpt, request_text, room_for
from backend.agents.ensemble.desk.correcting import Correction, Terms, correction_of, joined, repeats
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.ensemble.question import Fault, Message
from tests.agents.ensemble.desk_table import QUESTION, SAID, Table, errors_in, said, seats
from tests.agents.ensemble.scripted_line import envelope

BARS = [{"m": m, "level": 0.5} for m in range(1, 7)]
TERMS = Terms(("words", "bars", "layers"), {"bars": "m"}, {"words": "", "bars": BARS, "layers": []})
PLAIN: dict[str, Any] = {"words": "so", "bars": BARS, "layers": [{"role": "pad"}, {"role": "bass"}]}


def wanted(*paths: tuple[str | int, ...], plain: Any = None, broken_off: bool = False) -> Correction:
    faults = [Fault(path, "is wrong") for path in paths]
    return correction_of(PLAIN if plain is None else plain, faults, broken_off, TERMS)


def test_only_faulty_items_are_asked_for_where_they_can_be_told_apart() -> None:
    assert wanted(("bars", 4, "level"), ("bars", 1)) == Correction(("bars",), {"bars": ("2", "5")})
    assert wanted(("layers", 1, "role"), ("bars", 0)) == Correction(("bars", "layers"), {"bars": ("1",)})
    assert wanted(()) == Correction() == wanted(("bars", 1), ())
    assert correction_of(None, [], False, TERMS) == Correction()
    assert wanted() == Correction(()) == wanted(("colour",))


def test_a_list_that_lacks_numbers_is_asked_for_these() -> None:
    plain = {**PLAIN, "bars": BARS[:3]}
    assert wanted(("bars",), ("bars", 0), plain=plain) == Correction(("bars",), {"bars": ("1", "4", "5", "6")})


@pytest.mark.parametrize("bars", [BARS[:2] + BARS[:1], [{"m": 9}], [{"level": 1}], "none"])
def test_a_list_that_is_wrong_in_other_ways_is_asked_for_whole(bars: Any) -> None:
    assert wanted(("bars",), plain={**PLAIN, "bars": bars}) == Correction(("bars",))
    assert wanted(("bars", 0, "m")) == Correction(("bars",))


def test_a_reply_that_broke_off_is_asked_for_what_it_did_not_come_to() -> None:
    assert wanted(plain={"words": "so", "bars": BARS[:4]}, broken_off=True) == Correction(
        ("bars", "layers"), {"bars": ("5", "6")})
    assert wanted(plain={"words": "so", "bars": BARS}, broken_off=True) == Correction(("layers",))
    assert wanted(broken_off=True) == Correction(("layers",))


def test_corrections_take_the_place_of_what_was_wrong() -> None:
    given = {"bars": [{"m": 7, "level": 0.7}, {"m": 2, "level": 0.2}], "words": "not asked for"}
    out, own = joined({**PLAIN, "colour": 1}, Correction(("bars",), {"bars": ("2", "5")}), given, TERMS)
    assert [(bar["m"], bar["level"]) for bar in out["bars"]] == [(1, .5), (2, .2), (3, .5), (4, .5), (6, .5), (7, .7)]
    assert own == (("bars", 1), ("bars", 5)) and out["words"] == "so" and "colour" not in out
    out, own = joined(PLAIN, Correction(("layers", "words")), {"layers": []}, TERMS)
    assert (out, own) == ({**PLAIN, "layers": []}, (("layers",),))


def test_a_reply_that_says_all_of_it_again_is_told_from_a_correction() -> None:
    asked = Correction(("bars",), {"bars": ("2",)})
    assert repeats(PLAIN, asked, PLAIN, TERMS)
    assert not repeats(PLAIN, asked, {**PLAIN, "bars": BARS[1:2]}, TERMS)
    assert not repeats(PLAIN, asked, {"bars": BARS}, TERMS)
    assert repeats(PLAIN, asked, {**PLAIN, "bars": [bar for bar in BARS if bar["m"] != 2]}, TERMS)


def test_the_words_name_errors_places_and_keep_to_their_room() -> None:
    asked = Correction(("bars", "layers"), {"bars": ("1", "2", "3", "5")})
    text = request_text(["/bars/1: is wrong"] * 50, asked, TERMS.identity, 300)
    assert "bars (only the items with m 1-3, 5), layers (all of it)" in text
    errors = errors_in(text)
    assert text_tokens(text) <= 310 and errors[-1] == f"and {51 - len(errors)} more" and len(errors) > 5
    assert request_text(["no"], Correction(), {}, 100).endswith("Give the whole answer once more, in the same form, "
                                                                "without these errors.")


def test_what_is_shown_is_at_fault_and_fits() -> None:
    asked = Correction(("bars", "layers"), {"bars": ("2", "3")})
    whole = json.loads(excerpt("", PLAIN, asked, TERMS.identity, 500))
    assert whole == {"payload": {"bars": BARS[1:3], "layers": PLAIN["layers"]}}
    assert json.loads(excerpt("", PLAIN, asked, TERMS.identity, 40)) == {"payload": {"bars": BARS[1:2]}}
    assert excerpt("", PLAIN, asked, TERMS.identity, 3) == "{}"
    assert excerpt("", PLAIN, Correction(), TERMS.identity, 60) == "{}"
    assert excerpt("Well,\n\nno " * 90, None, Correction(), {}, 500) == ("Well, no " * 20)[:-1]


def test_the_room_is_what_a_context_leaves() -> None:
    """Remarks of the others take 500, every message 8."""
    def message(tokens: int) -> Message:
        return Message("c", "a", "", "a" * 3 * tokens, {})

    assert room_for(message(6_476)) == 8_000 - 6_476 - 500 - 3 * 8
    assert room_for(message(7_400)) == 400
    assert room_for(message(1)) == 2_000 == room_for(message(10_000))


def test_a_correction_is_put_into_the_first_reply_and_both_are_named() -> None:
    """The second reply has only what was asked for; what was right stays the first one's."""
    table = Table(envelope(said(seats=seats("kazoo"))), envelope({"seats": seats("cello", 0.1)[:1]}, "Cello then."))
    answer = table.ask()
    assert [(seat.instrument, seat.pan) for seat in answer.payload.seats] == [("cello", 0.1), ("cello", 0.4)]
    assert (answer.payload.verdict, answer.source, answer.summary) == ("yes", "llm", "Cello then.")
    first, second = table.desk.record("arrange").turns
    assert [(one.path, one.reply_hash) for one in answer.fields] == [
        ("", first.reply_hash), ("/seats/melody", second.reply_hash)]
    assert second.problems == ()


def test_a_second_reply_that_is_whole_and_right_stands_alone() -> None:
    """It drops an item that the first reply had and that was not called faulty."""
    def check(payload: Any) -> tuple[Fault, ...]:
        return (Fault(("seats", 0, "pan"), "too many"),) if len(payload.seats) > 2 else ()

    three = [*SAID["seats"], {"index": 3, "part": "pad", "instrument": "oboe", "pan": 0.0}]
    table = Table(envelope(said(seats=three)), envelope(said(seats=three[:2])))
    answer = table.ask(replace(QUESTION, check=check))
    assert ([seat.part for seat in answer.payload.seats], answer.source) == (["melody", "bass"], "llm")
    assert [one.reply_hash for one in answer.fields] == [table.desk.record("arrange").turns[1].reply_hash]
