"""Where the results of a cue lie: beside the project, one folder a cue.

The folder belongs to the label and the film: a region that got another title goes on in the folder it had, and another
film (or another version of it) gets a folder of its own, so that no earlier score is written over.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.config import file_name
from backend.errors import EditError, InputError, OptionError
from backend.pipeline import fingerprint
from backend.results import STATE_FILE, ResultsFolder

SUBFOLDER = "FilmComposer"
_MOST = 1000


@dataclass(frozen=True)
class CueFolder:
    """``replaced``: the folder of the same cue for another film or another version of it, where there is one."""

    folder: ResultsFolder
    replaced: ResultsFolder | None = None


@dataclass(frozen=True)
class CueName:
    label: str
    title: str

    @property
    def folder_name(self) -> str:
        return file_name(f"{self.label} {self.title}")


def cue_folder(clip: Path, name: CueName, project_folder: str, output: str) -> CueFolder:
    """The folder, open: ``output``, else in the project's folder, else beside the film.

    Raises OptionError when ``output`` holds another film's score, InputError for a path that is not full, OutputError
    where no folder can be made.
    """
    if output:
        return CueFolder(_asked_folder(clip, output))
    parent = Path(project_folder) if project_folder else clip.parent
    if not parent.is_absolute():
        raise InputError(f"'{project_folder}' is no full path. Save the project first, then run the action again.")
    return _beside(parent / SUBFOLDER, clip, name)


def finished_folder(clip: Path, name: CueName, project_folder: str, output: str) -> ResultsFolder | None:
    """The folder of a cue if there is one; makes nothing."""
    if output:
        return ResultsFolder(Path(output)).open() if (Path(output) / STATE_FILE).is_file() else None
    parent = (Path(project_folder) if project_folder else clip.parent) / SUBFOLDER
    return next((folder for folder in _of_label(parent, name) if _is_of(folder, clip)), None)


def _asked_folder(clip: Path, output: str) -> ResultsFolder:
    if not Path(output).is_absolute():
        raise InputError(f"-o '{output}': give the full path.")
    folder = ResultsFolder(Path(output)).open()
    if folder.is_known and folder.clip_hash != fingerprint(clip):
        raise OptionError(f"'{folder.path}' holds the score of another clip, or of another version of it. Give another "
                          "folder with -o.")
    return folder


def _beside(parent: Path, clip: Path, name: CueName) -> CueFolder:
    mine = _of_label(parent, name)
    for folder in mine:
        if _is_of(folder, clip):
            return CueFolder(folder)
    for number in range(1, _MOST):
        path = parent / (name.folder_name if number == 1 else f"{name.folder_name} {number}")
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            return CueFolder(ResultsFolder(path).open(), mine[-1] if mine else None)
    raise InputError(f"'{parent}' is full of folders named '{name.folder_name}'. Move some away.")


def _of_label(parent: Path, name: CueName) -> list[ResultsFolder]:
    """Every folder of ours with the cue's label, the one with the cue's own name first, then by name."""
    found = []
    states = sorted(parent.glob(f"*/{STATE_FILE}")) if parent.is_dir() else []
    for path in sorted((state.parent for state in states), key=lambda p: (p.name != name.folder_name, p.name)):
        try:
            folder = ResultsFolder(path).open()
        except EditError:
            if path.name == name.folder_name:
                raise
            continue
        if folder.is_known and folder.options.get("cue") == name.label:
            found.append(folder)
    return found


def _is_of(folder: ResultsFolder, clip: Path) -> bool:
    return folder.clip_hash == fingerprint(clip)
