"""``filmcomposer train``: a model of the project trained anew, from a configuration file."""
from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from backend.errors import InputError, MissingExtraError

KINDS = ("crt", "melody", "rcmusicgen", "echoscript")
ADDED = ("pop909", "nottingham")
"""Material that is never taken by itself; the user names its folder."""
_KNOWN = ("data", "output", "weights", "preset", *ADDED, "model", "training")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("train", help="train a model of the project anew (needs torch)")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--config", type=Path, required=True, metavar="FILE",
                        help="TOML: data, output, for MusicGen weights and preset, folders of pop909 and nottingham "
                             "where you want them, and the tables model and training")


def run(arguments: argparse.Namespace) -> int:
    """Train, drawing the losses as it goes; the same command goes on after an interruption."""
    wishes = read_config(arguments.config)
    try:
        from backend.training.loss_picture import draw_losses
        from backend.training.rcmusicgen_options import PRESETS
        from backend.training.recipes import Wishes, recipe
        from backend.training.trainer import TrainConfig, TrainNews
    except ImportError as error:
        raise MissingExtraError(f"Training needs the package '{error.name}'. Install it with: "
                                "python3 install.py test") from None
    preset = str(wishes.get("preset", ""))
    if preset and (preset not in PRESETS or arguments.kind in ("crt", "melody")):
        raise InputError(f"--config '{arguments.config}': preset must be one of {', '.join(PRESETS)}, for MusicGen "
                         "only.")
    chosen = recipe(arguments.kind, preset)
    added = tuple((name, Path(wishes[name])) for name in ADDED if name in wishes)
    if added and arguments.kind not in ("crt", "melody"):
        raise InputError(f"--config '{arguments.config}': {added[0][0]} holds no sound; it is for crt and melody only.")
    folder, data = Path(wishes["output"]), Path(wishes["data"])
    if chosen.needs and not (data / chosen.needs).is_dir():
        raise InputError(f"--config '{arguments.config}': data must name a folder that holds '{chosen.needs}'; "
                         f"'{data}' does not.")

    def tell(news: TrainNews) -> None:
        figures = ", ".join(f"{name} {value:g}" for name, value in news.figures.items())
        say(f"step {news.step} of {news.steps}: training {news.train_loss:.4f}; held out {figures}; "
            f"{news.steps_a_second:.2f} steps a second")
        draw_losses(folder)

    size = filled(chosen.size, _over(chosen.model, wishes.get("model", {})), "model")
    training = filled(TrainConfig, _over(chosen.training, wishes.get("training", {})), "training")
    weights = str(wishes.get("weights", chosen.weights))
    file = chosen.train(Wishes(data, folder, size, training, weights, added), tell, say)
    say(f"Written: {file}")
    say(f"The losses: {folder / 'losses.png'}")
    return 0


def say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")


def _over(preset: tuple[tuple[str, Any], ...], said: Any) -> Any:
    """What is said over the preset's values; something else than a table is left for the check that names it."""
    return {**dict(preset), **said} if isinstance(said, dict) else said


def read_config(file: Path) -> dict[str, Any]:
    """The wishes of a file, its paths as seen from the file's folder. Raises InputError in one line."""
    try:
        wishes = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--config '{file}' cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"--config '{file}' is not TOML: {error}.") from None
    unknown = [name for name in wishes if name not in _KNOWN]
    missing = [name for name in ("data", "output") if not isinstance(wishes.get(name), str)]
    if unknown or missing:
        what = f"'{unknown[0]}' is not known" if unknown else f"'{missing[0]}' is missing"
        raise InputError(f"--config '{file}': {what}; it holds {', '.join(_KNOWN)}.")
    folders = [name for name in ("data", "output", *ADDED) if name in wishes]
    wrong = [name for name in folders if not isinstance(wishes[name], str)]
    if wrong:
        raise InputError(f"--config '{file}': '{wrong[0]}' must be a folder's name.")
    return {**wishes, **{name: str(file.parent / wishes[name]) for name in folders}}


def filled(kind: type[Any], values: Any, table: str) -> Any:
    """A configuration with defaults where nothing is said. Raises InputError for names and types that do not fit."""
    known = {field.name: field for field in fields(kind)}
    if not isinstance(values, dict):
        raise InputError(f"--config: {table} must be a table, like [{table}].")
    for name, value in values.items():
        if name not in known:
            raise InputError(f"--config: [{table}] has no '{name}'; it has {', '.join(known)}.")
        wanted = type(known[name].default)
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise InputError(f"--config: [{table}] {name} must be a {wanted.__name__}, not {value!r}.")
    return kind(**values)
