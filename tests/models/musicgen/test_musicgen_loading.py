"""Weights from a folder, in both layouts; one line for whatever is wrong with them."""
from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from backend.errors import InputError
from backend.models.musicgen.decoder import Condition
from backend.models.musicgen.loading import (
    LICENCE_LINE,
    Pretrained,
    check_hashes,
    load_pretrained,
    weights_folder,
)
from backend.models.musicgen.names import from_transformers, to_audiocraft
from tests.models.musicgen.upstream import CODES, WIDTH, melody_model, small_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both tiny models as transformers saves them."""
    folder = tmp_path_factory.mktemp("weights")
    melody_model().save_pretrained(folder / "melody")
    small_model().save_pretrained(folder / "small")
    return folder


@pytest.fixture
def melody(saved: Path, tmp_path: Path) -> Path:
    """A copy that a test may harm."""
    folder = tmp_path / "melody"
    folder.mkdir()
    for file in (saved / "melody").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def to_audiocraft_folder(source: Path, folder: Path, **more: object) -> Path:
    state = to_audiocraft(from_transformers(load_file(source / "model.safetensors")))
    folder.mkdir()
    torch.save({"best_state": state, "xp.cfg": "transformer_lm:\n  dim: 48\n  num_heads: 4\n", **more},
               folder / "state_dict.bin")
    return folder


@torch.no_grad()
def logits(loaded: Pretrained) -> torch.Tensor:
    codes = torch.arange(24).view(1, 4, 6) % CODES
    condition = torch.linspace(-1, 1, 3 * WIDTH).view(1, 3, WIDTH)
    crossing = loaded.decoder.shape.crossing
    return loaded.decoder(codes, Condition(context=condition) if crossing else Condition(prefix=condition))


@pytest.mark.parametrize("kind", ["melody", "small"])
def test_both_layouts_give_the_same_model(kind: str, saved: Path, tmp_path: Path) -> None:
    first = load_pretrained(saved / kind)
    second = load_pretrained(to_audiocraft_folder(saved / kind, tmp_path / kind))
    assert (first.layout, second.layout) == ("transformers", "audiocraft")
    assert first.decoder.shape == second.decoder.shape and first.decoder.shape.heads == 4
    assert torch.equal(logits(first), logits(second)) and logits(first).std() > 0.1
    assert (first.rhythm is None) == (second.rhythm is None) == (kind == "small")
    assert torch.equal(first.text.weight, second.text.weight)


def test_shards_and_half_precision(saved: Path, tmp_path: Path) -> None:
    melody_model().save_pretrained(tmp_path, max_shard_size="100KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    assert torch.equal(logits(load_pretrained(tmp_path)), logits(load_pretrained(saved / "melody")))
    half = load_pretrained(tmp_path, torch.bfloat16)
    assert half.decoder.norm.weight.dtype == half.text.weight.dtype == torch.bfloat16


def test_older_files_of_torch(melody: Path) -> None:
    expected = logits(load_pretrained(melody))
    torch.save(load_file(melody / "model.safetensors"), melody / "pytorch_model.bin")
    (melody / "model.safetensors").unlink()
    assert torch.equal(logits(load_pretrained(melody)), expected)


def test_the_licence_is_at_hand(saved: Path) -> None:
    assert load_pretrained(saved / "melody").licence == "CC-BY-NC-4.0"
    assert "CC-BY-NC-4.0" in LICENCE_LINE and "\n" not in LICENCE_LINE


def empty(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def foreign(folder: Path) -> None:
    save_file({"conv.weight": torch.ones(3)}, folder / "model.safetensors")


def half_a_model(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    save_file({name: value for name, value in state.items() if ".fc2." not in name}, folder / "model.safetensors")


def without_a_matrix(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    del state["decoder.model.decoder.layers.1.self_attn.v_proj.weight"]
    save_file(state, folder / "model.safetensors")


def no_text_map(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    save_file({name: value for name, value in state.items() if not name.startswith("enc_to_dec")},
              folder / "model.safetensors")


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def config_of_words(folder: Path) -> None:
    (folder / "config.json").write_text("MusicGen")


def stereo(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["decoder"]["audio_channels"] = 2
    (folder / "config.json").write_text(json.dumps(config))


def other_heads(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["decoder"]["num_attention_heads"] = 5
    (folder / "config.json").write_text(json.dumps(config))


def index_of_nothing(folder: Path) -> None:
    empty(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": 3}')


def missing_shard(folder: Path) -> None:
    empty(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-1.safetensors"}}')


@pytest.mark.parametrize(("harm", "words"), [
    (empty, "holds neither 'model.safetensors' nor 'state_dict.bin'"), (cut, "not a whole safetensors file"),
    (foreign, "holds no whole MusicGen: no 'model.decoder.layer_norm.weight'"),
    (half_a_model, "holds no whole MusicGen: Missing key"), (no_text_map, "map of the text condition is missing"),
    (without_a_matrix, "a part of 'layers.1.qkv.weight' is missing"), (no_config, "config.json' cannot be read"),
    (config_of_words, "is not JSON"), (stereo, "is a stereo model"), (other_heads, "does not divide into 5 heads"),
    (index_of_nothing, "is damaged"), (missing_shard, "cannot be read")])
def test_bad_weights_are_one_line(melody: Path, harm: Callable[[Path], None], words: str) -> None:
    harm(melody)
    with pytest.raises(InputError, match=words) as caught:
        load_pretrained(melody)
    assert "\n" not in str(caught.value) and str(melody) in str(caught.value)


class Code:
    """What a pickle could run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run",)


def test_bad_files_of_audiocraft_are_one_line(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = to_audiocraft_folder(saved / "melody", tmp_path / "weights")
    file, whole = folder / "state_dict.bin", (folder / "state_dict.bin").read_bytes()
    torch.save({"best_state": 3}, tmp_path / "other.bin")
    torch.save({"best_state": {}, "code": Code()}, tmp_path / "code.bin")
    torch.save([1, 2], tmp_path / "list.bin")
    for content, words in ((whole[:-500], "is not a whole file"), (b"", "is not a whole file"),
                           (pickle.dumps({"a": Code()}), "more than tensors"),
                           ((tmp_path / "code.bin").read_bytes(), "more than tensors"),
                           ((tmp_path / "other.bin").read_bytes(), "no 'best_state'"),
                           ((tmp_path / "list.bin").read_bytes(), "holds no weights by name")):
        file.write_bytes(content)
        with pytest.raises(InputError, match=words) as caught:
            load_pretrained(folder)
        assert "\n" not in str(caught.value)
    assert "run" not in capsys.readouterr().out


def test_a_folder_or_a_name_of_the_hub(tmp_path: Path) -> None:
    copy = tmp_path / "models--facebook--musicgen-melody" / "snapshots" / "abc"
    copy.mkdir(parents=True)
    assert weights_folder("facebook/musicgen-melody", tmp_path) == copy
    assert weights_folder(str(tmp_path), tmp_path) == tmp_path
    with pytest.raises(InputError, match="hf download facebook/musicgen-small"):
        weights_folder("facebook/musicgen-small", tmp_path)
    with pytest.raises(InputError, match="There is no folder '/nowhere/at/all'"):
        weights_folder("/nowhere/at/all", tmp_path)


def test_files_of_the_hub_are_checked_against_their_hash(tmp_path: Path) -> None:
    content = b"weights"
    blob = tmp_path / "blobs" / hashlib.sha256(content).hexdigest()
    blob.parent.mkdir()
    blob.write_bytes(content)
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").symlink_to(blob)
    assert check_hashes(folder) == ["model.safetensors"]
    blob.write_bytes(b"other")
    with pytest.raises(InputError, match="has not the hash"):
        check_hashes(folder)
