"""Scoring predictions on the frozen folds: pooled error per repeat, its spread and interval."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.specs.metric import Array, Metric
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Target, Task
from ionladder.statistics.bootstrap import draw_group_resamples, percentile_interval


@dataclass(frozen=True, kw_only=True)
class CvScore:
    """The primary metric of one fold scheme.

    Attributes:
        value: Mean over repeats of the metric on the pooled out-of-fold predictions.
        ci_low, ci_high: Interval of the value over groups of related training entries; NaN where
            the metric has none.
        sd_over_repeats: Its standard deviation over repeats (n − 1); NaN with one repeat.
        n_repeats: Repeats scored.
        n: Entries per repeat.
    """

    value: float
    ci_low: float
    ci_high: float
    sd_over_repeats: float
    n_repeats: int
    n: int


def score_cross_validation(
    labels: pd.DataFrame, cv_predictions: pd.DataFrame, task: Task, settings: ScoringSettings
) -> dict[str, CvScore]:
    """Score checked cross-validation predictions.

    Args:
        labels: Training labels: ``id``, the targets, their limit columns and the group column.
        cv_predictions: ``scheme, repeat, fold, id`` and the targets, every training id exactly
            once per scheme and repeat.
        task: The task; its primary metric is used, averaged over its primary targets.
        settings: Interval settings.

    Returns:
        Scheme → score, in the task's order, for the schemes that have predictions.
    """
    truth = labels.sort_values("id", ignore_index=True)
    scores = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if rows.empty:
            continue
        repeats = [part.sort_values("id") for _, part in rows.groupby("repeat")]
        values = [
            np.mean([_pooled(truth, repeat, target, task) for target in task.primary_targets])
            for repeat in repeats
        ]
        low, high = _interval(truth, repeats, task, settings)
        scores[scheme.scheme] = CvScore(
            value=float(np.mean(values)),
            ci_low=low,
            ci_high=high,
            sd_over_repeats=float(np.std(values, ddof=1)) if len(values) > 1 else np.nan,
            n_repeats=len(values),
            n=len(truth),
        )
    return scores


def _pooled(truth: pd.DataFrame, repeat: pd.DataFrame, target: Target, task: Task) -> float:
    """The primary metric of one target on the out-of-fold predictions of one repeat."""
    metric = get_metric(task.primary_use.metric)
    y_true, kept, options = _labels(truth, target, metric, task)
    y_pred = repeat[target.name].to_numpy(np.float64)
    return metric.function(y_true, y_pred[kept], **options)


def _labels(
    truth: pd.DataFrame, target: Target, metric: Metric, task: Task
) -> tuple[Array, np.ndarray, dict[str, Any]]:
    """Labels that the metric takes, which rows these are, and the metric's options."""
    y_true = truth[target.name].to_numpy(np.float64, na_value=np.nan)
    kept = np.isfinite(y_true) | metric.accepts_missing
    options: dict[str, Any] = dict(task.primary_use.options)
    if metric.needs and target.limit_column:
        limits = truth[target.limit_column].to_numpy(np.float64, na_value=np.nan)
        options["upper_limit"] = limits[kept]
    return y_true[kept], kept, options


def _interval(
    truth: pd.DataFrame, repeats: list[pd.DataFrame], task: Task, settings: ScoringSettings
) -> tuple[float, float]:
    """Interval of the mean over repeats and targets, resampling groups of training entries."""
    metric = get_metric(task.primary_use.metric)
    groups = truth[task.group_column].to_numpy()
    if metric.entrywise is None or len(np.unique(groups)) < 2:
        return np.nan, np.nan
    means = []
    for target in task.primary_targets:
        y_true, kept, options = _labels(truth, target, metric, task)
        y_pred = np.stack([repeat[target.name].to_numpy(np.float64)[kept] for repeat in repeats])
        rng = np.random.default_rng([settings.seed, zlib.crc32(b"cross-validation")])
        resamples = draw_group_resamples(groups[kept], n_resamples=settings.resamples, rng=rng)
        samples = resamples.resampled_means(metric.entrywise(y_true, y_pred, **options))
        means.append((samples if metric.from_mean is None else metric.from_mean(samples)).mean(0))
    low, high = percentile_interval(np.mean(means, axis=0), confidence=settings.confidence)
    return float(low), float(high)
