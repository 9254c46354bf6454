"""A cluster of Dask workers, reached by the address of its scheduler. Dask is imported when a cluster is named."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from backend.dataset.engine import Crash
from backend.errors import InputError, MissingExtraError

T = TypeVar("T")
R = TypeVar("R")

INSTALL = "pip install 'filmcomposer[dataset]'"
_TIMEOUT_S = 15


class DaskEngine:
    """Dask hands tasks of a lost worker to another one, and gives a task up that has cost several their lives."""

    remote = True

    def __init__(self, address: str) -> None:
        """``address`` as ``host:port`` or with Dask's own scheme (``tls://...``). Raises MissingExtraError,
        InputError when no scheduler answers."""
        try:
            from distributed import Client
        except ImportError:
            raise MissingExtraError(f"A cluster needs the package 'distributed' (Dask). Run: {INSTALL}") from None
        place = address if "://" in address else f"tcp://{address}"
        try:
            self._client: Any = Client(place, timeout=_TIMEOUT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError):
            raise InputError(f"No Dask scheduler answers at '{address}'. Start one with 'dask scheduler' and workers "
                             "with 'dask worker', or leave out --engine.") from None
        except ImportError as error:  # so Dask tells that the scheduler runs versions that do not fit
            raise InputError(f"The Dask scheduler at '{address}' does not fit this one: {_one_line(error)}. Install "
                             "the same version on both.") from None
        self._await_worker(address)

    def _await_worker(self, address: str) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_TIMEOUT_S)
        except (OSError, TimeoutError):
            self._client.close()
            raise InputError(f"The Dask scheduler at '{address}' has no workers. Start some with 'dask worker "
                             f"{address}'.") from None

    def run(self, work: Callable[[T], R], tasks: Sequence[T]) -> Iterator[tuple[T, R | Crash]]:
        """See the protocol."""
        import distributed
        from distributed.scheduler import KilledWorker
        waiting = {self._client.submit(work, task, pure=False): task for task in tasks}
        try:
            for future in distributed.as_completed(list(waiting), loop=self._client.loop):
                task = waiting.pop(future)
                try:
                    yield task, future.result()
                except KilledWorker:
                    yield task, Crash("Several workers of the cluster died over it.")
                future.release()
        finally:
            self._client.cancel(list(waiting))

    def close(self) -> None:
        self._client.close()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
