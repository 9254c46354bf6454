"""The listener inside REAPER, called by reapy's unmodified client and by hand."""
from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.build_request import ENTRY
from bridge.reaper_server import ReaperServer
from bridge.reapy_control import _reapy_client
from tests.bridge.raw_caller import RawCaller, request_of, wire
from tests.bridge.ticking_reaper import Builds, TickingReaper

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def reaper() -> Iterator[TickingReaper]:
    with TickingReaper() as ticking:
        yield ticking


class QuietClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def _tick(server: ReaperServer, times: int = 4) -> None:
    for _ in range(times):
        server.tick()


def test_the_unmodified_client_of_reapy_builds(reaper: TickingReaper) -> None:
    client_class, _, _ = _reapy_client()
    client = client_class(reaper.server.port, "127.0.0.1")
    answer = client.request(ENTRY, {"args": [reaper.server.secret, {"title": "Überfall \U0001f3bb"}], "kwargs": {}})
    client.close()
    assert answer == {"built": 1, "answer": ""}
    assert reaper.plans == [{"title": "Überfall \U0001f3bb"}]


def test_the_greeting_is_the_callers_address(reaper: TickingReaper) -> None:
    with RawCaller(reaper.server.port) as caller:
        assert caller.receive() == str(caller.link.getsockname()).encode()


def test_every_server_has_its_own_secret() -> None:
    one, two = ReaperServer(Builds()), ReaperServer(Builds())
    one.close(), two.close()
    assert one.secret != two.secret
    assert len(bytes.fromhex(one.secret)) == 32


def test_two_clients_at_once_get_their_own_answers(reaper: TickingReaper) -> None:
    answers: dict[int, Any] = {}

    def call(size: int) -> None:
        with RawCaller(reaper.server.port) as caller:
            answers[size] = caller.ask(wire(request_of(reaper.server.secret, {"answer_bytes": size})))

    callers = [threading.Thread(target=call, args=(size,)) for size in (300_000, 500_000)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert {size: len(answer["value"]["answer"]) for size, answer in answers.items()} == {300_000: 300_000,
                                                                                          500_000: 500_000}


def test_one_build_a_tick_so_that_reaper_breathes() -> None:
    builds = Builds()
    server = ReaperServer(builds)
    callers = [RawCaller(server.port) for _ in range(2)]
    for caller in callers:
        caller.send(wire(request_of(server.secret)))
    server.tick()
    seen = []
    for _ in range(3):
        server.tick()
        seen.append(len(builds.plans))
    server.close()
    for caller in callers:
        caller.link.close()
    assert seen == [1, 2, 2]


def test_a_plan_of_a_megabyte_takes_a_few_ticks() -> None:
    """The sender fills the socket whenever a tick has emptied it, as another process would."""
    builds = Builds()
    server = ReaperServer(builds)
    caller = RawCaller(server.port)
    caller.link.setblocking(False)
    rest, ticks = memoryview(wire(request_of(server.secret, {"events": "x" * 1_000_000}))), 0
    while not builds.plans and ticks < 100:
        try:
            while rest:
                rest = rest[caller.link.send(rest):]
        except BlockingIOError:
            pass
        server.tick()
        ticks += 1
    server.close()
    caller.link.close()
    assert [len(plan["events"]) for plan in builds.plans] == [1_000_000]
    assert ticks <= 10


def test_a_plan_of_five_megabytes_arrives_whole(reaper: TickingReaper) -> None:
    plan = {"tracks": [{"events": chr(97 + i % 26) * 50_000} for i in range(100)], "answer_bytes": 5_000_000}
    with RawCaller(reaper.server.port) as caller:
        answer = caller.ask(wire(request_of(reaper.server.secret, plan)))
    assert reaper.plans == [plan]
    assert answer is not None
    assert answer["value"]["answer"] == "a" * 5_000_000


def test_what_the_handler_raises_is_one_line_without_places(reaper: TickingReaper) -> None:
    with RawCaller(reaper.server.port) as caller:
        answer = caller.ask(wire(request_of(reaper.server.secret, {"fail": "no such track\nin the project"})))
    assert answer is not None
    assert answer["type"] == "error"
    assert "(ValueError: no such track in the project)" in answer["traceback"]
    assert "\n" not in answer["traceback"] and ".py" not in answer["traceback"]


@pytest.mark.parametrize("report", [{"a": object()}, {"a": float("nan")}, {"a": b""}], ids=["object", "nan", "bytes"])
def test_a_report_that_is_no_json_is_an_error_and_the_next_build_works(report: dict[str, Any]) -> None:
    reports = [report, {"built": 2}]
    server = ReaperServer(lambda plan: reports.pop(0))
    answers = []
    for _ in range(2):
        with RawCaller(server.port) as caller:
            caller.send(wire(request_of(server.secret)))
            _tick(server)
            answers.append(caller.ask(b""))
    server.close()
    assert [answer and answer["type"] for answer in answers] == ["error", "result"]


def test_a_caller_that_gave_up_is_not_built_for() -> None:
    builds = Builds()
    server = ReaperServer(builds)
    with RawCaller(server.port) as caller:
        caller.send(wire(request_of(server.secret)))
    _tick(server)
    server.close()
    assert builds.plans == []


@pytest.mark.parametrize("known", [True, False], ids=["with the secret", "a stranger"])
def test_a_caller_that_dribbles_is_cut_off(known: bool) -> None:
    clock, builds = QuietClock(), Builds()
    server = ReaperServer(builds, clock=clock)
    data = wire(request_of(server.secret if known else "0" * 64, {"events": "x" * 10_000}))
    ticks = 0
    with RawCaller(server.port) as caller:
        server.tick()
        assert caller.receive() is not None
        caller.link.settimeout(0.0005)
        while ticks < 1000 and not _closed(caller):
            caller.send(data[ticks:ticks + 1] if not known or ticks else data[:300])
            clock.now_s += 0.25
            server.tick()
            ticks += 1
    server.close()
    assert builds.plans == []
    assert 20 <= ticks <= 24 if not known else 240 <= ticks <= 244


def _closed(caller: RawCaller) -> bool:
    try:
        return caller.link.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_time_stands_still_while_reaper_is_busy() -> None:
    clock, builds = QuietClock(), Builds()
    server = ReaperServer(builds, clock=clock)
    with RawCaller(server.port) as caller:
        data = wire(request_of(server.secret))
        caller.send(data[:50])
        _tick(server)
        clock.now_s += 3600.0
        _tick(server)
        caller.send(data[50:])
        _tick(server)
        assert caller.ask(b"") == {"type": "result", "value": {"built": 1, "answer": ""}}
    server.close()


def test_a_crowd_at_the_door_does_not_keep_the_daemon_out() -> None:
    builds = Builds()
    server = ReaperServer(builds)
    crowd = []
    for _ in range(60):
        crowd.append(RawCaller(server.port))
        server.tick()
        assert len(server._callers) <= 8
    with RawCaller(server.port) as caller:
        caller.send(wire(request_of(server.secret)))
        _tick(server)
        answer = caller.ask(b"")
    for stranger in crowd:
        stranger.link.close()
    server.close()
    assert answer == {"type": "result", "value": {"built": 1, "answer": ""}}


def test_a_build_may_close_the_server() -> None:
    def close(plan: dict[str, Any]) -> dict[str, Any]:
        server.close()
        return plan
    server = ReaperServer(close)
    with RawCaller(server.port) as caller, RawCaller(server.port):
        caller.send(wire(request_of(server.secret)))
        _tick(server)
        assert caller.receive() is not None
        assert caller.receive() is None
    assert server._callers == []


def test_what_reaper_loads_for_it_is_standard_library() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import bridge.reaper_server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - {"bridge", "__main__"}
    assert loaded <= set(sys.stdlib_module_names)
    assert not loaded & {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random"}


def test_closed_is_closed() -> None:
    server = ReaperServer(Builds())
    with RawCaller(server.port) as caller:
        server.tick()
        server.close()
        server.close()
        server.tick()
        assert caller.receive() is not None
        assert caller.receive() is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=60)
