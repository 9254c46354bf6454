"""Self-test in a user's own REAPER: a small cue is built, read back, rendered and undone, and a report written."""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from backend.daw.apply import apply_session
from bridge.connection import state_folder
from reaper_scripts import _smoke_checks as checks
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._smoke_checks import Check
from reaper_scripts._smoke_imports import interpreter_line, zmq_line
from reaper_scripts._smoke_plan import smoke_plan
from reaper_scripts._timeline import markers_and_regions

REPORT = "filmcomposer-smoke.txt"


def live_smoke(host: Host) -> None:
    """Raises ActionError when the project holds something and the user does not want the test there."""
    _ask_about_project(host)
    folder = state_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    head = [zmq_line(host, folder), interpreter_line(host), _versions(host)]
    lines = [check.line() for check in _checks(host, folder)]
    failed = sum(line.startswith("FAIL") for line in lines)
    verdict = f"{len(lines) - failed} of {len(lines)} checks passed"
    file = folder / REPORT
    file.write_text("\n".join([*head, verdict, *lines, ""]), encoding="utf-8")
    host.tell(f"{verdict}. Please send in {file}", *head, *lines)


def _ask_about_project(host: Host) -> None:
    api = host.api
    markers, regions = markers_and_regions(api)
    if not (api.RPR_CountTracks(0) or markers or regions or api.RPR_CountTempoTimeSigMarkers(0)):
        return
    if not host.ask("This project is not empty. The self-test builds a small cue here and undoes it again. A new "
                    "project tab is the better place.\n\nTest here all the same?"):
        raise ActionError("no test was made. Open a new project tab (File > New project tab), then run it again.")


def _checks(host: Host, folder: Path) -> Iterable[Check]:
    """One after another; what breaks off is a failed check, and the undo at the end is tried in any case."""
    api = host.api
    before = checks.fingerprint(api)
    yield from _safely("build", lambda: [checks.built(apply_session(smoke_plan(), api))])
    between = checks.fingerprint(api)
    try:
        hashed = checks.midi_hash(api)
        yield from _safely("tempo", lambda: [checks.tempo(api)])
        yield from _safely("envelopes", lambda: checks.envelopes(api))
        yield from _safely("build again", lambda: [checks.built_again(apply_session(smoke_plan(), api)),
                                                   checks.same_hash(hashed, checks.midi_hash(api))])
        yield from _safely("render", lambda: checks.rendered(host, _render_folder(folder)))
    finally:
        if _last_step(api) == smoke_plan().undo_name:
            api.RPR_Undo_DoUndo2(0)
    yield from _safely("undo", lambda: [checks.undone(before, between, checks.fingerprint(api))])


def _last_step(api: Any) -> str:
    """REAPER's wrapper stumbles over the NULL that says that there is nothing to undo."""
    try:
        return str(api.RPR_Undo_CanUndo2(0))
    except AttributeError:
        return ""


def _safely(what: str, check: Callable[[], Iterable[Check]]) -> list[Check]:
    try:
        return list(check())
    except Exception as error:
        return [Check(what, False, f"broke off: {type(error).__name__}: {' '.join(str(error).split())[:200]}")]


def _render_folder(folder: Path) -> str:
    made = folder / time.strftime("smoke-%Y%m%d-%H%M%S")
    made.mkdir()
    return str(made)


def _versions(host: Host) -> str:
    return (f"REAPER {host.api.RPR_GetAppVersion()} on {host.api.RPR_GetOS()}, Python {sys.version.split()[0]} "
            f"({os.path.basename(sys.executable or 'embedded')})")
