"""The manifest, the words at every stage, windows of clips: values, and one line for every mistake."""
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import InputError
from backend.models.musicgen.decoder import DecoderShape
from backend.models.musicgen.spots_audio import ADD50, FINE25, read_spots
from backend.training.rcmusicgen_clips import ClipMaterial, read_codes, stack
from backend.training.rcmusicgen_manifest import Clip, read_manifest
from backend.training.rcmusicgen_options import PRESETS, RcOptions
from backend.training.rcmusicgen_text import MUSIC_ONLY, STAGED, TextPlan, caption, every_caption, parts_at

SHAPE = DecoderShape(48, 2, 4, 96, 64, 4)
ROW = {"id": "one", "codes": "one.npy", "duration": 4.0, "rhythm": {"spots": [[1.5, 3], [0.5, 1]]},
       "text": {"music": {"genre": "folk", "instrumentation": "flute", "mood": "calm", "tempo": "slow"},
                "visual": {"setting": "a lake", "view_scale": "wide"}, "free": "water"}, "split": "train",
       "license": "CC0"}


def write(folder: Path, *rows: object) -> Path:
    file = folder / "clips.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return file


def clip(folder: Path, **changes: object) -> Clip:
    return replace(read_manifest(write(folder, ROW, {**ROW, "id": "two", "split": "dev"}))[0], **changes)


def test_a_manifest_is_read(tmp_path: Path) -> None:
    one, two = read_manifest(write(tmp_path, ROW, "", {"id": "two", "audio": "a/b.wav", "start": 2, "duration": 30,
                                                       "split": "dev", "weight": 0.5}))
    assert (one.codes, one.audio) == (tmp_path / "one.npy", None)
    assert (one.times_s, one.strengths) == ((0.5, 1.5), (1, 3))
    assert one.music["mood"] == "calm" and list(one.visual) == ["setting", "view_scale"] and one.licence == "CC0"
    assert two == Clip("two", tmp_path / "a/b.wav", 2.0, 30.0, None, (), (), {}, {}, "", "dev", 0.5, "")


@pytest.mark.parametrize(("row", "words"), [
    ("{", "this is not JSON"), ("3", "no JSON object"), ({**ROW, "mood": "x"}, "'mood' is not known"),
    ({**ROW, "id": ""}, "'id' is missing"), ({**ROW, "id": 3}, "'id' must be text"),
    ({"id": "a", "duration": 1}, "'audio' or 'codes' is missing"), ({**ROW, "split": "x"}, "'split' must be one of"),
    ({**ROW, "duration": 0}, "'duration' must be"), ({**ROW, "duration": True}, "'duration' must be a number"),
    ({**ROW, "weight": -1}, "'weight' must be"), ({**ROW, "start": "0"}, "'start' must be"),
    ({**ROW, "rhythm": []}, "list 'spots'"), ({**ROW, "rhythm": {"spots": [[1]]}}, r"a spot is .* not \[1\]"),
    ({**ROW, "rhythm": {"spots": [[1, 4]]}}, "a spot is"), ({**ROW, "rhythm": {"spots": [[-1, 1]]}}, "a spot is"),
    ({**ROW, "rhythm": {"spots": [[True, 1]]}}, "a spot is"), ({**ROW, "text": "loud"}, "'text' must be an object"),
    ({**ROW, "text": {"music": {"key": "C"}}}, "'music' has no 'key'"),
    ({**ROW, "text": {"visual": {"theme": 3}}}, "'visual' must be an object of texts"),
    (ROW, "'one' is already the id of line 1")])
def test_a_mistake_is_one_line_with_its_number(tmp_path: Path, row: object, words: str) -> None:
    with pytest.raises(InputError, match=f"line 2: .*{words}") as caught:
        read_manifest(write(tmp_path, ROW, row))
    assert "\n" not in str(caught.value)


def test_files_that_are_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / "none.jsonl")
    (tmp_path / "clips.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_manifest(tmp_path / "clips.jsonl")
    with pytest.raises(InputError, match='"split": "dev"'):
        read_manifest(write(tmp_path, ROW))


def said_shares(plan: TextPlan, share: float) -> dict[str, float]:
    drawn = [parts_at(share, plan, np.random.default_rng(seed)) for seed in range(2000)]
    return {name: np.mean([name in parts for parts in drawn]) for name in ("genre", "instrumentation", "mood", "tempo")}


@pytest.mark.parametrize(("share", "expected"), [
    (0.0, (1, 1, 1, 1)), (0.29, (1, 1, 1, 1)), (0.35, (1, 0.475, 1, 1)), (0.5, (1, 0.475, 1, 0.475)),
    (0.65, (0.475, 0.475, 1, 0.475)), (0.8, (0.475,) * 4), (0.9, (0.25,) * 4)])
def test_words_of_the_musician_fall_in_order(share: float, expected: tuple[float, ...]) -> None:
    """A fallen part is said with chance .25 + .75 x .3, in the end .25."""
    assert list(said_shares(STAGED, share).values()) == pytest.approx(list(expected), abs=0.04)


def test_what_is_said(tmp_path: Path) -> None:
    one, rng = clip(tmp_path), np.random.default_rng(0)
    whole = "genre: folk. instrumentation: flute. mood: calm. tempo: slow. setting: a lake. view scale: wide. water"
    assert caption(one, 0.0, STAGED, rng) == whole
    assert caption(one, 0.0, MUSIC_ONLY, rng) == "genre: folk. instrumentation: flute. mood: calm. tempo: slow. water"
    late = {caption(one, 0.95, STAGED, np.random.default_rng(seed)) for seed in range(50)}
    assert late == {whole, "setting: a lake. view scale: wide. water"}
    assert len(every_caption(one, STAGED)) == 16 and late <= set(every_caption(one, STAGED))
    lost = caption(one, 0.0, replace(STAGED, words_lost=0.5), np.random.default_rng(1)).split()
    assert 0 < len(lost) < len(whole.split()) and set(lost) < set(whole.split())


def material(folder: Path, options: RcOptions, *frames: int, **changes: object) -> ClipMaterial:
    clips = []
    for number, count in enumerate(frames):
        file = folder / f"{number}.npy"
        when = np.arange(count)
        np.save(file, np.stack([when % 60, when // 60, when % 7, when % 5]).astype(np.uint16))
        clips.append(clip(folder, name=str(number), codes=file, **changes))
    return ClipMaterial(clips, SHAPE, options)


def test_a_window_holds_the_codes_and_the_spots_of_its_time(tmp_path: Path) -> None:
    options = RcOptions(mode="fine25", segment_s=2.0)
    times = (0.5, 1.3, 2.2, 3.1, 4.5)
    drawer = material(tmp_path, options, 250, times_s=times, strengths=(1, 2, 3, 1, 2))
    for seed in range(8):
        row = drawer.draw(STAGED, 0.0, np.random.default_rng(seed))
        first = int(row.codes[0, 0] + 60 * row.codes[1, 0])
        assert row.length == 100 and row.codes.shape == (4, 100)
        inside = [time_s - first / 50 for time_s in times if 0 <= time_s - first / 50 < 1.97]
        assert read_spots(row.chroma, FINE25)[0] == pytest.approx(inside, abs=0.02)


def test_a_short_clip_is_padded_and_its_end_is_masked(tmp_path: Path) -> None:
    for mode, frames in (("fine25", 30), ("add50", 60), ("paper", 10)):
        row = material(tmp_path, RcOptions(mode=mode, segment_s=2.0), 60).draw(STAGED, 0, np.random.default_rng(0))
        assert row.length == 60 and row.frames == frames
        assert (row.codes[:, 60:] == SHAPE.pad).all() and (row.codes[:, :60] < SHAPE.pad).all()
    silent = material(tmp_path, RcOptions(mode="none", segment_s=2.0), 60).draw(STAGED, 0, np.random.default_rng(0))
    assert silent.frames == 0 and silent.chroma.sum() == 0


def test_a_batch_ignores_what_is_padded(tmp_path: Path) -> None:
    drawer = material(tmp_path, RcOptions(mode="add50", segment_s=1.0), 30)
    rows = [drawer.draw(STAGED, 0, np.random.default_rng(0)) for _ in range(2)]
    said: list[str] = []

    def texts(wished: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        said.extend(wished)
        return torch.zeros(len(wished), 1, 8), torch.ones(len(wished), 1, dtype=torch.bool)

    batch = stack(rows, texts, np.array([True, False]), np.array([False, True]), SHAPE.pad)
    assert batch["codes"].shape == batch["targets"].shape == (2, 4, 53)
    assert (batch["targets"] >= 0).sum() == 2 * 4 * 30
    assert torch.equal(batch["targets"][0, 2, 2:32], torch.from_numpy(rows[0].codes[2, :30]))
    assert batch["no_rhythm"].tolist() == [True, False] and said == [rows[0].words, ""]
    assert len(read_spots(batch["chroma"][0].numpy(), ADD50)[0]) == 1


def test_drawing_follows_weights_and_genres(tmp_path: Path) -> None:
    rows = [{**ROW, "id": str(n), "codes": "0.npy", "text": {"music": {"genre": genre}}, "weight": weight}
            for n, (genre, weight) in enumerate([("folk", 1), ("folk", 1), ("folk", 2), ("film", 1)])]
    np.save(tmp_path / "0.npy", np.zeros((4, 10), np.uint16))
    clips = read_manifest(write(tmp_path, *rows, {**ROW, "id": "dev", "split": "dev"}))[:4]
    assert ClipMaterial(clips, SHAPE, RcOptions(segment_s=1)).chances == pytest.approx([0.2, 0.2, 0.4, 0.2])
    balanced = ClipMaterial(clips, SHAPE, RcOptions(segment_s=1, balanced=True)).chances
    assert balanced == pytest.approx(np.array([1 / 3, 1 / 3, 2 / 3, 1]) / (7 / 3))
    with pytest.raises(InputError, match="weight above 0"):
        ClipMaterial([replace(one, weight=0.0) for one in clips], SHAPE, RcOptions())


def test_codes_that_do_not_fit_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "codes.npy"
    for content, words in ((np.zeros((3, 5), np.uint16), "4 books"), (np.zeros((4, 5)), "whole numbers"),
                           (np.full((4, 5), 64), "has the code 64; the model knows 64")):
        np.save(file, content)
        with pytest.raises(InputError, match=words):
            read_codes(file, SHAPE)
    file.write_bytes(b"\x93NUMPYhalf")
    with pytest.raises(InputError, match="no file of codes"):
        read_codes(file, SHAPE)
    with pytest.raises(InputError, match="cannot be read"):
        read_codes(tmp_path / "none.npy", SHAPE)
    with pytest.raises(InputError, match="has no codes yet"):
        ClipMaterial([clip(tmp_path, codes=None)], SHAPE, RcOptions())


def test_the_presets_say_what_was_printed() -> None:
    paper, echo = PRESETS["paper"], PRESETS["echoscript"]
    assert (paper.options.mode, paper.options.optimiser, paper.options.batch) == ("paper", "dadapt", 4)
    assert (paper.training.learning_rate, paper.training.beta1, paper.training.beta2) == (1.0, 0.9, 0.95)
    assert (paper.training.weight_decay, paper.training.warmup_steps, paper.training.least_share) == (0.1, 4000, 0.0)
    assert paper.training.steps == 2000 * 150 and paper.training.clip_norm == 1.0
    assert (echo.options.mode, echo.options.batch, echo.options.epochs, echo.options.segment_s) == ("none", 12, 10, 30)
    assert echo.training.learning_rate == 5e-5 and echo.options.balanced and echo.weights == "facebook/musicgen-small"
    for preset in PRESETS.values():
        preset.options.check()
    for name, value in (("mode", "x"), ("adapt", "x"), ("text", "x"), ("optimiser", "x"), ("batch", 0)):
        with pytest.raises(InputError, match=rf"\[model\] {name} must be"):
            replace(RcOptions(), **{name: value}).check()
