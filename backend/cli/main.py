"""The command line. Imports the standard library only until a command runs."""
from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.cli import agents, controls, daemon, dataset, ensemble, train
from backend.config import DEFAULTS, MELODIES, SPOTTERS, STAGES, TAKE_BACK, Options, file_name, options_from, title_of
from backend.errors import FilmComposerError, InputError, OptionError

if TYPE_CHECKING:
    from backend.console import Console
    from backend.cue_job import CueJob
    from backend.results import ResultsFolder

_UNTIL = {"analyze": "analyze", "describe": "describe", "hits": "hits", "spot": "spot", "compose": "compose",
          "arrange": "session", "render": "render"}
_ABOUT = {"analyze": "watch the picture: curves, cuts, shots", "describe": "describe shots and clip",
          "hits": "find the hit points", "spot": "fit the tempo map and spot the rhythm",
          "compose": "write and assess the melody", "arrange": "arrange, mix and write the session files",
          "render": "render mix, stems and preview"}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="filmcomposer", description="From a film clip to a mixed, frame-exact score.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    score = commands.add_parser("score", help="run the whole path on a clip, or go on in a results folder")
    _add_cue_arguments(score)
    score.add_argument("--until", metavar="STAGE", help=f"stop after a stage: {', '.join(STAGES)}")
    score.add_argument("--reaper", action="store_true", help="build it into the open REAPER, through the daemon")
    for name, until in _UNTIL.items():
        stage = commands.add_parser(name, help=_ABOUT[name])
        _add_cue_arguments(stage)
        stage.set_defaults(until=until)
    measure = commands.add_parser("measure", help="measure finished cues, with controls")
    measure.add_argument("folders", nargs="+", metavar="DIR", type=Path)
    measure.add_argument("--json", action="store_true", help="print the figures as JSON")
    doctor = commands.add_parser("doctor", help="what each part of the system uses, and what is missing")
    doctor.add_argument("--musicgen", metavar="DIR", help="check MusicGen's weights and write a sample of two seconds")
    doctor.add_argument("--llm", action="store_true", help="check the language model's server")
    doctor.add_argument("--model", metavar="NAME", help="with --llm: this one of its models")
    demo = commands.add_parser("demo", help="draw a short film and score it")
    demo.add_argument("clip", nargs="?", type=Path)
    demo.add_argument("-o", "--output", metavar="DIR", type=Path, default=Path("demo"))
    daemon.add_commands(commands, _add_cue_arguments)
    agents.add_parser(commands)
    train.add_parser(commands)
    dataset.add_parser(commands)
    return top


def _add_cue_arguments(p: argparse.ArgumentParser) -> None:
    p.add_argument("clip", type=Path, metavar="CLIP", help="a film clip, or a results folder to go on with")
    p.add_argument("-o", "--output", metavar="DIR", type=Path, help="results folder (default: named after the clip)")
    p.add_argument("--seed", type=int, metavar="N", help="another seed, another idea (default 1)")
    p.add_argument("--in", dest="cue_in", metavar="TIME", help="start of the cue, seconds or timecode")
    p.add_argument("--out", dest="cue_out", metavar="TIME", help="end of the cue, seconds or timecode")
    p.add_argument("--cues", type=Path, metavar="FILE", help="several cues: CSV with label,in,out,title")
    p.add_argument("--hits", type=Path, metavar="FILE", help="use these hit points")
    p.add_argument("--spots", type=Path, metavar="FILE", help="use these rhythm spots")
    p.add_argument("--description", type=Path, metavar="FILE", help="use this description")
    p.add_argument("--emotion", metavar="LABEL", help="Sad, Joyous, Fear ... (see README); default takes it back")
    p.add_argument("--tempo", metavar="LO-HI", help="quarters per minute, e.g. 80-100")
    p.add_argument("--meter", metavar="N/D", help="e.g. 3/4")
    controls.add_controls(p)
    p.add_argument("--frame-rate", metavar="FPS", help="24, 23.976, 24000/1001, 29.97df")
    p.add_argument("--start-timecode", metavar="TC", help="timecode of the clip's first frame")
    p.add_argument("--cue", metavar="LABEL", help="cue number (default 1M1)")
    p.add_argument("--title", metavar="TEXT", help="title of the cue (default: from the file name)")
    p.add_argument("--loudness", type=float, metavar="LUFS", help="integrated loudness (default -23)")
    p.add_argument("--soundfont", metavar="FILE", help="a better General MIDI bank (.sf2)")
    p.add_argument("--candidates", type=int, metavar="N", help="melodies to try at most (default 4)")
    p.add_argument("--spotter", metavar="NAME", help=f"who writes the rhythm: {', '.join(SPOTTERS)}")
    p.add_argument("--melody", metavar="NAME", help=f"who writes the melody: {', '.join(MELODIES)}")
    p.add_argument("--weights", metavar="DIR", help="MusicGen's weights, for --melody musicgen")
    ensemble.add_flags(p)
    p.add_argument("--bars", metavar="A-B", help="write only these bars anew")
    p.add_argument("--tracks", metavar="NAMES", help="write only these tracks anew (with or without --bars)")
    p.add_argument("--from", dest="redo_from", metavar="STAGE", help="make this stage and all after it again")
    p.add_argument("--json", action="store_true", help="print the outcome as JSON on standard output")


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 done, 2 something the user can mend, 130 stopped, 70 a defect of ours."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return _run(arguments)
    except FilmComposerError as error:
        print(f"filmcomposer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nfilmcomposer: stopped. Finished stages are kept; the same command goes on from there.",
              file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        return _report_defect(error)


def _report_defect(error: Exception) -> int:
    with tempfile.NamedTemporaryFile("w", prefix="filmcomposer-", suffix=".txt", delete=False) as file:
        traceback.print_exc(file=file)
    print(f"filmcomposer: a defect of this program ({type(error).__name__}: {str(error)[:120]}). "
          f"Please report it with {file.name}", file=sys.stderr)
    return 70


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "doctor":
        return _doctor(arguments)
    if arguments.command == "measure":
        return _measure(arguments.folders, arguments.json)
    if arguments.command == "demo":
        return _demo(arguments.clip, arguments.output)
    if arguments.command == "train":
        return train.run(arguments)
    if arguments.command == "dataset":
        return dataset.run(arguments)
    if arguments.command in agents.COMMANDS:
        return agents.run(arguments)
    if arguments.command in daemon.COMMANDS:
        return daemon.run(arguments, _clip_of)
    if arguments.command == "score" and arguments.reaper:
        return daemon.score_in_reaper(arguments, _clip_of)
    return _score(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from backend import doctor
    if arguments.llm:
        return 0 if doctor.check_llm(print, arguments.model) else 2
    if arguments.musicgen:
        doctor.check_weights(arguments.musicgen, Path("musicgen-sample.wav"), print)
        return 0
    print("\n".join(doctor.lines()))
    return 0 if doctor.all_well() else 2


def _measure(folders: list[Path], as_json: bool) -> int:
    from backend.measuring import measure_folders
    print(measure_folders(folders, as_json))
    return 0


def _demo(clip: Path | None, output: Path) -> int:
    from backend.console import Console
    from backend.video.drawn_film import draw_story
    console = Console()
    if clip is None:
        output.mkdir(parents=True, exist_ok=True)
        clip = output / "A Little Storm.mp4"
        if not clip.is_file():
            console.line("Drawing a short film ...")
            draw_story(clip)
    code = main(["score", str(clip), "-o", str(output / f"1M1 {title_of(clip.stem)}")])
    if code == 0:
        console.line("Score a clip of your own:  python3 install.py demo CLIP")
        console.line(f"or, with every option:     {Path(sys.executable).with_name('filmcomposer')} score CLIP -o DIR")
    return code


def _score(arguments: argparse.Namespace) -> int:
    from backend.console import Console
    console = Console(quiet=arguments.json)
    jobs = _jobs(arguments, console)
    try:
        outcomes = []
        for job in jobs:
            with job.folder.held():
                outcomes.append(_score_cue(job, arguments, console))
    finally:
        for job in jobs:
            job.folder.discard_if_empty()
    if arguments.json:
        print(json.dumps(outcomes if len(outcomes) > 1 else outcomes[0], indent=2, ensure_ascii=False))
    return 0


def _jobs(arguments: argparse.Namespace, console: Console) -> list[CueJob]:
    given = options_from(vars(arguments))
    if not arguments.cues:
        return [_job(arguments, given, None, console)]
    from backend.cues import read_cues
    return [_job(arguments, replace(given, cue=line.label, cue_in=line.cue_in, cue_out=line.cue_out,
                                    title=line.title or given.title), line.label, console)
            for line in read_cues(arguments.cues)]


def _job(arguments: argparse.Namespace, given: Options, label: str | None, console: Console) -> CueJob:
    from backend.cue_job import CueJob, Supplied
    from backend.wiring import wire
    if given.soundfont not in (None, TAKE_BACK):
        given = replace(given, soundfont=str(Path(str(given.soundfont)).resolve()))
        if not Path(str(given.soundfont)).is_file():
            raise InputError(f"--soundfont '{given.soundfont}': there is no such file. Give an .sf2 bank.")
    given.over(DEFAULTS).check()
    clip, folder = _clip_and_folder(arguments, given, label)
    remembered = options_from(folder.options) if folder.is_known else ensemble.replayed_options(arguments)
    yours = folder.yours_now("describe", ("description.json", "description.txt"))
    if given.emotion and yours:
        raise OptionError(f"{yours[0]} is yours now: set the emotion there, or delete it to use --emotion.")
    options = given.over(remembered).over(DEFAULTS).check()
    supplied = Supplied(arguments.hits, arguments.spots, arguments.description)
    ensemble.check_note(given, options)
    try:
        services = wire(options, ensemble.setting_of(arguments, folder.path, console.notice))
    except FilmComposerError:
        folder.discard_if_empty()
        raise
    return CueJob(clip, folder, options, services, supplied)


def _clip_and_folder(arguments: argparse.Namespace, given: Options, label: str | None) -> tuple[Path, ResultsFolder]:
    """The clip, and the folder of its results. Raises InputError, OptionError when the folder is another clip's."""
    from backend.pipeline import fingerprint
    from backend.results import ResultsFolder
    clip: Path = arguments.clip
    if clip.is_dir() and not arguments.cues:
        folder = _known_folder(clip)
        clip = folder.clip
        if not clip.is_file():
            raise InputError(f"The clip '{clip}' has gone. Put it back, or give its new place with -o '{folder.path}'.")
        return clip, folder
    _check_clip(clip)
    if arguments.output is not None and str(arguments.output) in ("", "."):
        raise OptionError("-o: give a folder of its own for the results.")
    name = file_name(f"{given.cue or DEFAULTS.cue} {given.title or title_of(clip.stem)}")
    root = arguments.output or Path.cwd() / ("" if label else name)
    folder = ResultsFolder(root / name if label else root).open()
    if folder.is_known and folder.clip_hash != fingerprint(clip) and arguments.redo_from != "analyze":
        raise OptionError(f"'{folder.path}' holds the score of another clip, or of another version of it. Give another "
                          "folder with -o, or start over there with --from analyze.")
    return clip, folder


def _known_folder(path: Path) -> ResultsFolder:
    from backend.results import ResultsFolder
    folder = ResultsFolder(path).open() if (path / ".filmcomposer.json").is_file() else None
    if folder is None or not folder.is_known:
        raise InputError(f"'{path}' is a folder without results of ours. Give a film clip.")
    return folder


def _clip_of(path: Path) -> Path:
    return _known_folder(path).clip.resolve()


def _check_clip(clip: Path) -> None:
    if not clip.exists():
        raise InputError(f"There is no file '{clip}'. Check the path.")
    if clip.is_dir():
        raise InputError(f"'{clip}' is a folder. Give a film clip.")


def _score_cue(job: CueJob, arguments: argparse.Namespace, console: Console) -> dict[str, Any]:
    from backend.outcome import outcome_of, summary_lines
    from backend.pipeline import run_cue, stages_between
    console.line(f"{job.title}  ->  {job.folder.path}")
    until = arguments.until
    if arguments.bars or arguments.tracks:
        if arguments.redo_from or (until and until != "report"):
            raise OptionError("--bars and --tracks write a finished score anew; leave out --from and --until.")
        from backend.regenerate import regenerate
        ensemble.announce(job, arguments, console)
        changed = regenerate(job, arguments.bars, arguments.tracks, console.tell)
        console.line(f"  Written anew: {', '.join(changed)}")
    else:
        stages_between(arguments.redo_from, until)
        ensemble.announce(job, arguments, console)
        run_cue(job, console.tell, arguments.redo_from, until)
    for line in summary_lines(job):
        console.line(line)
    return outcome_of(job)
