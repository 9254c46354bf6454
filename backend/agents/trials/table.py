"""The table of the trials: levels down, tasks across, FilmComposer's figures beside."""
from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.agents.ensemble.question import PROMPTINGS
from backend.agents.trials.case import TASKS
from backend.agents.trials.measure import Tally
from backend.agents.trials.wilson import wilson

Results = Mapping[tuple[str, str], Tally]
"""By (level, task)."""
NOT_RUN = "not run"
NAMES = {"order": "speaking order", "role": "+ role", "few-shot": "+ few-shot", "cot": "+ chain of thought"}
PAPER = {"assessment": (77, 80, 85, 92), "arrangement": (47, 53, 64, 89), "mix": (57, 67, 77, 91)}
"""FilmComposer, Table 7, in per cent, in the order of the levels. Its cases, judges and models are others: for
orientation only."""


def share(tally: Tally | None) -> str:
    """``52/60 = 87 % (76-93)``, and why the others failed."""
    if tally is None or tally.counted == 0:
        return f"no reply; {tally.outcomes['lost']} lost" if tally and tally.outcomes["lost"] else NOT_RUN
    hits, count = tally.outcomes["agrees"], tally.counted
    low, high = wilson(hits, count)
    why = [f"{number} {word}" for word, number in (("faulty", tally.outcomes["faulty"]),
                                                   ("differ", tally.outcomes["differs"])) if number]
    lost = [f"{tally.outcomes['lost']} lost"] if tally.outcomes["lost"] else []
    return f"{hits}/{count} = {hits / count:.0%} ({low:.0%}-{high:.0%})".replace("%", " %") + (
        f"; {', '.join(why + lost)}" if why or lost else "")


def level_table(results: Results, tasks: Iterable[str] = TASKS, levels: Iterable[str] = PROMPTINGS) -> str:
    """Markdown."""
    named = tuple(tasks)
    head = ["level", *(cell for task in named for cell in (task, "paper"))]
    rows = [[NAMES[level], *(cell for task in named for cell in (
        share(results.get((level, task))), f"{PAPER[task][PROMPTINGS.index(level)]} %"))] for level in levels]
    return _markdown(head, rows)


def kind_table(results: Results, level: str) -> str:
    """Every kind of case at one level, "" where nothing was counted."""
    rows = []
    for task in TASKS:
        found = results.get((level, task))
        for kind, counts in sorted((found.kinds if found else {}).items()):
            count = counts.total() - counts["lost"]
            rows.append([task, kind, f"{counts['agrees']} of {count}", str(counts["faulty"]), str(counts["differs"])])
    return _markdown(["task", "kind", "right", "faulty", "differ"], rows) if rows else ""


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
