"""Straight lines between the ends of the initial paths, without energies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.path_writer import write_paths
from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.data.store import GivenPath

if TYPE_CHECKING:
    from ionladder.data.store import ArrayInputs
    from ionladder.specs import Array


def write_predictions(inputs: ArrayInputs, path: Path) -> None:
    """Write the straight path of every hop, all energies 0."""
    write_paths(inputs, path, _predict)


def _predict(given: GivenPath) -> tuple[Array, Array]:
    return np.zeros(given.n_images), straight(given)


def straight(given: GivenPath) -> Array:
    """Positions on a straight line from the first to the last image, shape of the initial path."""
    first = given.positions_ang[0]
    way = PeriodicCell(given.cell_ang).minimum_image(given.positions_ang[-1] - first)
    steps = np.linspace(0.0, 1.0, given.n_images)
    line: Array = first + steps[:, None, None] * way
    return line
