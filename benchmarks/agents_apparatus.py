"""Do the trials of models tell, and how much can a reviewer move? Stand-ins with known behaviour; no model is asked.

The first table puts the trials' cases to those who read everything, contradict everything, spoil everything or pass
everything, in this process. The second counts close calls of drawn melodies, whole and spoilt, and what becomes of
their acceptance when reviewers pass, or fail, all of them.

    python benchmarks/agents_apparatus.py [--cases 60] [--melodies 48]
"""
from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.agents.ensemble.assess.settling import CLOSE, PASS_MARK, settle  # noqa: E402
from backend.agents.ensemble.assess.shapes import CriterionVerdict, PanelVerdict  # noqa: E402
from backend.agents.rules.assessor import CriteriaAssessor  # noqa: E402
from backend.agents.stand_in import Adversarial, Responder, Scripted  # noqa: E402
from backend.agents.trials.case import TASKS  # noqa: E402
from backend.agents.trials.faults import FAULTS  # noqa: E402
from backend.agents.trials.measure import Tally, tally  # noqa: E402
from backend.agents.trials.run import MAKERS  # noqa: E402
from backend.agents.trials.scenes import Scene, drafts, draw  # noqa: E402
from backend.domain.assessment import Assessment  # noqa: E402
from tests.agents.trials.readers import Contrary, Passing, Reader  # noqa: E402
from tests.agents.trials.test_trials_measure import desk  # noqa: E402

SPOILING = ("wrong_measure_count", "unknown_instrument", "not_a_number", "ten_times_pan", "changed_key",
            "contradicting_reviewer", "sycophantic_reviewer", "language_mixing", "lone_surrogates", "obeys_titles",
            "wrong_types", "extra_fields", "long_winded", "no_envelope", "copied_example", "prose_wrapped", "fenced",
            "twice", "truncated", "empty", "deep_nesting")
WHO: tuple[tuple[str, Callable[[], Responder], tuple[str, ...]], ...] = (
    ("reads every table, wishes and how the picture ends (must be near 100 %)", Reader, TASKS),
    ("the script of `python -m backend stand-in`", Scripted, TASKS),
    ("good form, opposite content (must be near 0)", Contrary, TASKS),
    ("every reply spoilt in some way of twenty-one, some of them harmless",
     lambda: Adversarial(3, SPOILING, 1.0, inner=Reader()), TASKS),
    ("passes every criterion", Passing, ("assessment",)))
SPOILT_EACH = 5


def known_behaviour(count: int) -> str:
    """Markdown: who answers, and how often that agrees."""
    rows = []
    for name, make, tasks in WHO:
        found = [tally(MAKERS[task](count, 0), desk(make())) if task in tasks else None for task in TASKS]
        rows.append(" | ".join((name, *(_cell(one) for one in found))))
    return _table(("who answers", *TASKS), rows)


def _cell(found: Tally | None) -> str:
    if found is None:
        return ""
    wrong = [f"{counts['differs']} {kind}" for kind, counts in sorted(found.kinds.items()) if counts["differs"]]
    few = f" ({', '.join(wrong)})" if 0 < len(wrong) <= 2 else ""
    return f"{found.outcomes['agrees']}/{found.counted}{few}"


def reach_of_reviewers(count: int) -> str:
    """Markdown: close calls, and acceptance moved by reviewers who call everything the same."""
    judged = [CriteriaAssessor().assess(one.melody, one.tempo_map, one.brief, False) for one in _melodies(count)]
    ratings = [c.rating for found in judged for c in found.criteria if c.rating is not None]
    close = sum(abs(rating - PASS_MARK) <= CLOSE for rating in ratings)
    moved = [sum(_settled(found, passed).accepted != found.accepted for found in judged) for passed in (True, False)]
    return _table(("what", "how many"), [
        f"melodies, of them accepted by the figures | {len(judged)}, {sum(found.accepted for found in judged)}",
        f"ratings, of them close calls | {len(ratings)}, {close} = {close / len(ratings):.1%}".replace("%", " %"),
        f"acceptance changed where reviewers pass everything | {moved[0]}",
        f"acceptance changed where reviewers fail everything | {moved[1]}"])


def _melodies(count: int) -> list[Scene]:
    """Drawn ones, and each of them with some faults."""
    out, rng = [], random.Random(0)
    for draft in drafts(1, "reach", count, (12, 14, 16), ((4, 4), (3, 4), (6, 8))):
        scene = draw(draft)
        spoilt = [fault.plant(scene, rng) for fault in rng.sample(FAULTS, SPOILT_EACH)]
        out += [scene, *(replace(scene, melody=one.melody, brief=one.brief) for one in spoilt)]
    return out


def _settled(found: Assessment, passed: bool) -> Assessment:
    verdicts = tuple(CriterionVerdict(c.id, passed, "rating", (), "as I hear it") for c in found.criteria
                     if c.rating is not None)
    return settle(found, (("mode", PanelVerdict(verdicts, ())),), "all the same")


def _table(head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join(("| " + " | ".join(head) + " |", "|" + "---|" * len(head), *(f"| {row} |" for row in rows)))


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=60, help="cases a task")
    parser.add_argument("--melodies", type=int, default=48, help="drawn melodies")
    given = parser.parse_args()
    print(known_behaviour(given.cases), reach_of_reviewers(given.melodies), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
