"""Text and spots to sound with a tiny random model: text encoder, codec, errors, guidance."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.errors import InputError
from backend.models.musicgen.checks import check_musicgen, parity
from backend.models.musicgen.companions import load_companions
from backend.models.musicgen.generate import Draw
from backend.models.musicgen.loading import LICENCE_LINE
from backend.models.musicgen.rhythm_musicgen import Spots, Wish, load_rhythm_musicgen
from backend.models.musicgen.spots_audio import ADD50, FINE25, MODES, PAPER
from tests.models.musicgen.tokens import save_tokenizer
from tests.models.musicgen.upstream import melody_model, small_model

SPOTS = Spots((0.1, 0.5, 0.9), (1, 3, 2))


@pytest.fixture(scope="module")
def melody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("melody")
    melody_model().save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def test_two_seconds_of_sound_that_text_and_spots_decide(melody: Path) -> None:
    model = load_rhythm_musicgen(melody, FINE25)
    wave = model.write("calm strings", SPOTS, 2.0, draw=Draw(seed=1))
    assert wave.shape == (64_000,) and wave.dtype == np.float32 and np.isfinite(wave).all() and wave.std() > 0
    assert np.array_equal(wave, model.write("calm strings", SPOTS, 2.0, draw=Draw(seed=1)))
    assert not np.array_equal(wave, model.write("bold piano", SPOTS, 2.0, draw=Draw(seed=1)))
    assert not np.array_equal(wave, model.write("calm strings", Spots((0.3,), (1,)), 2.0, draw=Draw(seed=1)))


@pytest.mark.parametrize("mode", list(MODES))
def test_every_mode_writes_with_both_kinds_of_model(mode: str, melody: Path, tmp_path: Path) -> None:
    small_model().save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    for folder in (melody, tmp_path):
        assert load_rhythm_musicgen(folder, MODES[mode]).write("calm", SPOTS, 0.4).shape == (12_800,)


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_fewer_bits_write_too(precision: str, melody: Path) -> None:
    for mode in (PAPER, ADD50):
        wave = load_rhythm_musicgen(melody, mode, precision).write("calm", SPOTS, 0.4)
        assert wave.shape == (12_800,) and np.isfinite(wave).all()


def test_the_rhythm_map_starts_as_the_chroma_map_or_silent(melody: Path) -> None:
    state = load_file(melody / "model.safetensors")
    prepended, added = (load_rhythm_musicgen(melody, mode).conditioner for mode in (PAPER, ADD50))
    assert torch.equal(prepended.project.weight, state["audio_enc_to_dec_proj.weight"])
    assert added.project.weight.abs().sum() == 0


def test_text_encoder_and_codec_are_upstreams(melody: Path) -> None:
    upstream, companions = melody_model(), load_companions(melody)
    states, heard = companions.text_states(["calm strings", "bold", " "])
    words = torch.tensor([[2, 4]])
    with torch.no_grad():
        assert torch.allclose(states[:1], upstream.text_encoder(words).last_hidden_state, atol=1e-5)
    assert heard.tolist() == [[True, True], [True, False], [False, False]]
    assert (states[1, 1:] == 0).all() and (states[2] == 0).all()
    codes = torch.arange(200).view(4, 50) % 64
    with torch.no_grad():
        theirs = upstream.audio_encoder.decode(codes[None, None], [None]).audio_values[0, 0].numpy()
    assert np.abs(companions.sound(codes) - theirs).max() < 1e-5 * max(1.0, np.abs(theirs).max())
    wave = np.sin(np.arange(32_000) / 40).astype(np.float32)
    assert companions.codes(wave).shape == (companions.codec.config.num_quantizers, 50)


def test_the_released_files_older_names_of_the_codec(melody: Path, tmp_path: Path) -> None:
    for file in melody.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    state = load_file(melody / "model.safetensors")
    older = {name.replace("parametrizations.weight.original0", "weight_g").replace(
        "parametrizations.weight.original1", "weight_v"): value for name, value in state.items()}
    assert any(name.endswith("weight_g") for name in older)
    save_file(older, tmp_path / "model.safetensors")
    codes = torch.arange(40).view(4, 10) % 64
    assert np.array_equal(load_companions(melody).sound(codes), load_companions(tmp_path).sound(codes))


def test_what_is_missing_around_the_decoder_is_one_line(melody: Path, tmp_path: Path) -> None:
    state = load_file(melody / "model.safetensors")
    (tmp_path / "config.json").write_bytes((melody / "config.json").read_bytes())
    with pytest.raises(InputError, match="audiocraft's files hold the decoder only"):
        load_companions(tmp_path)
    save_file({n: v for n, v in state.items() if not n.startswith("audio_encoder.decoder")},
              tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="no whole text encoder and codec: 'audio_encoder.decoder"):
        load_companions(tmp_path)
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match="no tokenizer that can be read") as caught:
        load_companions(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_is_longer_than_the_span_goes_on_from_what_was_written(melody: Path) -> None:
    model = load_rhythm_musicgen(melody, FINE25)
    model.conditioner.most_frames = 25
    spots = Spots((0.1, 0.9, 1.2, 2.5), (1, 3, 2, 1))
    codes = model.codes(Wish("calm", spots, 3.0, Draw(seed=2)), 130)
    first = model.codes(Wish("calm", Spots((0.1, 0.9), (1, 3)), 3.0, Draw(seed=2)), 50)
    assert codes.shape == (1, 4, 130) and torch.equal(codes[..., :50], first) and codes.max() < 64
    late = model.codes(Wish("calm", Spots((0.1, 0.9, 1.2, 2.3), (1, 3, 2, 1)), 3.0, Draw(seed=2)), 130)
    changed = torch.nonzero((late != codes).any(1)[0]).flatten()
    assert len(changed) and changed.min() >= 80
    assert model.write("calm", spots, 2.6).shape == (83_200,)


@pytest.mark.parametrize("kind", ["melody", "small"])
def test_the_check_tells_what_a_folder_holds(kind: str, melody: Path, tmp_path: Path) -> None:
    folder = melody
    if kind == "small":
        folder = tmp_path
        small_model().save_pretrained(folder)
        save_tokenizer(folder)
    said: list[str] = []
    wave = check_musicgen(folder, said.append)
    assert wave is not None and wave.shape == (64_000,)
    assert said[:2] == [LICENCE_LINE, "hashes: none known for these files"]
    assert "3 layers of 48, 4 heads, 4 books" in said[2] and ("cross-attention" in said[2]) == (kind == "small")
    assert said[3].startswith("parity with transformers: logits differ by at most")
    assert said[4].startswith("sample: 2 s")


def test_weights_that_are_not_the_folders_are_found_out(melody: Path) -> None:
    model = load_rhythm_musicgen(melody, FINE25)
    with torch.no_grad():
        model.decoder.layers[1].up.weight[0] += 0.5
    with pytest.raises(InputError, match="differs from transformers' by"):
        parity(melody, model)
