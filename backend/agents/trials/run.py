"""``filmcomposer trials``: FilmComposer's Table 7 for the model at hand."""
from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from backend.agents.ensemble.question import PROMPTINGS, Desk
from backend.agents.trials.arrange_cases import arrangement_cases
from backend.agents.trials.assess_cases import assessment_cases
from backend.agents.trials.case import TASKS, TrialCase
from backend.agents.trials.measure import Tally, count_into
from backend.agents.trials.mix_cases import mix_cases
from backend.agents.trials.table import NOT_RUN, kind_table, level_table
from backend.errors import CapError, OptionError
from backend.files import cannot_write, write_whole

_log = logging.getLogger(__name__)
CASES = 60
"""A task. Fewer widen the intervals."""
MAKERS: dict[str, Callable[[int, int], tuple[TrialCase, ...]]] = {
    "assessment": assessment_cases, "arrangement": arrangement_cases, "mix": mix_cases}
ENVIRONMENT = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
_EVERY = 20
"""Cases between two words about how far it is."""
Say = Callable[[str], None]
DeskAt = Callable[[str], Desk]
"""A desk at a level of prompting."""


def run_trials(*, prompting: str = "all", cases: int = CASES, task: str = "all", model: str | None = None,
               role_models: str | None = None, seed: int = 0, cap_usd: float = 5.0, timeout_s: float = 60.0,
               folder: Path | None = None, say: Say = _log.info) -> str:
    """The table as Markdown; replies and ``trials.md`` go to ``folder``, where a second run finds the replies again.

    ``prompting`` and ``task`` are names with commas between them, or ``all``. Where neither variable of ENVIRONMENT is
    set nobody is asked and every field says "not run". At the cap the table shows what was counted.
    Raises OptionError, EndpointError, OutputError.
    """
    levels, tasks = _names(prompting, PROMPTINGS, "--prompting"), _names(task, TASKS, "--task")
    if cases < 1:
        raise OptionError(f"--cases {cases}: give a number of at least 1; 60 are usual.")
    if not any(os.environ.get(name) for name in ENVIRONMENT):
        return report({}, tasks, levels, "", f"No model is reachable: set {' or '.join(ENVIRONMENT)}.")
    with tempfile.TemporaryDirectory() as passing:
        where, first = _ready(folder or Path(passing)), _once(say)

        def desk_at(level: str) -> Desk:
            from backend.agents.ensemble.opening import open_desk
            return open_desk(model=model, role_models=role_models, prompting=level, seed=seed, cap_usd=cap_usd,
                             timeout_s=timeout_s, folder=where, say=first, replay=None, attempts=1)
        text = measured(desk_at, levels, tasks, {name: MAKERS[name](cases, seed) for name in tasks}, say)
    if folder is not None:
        write_whole(folder / "trials.md", text.encode("utf-8"))
    return text


def _ready(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder


def measured(desk_at: DeskAt, levels: tuple[str, ...], tasks: tuple[str, ...],
             cases: dict[str, tuple[TrialCase, ...]], say: Say = _log.info) -> str:
    """The report on the desks' answers."""
    results: dict[tuple[str, str], Tally] = {}
    model, why = "", ""
    try:
        for level in levels:
            desk = desk_at(level)
            model = desk.model
            for task in tasks:
                found = results.setdefault((level, task), Tally())
                count_into(found, cases[task], desk, _progress(say, f"{level}, {task}", len(cases[task])))
    except CapError as error:
        why = str(error)
    return report(results, tasks, levels, model, why)


def report(results: dict[tuple[str, str], Tally], tasks: tuple[str, ...], levels: tuple[str, ...], model: str,
           why: str) -> str:
    """Title, table, kinds of the last level that was counted."""
    title = f"First replies that pass schema and checks and agree with the known answer: {model or NOT_RUN}."
    note = "In brackets the 95 % interval by Wilson. The paper's column has other cases, judges and models."
    parts = [title, level_table(results, tasks, levels), *([why] if why else []), note]
    counted = [level for level in levels if any(results[key].counted for key in results if key[0] == level)]
    if counted:
        parts += [f"By kind of case at the level {counted[-1]}:", kind_table(results, counted[-1])]
    return "\n\n".join(parts) + "\n"


def _names(text: str, known: tuple[str, ...], flag: str) -> tuple[str, ...]:
    wanted = known if text.strip() == "all" else tuple(word.strip() for word in text.split(",") if word.strip())
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        raise OptionError(f"{flag} '{(unknown or [text])[0]}': choose all or some of {', '.join(known)}.")
    return tuple(name for name in known if name in wanted)


def _progress(say: Say, what: str, count: int) -> Callable[[int], None]:
    def done(number: int) -> None:
        if number % _EVERY == 0 or number == count:
            say(f"  {what}: {number} of {count} cases asked")
    return done


def _once(say: Say) -> Say:
    """Every chat lists anew what leaves the machine; in hundreds of cases once is enough."""
    said: set[str] = set()

    def first(text: str) -> None:
        if text not in said:
            said.add(text)
            say(text)
    return first
