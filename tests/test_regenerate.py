"""Some bars of some tracks written anew: everything else stays identical, by hash and note for note."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.domain.score import Score
from backend.domain.serial import loads
from backend.domain.tempo import TempoMap
from tests.cue_folder import copy_of, hashes, score


def _notes(out: Path) -> dict[str, list[Any]]:
    document = loads(Score, (out / "score.json").read_text())
    return {part.id: list(part.notes) for part in document.parts}


def _bar_of(out: Path) -> TempoMap:
    return loads(TempoMap, (out / "tempo_map.json").read_text())


def test_only_the_named_bars_of_the_named_track_change(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    before, notes = hashes(out), _notes(out)
    assert score(out, "--bars", "1-1", "--tracks", "melody", "--seed", 9) == 0
    after, new = hashes(out), _notes(out)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= {"melody.json", "melody.abc", "assessment.json", "score.json", "1M1 Film.RPP", "cue.mid",
                       "score.musicxml", "mix.wav", "render.json", "preview.mp4", "metrics.json", "timeline.png",
                       "report.html"} | {
        n for n in before if n.startswith("stems/")}
    tempo_map = _bar_of(out)
    melody_parts = {p["id"] for p in json.loads((out / "score.json").read_text())["parts"] if p["role"] == "melody"}
    assert set(notes) == set(new)
    for part, old in notes.items():
        outside = [n for n in old if part not in melody_parts or tempo_map.bar_at(n.onset_q).number != 1]
        assert [n for n in new[part] if part not in melody_parts or tempo_map.bar_at(n.onset_q).number != 1] == outside
    assert notes != new


def test_what_was_written_anew_stays_on_the_next_run(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--bars", "2-2", "--seed", 5) == 0
    anew = hashes(out)
    assert score(out) == 0
    assert hashes(out) == anew


def test_unknown_bars_and_tracks(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--bars", "900-901") == 2
    assert score(out, "--tracks", "kazoo") == 2
    assert "there is no such track" in capsys.readouterr().err


def test_an_edit_survives_what_is_written_anew_around_it(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    document = json.loads((out / "score.json").read_text())
    document["title"] = "mine"
    (out / "score.json").write_text(json.dumps(document))
    assert score(out, "--bars", "1-1", "--tracks", "melody") == 0
    assert score(out, "--seed", 4, "--until", "arrange") == 0
    assert json.loads((out / "score.json").read_text())["title"] == "mine"


def test_the_verdict_is_on_the_new_melody(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    before = json.loads((out / "assessment.json").read_text())["candidates"]
    assert score(out, "--bars", "1-2", "--tracks", "melody", "--seed", 12) == 0
    after = json.loads((out / "assessment.json").read_text())["candidates"]
    assert [c["chosen"] for c in after] == [False] * len(before) + [True]


def test_a_family_is_a_name_too(scored: Path, tmp_path: Path) -> None:
    out = copy_of(scored, tmp_path / "copy")
    assert score(out, "--bars", "1-1", "--tracks", "strings") == 0


def test_parts_that_share_the_melody_keep_their_bars(scored: Path, tmp_path: Path) -> None:
    """Bars that were handed over to another part are written anew there, and nowhere else."""
    out = copy_of(scored, tmp_path / "copy")
    document = json.loads((out / "score.json").read_text())
    lead, other = (next(p for p in document["parts"] if p["id"] == name) for name in ("melody", "melody.clarinet"))
    tempo_map = _bar_of(out)
    one = [n for n in _notes(out)["melody"] if tempo_map.bar_at(n.onset_q).number == 1]
    other["notes"] = lead["notes"][:len(one)] + other["notes"]
    other["timing_ms"] = lead["timing_ms"][:len(one)] + other["timing_ms"]
    lead["notes"], lead["timing_ms"] = lead["notes"][len(one):], lead["timing_ms"][len(one):]
    (out / "score.json").write_text(json.dumps(document))
    assert one and score(out, "--bars", "1-1", "--tracks", "melody", "--seed", 9, "--until", "report") == 0
    new = {name: [n for n in notes if tempo_map.bar_at(n.onset_q).number == 1] for name, notes in _notes(out).items()}
    assert new["melody"] == []
    assert {n.onset_q for n in new["melody.clarinet"]} == {n.onset_q for n in one}
