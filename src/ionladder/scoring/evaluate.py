"""The pure core of scoring: two tables and a task in, every metric on every subset out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.align import Aligned, align
from ionladder.scoring.prepared import PreparedLabels
from ionladder.specs.metric import Array, Metric
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import MetricUse, Subset, Target, Task
from ionladder.statistics.bootstrap import GroupResamples, percentile_interval


@dataclass(frozen=True, kw_only=True)
class Score:
    """One metric on one subset.

    Attributes:
        value: Mean over seeds of the metric; NaN where it is undefined.
        ci_low, ci_high: Interval of the value, NaN for metrics that have none.
        seed_sd: Standard deviation over seeds (n − 1); NaN with a single seed.
        seed_min, seed_max: Smallest and largest value over seeds; NaN with a single seed.
    """

    value: float
    ci_low: float = np.nan
    ci_high: float = np.nan
    seed_sd: float = np.nan
    seed_min: float = np.nan
    seed_max: float = np.nan


@dataclass(frozen=True, kw_only=True)
class SubsetScores:
    """All metrics on one subset.

    Attributes:
        n: Entries in the subset.
        n_groups: Groups of related entries in it; what intervals resample.
        metrics: Metric name as the task uses it → score.
    """

    n: int
    n_groups: int
    metrics: Mapping[str, Score]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The scores of one set of predictions on one task.

    Attributes:
        task: Task name.
        n_expected: Entries the task has.
        n_scored: Entries scored; equal to ``n_expected``, since anything else is refused.
        seeds: Seeds of the predictions.
        targets: Target name → subset name → scores.
        primary_samples: The primary metric under the shared resamples, shape (n_resamples,);
            used to compare submissions pair by pair.
    """

    task: str
    n_expected: int
    n_scored: int
    seeds: tuple[int, ...]
    targets: Mapping[str, Mapping[str, SubsetScores]]
    primary_samples: Array = field(repr=False)

    def score(self, target: str, subset: str, metric: str) -> Score:
        """One score by its names; KeyError when there is none."""
        return self.targets[target][subset].metrics[metric]


def evaluate(
    labels: pd.DataFrame,
    predictions: pd.DataFrame,
    task: Task,
    *,
    settings: ScoringSettings,
) -> Evaluation:
    """Score predictions against labels.

    Args:
        labels: One row per test entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets refer to.
        predictions: ``id``, the targets, and optionally ``seed``; exactly the ids of ``labels``,
            once per seed.
        task: What is scored and how.
        settings: Number of resamples, seed and confidence level.

    Raises:
        SubmissionError: The predictions do not cover the ids exactly, or are not finite.
    """
    return evaluate_prepared(PreparedLabels(labels, task, settings), predictions, task)


def evaluate_prepared(
    prepared: PreparedLabels, predictions: pd.DataFrame, task: Task
) -> Evaluation:
    """The same for labels made ready before, to score many submissions on shared resamples."""
    aligned = align(prepared.ids, predictions, task)
    primary_samples = np.full(prepared.settings.resamples, np.nan)
    targets: dict[str, dict[str, SubsetScores]] = {}
    for target in task.targets:
        targets[target.name] = {}
        for subset in task.subsets:
            scores, samples = _score_subset(aligned, target, subset, task, prepared)
            targets[target.name][subset.name] = scores
            if (target.name, subset.name) == (task.primary.target, task.primary.subset):
                primary_samples = samples.get(task.primary.metric, primary_samples)
    return Evaluation(
        task=task.name,
        n_expected=len(prepared.ids),
        n_scored=len(prepared.ids),
        seeds=aligned.seeds,
        targets=targets,
        primary_samples=primary_samples,
    )


def _score_subset(
    aligned: Aligned, target: Target, subset: Subset, task: Task, prepared: PreparedLabels
) -> tuple[SubsetScores, dict[str, Array]]:
    """All metrics of one target on one subset, and the resampled values of those that have any."""
    part = prepared.subset(subset.name)
    y_true = part.y_true[target.name]
    y_pred = aligned.y_pred[target.name][:, part.rows]
    columns = {"upper_limit": part.upper_limit[target.name]}
    per_seed: dict[str, Array] = {}
    entrywise: dict[str, Array] = {}
    for use in task.metrics:
        metric = get_metric(use.metric)
        options = {**use.options, **{name: columns[name] for name in metric.needs}}
        per_seed[use.name] = (
            np.array([metric.function(y_true, row, **options) for row in y_pred])
            if len(y_true)
            else np.full(len(y_pred), np.nan)
        )
        if metric.entrywise is not None and part.groups is not None:
            entrywise[use.name] = metric.entrywise(y_true, y_pred, **options)
    samples = _resample(entrywise, task, part.groups)
    intervals = {
        name: percentile_interval(rows, confidence=prepared.settings.confidence)
        for name, rows in samples.items()
    }
    scores = {name: _score(values, intervals.get(name)) for name, values in per_seed.items()}
    n_groups = part.groups.n_groups if part.groups else 0
    return SubsetScores(n=len(y_true), n_groups=n_groups, metrics=scores), samples


def _resample(
    entrywise: Mapping[str, Array], task: Task, groups: GroupResamples | None
) -> dict[str, Array]:
    """Seed means of each metric under every resample, in one pass over the resamples."""
    if groups is None or not entrywise:
        return {}
    stacked = groups.resampled_means(np.vstack(list(entrywise.values())))
    samples = {}
    begin = 0
    for use in task.metrics:
        if use.name not in entrywise:
            continue
        block = stacked[begin : begin + len(entrywise[use.name])]
        begin += len(block)
        from_mean = get_metric(use.metric).from_mean
        samples[use.name] = (block if from_mean is None else from_mean(block)).mean(axis=0)
    return samples


def _score(per_seed: Array, interval: tuple[Array, Array] | None) -> Score:
    """Mean and spread over seeds, with the interval where the metric has one."""
    low, high = (float(end) for end in interval) if interval else (np.nan, np.nan)
    if len(per_seed) == 1:
        return Score(value=float(per_seed[0]), ci_low=low, ci_high=high)
    return Score(
        value=float(per_seed.mean()),
        ci_low=low,
        ci_high=high,
        seed_sd=float(per_seed.std(ddof=1)),
        seed_min=float(per_seed.min()),
        seed_max=float(per_seed.max()),
    )


def primary_metric(task: Task) -> tuple[MetricUse, Metric]:
    """The metric a task ranks by, as used and as defined."""
    use = task.primary_use
    return use, get_metric(use.metric)
