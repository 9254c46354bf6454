"""The note figures are those of mir_eval, on its own fixtures."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from backend.models.transcribe_scores import Agreement, TimedNote, note_agreement


def read(path: Path) -> list[TimedNote]:
    rows = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [(float(on), float(end), 69 + 12 * float(np.log2(float(hz) / 440))) for on, end, hz in rows]


@pytest.mark.parametrize("number", ["00", "01", "02"])
def test_as_mir_eval_counts(number: str, shared_data: Path) -> None:
    folder = shared_data / "audio" / "mir_eval_fixtures" / "transcription"
    wanted = json.loads((folder / f"output{number}.json").read_text())
    truth, heard = read(folder / f"ref{number}.txt"), read(folder / f"est{number}.txt")
    onsets, whole = note_agreement(truth, heard), note_agreement(truth, heard, offsets=True)
    for name, ours in {"Precision_no_offset": onsets.precision, "Recall_no_offset": onsets.recall,
                       "F-measure_no_offset": onsets.f1, "Precision": whole.precision, "Recall": whole.recall,
                       "F-measure": whole.f1}.items():
        assert ours == pytest.approx(wanted[name], abs=1e-12), name


def test_edges_count_and_every_note_serves_once() -> None:
    truth = [(1.0, 2.0, 60.0), (2.0, 3.0, 62.0)]
    assert note_agreement(truth, [(1.05, 9.0, 60.5), (2.0, 3.0, 62.0)]).f1 == 1
    assert note_agreement(truth, [(1.0502, 2.0, 60.0)]).recall == 0
    assert note_agreement(truth, [(1.0, 2.0, 60.51)]).recall == 0
    assert note_agreement(truth, [(1.0, 2.0, 60.0), (1.01, 2.0, 60.0)]) == Agreement(0.5, 0.5)
    assert note_agreement(truth, [(1.0, 2.2, 60.0)], offsets=True).recall == 0.5
    assert note_agreement(truth, [(1.0, 2.21, 60.0)], offsets=True).recall == 0
    assert note_agreement([], truth).f1 == note_agreement(truth, []).f1 == 0
