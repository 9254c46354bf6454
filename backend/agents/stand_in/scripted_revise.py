"""The reviser, scripted: a few plain turns of phrase become operations on the parts and bars of the prompt."""
from __future__ import annotations

import re
from typing import Any

from backend.agents.stand_in.saying import Saying
from backend.agents.stand_in.scripted_plan import bars_of
from backend.agents.stand_in.sheet import Missing, Row, Sheet
from backend.agents.stand_in.wishes import FAMILIES

_COLUMNS = ("part", "name", "role", "instrument", "family", "plays")
_SOFTER_DB, _LOUDER_DB, _FAR, _ASIDE = -4.0, 4.0, 0.7, 0.5
_ROLES = {"melody": "melody", "tune": "melody", "theme": "melody", "bass": "bass", "pad": "pad", "pads": "pad",
          "ostinato": "ostinato", "countermelody": "counter", "accents": "accent"}


def revise(sheet: Sheet) -> Saying:
    """Every clause of the request that is understood; an answer that says so where none is."""
    words = sheet.quoted("NOTE").lower()
    if not words:
        raise Missing("the prompt of 'reviser' has no NOTE")
    cue = _Cue(sheet)
    found = [operation for clause in re.split(r",|;| and ", words) for operation in cue.operations(clause, words)]
    if not found:
        answer = (f"There is no {' and no '.join(dict.fromkeys(cue.absent))} in this cue." if cue.absent else
                  "I do not know what to change: say for example 'strings only in bars 5-8' or 'brass softer'.")
        return Saying({"operations": [], "answer": answer}, answer, ("plays",), 0.3)
    done = "; ".join(f"{one['action']} {' '.join(one['tracks'])} {one['from_bar']}-{one['to_bar']}".strip()
                     for one in found)
    return Saying({"operations": found, "answer": f"Done: {done}."}, done, ("plays",))


class _Cue:
    """What the prompt says of the cue."""

    def __init__(self, sheet: Sheet) -> None:
        self.absent: list[str] = []
        self._count = bars_of(sheet)
        self._parts = sheet.rows("DRAFT", *_COLUMNS)
        self._options = sheet.rows("OPTIONS", "id", "family")
        self._table = sheet.rows("TABLE", "m", "t_s", "hit", "tracks")
        self._can_restore = sheet.pairs("CUE").get("can_restore", "")
        if len(self._table) != self._count or self._can_restore not in ("yes", "no"):
            raise Missing("TABLE or CUE of 'reviser' does not show the cue")

    def operations(self, clause: str, words: str) -> list[dict[str, Any]]:
        """What one clause comes to; bars said anywhere in the request hold for all of it."""
        first, last = self._bars(clause if "bar" in clause or "hit" in clause else words)
        named = self._named(clause)
        made = self._made(clause, named)
        if made is None:
            return []
        if made["action"] in ("pan", "reverb", "elsewhere"):
            first, last = 1, self._count
        absent = self._absent(clause)
        if absent and not named and made["action"] != "elsewhere":
            self.absent += absent
            return []
        return [{"tracks": named or ["all"], "from_bar": first, "to_bar": last, "amount": 0.0, "name": "", "topic": "",
                 "value": "", **made}]

    def _absent(self, clause: str) -> list[str]:
        """Families that a clause speaks of and the cue does not have."""
        families = {row["family"] for row in self._parts}
        return [word for word, family in FAMILIES.items() if re.search(rf"\b{word}\b", clause)
                and family not in families]

    def _made(self, clause: str, named: list[str]) -> dict[str, Any] | None:
        if re.search(r"\b(faster|slower)\b", clause):
            pace = "110-130" if "faster" in clause else "60-80"
            return {"action": "elsewhere", "tracks": [], "topic": "tempo", "value": pace}
        if re.search(r"\b(as (it was )?before|restore)\b", clause):
            return {"action": "restore"} if self._can_restore == "yes" else None
        if new := self._instrument(clause):
            return {"action": "instrument", "tracks": ["melody"], "name": new}
        if "rewrite" in clause or "another idea" in clause:
            return {"action": "rewrite"}
        for pattern, made in _TURNS:
            if named and re.search(pattern, clause):
                return dict(made)
        return dict(_ALL) if re.search(r"\b(softer|quieter)\b", clause) else None

    def _instrument(self, clause: str) -> str:
        """``give the melody to a solo cello``, ``melody on the flute``."""
        match = re.search(r"\b(?:melody|tune|theme)\b.*\b(?:to|on)\b (?:the |a |an )?(.+)", clause)
        wanted = set(re.findall(r"[a-z]+", match[1])) if match else set()
        fitting = [row["id"] for row in self._options if wanted and set(re.findall(r"[a-z]+", row["id"])) <= wanted]
        return max(fitting, key=len, default="")

    def _bars(self, words: str) -> tuple[int, int]:
        if match := re.search(r"\bbars? (\d+)(?:\s*(?:-|to)\s*(\d+))?", words):
            first = int(match[1])
            return first, min(self._count, int(match[2] or first))
        if re.search(r"\b(until|before) the (hit|door|cut)\b", words):
            hits: list[tuple[float, Row]] = [(float(row["hit"]), row) for row in self._table if row["hit"]]
            bar = int(max(hits, key=lambda one: one[0])[1]["m"]) if hits else self._count
            return 1, max(1, bar - 1)
        return 1, self._count

    def _named(self, clause: str) -> list[str]:
        """Families, roles and players named in a clause, if they are there."""
        families = {row["family"] for row in self._parts}
        roles = {row["role"] for row in self._parts}
        out = [family for word, family in FAMILIES.items() if re.search(rf"\b{word}\b", clause) and family in families]
        out += [role for word, role in _ROLES.items() if re.search(rf"\b{word}\b", clause) and role in roles]
        out += [row["part"] for row in self._parts if re.search(rf"\b{re.escape(row['name'].lower())}\b", clause)]
        return list(dict.fromkeys(out))


_ALL = {"action": "level", "amount": _SOFTER_DB}
_TURNS: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"\bonly\b", {"action": "keep_only"}), (r"\b(no|without|mute|drop)\b", {"action": "mute"}),
    (r"\b(softer|quieter|less)\b", _ALL), (r"\b(louder|more)\b", {"action": "level", "amount": _LOUDER_DB}),
    (r"\boctave (higher|up)\b", {"action": "octave", "amount": 1.0}),
    (r"\boctave (lower|down)\b", {"action": "octave", "amount": -1.0}),
    (r"\b(further|farther) back\b", {"action": "reverb", "amount": _FAR}),
    (r"\bleft\b", {"action": "pan", "amount": -_ASIDE}), (r"\bright\b", {"action": "pan", "amount": _ASIDE}))
"""Turn of phrase -> what it comes to for the parts that are named."""
