"""Port Reporter: every implementation writes what it names, whole, and the same for the same cue."""
from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from backend.domain.metrics import CueMetrics
from backend.domain.requests import CueResults
from backend.evaluation.measure import measure_cue
from backend.ports import Reporter
from backend.report.reporter import FullReport

REPORTERS: tuple[Reporter, ...] = (FullReport(),)


def results_in(cues: ModuleType, folder: Path) -> CueResults:
    cue = cues.fake_cue()
    return CueResults(
        title="The Harbour", folder=folder, analysis=cue.analysis, description=cue.description, brief=cue.brief,
        hits=cue.hits, tempo_map=cue.tempo_map, spots=cue.spots, melody=cue.melody, assessment=cue.assessment,
        score=cue.score, scheme=cue.scheme, render=None, files={"midi": "cue.mid"})


def measured(r: CueResults) -> CueMetrics:
    return measure_cue(analysis=r.analysis, hits=r.hits, tempo_map=r.tempo_map, spots=r.spots, melody=r.melody,
                       score=r.score, scheme=r.scheme, render=r.render, assessment=r.assessment, folder=r.folder)


@pytest.mark.parametrize("reporter", REPORTERS, ids=lambda r: r.name)
def test_writes_what_it_names_and_the_same_twice(reporter: Reporter, cues: ModuleType, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        results = results_in(cues, folder)
        names = reporter.report(results, measured(results))
        assert sorted(names) == sorted(path.name for path in folder.iterdir())
        assert {"timeline.png", "spotting_notes.csv", "report.html"} <= set(names)
        contents.append({n: (folder / n).read_bytes() for n in names})
    assert contents[0] == contents[1] and all(contents[0].values())


@pytest.mark.parametrize("reporter", REPORTERS, ids=lambda r: r.name)
def test_has_a_name(reporter: Reporter) -> None:
    assert reporter.name
