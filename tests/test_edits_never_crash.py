"""One field of one document is changed: the run succeeds or says which file and field is wrong; it never dies."""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cue_folder import copy_of, score

GONE = object()
"""Take the field out."""
REFUSED: list[tuple[str, str, Any]] = [
    ("brief.json", "mode", "locrian"),
    ("brief.json", "progressions", ["i nonsense"]),
    ("brief.json", "progressions", [""]),
    ("brief.json", "tonic_pc", 12),
    ("brief.json", "tempo_lo_qpm", 0),
    ("brief.json", "tempo_hi_qpm", 1e6),
    ("brief.json", "tempo_hi_qpm", 21),
    ("brief.json", "tempo_qpm", 400),
    ("brief.json", "meter_denominator", 3),
    ("brief.json", "core", ["kazoo"]),
    ("brief.json", "emotion", "Hungry"),
    ("brief.json", "onsets_per_beat", -1),
    ("analysis.json", "curves.0.name", "movement"),
    ("analysis.json", "curves.0.values", [0.1, 0.2]),
    ("analysis.json", "curves", []),
    ("analysis.json", "frame_times_s", []),
    ("analysis.json", "cue.end_s", 1000000),
    ("analysis.json", "shots.0.end_frame", 100000),
    ("description.json", "valence", 7),
    ("description.json", "arousal", GONE),
    ("description.json", "clip.emotion", {"label": "Hungry", "source": "user", "confidence": 1.0}),
    ("hits.json", "hits.0.time_s", 1e9),
    ("hits.json", "hits.0.weight", 10 ** 400),
    ("tempo_map.json", "bar_count", 0),
    ("tempo_map.json", "bar_count", 1000000000),
    ("tempo_map.json", "end_q", -1),
    ("tempo_map.json", "end_q", 4000),
    ("tempo_map.json", "sync.0.hit", -1),
    ("tempo_map.json", "sync.0.position_q", 4000),
    ("tempo_map.json", "meters.0.denominator", 5),
    ("tempo_map.json", "meters.0.numerator", 0),
    ("tempo_map.json", "points.0.us_per_quarter", 1),
    ("tempo_map.json", "points.0.us_per_quarter", 10 ** 9),
    ("tempo_map.json", "beat_q", 0),
    ("spots.json", "sections.0.first_bar", 2),
    ("spots.json", "sections.0.last_bar", 400),
    ("spots.json", "sections", []),
    ("spots.json", "spots.0.strength", 9),
    ("melody.json", "key.mode", "blues"),
    ("melody.json", "key.tonic_pc", -1),
    ("melody.json", "notes.0.onset_q", 128),
    ("melody.json", "notes.1.onset_q", -2),
    ("melody.json", "notes.0.duration_q", 1e6),
    ("melody.json", "notes", []),
    ("melody.json", "sections.0.last_bar", 400),
    ("score.json", "key.mode", "blues"),
    ("score.json", "parts.0.instrument", "kazoo"),
    ("score.json", "parts.0.notes.0.onset_q", 1000),
    ("score.json", "parts.0.notes.0.duration_q", 1e6),
    ("score.json", "parts.0.controls.0.value", 128),
    ("score.json", "parts.0.controls.0.number", 200),
    ("score.json", "parts.0.timing_ms", [1.0]),
    ("score.json", "parts.1.id", "melody"),
    ("score.json", "chords.0.quality", "H"),
    ("scheme.json", "tracks.0.panning", 3),
    ("scheme.json", "tracks.0.volume_envelope", {"1": 2.5}),
    ("scheme.json", "tracks.0.instrument", "kazoo"),
    ("scheme.json", "chosen_round", 40),
]
TAKEN: list[tuple[str, str, Any]] = [
    ("hits.json", "hits", []),
    ("brief.json", "progressions", []),
    ("brief.json", "tempo_hi_qpm", 300),
    ("description.json", "shots", []),
    ("tempo_map.json", "sync.0.hit", 999),
    ("tempo_map.json", "sync", []),
    ("tempo_map.json", "meters.0.denominator", 8),
    ("melody.json", "notes.0.duration_q", "1/97"),
    ("melody.json", "phrases", []),
    ("score.json", "parts.0.notes", []),
    ("score.json", "parts.0.timing_ms", []),
    ("score.json", "chords", []),
    ("scheme.json", "tracks", []),
    ("scheme.json", "tracks.0.volume_envelope", {}),
]
"""Odd, but it can be played, or it changes what depends on it."""


def _change(file: Path, place: str, value: Any) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    at = document
    for step in way:
        at = at[step]
    if value is GONE:
        del at[last]
    else:
        assert at[last] != value
        at[last] = value
    file.write_text(json.dumps(document), encoding="utf-8")


def _id(value: Any) -> str:
    return "gone" if value is GONE else str(value)[:20]


@pytest.mark.parametrize(("name", "place", "value"), REFUSED, ids=_id)
def test_what_cannot_be_is_refused_by_name(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                           name: str, place: str, value: Any) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _change(out / name, place, value)
    code = score(out, "--until", "session")
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 2, said
    words = [word for word in re.split(r"\.|\d+", place) if word]
    assert name in said or place.startswith("hits"), said
    assert any(word in said for word in words), said


@pytest.mark.parametrize(("name", "place", "value"), TAKEN, ids=_id)
def test_what_is_only_odd_is_played(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str,
                                    place: str, value: Any) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _change(out / name, place, value)
    assert score(out, "--until", "session") in (0, 2), capsys.readouterr().err


def test_deleted_hits_leave_an_edited_tempo_map_usable(scored: Path, tmp_path: Path,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    out = copy_of(scored, tmp_path / "copy")
    _change(out / "hits.json", "hits", [])
    _change(out / "tempo_map.json", "points.0.us_per_quarter", 600_000)
    assert score(out, "--until", "session") == 0, capsys.readouterr().err
