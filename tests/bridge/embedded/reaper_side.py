"""What an action does inside REAPER, run by the C host: load our side, greet the daemon, serve one build.

Reads FILMCOMPOSER_ROOT (the repository) and FILMCOMPOSER_STATE (where the connection file is) from the environment.
"""
import importlib
import os
import pkgutil
import sys
import time

AT_START = set(sys.modules)
"""A host's own site-packages may have loaded things; they are not ours to answer for."""
if os.environ["FILMCOMPOSER_ROOT"] not in sys.path:
    sys.path.insert(0, os.environ["FILMCOMPOSER_ROOT"])

import backend.daw.apply  # noqa: E402
import reaper_scripts  # noqa: E402
from bridge.client import DaemonClient  # noqa: E402
from bridge.connection import read_connection, state_folder  # noqa: E402
from bridge.messages import Hello, ReaperAddress, RegisterReaper, Welcome  # noqa: E402
from bridge.reaper_server import ReaperServer  # noqa: E402

FORBIDDEN = {"datetime", "decimal", "fractions", "hashlib", "hmac", "secrets", "random", "zmq", "msgpack", "numpy"}
PATIENCE_S = 60.0


def load_everything():
    """All modules behind the actions; the actions' own files start work at once and are not imported."""
    for package in (backend.daw.apply, reaper_scripts):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if package is not reaper_scripts or module.name.rpartition(".")[2].startswith("_"):
                importlib.import_module(module.name)


def ask(client, message):
    """Send, then poll as a defer loop would."""
    client.send(message)
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        reply = client.poll()
        if reply is not None:
            assert isinstance(reply, Welcome), reply
            return
        time.sleep(0.002)
    raise TimeoutError("no reply")


def serve_one_build(server, plans):
    deadline_s = time.monotonic() + PATIENCE_S
    while not plans or server._callers:
        assert time.monotonic() < deadline_s, "nobody built"
        server.tick()
        time.sleep(0.002)


def main():
    load_everything()
    plans = []
    client = DaemonClient(read_connection(state_folder()))
    server = ReaperServer(lambda plan: plans.append(plan) or {"changed": len(plan["events"])})
    ask(client, Hello("embedded"))
    ask(client, RegisterReaper(ReaperAddress(server.port, server.secret, os.getpid())))
    serve_one_build(server, plans)
    server.close()
    client.close()
    loaded = {name.split(".")[0] for name in set(sys.modules) - AT_START} & FORBIDDEN
    assert not loaded, loaded


main()
