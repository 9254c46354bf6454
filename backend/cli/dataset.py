"""``filmcomposer dataset``: build a data set from a folder of clips and music."""
from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import InputError, OptionError

if TYPE_CHECKING:
    from backend.dataset.build import BuildNews
    from backend.dataset.engine import Engine
    from backend.dataset.options import BuildOptions, Tools

_DASK = "dask://"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("dataset", help="build a data set from clips and music")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="clip, music, descriptions, melody and rhythm spots of every clip")
    build.add_argument("folder", type=Path, metavar="FOLDER",
                       help="clips with their sound tracks, or NAME.mp4 beside NAME.wav, .mp3, .flac, .mid, .musicxml")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of the data set")
    build.add_argument("--workers", type=int, metavar="N", help="processes on this machine (default: its cores)")
    build.add_argument("--engine", default="local", metavar="NAME",
                       help="local, or the scheduler of a Dask cluster: dask://HOST:PORT")
    build.add_argument("--min-seconds", type=float, default=8.0, metavar="S", help="shorter clips are left out (8)")
    build.add_argument("--max-seconds", type=float, default=600.0, metavar="S", help="longer ones too (600)")
    build.add_argument("--min-confidence", type=float, default=0.55, metavar="C",
                       help="melodies heard less surely are left out, 0 to 1 (0.55)")
    build.add_argument("--splits", default="80/10/10", metavar="A/B/C", help="train, dev, test in percent (80/10/10)")
    build.add_argument("--copy-clips", action="store_true", help="copy the clips into the data set")


def run(arguments: argparse.Namespace) -> int:
    """Build, telling how far it is; the same command goes on after an interruption."""
    from backend.dataset.build import Build, build_dataset
    from backend.dataset.report import table
    options = _options(arguments)
    engine = _engine(arguments)
    try:
        report = build_dataset(Build(arguments.folder, arguments.output, options, tools, _tell), engine)
    finally:
        engine.close()
    _write(f"{arguments.output}\n" + "\n".join(table(report)) + "\n")
    if not report.accepted:
        raise InputError(f"None of the {report.clips} clips could be used; "
                         f"'{arguments.output / 'report.md'}' says why.")
    return 0


def tools() -> Tools:
    """The tools of one process, wired as everywhere else."""
    from backend import wiring
    from backend.dataset.options import Tools
    choices = wiring.choices()
    transcriber = wiring.Choice("backend.models.transcribe", "BasicPitchTranscriber", ("onnxruntime",), "")
    return Tools(wiring.build("clip_analyzer", choices["clip_analyzer"]),
                 wiring.build("describer", choices["describer"]), wiring.build("transcriber", transcriber))


def _options(arguments: argparse.Namespace) -> BuildOptions:
    from backend.dataset.options import BuildOptions
    shares = re.fullmatch(r"(\d{1,3})/(\d{1,3})/(\d{1,3})", arguments.splits.strip())
    if not shares:
        raise OptionError(f"--splits '{arguments.splits}': give three percentages that make 100, such as 80/10/10.")
    return BuildOptions(arguments.min_seconds, arguments.max_seconds, arguments.min_confidence, arguments.copy_clips,
                        (int(shares[1]), int(shares[2]), int(shares[3]))).check()


def _engine(arguments: argparse.Namespace) -> Engine:
    name, workers = arguments.engine, arguments.workers
    if name.startswith(_DASK) and len(name) > len(_DASK):
        if workers is not None:
            raise OptionError("--workers is for this machine; a cluster has the workers that were started on it.")
        from backend.dataset.dask_engine import DaskEngine
        return DaskEngine(name.removeprefix(_DASK))
    if name != "local":
        raise OptionError(f"--engine '{name}': give local, or dask://HOST:PORT.")
    if workers is not None and not 1 <= workers <= 256:
        raise OptionError(f"--workers {workers}: give a number from 1 to 256.")
    from backend.dataset.engine import LocalEngine
    return LocalEngine(workers or os.cpu_count() or 1)


def _tell(news: BuildNews) -> None:
    """One line on a terminal, renewed; a line every tenth elsewhere."""
    text = f"  {news.done} of {news.clips} clips, {news.accepted} accepted" + (
        f", {news.kept} as before" if news.kept else "")
    if sys.stderr.isatty():
        _write(f"\r\033[K{text}" + ("\n" if news.done == news.clips else ""))
    elif news.done == news.clips or news.done % max(1, news.clips // 10) == 0:
        _write(text + "\n")


def _write(text: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "replace").decode(encoding))
    sys.stderr.flush()
