"""Adapters are called after everything that makes their answers others: those names decide what is made again."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.agents.ensemble.arrange.experts import ModelCaster, ModelReviewer
from backend.agents.ensemble.assess.assessor import EnsembleAssessor
from backend.agents.ensemble.eyes.describer import VisionDescriber
from backend.agents.ensemble.opening import open_desk
from backend.agents.ensemble.reviser import ModelReviser
from backend.agents.stand_in import Scripted, StandIn
from backend.video.describe import MeasuredDescriber
from tests.agents.ensemble.asked_questions import GreyFrames

ROLES = "instrument=stand-in-2,melody=stand-in-3,visual=stand-in-4,reviser=stand-in-5"


def names(monkeypatch: pytest.MonkeyPatch, folder: Path, prompting: str, roles: str | None) -> list[str]:
    """Caster, reviewer, assessor, describer, reviser."""
    with StandIn(Scripted(), model=("stand-in", *(f"stand-in-{n}" for n in range(2, 6)))) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        desk = open_desk(model="stand-in", role_models=roles, prompting=prompting, seed=0, cap_usd=1.0, timeout_s=30.0,
                         folder=folder, say=lambda text: None, replay=None)
        return [ModelCaster(desk=desk).name, ModelReviewer(desk=desk).name, EnsembleAssessor(desk).name,
                VisionDescriber(desk, GreyFrames(), MeasuredDescriber()).name, ModelReviser(desk).name]


def test_one_speakers_model_is_in_its_own_name_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert names(monkeypatch, tmp_path, "cot", None) == [
        "llm-instrument:stand-in", "llm-reviewer:stand-in", "llm-assess:stand-in", "vision:stand-in", "stand-in"]
    assert names(monkeypatch, tmp_path, "cot", ROLES) == [
        "llm-instrument:stand-in-2", "llm-reviewer:stand-in", "llm-assess:stand-in+melody=stand-in-3",
        "vision:stand-in-4", "stand-in-5"]


@pytest.mark.parametrize("prompting", ["order", "role", "few-shot"])
def test_less_prompting_is_in_every_name(prompting: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert names(monkeypatch, tmp_path, prompting, "instrument=stand-in-2")[:4] == [
        f"llm-instrument:stand-in-2 ({prompting})", f"llm-reviewer:stand-in ({prompting})",
        f"llm-assess:stand-in ({prompting})", f"vision:stand-in ({prompting})"]
