"""Reaching the daemon from the command line: the one that runs, or a new one that outlives the command."""
from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from backend.errors import InputError, OutputError
from bridge import messages as wire
from bridge.client import DaemonClient, connect
from bridge.connection import state_folder
from bridge.errors import DaemonUnreachable

_ROOT = Path(__file__).resolve().parents[2]
_ANSWER_S, _START_S, _FIND_S, _LOOK_EVERY_S = 15.0, 60.0, 4.0, 0.1
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def ask(client: DaemonClient, request: wire.Request, kind: type[Any]) -> Any:
    """The reply, which must be of this kind. Raises InputError with the daemon's reason for a refusal."""
    reply: wire.Reply = client.request(request, _ANSWER_S)
    if isinstance(reply, wire.Refused):
        raise InputError(reply.reason)
    if not isinstance(reply, kind):
        raise InputError("The daemon answered something else. Stop it, and run the same command again.")
    return reply


def reach() -> DaemonClient | None:
    """The daemon that runs, greeted; None when none does. Raises BridgeError when it speaks another version."""
    try:
        client = connect(state_folder())
    except DaemonUnreachable:
        return None
    try:
        ask(client, wire.Hello("filmcomposer"), wire.Welcome)
    except DaemonUnreachable:
        client.close()
        return None
    return client


def start_daemon(for_reaper: bool = False) -> DaemonClient:
    """Start a daemon that outlives this command; wait until it answers, and for a moment until a REAPER that serves
    has found it. Raises InputError when it does not answer."""
    folder = state_folder()
    process = _launch(folder)
    until_s = time.monotonic() + _START_S
    while time.monotonic() < until_s:
        client = reach()
        if client is not None:
            if for_reaper:
                _await_reaper(client)
            return client
        if process.poll() not in (None, 0):
            break
        time.sleep(_LOOK_EVERY_S)
    said = (folder / "daemon-start.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise InputError(f"The daemon did not start{f': {said[-1]}' if said else ''}. To see why: filmcomposer daemon")


def _await_reaper(client: DaemonClient) -> None:
    """A REAPER that serves looks for a new daemon once a second."""
    until_s = time.monotonic() + _FIND_S
    while not ask(client, wire.Hello("filmcomposer"), wire.Welcome).reaper and time.monotonic() < until_s:
        time.sleep(_LOOK_EVERY_S)


def _launch(folder: Path) -> subprocess.Popen[bytes]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "daemon-start.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-m", "backend", "daemon"], cwd=_ROOT, stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log, start_new_session=True, creationflags=_NO_WINDOW)
    except OSError as error:
        raise OutputError(f"The daemon cannot be started: {error.strerror}. Check '{folder}'.") from None
