"""A recorded run is played again over HTTP to whoever puts the same questions."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.agents.ensemble.arrange import experts as models
from backend.agents.ensemble.opening import open_desk
from backend.agents.stand_in import Adversarial, Asked, Breakdown, Recorded, Responder, StandIn
from backend.domain.scheme import ArrangementScheme
from backend.domain.score import Score
from backend.errors import InputError
from backend.rounds import ArrangementExperts, arrange_in_rounds
from tests.agents.sample_cue import request


def arranged(responder: Responder, folder: Path, monkeypatch: pytest.MonkeyPatch
             ) -> tuple[tuple[Score, ArrangementScheme], int]:
    """Score, scheme and number of requests."""
    with StandIn(responder) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        desk = open_desk(model=None, role_models=None, prompting="role", seed=2, cap_usd=1.0, timeout_s=60,
                         folder=folder, say=lambda line: None, replay=None)
        experts = ArrangementExperts(
            models.ModelAnalyzer(desk=desk), models.ModelArranger(desk=desk), models.ModelVoices(desk=desk),
            models.ModelCaster(desk=desk), models.ModelVolume(desk=desk), models.ModelMixer(desk=desk),
            models.ModelReviewer(desk=desk))
        return arrange_in_rounds(request(), experts, "cue"), len(server.requests)


def test_the_same_questions_get_the_same_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = ("prose_wrapped", "unknown_instrument", "not_a_number", "wrong_measure_count")
    first, asked_first = arranged(Adversarial(4, faults, rate=0.6), tmp_path / "first", monkeypatch)
    second, asked_second = arranged(Recorded(tmp_path / "first"), tmp_path / "second", monkeypatch)
    assert second == first
    assert asked_second == asked_first >= 7


def test_what_was_never_asked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arranged(Adversarial(1, rate=0.0), tmp_path, monkeypatch)
    body = {"model": "m", "messages": [{"role": "user", "content": "What is the time?"}]}
    refused = Recorded(tmp_path)(Asked("m", "", "What is the time?", body=body))
    assert refused == Breakdown("status", 400, message="This question was not put in the recorded run.")


def test_a_folder_without_a_record(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no recorded replies"):
        Recorded(tmp_path)
    (tmp_path / "agents" / "replies").mkdir(parents=True)
    (tmp_path / "agents" / "replies" / "0.json").write_text("{}")
    with pytest.raises(InputError, match="is no recorded reply"):
        Recorded(tmp_path)
