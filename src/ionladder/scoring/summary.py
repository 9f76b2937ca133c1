"""One metric before it is summed up: its value for each seed, and what leaving groups out does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ionladder.metrics.registry import get_metric
from ionladder.scoring.prepared import PreparedRows, PreparedSubset
from ionladder.specs.metric import Array, Metric
from ionladder.specs.task import MetricUse
from ionladder.statistics.groups import degrees_of_freedom, left_out_means
from ionladder.statistics.intervals import error_interval, share_interval

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
