"""What the audit reads, as arrays: predictions of a board's submissions beside the labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.specs.metric import Array
from ionladder.specs.task import Target, Task

if TYPE_CHECKING:
    from ionladder.datasets.labels import EvaluationLabels
    from ionladder.scoring.score import Scored


@dataclass(frozen=True, kw_only=True)
class TargetInputs:
    """Predictions and labels of one target.

    Attributes:
        target: The target.
        y_true: Labels, shape (n_entries,); NaN where there is none.
        upper_limit: Limits of left-censored entries, NaN elsewhere, shape (n_entries,).
        train_median: Median of the training labels; NaN where there are none.
        y_pred: One array of shape (n_seeds, n_entries) a submission.
        means: Means over seeds, shape (n_submissions, n_entries).
    """

    target: Target
    y_true: Array
    upper_limit: Array
    train_median: float
    y_pred: tuple[Array, ...]
    means: Array

    @property
    def label_sd(self) -> float:
        """Standard deviation of the labels that are there; NaN with none."""
        known = self.y_true[np.isfinite(self.y_true)]
        return float(known.std()) if known.size else np.nan


@dataclass(frozen=True, kw_only=True)
class AuditInputs:
    """A board as the checks see it.

    Attributes:
        task: The task.
        names: Submissions, in alphabetical order, as all arrays have them.
        receipts: Their receipts, in that order.
        targets: Predictions and labels, in the task's order of targets.
        crossing: Which test entries have a composition of the training set, shape (n_entries,).
    """

    task: Task
    names: tuple[str, ...]
    receipts: tuple[Mapping[str, Any], ...]
    targets: tuple[TargetInputs, ...]
    crossing: npt.NDArray[np.bool_]

    def of_target(self, target: Target) -> str:
        """Words that name a target where the task has several; empty where it has one."""
        return f" of {target.symbol}" if len(self.task.targets) > 1 else ""


def audit_inputs(
    task: Task,
    scored: Mapping[str, Scored],
    labels: EvaluationLabels,
    crossing: Collection[str],
) -> AuditInputs:
    """Gather what the checks read; the order of ``scored`` has no influence."""
    names = tuple(sorted(scored))
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    return AuditInputs(
        task=task,
        names=names,
        receipts=tuple(scored[name].receipt for name in names),
        targets=tuple(
            _target_inputs(target, [scored[name] for name in names], labels)
            for target in audited_targets(task)
        ),
        crossing=test["id"].isin(list(crossing)).to_numpy(dtype=bool),
    )


def audited_targets(task: Task) -> tuple[Target, ...]:
    """Targets whose values models predict; errors that scoring derives are no predictions.

    Where everything is derived, the targets that the task ranks by.
    """
    return tuple(t for t in task.targets if t.ideal is None) or task.primary_targets


def _target_inputs(target: Target, scored: list[Scored], labels: EvaluationLabels) -> TargetInputs:
    test = labels.test.sort_values("id", kind="stable", ignore_index=True)
    known = labels.train[target.name].dropna().to_numpy(dtype=np.float64)
    # A checked prediction table holds every test id once per seed, sorted by seed and id.
    y_pred = tuple(
        entry.submission.predictions.rows[target.name]
        .to_numpy(dtype=np.float64)
        .reshape(-1, len(test))
        for entry in scored
    )
    return TargetInputs(
        target=target,
        y_true=test[target.name].to_numpy(dtype=np.float64, na_value=np.nan),
        upper_limit=test[target.limit_column].to_numpy(dtype=np.float64, na_value=np.nan)
        if target.limit_column
        else np.full(len(test), np.nan),
        train_median=float(np.median(known)) if known.size else np.nan,
        y_pred=y_pred,
        means=np.stack([values.mean(axis=0) for values in y_pred])
        if y_pred
        else np.empty((0, len(test))),
    )
