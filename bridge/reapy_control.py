"""The daemon's hand on REAPER: reapy's own client, one request = one build.

Only reapy's client class is used, unmodified. ``import reapy`` itself is avoided: outside REAPER its ``__init__`` asks
whatever web server sits on port 2307, warns when there is none and hangs when it does not answer. The client's module
needs nothing of that, so it is loaded with its parent packages present by path only, their ``__init__`` not run; they
are taken out of ``sys.modules`` again, and somebody else's ``import reapy`` is what it always was.

The client reads without a time limit and decodes whatever comes; so it is given, through the constructor argument its
base class has for this, a socket that keeps a deadline, bounds sizes and lets plain JSON through only.
"""
from __future__ import annotations

import importlib
import importlib.util
import json
import socket
import sys
import threading
import time
import types
from typing import Any

from bridge.build_request import ENTRY, MAX_BYTES, NOT_ADMITTED, is_plain
from bridge.errors import BuildFailed, ReaperUnreachable
from bridge.messages import ReaperAddress

_PACKAGES = ("reapy", "reapy.tools", "reapy.tools.network")
_LONGEST_GREETING = 256
_loading = threading.Lock()
_loaded: list[tuple[type[Any], type[Any], type[Exception]]] = []


def build_in_reaper(address: ReaperAddress, plan: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Send the plan, wait for the report; both plain dicts. Takes at most ``timeout_s`` in all.

    Raises ReaperUnreachable when nobody listens, answers in time, or stays until the answer; BuildFailed with REAPER's
    reason when it refused or could not build, and when the plan cannot be sent.
    """
    client_class, socket_class, dist_error = _reapy_client()
    link = DeadlineSocket(timeout_s)
    client: Any = object.__new__(client_class)
    socket_class.__init__(client, link)
    try:
        client._connect(address.port, "127.0.0.1")
        report = client.request(ENTRY, {"args": [address.secret, plan], "kwargs": {}})
    except dist_error as error:
        raise _failed(str(error)) from None
    except TimeoutError:
        raise ReaperUnreachable(link.what_is_late(timeout_s)) from None
    except OSError as error:
        raise ReaperUnreachable(f"{link.what_was_lost()} ({type(error).__name__}). "
                                "Open the project in REAPER and run a FilmComposer action again.") from None
    finally:
        link.close()
    if not isinstance(report, dict):
        raise BuildFailed("REAPER's answer is no report. Restart the daemon, so that both sides are of one version.")
    return report


def _failed(text: str) -> BuildFailed:
    """reapy wraps the line we sent in an explanation of its own."""
    line = " ".join(text.rpartition("Traceback was :")[2].split())
    return BuildFailed(line or NOT_ADMITTED)


class DeadlineSocket:
    """What reapy's client takes for its socket. Every wait ends at one deadline, set when this is made.

    An answer reaches the client only when it is ``{"type": "result", "value": ...}`` or ``{"type": "error",
    "traceback": text}`` in plain JSON: reapy's decoder would import modules named in it. Raises TimeoutError,
    ConnectionError and other OSErrors like a socket.
    """

    def __init__(self, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._deadline_s = time.monotonic() + timeout_s
        self._connected = self._greeted = self._sent = False

    def setsockopt(self, *args: Any) -> None:
        self._socket.setsockopt(*args)

    def settimeout(self, _timeout_s: float | None) -> None:
        """reapy's own limits are 0.1 ms or none at all; the deadline holds instead."""

    def connect(self, address: tuple[str, int]) -> None:
        self._limit()
        self._socket.connect(address)
        self._connected = True

    def sendall(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise BuildFailed(f"The plan is larger than the {MAX_BYTES // 1024 // 1024} MB REAPER takes. "
                              "Score a shorter region.")
        self._limit()
        self._socket.sendall(data)
        self._sent = True

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The next ``size`` bytes, all of them. reapy reads a length without flags, then a body with MSG_WAITALL."""
        if size > (MAX_BYTES if self._greeted else _LONGEST_GREETING):
            raise ConnectionAbortedError("the answer is too large")
        data = bytearray()
        while len(data) < size:
            self._limit()
            chunk = self._socket.recv(min(size - len(data), 1 << 20))
            if not chunk:
                raise ConnectionAbortedError("the line was closed")
            data += chunk
        if flags & socket.MSG_WAITALL:
            self._check(bytes(data))
        return bytes(data)

    def close(self) -> None:
        self._socket.close()

    def what_is_late(self, timeout_s: float) -> str:
        if self._greeted:
            return (f"REAPER did not finish the build within {timeout_s:g} s. Look at the project: it may still be "
                    "at work, or nothing was built.")
        return (f"REAPER did not answer within {timeout_s:g} s. Close its open dialogs or wait for its render, "
                "then run the action again.")

    def what_was_lost(self) -> str:
        return "REAPER went away before it answered" if self._connected else "No REAPER takes builds at this address"

    def _check(self, body: bytes) -> None:
        if not self._greeted:
            self._greeted = body.isascii()
            answer_is_known = self._greeted
        else:
            answer_is_known = _is_answer(body)
        if not answer_is_known:
            raise ConnectionAbortedError("no REAPER of ours speaks there")

    def _limit(self) -> None:
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("deadline")
        self._socket.settimeout(left_s)


def _is_answer(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not isinstance(answer, dict) or not is_plain(answer):
        return False
    return (answer.keys() == {"type", "value"} and answer["type"] == "result"
            or answer.keys() == {"type", "traceback"} and answer["type"] == "error"
            and isinstance(answer["traceback"], str))


def _reapy_client() -> tuple[type[Any], type[Any], type[Exception]]:
    """reapy's Client, its base class, and the error it raises for an error answer. Loaded once."""
    with _loading:
        if not _loaded:
            _loaded.append(_load_reapy_client())
        return _loaded[0]


def _load_reapy_client() -> tuple[type[Any], type[Any], type[Exception]]:
    before = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "reapy"}
    if not before:
        _place_bare_packages()
    try:
        client = importlib.import_module("reapy.tools.network.client")
        return client.Client, client.Socket, client.DistError
    finally:
        if not before:
            for name in [name for name in sys.modules if name.split(".")[0] == "reapy"]:
                del sys.modules[name]


def _place_bare_packages() -> None:
    spec = importlib.util.find_spec("reapy")
    if spec is None or not spec.submodule_search_locations:
        raise ReaperUnreachable("The package python-reapy is missing. Run python3 install.py again.")
    path = spec.submodule_search_locations[0]
    for name in _PACKAGES:
        package = types.ModuleType(name)
        package.__path__ = ["/".join((path, *name.split(".")[1:]))]
        sys.modules[name] = package
