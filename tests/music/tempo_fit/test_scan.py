from __future__ import annotations

import numpy as np
import pytest

from backend.music.tempo_fit import tempo_candidates
from backend.music.tempo_fit.scan import kernel
from tests.music.drawn import RATE, brief, cue, hit, hits


def test_finds_the_tempo_that_the_hits_were_made_from() -> None:
    beats = [hit(n * 60 / 104) for n in (4, 8, 16, 24, 28, 40)]
    best = tempo_candidates(hits(*beats), cue(30), RATE, brief(100.0))[0]
    assert best.tempo_qpm == pytest.approx(104.0, abs=0.11)
    assert (best.met, best.near, best.missed) == (6, 0, 0)
    assert best.mean_error_frames < 0.5


def test_candidates_are_distinct_and_sorted() -> None:
    found = tempo_candidates(hits(hit(3.1), hit(9.7), hit(17.2)), cue(30), RATE, brief(100.0))
    assert len(found) == 10
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    tempi = sorted(one.tempo_qpm for one in found)
    assert min(np.diff(tempi)) >= 2.0 - 1e-9
    assert all(one.met + one.near + one.missed == 3 for one in found)


def test_without_hits_the_brief_decides() -> None:
    assert tempo_candidates(hits(), cue(30), RATE, brief(100.0), 1)[0].tempo_qpm == pytest.approx(100.0)


def test_early_counts_more_than_late() -> None:
    np.testing.assert_allclose(kernel(np.array([0.0, 1.0, 2.0, 3.0, -1.0, -2.0])), [1, 1, 0.5, 0, 0.75, 0])
