"""What every speaker is told of a 60-bar cue fits into small contexts, by the upper bound of a token's worth."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.agents.ensemble.arrange import experts as models
from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.line.tokens import text_tokens
from backend.agents.ensemble.opening import open_desk
from backend.agents.ensemble.prompts import SPEAKERS
from backend.agents.stand_in import Asked, Scripted, StandIn
from backend.rounds import ArrangementExperts, arrange_in_rounds
from tests.agents.sample_cue import request

_SECONDS = 144
_WORDS = "They move and so does the music, louder where it moves more. " * 8
"""As many as a summary may have."""


class Faulty:
    """First replies as ``spoilt`` makes them out of good ones, second replies right; everybody is talkative."""

    def __init__(self, spoilt: Callable[[Any], str]) -> None:
        self.good, self._spoilt = Scripted(), spoilt

    def __call__(self, asked: Asked) -> str:
        answer = {**json.loads(self.good(asked)), "reasoning_summary": _WORDS}
        return json.dumps(answer) if asked.errors else self._spoilt(answer)


def _all_wrong(answer: Any) -> str:
    """Every leaf of the payload has another type."""
    return json.dumps({**answer, "payload": _turned(answer["payload"])})


def _turned(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: value if key in ("m", "part", "track_index", "id", "option") else _turned(value)
                for key, value in node.items()}
    return [_turned(item) for item in node] if isinstance(node, list) else {"value": node}


def _one_wrong(answer: Any) -> str:
    """The first field of the payload has something too much, or in it its last item."""
    first = next(value for value in answer["payload"].values())
    place = first[-1] if isinstance(first, list) and first and isinstance(first[-1], dict) else answer["payload"]
    place["colour"] = "red"
    return json.dumps(answer)


def _told(responder: Scripted | Faulty, folder: Path) -> tuple[Asked, ...]:
    """Every request of an assessment and an arrangement, with a long note."""
    cue = replace(request(duration_s=_SECONDS), note="Less brass, hold back until the door. " * 8)
    with pytest.MonkeyPatch.context() as environment, StandIn(responder) as server:
        environment.setenv("OPENAI_BASE_URL", server.base_url)
        desk = open_desk(model="stand-in", role_models=None, prompting="cot", seed=1, cap_usd=5.0, timeout_s=120,
                         folder=folder, say=lambda line: None, replay=None)
        EnsembleAssessor(desk).assess(cue.melody, cue.tempo_map, cue.brief, False)
        experts = ArrangementExperts(
            models.ModelAnalyzer(desk=desk), models.ModelArranger(desk=desk), models.ModelVoices(desk=desk),
            models.ModelCaster(desk=desk), models.ModelVolume(desk=desk), models.ModelMixer(desk=desk),
            models.ModelReviewer(desk=desk))
        score, _ = arrange_in_rounds(cue, experts, "cue")
        assert cue.tempo_map.bar_count == 60 and _scripted(responder).complaints == ()
        assert sum(bool(part.notes) for part in score.parts) >= 8
        return tuple(server.asked)


def _scripted(responder: Scripted | Faulty) -> Scripted:
    return responder.good if isinstance(responder, Faulty) else responder


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, ...]:
    return _told(Scripted(), tmp_path_factory.mktemp("sizes") / "out")


@pytest.mark.parametrize("spoilt", [_all_wrong, _one_wrong])
def test_second_attempts_fit_as_well(spoilt: Callable[[Any], str], tmp_path: Path) -> None:
    """However much of the first reply is wrong, with everything that the others say."""
    asked = _told(Faulty(spoilt), tmp_path)
    second = {one.speaker: sum(map(text_tokens, (one.system, one.task, *one.said, one.errors)))
              for one in asked if one.errors}
    assert set(second) == {*SPEAKERS["assess"], *SPEAKERS["arrange"]}
    assert second.pop("reviewer") <= 16_000
    assert max(second.values()) <= 8_000, second


def test_sixty_bars_fit(told: tuple[Asked, ...]) -> None:
    """8k each; 16k for the reviewer, who reads eight voices."""
    sizes = {asked.speaker: text_tokens(asked.system) + text_tokens(asked.task) for asked in told}
    assert set(sizes) == {*SPEAKERS["assess"], *SPEAKERS["arrange"]}
    assert sizes.pop("reviewer") <= 16_000
    assert max(sizes.values()) <= 8_000, sizes


def test_the_static_part_comes_first_and_is_the_same(told: tuple[Asked, ...]) -> None:
    """So that servers can keep it; nothing of a cue is in it."""
    for asked in told:
        first = asked.body["messages"][0]
        assert first["role"] == "system" and first["content"] == asked.system
        assert "=== CUE" not in asked.system and "=== TABLE" not in asked.system
        assert "hold back until the door" not in asked.task.split("=== NOTE")[0]
        assert len(asked.body["messages"]) == 2
