"""Ctrl-C while a call is under way: the call is let go, and whoever presses it again waits the moment that takes."""
from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def run(runner: asyncio.Runner, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` gives. The first Ctrl-C cancels it, further ones are not heard while it is let go: an interrupt in
    the middle of that leaves tracebacks of tasks behind. Raises KeyboardInterrupt."""
    if not _is_heard_here():
        return runner.run(work)
    loop, heard = runner.get_loop(), threading.Event()
    tasks: list[asyncio.Task[Any]] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if not heard.is_set():
            heard.set()
            for task in tasks:
                task.cancel()
            loop.call_soon_threadsafe(lambda: None)  # wakes a loop that waits

    async def watched() -> T:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        if heard.is_set():
            task.cancel()
        return await work

    before = signal.signal(signal.SIGINT, stop)
    try:
        result = runner.run(watched())
    except asyncio.CancelledError:
        if not heard.is_set():
            raise
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)
    if heard.is_set():
        raise KeyboardInterrupt
    return result


@contextmanager
def unheard() -> Iterator[None]:
    """No Ctrl-C for the moment that closing takes."""
    if not _is_heard_here():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_heard_here() -> bool:
    """Whether Ctrl-C comes to this thread, and nobody else has taken it over."""
    return (threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
