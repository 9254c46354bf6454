"""Runs as a script in the fake REAPER: reapy's own server loop, with the main thread's time kept.

Its server and loop are used as they are, but for the address: loopback and a free port instead of every interface.
"""
import json
import sys
import time

import reaper_python

sys.path[:0] = [path for path in reaper_python.RPR_GetExtState("FilmComposerBenchmark", "site").split("\n") if path]



def lenient(function):
    """REAPER's wrapper writes None and numbers as text where reapy hands it those; the fake says no to them."""
    return lambda *args: function(*("None" if arg is None else arg for arg in args))


for name in [name for name in vars(reaper_python) if name.startswith("RPR_")]:
    setattr(reaper_python, name, lenient(getattr(reaper_python, name)))
reaper_python.RPR_SelectProjectInstance = lambda project: None  # the fake has one tab, and that is in front

import reapy  # noqa: E402
from reapy.tools.network import Server  # noqa: E402

busy = {"cpu_s": 0.0, "wall_s": 0.0, "longest_s": 0.0, "requests": 0}


class LoopbackServer(Server):
    def bind(self, address):
        return super().bind(("127.0.0.1", 0))


def run_main_loop():
    server.accept()
    start_s, start_cpu_s = time.perf_counter(), time.thread_time()
    requests = server.get_requests()
    server.send_results(server.process_requests(requests))
    took_s, took_cpu_s = time.perf_counter() - start_s, time.thread_time() - start_cpu_s
    if requests:
        busy["cpu_s"] += took_cpu_s
        busy["wall_s"] += took_s
        busy["longest_s"] = max(busy["longest_s"], took_s)
        busy["requests"] += len(requests)
        reaper_python.RPR_SetExtState("FilmComposerBenchmark", "busy", json.dumps(busy), False)
    reapy.defer(run_main_loop)


server = LoopbackServer(0)
reaper_python.RPR_SetExtState("reapy", "server_port", str(server._socket.getsockname()[1]), False)
run_main_loop()
