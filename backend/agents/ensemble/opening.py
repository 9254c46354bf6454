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
from backend.agents.ensemble.question import LineLost, Message, Reply
from backend.errors import EndpointError, ReplayError


def open_desk(*, model: str | None, role_models: str | None, prompting: str, seed: int, cap_usd: float,
              timeout_s: float, folder: Path | None, say: Callable[[str], None], replay: Path | None) -> AnswerDesk:
    """Nobody is asked anything yet, but for the list of models where none is named. A replay needs no environment; nor
    does a folder in which models were asked before, as long as nothing is asked: there the first question fails.
    What ``say`` gets stands two spaces in, as the other lines of a run do.

    Raises EndpointError, OptionError for role models, ReplayError for a folder without a recorded run.
    """
    roles = role_models_from(role_models)

    def tell(text: str) -> None:
        say(f"  {text}")

    if replay is not None:
        recorded = remembered_models(replay)
        endpoint, models = None, Models(model or recorded.main, roles or recorded.roles, recorded.local)
    else:
        known = _known(folder)
        try:
            endpoint = endpoint_from(os.environ)
            models = Models(model or _found(endpoint, known), roles, endpoint.is_local)
        except EndpointError as error:
            if known is None:
                raise
            return AnswerDesk(NobodyThere(error), model=Models(model or known.main, roles).name, prompting=prompting,
                              seed=seed, folder=folder, say=tell, sent_to="")
    line = OpenAILine(endpoint, models, Replies(folder, replay), cap_usd, say=tell,
                      patience=replace(PATIENCE, timeout_s=timeout_s))
    return AnswerDesk(line, model=models.name, prompting=prompting, seed=seed, folder=folder, say=tell,
                      sent_to=endpoint.host if endpoint else "", local=models.local)


class NobodyThere:
    """Implements ``question.Line`` where no server is named: whoever asks is told so."""

    def __init__(self, error: EndpointError) -> None:
        self._error = error

    def say(self, message: Message) -> Reply:
        """Raises EndpointError."""
        raise self._error

    def say_all(self, messages: tuple[Message, ...]) -> tuple[Reply | LineLost, ...]:
        """Raises EndpointError."""
        raise self._error

    def begin(self, chat: str) -> None:
        """Nobody hears it."""


def _known(folder: Path | None) -> Models | None:
    """Who was asked in this folder before."""
    if folder is None:
        return None
    try:
        return remembered_models(folder)
    except ReplayError:
        return None


def _found(endpoint: Endpoint, known: Models | None) -> str:
    """The server's one model; the folder's where the server does not say. Raises EndpointError."""
    try:
        return sole_model(endpoint)
    except EndpointError:
        if known is None:
            raise
        return known.main


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
