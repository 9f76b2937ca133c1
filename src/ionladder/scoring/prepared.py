"""Labels made ready once per task: sorted, cut into subsets, with the resamples all share."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.specs.metric import Array
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Subset, Task
from ionladder.statistics.bootstrap import GroupResamples, draw_group_resamples


@dataclass(frozen=True)
class PreparedSubset:
    """One subset of the test entries.

    Attributes:
        rows: Positions in the labels sorted by id, shape (n,).
        y_true: Target name → labels, shape (n,).
        upper_limit: Target name → limits of left-censored entries, NaN elsewhere, shape (n,).
        groups: Group resamples of these rows, or None when there are fewer than two groups.
    """

    rows: npt.NDArray[np.int64]
    y_true: Mapping[str, Array]
    upper_limit: Mapping[str, Array]
    groups: GroupResamples | None


class PreparedLabels:
    """The labels of a task, ready to score many submissions.

    Args:
        labels: One row per test entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets refer to; in any order.
        task: The task.
        settings: Number of resamples, seed, confidence.
    """

    def __init__(self, labels: pd.DataFrame, task: Task, settings: ScoringSettings) -> None:
        self.labels = labels.sort_values("id", kind="stable", ignore_index=True)
        self.ids: list[str] = self.labels["id"].tolist()
        self.settings = settings
        self._subsets = {
            subset.name: _prepare(self.labels, subset, task, settings) for subset in task.subsets
        }

    def subset(self, name: str) -> PreparedSubset:
        """One subset by its name; KeyError when the task has none of that name."""
        return self._subsets[name]


def _prepare(
    labels: pd.DataFrame, subset: Subset, task: Task, settings: ScoringSettings
) -> PreparedSubset:
    selected = (
        np.ones(len(labels), dtype=bool)
        if subset.column is None
        else (labels[subset.column] == subset.equals).to_numpy(dtype=bool)
    )
    rows = np.flatnonzero(selected)
    y_true = {
        target.name: labels[target.name].to_numpy(dtype=np.float64)[rows] for target in task.targets
    }
    limits = {
        target.name: (
            labels[target.limit_column].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
            if target.limit_column
            else np.full(len(rows), np.nan)
        )
        for target in task.targets
    }
    groups = labels[task.group_column].to_numpy()[rows]
    resamples = None
    if len(np.unique(groups)) > 1:
        # One stream per subset: adding a subset never moves the numbers of another one.
        rng = np.random.default_rng([settings.seed, zlib.crc32(subset.name.encode())])
        resamples = draw_group_resamples(groups, n_resamples=settings.resamples, rng=rng)
    return PreparedSubset(rows, y_true, limits, resamples)
