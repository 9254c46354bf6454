"""A listener under fire, and a watch over what the interpreter does meanwhile."""
from __future__ import annotations

import gc
import selectors
import socket
import sys
from collections import Counter
from pathlib import Path

from bridge.client import DaemonClient
from bridge.messages import REQUESTS, AskStatus, Hello, Request, Welcome
from bridge.packing import encode
from bridge.server import Listener
from bridge.zmtp import Dealer
from tests.bridge.raw_peers import greeting, hello, initiate, until

_EXECUTED = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "ctypes.dlopen", "os.remove",
             "import", "pickle.find_class", "socket.connect", "shutil.rmtree")


class Watch:
    """Counts what the interpreter does that no message may make it do. A hook stays for good; it can be put to rest."""

    def __init__(self) -> None:
        self.on = False
        self.seen: Counter[str] = Counter()
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event in _EXECUTED:
            self.seen[event] += 1


class Target:
    """The listener under fire. ``passed`` is what it took for requests; ``inputs`` counts what was thrown at it."""

    def __init__(self, folder: Path, watch: Watch) -> None:
        self.listener = Listener(folder)
        self.key = self.listener.connection.key
        self.port = self.listener.connection.port
        self.passed: list[Request] = []
        self.inputs = 0
        self._watch = watch

    def tick(self) -> None:
        gc.disable()  # what other tests left to be thrown away is no message's doing
        self._watch.on = True
        got = self.listener.poll(0)
        self._watch.on = False
        gc.enable()
        if got is not None:
            assert isinstance(got[1], REQUESTS)
            self.passed.append(got[1])
            self.listener.reply(got[0], Welcome("x", 1))

    def throw(self, data: bytes, wire: socket.socket | None = None) -> None:
        """Raw bytes on a connection of their own, or on ``wire``; ends when the listener has hung up on it."""
        with wire or socket.create_connection(("127.0.0.1", self.port)) as wire:
            wire.setblocking(False)
            left = memoryview(data)
            try:
                while left:
                    left = left[wire.send(left):] if _can(wire, selectors.EVENT_WRITE) else left
                    self.tick()
                wire.shutdown(socket.SHUT_WR)
                until(lambda: _hung_up(wire), self.tick)
            except OSError:  # it hung up in the middle
                pass
        self.inputs += 1

    def enter(self) -> socket.socket:
        """A raw connection that has gone through the handshake with the key."""
        wire = socket.create_connection(("127.0.0.1", self.port))
        for said, answer in ((greeting(b"PLAIN") + hello(self.key), b"WELCOME"), (initiate(), b"READY")):
            wire.sendall(said)
            heard = bytearray()
            while answer not in heard:
                self.tick()
                if _can(wire, selectors.EVENT_READ):
                    heard += wire.recv(1 << 16)
        return wire

    def throw_inside(self, many: list[list[bytes]]) -> None:
        """Messages on one connection that has the key; ends when all of them were looked at."""
        dealer = Dealer(self.port, self.key)
        until(lambda: dealer.is_open, lambda: (self.tick(), dealer.poll()))
        for frames in many:
            dealer.send(frames)
            dealer.poll()
        end = AskStatus(f"end {self.inputs}")
        dealer.send([self.key, b"1", encode(end)])
        until(lambda: self.passed and self.passed[-1] == end, lambda: (self.tick(), dealer.poll()))
        self.passed.pop()
        self.inputs += len(many)
        dealer.close()


def _hung_up(wire: socket.socket) -> bool:
    """Whether the other side did; reads away what it said before."""
    try:
        return not wire.recv(1 << 16)
    except BlockingIOError:
        return False


def _can(wire: socket.socket, event: int) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(wire, event)
        return bool(selector.select(0.001))


def resident_mb() -> float:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


def still_answers(target: Target) -> None:
    client = DaemonClient(target.listener.connection)
    client.send(Hello("after it all"))
    got: list[object] = []
    until(lambda: got, lambda: (target.tick(), got.extend(filter(None, [client.poll()]))))
    assert got == [Welcome("x", 1)] and target.passed.pop() == Hello("after it all")
    client.close()
