"""What can be trained, by the name of ``filmcomposer train``."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.training.crt import CrtSize
from backend.training.crt_run import train_crt
from backend.training.melody import MelodySize
from backend.training.melody_run import train_melody
from backend.training.opt_in_pieces import OptIn, opt_in
from backend.training.rcmusicgen_options import PRESETS, RcOptions
from backend.training.rcmusicgen_run import RcJob, train_rcmusicgen
from backend.training.trainer import TrainConfig, TrainNews

Tell = Callable[[TrainNews], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What a configuration says, with defaults where it says nothing. ``data`` is a folder, for MusicGen the manifest
    of a data set; ``weights`` a folder or a name of the hub; ``added`` folders of material that is never taken by
    itself, by the names of opt_in_pieces.RIGHTS."""

    data: Path
    folder: Path
    size: Any
    training: TrainConfig
    weights: str = ""
    added: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """``size`` is the dataclass of the table ``[model]``; ``model`` and ``training`` are the preset's values; ``needs``
    is a folder that the data must hold."""

    size: type[Any]
    train: Callable[[Wishes, Tell, Say], Path]
    needs: str = ""
    model: tuple[tuple[str, Any], ...] = ()
    training: tuple[tuple[str, Any], ...] = ()
    weights: str = ""


def recipe(kind: str, preset: str = "") -> Recipe:
    """The recipe of a name of ``filmcomposer train``; ``preset`` (MusicGen only) names another one than its own.

    Raises KeyError for a preset that does not exist.
    """
    if kind in ("crt", "melody"):
        return _OWN[kind]
    chosen = PRESETS[preset or kind]
    return Recipe(RcOptions, lambda wishes, tell, say: _musicgen(kind, wishes, tell, say),
                  model=tuple(asdict(chosen.options).items()), training=tuple(asdict(chosen.training).items()),
                  weights=chosen.weights)


def _musicgen(kind: str, wishes: Wishes, tell: Tell, say: Say) -> Path:
    return train_rcmusicgen(RcJob(kind, wishes.weights, wishes.data, wishes.folder, wishes.size, wishes.training), tell,
                            say)


def _added(wishes: Wishes, say: Say) -> OptIn:
    more = opt_in(dict(wishes.added))
    for line in more.rights:
        say(line)
    return more


_OWN = {
    "crt": Recipe(CrtSize, lambda w, tell, say: train_crt(w.data, w.folder, w.size, w.training, tell, _added(w, say)),
                  "symbolic"),
    "melody": Recipe(MelodySize, lambda w, tell, say: train_melody(w.data, w.folder, w.size, w.training, tell,
                                                                   _added(w, say)), "symbolic"),
}
