"""Self-test in a user's own REAPER: a cue is built, read back, rendered, edited and undone, and a report written."""
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
from reaper_scripts import _smoke_edits as edits
from reaper_scripts import _smoke_users as users
from reaper_scripts._errors import ActionError
from reaper_scripts._host import Host
from reaper_scripts._smoke_checks import Check
from reaper_scripts._smoke_imports import interpreter_line, zmq_line
from reaper_scripts._smoke_plan import other_music, smoke_plan
from reaper_scripts._timeline import markers_and_regions

REPORT = "filmcomposer-smoke.txt"
_NOT_CHECKED = ("not checked: MIDI hash after saving and opening the project again; a script cannot open a project "
                "without closing or leaving yours")


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
    lines.append(_NOT_CHECKED)
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
    """One after another; what breaks off is a failed check, and all that was made is undone in any case."""
    api = host.api
    found = checks.fingerprint(api)
    try:
        track, item = users.lay(api)
        yield from _safely("ValidatePtr", lambda: [users.handle(api, track)])
        yield from _safely("ValidatePtr2", lambda: [users.handle_in_project(api, track)])
        yield from _of_the_cue(host, folder, item)
    finally:
        _undo(api, users.LAID)
    yield from _safely("undo of the rest", lambda: [checks.as_found(found, checks.fingerprint(api))])


def _of_the_cue(host: Host, folder: Path, item: Any) -> Iterable[Check]:
    """``item`` is the user's, on beats."""
    api = host.api
    before = checks.fingerprint(api)
    yield from _safely("build", lambda: [checks.built(apply_session(smoke_plan(), api))])
    between = checks.fingerprint(api)
    try:
        hashed = checks.midi_hash(api)
        yield from _safely("tempo", lambda: [checks.tempo(api)])
        yield from _safely("first metre", lambda: [users.first_metre(api)])
        yield from _safely("things on beats", lambda: users.unmoved(api, item))
        yield from _safely("envelopes", lambda: checks.envelopes(api))
        yield from _safely("build again", lambda: [checks.built_again(apply_session(smoke_plan(), api)),
                                                   checks.same_hash(hashed, checks.midi_hash(api))])
        yield from _safely("edit by hand", lambda: edits.kept(api))
        _undo(api, other_music().undo_name, edits.EDITED)
        yield from _safely("render", lambda: checks.rendered(host, _render_folder(folder)))
    finally:
        _undo(api, other_music().undo_name, edits.EDITED, smoke_plan().undo_name)
    yield from _safely("undo", lambda: [checks.undone(before, between, checks.fingerprint(api))])


def _undo(api: Any, *steps: str) -> None:
    """Each only when it is the last one: nothing else is ever taken back."""
    for step in steps:
        if _last_step(api) == step:
            api.RPR_Undo_DoUndo2(0)


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
