"""Who decided what stands: sources of the round that was kept."""
from __future__ import annotations

import json

from backend.domain.ensemble import ChatRecord, FieldSource, sources_of
from backend.domain.serial import dumps, loads

A1, A3, AGAIN, NEWER = (
    FieldSource("A1", "", "llm", "m", "p1", "r1"), FieldSource("A3", "", "llm", "m", "p2", "r2"),
    FieldSource("A3", "", "llm", "m", "p3", "r3", round=2), FieldSource("A3", "/tracks/melody", "rule", round=3))
RULED = FieldSource("A3", "/tracks/bass/instrument", "rule")
RECORD = ChatRecord("arrange", "cot", fields=(A1, A3, RULED, AGAIN, FieldSource("A3", "", "llm", round=3), NEWER))


def test_a_step_counts_as_it_was_decided_last_before_the_kept_round() -> None:
    assert sources_of(RECORD, 1) == (A1, A3, RULED)
    assert sources_of(RECORD, 2) == (A1, AGAIN)
    assert sources_of(RECORD, 3) == sources_of(RECORD) == (A1, FieldSource("A3", "", "llm", round=3), NEWER)
    assert sources_of(RECORD, 9) == sources_of(RECORD)
    assert sources_of(ChatRecord("arrange", "cot"), 1) == ()


def test_of_one_place_the_entry_that_came_last_counts() -> None:
    later = FieldSource("A1", "", "rule")
    assert sources_of(ChatRecord("arrange", "cot", fields=(A1, A3, later)), 1) == (later, A3)


def test_records_from_before_there_were_rounds_are_of_the_first() -> None:
    document = json.loads(dumps(RECORD))
    for source in document["fields"]:
        del source["round"]
    old = loads(ChatRecord, json.dumps(document))
    assert old.fields[0] == A1 and {source.round for source in old.fields} == {1}
