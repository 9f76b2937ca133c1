"""Predicted paths reduced to numbers: distances to the DFT path, barriers, and what failed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ionladder.data.labels import EvaluationLabels
from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.data.store import GivenPath, TruePath, read_given_paths, read_true_paths
from ionladder.errors import Problem
from ionladder.specs import Array, Task
from ionladder.submit.paths import PredictedPath, read_path_file
from ionladder.submit.predictions import PredictionTable
from ionladder.submit.validate import ArrayReader

BARRIER, SADDLE = "barrier_ev", "saddle_ev"
PATH, MOVING_ION = "path_ang", "moving_ion_ang"
FAILED, CONVERGED = "failed", "converged"


def reader(labels: EvaluationLabels, task: Task) -> ArrayReader:
    """Reads a submission of paths and derives one number per target and hop.

    A hop that did not converge is not left out. Its path counts as the initial one, and its
    barriers as the median label of the train subset: what anybody could have said without
    computing. So giving a hop up is worth no more than such a guess.

    Raises:
        ValueError: The task names no true or no given paths (an error of the task).
    """
    if labels.truth is None or labels.given is None:
        msg = f"task {task.name!r} needs true and given paths"
        raise ValueError(msg)
    ids = frozenset(labels.test["id"])
    given = {path.id: path for path in read_given_paths(labels.given, ids)}
    true = {path.id: path for path in read_true_paths(labels.truth, ids)}
    train_ids = frozenset(labels.train["id"])
    medians = {name: float(labels.train[name].median()) for name in (BARRIER, SADDLE)}
    known: dict[str, Mapping[str, float]] = {}

    def read(folder: Path, shown_as: str) -> tuple[PredictionTable | None, list[Problem]]:
        import pyarrow as pa

        file, problems = read_path_file(
            folder, given, train_ids=train_ids, task=task.name, shown_as=shown_as
        )
        if file is None:
            return None, problems
        if not known:
            known.update({name: _failed(given[name], true[name], medians) for name in given})
        rows = [
            {"id": name, "seed": 0, **_row(file.paths.get(name), given[name], true[name], known)}
            for name in sorted(given)
        ]
        columns: dict[str, Any] = {
            name: np.array([row[name] for row in rows]) for name in rows[0] if name != "id"
        }
        columns["id"] = pa.array([row["id"] for row in rows], pa.string())
        return PredictionTable(path=file.path, sha256=file.sha256, columns=columns), []

    return read


def _row(
    predicted: PredictedPath | None,
    given: GivenPath,
    true: TruePath,
    failed: Mapping[str, Mapping[str, float]],
) -> Mapping[str, float]:
    if predicted is None:
        return failed[given.id]
    path, ion = displacements(predicted.positions_ang, true.positions_ang, given)
    return {
        BARRIER: barrier(predicted.energies_ev),
        SADDLE: saddle(predicted.energies_ev),
        PATH: path,
        MOVING_ION: ion,
        FAILED: 0.0,
        CONVERGED: 1.0,
    }


def _failed(given: GivenPath, true: TruePath, medians: Mapping[str, float]) -> dict[str, float]:
    """What a hop without a converged path counts as."""
    path, ion = displacements(given.positions_ang, true.positions_ang, given)
    return {**medians, PATH: path, MOVING_ION: ion, FAILED: 1.0, CONVERGED: 0.0}


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
