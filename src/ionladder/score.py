"""Scoring a submission: alignment, errors, intervals, receipts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels, load_evaluation_labels
from ionladder.errors import Problem, SubmissionError
from ionladder.metrics import get_metric
from ionladder.repo import Layout
from ionladder.specs import MEAN_OF_TARGETS, Array, Metric, MetricUse, Slice, Subset, Target, Task
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate
from ionladder.stats.floor import Floor, replicate_floors
from ionladder.stats.intervals import (
    Groups,
    degrees_of_freedom,
    error_interval,
    left_out_means,
    make_groups,
    share_interval,
)
from ionladder.stats.ranking import GroupScore, Resamples, make_standings, paired_differences
from ionladder.submit import validate as expected
from ionladder.submit.predictions import (
    KnownIds,
    PredictionTable,
    coverage_problems,
    read_predictions,
)
from ionladder.submit.validate import ArrayReader, Expectations, Submission, read_submission

# Joining predictions to the ids of a task, refusing anything but exact coverage


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Predictions in the order of the ids.

    Attributes:
        seeds: Seeds, ascending; ``(0,)`` where the predictions have none.
        y_pred: Target name → predictions, shape (n_seeds, n_entries).
        flags: Column that says which entries count → zeros and ones, same shape.
    """

    seeds: tuple[int, ...]
    y_pred: dict[str, Array]
    flags: dict[str, Array] = field(default_factory=dict)


def align(ids: Sequence[str], predictions: pd.DataFrame, task: Task) -> Aligned:
    """Bring predictions into the order of ``ids``, seed by seed.

    Args:
        ids: Ids of the test entries, ascending.
        predictions: ``id``, the targets, and optionally ``seed``; in any order.
        task: Names the targets.

    Raises:
        SubmissionError: A column is missing, ids are not covered exactly once per seed, or a
            prediction is not finite; all problems at once.
    """
    targets = [target.name for target in task.targets]
    columns = [*targets, *task.flags]
    absent = [name for name in ["id", *columns] if name not in predictions.columns]
    if absent:
        raise SubmissionError(
            Problem(
                where="predictions",
                expected=f"columns id, {', '.join(columns)}",
                found=f"no {', '.join(absent)}",
                next_step="Name the columns as the task names them.",
            )
        )
    n_rows = len(predictions)
    row_seeds = predictions["seed"].tolist() if "seed" in predictions else [0] * n_rows
    row_ids = predictions["id"].tolist()
    seeds = sorted(set(row_seeds))
    values = {name: predictions[name].to_numpy(dtype=np.float64) for name in columns}
    in_order = row_ids == [*ids] * len(seeds) and row_seeds == sorted(row_seeds)
    if not in_order:
        keys = list(zip(row_seeds, row_ids, strict=True))
        order = sorted(range(n_rows), key=keys.__getitem__)
        values = {name: column[order] for name, column in values.items()}
        row_seeds, row_ids = [row_seeds[row] for row in order], [row_ids[row] for row in order]
    _check(row_seeds, row_ids, values, ids, seeds)
    shape = (len(seeds), len(ids))
    return Aligned(
        seeds=tuple(int(seed) for seed in seeds),
        y_pred={name: values[name].reshape(shape) for name in targets},
        flags={name: values[name].reshape(shape) for name in task.flags},
    )


def align_checked(ids: pa.Array, predictions: PredictionTable, task: Task) -> Aligned:
    """The same for a checked file: its rows are sorted, and mostly need no more than a look.

    Args:
        ids: Ids of the test entries, ascending.
        predictions: The file.
        task: Names the targets.
    """
    columns, n_ids = predictions.columns, len(ids)
    n_seeds, rest = divmod(predictions.n_rows, max(n_ids, 1))
    starts = range(0, n_seeds * n_ids, n_ids)
    if rest or not all(columns["id"].slice(start, n_ids).equals(ids) for start in starts):
        return align(ids.to_pylist(), predictions.rows, task)
    shape = (n_seeds, n_ids)
    return Aligned(
        seeds=tuple(int(seed) for seed in columns["seed"].reshape(shape)[:, 0]),
        y_pred={target.name: columns[target.name].reshape(shape) for target in task.targets},
        flags={name: columns[name].reshape(shape) for name in task.flags},
    )


def _check(
    row_seeds: Sequence[int],
    row_ids: Sequence[str],
    values: Mapping[str, Array],
    ids: Sequence[str],
    seeds: Sequence[int],
) -> None:
    """Refuse sorted rows that do not cover the ids exactly, or hold what is no number."""
    problems = []
    if row_ids != [*ids] * len(seeds):
        for seed in seeds:
            where = "predictions" if len(seeds) == 1 else f"predictions, seed {seed}"
            mine = [name for key, name in zip(row_seeds, row_ids, strict=True) if key == seed]
            problems += coverage_problems(mine, expected=ids, where=where)
    for name, column in values.items():
        bad = ~np.isfinite(column)
        if bad.any():
            problems.append(
                Problem(
                    where=f"predictions, id {row_ids[int(np.argmax(bad))]}, column `{name}`",
                    expected="a finite number",
                    found=f"{int(bad.sum())} other value(s)",
                    next_step="Predict a number for every id.",
                )
            )
    if problems:
        raise SubmissionError(problems)


# Predicted arrays: which reader turns them into one number per target and entry


def array_reader(labels: EvaluationLabels, task: Task) -> ArrayReader | None:
    """The reader of a task's arrays; None for a task that predicts numbers.

    Every kind of array has a module of its name here, with a function ``reader(labels, task)``.
    The reader goes through a submission once: it checks each block, compares it with the truth,
    and keeps one number per target and entry.
    """
    if task.predicts == "values":
        return None
    make = import_module(f"ionladder.score_{task.predicts}").reader
    found: ArrayReader = make(labels, task)
    return found


# Labels made ready once per task: sorted, cut into subsets, with their groups numbered


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


# One metric before it is summed up: its value for each seed, and what leaving groups out does


Key = TypeVar("Key", bound=Hashable)
_FEWEST_GROUPS = 2


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
class Value:
    """One metric on some entries.

    Attributes:
        per_seed: Its value for each seed, shape (n_seeds,).
        left_out: Mean over seeds with each group left out, shape (n_groups,); None for a metric
            that has no interval.
        present: Groups that have entries.
        df: Degrees of freedom of its interval.
    """

    per_seed: Array
    left_out: Array | None = None
    present: int = 0
    df: float = np.nan


def entrywise_values(
    uses: Sequence[MetricUse], errors: Array, part: PreparedRows
) -> dict[str, Value]:
    """Values of metrics that are means over entries.

    Args:
        uses: The metrics.
        errors: Their per-entry values, shape (n_uses, n_seeds, n).
        part: The entries; at least one.
    """
    means = errors.mean(axis=2)
    left_out = left_out_means(part.groups.sums(errors), part.groups.sizes)
    values = {}
    for use, mean, rest in zip(uses, means, left_out, strict=True):
        finish = get_metric(use.metric).from_mean or np.positive
        values[use.name] = Value(
            per_seed=finish(mean),
            left_out=finish(rest).mean(axis=0),
            present=part.groups.n_present,
            df=part.df,
        )
    return values


def weighted_value(use: MetricUse, errors: Array, weights: Array, part: PreparedRows) -> Value:
    """Value of a metric that is a weighted mean over entries.

    Args:
        use: The metric.
        errors: Its per-entry values, shape (n_seeds, n).
        weights: How much each entry counts, shape (n_seeds, n) or (n,); zeros are passed over.
        part: The entries; at least one.

    Returns:
        NaN for a seed without any weight. The interval leaves out groups, as for plain means.
    """
    weights = np.broadcast_to(weights, errors.shape)
    sums, sizes = part.groups.sums(errors * weights), part.groups.sums(weights)
    finish = get_metric(use.metric).from_mean or np.positive
    total = sizes.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_seed = finish(np.where(total > 0, sums.sum(axis=1) / total, np.nan))
    present = int((sizes > 0).all(axis=0).sum())
    if present < _FEWEST_GROUPS:
        return Value(per_seed=per_seed)
    return Value(
        per_seed=per_seed,
        left_out=finish(left_out_means(sums, sizes)).mean(axis=0),
        present=present,
        df=degrees_of_freedom(sizes.mean(axis=0)),
    )


def mean_value(values: Sequence[Value], subset: PreparedSubset) -> Value:
    """The mean over targets, with an interval where every target has one."""
    per_seed = np.mean([value.per_seed for value in values], axis=0)
    left_out = [value.left_out for value in values if value.left_out is not None]
    if len(left_out) < len(values):
        return Value(per_seed=per_seed)
    return Value(
        per_seed=per_seed,
        left_out=np.mean(left_out, axis=0),
        present=subset.n_groups,
        df=subset.df,
    )


def summarise(
    values: Mapping[Key, Value], metrics: Mapping[Key, Metric], confidence: float
) -> dict[Key, Score]:
    """Mean and spread over seeds of every value, with an interval for those that have one.

    The choice of seeds enters the interval as the variance of the mean over seeds.

    Args:
        values: Values over the same groups.
        metrics: The metric of each.
        confidence: Level of the intervals.
    """
    ends = _intervals(values, metrics, confidence)
    scores = {}
    for key, value in values.items():
        low, high = ends.get(key, (np.nan, np.nan))
        score = Score(value=float(value.per_seed.mean()), ci_low=low, ci_high=high)
        if len(value.per_seed) > 1:
            score = replace(
                score,
                seed_sd=float(value.per_seed.std(ddof=1)),
                seed_min=float(value.per_seed.min()),
                seed_max=float(value.per_seed.max()),
            )
        scores[key] = score
    return scores


def _intervals(
    values: Mapping[Key, Value], metrics: Mapping[Key, Metric], confidence: float
) -> dict[Key, tuple[float, float]]:
    """Intervals of all values that have one, computed together."""
    ends: dict[Key, tuple[float, float]] = {}
    for is_share, interval in ((False, error_interval), (True, share_interval)):
        left_out = {
            key: value.left_out
            for key, value in values.items()
            if value.left_out is not None and metrics[key].is_share == is_share
        }
        if not left_out:
            continue
        mine = [values[key] for key in left_out]
        low, high = interval(
            np.array([value.per_seed.mean() for value in mine]),
            np.stack(list(left_out.values())),
            present=[value.present for value in mine],
            df=[value.df for value in mine],
            confidence=confidence,
            seed_variance=[_seed_variance(value.per_seed) for value in mine],
            seed_df=[len(value.per_seed) - 1.0 for value in mine],
        )
        ends |= zip(left_out, zip(low.tolist(), high.tolist(), strict=True), strict=True)
    return ends


def _seed_variance(per_seed: Array) -> float:
    """Variance of the mean over seeds; 0 with a single seed, whose spread is not known."""
    n_seeds = len(per_seed)
    return float(per_seed.var(ddof=1)) / n_seeds if n_seeds > 1 else 0.0


# The pure core of scoring: two tables and a task in, every metric on every subset out


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


# Scoring predictions on the frozen folds: pooled error per repeat, its spread and interval


_EVERY = "all"


@dataclass(frozen=True, kw_only=True)
class Step:
    """How much harder one kind of folds is than another, for one submission.

    Attributes:
        since: The scheme of the rung below.
        difference: Score on this scheme minus that on the other, of the same entries.
        ci_low, ci_high: Its interval, groups of entries and repeats allowed for.
    """

    since: str
    difference: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, kw_only=True)
class CvScore:
    """The primary metric of one fold scheme.

    Attributes:
        value: Mean over repeats of the metric on the pooled out-of-fold predictions.
        ci_low, ci_high: Interval of the value over groups of related training entries; NaN where
            there are fewer than two. Repeats enter it as seeds do in a test score.
        sd_over_repeats: Its standard deviation over repeats (n − 1); NaN with one repeat.
        n_repeats: Repeats scored.
        n: Entries per repeat.
        step: The step up from the rung below on the task's ladder of splits, or None.
    """

    value: float
    ci_low: float
    ci_high: float
    sd_over_repeats: float
    n_repeats: int
    n: int
    step: Step | None = None


class TrainingLabels:
    """Training labels made ready once per task.

    Args:
        labels: ``id``, the targets, their limit columns and the group column.
        task: Its primary score is computed, over all training entries.
        settings: Confidence of the intervals.
    """

    def __init__(self, labels: pd.DataFrame, task: Task, settings: ScoringSettings) -> None:
        every = Subset(name=_EVERY, title="all training entries")
        self.task = replace(
            task,
            metrics=(task.primary_use,),
            subsets=(every,),
            primary=replace(task.primary, subset=_EVERY),
        )
        self.prepared = PreparedLabels(labels, self.task, settings)


def score_cross_validation(
    training: TrainingLabels, cv_predictions: pd.DataFrame, task: Task
) -> dict[str, CvScore]:
    """Score checked cross-validation predictions.

    Args:
        training: Training labels.
        cv_predictions: ``scheme, repeat, fold, id`` and the targets, every training id exactly
            once per scheme and repeat.
        task: Names the schemes.

    Returns:
        Scheme → score, in the task's order, for the schemes that have predictions.
    """
    pooled = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if not rows.empty:
            pooled[scheme.scheme] = _pooled(training, rows.rename(columns={"repeat": "seed"}))
    steps = _steps(training, pooled, task)
    return {name: _score(training, part, steps.get(name)) for name, part in pooled.items()}


def _pooled(training: TrainingLabels, rows: pd.DataFrame) -> GroupScore:
    """The primary score on the out-of-fold predictions of each repeat."""
    prepared = training.prepared
    errors = errors_by_metric(prepared, align(prepared.ids, rows, training.task), training.task)
    return primary_score(errors, prepared.subset(_EVERY), training.task)


def _score(training: TrainingLabels, pooled: GroupScore, step: Step | None) -> CvScore:
    subset = training.prepared.subset(_EVERY)
    value = Value(
        per_seed=pooled.per_seed, left_out=pooled.left_out, present=subset.n_groups, df=subset.df
    )
    metric = get_metric(training.task.primary_use.metric)
    score = summarise({0: value}, {0: metric}, training.prepared.settings.confidence)[0]
    return CvScore(
        value=score.value,
        ci_low=score.ci_low,
        ci_high=score.ci_high,
        sd_over_repeats=score.seed_sd,
        n_repeats=len(pooled.per_seed),
        n=len(training.prepared.ids),
        step=step,
    )


def _steps(
    training: TrainingLabels, pooled: Mapping[str, GroupScore], task: Task
) -> dict[str, Step]:
    """Paired differences between neighbouring rungs: entry by entry, so what both share cancels."""
    rungs = sorted((s.rung, s.scheme) for s in task.cross_validation if s.rung)
    names = [name for _, name in rungs if name in pooled]
    standings = make_standings([pooled[name] for name in names], Resamples(n_resamples=1, seed=0))
    confidence = training.prepared.settings.confidence
    steps = {}
    for row, (below, above) in enumerate(pairwise(names)):
        pair = paired_differences(standings, row + 1, [row], confidence=confidence)
        steps[above] = Step(
            since=below,
            difference=float(pair.difference[0]),
            ci_low=float(pair.ci_low[0]),
            ci_high=float(pair.ci_high[0]),
        )
    return steps


# The floors of a task: how far repeated measurements of the same material lie apart


def compute_floors(
    replicates: pd.DataFrame, task: Task, settings: ScoringSettings
) -> tuple[Floor, ...]:
    """Floors of the primary score; empty when the task has no repeated measurements.

    With several primary targets, a group is one target of one replicated entry, so that the
    floor is the mean over targets; values are clipped where the primary metric clips them.

    Args:
        replicates: Labels that belong to a group of repeated measurements: the targets and
            ``replicate_group``; a missing label is one beyond every number.
        task: The task.
        settings: Interval settings.
    """
    if replicates.empty:
        return ()
    targets = task.primary_targets
    values = [replicates[target.name].to_numpy(np.float64, na_value=np.nan) for target in targets]
    groups = replicates["replicate_group"].to_numpy(np.int64)
    step = int(groups.max()) + 1
    clip = task.primary_use.options.get("clip", np.inf)
    pooled = np.concatenate([np.minimum(np.where(np.isnan(v), clip, v), clip) for v in values])
    return replicate_floors(
        pooled,
        np.concatenate([groups + position * step for position in range(len(targets))]),
        confidence=settings.confidence,
    )


# From the tables on this machine to what a task's submissions are checked against


def expectations_of(labels: EvaluationLabels, task: Task) -> Expectations:
    """Ids and folds that predictions must cover, and the reader of arrays where a task has them."""
    return Expectations(
        test_ids=KnownIds(labels.test["id"].tolist()),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
        read_arrays=array_reader(labels, task),
    )


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """The same without labels where a task predicts numbers: split and folds say it all.

    Arrays are checked against the true ones as they are read, so for them every table is needed.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: It is not the released one.
    """
    if task.predicts == "values":
        return expected.load_expectations(layout, task, version)
    return expectations_of(load_evaluation_labels(layout, task, version), task)


# Entry by entry: what submissions predicted for each scored entry, beside the label


class EntryReader:
    """Reads submissions of one task beside its labels, each of them once.

    Raises:
        DataMissingError: The labels are not on this machine.
        DataChangedError: They are not those of the released version.
    """

    def __init__(self, layout: Layout, task: Task, version: str) -> None:
        self.labels: EvaluationLabels = load_evaluation_labels(layout, task, version)
        self.test: pd.DataFrame = self.labels.test.sort_values("id", ignore_index=True)
        self._layout = layout
        self._task = task
        self._ids: list[str] = self.test["id"].tolist()
        self._expected = expectations_of(self.labels, task)
        self._aligned: dict[str, Aligned] = {}

    def aligned(self, name: str) -> Aligned:
        """Predictions of a submission in the order of ``test``.

        Raises:
            SubmissionError: The predictions have problems.
        """
        if name not in self._aligned:
            folder = self._layout.submission_dir(self._task.name, name)
            self._aligned[name] = align(self._ids, self._scored_rows(folder), self._task)
        return self._aligned[name]

    def _scored_rows(self, folder: Path) -> pd.DataFrame:
        """The predictions that are scored; folds that are not scored are not even read."""
        shown_as = self._layout.relative(folder)
        if self._task.scored_folds is not None or self._expected.read_arrays is not None:
            submission = read_submission(folder, self._task, self._expected, shown_as=shown_as)
            return submission.predictions.rows
        table, problems = read_predictions(
            folder,
            self._task,
            test_ids=self._expected.test_ids,
            train_ids=self._expected.train_ids,
            shown_as=shown_as,
        )
        if table is None:
            raise SubmissionError(problems)
        return table.rows

    def read(self, name: str) -> dict[str, pd.DataFrame]:
        """Predictions and labels of every scored entry, for each target of the task.

        Of a task scored on folds these are the predictions of the first repeat: a mean over
        repeats would be a prediction that nobody made, and closer than any that is scored.

        Returns:
            Target name → table sorted by id: ``id, y_true`` (NaN where the label is missing),
            ``y_pred`` (mean over seeds), ``y_pred_sd`` (over seeds, NaN with one seed),
            ``upper_limit`` (NaN where uncensored), ``in_cif`` (True where the task has no CIFs).

        Raises:
            SubmissionError: The predictions have problems.
        """
        y_pred = self.aligned(name).y_pred
        shown = slice(None) if self._task.scored_folds is None else slice(1)
        return {
            target.name: self._table(target, y_pred[target.name][shown])
            for target in self._task.targets
        }

    def _table(self, target: Target, y_pred: Array) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "id": self.test["id"],
                "y_true": label_column(self.test, target.name),
                "y_pred": y_pred.mean(axis=0),
                "y_pred_sd": np.nan if len(y_pred) == 1 else y_pred.std(axis=0, ddof=1),
                "upper_limit": label_column(self.test, target.limit_column),
                "in_cif": self.test["in_cif"].to_numpy(bool) if "in_cif" in self.test else True,
            }
        )


def label_column(labels: pd.DataFrame, name: str | None) -> Array:
    """A label column as floats, NaN where it is missing; all NaN when there is no such column."""
    if name is None:
        return np.full(len(labels), np.nan)
    values: Array = labels[name].to_numpy(np.float64, na_value=np.nan)
    return values


# The primary error entry by entry: what slices and entry pages add up


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


# The version of the scoring rules: raised whenever a published number may change by code


SCORER_VERSION = "2"


# The receipt of a score: every number with its interval, and the hashes it rests on


DECIMALS = 6
INTERVAL_METHOD = "jackknife over groups, Student t"


def rounded(value: float) -> float | None:
    """A number as receipts and leaderboards print it: six decimals, null where undefined.

    Example:
        >>> rounded(0.40775291), rounded(float("nan")), rounded(-0.0)
        (0.407753, None, 0.0)
    """
    if not math.isfinite(value):
        return None
    return round(float(value), DECIMALS) + 0.0


def build_receipt(
    submission: Submission,
    evaluation: Evaluation,
    cross_validation: Mapping[str, CvScore],
    *,
    task: Task,
    dataset_version: str,
    label_hashes: Mapping[str, str | None],
    slices: Mapping[str, Any] | None,
    uncertainty: Mapping[str, Any] | None,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """Assemble the receipt of one submission, ready to be written as JSON."""
    cv, remarks = submission.cv_predictions, submission.predictions.remarks
    return {
        "task": task.name,
        "submission": submission.name,
        "model": submission.card.model,
        "dataset": task.dataset,
        "dataset_version": dataset_version,
        "scorer_version": SCORER_VERSION,
        "hashes": {
            "predictions_sha256": submission.predictions.sha256,
            "cv_predictions_sha256": cv.sha256 if cv else None,
            **label_hashes,
        },
        "n_expected": evaluation.n_expected,
        "n_scored": evaluation.n_scored,
        "n_seeds": len(evaluation.seeds),
        **({"remarks": list(remarks)} if remarks else {}),
        "intervals": {
            "method": INTERVAL_METHOD,
            "confidence": settings.confidence,
            "group_column": task.group_column,
        },
        "targets": {
            target: {
                subset: {
                    "n": scores.n,
                    "n_groups": scores.n_groups,
                    "df": rounded(scores.df),
                    "metrics": {
                        name: _receipt_score(score) for name, score in scores.metrics.items()
                    },
                }
                for subset, scores in subsets.items()
            }
            for target, subsets in evaluation.targets.items()
        },
        "cross_validation": {
            scheme: {
                task.primary.metric: rounded(score.value),
                f"{task.primary.metric}_ci_low": rounded(score.ci_low),
                f"{task.primary.metric}_ci_high": rounded(score.ci_high),
                f"{task.primary.metric}_sd_over_repeats": rounded(score.sd_over_repeats),
                "n_repeats": score.n_repeats,
                "n": score.n,
                "step": _step(score.step),
            }
            for scheme, score in cross_validation.items()
        }
        or None,
        "slices": slices,
        "uncertainty": uncertainty,
    }


def _receipt_score(score: Score) -> dict[str, float | None]:
    return {name: rounded(value) for name, value in vars(score).items()}


def _step(step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    return {
        "since": step.since,
        "difference": rounded(step.difference),
        "ci_low": rounded(step.ci_low),
        "ci_high": rounded(step.ci_high),
    }


# The primary metric on every slice of the test set, with its interval, all in one pass


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
    low, high = _slices_intervals(prepared, value, sums.mean(axis=0), seed_variance, n_seeds)
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


def _slices_intervals(
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


# The quality of predicted standard deviations, for submissions that give them


def uncertainty(
    labels: pd.DataFrame, predictions: pd.DataFrame, task: Task
) -> dict[str, dict[str, Any]] | None:
    """The key ``uncertainty`` of a receipt.

    Args:
        labels: One row per test entry: ``id``, the targets and their limit columns, in any order.
        predictions: Checked predictions: ``id``, ``seed``, the targets, and ``<target>_std`` where
            given, in any order.
        task: Names the targets.

    Returns:
        None where no target has standard deviations. Else target → ``n`` (entries judged),
        ``n_censored`` and ``n_missing`` (entries left out: only a limit or no label is known, so
        no error is), the five scores, and ``observed``, the calibration curve: the share of labels
        inside the central interval of each level of ``CURVE_LEVELS``. Scores are null where no
        entry can be judged.
    """
    judged = [target for target in task.targets if f"{target.name}_std" in predictions.columns]
    if not judged:
        return None
    truth = labels.sort_values("id", kind="stable", ignore_index=True)
    rows = predictions.sort_values(["seed", "id"], kind="stable", ignore_index=True)
    return {target.name: _of_target(truth, rows, target) for target in judged}


def _of_target(truth: pd.DataFrame, rows: pd.DataFrame, target: Target) -> dict[str, Any]:
    y_true = truth[target.name].to_numpy(dtype=np.float64, na_value=np.nan)
    has_limit = (
        truth[target.limit_column].notna().to_numpy(dtype=bool)
        if target.limit_column
        else np.zeros(len(truth), dtype=bool)
    )
    is_missing = np.isnan(y_true) & ~has_limit
    kept = ~has_limit & ~is_missing
    shape = (-1, len(truth))
    y_pred, y_std = (
        rows[name].to_numpy(dtype=np.float64).reshape(shape)[:, kept]
        for name in (target.name, f"{target.name}_std")
    )
    counts = {
        "n": int(kept.sum()),
        "n_censored": int(has_limit.sum()),
        "n_missing": int(is_missing.sum()),
    }
    if not kept.any():
        nothing = [None] * len(CURVE_LEVELS)
        return {**counts, **dict.fromkeys(SCORES), "observed": nothing}
    found = calibrate(y_true[kept], y_pred, y_std)
    scores = {name: rounded(getattr(found, name)) for name in SCORES}
    return {**counts, **scores, "observed": [rounded(share) for share in found.observed]}


# Scoring folders: one submission, or every submission of a task with the bad ones set apart


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A submission with its scores.

    Attributes:
        submission: The checked submission.
        evaluation: Its scores.
        receipt: The receipt, ready to be written.
    """

    submission: Submission
    evaluation: Evaluation
    receipt: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TaskScores:
    """All submissions of a task.

    Attributes:
        scored: Scored submissions, by name.
        refused: Name → problems of the submissions that could not be scored.
    """

    scored: Mapping[str, Scored]
    refused: Mapping[str, tuple[Problem, ...]]


class TaskScorer:
    """Scores submissions of one task on one dataset version.

    Args:
        task: The task.
        version: Dataset version.
        labels: Its evaluation labels.
        settings: Interval settings.
        layout: The repository, for paths in messages.

    Attributes:
        labels: As given.
    """

    def __init__(
        self,
        task: Task,
        version: str,
        labels: EvaluationLabels,
        settings: ScoringSettings,
        layout: Layout,
    ) -> None:
        self._task = task
        self._version = version
        self.labels = labels
        self._settings = settings
        self._layout = layout
        self._expectations = expectations_of(labels, task)
        self._prepared = PreparedLabels(labels.test, task, settings)
        self._training = TrainingLabels(labels.train, task, settings)
        self._slices = prepare_slices(labels, task, confidence=settings.confidence)

    @classmethod
    def open(
        cls, layout: Layout, task: Task, version: str, settings: ScoringSettings
    ) -> TaskScorer:
        """A scorer with the labels of a dataset version on this machine.

        Raises:
            DataMissingError: The labels are not here.
            DataChangedError: They are not those of the released version.
        """
        labels = load_evaluation_labels(layout, task, version)
        return cls(task, version, labels, settings, layout)

    def floors(self) -> tuple[Floor, ...]:
        """The floors of the task on this version."""
        return compute_floors(self.labels.replicates, self._task, self._settings)

    def groups(self) -> list[list[str]]:
        """Ids of the entries of each group of the primary subset, groups in ascending order."""
        subset = self._prepared.subset(self._task.primary.subset)
        part = subset.all_rows[self._task.primary_targets[0].name]
        return [
            [self._prepared.ids[row] for row in part.rows[part.groups.index == group]]
            for group in range(part.groups.n_groups)
        ]

    def score(self, folder: Path, *, shown_as: str | None = None) -> Scored:
        """Check and score one folder.

        Args:
            folder: The submission.
            shown_as: Its path in messages; as seen from the root unless given.

        Raises:
            SubmissionError: Every problem of the submission.
        """
        submission = read_submission(
            folder,
            self._task,
            self._expectations,
            shown_as=shown_as or self._layout.relative(folder),
        )
        aligned = align_checked(self._prepared.id_array, submission.predictions, self._task)
        evaluation = evaluate_aligned(self._prepared, aligned, self._task)
        cross_validation = (
            score_cross_validation(self._training, submission.cv_predictions.rows, self._task)
            if submission.cv_predictions
            else {}
        )
        receipt = build_receipt(
            submission,
            evaluation,
            cross_validation,
            task=self._task,
            dataset_version=self._version,
            label_hashes={
                "labels_sha256": self.labels.labels_sha256,
                "split_sha256": self.labels.split_sha256,
                "slices_sha256": self.labels.slices_sha256,
            },
            slices=slices_json(score_slices(self._slices, aligned.y_pred), self._task)
            if self._slices
            else None,
            uncertainty=self._uncertainty(submission.predictions),
            settings=self._settings,
        )
        return Scored(submission=submission, evaluation=evaluation, receipt=receipt)

    def _uncertainty(self, predictions: PredictionTable) -> dict[str, dict[str, Any]] | None:
        """The quality of standard deviations; most files have none, and need no frame then."""
        if not any(name.endswith("_std") for name in predictions.columns):
            return None
        return uncertainty(self.labels.test, predictions.rows, self._task)

    def entry_errors(self, scored: Scored) -> Array | None:
        """The primary error of every scored entry, shape (n_seeds, n), ids ascending.

        NaN where an entry has no label; None where the primary metric has no error of one entry.
        """
        if not is_sliceable(self._task):
            return None
        labels = self.labels.test.sort_values("id", kind="stable", ignore_index=True)
        errors = self._slices.errors if self._slices else EntryErrors(labels, self._task)
        predictions = scored.submission.predictions
        aligned = align_checked(self._prepared.id_array, predictions, self._task)
        return errors.of(aligned.y_pred)

    def score_all(self, folders: Iterable[Path]) -> TaskScores:
        """Score folders one by one; a bad one is set apart with its problems and stops nobody."""
        scored: dict[str, Scored] = {}
        refused: dict[str, tuple[Problem, ...]] = {}
        for folder in folders:
            try:
                scored[folder.name] = self.score(folder)
            except SubmissionError as error:
                refused[folder.name] = error.problems
        return TaskScores(scored=scored, refused=refused)


def submission_folders(layout: Layout, task: str) -> list[Path]:
    """Folders under ``submissions/<task>/``, by name, without hidden ones and loose files."""
    parent = layout.submissions_dir(task)
    if not parent.is_dir():
        return []
    return sorted(
        item for item in parent.iterdir() if not item.name.startswith(".") and item.is_dir()
    )
