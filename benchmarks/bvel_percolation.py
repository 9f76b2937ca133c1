"""Whether the fast percolation agrees with BVlain's own, on stored structures of bvel_proto."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from bvlain import Lain

from ionladder.data.bond_valence import (
    SETTINGS,
    percolation_barriers,
    site_energies,
    winding_vectors,
)
from ionladder.data.bvel_proto.tables import structure_of
from ionladder.data.store import read_table
from ionladder.repo import Layout, sha256_bytes

ROOT = Path(__file__).resolve().parents[1]
KEYS = ("E_1D", "E_2D", "E_3D")


def main() -> None:
    """Compare barriers on n structures; exit 1 when any of them differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, nargs="?", default=210, help="structures (default 210)")
    n = parser.parse_args().n

    layout = Layout(ROOT)
    entries, sites = (
        {row["id"]: row for row in read_table(layout, "bvel_proto", "1.1.0", name).to_pylist()}
        for name in ("entries", "structures")
    )
    chosen = sorted(entries, key=lambda entry: sha256_bytes(f"agree|{entry}".encode()))[:n]
    differing, integer_rank, seconds = [], [], np.zeros(2)
    for entry in chosen:
        grid = site_energies(structure_of(entries[entry], sites[entry]))
        begin = time.process_time()
        fast = percolation_barriers(grid, encut=SETTINGS.encut_ev)
        middle = time.process_time()
        oracle = by_bvlain(grid)
        seconds += (middle - begin, time.process_time() - middle)
        if fast.as_tuple() != oracle:
            differing.append(entry)
            print(f"{entry} {entries[entry]['assignment']}: {fast.as_tuple()}, BVlain {oracle}")
        if not same_over_integers(grid, fast.as_tuple()):
            integer_rank.append(entry)
    print(f"{len(chosen)} structures x 3 targets: {len(differing)} structures differ from BVlain")
    print(
        f"{len(integer_rank)} structures where a rank over the integers would lower a barrier:",
        *integer_rank,
    )
    print(f"CPU-seconds a structure: fast {seconds[0] / n:.3f}, BVlain {seconds[1] / n:.3f}")
    sys.exit(bool(differing))


def by_bvlain(grid: np.ndarray) -> tuple[float | None, ...]:
    """BVlain's percolation of a grid, with its ``inf`` as None."""
    lain = Lain(verbose=False)
    lain.data, lain.size = grid, list(grid.shape)
    found = lain.percolation_barriers(encut=SETTINGS.encut_ev)
    values = [float(found[key]) for key in KEYS]
    return tuple(None if np.isinf(value) else value for value in values)


def same_over_integers(grid: np.ndarray, barriers: tuple[float | None, ...]) -> bool:
    """Whether a rank over the integers would open no dimension at the threshold before a barrier.

    Never open modulo 2 at that threshold, a dimension is open there over the integers when its
    network closes only after two cells.
    """
    above = grid - grid.min()
    step = SETTINGS.encut_ev / 2**11
    for dimension, barrier in enumerate(barriers, start=1):
        steps = 2**11 if barrier is None else round(barrier / step)
        windings = winding_vectors(above < (steps - 1) * step)
        ranks = [np.linalg.matrix_rank(np.array(vectors)) for vectors in windings]
        if max(ranks, default=0) >= dimension:
            return False
    return True


if __name__ == "__main__":
    main()
