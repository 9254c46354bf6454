"""The table of docs/benchmarks/live.md: one cue into an open (fake) REAPER, our way and call by call with reapy.

    python -m benchmarks.live_build [--naive-tracks 12] [--runs 5]

Both ways in the same run, on a fake REAPER in another process whose timer runs at 30 Hz: twelve tracks of 200 notes,
each with a volume and a pan envelope, an instrument and a send, under a tempo map. Ours is one request. reapy uses its
own client, server loop and web-interface handshake (port 2307), once as its documentation shows and once inside one
``inside_reaper()`` block. Call by call takes minutes; with fewer tracks its figures are scaled, and said so.
"""
from __future__ import annotations

import argparse
import base64
import json
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.domain.live import BuildReport
from backend.domain.serial import from_plain, to_plain
from benchmarks.live.cue import NOTES, POINTS, TRACKS, plan
from benchmarks.live.wrapper_cost import measured
from bridge.messages import ReaperAddress
from bridge.reapy_control import build_in_reaper
from tests.fake_reaper import FakeReaperProcess
from tests.fake_reaper.calls import signatures

HERE = Path(__file__).parent
ROOT = HERE.parent
SECTION = "FilmComposerBenchmark"
NUMERIC_CALL_S, STRING_CALL_S = 10e-6, 130e-6
"""What REAPER's own Python wrapper costs a call, measured with a dummy C function: a string that comes back is a zeroed
buffer of 4 MB."""
ASKED_S = 0.05
_OWN = {"SetExtState", "GetExtState"}


@dataclass(frozen=True)
class Figures:
    """``main_s`` is CPU time of the main thread, ``main_wall_s`` the same by the clock, ``longest_s`` the longest piece
    of it without returning to REAPER; ``reading_s`` and ``fake_s`` are parts of ``main_s``."""

    wall_s: float
    main_s: float
    main_wall_s: float
    longest_s: float
    requests: int
    numeric_calls: int
    string_calls: int
    reading_s: float = 0.0
    fake_s: float = 0.0

    @property
    def wrapper_s(self) -> float:
        return self.numeric_calls * NUMERIC_CALL_S + self.string_calls * STRING_CALL_S


def _calls(before: dict[str, int], after: dict[str, int]) -> tuple[int, int]:
    """(numeric, string) calls; the benchmark's own are left out."""
    made = {name: count - before.get(name, 0) for name, count in after.items() if name not in _OWN}
    string = sum(count for name, count in made.items() if "buf" in signatures().get(name, {"args": ()})["args"])
    return sum(made.values()) - string, string


def _busy(reaper: FakeReaperProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reaper.do("GetExtState", SECTION, "busy") or "{}")
    return found


def _check(reaper: FakeReaperProcess, tracks: int) -> None:
    """Both ways have to deliver the notes."""
    items = [item for track in reaper.state()["tracks"] for item in track["items"]]
    found = [_note_count(base64.b64decode(item["takes"][0]["source"]["midi"])) for item in items]
    if found != [NOTES] * tracks:
        raise SystemExit(f"not built as planned: {found} notes; {reaper.errors()}")


def _note_count(events: bytes) -> int:
    count = at = 0
    while at < len(events):
        _, _, size = struct.unpack_from("<iBi", events, at)
        count += events[at + 9] >> 4 == 9
        at += 9 + size
    return count


def ours(folder: Path, split: bool = False) -> Figures:
    with FakeReaperProcess(folder) as reaper:
        if split:
            reaper.do("SetExtState", SECTION, "split", "1", False)
        reaper.run_script(HERE / "live" / "ours_inside.py")
        port, secret = json.loads(reaper.do("GetExtState", SECTION, "address"))
        plain, before, start_s = to_plain(plan()), reaper.ask("calls"), time.perf_counter()
        report = from_plain(BuildReport, build_in_reaper(ReaperAddress(port, secret, reaper.pid), plain, 60.0))
        wall_s = time.perf_counter() - start_s
        numeric, string = _calls(before, reaper.ask("calls"))
        if report.refused or not report.changed:
            raise SystemExit(f"not built: {report}")
        _check(reaper, TRACKS)
        busy = reaper.wait(_busy, 60.0)
    return Figures(wall_s, busy["cpu_s"], busy["wall_s"], busy["longest_s"], 1, numeric, string, busy["reading_s"],
                   busy["fake_s"])


def naive(folder: Path, tracks: int, held: bool) -> Figures:
    with FakeReaperProcess(folder, options=("--web-interface", "2307")) as reaper:
        reaper.do("SetExtState", SECTION, "site", sysconfig.get_path("purelib"), False)
        if not reaper.run_script(HERE / "live" / "reapys_inside.py"):
            raise SystemExit("\n".join(reaper.errors()))
        before = reaper.ask("calls")
        words = [sys.executable, "-m", "benchmarks.live.naive", "--tracks", str(tracks), *(["--held"] if held else [])]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        numeric, string = _calls(before, reaper.ask("calls"))
        _check(reaper, tracks)
        busy = reaper.wait(_busy, 60.0)
    wall_s = json.loads(done.stdout)["wall_s"]
    return Figures(wall_s, busy["cpu_s"], busy["wall_s"], busy["longest_s"], busy["requests"], numeric, string)


def _row(name: str, f: Figures, scale: float) -> str:
    return (f"| {name} | {f.requests * scale:.0f} | {f.wall_s * scale:.2f} | {f.main_s * scale:.3f} | "
            f"{f.main_wall_s * scale:.3f} | {f.longest_s:.3f} | {f.numeric_calls * scale:.0f} / "
            f"{f.string_calls * scale:.0f} | {f.wrapper_s * scale:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--naive-tracks", type=int, default=TRACKS)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    scale = TRACKS / given.naive_tracks
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = sorted((ours(folder / f"ours{number}") for number in range(given.runs)), key=lambda f: f.main_s)
        split = ours(folder / "split", split=True)
        held = naive(folder / "held", TRACKS, held=True)
        loose = naive(folder / "loose", given.naive_tracks, held=False)
    print(f"{TRACKS} tracks x {NOTES} notes, {sum(POINTS.values())} envelope points, instrument and send each\n")
    print("| way | requests | until done s | main thread CPU s | by the clock s | longest pause s | "
          "calls numeric / string | wrapper s |\n|---|---|---|---|---|---|---|---|")
    print(_row(f"ours, one request (median of {given.runs})", runs[len(runs) // 2], 1.0))
    print(_row("reapy, one held block", held, 1.0))
    print(_row("reapy, call by call" + ("" if scale == 1 else f" (scaled from {given.naive_tracks} tracks)"), loose,
               scale))
    print(f"\nasked: <= {ASKED_S} s + wrapper; ours {runs[0].main_s:.3f} .. {runs[-1].main_s:.3f} s of CPU. In a run "
          f"with {split.main_s:.3f} s: reading the plan {split.reading_s:.3f}, the fake's own functions "
          f"{split.fake_s:.3f}, ours {split.main_s - split.fake_s:.3f}.")
    numeric_s, string_s = measured()
    print(f"a call through the wrapper: numeric {numeric_s * 1e6:.0f} us, string {string_s * 1e6:.0f} us here; counted "
          f"with {NUMERIC_CALL_S * 1e6:.0f} and {STRING_CALL_S * 1e6:.0f}")


if __name__ == "__main__":
    main()
