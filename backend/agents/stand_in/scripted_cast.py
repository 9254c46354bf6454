"""Instrument, Volume, Mixing and Reviewer, scripted: they choose among OPTIONS and go by TABLE, DRAFT and QA."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.scripted_plan import PLANNED, table_of, wish_of
from backend.agents.stand_in.sheet import Missing, Row, Sheet
from backend.agents.stand_in.wishes import Wish, family_of

_ORDER = ("melody", "accent", "pad", "bass", "ostinato", "doubling", "percussion", "counter")
"""Who is cast first when there is not room for all."""
_AGAIN = ("pad", "accent", "ostinato")
_RANGE_DB = {"melody": 6.0, "accent": 3.0}
_USUAL_RANGE_DB = 8.0
_LOWERED_DB = -4.0
_MELODY_FLOOR = 0.2


def instrument(sheet: Sheet) -> Saying:
    """One player for every role and voice of OPTIONS, best first, then more of some while there is room."""
    table = table_of(sheet, ("m", "hit", "dyn", "level", "section"))
    options = sheet.rows("OPTIONS", "id", "role", "range", "fit", "why")
    draft = sheet.rows("DRAFT", "kind", "what", "from_bar", "to_bar", "detail")
    if not any(row["kind"] == "layer" for row in draft):
        raise Missing("DRAFT of 'instrument' has no layers")
    voices = _voices(draft)
    taken = _Cast(sheet, options, wish_of(sheet, table), any(row["hit"] for row in table))
    for voice in voices or [""]:
        taken.add("melody", f"melody:{voice}" if voice else "melody", voice, voices.get(voice, ()))
    for role in (*_ORDER[1:], *_AGAIN):
        if len(taken.tracks) < taken.limit and any(row["role"] == role for row in options):
            taken.add(role, role)
    tracks = [{**track, "track_index": i} for i, track in enumerate(taken.tracks, 1)]
    lead = next(track["instrument"] for track in tracks if track["part"] == "melody")
    return Saying({"tracks": tracks}, f"{len(tracks)} players, {lead} leads.", ("fit",))


def _voices(draft: list[Row]) -> dict[str, list[dict[str, int]]]:
    """Voice -> the bars it owns, where the melody has several."""
    out: dict[str, list[dict[str, int]]] = {}
    for row in draft:
        if row["kind"] == "voice":
            out.setdefault(row["what"], []).append({"from_bar": int(row["from_bar"]), "to_bar": int(row["to_bar"])})
    return out


class _Cast:
    """Who has been cast so far."""

    def __init__(self, sheet: Sheet, options: list[Row], wish: Wish, has_hits: bool) -> None:
        limit = sheet.pairs("CUE").get("track_limit", "")
        if not limit.isdecimal():
            raise Missing("CUE of 'instrument' does not say track_limit")
        self.limit = int(limit)
        self.tracks: list[dict[str, Any]] = []
        self._options, self._wish, self._has_hits = options, wish, has_hits
        self._doubling = {row["id"] for row in options if row["role"] == "doubling"}
        self._locked = {row["path"]: row["value"] for row in sheet.rows_if_any("LOCKS", "path", "value")}
        self._withdrawn = {match[1] for row in sheet.rows_if_any("REVIEW", "severity", "step", "path", "problem",
                                                                 "suggestion")
                           if row["step"] == "instrument" and (match := re.match(r"replace (\w+)", row["suggestion"]))}

    def add(self, role: str, listed: str, voice: str = "", bars: Any = ()) -> None:
        """The best free option listed for a role, if there is one."""
        lead = role == "melody" and not self.tracks
        locked = self._locked.get("/tracks/melody/instrument", "") if lead else ""
        name = locked or self._best(role, listed)
        if not name:
            return
        part = "melody" if lead else f"melody.{voice}" if voice else f"{role}.{name}"
        self.tracks.append({"track_index": 0, "part": part, "role": role, "instrument": name, "articulation": "",
                            "octave_shift": 0, "bars": list(bars)})

    def _best(self, role: str, listed: str) -> str:
        rows = [row for row in self._options if row["role"] == listed]
        if not rows and role == "melody":
            raise Missing(f"OPTIONS of 'instrument' lists nobody for {listed}")
        used = {track["instrument"] for track in self.tracks} | (set() if role == "doubling" else self._doubling)
        free = [row for row in rows if row["id"] not in used and "avoided" not in row["why"]]
        if role == "accent" and self._has_hits:
            free = [row for row in free if "strikes fast" in row["why"]]
        wished = [row for row in free if row["id"] not in self._withdrawn and self._wish.allows(family_of(row["id"]))]
        must = role in ("melody", "accent") and not any(track["role"] == role for track in self.tracks)
        pool = wished or (free or rows if must else [])
        return pool[0]["id"] if pool else ""


def volume(sheet: Sheet) -> Saying:
    """The levels of TABLE for every track of DRAFT, over a smaller range for those who must be heard."""
    table = table_of(sheet, PLANNED)
    tracks = sheet.rows("DRAFT", "track_index", "part", "role", "instrument")
    wish = wish_of(sheet, table)
    covered = any(row["step"] == "volume" for row in sheet.rows_if_any("REVIEW", "step"))
    out = []
    for track in tracks:
        span_db = _RANGE_DB.get(track["role"], _USUAL_RANGE_DB)
        trim_db = 0.0 if wish.allows(family_of(track["instrument"])) else _LOWERED_DB
        trim_db -= 2.0 if covered and track["role"] not in _RANGE_DB else 0.0
        levels = {row["m"]: 10 ** ((-span_db * (1 - sheet.number(row, "level", "TABLE")) + trim_db) / 20)
                  for row in table}
        floor = _MELODY_FLOOR if track["role"] == "melody" else 0.0
        out.append({"track_index": int(track["track_index"]),
                    "measures": {bar: round(max(floor, level), 3) for bar, level in levels.items()}})
    return Saying({"tracks": out}, f"{len(out)} tracks follow the measures.", ("level",))


def mixing(sheet: Sheet) -> Saying:
    """Everybody on the usual seat; what the composer wants less of, lower."""
    rows = sheet.rows("DRAFT", "track_index", "part", "role", "instrument", "family", "seat_pan", "seat_reverb",
                      "usual_gain_db")
    wish = wish_of(sheet, [])
    locked = {row["path"]: row["value"] for row in sheet.rows_if_any("LOCKS", "path", "value")}
    out = []
    for row in rows:
        lowered = 0.0 if wish.allows(row["family"]) else _LOWERED_DB
        usual = {"gain_db": sheet.number(row, "usual_gain_db", "DRAFT") + lowered,
                 "panning": sheet.number(row, "seat_pan", "DRAFT"),
                 "reverb_space": sheet.number(row, "seat_reverb", "DRAFT")}
        held = {name: float(locked.get(f"/tracks/{row['part']}/{name}", value)) for name, value in usual.items()}
        out.append({"track_index": int(row["track_index"]), "gain_db": held["gain_db"], "pan": held["panning"],
                    "reverb_space": held["reverb_space"]})
    return Saying({"tracks": out}, f"{len(out)} players take their seats.", ("seat_pan", "usual_gain_db"))


def reviewer(sheet: Sheet) -> Saying:
    """Adds to FOUND, once, that somebody plays whom the composer wants less of."""
    table = table_of(sheet, PLANNED)
    draft = sheet.rows("DRAFT", "track_index", "part", "role", "instrument", "pan", "reverb", "gain_db", "notes",
                       "low", "high", "in_range", "bars", "levels")
    figures = {row["name"]: sheet.number(row, "value", "QA") for row in sheet.rows("QA", "name", "value")}
    if "rating" not in figures or "V:" not in sheet.text("ABC"):
        raise Missing("QA or ABC of 'reviewer' does not show the score")
    found = sheet.rows_if_any("FOUND", "severity", "step", "path", "problem", "suggestion")
    wish = wish_of(sheet, table)
    unwanted = [row for row in draft if not wish.allows(family_of(row["instrument"])) and row["role"] != "accent"]
    first = sheet.pairs("CUE").get("round") == "1"
    issues = [{"severity": 2, "step": "instrument", "path": f"/tracks/{row['part']}/instrument",
               "problem": "the note asks for less of this family", "suggestion": f"replace {row['instrument']}"}
              for row in unwanted if first]
    serious = bool(issues) or any(int(row["severity"]) >= 2 for row in found)
    summary = f"Rated {figures['rating']:.2f} by the figures; {len(found)} found there, {len(issues)} besides."
    return Saying({"verdict": "revise" if serious else "accept", "issues": issues}, summary, ("rating",))
