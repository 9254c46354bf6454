"""Training MusicGen on tiny random weights: it learns, it resumes to the bit, only what should learn does."""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import Tensor

from backend.errors import InputError
from backend.models.musicgen.adapted import apply_trained
from backend.models.musicgen.loading import LICENCE_LINE, load_pretrained
from backend.models.musicgen.rhythm_musicgen import Spots, load_rhythm_musicgen, rhythm_conditioner
from backend.models.musicgen.spots_audio import ADD50, FINE25, render_spots
from backend.models.weights import read_weights
from backend.training.rcmusicgen import Base, RcNetwork, RcTask
from backend.training.rcmusicgen_dadapt import START, DAdaptAdam
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_options import RcOptions
from backend.training.rcmusicgen_run import RcJob, base_of, train_rcmusicgen, with_epochs
from backend.training.trainer import TrainConfig, TrainNews, train
from tests.models.musicgen.tokens import save_tokenizer
from tests.models.musicgen.upstream import melody_model, small_model
from tests.training.rcmusicgen_words import Words

TRAINING = TrainConfig(steps=24, learning_rate=3e-3, warmup_steps=2, validate_every=12, averaging=0.5)
OPTIONS = RcOptions(segment_s=2.0, batch=3, rank=4, norm_layers=1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name, model in (("melody", melody_model()), ("small", small_model())):
        model.save_pretrained(folder / name)
        save_tokenizer(folder / name)
    return folder


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Codes that follow the spots: one code at each, another elsewhere."""
    folder, rng, out = tmp_path_factory.mktemp("clips"), np.random.default_rng(0), []
    for number in range(8):
        times = np.cumsum(rng.uniform(0.15, 0.5, 8))
        times = times[times < 1.9]
        codes = np.full((4, 100), 7)
        codes[:, (times * 50).astype(int)] = 21
        np.save(folder / f"{number}.npy", codes.astype(np.uint16))
        out.append(Clip(str(number), None, 0.0, 2.0, folder / f"{number}.npy", tuple(times), (2,) * len(times),
                        {"genre": "folk", "mood": "calm"}, {"setting": "lake"}, "", "dev" if number == 0 else "train",
                        1.0, "CC0"))
    return out


def base(weights: Path, kind: str = "melody") -> Base:
    return base_of(load_pretrained(weights / kind), kind)


def run(task: RcTask, folder: Path, training: TrainConfig = TRAINING) -> tuple[RcNetwork, list[TrainNews]]:
    news: list[TrainNews] = []
    network = train(task, training, folder, news.append)
    assert isinstance(network, RcNetwork)
    return network, news


@pytest.mark.parametrize(("kind", "options"), [
    ("melody", OPTIONS), ("melody", replace(OPTIONS, mode="add50", adapt="full")),
    ("melody", replace(OPTIONS, mode="paper", adapt="full", optimiser="dadapt")),
    ("small", replace(OPTIONS, mode="none", text="music", adapt="full", balanced=True))])
def test_training_lowers_the_loss(kind: str, options: RcOptions, weights: Path, clips: list[Clip],
                                  tmp_path: Path) -> None:
    training = replace(TRAINING, steps=60, learning_rate=1.0, beta2=0.9, validate_every=30) \
        if options.optimiser == "dadapt" else TRAINING
    task = RcTask("rcmusicgen", base(weights, kind), clips, options, Words())
    with torch.no_grad():
        before = task.validate(task.network().eval())["loss"]
    _, news = run(task, tmp_path, training)
    assert news[-1].figures["loss"] < 0.8 * before


def test_low_rank_training_leaves_the_rest_alone(weights: Path, clips: list[Clip], tmp_path: Path) -> None:
    start = base(weights)
    kept = {name: value.clone() for name, value in start.decoder.items()}
    network, _ = run(RcTask("rcmusicgen", start, clips, OPTIONS, Words()), tmp_path)
    changed = {name for name, value in network.decoder.state_dict().items()
               if name in kept and not torch.equal(value, kept[name])}
    assert changed == {f"layers.0.norm{n}.{part}" for n in (1, 2) for part in ("weight", "bias")}
    assert all(torch.equal(value, kept[name]) for name, value in start.decoder.items())
    saved = read_weights(tmp_path / "best" / "average.safetensors").tensors
    assert set(saved) == network.trained and sum(v.size for v in saved.values()) < 60_000
    assert not torch.equal(network.conditioner.project.weight, start.rhythm["weight"])


def test_a_network_starts_as_its_base(weights: Path, clips: list[Clip]) -> None:
    start = base(weights)
    task = RcTask("rcmusicgen", start, clips, OPTIONS, Words())
    batch = task.batch(np.random.default_rng(0))
    pretrained = load_pretrained(weights / "melody")
    network = task.network()
    with torch.no_grad():
        condition = network.condition(batch)
        assert torch.equal(network(batch), pretrained.decoder(batch["codes"], condition))
        assert condition.prefix.shape[1] == 51 + 2
    assert torch.equal(network.conditioner.project.weight, pretrained.rhythm.weight)


class Stopped(Exception):
    """Ends a run in the middle, as Ctrl-C would."""


@pytest.mark.parametrize("optimiser", ["adamw", "dadapt"])
def test_a_resumed_run_ends_with_the_same_bits(optimiser: str, weights: Path, clips: list[Clip],
                                               tmp_path: Path) -> None:
    """The text's stage included: the second half says other words than the first."""
    def task() -> RcTask:
        return RcTask("rcmusicgen", base(weights), clips, replace(OPTIONS, optimiser=optimiser), Words())

    def stop(news: TrainNews) -> None:
        raise Stopped

    whole, _ = run(task(), tmp_path / "whole")
    with pytest.raises(Stopped):
        train(task(), TRAINING, tmp_path / "parts", stop)
    resumed, news = run(task(), tmp_path / "parts")
    assert [one.step for one in news] == [24]
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())


def test_the_stage_of_the_text_follows_the_updates(weights: Path, clips: list[Clip], tmp_path: Path) -> None:
    said: list[set[str]] = [set()]

    def listen(texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        said[-1].update(texts)
        return Words()(texts)

    task = RcTask("rcmusicgen", base(weights), clips, OPTIONS, listen)
    for share in (0.0, 0.9):
        said.append(set())
        task.reached(share)
        for seed in range(30):
            task.batch(np.random.default_rng(seed))
    assert said[1] == {"", "genre: folk. mood: calm. setting: lake"}
    assert said[2] == said[1] | {"setting: lake"}


def test_chances_decide_what_is_not_given(weights: Path, clips: list[Clip]) -> None:
    options = replace(OPTIONS, batch=200, no_condition=0.2, no_rhythm=0.25, no_text=0.5)
    batch = RcTask("rcmusicgen", base(weights), clips, options, Words()).batch(np.random.default_rng(0))
    silent, wordless = batch["no_rhythm"].float(), 1 - batch["said"][:, 0]
    assert float(silent.mean()) == pytest.approx(0.2 + 0.8 * 0.25, abs=0.08)
    assert float(wordless.mean()) == pytest.approx(0.2 + 0.8 * 0.5, abs=0.08)
    assert float((silent * wordless).mean()) == pytest.approx(0.2 + 0.8 * 0.125, abs=0.08)


def test_another_data_set_is_another_configuration(weights: Path, clips: list[Clip], tmp_path: Path) -> None:
    run(RcTask("rcmusicgen", base(weights), clips, OPTIONS, Words()), tmp_path, replace(TRAINING, steps=1))
    fewer = RcTask("rcmusicgen", base(weights), clips[:-1], OPTIONS, Words())
    with pytest.raises(InputError, match="another configuration"):
        run(fewer, tmp_path, replace(TRAINING, steps=1))


def test_d_adaptation_finds_its_rate() -> None:
    """From a millionth to the goal of a badly scaled valley, without a rate being given."""
    x = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    optimiser = DAdaptAdam([x], betas=(0.9, 0.99))
    scale = torch.tensor([1.0, 50.0])
    first = float((scale * x.detach() ** 2).sum())
    for step in range(800):
        optimiser.param_groups[0]["lr"] = 1 - step / 800
        optimiser.zero_grad()
        loss = (scale * x ** 2).sum()
        loss.backward()
        optimiser.step()
    assert optimiser.param_groups[0]["distance"] > 1000 * START
    assert float(loss.detach()) < 1e-3 * first


def manifest(folder: Path) -> Path:
    rows = []
    for number in range(4):
        times = [0.2 + 0.1 * number, 0.8, 1.3]
        soundfile.write(folder / f"{number}.wav", render_spots(times, [1, 2, 3], 2.0), 32_000)
        rows.append({"id": str(number), "audio": f"{number}.wav", "duration": 2.0, "license": "CC0",
                     "rhythm": {"spots": [[time_s, 1] for time_s in times]}, "split": "dev" if number == 0 else "train",
                     "text": {"music": {"genre": "calm", "instrumentation": "strings"}}})
    file = folder / "clips.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def test_from_sound_to_a_file_that_generation_takes(weights: Path, tmp_path: Path) -> None:
    said: list[str] = []
    job = RcJob("rcmusicgen", str(weights / "melody"), manifest(tmp_path), tmp_path / "run", OPTIONS,
                replace(TRAINING, steps=4, validate_every=4))
    file = train_rcmusicgen(job, lambda _: None, said.append)
    assert said == [LICENCE_LINE, "4 of 4 clips prepared", "4 texts prepared"]
    card = read_weights(file).card
    assert (card["licence"], card["mode"], card["rights"], card["clips"]) == ("CC-BY-NC-4.0", "fine25", ["CC0"], 4)
    plain = load_rhythm_musicgen(weights / "melody", FINE25)
    tuned = load_rhythm_musicgen(weights / "melody", FINE25, trained=file)
    assert (plain.conditioner.most_frames, tuned.conditioner.most_frames) == (750, 51)
    spots = Spots((0.3, 0.9), (1, 2))
    first, second = (model.write("calm", spots, 1.0) for model in (plain, tuned))
    assert first.shape == second.shape == (32_000,) and not np.array_equal(first, second)
    prepared = sorted((tmp_path / "run" / "prepared" / "codes").iterdir())
    stamps = [path.stat().st_mtime_ns for path in prepared]
    train_rcmusicgen(replace(job, folder=tmp_path / "run"), lambda _: None, said.append)
    assert len(prepared) == 4 and [path.stat().st_mtime_ns for path in prepared] == stamps


def test_merged_adapters_equal_the_trained_network(weights: Path, clips: list[Clip], tmp_path: Path) -> None:
    from backend.training.ship import ship
    task = RcTask("rcmusicgen", base(weights), clips, OPTIONS, Words())
    network, _ = run(task, tmp_path)
    network.half().float()
    ship(network, {"mode": "fine25"}, tmp_path / "trained.safetensors")
    pretrained = load_pretrained(weights / "melody")
    conditioner = rhythm_conditioner(pretrained, FINE25)
    apply_trained(tmp_path / "trained.safetensors", pretrained, conditioner)
    batch = task.batch(np.random.default_rng(3))
    with torch.no_grad():
        expected, merged = network(batch), pretrained.decoder(batch["codes"], network.condition(batch))
        untouched = load_pretrained(weights / "melody").decoder(batch["codes"], network.condition(batch))
    assert torch.allclose(merged, expected, atol=5e-3) and (untouched - expected).abs().max() > 0.2
    assert torch.allclose(conditioner.project.weight, network.conditioner.project.weight, atol=1e-3)


def test_results_of_another_mode_or_model_are_refused(weights: Path, clips: list[Clip], tmp_path: Path) -> None:
    from backend.training.ship import ship
    network = RcTask("rcmusicgen", base(weights), clips, OPTIONS, Words()).network()
    file = tmp_path / "trained.safetensors"
    ship(network, {"mode": "fine25"}, file)
    pretrained = load_pretrained(weights / "melody")
    with pytest.raises(InputError, match="trained in the mode 'fine25', not 'add50'"):
        apply_trained(file, pretrained, rhythm_conditioner(pretrained, ADD50))
    ship(torch.nn.Linear(2, 2), {"mode": "fine25"}, file)
    with pytest.raises(InputError, match="trained on another model"):
        apply_trained(file, pretrained, rhythm_conditioner(pretrained, FINE25))
    ship(network, {}, file)
    with pytest.raises(InputError, match="no training result for MusicGen"):
        apply_trained(file, pretrained, None)


def test_epochs_become_updates() -> None:
    options = replace(OPTIONS, epochs=10, batch=12)
    assert with_epochs(replace(TRAINING, accumulate=2), options, 100).steps == 42
    assert with_epochs(TRAINING, replace(options, epochs=0), 100) == TRAINING


def test_echoscript_is_text_alone(weights: Path, tmp_path: Path) -> None:
    job = RcJob("echoscript", str(weights / "small"), manifest(tmp_path), tmp_path / "run",
                replace(OPTIONS, mode="none", adapt="full", text="music"), replace(TRAINING, steps=2))
    assert read_weights(train_rcmusicgen(job, lambda _: None, lambda _: None)).card["name"] == "echoscript"
    with pytest.raises(InputError, match="EchoScript is trained on text alone"):
        train_rcmusicgen(replace(job, weights=str(weights / "melody")), lambda _: None, lambda _: None)


class Watched(RcTask):
    """Notes in which precision the layers answer while they are trained and while they are validated."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.heard: dict[bool, set[torch.dtype]] = {True: set(), False: set()}

    def network(self) -> torch.nn.Module:
        network = super().network()
        assert isinstance(network, RcNetwork)
        network.decoder.layers[0].up.register_forward_hook(
            lambda module, _, out: self.heard[network.training].add(out.dtype))
        return network


def test_half_precision_learns_resumes_to_the_bit_and_keeps_whole_weights(weights: Path, clips: list[Clip],
                                                                          tmp_path: Path) -> None:
    def task() -> Watched:
        return Watched("rcmusicgen", base(weights), clips, OPTIONS, Words())

    def stop(news: TrainNews) -> None:
        raise Stopped

    half, one = replace(TRAINING, bf16=True), task()
    with torch.no_grad():
        before = one.validate(one.network().eval())["loss"]
    whole, news = run(one, tmp_path / "whole", half)
    assert one.heard[True] == {torch.bfloat16} and one.heard[False] == {torch.float32}
    assert news[-1].figures["loss"] < 0.85 * before
    assert {value.dtype for value in whole.state_dict().values()} == {torch.float32}
    with pytest.raises(Stopped):
        train(task(), half, tmp_path / "parts", stop)
    resumed, _ = run(task(), tmp_path / "parts", half)
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())
    plain = task()
    full, _ = run(plain, tmp_path / "plain", replace(TRAINING, steps=2))
    assert plain.heard[True] == {torch.float32}
    assert any(not torch.equal(value, whole.state_dict()[name]) for name, value in full.state_dict().items())
