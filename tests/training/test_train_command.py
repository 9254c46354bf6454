"""``filmcomposer train``: what is wrong with a configuration is said in one line."""
from __future__ import annotations

from pathlib import Path

import pytest

from backend.cli.main import main

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


@pytest.mark.parametrize(("kind", "text", "said"), [
    ("rcmusicgen", GOOD + "preset = 'best'\n", "preset must be one of"),
    ("crt", GOOD + "preset = 'paper'\n", "for MusicGen only"),
    ("rcmusicgen", GOOD + "[model]\nmode = 'loud'\n", "mode must be one of paper, fine25, add50, none"),
    ("rcmusicgen", GOOD, "manifest"), ("echoscript", GOOD + "[training]\nsteps = 'many'\n", "steps must be a int")])
def test_a_broken_configuration_of_musicgen(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, text: str,
                                            said: str) -> None:
    config = tmp_path / "train.toml"
    config.write_text(text.replace('"data"', '"manifest.jsonl"'), encoding="utf-8")
    assert main(["train", kind, "--config", str(config)]) == 2
    heard = capsys.readouterr().err
    assert said in heard and heard.count("\n") == 1


def test_missing_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "crt", "--config", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    config = tmp_path / "train.toml"
    config.write_text(GOOD, encoding="utf-8")
    assert main(["train", "crt", "--config", str(config)]) == 2
    assert "holds 'symbolic'" in capsys.readouterr().err
