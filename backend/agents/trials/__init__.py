"""FilmComposer's Table 7 as a command: how often a model's first reply is right on cases with a known answer.

``scenes`` draws cues, ``faults`` spoils melodies; ``assess_cases``, ``arrange_cases`` and ``mix_cases`` make cases;
``measure`` puts them at a desk; ``table`` and ``run`` report.
"""
from __future__ import annotations

from backend.agents.trials.run import run_trials

__all__ = ["run_trials"]
