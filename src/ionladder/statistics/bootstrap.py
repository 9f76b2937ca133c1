"""Group bootstrap: resample whole groups of related entries, the same way for every submission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupResamples:
    """One set of group resamples, shared by all submissions so that comparisons are paired.

    Attributes:
        group_index: Group of each entry as 0 … n_groups − 1, shape (n_entries,).
        weights: How often each group is drawn, divided by the number of entries drawn, shape
            (n_groups, n_resamples): resampled means are ``group sums @ weights``.
    """

    group_index: npt.NDArray[np.int64]
    weights: Array

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.weights.shape[0])

    def resampled_means(self, values: Array) -> Array:
        """Means of per-entry values under every resample.

        Args:
            values: Per-entry values, shape (n_entries,) or (n_rows, n_entries), no NaN.

        Returns:
            Means, shape (n_resamples,) or (n_rows, n_resamples).
        """
        return group_sums(values, self.group_index, self.n_groups) @ self.weights


def draw_group_resamples(
    groups: npt.ArrayLike, *, n_resamples: int, rng: np.random.Generator
) -> GroupResamples:
    """Draw as many groups as there are, with replacement, ``n_resamples`` times.

    Args:
        groups: Group label of each entry, shape (n_entries,); any sortable labels.
        n_resamples: Number of resamples.
        rng: Source of randomness.

    Example:
        >>> resamples = draw_group_resamples([7, 7, 9], n_resamples=4, rng=np.random.default_rng(0))
        >>> resamples.n_groups, resamples.weights.shape
        (2, (2, 4))
    """
    names, index, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    n_groups = len(names)
    counts = rng.multinomial(n_groups, np.full(n_groups, 1.0 / n_groups), size=n_resamples)
    drawn_entries = counts @ sizes
    weights = np.ascontiguousarray((counts / drawn_entries[:, None]).T)
    return GroupResamples(index.astype(np.int64), weights)


def group_sums(values: Array, group_index: npt.NDArray[np.int64], n_groups: int) -> Array:
    """Sum per-entry values within groups, for one row or many.

    Args:
        values: Shape (n_entries,) or (n_rows, n_entries).
        group_index: Group of each entry, shape (n_entries,).
        n_groups: Number of groups.

    Returns:
        Sums of shape (n_groups,) or (n_rows, n_groups).
    """
    membership = np.zeros((len(group_index), n_groups))
    membership[np.arange(len(group_index)), group_index] = 1.0
    sums: Array = values @ membership
    return sums


def percentile_interval(samples: Array, *, confidence: float) -> tuple[Array, Array]:
    """Percentile interval along the last axis.

    The quantiles interpolate linearly between order statistics (type 7 of Hyndman & Fan 1996,
    doi 10.1080/00031305.1996.10473566). A full sort is several times as fast here as the
    partition inside ``numpy.quantile``.

    Args:
        samples: Resampled values, shape (..., n_resamples), no NaN.
        confidence: Nominal level, between 0 and 1.

    Returns:
        Lower and upper ends, each of shape (...,).

    Example:
        >>> low, high = percentile_interval(np.arange(101.0), confidence=0.5)
        >>> float(low), float(high)
        (25.0, 75.0)
    """
    ordered = np.sort(samples, axis=-1)
    tail = (1.0 - confidence) / 2.0
    return _interpolate(ordered, tail), _interpolate(ordered, 1.0 - tail)


def _interpolate(ordered: Array, share: float) -> Array:
    """The value below which a share of sorted values lies."""
    last = ordered.shape[-1] - 1
    position = share * last
    below = min(int(position), max(last - 1, 0))
    above = min(below + 1, last)
    between: Array = ordered[..., below] + (position - below) * (
        ordered[..., above] - ordered[..., below]
    )
    return between
