"""Predicted paths as rows, one an image, whichever format they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.specs.metric import Array

PARQUET, EXTXYZ = "predictions.parquet", "predictions.extxyz"
COLUMNS = ("id", "image", "energy_ev", "positions_ang", "converged")


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


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictedPath:
    """The checked path of one hop.

    Attributes:
        id: The hop.
        converged: Whether there is a path to compare.
        energies_ev: Shape (n_images,), eV; None where it did not converge.
        positions_ang: Shape (n_images, n_atoms, 3), Å; None likewise.
    """

    id: str
    converged: bool
    energies_ev: Array | None
    positions_ang: Array | None


def rows_of_hops(rows: PathRows) -> Mapping[str, list[int]]:
    """Row numbers of every hop, in the order of the file."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(rows.ids):
        found.setdefault(name, []).append(row)
    return found


def template_rows(paths: Sequence[Any]) -> dict[str, list[Any]]:
    """Columns of a template: every image of the given paths, energy and converged left empty.

    Args:
        paths: Given paths in the order of their ids.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for path in paths:
        for image in range(path.n_images):
            columns["id"].append(path.id)
            columns["image"].append(image)
            columns["energy_ev"].append(None)
            columns["positions_ang"].append(path.positions_ang[image].ravel())
            columns["converged"].append(None)
    return columns
