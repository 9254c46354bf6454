"""A cluster of two worker processes on this machine, reached by loopback only, and a build on it."""
from __future__ import annotations

import sys

from tests.dataset.clips import build


def run(clips: str, out: str) -> int:
    from distributed import LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        return build(clips, "-o", out, "--engine", f"dask://{cluster.scheduler_address.removeprefix('tcp://')}")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2]))
