"""Which tempo points a cue may lay down: decided, or refused, before anything is touched.

The cue's map replaces what we laid down for this cue before. A tempo map of the user's inside the cue is never merged
with it. Behind the cue the tempo and the metre that were in force there go on.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from backend.daw.apply.claims import Ledger
from backend.daw.apply.clock import clock
from backend.daw.apply.host import Host
from backend.daw.apply.refusal import Refused
from backend.daw.apply.tempo_points import SAME_TIME_S, Point, claimed
from backend.domain.live import LivePlan


@dataclass(frozen=True)
class TempoChange:
    """``current`` is the whole map; of it ``old`` gives way to ``new``. ``restored`` are points of another cue that
    come back because ours moves away from their place. ``origin`` as in Claims."""

    current: list[Point]
    old: list[Point]
    new: list[Point]
    restored: list[Point]
    origin: list[float]

    @property
    def from_s(self) -> float:
        """Before this nothing can move."""
        return min(point.time_s for point in (*self.old, *self.new, *self.restored))


class TempoSurvey:
    """Who owns which point of the project's map, seen from one cue."""

    def __init__(self, host: Host, plan: LivePlan, ledger: Ledger, points: list[Point], starts_s: list[float]) -> None:
        self.host, self.plan, self.ledger, self.points = host, plan, ledger, points
        self.starts_s = starts_s
        self.origins = [claims.origin for claims in ledger.claims.values() if claims.origin and points
                        and any(claimed(row).equals(points[0]) for row in claims.tempo)]
        self.claims = [claimed(row) for row in ledger.mine.tempo]
        self.other_claims = [(label, claimed(row)) for label, claims in ledger.others.items() for row in claims.tempo]
        self.added = [claimed(row) for claims in ledger.claims.values() for row in claims.added]
        self.mine = [p for p in points if any(p.equals(c) for c in self.claims)]
        known = [*self.added, *(c for _, c in self.other_claims)]
        self.tails = [c for label, c in self.other_claims if _end_s(ledger, label) < plan.start_s + SAME_TIME_S
                      and plan.start_s < c.time_s < plan.bars_end_s]
        self.taken = [p for p in points if p not in self.mine and (p.is_at(plan.start_s)
                      and (self._is_the_projects_own(p) or any(p.equals(c) for c in known))
                      or any(p.equals(c) for c in self.tails))]
        self.base = [p for p in points if p not in self.mine and p not in self.taken]

    def _is_the_projects_own(self, point: Point) -> bool:
        """The point at the very start, which REAPER itself makes and keeps, is no tempo map of the user's: it says what
        tempo the project has. (Unless it is one of ours that was changed.)"""
        return point.is_at(0.0) and not point.linear and not any(c.is_at(0.0) for c in self.claims)

    def change(self) -> TempoChange | None:
        """None when the map already is what the plan wants. Raises Refused."""
        end_s = self._end_s()
        wanted = [Point(p.time_s, p.bpm, p.numerator, p.denominator if p.numerator else 0)
                  for p in self.plan.tempo if p.time_s < end_s - SAME_TIME_S]
        if not wanted:
            return None
        if self._is_there(wanted, end_s):
            self._share(end_s)
            return None
        self._refuse_foreign(end_s)
        origin = self._origin()
        for own in (p for p in self.taken if self._is_the_projects_own(p)):
            self.host.say(f"The project's own tempo ({own.bpm:g} bpm at the start) gives way to the cue's, and goes on "
                          "behind it.")
        if not any(p.is_at(end_s) for p in self.base):
            wanted.append(self._in_force(end_s, origin))
        old = sorted((*self.mine, *self.taken), key=lambda p: p.time_s)
        return TempoChange(self.points, old, wanted, self._restored(wanted, end_s), origin)

    def _end_s(self) -> float:
        """The end of the last bar; the end of the cue when something else begins between the two."""
        first_s, last_s = self.plan.end_s - SAME_TIME_S, self.plan.bars_end_s - SAME_TIME_S
        begins = [p.time_s for p in self.base] + self.starts_s
        return self.plan.end_s if any(first_s < time_s < last_s for time_s in begins) else self.plan.bars_end_s

    def _is_there(self, wanted: list[Point], end_s: float) -> bool:
        """A map that equals the plan is left alone, whoever made it."""
        inside = [p for p in self.points if self.plan.start_s - SAME_TIME_S < p.time_s < end_s - SAME_TIME_S]
        left_over = [p for p in self.mine if p not in inside and not p.is_at(end_s)]
        closed = any(p.is_at(end_s) for p in self.base) or any(
            p.equals(self._in_force(end_s, self._origin())) for p in self.mine)
        return (len(inside) == len(wanted) and not left_over and closed
                and all(p.equals(w) for p, w in zip(inside, wanted, strict=True)))

    def _share(self, end_s: float) -> None:
        """The same cue under another label: its map counts for this one too, and stays when the other moves away."""
        for label in self.ledger.others:
            map_ = [c for other, c in self.other_claims if other == label]
            if (map_ and map_[0].is_at(self.plan.start_s) and map_[-1].is_at(end_s)
                    and all(any(p.equals(c) for p in self.base + self.taken) for c in map_)):
                self.ledger.mine.tempo = [c.claim for c in map_]
                self.ledger.mine.origin = self.ledger.others[label].origin

    def _refuse_foreign(self, end_s: float) -> None:
        for number, point in enumerate(self.points, start=1):
            if point in self.base and self.plan.start_s - SAME_TIME_S < point.time_s < end_s - SAME_TIME_S:
                raise Refused(self._why(number, point))
        before = [p for p in self.base if p.time_s <= self.plan.start_s - SAME_TIME_S]
        if before and before[-1].linear:
            raise Refused(f"{self.plan.cue}: the tempo point at {clock(before[-1].time_s)} (number "
                          f"{self.points.index(before[-1]) + 1}) ramps into the cue, and a new point would bend it. "
                          "Make its tempo constant, or put a point of yours before the cue, then build again.")

    def _shift_s(self) -> float:
        """How much later than laid down every point of the cue lies; 0 when they have not all moved alike."""
        if len(self.claims) < 2:
            return 0.0
        shifts_s = [p.time_s - self.claims[0].time_s for p in self.points if not p.is_at(self.claims[0].time_s)]
        return next((s for s in shifts_s if all(any(p.equals(replace(c, time_s=c.time_s + s)) for p in self.points)
                                                for c in self.claims)), 0.0)

    def _why(self, number: int, point: Point) -> str:
        place = f"tempo point {number} at {clock(point.time_s)} ({point.bpm:g} bpm)"
        label = next((label for label, c in self.other_claims if point.equals(c)), "")
        if label:
            return (f"{self.plan.cue}: {place} belongs to the cue {label}. The two cues overlap: move the end of "
                    "one of them, then build again. Nothing was changed.")
        late_s = self._shift_s()
        if late_s:
            return (f"{self.plan.cue}: the whole tempo map of the cue lies {abs(late_s):.3f} s "
                    f"{'later' if late_s > 0 else 'earlier'} than FilmComposer laid it, as when a tempo point before "
                    "it is changed while the project's time base for tempo is beats. Undo that change, or delete the "
                    "cue's tempo points, then build again. Nothing was changed.")
        lost = [c for c in self.claims if not any(p.equals(c) for p in self.points)]
        if any(c.is_at(point.time_s) or (c.bpm, c.metre) == (point.bpm, point.metre) for c in lost):
            return (f"{self.plan.cue}: you changed {place}, which FilmComposer had made. Put it back or delete it, "
                    "then build again. Nothing was changed.")
        return (f"{self.plan.cue}: {place} is yours and lies inside the cue; two tempo maps are never merged. Delete "
                "it, or end the cue before it, then build again. Nothing was changed.")

    def _origin(self) -> list[float]:
        """Tempo and metre of the project where it has no point of its own. The cue that the first point belongs to
        knows what was there before."""
        if self.origins:
            return self.origins[0]
        row = self.host.read("TimeMap_GetTimeSigAtTime", 0, 0.0, 0, 0, 0.0)
        return [float(row[4]), int(row[2]), int(row[3])]

    def _in_force(self, time_s: float, origin: list[float]) -> Point:
        """As the map would be there without any cue of ours."""
        ours = [*self.claims, *(c for _, c in self.other_claims)]
        before = [p for p in self.points if p.time_s < time_s - SAME_TIME_S and not any(p.equals(c) for c in ours)]
        metre = next((p.metre for p in reversed(before) if p.metre[0]), (int(origin[1]), int(origin[2])))
        return Point(time_s, before[-1].bpm if before else float(origin[0]), *metre)

    def _restored(self, wanted: list[Point], end_s: float) -> list[Point]:
        """Outside the cue, where ours gives up a place that another cue had claimed, that cue's point comes back; so
        does the end of another cue's last bar that ours had covered."""
        leaving = [p for p in self.mine if not any(p.is_at(w.time_s) for w in wanted)]
        claims = [next((c for _, c in self.other_claims if c.is_at(p.time_s)), None) for p in leaving]
        back = [replace(c, time_s=p.time_s) for p, c in zip(leaving, claims, strict=True) if c is not None]
        back += [c for _, c in self.other_claims if self._had_covered(c)]
        return [c for c in back if not self.plan.start_s - SAME_TIME_S < c.time_s < end_s + SAME_TIME_S]

    def _had_covered(self, claim: Point) -> bool:
        return (bool(self.mine) and self.mine[0].time_s < claim.time_s < self.mine[-1].time_s
                and not any(p.is_at(claim.time_s) for p in self.points))


def _end_s(ledger: Ledger, label: str) -> float:
    """Where another cue's picture ends; behind that comes the rest of its last bar."""
    row = ledger.cues.get(label)
    end_s = row.get("end_s") if isinstance(row, dict) else None
    return float(end_s) if isinstance(end_s, (int, float)) else float("inf")
