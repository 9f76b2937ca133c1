"""Tasks scored on the frozen folds: which out-of-fold predictions are scored, and what is missing.

Such a submission has ``cv_predictions`` instead of ``predictions``. Every repeat of the folds
predicts every training entry once, so that a repeat is to this task what a seed is to others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from ionladder.core.problems import Problem
from ionladder.specs.task import Task
from ionladder.submissions.known_ids import text_ranks
from ionladder.submissions.predictions import CV_STEM, PREDICTIONS_STEM
from ionladder.submissions.table import PredictionTable

_KEYS = ("scheme", "repeat", "fold", "id")


def scored_table(cv_predictions: PredictionTable, scheme: str) -> PredictionTable:
    """Out-of-fold predictions of one scheme as scoring takes them: one seed for each repeat.

    Args:
        cv_predictions: Checked rows ``scheme, repeat, fold, id`` and the targets.
        scheme: The fold scheme that the task is scored on.

    Returns:
        The same file with rows ``id``, ``seed`` (the repeat) and the targets, sorted by seed and
        id; empty where the file has no row of the scheme.
    """
    columns = cv_predictions.columns
    targets = [name for name in columns if name not in _KEYS]
    rows = np.flatnonzero(pc.equal(columns["scheme"], scheme).to_numpy(zero_copy_only=False))
    seeds = columns["repeat"][rows]
    order = rows[np.lexsort((text_ranks(columns["id"].take(rows)), seeds))]
    return PredictionTable(
        path=cv_predictions.path,
        sha256=cv_predictions.sha256,
        columns={
            "id": columns["id"].take(order),
            "seed": columns["repeat"][order],
            **{name: columns[name][order] for name in targets},
        },
    )


def absent_folds(task: Task, scheme: str, *, shown_as: str) -> Problem:
    """The letter about a submission without predictions on the folds that are scored.

    Args:
        task: The task.
        scheme: The fold scheme that it is scored on.
        shown_as: Path of the folder, or of the file that lacks the scheme.
    """
    return Problem(
        where=shown_as,
        expected=f"{CV_STEM}.csv or {CV_STEM}.parquet with every repeat of {scheme}",
        found="no row of that scheme",
        next_step=f"This task is scored on the frozen folds: give {CV_STEM} with the columns "
        f"{', '.join([*_KEYS, *(target.name for target in task.targets)])}. "
        f"`ionladder new {task.name} NAME` writes a template.",
    )


def unused_predictions(folder: Path, *, shown_as: str) -> list[Problem]:
    """A problem for each file of test predictions, which such a task has no use for."""
    names = [f"{PREDICTIONS_STEM}.csv", f"{PREDICTIONS_STEM}.parquet"]
    return [
        Problem(
            where=f"{shown_as}/{name}",
            expected=f"no such file: this task is scored on the frozen folds, from {CV_STEM}",
            found="a file that is not used here",
            next_step=f"Remove it; put out-of-fold predictions of the training entries into "
            f"{CV_STEM}.csv.",
        )
        for name in names
        if (folder / name).exists() or (folder / name).is_symlink()
    ]
