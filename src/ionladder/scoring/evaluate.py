"""The pure core of scoring: two tables and a task in, every metric on every subset out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.align import Aligned, align
from ionladder.scoring.prepared import PreparedLabels, PreparedRows, PreparedSubset
from ionladder.specs.metric import Array, Metric
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import MEAN_OF_TARGETS, MetricUse, Target, Task
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
    by_subset = {
        subset.name: _score_subset(aligned, prepared.subset(subset.name), task)
        for subset in task.subsets
    }
    values = {
        target.name: {name: scores[target.name] for name, scores in by_subset.items()}
        for target in task.targets
    }
    if task.primary.target == MEAN_OF_TARGETS:
        values[MEAN_OF_TARGETS] = {
            subset.name: _mean_over_targets([values[t.name][subset.name] for t in task.targets])
            for subset in task.subsets
        }
    confidence = prepared.settings.confidence
    primary = values[task.primary.target][task.primary.subset][task.primary.metric]
    no_samples = np.full(prepared.settings.resamples, np.nan)
    return Evaluation(
        task=task.name,
        n_expected=len(prepared.ids),
        n_scored=len(prepared.ids),
        seeds=aligned.seeds,
        targets={
            target: {
                name: SubsetScores(
                    n=prepared.subset(name).n,
                    n_groups=prepared.subset(name).n_groups,
                    metrics={use: value.score(confidence) for use, value in metrics.items()},
                )
                for name, metrics in subsets.items()
            }
            for target, subsets in values.items()
        },
        primary_samples=no_samples if primary.samples is None else primary.samples,
    )


@dataclass(frozen=True)
class _Value:
    """One metric before it is summarised.

    Attributes:
        per_seed: Its value for each seed.
        samples: Its seed mean under every resample, or None where it has no interval.
        groups: The resamples these rest on; the same object for metrics that can be paired.
    """

    per_seed: Array
    samples: Array | None = None
    groups: GroupResamples | None = None

    def score(self, confidence: float) -> Score:
        """Mean and spread over seeds, with the interval where the metric has one."""
        low = high = np.nan
        if self.samples is not None:
            low, high = (float(x) for x in percentile_interval(self.samples, confidence=confidence))
        if len(self.per_seed) == 1:
            return Score(value=float(self.per_seed[0]), ci_low=low, ci_high=high)
        return Score(
            value=float(self.per_seed.mean()),
            ci_low=low,
            ci_high=high,
            seed_sd=float(self.per_seed.std(ddof=1)),
            seed_min=float(self.per_seed.min()),
            seed_max=float(self.per_seed.max()),
        )


@dataclass(frozen=True)
class _Entrywise:
    """Per-entry values of one metric of one target, shape (n_seeds, n), waiting for resampling."""

    target: str
    use: MetricUse
    errors: Array
    groups: GroupResamples


def _score_subset(
    aligned: Aligned, subset: PreparedSubset, task: Task
) -> dict[str, dict[str, _Value]]:
    """All metrics of every target on one subset: target name → metric name → value."""
    values: dict[str, dict[str, _Value]] = {target.name: {} for target in task.targets}
    entrywise: list[_Entrywise] = []
    for target in task.targets:
        for part, uses in _uses_by_part(subset, target, task):
            y_pred = aligned.y_pred[target.name][:, part.rows]
            for use in uses:
                metric = get_metric(use.metric)
                columns = {"upper_limit": part.upper_limit}
                options = {**use.options, **{name: columns[name] for name in metric.needs}}
                values[target.name][use.name] = _Value(
                    np.array([metric.function(part.y_true, row, **options) for row in y_pred])
                    if len(part.rows)
                    else np.full(len(y_pred), np.nan)
                )
                if metric.entrywise is not None and part.groups is not None:
                    errors = metric.entrywise(part.y_true, y_pred, **options)
                    entrywise.append(_Entrywise(target.name, use, errors, part.groups))
    for item, samples in _resample(entrywise):
        of_target = values[item.target]
        per_seed = of_target[item.use.name].per_seed
        of_target[item.use.name] = _Value(per_seed, samples, item.groups)
    return {
        target: {use.name: of_target[use.name] for use in task.metrics}
        for target, of_target in values.items()
    }


def _uses_by_part(
    subset: PreparedSubset, target: Target, task: Task
) -> list[tuple[PreparedRows, list[MetricUse]]]:
    """The metrics of a task by the entries they are computed on: with a label, or all."""
    every, labelled = subset.all_rows[target.name], subset.labelled[target.name]
    if every is labelled:
        return [(every, list(task.metrics))]
    accepting = [use for use in task.metrics if get_metric(use.metric).accepts_missing]
    others = [use for use in task.metrics if use not in accepting]
    return [(every, accepting), (labelled, others)]


def _resample(entrywise: Sequence[_Entrywise]) -> Iterator[tuple[_Entrywise, Array]]:
    """Seed means under every resample, in one pass over each set of resamples.

    Reading the resamples costs more than the sums, so all metrics and targets share the reading.
    """
    for groups in {id(item.groups): item.groups for item in entrywise}.values():
        items = [item for item in entrywise if item.groups is groups]
        stacked = groups.resampled_means(np.vstack([item.errors for item in items]))
        begin = 0
        for item in items:
            block = stacked[begin : begin + len(item.errors)]
            begin += len(block)
            from_mean = get_metric(item.use.metric).from_mean
            yield item, (block if from_mean is None else from_mean(block)).mean(axis=0)


def _mean_over_targets(values: Sequence[Mapping[str, _Value]]) -> dict[str, _Value]:
    """Every metric averaged over targets, with an interval where all rest on the same resamples."""
    means = {}
    for name, first in values[0].items():
        per_seed = np.mean([value[name].per_seed for value in values], axis=0)
        samples = [value[name].samples for value in values]
        paired = [s for s in samples if s is not None]
        if len(paired) < len(values) or any(v[name].groups is not first.groups for v in values):
            means[name] = _Value(per_seed)
        else:
            means[name] = _Value(per_seed, np.mean(paired, axis=0), first.groups)
    return means


def primary_metric(task: Task) -> tuple[MetricUse, Metric]:
    """The metric a task ranks by, as used and as defined."""
    use = task.primary_use
    return use, get_metric(use.metric)
