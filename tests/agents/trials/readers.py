"""Responders that know what the trials ask: one reads everything it is shown, one says the opposite, in good form."""
from __future__ import annotations

import json
import re
from typing import Any

from backend.agents.stand_in import Asked, Scripted
from backend.agents.stand_in.sheet import Sheet
from backend.domain.scheme import DYNAMICS


class Reader:
    """The script, a composer's wish for silences, and a picture that fades."""

    def __init__(self) -> None:
        self.script = Scripted()

    def __call__(self, asked: Asked) -> str:
        said = self.script(asked)
        sheet = Sheet(asked)
        if sheet.speaker != "arrange":
            return said
        answer = json.loads(said)
        if wish := re.search(r"silence in bars (\d+) to (\d+)", sheet.quoted("NOTE")):
            answer["payload"]["silences"] = [{"from_bar": int(wish[1]), "to_bar": int(wish[2])}]
        if sheet.pairs("CUE")["picture_ends"] == "fades to black" and not sheet.has("LOCKS"):
            answer["payload"]["ending"] = "fade"
        return json.dumps(answer)


class Passing:
    """Passes every criterion, or fails every one."""

    def __init__(self, passed: bool = True) -> None:
        self._reader, self._passed = Reader(), passed

    def __call__(self, asked: Asked) -> str:
        answer = json.loads(self._reader(asked))
        for verdict in answer["payload"]["criteria"]:
            verdict["passed"] = self._passed
        return json.dumps(answer)


class Contrary:
    """Every answer fits the schema and is wrong."""

    def __init__(self) -> None:
        self._reader = Reader()

    def __call__(self, asked: Asked) -> str:
        answer, sheet = json.loads(self._reader(asked)), Sheet(asked)
        payload = answer["payload"]
        if "criteria" in payload:
            for verdict in payload["criteria"]:
                verdict["passed"] = not verdict["passed"]
        else:
            {"analyze": _still, "arrange": _elsewhere, "voice_part": _halved, "instrument": _second,
             "mixing": _heaped}[sheet.speaker](payload, sheet)
        return json.dumps(answer)


def _still(payload: dict[str, Any], sheet: Sheet) -> None:
    for measure in payload["measures"]:
        measure["level"] = round(1 - measure["level"], 3)
        measure["dynamic"] = DYNAMICS[min(7, int(8 * measure["level"]))]


def _elsewhere(payload: dict[str, Any], sheet: Sheet) -> None:
    payload["ending"] = "segue" if payload["ending"] != "segue" else "cadence"
    payload["silences"] = []


def _halved(payload: dict[str, Any], sheet: Sheet) -> None:
    count = int(sheet.pairs("CUE")["bars"])
    halves = [(1, count // 2), (count // 2 + 1, count)]
    payload["voices"] = [{"id": f"voice{i}", "bars": [{"from_bar": a, "to_bar": b}], "low_pitch": 1, "high_pitch": 2}
                         for i, (a, b) in enumerate(halves)]


def _second(payload: dict[str, Any], sheet: Sheet) -> None:
    lead = next(track for track in payload["tracks"] if track["part"] == "melody")
    names = [row["id"] for row in sheet.rows("OPTIONS", "id", "role") if row["role"] == "melody"]
    lead["instrument"] = next((name for name in names if name != lead["instrument"]), "kazoo")


def _heaped(payload: dict[str, Any], sheet: Sheet) -> None:
    for track in payload["tracks"]:
        track.update(pan=0.0, gain_db=-3.0)
