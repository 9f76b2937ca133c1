"""Scoring predictions on the frozen folds: pooled error per repeat, and its spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.specs.task import Target, Task


@dataclass(frozen=True, kw_only=True)
class CvScore:
    """The primary metric of one fold scheme.

    Attributes:
        value: Mean over repeats of the metric on the pooled out-of-fold predictions.
        sd_over_repeats: Its standard deviation over repeats (n − 1); NaN with one repeat.
        n_repeats: Repeats scored.
        n: Entries per repeat.
    """

    value: float
    sd_over_repeats: float
    n_repeats: int
    n: int


def score_cross_validation(
    labels: pd.DataFrame, cv_predictions: pd.DataFrame, task: Task
) -> dict[str, CvScore]:
    """Score checked cross-validation predictions.

    Args:
        labels: Training labels: ``id``, the targets and their limit columns.
        cv_predictions: ``scheme, repeat, fold, id`` and the targets, every training id exactly
            once per scheme and repeat.
        task: The task; its primary metric is used, averaged over its primary targets.

    Returns:
        Scheme → score, in the task's order, for the schemes that have predictions.
    """
    by_id = labels.set_index("id")
    scores = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if rows.empty:
            continue
        values = [
            np.mean([_pooled(by_id, repeat, target, task) for target in task.primary_targets])
            for _, repeat in rows.groupby("repeat")
        ]
        scores[scheme.scheme] = CvScore(
            value=float(np.mean(values)),
            sd_over_repeats=float(np.std(values, ddof=1)) if len(values) > 1 else np.nan,
            n_repeats=len(values),
            n=int(rows["id"].nunique()),
        )
    return scores


def _pooled(by_id: pd.DataFrame, repeat: pd.DataFrame, target: Target, task: Task) -> float:
    """The primary metric of one target on the out-of-fold predictions of one repeat."""
    use = task.primary_use
    metric = get_metric(use.metric)
    truth = by_id.loc[repeat["id"]]
    y_true = truth[target.name].to_numpy(np.float64, na_value=np.nan)
    y_pred = repeat[target.name].to_numpy(np.float64)
    kept = np.isfinite(y_true) | metric.accepts_missing
    options: dict[str, Any] = dict(use.options)
    if metric.needs and target.limit_column:
        limits = truth[target.limit_column].to_numpy(np.float64, na_value=np.nan)
        options["upper_limit"] = limits[kept]
    return metric.function(y_true[kept], y_pred[kept], **options)
