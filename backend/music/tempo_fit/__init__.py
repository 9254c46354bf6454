"""Tempo and metre that meet the hits: constant scan, integer search, smooth curve, exact map."""
from __future__ import annotations

from backend.music.tempo_fit.fit import fit_tempo
from backend.music.tempo_fit.scan import TempoCandidate, tempo_candidates

__all__ = ["TempoCandidate", "fit_tempo", "tempo_candidates"]
