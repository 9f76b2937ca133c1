"""The primary metric on every slice of the test set, with its interval, all in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.datasets.labels import EvaluationLabels
from ionladder.metrics.registry import get_metric
from ionladder.scoring.entry_errors import EntryErrors, is_sliceable
from ionladder.scoring.receipt import rounded
from ionladder.specs.metric import Array
from ionladder.specs.slice import Slice
from ionladder.specs.task import Task
from ionladder.statistics.groups import degrees_of_freedom, left_out_means
from ionladder.statistics.intervals import error_interval, share_interval

MIN_ROWS = 8
"""A slice of fewer entries is counted, but has no interval, and its value stands in no file."""

_Integers = npt.NDArray[np.int64]
_BLOCK_CELLS = 1 << 21
"""Slice values × groups that get intervals at a time, which bounds memory."""


@dataclass(frozen=True, kw_only=True)
class SliceScore:
    """The primary metric on one part of a slice.

    Attributes:
        n: Entries in the part.
        n_groups: Groups of related entries in it.
        value: Mean over seeds.
        ci_low, ci_high: Interval over groups; NaN under eight entries or two groups.
    """

    n: int
    n_groups: int
    value: float
    ci_low: float
    ci_high: float


Slices = dict[str, dict[str, SliceScore]]


class PreparedSlices:
    """The slices of a task, ready to score many submissions.

    Args:
        labels: One row per test entry: ``id``, the targets, their limit columns and the task's
            group column; in any order.
        columns: ``id`` and the slice columns of the same entries.
        task: The task; its primary metric must be a plain mean over entries.
        confidence: Nominal level of the intervals.

    Raises:
        KeyError: A slice of the task names a column that the dataset does not derive.
    """

    def __init__(
        self, labels: pd.DataFrame, columns: pd.DataFrame, task: Task, *, confidence: float
    ) -> None:
        labels = labels.sort_values("id", kind="stable", ignore_index=True)
        table = columns.set_index("id").loc[labels["id"]]
        self.confidence = confidence
        self.errors = EntryErrors(labels, task)
        self.is_share = get_metric(task.primary_use.metric).is_share
        self.values: list[tuple[str, str]] = []
        rows, codes = [], []
        kept = self.errors.kept
        for item in task.slices:
            column = table[item.column].to_numpy(dtype=object)
            for value in _values(item, column):
                inside = np.flatnonzero((column == value) & kept)
                if len(inside):
                    rows.append(inside)
                    codes.append(np.full(len(inside), len(self.values)))
                    self.values.append((item.name, value))
        groups = np.unique(labels[task.group_column].to_numpy(), return_inverse=True)[1]
        self._count(_joined(rows), _joined(codes), groups.astype(np.int64))

    def _count(self, rows: _Integers, codes: _Integers, groups: _Integers) -> None:
        """Number the pairs of slice value and group, and sort the entries by pair."""
        n_groups = int(groups.max()) + 1 if len(groups) else 0
        pairs = codes * n_groups + groups[rows]
        order = np.argsort(pairs, kind="stable")
        self.rows: _Integers = rows[order]
        found, starts, counts = np.unique(pairs[order], return_index=True, return_counts=True)
        self.pair_starts: _Integers = starts.astype(np.int64)
        self.pair_value: _Integers = found // max(n_groups, 1)
        self.pair_group: _Integers = found % max(n_groups, 1)
        self.pair_size = counts.astype(np.float64)
        self.n_groups = n_groups
        n_values = len(self.values)
        self.size = np.bincount(self.pair_value, weights=self.pair_size, minlength=n_values)
        self.present = np.bincount(self.pair_value, minlength=n_values)
        self.has_interval = (self.size >= MIN_ROWS) & (self.present >= 2)
        self.df = np.full(n_values, np.nan)
        for value in np.flatnonzero(self.has_interval):
            self.df[value] = degrees_of_freedom(self.pair_size[self.pair_value == value])


def prepare_slices(
    labels: EvaluationLabels, task: Task, *, confidence: float
) -> PreparedSlices | None:
    """The slices of a task; None where it has none, or where its primary metric has no parts."""
    if labels.slices is None or not task.slices or not is_sliceable(task):
        return None
    return PreparedSlices(labels.test, labels.slices, task, confidence=confidence)


def score_slices(prepared: PreparedSlices, y_pred: Mapping[str, Array]) -> Slices:
    """Score one submission on every part of every slice.

    Args:
        prepared: The slices.
        y_pred: Target → predictions, shape (n_seeds, n), in the order of ids.

    Returns:
        Slice → value → score, in the order of the task and of each slice's values; parts without
        entries are left out.
    """
    return score_slice_errors(prepared, prepared.errors.of(y_pred))


def score_slice_errors(prepared: PreparedSlices, errors: Array) -> Slices:
    """The same from errors of entries, shape (n_seeds, n)."""
    if not prepared.values:
        return {}
    n_values, n_seeds = len(prepared.values), len(errors)
    sums = np.add.reduceat(errors[:, prepared.rows], prepared.pair_starts, axis=1)
    per_seed = np.empty((n_seeds, n_values))
    for seed in range(n_seeds):
        totals = np.bincount(prepared.pair_value, weights=sums[seed], minlength=n_values)
        per_seed[seed] = totals / prepared.size
    value = per_seed.mean(axis=0)
    seed_variance = per_seed.var(axis=0, ddof=1) / n_seeds if n_seeds > 1 else np.zeros(n_values)
    low, high = _intervals(prepared, value, sums.mean(axis=0), seed_variance, n_seeds)
    scores: Slices = {}
    sizes, present = prepared.size.astype(int).tolist(), prepared.present.tolist()
    columns = zip(sizes, present, value.tolist(), low.tolist(), high.tolist(), strict=True)
    for (name, part), (n, n_groups, middle, start, end) in zip(
        prepared.values, columns, strict=True
    ):
        scores.setdefault(name, {})[part] = SliceScore(
            n=n, n_groups=n_groups, value=middle, ci_low=start, ci_high=end
        )
    return scores


def slices_json(scores: Slices, task: Task) -> dict[str, dict[str, dict[str, Any]]]:
    """What a receipt says of slices.

    Receipts are public, and predictions too: the error of one or two entries beside their
    predictions would give labels away that stand in no file here. Parts under eight entries
    therefore have their numbers of entries and groups only.
    """
    metric = task.primary.metric
    return {
        name: {
            value: {
                "n": score.n,
                "n_groups": score.n_groups,
                metric: rounded(score.value) if score.n >= MIN_ROWS else None,
                "ci_low": rounded(score.ci_low),
                "ci_high": rounded(score.ci_high),
            }
            for value, score in parts.items()
        }
        for name, parts in scores.items()
    }


def _intervals(
    prepared: PreparedSlices, value: Array, sums: Array, seed_variance: Array, n_seeds: int
) -> tuple[Array, Array]:
    """Intervals of the parts that are large enough, a block of parts at a time."""
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    interval = share_interval if prepared.is_share else error_interval
    chosen = np.flatnonzero(prepared.has_interval)
    step = max(_BLOCK_CELLS // max(prepared.n_groups, 1), 1)
    for begin in range(0, len(chosen), step):
        block = chosen[begin : begin + step]
        place = np.full(len(value), -1)
        place[block] = np.arange(len(block))
        mine = place[prepared.pair_value] >= 0
        cells = (place[prepared.pair_value[mine]], prepared.pair_group[mine])
        group_sums = np.zeros((len(block), prepared.n_groups))
        sizes = np.zeros_like(group_sums)
        group_sums[cells], sizes[cells] = sums[mine], prepared.pair_size[mine]
        low[block], high[block] = interval(
            value[block],
            left_out_means(group_sums, sizes),
            present=prepared.present[block],
            df=prepared.df[block],
            confidence=prepared.confidence,
            seed_variance=seed_variance[block],
            seed_df=n_seeds - 1.0,
        )
    return low, high


def _values(item: Slice, column: npt.NDArray[np.object_]) -> list[str]:
    """Values of a slice that are shown, in their order."""
    if item.values is not None:
        return [value for value, _ in item.values]
    return sorted({value for value in column if isinstance(value, str)})


def _joined(parts: Sequence[_Integers]) -> _Integers:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, dtype=np.int64)
