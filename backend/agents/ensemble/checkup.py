"""What a server can do, found out by asking it: structured output, eyes, how much it reads. One line each."""
from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from backend.agents.ensemble.line.calling import PATIENCE
from backend.agents.ensemble.line.endpoint import Endpoint, Models, endpoint_from, only_model, role_models_from
from backend.agents.ensemble.line.line import OpenAILine
from backend.agents.ensemble.line.replies import Replies
from backend.agents.ensemble.line.spending import price_note
from backend.agents.ensemble.line.tokens import DENSE_CHARACTERS, text_tokens
from backend.agents.ensemble.opening import models_at
from backend.agents.ensemble.prompts import section
from backend.agents.ensemble.question import LineLost, Message, Reply
from backend.domain.ensemble import Still

SPEAKER = "doctor"
CONTEXT_TOKENS = (2_000, 4_000, 8_000, 16_000)
"""By the upper bound of tokens.py; melody-only cues need 8k of it, eight voices 16k."""
NEEDED_TOKENS = 8_000
_TIMEOUT_S = 120.0
_SHOWN = 8
_MORE_CONTEXT = ("Ollama OLLAMA_CONTEXT_LENGTH=16384, llama.cpp -c 16384, vLLM --max-model-len 16384, LM Studio in its "
                 "settings of the model")
_PICTURE_PX = (120, 240)
_SYSTEM = section("duty", "You are asked small questions to find out what you can do.") + "\n\n" + section(
    "output", 'One JSON object and nothing around it: {"answer": 123}, with the whole number that is asked for.')
_SCHEMA: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": ["answer"],
                           "properties": {"answer": {"type": "integer"}}}


@dataclass(frozen=True)
class Check:
    """``good`` False says that the ensemble cannot work with this model."""

    name: str
    good: bool
    text: str


def check_models(environment: Mapping[str, str], model: str | None, role_models: str | None,
                 say: Callable[[str], None]) -> bool:
    """The whole of ``doctor --llm``: the endpoint, its models, and every model that a run would ask.

    Raises EndpointError, OptionError.
    """
    def tell(check: Check) -> None:
        say(f"{check.name:<18} {'ok' if check.good else 'NO':<3} {check.text}")

    roles = role_models_from(role_models)
    endpoint = endpoint_from(environment)
    listed = models_at(endpoint)
    where = "on this machine or network" if endpoint.is_local else "hosted: what is sent leaves this machine"
    tell(Check("endpoint", True, f"{endpoint.host}, {where}; lists {_counted(listed)}"))
    chosen = Models(model or only_model(listed, endpoint.host), roles, endpoint.is_local)
    good = True
    for name in chosen.names:
        known = "" if name in listed else ": not in the server's list, asked all the same"
        tell(Check("model", True, f"{name}{known}"))
        good = check_up(endpoint, name, tell) and good
    if note := price_note(chosen):
        tell(Check("price", True, note))
    return good


def _counted(listed: tuple[str, ...]) -> str:
    shown = ", ".join(listed[:_SHOWN]) + (f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else "")
    return f"{len(listed)} model{'s' * (len(listed) != 1)}" + (f": {shown}" if listed else "")


def check_up(endpoint: Endpoint, model: str, tell: Callable[[Check], None], number: Callable[[], int] | None = None,
             timeout_s: float = _TIMEOUT_S) -> bool:
    """Ask one model of a server what it can do, telling each finding as it comes; whether the ensemble can use it.

    ``number`` gives the numbers that have to come back (by default ones nobody can guess). Raises EndpointError.
    """
    examination = _Examination(endpoint, model, number or (lambda: random.SystemRandom().randrange(100, 1000)),
                               timeout_s)
    try:
        good = True
        for look in (examination.structure, examination.vision, examination.context, examination.parameters):
            check = look()
            if check is not None:
                tell(check)
                good = good and check.good
            if look == examination.structure and not good:
                break  # a model that does not answer a plain question tells nothing about its eyes
        return good
    finally:
        examination.line.close()


class _Examination:
    def __init__(self, endpoint: Endpoint, model: str, number: Callable[[], int], timeout_s: float) -> None:
        self.line = OpenAILine(endpoint, Models(model, (), endpoint.is_local), Replies(None), cap_usd=1.0,
                               patience=replace(PATIENCE, timeout_s=timeout_s))
        self._model, self._number = model, number

    def structure(self) -> Check:
        """The first question: EndpointError here is the endpoint's."""
        number = self._number()
        said = self.line.say(_message(section("cue", f"Answer with the number {number}."))).text
        followed = _answer(said) == number
        if not followed:
            return Check("structured output", False, f"asked for {number}, {self._model} answers '{_short(said)}'. "
                         "Choose a model that follows instructions (8B parameters or more)")
        if "response_format" in self.line.refused:
            return Check("structured output", True, "JSON, but the server takes no schema; replies are checked all the "
                         "same. Newer versions of vLLM, Ollama, llama.cpp and LM Studio take one")
        return Check("structured output", True, "JSON by schema")

    def vision(self) -> Check:
        number = self._number()
        said = self._heard(section("cue", "Answer with the number in the picture."),
                           (Still(0.0, 0, 1, drawn_number(number)),))
        if isinstance(said, Reply) and _answer(said.text) == number:
            return Check("vision", True, f"read {number} in a drawn picture")
        seen = f"{number} was drawn, '{_short(said.text)}' is read" if isinstance(said, Reply) else str(said)
        return Check("vision", True, f"none ({seen}). Choose a model that sees for --describer vision, or stay with "
                                     "--describer measured")

    def context(self) -> Check:
        """The number stands at the very beginning, where servers that cut a long prompt cut first."""
        best, counted, trouble = 0, 0, ""
        for size in CONTEXT_TOKENS:
            number = self._number()
            said = self._heard(long_task(number, size))
            if not isinstance(said, Reply):
                trouble = str(said)
                break
            if _answer(said.text) != number:
                trouble = f"of {size:,} tokens the first line was not read: '{_short(said.text)}'"
                break
            best, counted = size, said.tokens_in
        text = f"{best:,} tokens by our bound" if best else f"less than {CONTEXT_TOKENS[0]:,} tokens by our bound"
        text += (f" ({counted:,} as the server counts)" if counted else "")
        if best >= CONTEXT_TOKENS[-1]:
            return Check("context", True, f"{text}: enough for every cue")
        enough = "enough for a cue with one melody, too little for eight voices" if best >= NEEDED_TOKENS else (
            "too little")
        return Check("context", best >= NEEDED_TOKENS, f"{text}: {enough} ({trouble}). Give the model more: "
                     f"{_MORE_CONTEXT}")

    def parameters(self) -> Check | None:
        refused = sorted(self.line.refused - {"response_format"})
        if not refused:
            return None
        return Check("parameters", True, f"{' and '.join(refused)} not taken; asked without. The same run comes again "
                                         "by --replay only")

    def _heard(self, task: str, stills: tuple[Still, ...] = ()) -> Reply | LineLost:
        """A question whose failure is a finding."""
        return self.line.say_all((_message(task, stills),))[0]


def _message(task: str, stills: tuple[Still, ...] = ()) -> Message:
    return Message(SPEAKER, SPEAKER, _SYSTEM, task, _SCHEMA, stills, temperature=0.0)


def long_task(number: int, tokens: int) -> str:
    """A table of ``tokens`` tokens by the upper bound whose first row alone has the key."""
    rows, rng = ["m,t_s,motion,key", f"1,0.000,0.512,{number}"], random.Random(tokens)
    head = section("cue", "In TABLE, what is the key of measure 1? Answer with it.") + "\n\n"
    room = float(tokens - text_tokens(_SYSTEM)) - text_tokens(head + section("table", "\n".join(rows)))
    while room > 0:
        row = f"{len(rows)},{2.4 * (len(rows) - 1):.3f},{rng.random():.3f},0"
        rows.append(row)
        room -= (len(row) + 1) / DENSE_CHARACTERS
    return head + section("table", "\n".join(rows))


def drawn_number(number: int) -> bytes:
    """A number in black on white, as a JPEG."""
    picture = np.full((*_PICTURE_PX, 3), 255, np.uint8)
    cv2.putText(picture, str(number), (20, 90), cv2.FONT_HERSHEY_SIMPLEX, 3.0, (0, 0, 0), 8)
    done, jpeg = cv2.imencode(".jpg", picture)
    assert done
    return bytes(jpeg.tobytes())


def _answer(reply: str) -> int | None:
    """The number of a reply, fences and prose around its object forgiven."""
    found = re.search(r"\{[^{}]*\}", reply)
    try:
        answer = json.loads(found[0]).get("answer") if found else None
        return int(answer) if answer is not None else None
    except (ValueError, TypeError):
        return None


def _short(text: str) -> str:
    return " ".join(text.split())[:60]
