"""``filmcomposer train rcmusicgen`` and ``echoscript``: weights, data set, preparation, training, the file to use."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from backend.errors import InputError
from backend.models.musicgen.companions import load_companions
from backend.models.musicgen.loading import LICENCE_LINE, Pretrained, load_pretrained, weights_folder
from backend.training.rcmusicgen import Base, RcTask, TextSource, prefix_frames
from backend.training.rcmusicgen_manifest import Clip, read_manifest
from backend.training.rcmusicgen_options import NO_RHYTHM, RcOptions
from backend.training.rcmusicgen_prepare import KeptTexts, prepare
from backend.training.rcmusicgen_text import TEXT_PLANS
from backend.training.ship import ship
from backend.training.trainer import TrainConfig, TrainNews, train


@dataclass(frozen=True)
class RcJob:
    """``kind``: rcmusicgen or echoscript; ``weights``: a folder or a name of the hub; ``manifest``: the data set."""

    kind: str
    weights: str
    manifest: Path
    folder: Path
    options: RcOptions
    training: TrainConfig


def train_rcmusicgen(job: RcJob, tell: Callable[[TrainNews], None], say: Callable[[str], None]) -> Path:
    """Train and write ``<kind>.safetensors`` with its card; ``say`` hears single lines (the licence first).

    Raises InputError and OutputError in one line. The same call goes on after an interruption.
    """
    job.options.check()
    clips = read_manifest(job.manifest)
    source = weights_folder(job.weights)
    pretrained, companions = load_pretrained(source), load_companions(source)
    say(LICENCE_LINE)
    base = base_of(pretrained, job.weights)
    clips = prepare(clips, companions, job.folder / "prepared", base.name, _counted(say, "clips prepared"))
    plan = TEXT_PLANS[job.options.text]
    texts = KeptTexts(companions.text_states, job.folder / "prepared" / "texts", base.name, plan.words_lost == 0)
    say(f"{texts.prepare(clips, plan)} texts prepared")
    return train_from(base, clips, texts, job, tell)


def train_from(base: Base, clips: Sequence[Clip], texts: TextSource, job: RcJob,
               tell: Callable[[TrainNews], None]) -> Path:
    """The training itself, from clips with codes."""
    _fits(base, job)
    training = with_epochs(job.training, job.options, sum(clip.split == "train" for clip in clips))
    task = RcTask(job.kind, base, clips, job.options, texts)
    network = train(task, training, job.folder, tell)
    card = {"name": job.kind, "mode": job.options.mode, "frames": prefix_frames(job.options), "base": base.name,
            "licence": base.licence, "options": asdict(job.options), "training": asdict(training),
            "data_sha256": task.facts["data"], "clips": len(clips),
            "rights": sorted({clip.licence for clip in clips if clip.licence})}
    file = job.folder / f"{job.kind}.safetensors"
    ship(network, card, file)
    return file


def base_of(pretrained: Pretrained, name: str) -> Base:
    decoder = {key: value for key, value in pretrained.decoder.state_dict().items()}
    rhythm = {} if pretrained.rhythm is None else pretrained.rhythm.state_dict()
    return Base(name, pretrained.decoder.shape, pretrained.text.in_features, decoder, pretrained.text.state_dict(),
                rhythm, pretrained.licence)


def with_epochs(training: TrainConfig, options: RcOptions, clips: int) -> TrainConfig:
    """The number of updates that ``epochs`` asks for."""
    if not options.epochs:
        return training
    updates = -(-clips * options.epochs // (options.batch * training.accumulate))
    return replace(training, steps=max(1, updates))


def _fits(base: Base, job: RcJob) -> None:
    if job.kind == "echoscript" and (job.options.mode != NO_RHYTHM or not base.shape.crossing):
        raise InputError("EchoScript is trained on text alone, from a text model: take facebook/musicgen-small and "
                         "mode = \"none\".")


def _counted(say: Callable[[str], None], what: str) -> Callable[[int, int], None]:
    def tell(done: int, all_of_them: int) -> None:
        if done == all_of_them or done % 50 == 0:
            say(f"{done} of {all_of_them} {what}")
    return tell
