"""Interval methods of the literature, to compare with: for means over grouped entries.

Each takes a block of boards at once and follows its own textbook, not the code under test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Ends = tuple[Array, Array]


@dataclass(frozen=True)
class Boards:
    """Mean errors of a block of boards, and what resampling does to them.

    Attributes:
        sums: Errors summed within groups, shape (boards, groups).
        sizes: Entries in each group.
        confidence: Nominal level.
        resampled: Mean error in each resample of groups, shape (boards, resamples).
        resampled_errors: Its cluster-robust standard error there, same shape.
    """

    sums: Array
    sizes: Array
    confidence: float
    resampled: Array
    resampled_errors: Array

    @property
    def tails(self) -> tuple[float, float]:
        """Probability below the lower and below the upper end."""
        return (1.0 - self.confidence) / 2.0, (1.0 + self.confidence) / 2.0

    @property
    def means(self) -> Array:
        """Mean errors, shape (boards,)."""
        return self.sums.sum(axis=1) / self.sizes.sum()

    @property
    def scores(self) -> Array:
        """Sums of residuals within groups, shape (boards, groups)."""
        return self.sums - self.means[:, None] * self.sizes

    @property
    def standard_errors(self) -> Array:
        """Cluster-robust, with the correction G/(G − 1) known as CR1."""
        g = len(self.sizes)
        return np.sqrt(g / (g - 1.0) * (self.scores**2).sum(axis=1)) / self.sizes.sum()


def resample(
    sums: Array, sizes: Array, *, rng: np.random.Generator, n_resamples: int, confidence: float
) -> Boards:
    """Draw groups with replacement, the same ones for all boards of the block."""
    g = len(sizes)
    counts = rng.multinomial(g, np.full(g, 1.0 / g), size=n_resamples).T.astype(np.float64)
    rows = sizes @ counts
    means = (sums @ counts) / rows
    # Σ c (S − m n)², multiplied out so that no array over boards, groups and resamples is needed.
    squares = (sums**2) @ counts - 2.0 * means * ((sums * sizes) @ counts)
    squares += means**2 * ((sizes**2) @ counts)
    errors = np.sqrt(np.maximum(squares, 0.0) * g / (g - 1.0)) / rows
    return Boards(sums, sizes, confidence, means, errors)


def percentile(boards: Boards) -> Ends:
    """Efron 1979: quantiles of the resampled means."""
    low, high = np.quantile(boards.resampled, boards.tails, axis=1)
    return low, high


def bca(boards: Boards) -> Ends:
    """Efron 1987, doi 10.1080/01621459.1987.10478410: bias-corrected and accelerated."""
    means, n = boards.means, boards.resampled.shape[1]
    below = (boards.resampled < means[:, None]).mean(axis=1)
    bias = stats.norm.ppf(np.clip(below, 1.0 / n, 1.0 - 1.0 / n))
    total, sizes = boards.sums.sum(axis=1, keepdims=True), boards.sizes
    left_out = (total - boards.sums) / (sizes.sum() - sizes)
    away = left_out.mean(axis=1, keepdims=True) - left_out
    acceleration = (away**3).sum(axis=1) / (6.0 * (away**2).sum(axis=1) ** 1.5)
    ordered = np.sort(boards.resampled, axis=1)
    ends = []
    for tail in boards.tails:
        moved = bias + stats.norm.ppf(tail)
        level = stats.norm.cdf(bias + moved / (1.0 - acceleration * moved))
        place = np.clip(np.rint(level * (n - 1)).astype(int), 0, n - 1)
        ends.append(ordered[np.arange(len(ordered)), place])
    return ends[0], ends[1]


def bootstrap_t(boards: Boards) -> Ends:
    """Hall 1988, doi 10.1214/aos/1176350933: resampled t with cluster-robust errors."""
    low, high = _t_quantiles(boards, boards.resampled - boards.means[:, None], np.ones(1))
    return boards.means - high * boards.standard_errors, boards.means - low * boards.standard_errors


def bootstrap_t_log(boards: Boards) -> Ends:
    """The same on the logarithmic scale."""
    moved = np.log(boards.resampled / boards.means[:, None])
    low, high = _t_quantiles(boards, moved, boards.resampled)
    relative = boards.standard_errors / boards.means
    return boards.means * np.exp(-high * relative), boards.means * np.exp(-low * relative)


def cr1_t(boards: Boards) -> Ends:
    """Student's t with the CR1 error and G − 1 degrees of freedom, as in common software."""
    t = stats.t.ppf(boards.tails[1], len(boards.sizes) - 1)
    return boards.means - t * boards.standard_errors, boards.means + t * boards.standard_errors


def cr2_t(boards: Boards) -> Ends:
    """Bell and McCaffrey 2002: CR2 error, Satterthwaite df, independent rows as working model."""
    sizes = boards.sizes
    share = sizes / sizes.sum()
    error = np.sqrt((boards.scores**2 / (1.0 - share)).sum(axis=1)) / sizes.sum()
    covariance = np.diag(sizes) - np.outer(sizes, sizes) / sizes.sum()
    weighted = covariance / (1.0 - share)[:, None]
    df = np.trace(weighted) ** 2 / np.sum(weighted * weighted.T)
    t = stats.t.ppf(boards.tails[1], df)
    return boards.means - t * error, boards.means + t * error


def _t_quantiles(boards: Boards, moved: Array, scale: Array) -> tuple[Array, Array]:
    """Quantiles of moved / (error / scale), shape (boards,) each."""
    errors = boards.resampled_errors / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(errors > 0, moved / errors, 0.0)
    low, high = np.quantile(t, boards.tails, axis=1)
    return low, high


METHODS: Mapping[str, Callable[[Boards], Ends]] = {
    "percentile bootstrap": percentile,
    "BCa bootstrap": bca,
    "bootstrap-t": bootstrap_t,
    "bootstrap-t, log scale": bootstrap_t_log,
    "cluster-robust t (CR1, G − 1 df)": cr1_t,
    "cluster-robust t (CR2, Satterthwaite df)": cr2_t,
}
