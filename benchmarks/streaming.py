"""100 million prediction rows, made and scored a block at a time; and what sharing jobs adds.

A block is a submission of 100,000 rows in its own order, scored by :class:`ionladder.Scorer` with
four metrics, every id once or refused. With ``--shared`` the same blocks are jobs of two processes
and of a local Dask cluster, as it comes and as ``--cluster local`` starts it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from contextlib import ExitStack
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
from scale import TASK

import ionladder
from ionladder.cli.common import sharing

ROWS = 100_000
LIMIT_CPU_S, LIMIT_MB = 60.0, 1000.0
_TO_MB = 1e-6 if sys.platform == "darwin" else 1.024e-3


def main() -> None:
    """Score, print what it cost as JSON; exit 1 over a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=1000)
    parser.add_argument("--shared", action="store_true", help="measure what sharing adds instead")
    arguments = parser.parse_args()
    scorer()
    if arguments.shared:
        ways = {"this process": (0, None, False), "two processes": (2, None, False)}
        ways |= {"Dask, --cluster local": (2, "local", False), "Dask, as it comes": (2, None, True)}
        for name, way in ways.items():
            print(json.dumps({"way": name, **cost(arguments.blocks, *way)}), flush=True)
        return
    found = cost(arguments.blocks)
    rows, nothing = arguments.blocks * ROWS, cost(arguments.blocks, only_make=True)["CPU s"]
    print(json.dumps({"rows": rows, **found, "of these to make them, CPU s": nothing}))
    sys.exit(rows == 10**8 and (found["CPU s"] > LIMIT_CPU_S or found["MB"] > LIMIT_MB))


def cost(
    blocks: int,
    workers: int = 0,
    cluster: str | None = None,
    plain_dask: bool = False,
    only_make: bool = False,
) -> dict[str, float]:
    """CPU-seconds of this process and its children, and the memory of the largest."""
    began = cpu_s()
    with ExitStack() as stack:
        if plain_dask:
            import distributed

            options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
            here = stack.enter_context(distributed.LocalCluster(**options))
            cluster = here.scheduler_address
        map_jobs = stack.enter_context(sharing("", 0 if plain_dask else workers, cluster))
        results = list(map_jobs(made if only_make else scored, range(blocks)))
    values, seconds = zip(*results, strict=True)
    assert only_make or 0.0 < min(values) <= max(values) < 1.0
    peak = max(resource.getrusage(who).ru_maxrss for who in WHO) * _TO_MB
    median = round(1000 * statistics.median(seconds), 1)
    return {"CPU s": round(cpu_s() - began, 1), "MB": round(peak), "median job, CPU ms": median}


WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def cpu_s() -> float:
    """CPU-seconds of this process and of the children it waited for."""
    used = [resource.getrusage(who) for who in WHO]
    return sum(each.ru_utime + each.ru_stime for each in used)


@cache
def scorer() -> tuple[ionladder.Scorer, pa.Array, np.ndarray]:
    """Labels made ready once a process, their ids and values."""
    ids = [f"mp-{n}" for n in range(ROWS)]
    y = np.random.default_rng(0).normal(size=ROWS)
    labels = pd.DataFrame({"id": ids, "y_ev": y, "component": np.arange(ROWS) // 4})
    return ionladder.Scorer(labels, TASK), pa.array(ids), y


def block(number: int) -> pa.Table:
    """The predictions of a submission, in an order of their own."""
    _, ids, y = scorer()
    rng = np.random.default_rng(number)
    order = rng.permutation(ROWS)
    noise = rng.random(ROWS, dtype=np.float32)
    return pa.table({"id": ids.take(pa.array(order)), "y_ev": y[order] + noise})


def made(number: int) -> tuple[float, float]:
    """The rows of a block that is made and not scored, and the CPU-seconds of that."""
    began = time.thread_time()
    return float(block(number).num_rows), time.thread_time() - began


def scored(number: int) -> tuple[float, float]:
    """The MAE of a block, and the CPU-seconds that it took."""
    began = time.thread_time()
    found = scorer()[0].score(block(number)).score("y_ev", "all", "mae")
    return found.value, time.thread_time() - began


if __name__ == "__main__":
    main()
