"""Hit markers and section regions of a cue.

Ours are those that are still as we left them. A mark of the user's at (nearly) the same place is taken for the wanted
one, one of ours that the user moved, renamed or deleted is the user's business and does not come back while the plan
still asks for the same one.
"""
from __future__ import annotations

from dataclasses import dataclass

from backend.daw.apply.claims import Ledger
from backend.daw.apply.clock import clock
from backend.daw.apply.host import Host
from backend.daw.apply.levels import native_color
from backend.daw.apply.marks import Mark, read_marks
from backend.daw.apply.prints import crc_text
from backend.domain.live import LivePlan

NEAR_S = 1 / 60
"""Half a frame at 30 a second: nearer marks mean the same moment."""
_EXACT_S = 1e-6
_GONE = 0
_CLEAR_NAME = 1


@dataclass(frozen=True)
class Wanted:
    start_s: float
    end_s: float
    name: str
    color: int

    def near(self, start_s: float, end_s: float, within_s: float) -> bool:
        return abs(self.start_s - start_s) <= within_s and abs(self.end_s - end_s) <= within_s


def settle_markers(host: Host, plan: LivePlan, ledger: Ledger) -> None:
    wanted = [Wanted(m.time_s, m.time_s, m.name, m.color) for m in plan.markers]
    claims = [[row[0], row[1], row[1], row[2]] for row in ledger.mine.markers]
    after = _Settling(host, False, wanted, claims).run()
    ledger.mine.markers = [[row[0], row[1], row[3]] for row in after]


def settle_regions(host: Host, plan: LivePlan, ledger: Ledger) -> None:
    wanted = [Wanted(r.start_s, r.end_s, r.name, r.color) for r in plan.regions]
    ledger.mine.regions = _Settling(host, True, wanted, ledger.mine.regions).run()


class _Settling:
    """One pass over markers or over regions. Claims are [number, start_s, end_s, crc of the name]."""

    def __init__(self, host: Host, is_region: bool, wanted: list[Wanted], claims: list[list[float]]) -> None:
        self.host, self.is_region, self.wanted, self.claims = host, is_region, wanted, claims
        self.word = "region" if is_region else "marker"
        self.there = [mark for mark in read_marks(host) if mark.is_region == is_region]
        numbers = [mark.number for mark in self.there]
        self.mine = [mark for mark in self.there if numbers.count(mark.number) == 1 and mark.is_among(self.claims)]
        self.theirs = [mark for mark in self.there if mark not in self.mine]
        self.after: list[list[float]] = []

    def run(self) -> list[list[float]]:
        """The new claims."""
        todo = self._without_gone(self._without_theirs(self._without_settled(self.wanted)))
        left = self.mine
        for wanted in todo:
            if left:
                mark = min(left, key=lambda m: abs(m.start_s - wanted.start_s))
                left.remove(mark)
                self._change(mark, wanted)
            else:
                self._add(wanted)
        for mark in left:
            self.host.write("DeleteProjectMarker", 0, mark.number, self.is_region)
            self.host.wrote(f"{self.word}|removed")
        return sorted(self.after)

    def _without_settled(self, wanted: list[Wanted]) -> list[Wanted]:
        todo = []
        for one in wanted:
            mark = next((m for m in self.mine if one.near(*m.place, _EXACT_S) and m.name == one.name), None)
            if mark is None:
                todo.append(one)
            else:
                self.mine.remove(mark)
                self._remember(mark.number, one)
        return todo

    def _without_theirs(self, wanted: list[Wanted]) -> list[Wanted]:
        todo, theirs = [], list(self.theirs)
        for one in wanted:
            mark = next((m for m in theirs if one.near(*m.place, NEAR_S)), None)
            if mark is None:
                todo.append(one)
            else:
                theirs.remove(mark)
        return todo

    def _without_gone(self, wanted: list[Wanted]) -> list[Wanted]:
        """Once none of ours is left at all, the user wants them anew."""
        if not any(mark.comes_from(row) for mark in self.there for row in self.claims):
            return wanted
        settled = {int(row[0]) for row in self.after} | {mark.number for mark in self.mine}
        gone = [row for row in self.claims if int(row[0]) not in settled]
        todo = []
        for one in wanted:
            row = next((row for row in gone if one.near(row[1], row[2], _EXACT_S)
                        and int(row[3]) == crc_text(one.name)), None)
            if row is not None:
                self._remember(int(row[0]) if any(mark.comes_from(row) for mark in self.there) else _GONE, one)
                self.host.keep(f"{self.word.capitalize()} {one.name}: you moved or deleted it "
                               f"(it was at {clock(one.start_s)})")
            else:
                todo.append(one)
        return todo

    def _change(self, mark: Mark, wanted: Wanted) -> None:
        self.host.write("SetProjectMarker4", 0, mark.number, self.is_region, wanted.start_s, wanted.end_s,
                        wanted.name, native_color(self.host, wanted.color), 0 if wanted.name else _CLEAR_NAME)
        self.host.wrote(f"{self.word}|changed")
        self._remember(mark.number, wanted)

    def _add(self, wanted: Wanted) -> None:
        number = self.host.write("AddProjectMarker2", 0, self.is_region, wanted.start_s, wanted.end_s, wanted.name,
                                 -1, native_color(self.host, wanted.color))
        self.host.wrote(self.word)
        self._remember(number, wanted)

    def _remember(self, number: int, wanted: Wanted) -> None:
        self.after.append([number, wanted.start_s, wanted.end_s, crc_text(wanted.name)])
