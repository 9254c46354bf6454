"""How well notes were transcribed: precision, recall and F of notes that agree in onset and pitch.

The usual figure of note transcription (onset within 50 ms, pitch within 50 cents, every note used once; with offsets
also the end within 50 ms or a fifth of the note), as mir_eval computes it.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

ONSET_S = 0.05
CENTS = 50.0
OFFSET_SHARE = 0.2
_DECIMALS = 4
"""Distances are rounded to a tenth of a millisecond, as mir_eval does, so that 50 ms is within 50 ms."""

TimedNote = tuple[float, float, float]
"""Onset and end in seconds, pitch as a MIDI number (fractions are cents / 100)."""


@dataclass(frozen=True)
class Agreement:
    """Shares 0..1; all 0 where one side has no notes."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def note_agreement(truth: Sequence[TimedNote], heard: Sequence[TimedNote], offsets: bool = False) -> Agreement:
    """Of the largest one-to-one matching of ``heard`` notes with those of ``truth``."""
    if not truth or not heard:
        return Agreement(0.0, 0.0)
    wanted, found = np.asarray(truth, float), np.asarray(heard, float)
    near = _apart(wanted, found, 0) <= ONSET_S
    near &= np.abs(wanted[:, None, 2] - found[None, :, 2]) * 100 <= CENTS
    if offsets:
        allowed = np.maximum(OFFSET_SHARE * (wanted[:, 1] - wanted[:, 0]), ONSET_S)
        near &= _apart(wanted, found, 1) <= allowed[:, None]
    pairs = int((maximum_bipartite_matching(csr_array(near.astype(np.int8)), perm_type="column") >= 0).sum())
    return Agreement(pairs / len(found), pairs / len(wanted))


def _apart(wanted: NDArray[np.float64], found: NDArray[np.float64], column: int) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = np.abs(wanted[:, None, column] - found[None, :, column])
    return apart.round(_DECIMALS)
