"""The real work, held at the start of a stage for as long as a file of the stage's name lies in ``hold``, beside the
results: what happens meanwhile happens at that stage, however quick it is."""
from __future__ import annotations

import time
from pathlib import Path

from backend import worker
from backend.jobs import JobDone, JobNews
from backend.worker import Tell, Work
from bridge.messages import JobRequest

FOLDER = "hold"


def prepare() -> Work:
    """As backend.worker.prepare."""
    real = worker.prepare()

    def work(request: JobRequest, tell: Tell) -> JobDone:
        held = Path(request.output).parent / FOLDER

        def tell_and_wait(news: JobNews) -> None:
            tell(news)
            while news.status == "running" and (held / news.stage).exists():
                time.sleep(0.01)
        return real(request, tell_and_wait)
    return work
