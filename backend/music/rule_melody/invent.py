"""The head motif: many lines over its rhythm, the most memorable one."""
from __future__ import annotations

import random

from backend.music.rule_melody.goals import Score, candidates, note_costs
from backend.music.rule_melody.search import Goal, best_line

ATTEMPTS = 32
_NOISE_OF_ATTEMPT = 1.2
_COMES_HOME = 1.5
_WIDE = (5, 7, 8, 9, 12)
_GENTLE = (3, 4, 5, 7)
_BEST_RANGE = (7, 12)


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
        rating = memorability(line, score.style.hero_leap) + _on_chord(score, line) + _closed(score, line)
        if best is None or rating > best[0]:
            best = (rating, line)
    assert best is not None
    return best[1]


def memorability(line: tuple[int, ...], hero_leap: bool) -> float:
    """A motif has one telling leap that steps fill in, a clear shape with a turn or two, a moderate range and several
    different notes (ratings by ear)."""
    intervals = [b - a for a, b in zip(line, line[1:], strict=False)]
    if not intervals:
        return 0.0
    sizes = [abs(i) for i in intervals]
    telling = [i for i, size in enumerate(sizes) if size in (_WIDE if hero_leap else _GENTLE)]
    rating = (0.0, 1.0, 0.4)[min(2, len(telling))]
    rating += 0.5 * (hero_leap and telling[:1] == [0])
    rating += 0.5 * any(i + 1 < len(sizes) and 0 < sizes[i + 1] <= 2 and intervals[i] * intervals[i + 1] < 0
                        for i in telling)
    span = max(line) - min(line)
    rating += 0.8 if _BEST_RANGE[0] <= span <= _BEST_RANGE[1] else -0.2 * min(abs(span - b) for b in _BEST_RANGE)
    turns = sum(a * b < 0 for a, b in zip(intervals, intervals[1:], strict=False))
    rating += 0.6 if 1 <= turns <= 2 else -0.3 * max(0, turns - 2)
    rating += 1.2 * sum(0 < size <= 2 for size in sizes) / len(sizes)
    rating -= 0.35 * sizes.count(0) + 0.3 * (len(set(intervals)) == 1)
    return rating + 0.3 * min(5, len(set(line)))


def _closed(score: Score, line: tuple[int, ...]) -> float:
    """A motif that fills its section should come home, so that it can end the cue when it returns."""
    whole = score.phrases[0].closes and score.phrases[0].last == len(line) - 1
    return _COMES_HOME * (whole and line[-1] % 12 == score.brief.tonic_pc)


def _on_chord(score: Score, line: tuple[int, ...]) -> float:
    """Share of the accents that lie in the harmony, and a start on the tonic chord."""
    weight = hit = 0.0
    for index, pitch in enumerate(line):
        slot = score.slots[index]
        weight += slot.accent
        hit += slot.accent * (pitch % 12 in score.harmony.at(slot.onset_q).pcs)
    return 1.5 * hit / (weight or 1.0)
