"""Scores of many submissions made ready to be compared: paired variances, shared resamples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ionladder.statistics.groups import Array, combined_freedom, degrees_of_freedom, left_out_means
from ionladder.statistics.resamples import Resamples

_SHARED = 1.0 / 3.0
"""Part of the variance of a difference of two submissions that entries of a group share, in the
working model behind its degrees of freedom. Chosen by ``benchmarks/separation.py``: tie groups
take standard errors of a board as independent, and would separate too seldom with less."""


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """One score as sums over groups: enough to resample it and to pair it with another.

    Attributes:
        sums: Per-entry errors, averaged over seeds and summed within groups, shape
            (n_targets, n_groups). The score is the mean over targets of the mean over entries.
        sizes: Entries in each group that count, same shape.
        per_seed: The score of each seed, shape (n_seeds,).
    """

    sums: Array
    sizes: Array
    per_seed: Array

    @property
    def left_out(self) -> Array:
        """The score with each group left out, shape (n_groups,)."""
        means: Array = left_out_means(self.sums, self.sizes).mean(axis=0)
        return means

    @property
    def seed_df(self) -> float:
        """Degrees of freedom of the variance over seeds; 0 with one seed."""
        return len(self.per_seed) - 1.0

    @property
    def seed_variance(self) -> float:
        """Variance of the mean over seeds, s²/k for k seeds; 0 with one seed, unknown as it is."""
        k = len(self.per_seed)
        return float(self.per_seed.var(ddof=1)) / k if k > 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Standings:
    """Scores of one board, smaller being better.

    Attributes:
        values: Score of each submission, shape (n,).
        left_out: The same with each group left out, shape (n, n_groups).
        jackknife: Rows whose distance is the standard error of a paired difference that comes
            from groups, shape (n, n_groups).
        seed_variances: Variance that the choice of seeds gives each score, shape (n,).
        seed_dfs: Degrees of freedom of these variances, shape (n,).
        seed_noise: What other seeds would add to each score, shape (n, n_resamples); zero where
            there is one seed.
        samples: Scores under the shared resamples, seeds included, shape (n, n_resamples).
        df: Degrees of freedom that groups leave to a comparison.
    """

    values: Array
    left_out: Array
    jackknife: Array
    seed_variances: Array
    seed_dfs: Array
    seed_noise: Array
    samples: Array
    df: float

    def take(self, rows: npt.NDArray[np.int64]) -> Standings:
        """Some of the submissions, in the order given."""
        return Standings(
            values=self.values[rows],
            left_out=self.left_out[rows],
            jackknife=self.jackknife[rows],
            seed_variances=self.seed_variances[rows],
            seed_dfs=self.seed_dfs[rows],
            seed_noise=self.seed_noise[rows],
            samples=self.samples[rows],
            df=self.df,
        )

    def without_samples(self) -> Standings:
        """The same without samples and noise, which are large, where only errors are needed."""
        return replace(self, samples=self.samples[:, :0], seed_noise=self.seed_noise[:, :0])

    def errors_to(self, row: int, others: Sequence[int]) -> tuple[Array, Array]:
        """Standard errors of differences to one submission, and their degrees of freedom.

        Both submissions see the same groups, whose part is paired. Seeds of one are drawn
        independently of those of the other, so their variances add.

        Args:
            row: The submission.
            others: Those it is compared with.

        Returns:
            Two arrays of the length of ``others``.
        """
        rows = np.asarray(others, dtype=np.int64)
        from_groups = np.square(self.jackknife[rows] - self.jackknife[row]).sum(axis=1)
        own, other = self.seed_variances[row], self.seed_variances[rows]
        if not (own or other.any()):
            return np.sqrt(from_groups), np.full(len(rows), self.df)
        freedom = combined_freedom(
            [(from_groups, self.df), (own, self.seed_dfs[row]), (other, self.seed_dfs[rows])]
        )
        return np.sqrt(from_groups + own + other), freedom


def make_standings(scores: Sequence[GroupScore], resamples: Resamples) -> Standings:
    """Put scores of the same entries side by side.

    Args:
        scores: One per submission, all over the same groups and targets.
        resamples: The shared resamples. Groups are drawn with replacement. The mean over seeds
            of a submission that has several is drawn from a normal distribution with its
            standard error, on its own; submissions with the same seed scores share the draws, so
            that a copy of a submission never differs from it.
    """
    if not scores:
        nothing = np.empty((0, 0))
        return Standings(
            values=np.empty(0),
            left_out=nothing,
            jackknife=nothing,
            seed_variances=np.empty(0),
            seed_dfs=np.empty(0),
            seed_noise=np.empty((0, resamples.n_resamples)),
            samples=np.empty((0, resamples.n_resamples)),
            df=np.nan,
        )
    sums = np.stack([score.sums for score in scores])
    sizes = scores[0].sizes
    n_groups = sizes.shape[1]
    values = (sums.sum(axis=2) / sizes.sum(axis=1)).mean(axis=1)
    left_out = left_out_means(sums, sizes)
    shifts = left_out - (sums.sum(axis=2) / sizes.sum(axis=1))[:, :, None]
    seed_noise = _seed_noise(scores, resamples)
    return Standings(
        values=values,
        left_out=left_out.mean(axis=1),
        jackknife=np.sqrt((n_groups - 1.0) / n_groups) * shifts.mean(axis=1),
        seed_variances=np.array([score.seed_variance for score in scores]),
        seed_dfs=np.array([score.seed_df for score in scores]),
        seed_noise=seed_noise,
        samples=_group_samples(sums, sizes, values, resamples) + seed_noise,
        df=degrees_of_freedom(sizes.mean(axis=0), shared=_SHARED),
    )


def _group_samples(sums: Array, sizes: Array, values: Array, resamples: Resamples) -> Array:
    """Scores under every resample of groups, shape (n, n_resamples)."""
    # A matrix product may round equal rows differently, so each of them is computed once.
    flat, first, places = np.unique(
        sums.reshape(len(sums), -1), axis=0, return_index=True, return_inverse=True
    )
    distinct, means = flat.reshape(-1, *sums.shape[1:]), values[first]
    samples = np.empty((len(distinct), resamples.n_resamples))
    for block, counts in resamples.group_counts(sizes.shape[1]):
        drawn = sizes @ counts
        # A resample without a single labelled entry of some target says nothing about it.
        empty = (drawn == 0).any(axis=0)
        drawn[:, empty] = 1.0
        totals = [distinct[:, target] @ (counts / drawn[target]) for target in range(len(sizes))]
        samples[:, block] = np.mean(totals, axis=0)
        samples[:, block][:, empty] = means[:, None]
    return samples[places.ravel()]


def _seed_noise(scores: Sequence[GroupScore], resamples: Resamples) -> Array:
    """Normal draws with the standard error of each mean over seeds, shape (n, n_resamples)."""
    noise = np.zeros((len(scores), resamples.n_resamples))
    for row, score in enumerate(scores):
        if score.seed_variance > 0:
            noise[row] = np.sqrt(score.seed_variance) * resamples.normal_draws(
                _stream(score.per_seed)
            )
    return noise


def _stream(per_seed: Array) -> int:
    """Name of the draws of a submission: its seed scores, so that no order of rows enters."""
    text = " ".join(f"{score:.9f}" for score in np.sort(per_seed))
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)
