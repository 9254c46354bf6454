"""The daemon's hand: reapy's own client, with limits, and without what ``import reapy`` does."""
from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import inspect
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bridge.build_request import MAX_BYTES
from bridge.errors import BuildFailed, ReaperUnreachable
from bridge.messages import ReaperAddress
from bridge.reapy_control import _reapy_client, build_in_reaper
from tests.bridge.raw_caller import framed
from tests.bridge.ticking_reaper import TickingReaper

ROOT = Path(__file__).resolve().parents[2]
GREETING = framed(b"('127.0.0.1', 1)")
SECRET = "0" * 64


@contextmanager
def _odd_reaper(behave: Callable[[socket.socket], None]) -> Iterator[ReaperAddress]:
    """Something that listens and behaves as it likes towards one caller."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        link, _ = listener.accept()
        with link:
            link.settimeout(60)
            behave(link)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ReaperAddress(listener.getsockname()[1], SECRET, 1)
    finally:
        thread.join()
        listener.close()


def _until_closed(link: socket.socket) -> None:
    try:
        while link.recv(1 << 20):
            pass
    except ConnectionError:
        pass


def _says(*parts: bytes, stays: bool = False) -> Callable[[socket.socket], None]:
    """Greets, reads the length of the request, then says the parts and hangs up, or stays on the line."""
    def behave(link: socket.socket) -> None:
        link.sendall(GREETING)
        assert link.recv(8)
        for part in parts:
            link.sendall(part)
        if not stays:
            link.shutdown(socket.SHUT_WR)
        _until_closed(link)
    return behave


def _leaves_after(part: bytes) -> Callable[[socket.socket], None]:
    def behave(link: socket.socket) -> None:
        link.sendall(part)
        with suppress(OSError):  # whoever has heard enough hangs up first
            link.shutdown(socket.SHUT_WR)
        _until_closed(link)
    return behave


def _answers(value: object) -> Callable[[socket.socket], None]:
    return _says(framed(json.dumps(value).encode()))


def test_a_plan_goes_in_and_the_report_comes_back() -> None:
    plan = {"title": "Überfall \U0001f3bb", "tracks": [{"gain_db": -3.5, "items": []}], "answer_bytes": 300_000}
    with TickingReaper() as reaper:
        report = build_in_reaper(reaper.address, plan, 60.0)
        again = build_in_reaper(reaper.address, {}, 60.0)
    assert reaper.plans == [plan, {}]
    assert report == {"built": 1, "answer": "a" * 300_000}
    assert again == {"built": 2, "answer": ""}


def test_five_megabytes_in_and_out() -> None:
    plan = {"events": "x" * 5_000_000, "answer_bytes": 5_000_000}
    with TickingReaper() as reaper:
        report = build_in_reaper(reaper.address, plan, 60.0)
    assert reaper.plans == [plan]
    assert report["answer"] == "a" * 5_000_000


def test_the_client_is_reapys_own_and_unmodified() -> None:
    """The classes come from the files of the installed package, and these are the ones its record describes."""
    record = {str(file): file for file in importlib.metadata.files("python-reapy") or ()}
    client_class, socket_class, _ = _reapy_client()
    for method, name in ((client_class.request, "client.py"), (socket_class.recv, "socket.py")):
        entry = record[f"reapy/tools/network/{name}"]
        assert inspect.getfile(method) == str(entry.locate())
        digest = hashlib.sha256(Path(entry.locate()).read_bytes()).digest()
        assert entry.hash is not None
        assert entry.hash.value == base64.urlsafe_b64encode(digest).decode().rstrip("=")


_SILENT = """
import sys, warnings
sys.path.insert(0, {root!r})
seen = []
sys.addaudithook(lambda event, args: seen.append(args[1][:2]) if event == "socket.connect" else None)
from bridge.errors import ReaperUnreachable
from bridge.messages import ReaperAddress
from bridge.reapy_control import build_in_reaper
try:
    build_in_reaper(ReaperAddress({port}, "00", 1), {{}}, 60.0)
except ReaperUnreachable:
    pass
ours = list(seen)
left = sorted(name for name in sys.modules if name.split(".")[0] == "reapy")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import reapy
import json
print(json.dumps({{"ours": ours, "left": left, "theirs": sorted({{port for _, port in seen[len(ours):]}}),
                  "warned": sorted({{w.category.__name__ for w in caught}} & {{"DisabledDistAPIWarning"}}),
                  "version": reapy.__version__}}))
"""


def test_loading_the_client_calls_nobody_and_leaves_reapy_as_it_is() -> None:
    """The control in the same process: a plain ``import reapy`` afterwards does dial 2307 and warn."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = subprocess.run([sys.executable, "-W", "error", "-c", _SILENT.format(root=str(ROOT), port=port)],
                          capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen == {"ours": [["127.0.0.1", port]], "left": [], "theirs": [2307], "warned": ["DisabledDistAPIWarning"],
                    "version": "0.10.0"}
    assert done.stderr == ""


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ReaperUnreachable, match="^No REAPER takes builds at this address .*run a FilmComposer action"):
        build_in_reaper(ReaperAddress(port, SECRET, 1), {}, 60.0)


def test_another_reapers_secret() -> None:
    with TickingReaper() as reaper, pytest.raises(BuildFailed, match="^REAPER refused the request: .*secret"):
        build_in_reaper(ReaperAddress(reaper.server.port, SECRET, 1), {"events": "x" * 3_000_000}, 60.0)
    assert reaper.plans == []


def test_what_stopped_the_build_is_said_in_one_line() -> None:
    with TickingReaper() as reaper, pytest.raises(BuildFailed) as caught:
        build_in_reaper(reaper.address, {"fail": "no such track"}, 60.0)
    assert str(caught.value) == ("The build stopped inside REAPER (ValueError: no such track). "
                                 "Undo in REAPER if tracks are half made; the log has the details.")


@pytest.mark.parametrize("plan", [{"a": float("nan")}, {"a": {"__class__": 1}}, {"a": print}],
                         ids=["nan", "dunder", "callable"])
def test_a_plan_that_is_none_is_refused_there(plan: dict[str, object]) -> None:
    with TickingReaper() as reaper, pytest.raises(BuildFailed, match="^REAPER refused the plan"):
        build_in_reaper(reaper.address, plan, 60.0)
    assert reaper.plans == []


def test_a_plan_too_large_is_not_sent() -> None:
    with TickingReaper() as reaper, pytest.raises(BuildFailed, match="larger than the 64 MB"):
        build_in_reaper(reaper.address, {"events": "x" * MAX_BYTES}, 60.0)
    assert reaper.plans == []


def test_a_reaper_that_shows_a_dialog_is_waited_for_so_long_and_no_longer() -> None:
    """The system accepts for a listener that never ticks."""
    with _odd_reaper(_until_closed) as address, pytest.raises(ReaperUnreachable, match="did not answer within 0.2 s"):
        build_in_reaper(address, {}, 0.2)


def test_a_build_that_does_not_end() -> None:
    def greet(link: socket.socket) -> None:
        link.sendall(GREETING)
        _until_closed(link)
    with _odd_reaper(greet) as address, pytest.raises(ReaperUnreachable, match="did not finish the build within 0.3 s"):
        build_in_reaper(address, {}, 0.3)


def test_an_answer_that_dribbles_ends_at_the_deadline() -> None:
    def dribble(link: socket.socket) -> None:
        link.sendall(GREETING + (1000).to_bytes(8, "little"))
        stop = threading.Event()
        try:
            while not stop.wait(0.01):
                link.sendall(b" ")
        except OSError:
            return
    with _odd_reaper(dribble) as address, pytest.raises(ReaperUnreachable, match="did not finish"):
        build_in_reaper(address, {}, 0.3)


ODD: dict[str, Callable[[socket.socket], None]] = {
    "closes at once": lambda link: None,
    "closes after the greeting": lambda link: link.sendall(GREETING),
    "an empty greeting": _leaves_after((0).to_bytes(8, "little")),
    "a huge greeting": _leaves_after((1 << 40).to_bytes(8, "little")),
    "half a length": _leaves_after(b"\1\0"),
    "a web server": _leaves_after(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "a greeting that is no text": _leaves_after(framed(b"\xff\xfe")),
    "closes instead of answering": _says(),
    "an empty answer": _says((0).to_bytes(8, "little")),
    "a huge answer": _says((1 << 62).to_bytes(8, "little"), stays=True),
    "half an answer": _says(framed(b'{"type": "result"')[:-3]),
    "no json": _says(framed(b"{]")),
    "no utf-8": _says(framed(b'"\xff"')),
    "deep json": _says(framed(b"[" * 100_000)),
    "a list": _answers([]),
    "another type": _answers({"type": "hold", "value": {}}),
    "no value": _answers({"type": "result"}),
    "a value too many": _answers({"type": "result", "value": {}, "more": 1}),
    "an error without text": _answers({"type": "error", "traceback": 3}),
    "a callable": _answers({"type": "result", "value": {"__callable__": True, "module_name": "this", "name": "s"}}),
    "an object": _answers({"type": "result", "value": [{"__reapy__": True, "class": "Project", "args": [],
                                                        "kwargs": {}}]}),
}


@pytest.mark.parametrize("behave", ODD.values(), ids=ODD.keys())
def test_something_else_sits_on_the_port(behave: Callable[[socket.socket], None]) -> None:
    with _odd_reaper(behave) as address, pytest.raises(ReaperUnreachable) as caught:
        build_in_reaper(address, {"cue": "1M1"}, 60.0)
    assert str(caught.value).startswith("REAPER went away before it answered (")
    assert "this" not in sys.modules and "reapy" not in sys.modules


_MORTAL = """
import sys, time
sys.path.insert(0, {root!r})
from bridge.reaper_server import ReaperServer

def build(plan):
    print("building", flush=True)
    time.sleep(plan["sleep_s"])
    return {{}}

server = ReaperServer(build)
print(server.port, server.secret, flush=True)
while True:
    server.tick()
    time.sleep(0.005)
"""


@pytest.mark.posix
def test_a_reaper_killed_in_the_middle_of_a_build_is_noticed_at_once() -> None:
    with subprocess.Popen([sys.executable, "-c", _MORTAL.format(root=str(ROOT))], stdout=subprocess.PIPE,
                          text=True) as reaper:
        assert reaper.stdout is not None
        port, secret = reaper.stdout.readline().split()
        lines = iter(reaper.stdout.readline, "")
        killer = threading.Thread(target=lambda: next(lines) and reaper.kill())
        killer.start()
        with pytest.raises(ReaperUnreachable, match="^REAPER went away before it answered"):
            build_in_reaper(ReaperAddress(int(port), secret, reaper.pid), {"sleep_s": 600}, 300.0)
        killer.join()


def test_an_answer_that_is_no_report() -> None:
    number = _answers({"type": "result", "value": 3})
    with _odd_reaper(number) as address, pytest.raises(BuildFailed, match="is no report"):
        build_in_reaper(address, {}, 60.0)
