"""Run as a script: is one of our listeners reached from outside? Prints what was seen as JSON.

``outer_network.py ROOT daemon STATE`` asks for the daemon's, ``outer_network.py ROOT reaper -`` for a REAPER's. It
starts itself again in a network namespace (Linux), gives birth to a second one, joins the two by a cable and knocks
from there. Where that cannot be done it knocks at this machine's own outer address.
"""
from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE, THERE = "10.83.0.1", "10.83.0.2"
_KNOCK = """
import socket, sys
sys.stdin.readline()
for port in sys.argv[2:]:
    with socket.socket() as knock:
        knock.settimeout(30)
        print(knock.connect_ex((sys.argv[1], int(port))) == 0, flush=True)
"""


def outer_address() -> str:
    """An address of this machine that is not loopback, or empty. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        if probe.connect_ex(("192.0.2.1", 9)):
            return ""
        return str(probe.getsockname()[0])


def join_by_cable(far_pid: int) -> None:
    def ip(words: str, *before: str) -> None:
        subprocess.run([*before, "ip", *words.split()], check=True, capture_output=True)
    far = ("nsenter", "-t", str(far_pid), "-n")
    ip(f"link add cable0 type veth peer name cable1 netns {far_pid}")
    ip(f"addr add {HERE}/24 dev cable0")
    ip("link set cable0 up")
    ip("link set lo up")
    ip(f"addr add {THERE}/24 dev cable1", *far)
    ip("link set cable1 up", *far)


def listen(kind: str, state: str) -> tuple[Any, int]:
    """One of our listeners and its port."""
    if kind == "daemon":
        from bridge.server import Listener
        daemon = Listener(Path(state))
        return daemon, daemon.connection.port
    from bridge.reaper_server import ReaperServer
    reaper = ReaperServer(lambda plan: {})
    return reaper, reaper.port


def knock(kind: str, state: str, inside: bool) -> dict[str, object]:
    listener, port = listen(kind, state)
    with socket.create_server(("0.0.0.0", 0)) as open_to_all:
        ports = [str(open_to_all.getsockname()[1]), str(port)]
        address = HERE if inside else outer_address() or "127.0.0.1"
        command = ["unshare", "-n"] if inside else []
        child = subprocess.Popen([*command, sys.executable, "-I", "-c", _KNOCK, address, *ports], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            if inside:
                _wait_for_namespace(child.pid)
                join_by_cable(child.pid)
            answers = child.communicate("go\n")[0].split()
        finally:
            child.kill()
            child.wait()
    listener.close()
    return {"from": address, "control": answers[0] == "True", "listener": answers[1] == "True"}


def _wait_for_namespace(pid: int) -> None:
    """Until the child has left ours."""
    ours = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{pid}/ns/net").readlink() == ours:
        pass


def main() -> None:
    root, kind, state, *inside = sys.argv[1:]
    sys.path.insert(0, root)
    if not inside and shutil.which("unshare"):
        done = subprocess.run(["unshare", "-rn", sys.executable, "-I", __file__, root, kind, state, "inside"],
                              capture_output=True, text=True)
        if done.returncode == 0:
            print(done.stdout)
            return
    print(json.dumps(knock(kind, state, bool(inside))))


if __name__ == "__main__":
    main()
