"""What every speaker is told of a 60-bar cue fits into small contexts, by the upper bound of a token's worth."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Asked, ...]:
    """Every request of an assessment and an arrangement, with a long note."""
    cue = replace(request(duration_s=_SECONDS), note="Less brass, hold back until the door. " * 8)
    scripted = Scripted()
    with pytest.MonkeyPatch.context() as environment, StandIn(scripted) as server:
        environment.setenv("OPENAI_BASE_URL", server.base_url)
        desk = open_desk(model="stand-in", role_models=None, prompting="cot", seed=1, cap_usd=5.0, timeout_s=120,
                         folder=tmp_path_factory.mktemp("sizes") / Path("out"), say=lambda line: None, replay=None)
        EnsembleAssessor(desk).assess(cue.melody, cue.tempo_map, cue.brief, False)
        experts = ArrangementExperts(
            models.ModelAnalyzer(desk=desk), models.ModelArranger(desk=desk), models.ModelVoices(desk=desk),
            models.ModelCaster(desk=desk), models.ModelVolume(desk=desk), models.ModelMixer(desk=desk),
            models.ModelReviewer(desk=desk))
        score, _ = arrange_in_rounds(cue, experts, "cue")
        assert cue.tempo_map.bar_count == 60 and scripted.complaints == ()
        assert sum(bool(part.notes) for part in score.parts) >= 8
        return tuple(server.asked)


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
