"""The client against the real listener: order, restarts, lost replies, versions, strangers."""
from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.client import MAX_UNANSWERED, REPLY_TIMEOUT_S, DaemonClient, connect
from bridge.connection import Connection, new_key, read_connection, remove_connection, write_connection
from bridge.errors import BadMessage, DaemonUnreachable, KeyRefused, ReplyLost, WrongVersion
from bridge.messages import (
    Accepted,
    AskStatus,
    Cancel,
    Goodbye,
    Hello,
    JobRequest,
    JobStatus,
    ListJobs,
    Refused,
    Request,
    SeenNote,
    Shutdown,
    Submit,
    Welcome,
)
from bridge.server import QUEUE_MESSAGES, Listener
from tests.bridge.raw_peers import PATIENCE_S, OneAccept, command, greeting, ready, until
from tests.bridge.serving import Serving, reply_of

Listening = Callable[[], Listener]


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    """Makes listeners of this test's folder, each of which is closed at its end."""
    made: list[Listener] = []

    def make() -> Listener:
        made.append(Listener(tmp_path))
        return made[-1]
    yield make
    for listener in made:
        listener.close()


def heard(listener: Listener, client: DaemonClient) -> tuple[bytes, Request]:
    """The next request at the listener, while the client does nothing but tick. No reply may be on its way."""
    got: list[tuple[bytes, Request]] = []

    def tick() -> None:
        assert client.poll() is None
        got.extend(filter(None, [listener.poll(1)]))
    until(lambda: got, tick)
    return got[0]


def test_a_tick_at_a_time(tmp_path: Path, listening: Listening) -> None:
    listener, notes = listening(), tuple(SeenNote(i, 0.5, 60, 90) for i in range(5000))
    with connect(tmp_path) as client:
        assert client.poll() is None
        submit = Submit(JobRequest("arrange", melody=notes), "r1")
        client.send(submit)
        client.send(Cancel("j1"))
        assert client.unanswered == 2
        peer, first = heard(listener, client)
        assert first == submit
        assert heard(listener, client) == (peer, Cancel("j1"))
        listener.reply(peer, Accepted("j1"))
        listener.reply(peer, JobStatus("j1", "arrange", "cancelled"))
        assert reply_of(client) == Accepted("j1")
        assert reply_of(client) == JobStatus("j1", "arrange", "cancelled")
        assert client.unanswered == 0 and client.poll() is None


def test_waiting_for_the_reply(tmp_path: Path) -> None:
    with Serving(tmp_path, lambda request: Welcome("1.0", 7) if isinstance(request, Hello) else Goodbye()) as daemon:
        with connect(tmp_path) as client:
            assert client.request(Hello("cli"), PATIENCE_S) == Welcome("1.0", 7)
            assert client.request(Shutdown(), PATIENCE_S) == Goodbye()
            client.send(Hello("left behind"))
            assert client.request(Shutdown(), PATIENCE_S) == Goodbye()
        assert daemon.heard[:2] == [Hello("cli"), Shutdown()]


def test_no_daemon_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DaemonUnreachable, match="not running: start it .*filmcomposer daemon"):
        connect(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    write_connection(tmp_path, Connection(5, new_key(), child.pid, 1))
    with pytest.raises(DaemonUnreachable, match="not running"):
        connect(tmp_path)


def test_a_file_whose_port_nobody_serves(tmp_path: Path, listening: Listening) -> None:
    listener = listening()
    client = connect(tmp_path)
    listener.close()
    with pytest.raises(DaemonUnreachable, match="start it"):
        client.request(Hello("cli"), PATIENCE_S)
    with pytest.raises(DaemonUnreachable, match="start it"):
        client.send(Hello("reaper"))
        until(lambda: False, client.poll)
    assert client.unanswered == 0


def test_a_daemon_that_was_started_again_is_found(tmp_path: Path, listening: Listening) -> None:
    first = listening()
    client = connect(tmp_path)
    client.send(Hello("one"))
    first.reply(heard(first, client)[0], Welcome("1", 1))
    assert reply_of(client) == Welcome("1", 1)
    first.close()
    second = listening()
    client.send(Hello("two"))
    peer, request = heard(second, client)
    assert request == Hello("two")
    second.reply(peer, Welcome("2", 2))
    assert reply_of(client) == Welcome("2", 2)
    client.close()


def test_a_port_in_the_hands_of_a_new_daemon(tmp_path: Path, listening: Listening) -> None:
    """Same port, other key: what was queued in the handshake reaches the new one, once."""
    listener = listening()
    now = listener.connection
    old = Connection(now.port, new_key(), now.pid, now.protocol)
    client = DaemonClient(old, lambda: read_connection(tmp_path))
    client.send(Hello("a"))
    client.send(ListJobs())
    assert heard(listener, client)[1] == Hello("a")
    assert heard(listener, client)[1] == ListJobs()
    assert client.unanswered == 2
    client.close()
    stubborn = DaemonClient(old)
    stubborn.send(Hello("b"))
    with pytest.raises(KeyRefused, match="another key"):
        until(lambda: False, lambda: stubborn.poll() or listener.poll(1))
    assert listener.poll(0) is None


def test_a_daemon_that_dies_before_it_answers(tmp_path: Path, listening: Listening) -> None:
    first = listening()
    client = connect(tmp_path)
    client.send(Submit(JobRequest("hits"), "r1"))
    heard(first, client)
    first.close()
    with pytest.raises(ReplyLost, match="run the action again"):
        until(lambda: False, client.poll)
    second = listening()
    client.send(Submit(JobRequest("hits"), "r1"))
    assert heard(second, client)[1] == Submit(JobRequest("hits"), "r1")
    client.close()


@pytest.mark.parametrize("message_, repeated", [(Submit(JobRequest("hits"), "r1"), True), (AskStatus(), True),
                                                (Cancel(), False), (Shutdown(), False)])
def test_what_is_repeated_after_a_loss(tmp_path: Path, message_: Request, repeated: bool) -> None:
    """The daemon hangs up on the first message; the connection file then names another one."""
    with Serving(tmp_path, lambda _: Goodbye()) as daemon, OneAccept() as dying:
        first = Connection(dying.port, new_key(), daemon.listener.connection.pid, 1)
        dying_dealer = _hangs_up_after_handshake(dying)
        client = DaemonClient(first, lambda: read_connection(tmp_path))
        dying_dealer.start()
        if repeated:
            assert client.request(message_, PATIENCE_S) == Goodbye()
        else:
            with pytest.raises(ReplyLost):
                client.request(message_, PATIENCE_S)
        dying_dealer.join()
        client.close()
    assert daemon.heard == [message_] * repeated


def _hangs_up_after_handshake(server: OneAccept) -> threading.Thread:
    def run() -> None:
        server.take().sendall(greeting(b"PLAIN") + command(b"WELCOME") + ready())
        server.receive(64 + 50 + 50 + 20)
        server.hang_up()
    return threading.Thread(target=run)


def test_silence_is_counted_while_somebody_listens(tmp_path: Path, listening: Listening) -> None:
    listener, clock = listening(), [0.0]
    client = DaemonClient(listener.connection, now_s=lambda: clock[0])
    client.send(Hello("a"))
    peer, _ = heard(listener, client)
    clock[0] += 1000.0  # REAPER stood in a dialog
    assert client.poll() is None
    with pytest.raises(ReplyLost, match="15 s"):
        while clock[0] < 1000 + 2 * REPLY_TIMEOUT_S:
            clock[0] += 1 / 30
            client.poll()
    listener.reply(peer, Refused("too late"))
    client.send(Hello("b"))
    peer, _ = heard(listener, client)
    listener.reply(peer, Welcome("b", 1))
    assert reply_of(client) == Welcome("b", 1)
    client.close()


def test_a_daemon_that_leaves_too_much_unanswered(tmp_path: Path, listening: Listening) -> None:
    listener = listening()
    client = connect(tmp_path)
    for _ in range(MAX_UNANSWERED):
        client.send(ListJobs())
    with pytest.raises(ReplyLost, match="32 messages"):
        client.send(ListJobs())
    assert client.unanswered == 0 and MAX_UNANSWERED < QUEUE_MESSAGES
    client.send(Hello("again"))
    seen: list[Request] = []
    until(lambda: Hello("again") in seen, lambda: client.poll() or seen.extend(
        request for _, request in filter(None, [listener.poll(1)])))
    client.close()


def test_no_reply_in_time(tmp_path: Path) -> None:
    with Serving(tmp_path, lambda request: Goodbye() if isinstance(request, Shutdown) else None):
        with connect(tmp_path) as client:
            with pytest.raises(ReplyLost, match="within 0.2 s"):
                client.request(Hello("cli"), 0.2)
            assert client.request(Shutdown(), PATIENCE_S) == Goodbye()


def test_another_version_in_the_file(tmp_path: Path, listening: Listening) -> None:
    listener = listening()
    now = listener.connection
    write_connection(tmp_path, Connection(now.port, now.key, now.pid, 2))
    with pytest.raises(WrongVersion, match="daemon speaks protocol 2, this side 1: .*restart REAPER"):
        connect(tmp_path)


def test_a_message_that_cannot_be_packed_leaves_the_client_as_it_was(tmp_path: Path, listening: Listening) -> None:
    listener = listening()
    client = connect(tmp_path)
    with pytest.raises(BadMessage, match="half a character"):
        client.send(Hello("\ud800"))
    client.send(Hello("x"))
    assert heard(listener, client)[1] == Hello("x") and client.unanswered == 1
    client.close()


def test_a_new_daemon_of_another_version_is_noticed_on_reconnecting(tmp_path: Path, listening: Listening) -> None:
    first = listening()
    client = connect(tmp_path)
    client.send(Hello("one"))
    heard(first, client)
    first.close()
    remove_connection(tmp_path, first.connection.pid)
    write_connection(tmp_path, Connection(9, new_key(), 9, 3))
    with pytest.raises(ReplyLost):
        until(lambda: False, client.poll)
    with pytest.raises(WrongVersion, match="protocol 3"):
        client.send(Hello("two"))


def test_what_reaper_loads_of_the_bridge() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import bridge.client; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(Path(__file__).resolve().parents[2])],
                          capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()} - {"bridge", "backend"}
    assert loaded <= {*sys.stdlib_module_names, "__main__"}
    assert not loaded & {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random", "ctypes"}
