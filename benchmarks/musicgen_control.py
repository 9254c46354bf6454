"""Whether the spots really control: a small model from nothing, trained as ``filmcomposer train rcmusicgen`` trains.

    python -m benchmarks.musicgen_control OUT [--seeds 5] [--steps 5000] [--mode fine25] [--clips 8000] [--minutes 3.5]

For each seed: clips are played by the project's synthesiser on random rhythms, a codec is made of them, a decoder of
half a million weights is trained on its codes. Then sounds are written on rhythms that no clip had, and their onsets
are found by the project's detector: F1 within 70 ms. A run that the time limit ends goes on with the same command;
``--first 4`` begins with the fourth seed, so that two processes can share the seeds of one folder.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from backend.models.musicgen.conditioner import RhythmConditioner
from backend.models.musicgen.decoder import Condition, DecoderShape
from backend.models.musicgen.generate import Draw, Guided, generate
from backend.models.musicgen.rhythm_musicgen import Spots, chromagram
from backend.training.rcmusicgen import Base, RcNetwork
from backend.training.rcmusicgen_manifest import Clip
from backend.training.rcmusicgen_options import RcOptions
from backend.training.rcmusicgen_run import RcJob, train_from
from backend.training.trainer import TrainConfig, TrainNews
from benchmarks.musicgen_control_clips import BOOKS, CLIP_S, CODES, INSTRUMENTS, Codec, Take, hit_f1, takes

DEV, TEST = 16, 24
SHAPE = DecoderShape(128, 3, 4, 384, CODES, BOOKS)
TEXT_WIDTH = 16
ROWS = ("own spots", "no spots", "spots of another clip", "own spots, other text")


class OutOfTime(Exception):
    """The run's minutes are over; what is trained stays."""


def word_states(texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """A text encoder of the simplest kind: every text is one token, a random vector of its own."""
    keys = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") for text in texts]
    states = torch.stack([torch.randn(1, TEXT_WIDTH, generator=torch.Generator().manual_seed(key)) for key in keys])
    heard = torch.tensor([[bool(text)] for text in texts])
    return states * heard[..., None], heard


def as_clips(played: list[Take], codec: Codec, folder: Path) -> list[Clip]:
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for number, take in enumerate(played):
        file = folder / f"{number}.npy"
        np.save(file, codec.codes(take.sound))
        out.append(Clip(str(number), None, 0.0, CLIP_S, file, tuple(take.times_s), tuple(map(int, take.strengths)),
                        {"instrumentation": take.instrument}, {}, "", "dev" if number < DEV else "train", 1.0, "own"))
    return out


def job(folder: Path, seed: int, steps: int, mode: str) -> RcJob:
    options = RcOptions(mode=mode, adapt="full", text="everything", batch=8, segment_s=CLIP_S, no_condition=0.1,
                        no_rhythm=0.1, no_text=0.1)
    training = TrainConfig(steps=steps, learning_rate=2e-3, warmup_steps=50, weight_decay=0.01, averaging=0.99,
                           seed=seed, validate_every=100)
    return RcJob("rcmusicgen", "none", folder / "none", folder, options, training)


def trained(base: Base, clips: list[Clip], work: RcJob, until: float) -> RcNetwork:
    def tell(news: TrainNews) -> None:
        print(f"  step {news.step}: {news.train_loss:.3f}, held out {news.figures['loss']:.3f}, "
              f"{news.steps_a_second:.1f} a second", flush=True)
        if time.monotonic() > until and news.step < news.steps:
            raise OutOfTime
    file = train_from(base, clips, word_states, work, tell)
    network = RcNetwork(base, work.options)
    from safetensors.torch import load_file
    network.load_state_dict({name: value.float() for name, value in load_file(file).items()})
    return network.eval()


@torch.no_grad()
def written(network: RcNetwork, spots: list[Spots | None], texts: list[str], seed: int) -> torch.Tensor:
    """Codes [clips, books, frames], one batch, no guidance."""
    conditioner = network.conditioner
    assert isinstance(conditioner, RhythmConditioner)
    frames = [conditioner.nothing(1) if one is None else conditioner(chromagram(one, CLIP_S, conditioner))
              for one in spots]
    states, heard = word_states(texts)
    words, rhythm = network.text(states) * heard[..., None], torch.cat(frames)
    condition = Condition(words, None, rhythm) if conditioner.mode.added else Condition(torch.cat([rhythm, words], 1))
    return generate(network.decoder, Guided((condition,)), round(CLIP_S * 50), Draw(top_k=16, seed=seed))


def scores(network: RcNetwork, codec: Codec, seed: int) -> dict[str, float]:
    """Mean F1 over rhythms that no training clip has, against each clip's own spots."""
    asked = takes(TEST, 10_000 + seed)
    own: list[Spots | None] = [Spots(take.times_s, take.strengths) for take in asked]
    texts = [f"instrumentation: {take.instrument}" for take in asked]
    names = list(INSTRUMENTS)
    others = [f"instrumentation: {names[(names.index(take.instrument) + 1) % len(names)]}" for take in asked]
    wishes = {ROWS[0]: (own, texts), ROWS[1]: ([None] * TEST, texts), ROWS[2]: (own[1:] + own[:1], texts),
              ROWS[3]: (own, others)}
    out = {}
    for name, (spots, words) in wishes.items():
        codes = written(network, list(spots), words, seed).numpy()
        out[name] = float(np.mean([hit_f1(codec.sound(c), take.times_s) for c, take in zip(codes, asked, strict=True)]))
    out["the codec alone"] = float(np.mean([hit_f1(codec.sound(codec.codes(t.sound)), t.times_s) for t in asked]))
    return out


def one_seed(out: Path, seed: int, wishes: argparse.Namespace, until: float) -> dict[str, float]:
    folder = out / f"{wishes.mode}-{wishes.clips}-{wishes.steps}-{seed}"
    done = folder / "scores.json"
    if done.is_file():
        return dict(json.loads(done.read_text()))
    started = time.process_time()
    played = takes(wishes.clips, seed)
    codec = Codec([take.sound for take in played[DEV:DEV + 130]], seed)
    clips = as_clips(played, codec, folder / "codes")
    base = Base("nothing", SHAPE, TEXT_WIDTH, {}, {}, {}, "MIT")
    try:
        network = trained(base, clips, job(folder, seed, wishes.steps, wishes.mode), until)
        found = scores(network, codec, seed)
    finally:
        spent = time.process_time() - started
        used = folder / "seconds.json"
        spent += json.loads(used.read_text()) if used.is_file() else 0.0
        used.write_text(json.dumps(spent))
    found["CPU minutes"] = spent / 60
    done.write_text(json.dumps(found))
    return found


def table(rows: list[dict[str, float]]) -> None:
    print(f"\n| | F1, mean of {len(rows)} seeds | each seed |\n|---|---|---|")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"| {name} | {np.mean(values):.3f} | {', '.join(f'{value:.2f}' for value in values)} |")
    for label, first, second in (("with minus without", *ROWS[:2]), ("another clip's minus without", ROWS[2], ROWS[1]),
                                 ("other text", ROWS[3], ROWS[0])):
        gaps = np.array([row[first] - row[second] for row in rows])
        text = f"{label}: {gaps.mean():+.3f}"
        if len(gaps) > 1:
            from scipy.stats import t
            half = t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / len(gaps) ** 0.5
            text += f", 95 % interval {gaps.mean() - half:+.3f} to {gaps.mean() + half:+.3f}"
        print(text)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--clips", type=int, default=8000)
    parser.add_argument("--mode", default="fine25")
    parser.add_argument("--minutes", type=float, default=1e9)
    wishes = parser.parse_args()
    until = time.monotonic() + 60 * wishes.minutes
    rows = []
    try:
        for seed in range(wishes.first, wishes.seeds + 1):
            print(f"seed {seed}", flush=True)
            rows.append(one_seed(wishes.out, seed, wishes, until))
    except OutOfTime:
        print("The time is over; the same command goes on.")
    if rows:
        table(rows)


if __name__ == "__main__":
    main()
