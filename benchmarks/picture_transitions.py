"""Scores the thresholds of backend/video/transitions.py, leaving one clip out at a time.

Per fold the grid point with the best F1 on the other clips is scored on the clip left out. There are few events, so
many grid points are equally good; ties are broken in several ways: nearest to the shipped values (which saw all clips),
nearest to values taken from elsewhere, the middle of the tied points, their mean, and, as a lower bound, the tied point
that does worst on the clip left out. The cuts that transitions may not cross are those of the shipped weights.

Run: python -m benchmarks.picture_transitions SHARED_DATA [fades|dissolves]
"""
from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import cv2

from backend.video import cuts, transitions
from backend.video.truth_score import Score, score_ranges
from benchmarks.picture_material import Film, real_films

Point = tuple[float, ...]
Table = dict[Point, list[Score]]


@dataclass(frozen=True)
class Job:
    """Thresholds of one kind of transition. ``elsewhere``: values of craft rules, where there are any."""

    name: str
    grid: dict[str, tuple[float, ...]]
    score: Callable[[Film, list[int]], Score]
    elsewhere: Point | None = None

    @property
    def points(self) -> list[Point]:
        return list(itertools.product(*self.grid.values()))

    @property
    def shipped(self) -> Point:
        return tuple(float(getattr(transitions, name)) for name in self.grid)


def score_fades(film: Film, found: list[int]) -> Score:
    fades = [(t.start_frame, t.end_frame) for t in transitions.find_fades(film.features, found, film.fps)]
    return score_ranges(fades, film.fades, film.dissolves)


def score_dissolves(film: Film, found: list[int]) -> Score:
    gradual = transitions.find_transitions(film.features, found, film.fps)
    return score_ranges([(t.start_frame, t.end_frame) for t in gradual if t.kind == "dissolve"],
                        film.dissolves, film.fades)


FADES = Job("fades", {"DARK": (.02, .03, .04, .06, .09, .12), "FADE_S": (.1, .17, .25, .4, .6, .8),
                      "FADE_RISE": (.01, .02, .03, .045, .06, .1), "DIP": (.0005, .001, .002, .004, .008)},
            score_fades, elsewhere=(.06, .4, .03, .002))
"""Elsewhere: 16 of 255 and .4 s are craft rules; rise and dip have no source but the clips and stay as shipped."""

DISSOLVES = Job("dissolves and wipes", {
    "STRAIGHT": (.75, .85, .92), "NEW_PATTERN": (.2, .3, .45), "BLEND_POWER": (.7, .8, .9), "ALL_OVER": (.2, .3, .45),
    "CALM": (.025, .05, .1), "STEADY": (2, 3, 5), "NEW_PICTURE": (.01, .02, .04)}, score_dissolves)


@contextmanager
def thresholds(job: Job, point: Point) -> Iterator[None]:
    """The detectors with other thresholds for a while."""
    shipped = {name: getattr(transitions, name) for name in job.grid}
    try:
        for name, value in zip(job.grid, point, strict=True):
            setattr(transitions, name, value)
        yield
    finally:
        for name, value in shipped.items():
            setattr(transitions, name, value)


def sweep(job: Job, films: list[Film]) -> Table:
    """Score of every clip at every grid point."""
    found = [[frame for frame, _ in cuts.find_cuts(film.features)] for film in films]
    table = {}
    for point in job.points:
        with thresholds(job, point):
            table[point] = [job.score(film, frames) for film, frames in zip(films, found, strict=True)]
    return table


def distance(a: Point, b: Point) -> float:
    """Summed squares of the log ratios of two settings."""
    return sum(math.log(x / y) ** 2 for x, y in zip(a, b, strict=True))


def best(table: Table, left_out: int) -> list[Point]:
    """The grid points with the best F1 on all clips but one."""
    totals = {point: sum(rows[:left_out] + rows[left_out + 1:], Score()) for point, rows in table.items()}
    top = max(total.f1 for total in totals.values())
    return [point for point, total in totals.items() if total.f1 == top]


def middle(points: list[Point]) -> Point:
    """Geometric mean of settings."""
    return tuple(math.exp(sum(map(math.log, column)) / len(points)) for column in zip(*points, strict=True))


def choices(job: Job, table: Table, left_out: int) -> dict[str, Point]:
    """The setting chosen without a clip, for every way of breaking ties."""
    tied = best(table, left_out)
    centre = middle(tied)

    def surplus(point: Point) -> int:
        score = table[point][left_out]
        return score.hits - score.missed - score.wrong

    chosen = {"nearest to shipped": min(tied, key=lambda p: distance(p, job.shipped)),
              "middle of the ties": min(tied, key=lambda p: distance(p, centre)),
              "worst of the ties": min(tied, key=surplus)}
    if job.elsewhere is not None:
        elsewhere = job.elsewhere
        chosen["nearest to elsewhere"] = min(tied, key=lambda p: distance(p, elsewhere))
    return chosen


def line(name: str, total: Score, minutes: float) -> str:
    return (f"  {name}: overlapped {total.hits} of {total.hits + total.missed} ({total.recall:.3f}), "
            f"wrong {total.wrong} ({total.wrong / minutes:.2f} a minute)")


def report(job: Job, films: list[Film]) -> None:
    minutes = sum(film.features.frames / film.fps for film in films) / 60
    table = sweep(job, films)
    print(f"{job.name}: {len(films)} clips, {minutes:.2f} min, {len(table)} grid points")
    print(line("shipped, all clips in view", sum(table[job.shipped], Score()), minutes))
    ties = [best(table, i) for i in range(len(films))]
    print("  tied per fold:", ", ".join(str(len(tied)) for tied in ties))
    hits = sum(fmean(table[point][i].hits for point in tied) for i, tied in enumerate(ties))
    wrong = sum(fmean(table[point][i].wrong for point in tied) for i, tied in enumerate(ties))
    print(f"  leave one clip out, mean of the ties: overlapped {hits:.2f}, "
          f"wrong {wrong:.2f} ({wrong / minutes:.2f} a minute)")
    folds = [choices(job, table, i) for i in range(len(films))]
    for rule in folds[0]:
        rows = [(film, folds[i][rule], table[folds[i][rule]][i]) for i, film in enumerate(films)]
        print(line(f"leave one clip out, {rule}", sum((score for _, _, score in rows), Score()), minutes))
        for film, point, score in rows:
            if score.missed or score.wrong:
                print(f"    {film.name[:24]}: missed {score.missed}, wrong {score.wrong}, at {point}")


def main() -> None:
    cv2.setNumThreads(1)
    films, wanted = real_films(Path(sys.argv[1])), sys.argv[2:]
    for word, job in (("fades", FADES), ("dissolves", DISSOLVES)):
        if not wanted or word in wanted:
            report(job, films)


if __name__ == "__main__":
    main()
