"""Support bundle: what is needed to understand a problem, in one zip beside the project. No media, no key."""
from __future__ import annotations

import itertools
import json
import os
import sys
import time
import zipfile
from pathlib import Path

from bridge.connection import read_connection, state_folder
from bridge.messages import PROTOCOL_VERSION, JobList, ListJobs, Reply
from reaper_scripts._control import Talk
from reaper_scripts._cues import built_cues
from reaper_scripts._daemon import ROOT
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._ours import our_tracks
from reaper_scripts._timeline import markers_and_regions, project_file, seen_project

_TAIL_BYTES = 200_000
_LOGS = ("*.log", "defect-*.txt", "filmcomposer-smoke.txt")
_MOST_LOGS = 12


def support_bundle(host: Host) -> None:
    """Ask the daemon for its jobs, if one runs; write the zip; say where it is."""
    Talk(host, [ListJobs()], lambda answers: _write(host, answers)).begin()


def _write(host: Host, answers: list[Reply] | None) -> None:
    saved = project_file(host.api)
    folder = Path(os.path.dirname(saved) if saved else seen_project(host.api).folder or Path.home())
    file = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = new_file(folder, time.strftime("filmcomposer-support-%Y%m%d-%H%M%S"))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("about.json", json.dumps(_about(host, answers), indent=1))
            for log in _logs(state_folder()):
                bundle.writestr(f"state/{log.name}", _tail(log))
    except OSError as error:
        raise ActionError(f"'{file}' cannot be written ({error.strerror}). Save the project into a folder of yours, "
                          "then run the action again.") from None
    host.tell(f"support bundle written: {file}", "  It holds versions, logs and counts; no media, no key. "
              "File and folder names may stand in the logs.")


def new_file(folder: Path, name: str) -> Path:
    """An empty zip that was not there before; a second one of the same second gets a number. Raises OSError."""
    file, numbers = folder / f"{name}.zip", itertools.count(2)
    while True:
        try:
            file.touch(exist_ok=False)
            return file
        except FileExistsError:
            file = folder / f"{name}-{next(numbers)}.zip"


def _about(host: Host, answers: list[Reply] | None) -> dict[str, object]:
    """Versions, the connection without its key, the session in numbers, the latest jobs."""
    connection = read_connection(state_folder())
    markers, regions = markers_and_regions(host.api)
    jobs = [job for reply in answers or [] if isinstance(reply, JobList) for job in reply.jobs[:10]]
    return {
        "filmcomposer": _version(), "protocol": PROTOCOL_VERSION, "python in REAPER": sys.version,
        "REAPER": str(host.api.RPR_GetAppVersion()), "system": f"{host.api.RPR_GetOS()} ({sys.platform})",
        "daemon": None if connection is None else {
            "port": connection.port, "pid": connection.pid, "protocol": connection.protocol},
        "daemon answers": answers is not None,
        "session": {"tracks": host.api.RPR_CountTracks(0), "markers": len(markers), "regions": len(regions),
                    "cues": list(built_cues(host.api)), "our tracks": len(our_tracks(host.api))},
        "jobs": [{"job": j.job, "kind": j.kind, "state": j.state, "stage": j.stage, "message": j.message,
                  "lines": list(j.lines)} for j in jobs],
        "last status line": host.recall("status")}


def _version() -> str:
    """As pyproject.toml has it: the package itself is installed elsewhere."""
    try:
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    lines = (line for line in text.splitlines() if line.startswith("version"))
    return next(lines, "").partition("=")[2].strip(' "') or "unknown"


def _logs(folder: Path) -> list[Path]:
    """The newest logs and defect reports. The connection file, which holds the key, matches no pattern."""
    found = {file for pattern in _LOGS for file in folder.glob(pattern)}
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)[:_MOST_LOGS]


def _tail(log: Path) -> bytes:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return file.read()
