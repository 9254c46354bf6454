"""Runs as a script in the fake REAPER: serves builds as the actions do, and keeps the main thread's time.

With ExtState ``split`` set, the time inside the fake's own functions is kept too (which costs a little by itself).
"""
import json
import sys
import time
from pathlib import Path

import reaper_python

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.daw.apply import apply_session  # noqa: E402
from backend.domain.live import LivePlan  # noqa: E402
from backend.domain.serial import from_plain, to_plain  # noqa: E402
from bridge.reaper_server import ReaperServer  # noqa: E402

SECTION = "FilmComposerBenchmark"
busy = {"cpu_s": 0.0, "wall_s": 0.0, "longest_s": 0.0, "reading_s": 0.0, "fake_s": 0.0}


def timed(function):
    def call(*args):
        start_s = time.thread_time()
        try:
            return function(*args)
        finally:
            busy["fake_s"] += time.thread_time() - start_s
    return call


def build(plain):
    start_s = time.thread_time()
    plan = from_plain(LivePlan, plain)
    busy["reading_s"] += time.thread_time() - start_s
    return to_plain(apply_session(plan, reaper_python))


def tick():
    had_callers = bool(server._callers)
    start_s, start_cpu_s = time.perf_counter(), time.thread_time()
    server.tick()
    took_s, took_cpu_s = time.perf_counter() - start_s, time.thread_time() - start_cpu_s
    if had_callers or server._callers:
        busy["cpu_s"] += took_cpu_s
        busy["wall_s"] += took_s
        busy["longest_s"] = max(busy["longest_s"], took_s)
        reaper_python.RPR_SetExtState(SECTION, "busy", json.dumps(busy), False)
    RPR_defer("tick()")  # noqa: F821  (REAPER puts it into __main__)


if reaper_python.RPR_GetExtState(SECTION, "split"):
    for name in [name for name in vars(reaper_python) if name.startswith("RPR_")]:
        setattr(reaper_python, name, timed(getattr(reaper_python, name)))
server = ReaperServer(build)
reaper_python.RPR_SetExtState(SECTION, "address", json.dumps([server.port, server.secret]), False)
RPR_defer("tick()")  # noqa: F821
