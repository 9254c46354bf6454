"""Preparation: texts encoded once, sound that cannot be read, no space."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from backend.errors import InputError, OutputError
from backend.models.musicgen.companions import load_companions
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_prepare import KeptTexts, prepare, read_sound
from backend.training.rcmusicgen_text import PAPER
from tests.models.musicgen.tokens import save_tokenizer
from tests.models.musicgen.upstream import melody_model
from tests.training.rcmusicgen_words import Words


def test_texts_are_encoded_once_and_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        asked.extend(texts)
        return Words()(texts)

    texts = KeptTexts(encode, tmp_path, "tiny")
    states, heard = texts(["calm", "", "calm"])
    assert asked == ["calm", ""] and heard.tolist() == [[True, True], [False, False], [True, True]]
    assert torch.allclose(states[0], Words()(["calm"])[0][0], atol=2e-3) and (states[1] == 0).all()
    again, _ = KeptTexts(encode, tmp_path, "tiny")(["calm"])
    assert asked == ["calm", ""] and torch.equal(again[0], states[0])
    KeptTexts(encode, tmp_path, "other")(["calm"])
    assert asked == ["calm", "", "calm"]


def test_texts_with_lost_words_are_not_kept(tmp_path: Path) -> None:
    texts = KeptTexts(Words(), tmp_path, "tiny", keep=False)
    clip = Clip("0", None, 0.0, 2.0, None, (), (), {"genre": "folk"}, {}, "", "train", 1.0, "CC0")
    assert texts.prepare([clip], PAPER) == 2 and len(list(tmp_path.iterdir())) == 2
    states, _ = texts(["genre: folk", "folk"])
    assert len(list(tmp_path.iterdir())) == 2
    assert torch.allclose(states[1], Words()(["folk"])[0][0], atol=2e-3)


def test_sound_that_cannot_be_prepared_is_one_line(tmp_path: Path) -> None:
    melody_model().save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    companions = load_companions(tmp_path)
    missing = Clip("0", tmp_path / "none.wav", 0.0, 2.0, None, (), (), {}, {}, "", "train", 1.0, "CC0")
    with pytest.raises(InputError, match="none.wav' of the clip '0' cannot be read"):
        prepare([missing], companions, tmp_path, "tiny", lambda *_: None)
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "short.wav", np.zeros(44_100), 44_100)
    with pytest.raises(InputError, match="cannot be read"):
        read_sound(replace(missing, audio=tmp_path / "text.wav"), 32_000)
    with pytest.raises(InputError, match="less than half a second of sound from 0.8 s on"):
        read_sound(replace(missing, audio=tmp_path / "short.wav", start_s=0.8), 32_000)
    assert len(read_sound(replace(missing, audio=tmp_path / "short.wav"), 32_000)) == 32_000


def test_a_kept_text_that_is_damaged_is_encoded_anew(tmp_path: Path) -> None:
    first, _ = KeptTexts(Words(), tmp_path, "tiny")(["calm"])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:20])
    again, _ = KeptTexts(Words(), tmp_path, "tiny")(["calm"])
    assert torch.equal(first, again) and len(file.read_bytes()) > 20


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("a file where a folder should be")
    with pytest.raises(OutputError, match="cannot be written: .*Free some space"):
        KeptTexts(Words(), tmp_path / "texts", "tiny")(["calm"])
