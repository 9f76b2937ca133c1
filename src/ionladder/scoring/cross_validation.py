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
from ionladder.statistics.bootstrap import (
    GroupResamples,
    draw_group_resamples,
    percentile_interval,
)


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


class TrainingLabels:
    """Training labels made ready once per task; resamples are drawn when first asked for.

    Args:
        labels: ``id``, the targets, their limit columns and the group column.
        task: Names the group column.
        settings: Interval settings.
    """

    def __init__(self, labels: pd.DataFrame, task: Task, settings: ScoringSettings) -> None:
        self.rows = labels.sort_values("id", ignore_index=True)
        self.settings = settings
        self._groups = self.rows[task.group_column].to_numpy()
        self._drawn: dict[bytes, GroupResamples | None] = {}

    def resamples(self, kept: np.ndarray) -> GroupResamples | None:
        """Group resamples of the rows kept, always the same; None with fewer than two groups."""
        key = kept.tobytes()
        if key not in self._drawn:
            groups = self._groups[kept]
            rng = np.random.default_rng([self.settings.seed, zlib.crc32(b"cross-validation")])
            self._drawn[key] = (
                draw_group_resamples(groups, n_resamples=self.settings.resamples, rng=rng)
                if len(np.unique(groups)) > 1
                else None
            )
        return self._drawn[key]


def score_cross_validation(
    training: TrainingLabels, cv_predictions: pd.DataFrame, task: Task
) -> dict[str, CvScore]:
    """Score checked cross-validation predictions.

    Args:
        training: Training labels.
        cv_predictions: ``scheme, repeat, fold, id`` and the targets, every training id exactly
            once per scheme and repeat.
        task: The task; its primary metric is used, averaged over its primary targets.

    Returns:
        Scheme → score, in the task's order, for the schemes that have predictions.
    """
    truth = training.rows
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
        low, high = _interval(training, repeats, task)
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
    kept: np.ndarray = np.isfinite(y_true) | metric.accepts_missing
    options: dict[str, Any] = dict(task.primary_use.options)
    if metric.needs and target.limit_column:
        limits = truth[target.limit_column].to_numpy(np.float64, na_value=np.nan)
        options["upper_limit"] = limits[kept]
    return y_true[kept], kept, options


def _interval(
    training: TrainingLabels, repeats: list[pd.DataFrame], task: Task
) -> tuple[float, float]:
    """Interval of the mean over repeats and targets, resampling groups of training entries."""
    metric = get_metric(task.primary_use.metric)
    if metric.entrywise is None:
        return np.nan, np.nan
    means = []
    for target in task.primary_targets:
        y_true, kept, options = _labels(training.rows, target, metric, task)
        resamples = training.resamples(kept)
        if resamples is None:
            return np.nan, np.nan
        y_pred = np.stack([repeat[target.name].to_numpy(np.float64)[kept] for repeat in repeats])
        samples = resamples.resampled_means(metric.entrywise(y_true, y_pred, **options))
        means.append((samples if metric.from_mean is None else metric.from_mean(samples)).mean(0))
    confidence = training.settings.confidence
    low, high = percentile_interval(np.mean(means, axis=0), confidence=confidence)
    return float(low), float(high)
