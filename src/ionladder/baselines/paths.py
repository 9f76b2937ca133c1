"""Baselines that predict arrays, paths and frames, and write them to a file block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.registry import baseline

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.data.store import ArrayInputs, GivenPath
    from ionladder.specs import Array

#: The initial path → energies (n_images,) in eV, and positions (n_images, n_atoms, 3) in Å.
Predict = Callable[["GivenPath"], tuple["Array", "Array"]]
_N_NUMBERS = 256


@baseline(tasks=("nebdft2k-path",))
def linear_path(inputs: ArrayInputs, path: Path) -> None:
    """A straight line between the two ends of the initial path, all energies 0."""
    _write_paths(inputs, path, lambda given: (np.zeros(given.n_images), straight(given)))


@baseline(tasks=("nebdft2k-path",))
def bvse_path(inputs: ArrayInputs, path: Path) -> None:
    """The initial path as it is, with the barrier of bond valences at the image in the middle."""
    barriers = inputs.entries["em_bvse_ev"]

    def predict(given: GivenPath) -> tuple[Array, Array]:
        energies = np.zeros(given.n_images)
        energies[given.n_images // 2] = float(barriers.loc[given.id])
        return energies, given.positions_ang

    _write_paths(inputs, path, predict)


def straight(given: GivenPath) -> Array:
    """Positions on a straight line from the first to the last image, shape of the initial path."""
    from ionladder.data.litraj.xyz import PeriodicCell

    first = given.positions_ang[0]
    way = PeriodicCell(given.cell_ang).minimum_image(given.positions_ang[-1] - first)
    line: Array = first + np.linspace(0.0, 1.0, given.n_images)[:, None, None] * way
    return line


def _write_paths(inputs: ArrayInputs, path: Path, predict: Predict) -> None:
    """Write the predicted path of every held-out hop, all of them converged."""
    from ionladder.data.store import given_paths_of
    from ionladder.submit.paths import write_rows

    ids: list[str] = []
    images: list[int] = []
    energies: list[float | None] = []
    positions: list[Array] = []
    for block in inputs.blocks(inputs.task.given or "", subset="test"):
        for given in given_paths_of(block):
            of_hop, places = predict(given)
            ids += [given.id] * given.n_images
            images += range(given.n_images)
            energies += of_hop.tolist()
            positions += list(places)
    write_rows(
        path,
        ids=ids,
        images=images,
        energies_ev=energies,
        positions_ang=positions,
        converged=[True] * len(ids),
    )


@baseline(tasks=("mplitrj", "mplitrj-subsample"))
def element_energies(inputs: ArrayInputs, path: Path) -> None:
    """One energy an element, no forces and no stress.

    The constants come from least squares in one pass over the training frames.
    """
    from ionladder.submit.frames import FramePredictions

    gram, moment = np.zeros((_N_NUMBERS, _N_NUMBERS)), np.zeros(_N_NUMBERS)
    for part in ("train", "val"):
        for block in inputs.blocks(f"frames_{part}", ("numbers", "energy_ev")):
            counts = _counts(block)
            gram += counts.T @ counts
            moment += counts.T @ block["energy_ev"].to_numpy()
    known = np.flatnonzero(np.diag(gram))  # 0 eV for those that training knows nothing of
    constants = np.zeros(_N_NUMBERS)
    # Smallest norm where compositions leave a combination of elements open.
    constants[known] = np.linalg.lstsq(gram[np.ix_(known, known)], moment[known])[0]
    with FramePredictions(path, has_stress=True) as file:
        for block in inputs.blocks("frames_test", ("id", "numbers"), subset="test"):
            counts = _counts(block)
            forces = [np.zeros((n, 3)) for n in counts.sum(axis=1).astype(int)]
            stress = np.zeros((len(counts), 6))
            file.write(block["id"].to_pylist(), counts @ constants, forces, stress)


def _counts(block: pa.Table) -> Array:
    """Atoms of each atomic number, shape (n_configurations, 256)."""
    column = block["numbers"].combine_chunks()
    lengths = np.diff(np.asarray(column.offsets))
    numbers = column.flatten().to_numpy().astype(np.int64)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    flat = np.bincount(rows * _N_NUMBERS + numbers, minlength=len(lengths) * _N_NUMBERS)
    return flat.reshape(-1, _N_NUMBERS).astype(np.float64)
