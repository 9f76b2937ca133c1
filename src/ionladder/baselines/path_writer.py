"""Writing the paths of a baseline, hop by hop, in the layout that submissions have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ionladder.data.store import ArrayInputs, GivenPath, given_paths_of
from ionladder.specs import Array
from ionladder.submit.paths import write_rows

Predict = Callable[[GivenPath], tuple[Array, Array]]
"""The initial path → energies (n_images,) in eV, and positions (n_images, n_atoms, 3) in Å."""


def write_paths(inputs: ArrayInputs, path: Path, predict: Predict) -> None:
    """Write the predicted path of every held-out hop, all of them converged.

    Args:
        inputs: What may be seen; the task names the table of initial paths.
        path: The file.
        predict: Predicts one hop.
    """
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
