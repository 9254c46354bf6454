"""Who does the work: processes on this machine, or a cluster. Imports nothing heavy, since every worker loads it."""
from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_PATIENCE_S = 20
"""How long a worker may take to clear away what it was at."""


@dataclass(frozen=True)
class Crash:
    """The worker died over this task, twice or more."""

    detail: str


class Engine(Protocol):
    """``remote``: whether workers may sit on other machines, where the folders could be missing."""

    remote: bool

    def run(self, work: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R | Crash]]:
        """Results as they come. What ``work`` raises ends the run and is raised here."""
        ...

    def close(self) -> None: ...


class LocalEngine:
    """Processes of this machine. A worker that dies takes nothing with it: its task is tried again by itself, and a
    task that kills a worker for the second time is told as a Crash."""

    remote = False

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._strangers = set(multiprocessing.active_children())

    def run(self, work: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R | Crash]]:
        """See the protocol. No more tasks are handed out than there are workers: all of them are suspects when one
        worker dies, and the suspects run one at a time."""
        waiting: deque[T] = deque(tasks)
        suspects: deque[T] = deque()
        flying: dict[Future[Any], T] = {}
        while waiting or suspects or flying:
            while waiting and not suspects and len(flying) < self._workers:
                self._submit(work, waiting.popleft(), flying, suspects)
            alone = bool(suspects) and not flying
            if alone:
                self._submit(work, suspects.popleft(), flying, suspects)
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                task = flying.pop(future)
                try:
                    yield task, future.result()
                except BrokenProcessPool:
                    self._end()
                    if alone:
                        yield task, Crash("The worker died over it, more than once.")
                    else:
                        suspects.append(task)

    def _submit(self, work: Callable[[T], R], task: T, flying: dict[Future[Any], T], suspects: deque[T]) -> None:
        """A pool that broke in the meantime takes nothing: its tasks come back as suspects, this one with them."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._workers, multiprocessing.get_context("spawn"), _prepare)
        try:
            flying[self._pool.submit(work, task)] = task
        except BrokenProcessPool:
            suspects.append(task)
            if not flying:
                self._end()

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def close(self) -> None:
        """Stop at once: what workers were at is dropped, what they finished stands."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        children = set(multiprocessing.active_children()) - self._strangers
        pool.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.terminate()
        for child in children:
            child.join(_PATIENCE_S)
            if child.is_alive():
                child.kill()


def _prepare() -> None:
    """In a new worker: one thread of arithmetic, the keyboard is the parent's, and no life after the parent's."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(name, "1")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
