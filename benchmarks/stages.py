"""Time by stage: ``python benchmarks/stages.py CLIP [SECONDS]`` scores the first SECONDS (default 60) of a clip.

A shorter clip is looped into one of that length first (stream copy), so that any clip will do. Prints wall seconds a
stage for a first and a second run in one process (the second has warm imports and caches), and the CPU seconds.
"""
from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import av

from backend.config import DEFAULTS
from backend.cue_job import CueJob
from backend.pipeline import StageNews, run_cue
from backend.results import ResultsFolder
from backend.wiring import wire


def looped(source: Path, target: Path, seconds: float) -> None:
    """The picture of ``source`` repeated until it lasts ``seconds``."""
    with av.open(str(target), "w") as out:
        offset = 0
        stream = None
        base = None
        while base is None or offset * base < seconds:
            with av.open(str(source)) as media:
                picture = media.streams.video[0]
                base = picture.time_base
                stream = stream or out.add_stream_from_template(picture)
                end = offset
                for packet in media.demux(picture):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = (packet.pts or 0) + offset, packet.dts + offset
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.stream = stream
                    out.mux(packet)
                offset = end


def timed_run(clip: Path, folder: Path, seconds: float) -> dict[str, float]:
    """Wall seconds by stage."""
    from dataclasses import replace
    options = replace(DEFAULTS, cue_in="0", cue_out=f"{seconds:g}")
    job = CueJob(clip, ResultsFolder(folder).open(), options, wire())
    spent: dict[str, float] = {}
    last = time.perf_counter()

    def tell(news: StageNews) -> None:
        nonlocal last
        if news.status == "made":
            now = time.perf_counter()
            spent[news.stage], last = now - last, now

    run_cue(job, tell)
    return spent


def main() -> None:
    clip, seconds = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / f"long{clip.suffix}"
        looped(clip, long, seconds + 1)
        runs = []
        for number in (1, 2):
            cpu = time.process_time()
            runs.append((timed_run(long, Path(folder) / f"run{number}", seconds), time.process_time() - cpu))
    print(f"{'stage':<10} {'first s':>8} {'second s':>9}")
    for stage in runs[0][0]:
        print(f"{stage:<10} {runs[0][0][stage]:8.2f} {runs[1][0][stage]:9.2f}")
    print(f"{'all':<10} {sum(runs[0][0].values()):8.2f} {sum(runs[1][0].values()):9.2f}")
    print(f"{'cpu':<10} {runs[0][1]:8.2f} {runs[1][1]:9.2f}   (of this process; the renderer's workers excluded)")


if __name__ == "__main__":
    main()
