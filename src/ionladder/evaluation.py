"""Evaluating predictions: joined to labels, every metric on every subset and slice.

:class:`Scorer` takes tables and a task and knows no folders. Labels are made ready once per task
(:class:`Prepared`), so that many submissions can be scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ionladder.config import ScoringSettings
from ionladder.data.registry import get_task
from ionladder.errors import SubmissionError, worded
from ionladder.metrics import get_metric
from ionladder.receipt import MIN_ROWS
from ionladder.specs import MEAN_OF_TARGETS, Array, Censored, Metric, MetricUse, Slice, Target, Task
from ionladder.stats import intervals
from ionladder.stats.intervals import Groups
from ionladder.stats.ranking import GroupScore
from ionladder.submit.predictions import KnownIds, PredictionTable, coverage_problems

Integers = npt.NDArray[np.int64]


# --- Joining predictions to the ids of a task


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Predictions in the order of the ids.

    Attributes:
        seeds: Seeds, ascending; ``(0,)`` where the predictions have none.
        y_pred: Target name → predictions, shape (n_seeds, n_entries).
        flags: Column that says which entries count → zeros and ones, same shape; ones where the
            predictions do not say.
    """

    seeds: tuple[int, ...]
    y_pred: dict[str, Array]
    flags: dict[str, Array] = field(default_factory=dict)


def align(known: KnownIds, predictions: pd.DataFrame | pa.Table, task: Task) -> Aligned:
    """Bring predictions into the order of the ids, seed by seed.

    Args:
        known: Ids of the test entries.
        predictions: ``id``, the targets, the flags, and optionally ``seed``; in any order.
        task: Names the targets.

    Raises:
        SubmissionError: A column is missing, ids are not covered exactly once per seed, or a
            prediction is not finite; all problems at once.
    """
    targets = [target.name for target in task.targets]
    table: Any = predictions
    is_table = isinstance(predictions, pa.Table)
    given = set(table.column_names if is_table else table.columns)
    flags = [name for name in task.flags if name in given]
    columns = [*targets, *flags]
    absent = [name for name in ["id", *columns] if name not in given]
    if absent:
        facts = {"columns": ", ".join(columns), "absent": ", ".join(absent)}
        raise SubmissionError(worded("frame-columns", "predictions", **facts))
    turns = np.zeros(len(predictions), dtype=np.int64)
    seeds: list[Any] = [0] if len(predictions) else []
    if "seed" in given:
        found, turns = np.unique(np.asarray(table["seed"]), return_inverse=True)
        seeds = found.tolist()
    try:
        ids = table["id"] if is_table else pa.array(table["id"])
        ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
        order = known.exact_order(ids.cast(pa.string()), turns, len(seeds))
        is_text = pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type)
    except pa.ArrowException:
        is_text = False
    rows = {name: np.asarray(table[name], dtype=np.float64) for name in columns}
    if not is_text or order is None or not all(np.isfinite(row).all() for row in rows.values()):
        _refuse(table.to_pandas() if is_table else table, known, seeds, columns)
    shape = (len(seeds), len(known))
    values = {name: row[order].reshape(shape) for name, row in rows.items()}
    return Aligned(
        seeds=tuple(map(int, seeds)),
        y_pred={name: values[name] for name in targets},
        flags={name: values.get(name, np.ones(shape)) for name in task.flags},
    )


def _refuse(
    predictions: pd.DataFrame, known: KnownIds, seeds: Sequence[Any], columns: Sequence[str]
) -> NoReturn:
    """Say which rows do not cover the ids exactly, or hold what is no number."""
    rows = predictions.assign(seed=predictions.get("seed", 0))
    rows = rows.sort_values(["seed", "id"], kind="stable")
    problems = []
    for seed, of_seed in rows.groupby("seed"):
        where = "predictions" if len(seeds) == 1 else f"predictions, seed {seed}"
        problems += coverage_problems(of_seed["id"].tolist(), expected=known, where=where)
    if not seeds:
        problems += coverage_problems([], expected=known, where="predictions")
    for name in columns:
        bad = ~np.isfinite(rows[name].to_numpy(np.float64))
        if bad.any():
            where = f"predictions, id {rows['id'].iloc[bad.argmax()]}, column `{name}`"
            problems.append(worded("frame-values", where, n=int(bad.sum())))
    raise SubmissionError(problems)


def align_checked(known: KnownIds, predictions: PredictionTable, task: Task) -> Aligned:
    """Align a checked file, whose rows are sorted and mostly need no more than a look."""
    ids, columns, n_ids = known.in_order, predictions.columns, len(known)
    n_seeds, rest = divmod(predictions.n_rows, max(n_ids, 1))
    starts = range(0, n_seeds * n_ids, n_ids)
    if rest or not all(columns["id"].slice(start, n_ids).equals(ids) for start in starts):
        return align(known, predictions.rows, task)
    shape = (n_seeds, n_ids)
    return Aligned(
        seeds=tuple(int(seed) for seed in columns["seed"].reshape(shape)[:, 0]),
        y_pred={target.name: columns[target.name].reshape(shape) for target in task.targets},
        flags={
            name: columns[name].reshape(shape) if name in columns else np.ones(shape)
            for name in task.flags
        },
    )


# --- Labels made ready once per task


def label_column(labels: pd.DataFrame, name: str | None) -> Array:
    """A label column as floats, NaN where it is missing; all NaN when there is no such column."""
    if name is None:
        return np.full(len(labels), np.nan)
    return labels[name].to_numpy(np.float64, na_value=np.nan)


def under_convention(labels: pd.DataFrame, task: Task, censored: Censored) -> pd.DataFrame:
    """Labels as another convention has the entries of which only an upper limit is known.

    Args:
        labels: One row per entry: the targets and their limit columns, in the target's unit.
        task: Names them.
        censored: ``imputed``: as the data have them; ``limit``: at the limit itself; ``dropped``:
            without a label (NaN), so that no metric counts them.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> rows = {"log10_sigma": [-15.0, -4.0], "log10_sigma_limit": [-10.0, np.nan]}
        >>> task = get_task("obelix")
        >>> under_convention(pd.DataFrame(rows), task, "limit")["log10_sigma"].tolist()
        [-10.0, -4.0]
        >>> under_convention(pd.DataFrame(rows), task, "dropped")["log10_sigma"].tolist()
        [nan, -4.0]
    """
    changed = {}
    for target in task.targets if censored != "imputed" else ():
        limits = label_column(labels, target.limit_column)
        stand_in = limits if censored == "limit" else np.nan
        values = label_column(labels, target.name)
        changed[target.name] = np.where(np.isfinite(limits), stand_in, values)
    return labels.assign(**changed)


@dataclass(frozen=True)
class Rows:
    """Some entries, and the groups they fall into.

    Attributes:
        index: Their positions in the labels sorted by id, shape (n,).
        groups: Groups of related entries, numbered alike for all targets of a subset.
        df: Degrees of freedom of an interval over these groups; NaN with fewer than two.
    """

    index: Integers
    groups: Groups
    df: float


class Prepared:
    """The labels of a task, ready to score many submissions.

    Args:
        labels: One row per entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets and weights refer to; in any order.
        task: The task.

    Attributes:
        ids: Ids of the entries, ascending; everything else is in their order.
        y_true: Target → labels, shape (n,), NaN where they are missing.
        limits: Target → upper limit of left-censored entries, NaN elsewhere, shape (n,).
        group: Group of each entry as 0 … n_groups − 1, shape (n,).
        has_error: Entries that have a primary error, shape (n,): a label for every primary
            target, or a primary metric that gives a missing one a meaning.
    """

    def __init__(self, labels: pd.DataFrame, task: Task) -> None:
        self.task = task
        order = pc.sort_indices(pa.array(labels["id"], type=pa.string())).to_numpy()
        table = labels.iloc[order].reset_index(drop=True)
        self.ids: list[str] = table["id"].tolist()
        self.known = KnownIds(self.ids)
        self.y_true = {t.name: label_column(table, t.name) for t in task.targets}
        self.limits = {t.name: label_column(table, t.limit_column) for t in task.targets}
        self.weights = {name: label_column(table, name) for name in task.weights}
        groups, _ = pd.factorize(table[task.group_column], sort=True, use_na_sentinel=False)
        self.group: Integers = groups.astype(np.int64)
        labelled = [np.isfinite(self.y_true[target.name]) for target in task.primary_targets]
        accepts = get_metric(task.primary_use.metric).accepts_missing
        self.has_error = np.logical_and.reduce(labelled) | accepts
        self._table = table
        self._rows: dict[tuple[str | None, str | None], Rows] = {}

    def rows(self, subset: str | None, target: str | None = None) -> Rows:
        """Entries of a subset (None: all); with a target, those that have its label."""
        is_all = all(i.column is None for i in self.task.subsets if i.name == subset)
        if is_all and target is not None and not np.isnan(self.y_true[target]).any():
            target = None
        subset = None if is_all else subset
        if (subset, target) not in self._rows:
            inside = self._inside(subset)
            universe = np.unique(self.group[inside])
            kept = inside if target is None else inside & ~np.isnan(self.y_true[target])
            groups = intervals.make_groups(self.group[kept], universe=universe)
            df = intervals.degrees_of_freedom(groups.sizes)
            self._rows[subset, target] = Rows(np.flatnonzero(kept), groups, df)
        return self._rows[subset, target]

    def _inside(self, subset: str | None) -> npt.NDArray[np.bool_]:
        if subset is None:
            return np.ones(len(self.ids), bool)
        (found,) = (item for item in self.task.subsets if item.name == subset)
        inside: npt.NDArray[np.bool_] = (self._table[found.column] == found.equals).to_numpy(bool)
        return inside

    def scored_rows(self, subset: str | None, target: Target, metric: Metric) -> Rows:
        """Entries that a metric is computed on: all, or those with a label."""
        return self.rows(subset, None if metric.accepts_missing else target.name)

    def options(self, use: MetricUse, target: Target, rows: Rows) -> dict[str, Any]:
        """Options of a metric on some entries, columns of labels included."""
        columns = {"upper_limit": self.limits[target.name]}
        needs = get_metric(use.metric).needs
        return {**use.options, **{name: columns[name][rows.index] for name in needs}}

    def errors(self, use: MetricUse, target: Target, y_pred: Array) -> Array | None:
        """One metric's error of every entry, shape (n_seeds, n), NaN where there is no label.

        None for a metric that is no (transformed) mean over entries.
        """
        metric = get_metric(use.metric)
        if metric.entrywise is None:
            return None
        rows = self.scored_rows(None, target, metric)
        y_true = self.y_true[target.name]
        if len(rows.index) == len(y_true):
            return metric.entrywise(y_true, y_pred, **self.options(use, target, rows))
        out = np.full(y_pred.shape, np.nan)
        if len(rows.index):
            options = self.options(use, target, rows)
            at = rows.index
            out[:, at] = metric.entrywise(y_true[at], y_pred[:, at], **options)
        return out

    def primary_errors(self, y_pred: Mapping[str, Array]) -> Array:
        """The primary error of every entry, averaged over the primary targets.

        Args:
            y_pred: Target → predictions, shape (n_seeds, n).

        Returns:
            Shape (n_seeds, n); NaN for entries that have none (:attr:`has_error`).

        Raises:
            ValueError: The primary metric is no plain mean over entries.
        """
        if not is_sliceable(self.task):
            msg = f"{self.task.name!r} is ranked by {self.task.primary_use.metric!r}, no plain mean"
            raise ValueError(msg)
        use, targets = self.task.primary_use, self.task.primary_targets
        errors = [self.errors(use, target, y_pred[target.name]) for target in targets]
        total: Array = sum(errors[1:], errors[0])  # type: ignore[arg-type]
        return total / len(targets)


def primary_metric(task: Task) -> tuple[MetricUse, Metric]:
    """The metric a task ranks by, as used and as defined."""
    return task.primary_use, get_metric(task.primary_use.metric)


def is_sliceable(task: Task) -> bool:
    """Whether the primary metric is a plain mean over entries, so that parts of it mean as much.

    A metric that transforms the mean (a root, say) has no error of one entry.
    """
    metric = get_metric(task.primary_use.metric)
    return metric.entrywise is not None and metric.from_mean in (None, np.positive)


# --- Values of metrics, and their intervals


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
class MetricValue:
    """One metric on some entries, before it is summed up.

    Attributes:
        per_seed: Its value for each seed, shape (n_seeds,).
        left_out: Mean over seeds with each group left out, shape (n_groups,); None for a metric
            that has no interval.
        present: Groups that have entries.
        df: Degrees of freedom of its interval.
        is_share: Whether it is a share of entries.
    """

    per_seed: Array
    left_out: Array | None = None
    present: int = 0
    df: float = np.nan
    is_share: bool = False


#: Name of a target, and name of a metric as the task uses it.
Use = tuple[str, str]


def _mean_values(
    uses: Sequence[MetricUse], errors: Array, rows: Rows, weights: Array | None
) -> dict[str, MetricValue]:
    """Values of metrics that are means over entries.

    Args:
        uses: The metrics.
        errors: Their per-entry errors, shape (n_uses, n_seeds, n).
        rows: The entries; at least one.
        weights: How much each counts, shape (n,) or (n_seeds, n), zeros are passed over; None:
            all alike.
    """
    groups = rows.groups
    if weights is None:
        sums, sizes, present, df = groups.sums(errors), groups.sizes, groups.n_present, rows.df
        means = errors.mean(axis=2)
    else:
        weights = np.broadcast_to(weights, errors.shape[1:])
        sums, sizes = groups.sums(errors * weights), groups.sums(weights)
        present = int((sizes > 0).all(axis=0).sum())
        df = intervals.degrees_of_freedom(sizes.mean(axis=0))
        total = sizes.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            means = np.where(total > 0, sums.sum(axis=2) / total, np.nan)
    left_out = intervals.left_out_means(sums, sizes)
    values = {}
    for use, mean, rest in zip(uses, means, left_out, strict=True):
        metric = get_metric(use.metric)
        finish = metric.from_mean or np.positive
        has_interval = weights is None or present > 1
        values[use.name] = MetricValue(
            per_seed=finish(mean),
            left_out=finish(rest).mean(axis=0) if has_interval else None,
            present=present,
            df=df,
            is_share=metric.is_share,
        )
    return values


def summarise(values: Mapping[Any, MetricValue], confidence: float) -> dict[Any, Score]:
    """Mean and spread over seeds of every value, with an interval for those that have one.

    The choice of seeds enters an interval as the variance of the mean over seeds.

    Args:
        values: Values over the same groups.
        confidence: Level of the intervals.
    """
    ends: dict[Any, tuple[float, float]] = {}
    for is_share, interval in ((False, intervals.error_interval), (True, intervals.share_interval)):
        chosen = {
            key: value
            for key, value in values.items()
            if value.left_out is not None and value.is_share == is_share
        }
        if chosen:
            every = list(chosen.values())
            counts = [len(value.per_seed) for value in every]
            low, high = interval(
                np.array([value.per_seed.mean() for value in every]),
                np.stack([value.left_out for value in every]),  # type: ignore[misc]
                present=[value.present for value in every],
                df=[value.df for value in every],
                confidence=confidence,
                seed_variance=[
                    float(value.per_seed.var(ddof=1)) / count if count > 1 else 0.0
                    for value, count in zip(every, counts, strict=True)
                ],
                seed_df=[count - 1.0 for count in counts],
            )
            ends |= zip(chosen, zip(low.tolist(), high.tolist(), strict=True), strict=True)
    scores = {}
    for key, value in values.items():
        ci_low, ci_high = ends.get(key, (np.nan, np.nan))
        seeds, spread = value.per_seed, {}
        if len(seeds) > 1:
            spread = {"seed_sd": float(seeds.std(ddof=1))}
            spread |= {"seed_min": float(seeds.min()), "seed_max": float(seeds.max())}
        scores[key] = Score(value=float(seeds.mean()), ci_low=ci_low, ci_high=ci_high, **spread)
    return scores


# --- The pure core


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
        beside: Likewise the score by the task's other metric that ranks; None without one.
    """

    task: str
    n_expected: int
    n_scored: int
    seeds: tuple[int, ...]
    targets: Mapping[str, Mapping[str, SubsetScores]]
    primary: GroupScore = field(repr=False)
    beside: GroupScore | None = field(default=None, repr=False)

    def score(self, target: str, subset: str, metric: str) -> Score:
        """One score by its names; KeyError when there is none."""
        return self.targets[target][subset].metrics[metric]


# Intervals of one evaluation come from a jackknife: resamples and seed have no part in them.
_SETTINGS = ScoringSettings(resamples=1, seed=0, confidence=0.95)


class Scorer:
    """Labels of a task made ready once, to score many tables of predictions.

    Args:
        labels: One row per test entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets and weights refer to; in any order.
        task: What is scored and how: a task, a loaded task, or its name.
        settings: Confidence level of the intervals; 95 % unless given.

    Raises:
        ConfigError: There is no task of that name.

    Example:
        >>> labels = pd.DataFrame({
        ...     "id": ["a", "b", "c"], "log10_sigma": [-4.0, -6.0, -5.0],
        ...     "log10_sigma_limit": [float("nan")] * 3, "censoring": "none", "in_cif": True,
        ...     "component": [1, 2, 3]})
        >>> scorer = Scorer(labels, "obelix")
        >>> for shift in (0.5, 1.0):
        ...     sent = pa.table({"id": ["c", "b", "a"], "log10_sigma": [-5.0 + shift, -6.0, -4.0]})
        ...     print(round(scorer.score(sent).score("log10_sigma", "all", "mae").value, 3))
        0.167
        0.333
    """

    def __init__(
        self, labels: pd.DataFrame, task: Any, *, settings: ScoringSettings = _SETTINGS
    ) -> None:
        spec = get_task(task) if isinstance(task, str) else getattr(task, "spec", task)
        self.prepared = Prepared(labels, spec)
        self._confidence = settings.confidence

    def score(self, predictions: pd.DataFrame | pa.Table) -> Evaluation:
        """Score one table.

        Args:
            predictions: ``id``, the targets, the flags, and optionally ``seed``; exactly the ids
                of the labels, once per seed, in any order.

        Raises:
            SubmissionError: The predictions do not cover the ids exactly, or are not finite.
        """
        aligned = align(self.prepared.known, predictions, self.prepared.task)
        return evaluate_aligned(self.prepared, aligned, self._confidence)


def evaluate_aligned(prepared: Prepared, aligned: Aligned, confidence: float) -> Evaluation:
    """Score predictions that are in the order of the labels."""
    task, names = prepared.task, [target.name for target in prepared.task.targets]
    if task.primary.target == MEAN_OF_TARGETS:
        names.append(MEAN_OF_TARGETS)
    errors = {
        (target.name, use.name): prepared.errors(use, target, aligned.y_pred[target.name])
        for target in task.targets
        for use in _uses(task, target)
    }
    targets: dict[str, dict[str, SubsetScores]] = {name: {} for name in names}
    for subset in task.subsets:
        values: dict[Use, MetricValue] = {}
        for target in task.targets:
            values |= _target_values(prepared, aligned, errors, subset.name, target)
        whole = prepared.rows(subset.name)
        if MEAN_OF_TARGETS in names:
            for use in task.metrics:
                of_targets = [values[target.name, use.name] for target in task.targets]
                values[MEAN_OF_TARGETS, use.name] = _mean_of_targets(of_targets, whole)
        scores = summarise(values, confidence)
        for name in names:
            targets[name][subset.name] = SubsetScores(
                n=len(whole.index),
                n_groups=whole.groups.n_groups,
                df=whole.df,
                metrics={use.name: scores[name, use.name] for use in task.metrics},
            )
    return Evaluation(
        task=task.name,
        n_expected=len(prepared.ids),
        n_scored=len(prepared.ids),
        seeds=aligned.seeds,
        targets=targets,
        primary=primary_score(prepared, errors, task.primary.subset),
        beside=primary_score(prepared, errors, task.primary.subset, task.beside_use)
        if task.beside_use
        else None,
    )


def _uses(task: Task, target: Target) -> list[MetricUse]:
    """The metrics that are computed for a target."""
    return [use for use in task.metrics if not use.targets or target.name in use.targets]


def _target_values(
    prepared: Prepared,
    aligned: Aligned,
    errors: Mapping[Use, Array | None],
    subset: str,
    target: Target,
) -> dict[Use, MetricValue]:
    """All metrics of one target on one subset; NaN for those that it has no use for."""
    name, y_pred = target.name, aligned.y_pred[target.name]
    undefined = MetricValue(per_seed=np.full(len(y_pred), np.nan))
    values = {(name, use.name): undefined for use in prepared.task.metrics}
    plain: dict[int, tuple[Rows, list[MetricUse]]] = {}
    for use in _uses(prepared.task, target):
        metric = get_metric(use.metric)
        rows = prepared.scored_rows(subset, target, metric)
        index, of_use = rows.index, errors[name, use.name]
        if not len(index):
            continue
        if of_use is None:
            y_true, options = prepared.y_true[name][index], prepared.options(use, target, rows)
            scores = [metric.function(y_true, row, **options) for row in y_pred[:, index]]
            values[name, use.name] = MetricValue(per_seed=np.array(scores))
        elif use.is_plain:
            plain.setdefault(id(rows), (rows, []))[1].append(use)
        else:
            weights = prepared.weights[use.weight] if use.weight else np.ones(len(prepared.ids))
            weights = weights * aligned.flags[use.only] if use.only else weights
            found = _mean_values([use], of_use[None, :, index], rows, weights[..., index])
            values[name, use.name] = found[use.name]
    for rows, uses in plain.values():
        stacked = np.stack([errors[name, use.name][:, rows.index] for use in uses])  # type: ignore[index]
        found = _mean_values(uses, stacked, rows, None)
        values |= {(name, use): value for use, value in found.items()}
    return values


def _mean_of_targets(values: Sequence[MetricValue], rows: Rows) -> MetricValue:
    """The mean over targets, with an interval where every target has one."""
    per_seed = np.mean([value.per_seed for value in values], axis=0)
    left_out = [value.left_out for value in values if value.left_out is not None]
    if len(left_out) < len(values):
        return MetricValue(per_seed=per_seed)
    return MetricValue(
        per_seed=per_seed,
        left_out=np.mean(left_out, axis=0),
        present=rows.groups.n_groups,
        df=rows.df,
        is_share=values[0].is_share,
    )


def primary_score(
    prepared: Prepared,
    errors: Mapping[Use, Array | None],
    subset: str | None,
    use: MetricUse | None = None,
) -> GroupScore:
    """A score that ranks, on a subset, as sums over groups; its metric is a mean over entries.

    Args:
        prepared: The labels.
        errors: Errors of every entry by target and metric.
        subset: The entries; None: all.
        use: The metric; the primary one unless another is given.
    """
    task, sums, sizes, means = prepared.task, [], [], []
    use = use or task.primary_use
    metric = get_metric(use.metric)
    for target in task.primary_targets:
        rows = prepared.scored_rows(subset, target, metric)
        values = errors[target.name, use.name][:, rows.index]  # type: ignore[index]
        means.append(values.mean(axis=1))
        sums.append(rows.groups.sums(values.mean(axis=0)))
        sizes.append(rows.groups.sizes)
    return GroupScore(sums=np.array(sums), sizes=np.array(sizes), per_seed=np.mean(means, axis=0))


# --- Slices: the primary metric on every part of the test set, all in one pass


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

    Entries are sorted by part and group, so that one pass over them gives every sum.

    Args:
        prepared: The labels; the primary metric must be a plain mean over entries.
        columns: ``id`` and the slice columns of these entries.

    Raises:
        KeyError: A slice of the task names a column that the dataset does not derive.
    """

    def __init__(self, prepared: Prepared, columns: pd.DataFrame) -> None:
        self.prepared = prepared
        table = columns.set_index("id").loc[prepared.ids]
        self.parts: list[tuple[str, str]] = []
        rows: list[Integers] = []
        for item in prepared.task.slices:
            column = table[item.column].to_numpy(dtype=object)
            for value in _slice_values(item, column):
                inside = np.flatnonzero((column == value) & prepared.has_error)
                if len(inside):
                    rows.append(inside)
                    self.parts.append((item.name, value))
        n_groups = int(prepared.group.max(initial=-1)) + 1
        index = np.concatenate([*rows, np.empty(0, np.int64)]).astype(np.int64)
        part = np.repeat(np.arange(len(rows)), [len(inside) for inside in rows])
        cell = part * n_groups + prepared.group[index]
        order = np.argsort(cell, kind="stable")
        cells, self._starts, counts = np.unique(cell[order], return_index=True, return_counts=True)
        self._index, self._cells = index[order], np.divmod(cells, max(n_groups, 1))
        self._sizes = np.zeros((len(rows), n_groups))
        self._sizes[self._cells] = counts
        self.n = self._sizes.sum(axis=1)
        self.n_present = (self._sizes > 0).sum(axis=1)
        self._judged = np.flatnonzero((self.n >= MIN_ROWS) & (self.n_present > 1))
        self._df = [intervals.degrees_of_freedom(self._sizes[row]) for row in self._judged]

    def score(self, errors: Array, confidence: float) -> Slices:
        """Score one submission on every part of every slice.

        Args:
            errors: Primary errors of all entries, shape (n_seeds, n).
            confidence: Level of the intervals.

        Returns:
            Slice → value → score, in the order of the task and of each slice's values; parts
            without entries are left out.
        """
        if not self.parts:
            return {}
        n_seeds = len(errors)
        cell_sums = np.add.reduceat(errors[:, self._index], self._starts, axis=1)
        per_seed = np.stack(
            [np.bincount(self._cells[0], weights=row, minlength=len(self.n)) for row in cell_sums]
        )
        per_seed = per_seed / self.n
        value = per_seed.mean(axis=0)
        variance = per_seed.var(axis=0, ddof=1) / n_seeds if n_seeds > 1 else np.zeros(len(value))
        sums = np.zeros_like(self._sizes)
        sums[self._cells] = cell_sums.mean(axis=0)
        low, high = np.full((2, len(value)), np.nan)
        metric = get_metric(self.prepared.task.primary_use.metric)
        judged = self._judged
        low[judged], high[judged] = (
            intervals.share_interval if metric.is_share else intervals.error_interval
        )(
            value[judged],
            intervals.left_out_means(sums[judged], self._sizes[judged]),
            present=self.n_present[judged],
            df=self._df,
            confidence=confidence,
            seed_variance=variance[judged],
            seed_df=n_seeds - 1.0,
        )
        scores: Slices = {}
        names = ("n", "n_groups", "value", "ci_low", "ci_high")
        arrays = (self.n.astype(int), self.n_present, value, low, high)
        rows = zip(*(array.tolist() for array in arrays), strict=True)
        for (name, part), row in zip(self.parts, rows, strict=True):
            found = SliceScore(**dict(zip(names, row, strict=True)))
            scores.setdefault(name, {})[part] = found
        return scores


def _slice_values(item: Slice, column: npt.NDArray[np.object_]) -> list[str]:
    """Values of a slice that are shown, in their order."""
    if item.values is not None:
        return [value for value, _ in item.values]
    return sorted({value for value in column if isinstance(value, str)})
