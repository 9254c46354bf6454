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
    shown_models,
)
from backend.agents.ensemble.line.failures import failure_of
from backend.agents.ensemble.line.line import OpenAILine
from backend.agents.ensemble.line.replies import Replies, remembered_models
from backend.errors import EndpointError, ReplayError


def open_desk(*, model: str | None, role_models: str | None, prompting: str, seed: int, cap_usd: float,
              timeout_s: float, folder: Path | None, say: Callable[[str], None], replay: Path | None,
              note: str = "", attempts: int = 2) -> AnswerDesk:
    """Nobody is asked anything yet. The model's name is ``model``, or the one that was asked in this folder before;
    only where neither is known, or a name is new here, the server is asked for its list. Whatever else stands in the
    way is said by the first question that no recorded reply answers, so that what asks nobody needs no server. A replay
    goes by the recorded run's models. ``note`` is the composer's wish, for the record. What ``say`` gets
    stands two spaces in, as the other lines of a run do.

    Raises EndpointError where no model is known by name, or a server on this machine or network has none of that name;
    OptionError for role models, ReplayError for a folder without a recorded run.
    """
    roles = role_models_from(role_models)

    def tell(text: str) -> None:
        say(f"  {text}")

    endpoint: Endpoint | EndpointError | None = None
    if replay is not None:
        models = remembered_models(replay)
        models = models if models.chats else replace(models, main=model or models.main, roles=roles or models.roles)
    else:
        endpoint, known = _endpoint(), _known(folder)
        models = _models(endpoint, model, roles, known, min(LIST_S, timeout_s))
        if known is None and isinstance(endpoint, EndpointError):
            tell(str(endpoint))
    line = OpenAILine(endpoint, models, Replies(folder, replay), cap_usd, say=tell,
                      patience=replace(PATIENCE, timeout_s=timeout_s))
    return AnswerDesk(line, model=models.name, prompting=prompting, seed=seed, folder=folder, say=tell,
                      sent_to=endpoint.host if isinstance(endpoint, Endpoint) else "", local=models.local, note=note,
                      of=lambda speaker: dict(models.roles).get(speaker, models.main), attempts=attempts)


def _endpoint() -> Endpoint | EndpointError:
    """The environment's, or what is wrong with it."""
    try:
        return endpoint_from(os.environ)
    except EndpointError as error:
        return error


def _models(endpoint: Endpoint | EndpointError, model: str | None, roles: tuple[tuple[str, str], ...],
            known: Models | None, timeout_s: float) -> Models:
    """Who will be asked. Raises EndpointError."""
    local = endpoint.is_local if isinstance(endpoint, Endpoint) else bool(known and known.local)
    named = model or (known.main if known else "")
    if not named and isinstance(endpoint, EndpointError):
        raise endpoint
    models = Models(named, roles, local)
    if known is not None or isinstance(endpoint, EndpointError):
        return models
    try:
        listed = models_at(endpoint, timeout_s)
    except EndpointError:
        if named:
            return models
        raise
    models = replace(models, main=named or only_model(listed, endpoint.host))
    _check_listed(models, listed, endpoint)
    return models


def _check_listed(models: Models, listed: tuple[str, ...], endpoint: Endpoint) -> None:
    """A name that a server of one's own does not list is wrong, as far as it lists any; hosted ones take names besides
    those. Raises EndpointError."""
    there = {name.lower().removesuffix(":latest") for name in listed}
    for name in models.names if there and endpoint.is_local else ():
        if name.lower().removesuffix(":latest") not in there:
            raise EndpointError(f"{endpoint.host} has no model '{name}'. Name one it has with --model or "
                                f"--role-models: {shown_models(listed)}.")


def _known(folder: Path | None) -> Models | None:
    """Who was asked in this folder before."""
    if folder is None:
        return None
    try:
        return remembered_models(folder)
    except ReplayError:
        return None


def models_at(endpoint: Endpoint, timeout_s: float = LIST_S) -> tuple[str, ...]:
    """What the server lists. Raises EndpointError in words for people."""
    try:
        return list_models(endpoint, timeout_s)
    except (openai.OpenAIError, TypeError, ValueError, AttributeError) as error:
        failure = failure_of(error, endpoint, "", timeout_s)
        raise EndpointError(f"{failure.reason[:1].upper()}{failure.reason[1:]}. {failure.advice}") from None
