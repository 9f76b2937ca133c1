"""Joining predictions to the ids of a task, refusing anything but exact coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem
from ionladder.specs.metric import Array
from ionladder.specs.task import Task
from ionladder.submissions.coverage import coverage_problems
from ionladder.submissions.table import PredictionTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Predictions in the order of the ids.

    Attributes:
        seeds: Seeds, ascending; ``(0,)`` where the predictions have none.
        y_pred: Target name → predictions, shape (n_seeds, n_entries).
        flags: Column that says which entries count → zeros and ones, same shape.
    """

    seeds: tuple[int, ...]
    y_pred: dict[str, Array]
    flags: dict[str, Array] = field(default_factory=dict)


def align(ids: Sequence[str], predictions: pd.DataFrame, task: Task) -> Aligned:
    """Bring predictions into the order of ``ids``, seed by seed.

    Args:
        ids: Ids of the test entries, ascending.
        predictions: ``id``, the targets, and optionally ``seed``; in any order.
        task: Names the targets.

    Raises:
        SubmissionError: A column is missing, ids are not covered exactly once per seed, or a
            prediction is not finite; all problems at once.
    """
    targets = [target.name for target in task.targets]
    columns = [*targets, *task.flags]
    absent = [name for name in ["id", *columns] if name not in predictions.columns]
    if absent:
        raise SubmissionError(
            Problem(
                where="predictions",
                expected=f"columns id, {', '.join(columns)}",
                found=f"no {', '.join(absent)}",
                next_step="Name the columns as the task names them.",
            )
        )
    n_rows = len(predictions)
    row_seeds = predictions["seed"].tolist() if "seed" in predictions else [0] * n_rows
    row_ids = predictions["id"].tolist()
    seeds = sorted(set(row_seeds))
    values = {name: predictions[name].to_numpy(dtype=np.float64) for name in columns}
    in_order = row_ids == [*ids] * len(seeds) and row_seeds == sorted(row_seeds)
    if not in_order:
        keys = list(zip(row_seeds, row_ids, strict=True))
        order = sorted(range(n_rows), key=keys.__getitem__)
        values = {name: column[order] for name, column in values.items()}
        row_seeds, row_ids = [row_seeds[row] for row in order], [row_ids[row] for row in order]
    _check(row_seeds, row_ids, values, ids, seeds)
    shape = (len(seeds), len(ids))
    return Aligned(
        seeds=tuple(int(seed) for seed in seeds),
        y_pred={name: values[name].reshape(shape) for name in targets},
        flags={name: values[name].reshape(shape) for name in task.flags},
    )


def align_checked(ids: pa.Array, predictions: PredictionTable, task: Task) -> Aligned:
    """The same for a checked file: its rows are sorted, and mostly need no more than a look.

    Args:
        ids: Ids of the test entries, ascending.
        predictions: The file.
        task: Names the targets.
    """
    columns, n_ids = predictions.columns, len(ids)
    n_seeds, rest = divmod(predictions.n_rows, max(n_ids, 1))
    starts = range(0, n_seeds * n_ids, n_ids)
    if rest or not all(columns["id"].slice(start, n_ids).equals(ids) for start in starts):
        return align(ids.to_pylist(), predictions.rows, task)
    shape = (n_seeds, n_ids)
    return Aligned(
        seeds=tuple(int(seed) for seed in columns["seed"].reshape(shape)[:, 0]),
        y_pred={target.name: columns[target.name].reshape(shape) for target in task.targets},
        flags={name: columns[name].reshape(shape) for name in task.flags},
    )


def _check(
    row_seeds: Sequence[int],
    row_ids: Sequence[str],
    values: Mapping[str, Array],
    ids: Sequence[str],
    seeds: Sequence[int],
) -> None:
    """Refuse sorted rows that do not cover the ids exactly, or hold what is no number."""
    problems = []
    if row_ids != [*ids] * len(seeds):
        for seed in seeds:
            where = "predictions" if len(seeds) == 1 else f"predictions, seed {seed}"
            mine = [name for key, name in zip(row_seeds, row_ids, strict=True) if key == seed]
            problems += coverage_problems(mine, expected=ids, where=where)
    for name, column in values.items():
        bad = ~np.isfinite(column)
        if bad.any():
            problems.append(
                Problem(
                    where=f"predictions, id {row_ids[int(np.argmax(bad))]}, column `{name}`",
                    expected="a finite number",
                    found=f"{int(bad.sum())} other value(s)",
                    next_step="Predict a number for every id.",
                )
            )
    if problems:
        raise SubmissionError(problems)
