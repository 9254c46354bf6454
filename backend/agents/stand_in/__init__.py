"""A local OpenAI-compatible server for tests and for trying the ensemble out, with no model behind it."""
from __future__ import annotations

from backend.agents.stand_in.adversarial import BREAKDOWNS, FAULTS, Adversarial
from backend.agents.stand_in.asked import Asked
from backend.agents.stand_in.breakdown import Breakdown
from backend.agents.stand_in.recorded import Recorded
from backend.agents.stand_in.scripted import Scripted
from backend.agents.stand_in.server import Responder, StandIn

__all__ = ["BREAKDOWNS", "FAULTS", "Adversarial", "Asked", "Breakdown", "Recorded", "Responder", "Scripted", "StandIn"]
