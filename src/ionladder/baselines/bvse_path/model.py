"""The initial paths themselves, the image in the middle raised to the bond-valence barrier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.path_writer import write_paths

if TYPE_CHECKING:
    from ionladder.data.store import ArrayInputs, GivenPath
    from ionladder.specs import Array


def write_predictions(inputs: ArrayInputs, path: Path) -> None:
    """Write every initial path with its barrier by bond valences."""
    barriers = inputs.entries["em_bvse_ev"]

    def predict(given: GivenPath) -> tuple[Array, Array]:
        energies = np.zeros(given.n_images)
        energies[given.n_images // 2] = float(barriers.loc[given.id])
        return energies, given.positions_ang

    write_paths(inputs, path, predict)
