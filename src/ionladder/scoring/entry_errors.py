"""The primary error entry by entry: what slices and entry pages add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.entries import label_column
from ionladder.specs.metric import Array
from ionladder.specs.task import Task


def is_sliceable(task: Task) -> bool:
    """Whether the primary metric is a plain mean over entries, so that parts of it mean the same.

    A metric that transforms the mean (a root, say) has no error of one entry.
    """
    metric = get_metric(task.primary_use.metric)
    return metric.entrywise is not None and metric.from_mean in (None, np.positive)


class EntryErrors:
    """Turns predictions of a task into errors of entries; labels are made ready once.

    Args:
        labels: One row per entry, sorted by id: the targets and their limit columns.
        task: The task; its primary metric must be a plain mean over entries.

    Attributes:
        kept: Entries that have an error, shape (n,): a label for every primary target, or a
            metric that takes a missing one. The others are NaN.
    """

    def __init__(self, labels: pd.DataFrame, task: Task) -> None:
        self._metric = get_metric(task.primary_use.metric)
        if not is_sliceable(task):
            msg = f"{task.name!r} is ranked by {self._metric.name!r}, no plain mean over entries"
            raise ValueError(msg)
        self._options: dict[str, Any] = dict(task.primary_use.options)
        names = [target.name for target in task.primary_targets]
        self._labels = {name: label_column(labels, name) for name in names}
        self._limits = {
            target.name: label_column(labels, target.limit_column)
            for target in task.primary_targets
            if target.limit_column
        }
        has_labels = np.isfinite(np.stack(list(self._labels.values()))).all(axis=0)
        self.kept: npt.NDArray[np.bool_] = np.logical_or(has_labels, self._metric.accepts_missing)

    def of(self, y_pred: Mapping[str, Array]) -> Array:
        """Errors of every entry, averaged over the primary targets.

        Args:
            y_pred: Target → predictions, shape (n_seeds, n), in the order of the labels.

        Returns:
            Shape (n_seeds, n); NaN for entries that are not kept.
        """
        total: Array | None = None
        for name, y_true in self._labels.items():
            errors = self._entrywise(name, y_true, y_pred[name])
            total = errors if total is None else total + errors
        mean = np.asarray(total) / len(self._labels)
        if self.kept.all():
            return mean
        out = np.full((len(mean), len(self.kept)), np.nan)
        out[:, self.kept] = mean
        return out

    def _entrywise(self, name: str, y_true: Array, y_pred: Array) -> Array:
        """Errors of one target, shape (n_seeds, n_kept)."""
        options = dict(self._options)
        is_whole = self.kept.all()
        if self._metric.needs:
            limits = self._limits.get(name, np.full(len(y_true), np.nan))
            options["upper_limit"] = limits if is_whole else limits[self.kept]
        if not is_whole:
            y_true, y_pred = y_true[self.kept], y_pred[:, self.kept]
        errors: Array = self._metric.entrywise(y_true, y_pred, **options)  # type: ignore[misc]
        return errors
