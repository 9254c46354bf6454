"""Plain turns of phrase become operations on the parts and bars that the prompt shows."""
from __future__ import annotations

import json
import re
from typing import Any

import pytest

from backend.agents.ensemble.prompts import quoted, section, system_prompt
from backend.agents.stand_in import Asked, Scripted

CUE = section("cue", "bars: 8\ncan_restore: no")
TABLE = section("table", "m,t_s,hit,chord,tracks,dyn,level\n" + "\n".join(
    f"{bar},{bar * 2}.0,{'0.90' if bar == 5 else ''},Dm,3,mf,0.50" for bar in range(1, 9)))
DRAFT = section("draft", """part,name,role,instrument,family,plays,notes,low,high,pan,reverb,gain_db,articulations
melody,Flute,melody,flute,woodwind,1-8,20,60,80,0.00,0.30,0.00,legato
pad.violins1,Violins I,pad,violins1,strings,1-8,20,60,80,0.00,0.30,0.00,long
bass.trombones_a3,Trombones,bass,trombones_a3,brass,1-8,20,40,50,0.00,0.30,0.00,long""")
OPTIONS = section("options", "id,family,low,high\ncello_solo,strings,36,76\ncello,strings,36,76\noboe,woodwind,58,91")


def asked(words: str, *sections: str) -> Asked:
    task = "\n\n".join((*(sections or (CUE, TABLE, DRAFT, OPTIONS)), section("note", quoted(words))))
    return Asked("m", system_prompt("reviser", "order"), task)


def operations(words: str) -> list[tuple[Any, ...]]:
    told = json.loads(Scripted()(asked(words)))["payload"]["operations"]
    return [(one["action"], one["tracks"], one["from_bar"], one["to_bar"], one["amount"], one["name"], one["value"])
            for one in told]


@pytest.mark.parametrize(("words", "expected"), [
    ("strings only in bars 3-4", [("keep_only", ["strings"], 3, 4, 0.0, "", "")]),
    ("No brass until the hit", [("mute", ["brass"], 1, 4, 0.0, "", "")]),
    ("trombones softer, violins i further back", [("level", ["bass.trombones_a3"], 1, 8, -4.0, "", ""),
                                                  ("reverb", ["pad.violins1"], 1, 8, 0.7, "", "")]),
    ("give the melody to a solo cello in bar 7", [("instrument", ["melody"], 7, 7, 0.0, "cello_solo", "")]),
    ("make it all faster", [("elsewhere", [], 1, 8, 0.0, "", "110-130")]),
    ("the melody an octave higher in bars 2 to 3", [("octave", ["melody"], 2, 3, 1.0, "", "")]),
    ("rewrite bars 7-8", [("rewrite", ["all"], 7, 8, 0.0, "", "")]), ("choir softer", []),
    ("quieter", [("level", ["all"], 1, 8, -4.0, "", "")]),
    ("everything as it was before", []), ("good morning", [])])
def test_turns_of_phrase(words: str, expected: list[tuple[Any, ...]]) -> None:
    assert operations(words) == expected


@pytest.mark.parametrize("left_out", ["CUE", "TABLE", "DRAFT", "OPTIONS"])
def test_what_a_prompt_leaves_out_is_named(left_out: str) -> None:
    scripted = Scripted()
    kept = [one for one in (CUE, TABLE, DRAFT, OPTIONS) if not one.startswith(f"=== {left_out}")]
    assert "{" not in scripted(asked("strings only", *kept))
    assert re.search(left_out, scripted.complaints[0])
