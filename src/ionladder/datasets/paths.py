"""Migration paths from tables of frames: one path at a time, its images stacked in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.datasets.streamed import read_blocks
from ionladder.specs.metric import Array

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenPath:
    """The path that a prediction starts from.

    Attributes:
        id: The hop.
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        positions_ang: Shape (n_images, n_atoms, 3), Å, images in the order of the path.
        moving_ion: Position of the moving ion in the list of atoms, from 0.
    """

    id: str
    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    positions_ang: Array
    moving_ion: int

    @property
    def n_images(self) -> int:
        return int(self.positions_ang.shape[0])

    @property
    def n_atoms(self) -> int:
        return int(self.positions_ang.shape[1])


@dataclass(frozen=True, kw_only=True, eq=False)
class TruePath:
    """The path that a prediction is compared with.

    Attributes:
        id: The hop.
        positions_ang: Shape (n_images, n_atoms, 3), Å.
        energies_ev: Total energies, shape (n_images,), eV.
    """

    id: str
    positions_ang: Array
    energies_ev: Array


def read_given_paths(path: Path, ids: Collection[str] | None = None) -> Iterator[GivenPath]:
    """Paths of a table with ``id, image, numbers, cell_ang, moving_ion, positions_ang``.

    Args:
        path: The table, sorted by id and image.
        ids: Only these; None: every path.
    """
    columns = ("id", "image", "numbers", "cell_ang", "moving_ion", "positions_ang")
    for block in read_blocks(path, columns):
        yield from given_paths_of(block, ids)


def given_paths_of(block: pa.Table, ids: Collection[str] | None = None) -> Iterator[GivenPath]:
    """The same, of rows in memory: whole paths, sorted by id and image."""
    for name, rows in _hops(block, ids):
        yield GivenPath(
            id=name,
            numbers=_first_list(rows, "numbers").astype(np.uint8),
            cell_ang=_first_list(rows, "cell_ang").astype(np.float64).reshape(3, 3),
            positions_ang=_stacked(rows),
            moving_ion=int(rows["moving_ion"][0].as_py()),
        )


def read_true_paths(path: Path, ids: Collection[str] | None = None) -> Iterator[TruePath]:
    """Paths of a table with ``id, image, energy_ev, positions_ang``; arguments likewise."""
    for block in read_blocks(path, ("id", "image", "energy_ev", "positions_ang")):
        for name, rows in _hops(block, ids):
            yield TruePath(
                id=name,
                positions_ang=_stacked(rows),
                energies_ev=rows["energy_ev"].to_numpy().astype(np.float64),
            )


def _hops(block: pa.Table, ids: Collection[str] | None) -> Iterator[tuple[str, pa.Table]]:
    """Id and rows of every path of a block; a path lies in one block."""
    wanted = None if ids is None else frozenset(ids)
    names = np.array(block["id"].to_pylist(), dtype=object)
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    ends = np.append(starts[1:], len(names))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if wanted is None or names[start] in wanted:
            yield str(names[start]), block.slice(start, end - start).combine_chunks()


def _first_list(rows: pa.Table, name: str) -> npt.NDArray[np.generic]:
    values: npt.NDArray[np.generic] = rows[name].chunk(0)[0].values.to_numpy()
    return values


def _stacked(rows: pa.Table) -> Array:
    flat = rows["positions_ang"].chunk(0).flatten().to_numpy()
    stacked: Array = flat.astype(np.float64, copy=False).reshape(rows.num_rows, -1, 3)
    return stacked
