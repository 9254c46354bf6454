"""Opens the desk for one run: from the environment and the arguments, or from a recorded run."""
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openai

from backend.agents.ensemble.desk.desk import AnswerDesk
from backend.agents.ensemble.line.calling import PATIENCE
from backend.agents.ensemble.line.endpoint import (
    LIST_S,
    Endpoint,
    Models,
    endpoint_from,
    list_models,
    only_model,
    role_models_from,
)
from backend.agents.ensemble.line.failures import failure_of
from backend.agents.ensemble.line.line import OpenAILine
from backend.agents.ensemble.line.replies import Replies, remembered_models
from backend.errors import EndpointError


def open_desk(*, model: str | None, role_models: str | None, prompting: str, seed: int, cap_usd: float,
              timeout_s: float, folder: Path | None, say: Callable[[str], None], replay: Path | None) -> AnswerDesk:
    """Nobody is asked anything yet, but for the list of models where none is named. A replay needs no environment.
    What ``say`` gets stands two spaces in, as the other lines of a run do.

    Raises EndpointError, OptionError for role models, ReplayError for a folder without a recorded run.
    """
    roles = role_models_from(role_models)
    if replay is not None:
        recorded = remembered_models(replay)
        endpoint, models = None, Models(model or recorded.main, roles or recorded.roles, recorded.local)
    else:
        endpoint = endpoint_from(os.environ)
        models = Models(model or sole_model(endpoint), roles, endpoint.is_local)

    def tell(text: str) -> None:
        say(f"  {text}")

    line = OpenAILine(endpoint, models, Replies(folder, replay), cap_usd, say=tell,
                      patience=replace(PATIENCE, timeout_s=timeout_s))
    return AnswerDesk(line, model=models.name, prompting=prompting, seed=seed, folder=folder, say=tell,
                      sent_to=endpoint.host if endpoint else "", local=models.local)


def sole_model(endpoint: Endpoint) -> str:
    """The model of a server that has one. Raises EndpointError."""
    return only_model(models_at(endpoint), endpoint.host)


def models_at(endpoint: Endpoint) -> tuple[str, ...]:
    """What the server lists. Raises EndpointError in words for people."""
    try:
        return list_models(endpoint)
    except (openai.OpenAIError, TypeError, ValueError, AttributeError) as error:
        failure = failure_of(error, endpoint, "", LIST_S)
        raise EndpointError(f"{failure.reason[:1].upper()}{failure.reason[1:]}. {failure.advice}") from None
