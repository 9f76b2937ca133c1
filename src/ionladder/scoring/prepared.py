"""Labels made ready once per task: sorted, cut into subsets, with their groups numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ionladder.specs.metric import Array
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Subset, Target, Task
from ionladder.statistics.groups import Groups, degrees_of_freedom, make_groups

_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PreparedRows:
    """Entries of one subset with their labels of one target.

    Attributes:
        rows: Positions in the labels sorted by id, shape (n,).
        y_true: Labels, shape (n,).
        upper_limit: Limits of left-censored entries, NaN elsewhere, shape (n,).
        groups: Groups of related entries, numbered alike for all targets of the subset.
        df: Degrees of freedom of an interval over these groups; NaN with fewer than two.
    """

    rows: _Rows
    y_true: Array
    upper_limit: Array
    groups: Groups
    df: float


@dataclass(frozen=True)
class PreparedSubset:
    """One subset of the test entries.

    Attributes:
        n: Entries in the subset.
        n_groups: Groups of related entries in it.
        df: Degrees of freedom of an interval over all of them; NaN with fewer than two groups.
        all_rows: Target name → its entries, labels missing or not.
        labelled: Target name → its entries that have a label; the same object where all have.
    """

    n: int
    n_groups: int
    df: float
    all_rows: Mapping[str, PreparedRows]
    labelled: Mapping[str, PreparedRows]


class PreparedLabels:
    """The labels of a task, ready to score many submissions.

    Args:
        labels: One row per test entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets and weights refer to; in any order.
        task: The task.
        settings: Confidence of the intervals.

    Attributes:
        ids: Ids of the entries, ascending.
        every: All entries, whatever subsets the task has.
        weights: Label column that weighs entries → its values, shape (n,), in the order of ids.
        settings: As given.
    """

    def __init__(self, labels: pd.DataFrame, task: Task, settings: ScoringSettings) -> None:
        self._labels = labels.sort_values("id", kind="stable", ignore_index=True)
        self._groups = self._labels[task.group_column].to_numpy()
        self.ids: list[str] = self._labels["id"].tolist()
        self.weights: Mapping[str, Array] = {
            name: self._labels[name].to_numpy(dtype=np.float64) for name in task.weights
        }
        self.settings = settings
        self.every = self._prepare(Subset(name="", title="every entry"), task)
        self._subsets = {subset.name: self._prepare(subset, task) for subset in task.subsets}

    @cached_property
    def id_array(self) -> pa.Array:
        """The ids as an Arrow array."""
        return pa.array(self.ids, type=pa.string())

    def subset(self, name: str) -> PreparedSubset:
        """One subset by its name; KeyError when the task has none of that name."""
        return self._subsets[name]

    def _prepare(self, subset: Subset, task: Task) -> PreparedSubset:
        selected = (
            np.ones(len(self._labels), dtype=bool)
            if subset.column is None
            else (self._labels[subset.column] == subset.equals).to_numpy(dtype=bool)
        )
        rows = np.flatnonzero(selected)
        universe = np.unique(self._groups[rows])
        all_rows = {target.name: self._cut(target, rows, universe) for target in task.targets}
        labelled = {
            target.name: self._labelled(all_rows[target.name], target, universe)
            for target in task.targets
        }
        groups = make_groups(self._groups[rows], universe=universe)
        df = degrees_of_freedom(groups.sizes)
        return PreparedSubset(len(rows), len(universe), df, all_rows, labelled)

    def _labelled(
        self, part: PreparedRows, target: Target, universe: npt.NDArray[np.generic]
    ) -> PreparedRows:
        has_label = ~np.isnan(part.y_true)
        if has_label.all():
            return part
        return self._cut(target, part.rows[has_label], universe)

    def _cut(self, target: Target, rows: _Rows, universe: npt.NDArray[np.generic]) -> PreparedRows:
        y_true = self._labels[target.name].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        limits = (
            self._labels[target.limit_column].to_numpy(dtype=np.float64, na_value=np.nan)[rows]
            if target.limit_column
            else np.full(len(rows), np.nan)
        )
        groups = make_groups(self._groups[rows], universe=universe)
        return PreparedRows(rows, y_true, limits, groups, degrees_of_freedom(groups.sizes))
