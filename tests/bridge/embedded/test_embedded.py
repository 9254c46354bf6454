"""Our REAPER side in an embedded CPython, run three times in each way a host may re-run its scripts.

Every run loads the side, greets the daemon's listener over ZeroMQ, and serves one build to reapy's client. ``import
zmq`` in the same host is the control: it fails the second time, which is why none of this uses it.
"""
from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from bridge.messages import Hello, ReaperAddress, RegisterReaper, Welcome
from bridge.reapy_control import build_in_reaper
from bridge.server import Listener
from tests.bridge.embedded.host_build import Host

pytestmark = [pytest.mark.c_compiler, pytest.mark.posix]
HERE = Path(__file__).parent
MODES = ("keep", "sub", "finalize")
PLAN = {"events": "x" * 200_000}


class SmallDaemon:
    """Welcomes everyone and builds in every REAPER that registers, from a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[str] = []
        self.reports: list[Any] = []
        self._folder = folder
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._builders: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> SmallDaemon:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in (self._thread, *self._builders):
            thread.join()

    def _listen(self) -> None:
        listener = Listener(self._folder)
        self._ready.set()
        while not self._stop.is_set():
            heard = listener.poll(20)
            if heard is None:
                continue
            peer, request = heard
            self.seen.append(type(request).__name__)
            if isinstance(request, RegisterReaper) and request.address:
                self._builders.append(threading.Thread(target=self._build, args=(request.address,)))
                self._builders[-1].start()
            listener.reply(peer, Welcome("0", 1))
        listener.close()

    def _build(self, address: ReaperAddress) -> None:
        self.reports.append(build_in_reaper(address, PLAN, 60.0))


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    return Host(tmp_path_factory.mktemp("host"))


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[SmallDaemon]:
    with SmallDaemon(tmp_path) as running:
        yield running


@pytest.mark.parametrize("mode", MODES)
def test_our_side_runs_three_times(mode: str, host: Host, daemon: SmallDaemon, tmp_path: Path) -> None:
    code = f"exec(compile(open({str(HERE / 'reaper_side.py')!r}).read(), 'reaper_side.py', 'exec'))"
    said, errors = host.run(mode, 3, code, FILMCOMPOSER_ROOT=str(HERE.parents[2]), FILMCOMPOSER_STATE=str(tmp_path))
    assert (said, errors) == (["ok"] * 3, "")
    assert daemon.seen == [Hello.__name__, RegisterReaper.__name__] * 3
    assert daemon.reports == [{"changed": 200_000}] * 3


@pytest.mark.parametrize(("mode", "expected"), [("keep", ["ok", "ok"]), ("sub", ["ok", "failed"]),
                                                ("finalize", ["ok", "failed"])])
def test_what_is_not_ours_does_not(mode: str, expected: list[str], host: Host) -> None:
    site = str(Path(zmq.__file__).parents[1])
    said, errors = host.run(mode, 2, f"import sys; sys.path.insert(0, {site!r}); import zmq")
    assert said == expected
    assert ("ImportError" in errors) == ("failed" in expected)
