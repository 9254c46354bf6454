"""The file that a support bundle goes into."""
from __future__ import annotations

from pathlib import Path

from reaper_scripts._bundle import new_file


def test_two_of_the_same_second_are_numbered(tmp_path: Path) -> None:
    names = [new_file(tmp_path, "filmcomposer-support-20260101-120000").name for _ in range(3)]
    assert names == [f"filmcomposer-support-20260101-120000{number}.zip" for number in ("", "-2", "-3")]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names)
