"""The small questions of ``doctor --llm``, answered from what the request holds: words, a table, a drawn number."""
from __future__ import annotations

import json
import re

from backend.agents.stand_in.sheet import Missing, Sheet

_ASKS = '{"answer":'


def is_asked(sheet: Sheet) -> bool:
    """Whether the output wanted is a number and nothing else."""
    return not sheet.speaker and _ASKS in sheet.asked.system


def answer(sheet: Sheet) -> str:
    """The number of the sentence, of a measure in TABLE, or of the picture. Raises Missing."""
    words = sheet.text("CUE")
    told = re.search(r"\bnumber (\d+)", words)
    sought = re.search(r"\bIn TABLE, what is the (\w+) of measure (\d+)", words)
    if sheet.asked.images:
        from backend.agents.stand_in.drawn_digits import number_of  # pictures need OpenCV, words do not
        found = number_of(sheet.asked.images[0])
    elif sought:
        rows = [row for row in sheet.rows("TABLE", "m", sought[1]) if row["m"] == sought[2]]
        found = int(sheet.number(rows[0], sought[1], "TABLE")) if rows else None
    else:
        found = int(told[1]) if told else None
    if found is None:
        raise Missing("there is no number in the question")
    return json.dumps({"answer": found})
