"""What checking and scoring a submission of 1,681 paths costs, on synthetic paths of full size."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ionladder.data.labels import EvaluationLabels
from ionladder.data.nebdft2k.ingest import Centroid, FramesWriter, Hop
from ionladder.data.nebdft2k.spec import NEBDFT2K_PATH
from ionladder.score_paths import reader
from ionladder.submit.paths import write_rows

HOPS, IMAGES, ATOMS = 1681, 7, 127
MOST_CPU_S = 3.0
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Make the paths, score them, print what it cost; exit 1 when it is more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hops", type=int, default=HOPS, help=f"hops (default {HOPS})")
    n_hops = parser.parse_args().hops
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        labels = make(folder, n_hops)
        spent: dict[str, float] = {}
        read = timed(spent, "truth", lambda: reader(labels, NEBDFT2K_PATH))
        table, problems = timed(spent, "submission", lambda: read(folder, "submission"))
    if table is None:
        sys.exit("\n".join(map(str, problems)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT / 1e6
    total = sum(spent.values())
    print(f"{n_hops} hops × {IMAGES} images × {ATOMS} atoms, float32 in parquet")
    for what, seconds in spent.items():
        print(f"{what:<12} {seconds:6.2f} CPU-seconds")
    print(f"{'together':<12} {total:6.2f} CPU-seconds (limit {MOST_CPU_S:g}), peak {peak:.0f} MB")
    print(table.rows.describe().loc[["mean"]].to_string())
    sys.exit(total > MOST_CPU_S)


def timed(spent: dict[str, float], what: str, call: Callable[[], object]) -> object:
    """Call, and keep the CPU-seconds."""
    start = time.process_time()
    result = call()
    spent[what] = time.process_time() - start
    return result


def make(folder: Path, n_hops: int) -> EvaluationLabels:
    """Write initial, relaxed and predicted paths in skewed cells; a tenth did not converge."""
    rng = np.random.default_rng(0)
    names = [f"mp-{number:05d}_0_1_0_0_0" for number in range(n_hops)]
    ids, images, energies, positions, converged = [], [], [], [], []
    with FramesWriter(folder, {}) as frames:
        for place, name in enumerate(names):
            hop = make_hop(name, rng)
            centroid = Centroid(
                numbers=hop.numbers,
                cell_ang=hop.cell_ang,
                positions_ang=hop.init_ang[0],
                em_agrees=None,
            )
            frames.write(hop, centroid)
            ids += [name] * IMAGES
            images += range(IMAGES)
            energies += (hop.energies_ev + rng.normal(0, 0.05, IMAGES)).tolist()
            positions += list(hop.relaxed_ang + rng.normal(0, 0.05, hop.relaxed_ang.shape))
            converged += [place % 10 != 0] * IMAGES
    write_rows(
        folder / "predictions.parquet",
        ids=ids,
        images=images,
        energies_ev=energies,
        positions_ang=positions,
        converged=converged,
    )
    rows = pd.DataFrame({"id": names, "barrier_ev": 0.5, "saddle_ev": 0.5})
    return EvaluationLabels(
        test=rows,
        train=rows.iloc[:10],
        replicates=rows.iloc[:0],
        labels_sha256="",
        split_sha256="",
        folds=pd.DataFrame(),
        truth=folder / "paths_relaxed.parquet",
        given=folder / "paths_init.parquet",
    )


def make_hop(name: str, rng: np.random.Generator) -> Hop:
    """A path whose ion crosses a boundary of a triclinic cell, so that images matter."""
    cell = np.diag(rng.uniform(9, 13, 3)) + np.tril(rng.uniform(-4, 4, (3, 3)), -1)
    init = np.repeat((rng.uniform(0, 1, (ATOMS, 3)) @ cell)[None], IMAGES, axis=0)
    init[:, 0] += np.linspace(0, 1, IMAGES)[:, None] * (rng.uniform(-0.3, 0.3, 3) @ cell)
    inverse = np.linalg.inv(cell)
    init = ((init @ inverse) % 1.0) @ cell
    relaxed = ((init + rng.normal(0, 0.2, init.shape)) @ inverse % 1.0) @ cell
    return Hop(
        id=name,
        numbers=np.full(ATOMS, 3, dtype=np.uint8),
        cell_ang=cell,
        moving_ion=0,
        init_ang=init,
        relaxed_ang=relaxed,
        energies_ev=-500 + np.sin(np.linspace(0, np.pi, IMAGES)),
        forces_ev_per_ang=None,
    )


if __name__ == "__main__":
    main()
