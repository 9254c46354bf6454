"""Jobs that misbehave on purpose, for a real worker process: what to do is the option ``do``, else the title."""
from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from backend.errors import InputError, MissingExtraError
from backend.jobs import JobDone, JobNews
from backend.worker import Tell, Work
from bridge.messages import JobRequest


def prepare() -> Work:
    """Nothing to load."""
    return work


def prepare_slowly() -> Work:
    """Loading never ends."""
    while True:
        time.sleep(0.05)


def prepare_in_vain() -> Work:
    """Something is not installed."""
    raise MissingExtraError("The describer needs the package 'vision'. Install it with: python3 install.py vision")


def prepare_to_die() -> Work:
    """A library that takes the process with it."""
    os._exit(7)


def work(request: JobRequest, tell: Tell) -> JobDone:
    """Tells ``hits`` is running, then does as the request says."""
    tell(JobNews("hits", "running", 0.25))
    options = request.options or {}
    return _DEEDS[options.get("do") or options["title"]](options, tell)


def _finish(options: dict[str, str], tell: Tell) -> JobDone:
    tell(JobNews("hits", "made", 1.0))
    return JobDone("1M1 Odd", "1M1 Odd is done", lines=(str(os.getpid()),))


def _say(options: dict[str, str], tell: Tell) -> JobDone:
    tell(JobNews("ensemble", "said", 0.0, "12 calls, free"))
    tell(JobNews("ensemble", "said", 0.0, "Sent to a server: the melody"))
    return JobDone("1M1 Odd", "1M1 Odd is done")


def _go_on(options: dict[str, str], tell: Tell) -> JobDone:
    while True:
        tell(JobNews("hits", "running", 0.5))
        time.sleep(0.01)


def _hear_nothing(options: dict[str, str], tell: Tell) -> JobDone:
    while True:
        time.sleep(0.05)


def _will_not_die(options: dict[str, str], tell: Tell) -> JobDone:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell(JobNews("render", "running", 0.5))
    while True:
        try:
            time.sleep(0.05)
            tell(JobNews("render", "running", 0.5))
        except BaseException:
            continue


def _raise(options: dict[str, str], tell: Tell) -> JobDone:
    raise ZeroDivisionError("a defect\nin two lines")


def _refuse(options: dict[str, str], tell: Tell) -> JobDone:
    raise InputError("The clip has no frame rate. Pass --frame-rate 24.")


def _exit(options: dict[str, str], tell: Tell) -> JobDone:
    os._exit(3)


def _crash(options: dict[str, str], tell: Tell) -> JobDone:
    signal.raise_signal(signal.SIGSEGV)
    raise AssertionError("not reached")


def _wait_for_file(options: dict[str, str], tell: Tell) -> JobDone:
    while not Path(options["file"]).exists():
        time.sleep(0.02)
    return _finish(options, tell)


_DEEDS = {"finish": _finish, "say": _say, "go on": _go_on, "hear nothing": _hear_nothing, "will not die": _will_not_die,
          "raise": _raise, "refuse": _refuse, "exit": _exit, "crash": _crash, "wait": _wait_for_file}
