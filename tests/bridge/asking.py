"""Talking to a listener from the same thread, a tick at a time."""
from __future__ import annotations

from bridge.messages import REPLIES
from bridge.packing import decode
from bridge.server import Listener
from bridge.zmtp import Dealer
from tests.bridge.raw_peers import until


def dealer_of(listener: Listener) -> Dealer:
    return Dealer(listener.connection.port, listener.connection.key)


def frames_of(listener: Listener, body: bytes) -> list[bytes]:
    return [listener.connection.key, b"1", body]


def answer_to(listener: Listener, dealer: Dealer, frames: list[bytes]) -> object:
    """What comes back for ``frames`` that the listener does not let through."""
    dealer.send(frames)
    got: list[list[bytes]] = []

    def tick() -> None:
        assert listener.poll(0) is None
        got.extend(filter(None, [dealer.poll()]))
    until(lambda: got, tick)
    assert got[0][:2] == [listener.connection.key, b"1"]
    return decode(REPLIES, got[0][2])


def request_of(listener: Listener, dealer: Dealer, frames: list[bytes]) -> tuple[bytes, object]:
    dealer.send(frames)
    got: list[tuple[bytes, object]] = []
    until(lambda: got, lambda: dealer.poll() or got.extend(filter(None, [listener.poll(1)])))
    return got[0]
