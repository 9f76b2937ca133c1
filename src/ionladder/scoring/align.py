"""Joining predictions to the ids of a task, refusing anything but exact coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem
from ionladder.specs.metric import Array
from ionladder.specs.task import Task
from ionladder.submissions.coverage import coverage_problems


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Predictions in the order of the ids.

    Attributes:
        seeds: Seeds, ascending; ``(0,)`` where the predictions have none.
        y_pred: Target name → predictions, shape (n_seeds, n_entries).
    """

    seeds: tuple[int, ...]
    y_pred: dict[str, Array]


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
    absent = [name for name in ["id", *targets] if name not in predictions.columns]
    if absent:
        raise SubmissionError(
            Problem(
                where="predictions",
                expected=f"columns id, {', '.join(targets)}",
                found=f"no {', '.join(absent)}",
                next_step="Name the columns as the task names them.",
            )
        )
    with_seed = predictions if "seed" in predictions.columns else predictions.assign(seed=0)
    ordered = with_seed.sort_values(["seed", "id"], kind="stable", ignore_index=True)
    seeds = sorted({int(seed) for seed in ordered["seed"].tolist()})
    _check(ordered, ids, seeds, targets)
    shape = (len(seeds), len(ids))
    return Aligned(
        seeds=tuple(seeds),
        y_pred={name: ordered[name].to_numpy(dtype=np.float64).reshape(shape) for name in targets},
    )


def _check(
    ordered: pd.DataFrame, ids: Sequence[str], seeds: Sequence[int], targets: Sequence[str]
) -> None:
    found = ordered["id"].tolist()
    problems = []
    if found != list(ids) * len(seeds):
        for seed in seeds:
            where = "predictions" if len(seeds) == 1 else f"predictions, seed {seed}"
            mine = ordered.loc[ordered["seed"] == seed, "id"].tolist()
            problems += coverage_problems(mine, expected=ids, where=where)
    for name in targets:
        bad = ~np.isfinite(ordered[name].to_numpy(dtype=np.float64))
        if bad.any():
            problems.append(
                Problem(
                    where=f"predictions, id {found[int(np.argmax(bad))]}, column `{name}`",
                    expected="a finite number",
                    found=f"{int(bad.sum())} other value(s)",
                    next_step="Predict a number for every id.",
                )
            )
    if problems:
        raise SubmissionError(problems)
