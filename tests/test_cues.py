"""The cue table."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.cues import CueLine, read_cues
from backend.errors import InputError


def test_read(tmp_path: Path) -> None:
    file = tmp_path / "cues.csv"
    file.write_text("label, in, out, title\n1M1, 0, 10.5, Rooftop\n1M2, 01:00:12:00, 01:00:20:00\n", encoding="utf-8")
    assert read_cues(file) == (CueLine("1M1", "0", "10.5", "Rooftop"), CueLine("1M2", "01:00:12:00", "01:00:20:00", ""))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "label,in,out\n1M1,0,\n", "label,in,out\n../x,0,1\n",
                                  "label,in,out\n1M1,0,1\n1M1,2,3\n", "label,in,out\n"])
def test_bad_tables_are_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cues.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        read_cues(file)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_cues(tmp_path / "none.csv")
