"""The pure core of scoring: two tables and a task in, every metric on every subset out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ionladder.metrics.registry import get_metric
from ionladder.scoring.align import Aligned, align
from ionladder.scoring.prepared import PreparedLabels, PreparedRows, PreparedSubset
from ionladder.scoring.summary import (
    Score,
    Value,
    entrywise_values,
    mean_value,
    summarise,
    weighted_value,
)
from ionladder.specs.metric import Array, Metric
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import MEAN_OF_TARGETS, MetricUse, Target, Task
from ionladder.statistics.standing import GroupScore

Use = tuple[str, str]
"""Name of a target, and name of a metric as the task uses it."""


@dataclass(frozen=True, kw_only=True)
class SubsetScores:
    """All metrics on one subset.

    Attributes:
        n: Entries in the subset.
        n_groups: Groups of related entries in it; what intervals leave out in turn.
        df: Degrees of freedom of the intervals; NaN with fewer than two groups.
        metrics: Metric name as the task uses it → score.
    """

    n: int
    n_groups: int
    df: float
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
        primary: The primary score as sums over groups, to compare submissions pair by pair.
    """

    task: str
    n_expected: int
    n_scored: int
    seeds: tuple[int, ...]
    targets: Mapping[str, Mapping[str, SubsetScores]]
    primary: GroupScore = field(repr=False)

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
            column and the columns its subsets and weights refer to.
        predictions: ``id``, the targets, the flags, and optionally ``seed``; exactly the ids of
            ``labels``, once per seed.
        task: What is scored and how.
        settings: Confidence level of the intervals.

    Raises:
        SubmissionError: The predictions do not cover the ids exactly, or are not finite.
    """
    return evaluate_prepared(PreparedLabels(labels, task, settings), predictions, task)


def evaluate_prepared(
    prepared: PreparedLabels, predictions: pd.DataFrame, task: Task
) -> Evaluation:
    """The same for labels made ready before, to score many submissions."""
    return evaluate_aligned(prepared, align(prepared.ids, predictions, task), task)


def evaluate_aligned(prepared: PreparedLabels, aligned: Aligned, task: Task) -> Evaluation:
    """The same for predictions in the order of the labels."""
    errors = errors_by_metric(prepared, aligned, task)
    subsets = {subset.name: prepared.subset(subset.name) for subset in task.subsets}
    scores = {
        name: _score_subset(prepared, aligned, errors, subset, task)
        for name, subset in subsets.items()
    }
    return Evaluation(
        task=task.name,
        n_expected=len(prepared.ids),
        n_scored=len(prepared.ids),
        seeds=aligned.seeds,
        targets={
            target: {
                name: SubsetScores(
                    n=subset.n,
                    n_groups=subset.n_groups,
                    df=subset.df,
                    metrics={use.name: scores[name][target, use.name] for use in task.metrics},
                )
                for name, subset in subsets.items()
            }
            for target in _target_names(task)
        },
        primary=primary_score(errors, subsets[task.primary.subset], task),
    )


def errors_by_metric(prepared: PreparedLabels, aligned: Aligned, task: Task) -> dict[Use, Array]:
    """Per-entry values of every metric that is a mean over entries.

    Returns:
        (Target name, metric name) → shape (n_seeds, n_entries); NaN for an entry whose label is
        missing where the metric gives that no meaning.
    """
    errors = {}
    for target in task.targets:
        y_pred = aligned.y_pred[target.name]
        for use in _uses(task, target):
            metric = get_metric(use.metric)
            if metric.entrywise is not None:
                part = _part(prepared.every, target, metric)
                values = np.full(y_pred.shape, np.nan)
                if len(part.rows):
                    options = _options(use, metric, part)
                    values[:, part.rows] = metric.entrywise(
                        part.y_true, y_pred[:, part.rows], **options
                    )
                errors[target.name, use.name] = values
    return errors


def primary_score(errors: Mapping[Use, Array], subset: PreparedSubset, task: Task) -> GroupScore:
    """The primary score of a task on a subset, as sums over groups.

    Args:
        errors: From :func:`errors_by_metric`.
        subset: The entries that count.
        task: Its primary metric is a mean over entries, without a transformation.
    """
    use = task.primary_use
    sums, sizes, means = [], [], []
    for target in task.primary_targets:
        part = _part(subset, target, get_metric(use.metric))
        values = errors[target.name, use.name][:, part.rows]
        means.append(values.mean(axis=1))
        sums.append(part.groups.sums(values.mean(axis=0)))
        sizes.append(part.groups.sizes)
    return GroupScore(sums=np.array(sums), sizes=np.array(sizes), per_seed=np.mean(means, axis=0))


def _score_subset(
    prepared: PreparedLabels,
    aligned: Aligned,
    errors: Mapping[Use, Array],
    subset: PreparedSubset,
    task: Task,
) -> dict[Use, Score]:
    """All metrics of every target on one subset."""
    values: dict[Use, Value] = {}
    for target in task.targets:
        values |= _score_target(prepared, aligned, errors, subset, target, task)
    if MEAN_OF_TARGETS in _target_names(task):
        for use in task.metrics:
            of_targets = [values[target.name, use.name] for target in task.targets]
            values[MEAN_OF_TARGETS, use.name] = mean_value(of_targets, subset)
    metrics = {use.name: get_metric(use.metric) for use in task.metrics}
    return summarise(values, {key: metrics[key[1]] for key in values}, prepared.settings.confidence)


def _score_target(
    prepared: PreparedLabels,
    aligned: Aligned,
    errors: Mapping[Use, Array],
    subset: PreparedSubset,
    target: Target,
    task: Task,
) -> dict[Use, Value]:
    """All metrics of one target on one subset; NaN for those that it has no use for."""
    y_pred = aligned.y_pred[target.name]
    undefined = Value(per_seed=np.full(len(y_pred), np.nan))
    values: dict[Use, Value] = {(target.name, use.name): undefined for use in task.metrics}
    means: dict[int, list[MetricUse]] = {}
    for use in _uses(task, target):
        metric = get_metric(use.metric)
        part = _part(subset, target, metric)
        if not len(part.rows):
            continue
        if not use.is_plain:
            weights = _weights(use, prepared, aligned)[..., part.rows]
            of_use = errors[target.name, use.name][:, part.rows]
            values[target.name, use.name] = weighted_value(use, of_use, weights, part)
        elif metric.entrywise is None:
            options = _options(use, metric, part)
            scores = [metric.function(part.y_true, row, **options) for row in y_pred[:, part.rows]]
            values[target.name, use.name] = Value(per_seed=np.array(scores))
        else:
            means.setdefault(id(part), []).append(use)
    for uses in means.values():
        part = _part(subset, target, get_metric(uses[0].metric))
        stacked = np.stack([errors[target.name, use.name][:, part.rows] for use in uses])
        found = entrywise_values(uses, stacked, part)
        values |= {(target.name, name): value for name, value in found.items()}
    return values


def _uses(task: Task, target: Target) -> list[MetricUse]:
    """The metrics that are computed for a target."""
    return [use for use in task.metrics if not use.targets or target.name in use.targets]


def _weights(use: MetricUse, prepared: PreparedLabels, aligned: Aligned) -> Array:
    """How much each entry counts, shape (n,) or (n_seeds, n)."""
    weights = np.ones(len(prepared.ids)) if use.weight is None else prepared.weights[use.weight]
    return weights if use.only is None else weights * aligned.flags[use.only]


def _target_names(task: Task) -> list[str]:
    names = [target.name for target in task.targets]
    return [*names, MEAN_OF_TARGETS] if task.primary.target == MEAN_OF_TARGETS else names


def _part(subset: PreparedSubset, target: Target, metric: Metric) -> PreparedRows:
    """The entries a metric is computed on: all, or those with a label."""
    parts = subset.all_rows if metric.accepts_missing else subset.labelled
    return parts[target.name]


def _options(use: MetricUse, metric: Metric, part: PreparedRows) -> dict[str, Any]:
    columns = {"upper_limit": part.upper_limit}
    return {**use.options, **{name: columns[name] for name in metric.needs}}


def primary_metric(task: Task) -> tuple[MetricUse, Metric]:
    """The metric a task ranks by, as used and as defined."""
    use = task.primary_use
    return use, get_metric(use.metric)
