"""What a session plays is never written over: every version of a stem is a file of its own."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain.live import LiveItem, LivePlan, LiveTrack
from backend.errors import OutputError
from backend.live.session_sound import with_own_sound


def _plan(file: Path) -> LivePlan:
    items = (LiveItem("audio", "Strings", 0.0, 1.0, file=str(file)), LiveItem("midi", "Notes", 0.0, 1.0, events="AAAA"))
    return LivePlan("1M1", "", "score", 0.0, 1.0, 1.0, (), tracks=(LiveTrack("a", "printed", "A", items=items),))


def _played(plan: LivePlan) -> Path:
    return Path(plan.tracks[0].items[0].file)


def test_another_sound_is_another_file_and_the_old_one_stays(tmp_path: Path) -> None:
    stem = tmp_path / "strings.wav"
    stem.write_bytes(b"first")
    first = with_own_sound(_plan(stem), tmp_path)
    assert first.tracks[0].items[1] == _plan(stem).tracks[0].items[1]
    stem.write_bytes(b"second")
    second = _played(with_own_sound(_plan(stem), tmp_path))
    assert (_played(first).read_bytes(), second.read_bytes()) == (b"first", b"second")
    stem.write_bytes(b"first")
    assert with_own_sound(_plan(stem), tmp_path) == first
    assert len(list((tmp_path / "in_session").iterdir())) == 2


def test_a_stem_that_is_gone_is_left_to_the_build(tmp_path: Path) -> None:
    plan = _plan(tmp_path / "gone.wav")
    assert with_own_sound(plan, tmp_path) == plan
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_it_is_one_line(tmp_path: Path) -> None:
    stem = tmp_path / "strings.wav"
    stem.write_bytes(b"first")
    (tmp_path / "in_session").write_bytes(b"a file in the way")
    with pytest.raises(OutputError, match="cannot be written: .*Free some space"):
        with_own_sound(_plan(stem), tmp_path)
