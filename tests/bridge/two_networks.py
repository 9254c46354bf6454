"""Run as a script: is a REAPER's build server reached from outside? Prints what was seen as JSON.

``two_networks.py ROOT`` starts itself again in a network namespace of its own when it can, makes a second one there,
joins them by a cable, and knocks from the far end.
"""
from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys

NEAR, FAR = "10.71.0.1", "10.71.0.2"
_KNOCK = """
import socket, sys
print(sys.stdin.readline().strip(), flush=True)
sys.stdin.readline()
for port in sys.argv[1:]:
    try:
        socket.create_connection(("10.71.0.1", int(port)), timeout=20).close()
        print("open", flush=True)
    except OSError:
        print("shut", flush=True)
"""


def _reached(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=20).close()
    except OSError:
        return False
    return True


def _own_address() -> str:
    """An address of this machine that is not loopback, or ""."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; picks the interface
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
    return "" if address.startswith(("127.", "0.")) else address


def _listeners(root: str) -> tuple[socket.socket, object, int]:
    sys.path.insert(0, root)
    from bridge.reaper_server import ReaperServer
    plain = socket.socket()
    plain.bind(("0.0.0.0", 0))
    plain.listen()
    server = ReaperServer(lambda plan: {})
    return plain, server, server.port


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def from_another_namespace(root: str) -> None:
    """In a namespace of our own: make the far one, join, knock."""
    plain, _server, port = _listeners(root)
    far = subprocess.Popen(["unshare", "-n", sys.executable, "-I", "-c", _KNOCK, str(plain.getsockname()[1]),
                            str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert far.stdin is not None and far.stdout is not None
    far.stdin.write("there\n")
    far.stdin.flush()
    far.stdout.readline()
    _ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(far.pid))
    _ip("addr", "add", f"{NEAR}/24", "dev", "near")
    _ip("link", "set", "near", "up")
    inside = ["nsenter", "-t", str(far.pid), "-n", "ip"]
    subprocess.run([*inside, "addr", "add", f"{FAR}/24", "dev", "far"], check=True, capture_output=True)
    subprocess.run([*inside, "link", "set", "far", "up"], check=True, capture_output=True)
    answers, _ = far.communicate("go\n")
    control, reaper = answers.split()
    print(json.dumps({"how": "namespaces", "plain listener": control == "open", "reaper": reaper == "open"}))


def from_here(root: str) -> None:
    """No namespaces: knock at this machine's own outer address."""
    address = _own_address()
    plain, _server, port = _listeners(root)
    print(json.dumps({"how": "own address" if address else "no other address",
                      "plain listener": bool(address) and _reached(address, plain.getsockname()[1]),
                      "reaper": bool(address) and _reached(address, port)}))


def main() -> None:
    root = sys.argv[1]
    if len(sys.argv) > 2:
        from_another_namespace(root)
        return
    if all(shutil.which(tool) for tool in ("unshare", "nsenter", "ip")):
        done = subprocess.run(["unshare", "-rn", sys.executable, "-I", __file__, root, "inside"], capture_output=True,
                              text=True)
        if done.returncode == 0:
            print(done.stdout, end="")
            return
    from_here(root)


if __name__ == "__main__":
    main()
