"""The five reviewers of a melody, scripted: they read METRICS and choose among OPTIONS."""
from __future__ import annotations

from typing import Any

from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Row, Sheet

_PASS = 0.5
_MOST_FIXES = 2


def review(sheet: Sheet) -> Saying:
    """A verdict on every criterion of METRICS, a fix of OPTIONS for the lowest that fail."""
    cue = sheet.pairs("CUE")
    if "bars" not in cue or "advice_only" not in cue:
        raise Missing(f"CUE of '{sheet.speaker}' does not say bars or advice_only")
    if cue["advice_only"] == "no" and "|" not in sheet.text("ABC"):
        raise Missing(f"ABC of '{sheet.speaker}' has no bars")
    rows = sheet.rows("METRICS", "id", "name", "rating", "figures", "bars", "evidence")
    options = sheet.rows_if_any("OPTIONS", "id", "criterion", "instruction")
    failing = sorted((row for row in rows if _rating(sheet, row) < _PASS), key=lambda row: _rating(sheet, row))
    fixes = [{"option": option["id"], "bars": _bars(row)} for row in failing for option in options
             if option["criterion"] == row["id"]][:_MOST_FIXES]
    verdicts = [_verdict(sheet, row) for row in rows]
    words = ", ".join(row["name"] for row in failing) or "nothing"
    return Saying({"criteria": verdicts, "fixes": fixes}, f"{len(rows)} criteria read; {words} falls short.",
                  tuple(dict.fromkeys(str(verdict["metric"]) for verdict in verdicts)))


def _rating(sheet: Sheet, row: Row) -> float:
    return sheet.number(row, "rating", "METRICS")


def _bars(row: Row) -> list[int]:
    return [int(bar) for bar in row["bars"].split()]


def _verdict(sheet: Sheet, row: Row) -> dict[str, Any]:
    figure = row["figures"].split(";")[0].partition("=")
    passed = _rating(sheet, row) >= _PASS
    metric = figure[0] or "rating"
    shown = f"{metric} is {figure[2] or row['rating']}"
    return {"id": int(row["id"]), "passed": passed, "metric": metric, "bars": _bars(row),
            "evidence": f"{row['name']}: {shown}, which is {'enough' if passed else 'too little'}."}
