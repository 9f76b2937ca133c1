"""Predicted paths reduced to numbers: distances to the DFT path, barriers, and what failed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from ionladder.data.labels import EvaluationLabels
from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.data.store import GivenPath, read_given_paths, read_true_paths
from ionladder.errors import Problem
from ionladder.specs import Array, Task
from ionladder.submit.paths import PredictedPath, read_path_file
from ionladder.submit.predictions import PredictionTable
from ionladder.submit.validate import ArrayReader

_COLUMNS = ("barrier_ev", "saddle_ev", "path_ang", "moving_ion_ang", "failed", "converged")


def reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """Reads a submission of paths and derives one number per target and hop.

    A hop that did not converge is not left out. Its path counts as the initial one, and its
    barriers as the median label of the train subset: what anybody could have said without
    computing. So giving a hop up is worth no more than such a guess.

    Args:
        labels: The labels of the task, with the true and the given paths.
        task: The task.

    Returns:
        A function of a folder and its path in errors, which reads, checks and reduces the folder.

    Raises:
        ValueError: The task names no true or no given paths (an error of the task).
    """
    if labels.truth is None or labels.given is None:
        raise ValueError(f"task {task.name!r} needs true and given paths")
    ids = frozenset(labels.test["id"])
    given = {path.id: path for path in read_given_paths(labels.given, ids)}
    true = {path.id: path for path in read_true_paths(labels.truth, ids)}
    train_ids = frozenset(labels.train["id"])
    medians = [float(labels.train[name].median()) for name in _COLUMNS[:2]]

    @cache
    def failed(name: str) -> list[float]:
        """What a hop without a converged path counts as."""
        moved = displacements(given[name].positions_ang, true[name].positions_ang, given[name])
        return [*medians, *moved, 1.0, 0.0]

    def numbers(name: str, path: PredictedPath | None) -> list[float]:
        if path is None:
            return failed(name)
        moved = displacements(path.positions_ang, true[name].positions_ang, given[name])
        return [barrier(path.energies_ev), saddle(path.energies_ev), *moved, 0.0, 1.0]

    def read(folder: Path, shown_as: str) -> tuple[PredictionTable | None, list[Problem]]:
        import pyarrow as pa

        file, problems = read_path_file(
            folder, given, train_ids=train_ids, task=task.name, shown_as=shown_as
        )
        if file is None:
            return None, problems
        names = sorted(given)
        table = np.array([numbers(name, file.paths.get(name)) for name in names])
        columns = {
            "id": pa.array(names, pa.string()),
            "seed": np.zeros(len(names), dtype=np.int64),
            **dict(zip(_COLUMNS, table.T, strict=True)),
        }
        return PredictionTable(path=file.path, sha256=file.sha256, columns=columns), []

    return read


def displacements(predicted_ang: Array, true_ang: Array, given: GivenPath) -> tuple[float, float]:
    """Path-averaged distances between two paths of one hop, over all atoms and of the moving ion.

    Args:
        predicted_ang: Shape (n_images, n_atoms, 3), Å.
        true_ang: Same shape; images and atoms in the same order.
        given: The cell, and which ion moves.

    Returns:
        Mean over images of the mean over atoms of the shortest periodic distance, and the mean
        over images of that of the moving ion; Å.

    Reference:
        Dembitskiy et al. 2025, https://doi.org/10.1038/s41524-025-01571-z (PA_MAE in metrics.py
        of LiTraj), for paths of equal length.
    """
    distances = PeriodicCell(given.cell_ang).distances(predicted_ang, true_ang)
    return float(distances.mean()), float(distances[:, given.moving_ion].mean())


def barrier(energies_ev: Array) -> float:
    """Largest minus smallest energy over all images, eV: upstream's definition of a barrier.

    Example:
        >>> import numpy as np
        >>> barrier(np.array([0.5, 1.0, 0.25]))
        0.75
    """
    return float(energies_ev.max() - energies_ev.min())


def saddle(energies_ev: Array) -> float:
    """Largest energy minus that of the first image, eV: the barrier seen from the start.

    Example:
        >>> import numpy as np
        >>> saddle(np.array([0.5, 1.0, 0.25]))
        0.5
    """
    return float(energies_ev.max() - energies_ev[0])
