"""Analyze and Arrange, scripted: levels from the motion of TABLE, layers from the textures that were planned."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Row, Sheet
from backend.agents.stand_in.wishes import Wish, read_wish

COLUMNS = ("m", "t_s", "motion", "saliency", "tension", "hit", "chord", "notes")
PLANNED = (*COLUMNS, "dyn", "level", "texture", "section")
DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
_LADDER = ("melody", "pad", "bass", "counter", "ostinato", "doubling")
_SOFTEST, _LOUDEST = 0.15, 0.95
_HELD_BACK = 0.45
_BIG_HIT = 0.85
_BUILD_BARS = 2


def bars_of(sheet: Sheet) -> int:
    """How many bars the cue has. Raises Missing."""
    count = sheet.pairs("CUE").get("bars", "")
    if not count.isdecimal():
        raise Missing(f"CUE of '{sheet.speaker}' does not say bars")
    return int(count)


def table_of(sheet: Sheet, columns: tuple[str, ...]) -> list[Row]:
    """TABLE with a row for every bar, in order. Raises Missing."""
    rows, count = sheet.rows("TABLE", *columns), bars_of(sheet)
    if [row["m"] for row in rows] != [str(bar) for bar in range(1, count + 1)]:
        raise Missing(f"TABLE of '{sheet.speaker}' has {len(rows)} bars in it, the cue has {count}")
    return rows


def wish_of(sheet: Sheet, table: list[Row]) -> Wish:
    """The composer's note, read."""
    return read_wish(sheet.quoted("NOTE"), table)


def runs(bars: list[int]) -> list[tuple[int, int]]:
    """Rising bar numbers as inclusive runs."""
    out: list[tuple[int, int]] = []
    for bar in bars:
        if out and out[-1][1] == bar - 1:
            out[-1] = (out[-1][0], bar)
        else:
            out.append((bar, bar))
    return out


def analyze(sheet: Sheet) -> Saying:
    """Louder where more moves, a step up into a big hit, held back as long as the note says."""
    table = table_of(sheet, COLUMNS)
    wish, cue = wish_of(sheet, table), sheet.pairs("CUE")
    measures = [_measure(sheet, row, wish, cue) for row in table]
    loudest = max(measures, key=lambda measure: float(measure["level"]))
    held = f" Held back before bar {wish.quiet_before}." if wish.quiet_before > 1 else ""
    summary = f"{len(measures)} bars, loudest in bar {loudest['m']}.{held}"
    sections = [{"label": label, "first_bar": first, "last_bar": last} for label, first, last in _sections(cue)]
    return Saying({"summary": summary, "measures": measures, "sections": sections}, summary, ("motion", "tension"))


def _sections(cue: dict[str, str]) -> list[tuple[str, int, int]]:
    found = re.findall(r"([^\s;]+) (\d+)-(\d+)", cue.get("sections", ""))
    if not found:
        raise Missing("CUE of 'analyze' does not say sections")
    return [(label, int(first), int(last)) for label, first, last in found]


def _measure(sheet: Sheet, row: Row, wish: Wish, cue: dict[str, str]) -> dict[str, Any]:
    motion, tension = (sheet.number(row, name, "TABLE") for name in ("motion", "tension"))
    base = cue.get("base_dynamic", "")
    if base not in DYNAMICS:
        raise Missing("CUE of 'analyze' does not say base_dynamic")
    hit = sheet.number(row, "hit", "TABLE") if row["hit"] else 0.0
    level = (DYNAMICS.index(base) + 0.5) / 8 + 0.7 * (motion - 0.5) + 0.05 * hit
    level *= wish.gain * (_HELD_BACK if int(row["m"]) < wish.quiet_before else 1.0)
    level = round(min(_LOUDEST, max(_SOFTEST, level)), 3)
    return {"m": int(row["m"]), "dynamic": DYNAMICS[int(level * 8)], "level": level, "tension": tension,
            "texture": _texture(level, cue), "hit_weight": hit}


def _texture(level: float, cue: dict[str, str]) -> list[str]:
    layers = list(_LADDER[:max(2, min(len(_LADDER), 2 + int(level * 5)))])
    drums = cue.get("percussion", "0")[:1] not in ("0", "")
    return [*layers, "percussion"] if drums and level >= 0.6 else layers
