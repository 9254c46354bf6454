"""The head motif: many lines over its rhythm, the most memorable one."""
from __future__ import annotations

import random

from backend.music.rule_melody.goals import Score, candidates, note_costs
from backend.music.rule_melody.search import Goal, best_line

ATTEMPTS = 24
_NOISE_OF_ATTEMPT = 0.9
_WIDE = (5, 7, 8, 9, 12)
_GENTLE = (3, 4, 5)
_BEST_RANGE = (5, 10)


def invent_head(score: Score, last: int, rng: random.Random) -> tuple[int, ...]:
    """Pitches of slots 0 to ``last``: the best rated of ``ATTEMPTS`` cheap lines."""
    best: tuple[float, tuple[int, ...]] | None = None
    for _ in range(ATTEMPTS):
        goals = []
        for index in range(last + 1):
            pitches = candidates(score, index)
            costs = note_costs(score, index, pitches, rng)
            goals.append(Goal(pitches, tuple(c + rng.gauss(0, _NOISE_OF_ATTEMPT) for c in costs)))
        line = best_line(goals, score.row, score.style)
        rating = memorability(line, score.style.hero_leap) + _on_chord(score, line)
        if best is None or rating > best[0]:
            best = (rating, line)
    assert best is not None
    return best[1]


def memorability(line: tuple[int, ...], hero_leap: bool) -> float:
    """A motif has one telling leap, a clear shape with a turn, a moderate range, no note thrice (ratings by ear)."""
    intervals = [b - a for a, b in zip(line, line[1:], strict=False)]
    if not intervals:
        return 0.0
    sizes = [abs(i) for i in intervals]
    telling = sum(size in (_WIDE if hero_leap else _GENTLE) for size in sizes)
    rating = 1.0 if telling == 1 else 0.4 if telling == 2 else 0.0
    if hero_leap and intervals[0] in _WIDE:
        rating += 0.5
    span = max(line) - min(line)
    rating += 0.8 if _BEST_RANGE[0] <= span <= _BEST_RANGE[1] else -0.15 * min(abs(span - b) for b in _BEST_RANGE)
    turns = sum(a * b < 0 for a, b in zip(intervals, intervals[1:], strict=False))
    rating += 0.6 if 1 <= turns <= 2 else -0.3 * max(0, turns - 2)
    rating -= 0.5 * sum(a == b == 0 for a, b in zip(intervals, intervals[1:], strict=False))
    rating -= 0.4 * (sizes.count(0) > 1) + 0.3 * (len(set(intervals)) == 1)
    return rating + 0.15 * min(4, len(set(line)))


def _on_chord(score: Score, line: tuple[int, ...]) -> float:
    """Share of the accents that lie in the harmony, and a start on the tonic chord."""
    weight = hit = 0.0
    for index, pitch in enumerate(line):
        slot = score.slots[index]
        weight += slot.accent
        hit += slot.accent * (pitch % 12 in score.harmony.at(slot.onset_q).pcs)
    return 1.5 * hit / (weight or 1.0)
