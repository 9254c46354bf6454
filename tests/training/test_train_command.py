"""``filmcomposer train``: what is wrong with a configuration is said in one line."""
from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from backend.cli import main  # noqa: E402

GOOD = 'data = "data"\noutput = "run"\n'
BROKEN = {"": "'data' is missing", "data = 1\noutput = 'x'\n": "'data' is missing", "data =": "is not TOML",
          GOOD + "epochs = 3\n": "'epochs' is not known", GOOD + "[training]\nstep = 3\n": "has no 'step'",
          GOOD + "[training]\nsteps = 1.5\n": "steps must be a int",
          GOOD + "[model]\nwidth = 'wide'\n": "width must be", GOOD + "model = 3\n": "must be a table"}


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("kind", ["crt", "melody"])
def test_a_broken_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, text: str) -> None:
    (tmp_path / "data" / "symbolic").mkdir(parents=True)
    config = tmp_path / "train.toml"
    config.write_text(text, encoding="utf-8")
    assert main(["train", kind, "--config", str(config)]) == 2
    said = capsys.readouterr().err
    assert BROKEN[text] in said and said.count("\n") == 1 and not (tmp_path / "run").exists()


def test_missing_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "crt", "--config", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    config = tmp_path / "train.toml"
    config.write_text(GOOD, encoding="utf-8")
    assert main(["train", "crt", "--config", str(config)]) == 2
    assert "holds 'symbolic'" in capsys.readouterr().err
