"""Analyze, Arrange and Voice-Part, scripted: levels from the motion of TABLE, layers from the planned textures."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.sheet import Missing, Row, Sheet
from backend.agents.stand_in.wishes import Wish, family_of, read_wish
from backend.music.bar_runs import bar_runs

COLUMNS = ("m", "t_s", "motion", "saliency", "tension", "hit", "chord", "notes")
PLANNED = (*COLUMNS, "dyn", "level", "texture", "section")
DYNAMICS = ("ppp", "pp", "p", "mp", "mf", "f", "ff", "fff")
_LADDER = ("melody", "pad", "bass", "counter", "ostinato", "doubling")
_SOFTEST, _LOUDEST = 0.15, 0.95
_HELD_BACK = 0.45
_BIG_HIT = 0.85
_BUILD_BARS = 2
_UNPLAYABLE = 4.0


def bars_of(sheet: Sheet) -> int:
    """How many bars the cue has. Raises Missing."""
    count = sheet.pairs("CUE").get("bars", "")
    if not count.isdecimal():
        raise Missing(f"CUE of '{sheet.speaker}' does not say bars")
    return int(count)


def table_of(sheet: Sheet, columns: tuple[str, ...]) -> list[Row]:
    """TABLE with a row for every bar, in order; textures and sections stand until another one. Raises Missing."""
    rows, count = sheet.rows("TABLE", *columns), bars_of(sheet)
    if [row["m"] for row in rows] != [str(bar) for bar in range(1, count + 1)]:
        raise Missing(f"TABLE of '{sheet.speaker}' has {len(rows)} bars in it, the cue has {count}")
    for before, row in zip(rows, rows[1:], strict=False):
        row.update({name: before[name] for name in ("texture", "section") if name in row and not row[name]})
    return rows


def wish_of(sheet: Sheet, table: list[Row]) -> Wish:
    """The composer's note, read."""
    return read_wish(sheet.quoted("NOTE"), table)


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


def arrange(sheet: Sheet) -> Saying:
    """The textures of TABLE as layers; doublings from OPTIONS; builds before big hits."""
    table = table_of(sheet, PLANNED)
    wish = wish_of(sheet, table)
    layers = [layer for role in (*_LADDER, "percussion") for layer in _layers(sheet, table, role)
              if role != "percussion" or wish.allows("percussion")]
    doubles = _doublings(sheet, table, wish) if any(layer["role"] == "doubling" for layer in layers) else []
    if not doubles:
        layers = [layer for layer in layers if layer["role"] != "doubling"]
    builds = [{"from_bar": first, "to_bar": last} for first, last in _builds(sheet, table)]
    ending = "fade" if "fade" in sheet.quoted("NOTE").lower() else "cadence"
    held = _locked(sheet).get("/ending", ending)
    summary = f"{len(layers)} layers, {len(doubles)} doublings, {len(builds)} builds; it ends with a {held}."
    return Saying({"layers": layers, "duplicates": doubles, "soften": [], "silences": [], "builds": builds,
                   "ending": held}, summary, ("level", "hit"))


def _locked(sheet: Sheet) -> dict[str, str]:
    return {row["path"]: row["value"] for row in sheet.rows_if_any("LOCKS", "path", "value")}


def _layers(sheet: Sheet, table: list[Row], role: str) -> list[dict[str, Any]]:
    """Runs of bars that have the role in their texture, cut where the section changes, or the length of a cell."""
    lengths = _cell_lengths(sheet, table) if role == "ostinato" else {int(row["m"]): 0 for row in table}
    out = []
    for label, length in dict.fromkeys((row["section"], lengths[int(row["m"])]) for row in table):
        bars = [int(row["m"]) for row in table if role in row["texture"].split("+")
                and (row["section"], lengths[int(row["m"])]) == (label, length)]
        cell = "x..".ljust(length, "x")[:length] if role == "ostinato" else ""
        out += [{"role": role, "from_bar": first, "to_bar": last, "cell": cell} for first, last in bar_runs(bars)]
    return out


def _cell_lengths(sheet: Sheet, table: list[Row]) -> dict[int, int]:
    """Characters of an ostinato's cell, by bar: one length in CUE, or a column of TABLE. Raises Missing."""
    said = sheet.pairs("CUE").get("cell_length", "")
    lengths = {int(row["m"]): said or row.get("cell", "") for row in table}
    if not all(length.isdecimal() for length in lengths.values()):
        raise Missing("neither CUE nor TABLE of 'arrange' says how long a cell is")
    return {bar: int(length) for bar, length in lengths.items()}


def _doublings(sheet: Sheet, table: list[Row], wish: Wish) -> list[dict[str, Any]]:
    options = [row["id"] for row in sheet.rows_if_any("OPTIONS", "id", "role", "range", "fit", "why")
               if row["role"] == "doubling" and wish.allows(family_of(row["id"]))]
    bars = bar_runs([int(row["m"]) for row in table if "doubling" in row["texture"].split("+")])
    return [{"source": "melody", "instrument": options[0], "octave": 0, "from_bar": first, "to_bar": last}
            for first, last in bars] if options else []


def _builds(sheet: Sheet, table: list[Row]) -> list[tuple[int, int]]:
    hits = {int(row["m"]): sheet.number(row, "hit", "TABLE") for row in table if row["hit"]}
    out = []
    for bar in (bar for bar, weight in hits.items() if weight >= _BIG_HIT):
        before = [b for b in range(max(1, bar - _BUILD_BARS), bar) if not any(b <= h < bar for h in hits)]
        out += [(before[0], bar - 1)] if before else []
    return out


def voice_part(sheet: Sheet) -> Saying:
    """One voice where an instrument of OPTIONS carries the melody, otherwise a high and a low one."""
    table = table_of(sheet, (*COLUMNS, "low", "high"))
    options = sheet.rows("OPTIONS", "id", "role", "low", "high", "fit", "why")
    played = [row for row in table if row["low"]]
    if not played:
        raise Missing("TABLE of 'voice_part' has no pitches")
    best = min(sheet.number(row, "fit", "OPTIONS") for row in options)
    low, high = (fold(int(row[name]) for row in played) for fold, name in ((min, "low"), (max, "high")))
    if best < _UNPLAYABLE:
        whole = {"id": "melody", "bars": [{"from_bar": 1, "to_bar": len(table)}], "low_pitch": low, "high_pitch": high}
        return Saying({"voices": [whole]}, f"One instrument can carry it ({options[0]['id']}).", ("fit",))
    voices = _split(table, (low + high) / 2)
    return Saying({"voices": voices}, f"Nobody carries the whole line; {len(voices)} voices share it.", ("fit",))


def _split(table: list[Row], middle: float) -> list[dict[str, Any]]:
    """Bars above and below the middle; a bar without notes stays with the one before."""
    owned: dict[str, list[Row]] = {"high": [], "low": []}
    now = "high"
    for row in table:
        if row["low"]:
            now = "high" if (int(row["low"]) + int(row["high"])) / 2 > middle else "low"
        owned[now].append(row)
    out = []
    for name, rows in owned.items():
        played = [row for row in rows if row["low"]]
        if rows and played:
            bars = [{"from_bar": first, "to_bar": last} for first, last in bar_runs([int(row["m"]) for row in rows])]
            out.append({"id": name, "bars": bars, "low_pitch": min(int(row["low"]) for row in played),
                        "high_pitch": max(int(row["high"]) for row in played)})
    return out
