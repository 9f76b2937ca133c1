"""Predicted paths as rows, one an image, whichever format they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ionladder.specs.metric import Array

PARQUET, EXTXYZ = "predictions.parquet", "predictions.extxyz"
ID, IMAGE, ENERGY, POSITIONS, CONVERGED = (
    "id",
    "image",
    "energy_ev",
    "positions_ang",
    "converged",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PathRows:
    """Images in the order of the file, before anything is believed.

    Attributes:
        ids: Hop of each image.
        images: Its place on the path, from 0, shape (n_rows,).
        energies_ev: Its energy, NaN where none is given, shape (n_rows,).
        positions_ang: Its flat coordinates x1 y1 z1 …; empty where none are given.
        converged: 1 or 0, NaN where it is not said, shape (n_rows,).
        numbers: Its atomic numbers, where the format has them.
        cells_ang: Its cell, shape (3, 3), where the format has one.
    """

    ids: Sequence[str]
    images: npt.NDArray[np.int64]
    energies_ev: Array
    positions_ang: Sequence[Array]
    converged: Array
    numbers: Sequence[npt.NDArray[np.uint8]] | None = None
    cells_ang: Sequence[Array] | None = None

    @property
    def by_hop(self) -> Mapping[str, list[int]]:
        """Row numbers of every hop, in the order of the file."""
        found: dict[str, list[int]] = {}
        for row, name in enumerate(self.ids):
            found.setdefault(name, []).append(row)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictedPath:
    """The checked path of a hop that converged.

    Attributes:
        energies_ev: Shape (n_images,), eV.
        positions_ang: Shape (n_images, n_atoms, 3), Å.
    """

    energies_ev: Array
    positions_ang: Array
