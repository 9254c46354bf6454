"""Nothing but a build with this REAPER's secret gets through, whatever comes, and the server stays."""
from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.build_request import ENTRY, MAX_BYTES
from bridge.reaper_server import ReaperServer
from tests.bridge.raw_caller import RawCaller, framed, request_of, wire
from tests.bridge.ticking_reaper import Builds

ROOT = Path(__file__).resolve().parents[2]
_THIS = {"__callable__": True, "module_name": "this", "name": "s"}
_OBJECT = {"__reapy__": True, "class": "Project", "args": [], "kwargs": {}}


def _changed(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], Any]:
    """A request with one thing wrong, made once the secret is known."""
    def request(secret: str) -> Any:
        value = request_of(secret)
        made = change(value)
        return value if made is None else made
    return request


def _with_plan(plan: Any) -> Callable[[str], Any]:
    return lambda secret: {"function": ENTRY, "input": {"args": [secret, plan], "kwargs": {}}}


def _function(**changes: Any) -> Callable[[str], Any]:
    return _changed(lambda r: r["function"].update(changes))


def _arguments(*args: Any) -> Callable[[str], Any]:
    return _changed(lambda r: r["input"].update(args=list(args)))


def _nested(depth: int) -> dict[str, Any]:
    plan: dict[str, Any] = {}
    for _ in range(depth):
        plan = {"a": plan}
    return plan


PROBES: dict[str, Callable[[str], Any]] = {
    "another module": _function(module_name="os"),
    "a module of ours": _function(module_name="bridge.reapy_control"),
    "a method of it": _function(name="build.__class__"),
    "a name that ends the same": _function(name="os.build"),
    "not a callable": _function(__callable__=False),
    "one more key in the function": _function(extra=1),
    "a function by text": _changed(lambda r: r.update(function="HOLD")),
    "a function that is a list": _changed(lambda r: r.update(function=[ENTRY])),
    "no function": _changed(lambda r: r.pop("function") and None),
    "no input": _changed(lambda r: {"function": r["function"]}),
    "one more key": _changed(lambda r: r.update(extra={})),
    "one more key in the input": _changed(lambda r: r["input"].update(extra=1)),
    "keyword arguments": _changed(lambda r: r["input"].update(kwargs={"plan": {}})),
    "a callable in the keyword arguments": _changed(lambda r: r["input"].update(kwargs={"a": _THIS})),
    "a callable in place of the plan": _with_plan(_THIS),
    "a callable in the plan": _with_plan({"tracks": [{"id": _THIS}]}),
    "a reapy object in place of the plan": _with_plan(_OBJECT),
    "a reapy object in the plan": _with_plan({"tracks": [[_OBJECT]]}),
    "a slice in the plan": _with_plan({"a": {"__slice__": True, "args": [0, 1, 2]}}),
    "a class in the plan": _with_plan({"__class__": "LivePlan"}),
    "a plan that is a list": _with_plan([{}]),
    "a plan that is text": _with_plan("plan"),
    "a plan that is null": _with_plan(None),
    "numbers that are none": _with_plan({"a": float("nan"), "b": float("inf")}),
    "nested too deep": _with_plan(_nested(40)),
    "nested far too deep": _with_plan(_nested(900)),
    "no arguments": _arguments(),
    "the plan alone": _arguments({}),
    "a callable as the secret": lambda secret: _arguments(_THIS, {})(secret),
    "a list as the secret": lambda secret: _arguments([secret], {})(secret),
    "the arguments swapped": lambda secret: _arguments({}, secret)(secret),
    "an argument too many": lambda secret: _arguments(secret, {}, {})(secret),
    "the secret of another": lambda secret: request_of("0" * 64),
    "a short secret": lambda secret: request_of(secret[:-1]),
    "a long secret": lambda secret: request_of(secret + "0"),
    "an empty secret": lambda secret: request_of(""),
    "the secret in capitals": lambda secret: request_of(secret.upper() + "A"),
    "a list": lambda secret: [ENTRY, secret],
    "text": lambda secret: secret,
    "null": lambda secret: None,
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
def test_everything_but_a_build_is_refused_in_a_line(probe: Callable[[str], Any]) -> None:
    builds = Builds()
    server = ReaperServer(builds)
    with RawCaller(server.port) as caller:
        caller.send(wire(probe(server.secret)))
        for _ in range(4):
            server.tick()
        answer = caller.ask(b"")
    server.close()
    assert answer is not None
    assert answer["type"] == "error" and answer["traceback"].startswith("REAPER refused")
    assert "\n" not in answer["traceback"] and server.secret not in answer["traceback"]
    assert "this" not in sys.modules and builds.plans == []


def _mutated(data: bytearray, lottery: random.Random, start: int, end: int) -> bytes:
    """One byte of ``start`` .. ``end`` is another."""
    place = lottery.randrange(start, end)
    data[place] ^= lottery.randrange(1, 256)
    return bytes(data)


def _hostile(secret: str, lottery: random.Random) -> bytes:
    """One input of eight kinds; none is a build with this secret."""
    plan = {"cue": "1M1", "tracks": ["x" * lottery.randrange(2000)]}
    good = wire(request_of(secret, plan))
    after_plan = len(good) - len('], "kwargs": {}}}')
    head = good.index(b'{"cue"')
    kind = lottery.randrange(8)
    if kind == 0:
        return good[:lottery.randrange(len(good))]
    if kind == 1:
        length = lottery.randrange(2 ** lottery.randrange(1, 65))
        return length.to_bytes(8, "little") + good[8:8 + lottery.randrange(80)]
    if kind == 2:
        return lottery.randbytes(lottery.randrange(4000))
    if kind == 3:
        return _mutated(bytearray(good), lottery, 8, head)
    if kind == 4:
        return _mutated(bytearray(good), lottery, after_plan, len(good))
    if kind == 5:
        return wire(request_of(lottery.randbytes(32).hex(), plan))
    if kind == 6:
        return framed(good[8:after_plan] + lottery.choice([b"}", b"]", b",{}", b'"', b"\xff"]) + good[after_plan:])
    return (MAX_BYTES + lottery.randrange(1, 2 ** 40)).to_bytes(8, "little") + good[8:]


def test_ten_thousand_hostile_inputs() -> None:
    """The memory of the last thousand is watched: what the first nine left behind is not in it, what grows is."""
    builds, lottery = Builds(), random.Random(20)
    server = ReaperServer(builds)

    def attack(count: int) -> None:
        for _ in range(count):
            caller = RawCaller(server.port)
            caller.send(_hostile(server.secret, lottery))
            server.tick()  # lets it in
            server.tick()  # reads it
            (caller.break_off if lottery.random() < 0.5 else caller.link.close)()
    attack(9_000)
    tracemalloc.start()
    try:
        attack(1_000)
        left_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert builds.plans == []
    with RawCaller(server.port) as caller:
        caller.send(wire(request_of(server.secret, {"cue": "1M1"})))
        for _ in range(6):
            server.tick()
        assert caller.ask(b"") == {"type": "result", "value": {"built": 1, "answer": ""}}
    server.close()
    assert peak_bytes < 2_000_000 and left_bytes < 100_000


def test_a_stranger_costs_no_memory_however_much_it_sends() -> None:
    server = ReaperServer(Builds())
    tracemalloc.start()
    try:
        callers = [RawCaller(server.port) for _ in range(8)]
        for caller in callers:
            caller.link.settimeout(0.001)
            for _ in range(20):
                try:
                    caller.send(b"\xff\xff\xff\x03\0\0\0\0" + b"x" * 200_000)
                except (TimeoutError, ConnectionError):
                    break
                server.tick()
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        server.close()
        for caller in callers:
            caller.link.close()
    assert peak_bytes < 3_000_000


def test_a_caller_may_vanish_at_any_byte() -> None:
    """Every length of the request, broken off by a reset; whole or not, nothing is built for one that is gone."""
    builds = Builds()
    server = ReaperServer(builds)
    data = wire(request_of(server.secret))
    for size in range(len(data) + 1):
        caller = RawCaller(server.port)
        server.tick()
        caller.send(data[:size])
        caller.break_off()
        server.tick()
    for _ in range(3):
        server.tick()
    assert server._callers == [] and builds.plans == []
    server.close()


def _has_half_of_it(server: ReaperServer) -> bool:
    return any(len(caller._received) == 3000 for caller in server._callers)


def _is_answering(server: ReaperServer) -> bool:
    return any(not caller.asking and caller._to_send for caller in server._callers)


@pytest.mark.posix
@pytest.mark.parametrize(("sent_bytes", "reached"), [(3000, _has_half_of_it), (None, _is_answering)],
                         ids=["mid-request", "mid-answer"])
def test_a_killed_client_does_not_matter(sent_bytes: int | None, reached: Callable[[ReaperServer], bool]) -> None:
    server = ReaperServer(lambda plan: {"answer": "a" * plan["answer_bytes"]})
    plan = {"events": "x" * 5000, "answer_bytes": 20_000_000}
    client = _stuck_client(server.port, wire(request_of(server.secret, plan))[:sent_bytes])
    while not reached(server):
        server.tick()
    client.kill()
    client.wait()
    while server._callers:
        server.tick()
    with RawCaller(server.port) as caller:
        caller.send(wire(request_of(server.secret, {"answer_bytes": 3})))
        for _ in range(4):
            server.tick()
        answer = caller.ask(b"")
    server.close()
    assert answer == {"type": "result", "value": {"answer": "aaa"}}


def _stuck_client(port: int, data: bytes) -> subprocess.Popen[str]:
    code = ("import socket, sys, time\n"
            f"s = socket.create_connection(('127.0.0.1', {port})); s.sendall(bytes.fromhex(sys.stdin.read()))\n"
            "time.sleep(600)")
    client = subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdin=subprocess.PIPE, text=True)
    assert client.stdin is not None
    client.stdin.write(data.hex())
    client.stdin.close()
    return client


def test_it_listens_on_loopback_only() -> None:
    server = ReaperServer(Builds())
    assert server._listener is not None
    bound = server._listener.getsockname()
    server.close()
    assert bound == ("127.0.0.1", server.port)


def test_it_cannot_be_reached_from_another_network_namespace() -> None:
    """Two namespaces joined by a cable, where the system lets us make them; a plain listener is the control. Where it
    does not, an address of this machine other than loopback."""
    done = subprocess.run([sys.executable, "-I", str(Path(__file__).parent / "outer_network.py"), str(ROOT), "reaper",
                           "-"], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["control"] is True
    assert seen["listener"] is (seen["from"] == "127.0.0.1")


def test_the_server_never_shares_its_port() -> None:
    server = ReaperServer(Builds())
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError):
            other.bind(("127.0.0.1", server.port))
    server.close()
