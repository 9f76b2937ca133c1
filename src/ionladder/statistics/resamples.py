"""Group resamples: whole groups drawn with replacement, the same ones for every submission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ionladder.statistics.groups import Array

_CELLS = 4_000_000
"""Counts held at a time: what bounds memory when there are many groups."""

_GROUPS, _SEEDS = 0, 1
"""Streams of randomness, so that seeds are drawn independently of groups."""


@dataclass(frozen=True, kw_only=True)
class Resamples:
    """One set of resamples, shared by all submissions of a board so that comparisons are paired.

    Attributes:
        n_resamples: How many.
        seed: Seed of the generator that draws them; the same seed gives the same resamples.
    """

    n_resamples: int
    seed: int

    def group_counts(self, n_groups: int) -> Iterator[tuple[slice, Array]]:
        """How often each group is drawn, a block of resamples at a time.

        Yields:
            The resamples of the block, and counts of shape (n_groups, block size), whose columns
            sum to ``n_groups``.

        Example:
            >>> blocks = Resamples(n_resamples=3, seed=0).group_counts(2)
            >>> [(block, counts.sum(axis=0).tolist()) for block, counts in blocks]
            [(slice(0, 3, None), [2.0, 2.0, 2.0])]
        """
        rng = np.random.default_rng([self.seed, _GROUPS, n_groups])
        step = max(_CELLS // n_groups, 1)
        for begin in range(0, self.n_resamples, step):
            block = slice(begin, min(begin + step, self.n_resamples))
            yield block, _counts(rng, n_groups, block.stop - block.start)

    def normal_draws(self, stream: int) -> Array:
        """Standard normal draws, one per resample, independent between streams.

        Args:
            stream: Any whole number of at most 64 bits, not negative.
        """
        rng = np.random.default_rng([self.seed, _SEEDS, stream])
        return rng.normal(size=self.n_resamples)


def _counts(rng: np.random.Generator, n: int, n_resamples: int) -> Array:
    """Draw n of n with replacement, n_resamples times; shape (n, n_resamples)."""
    drawn = rng.integers(n, size=(n_resamples, n))
    drawn += np.arange(n_resamples)[:, None] * n
    counts = np.bincount(drawn.ravel(), minlength=n * n_resamples)
    return np.ascontiguousarray(counts.reshape(n_resamples, n).T, dtype=np.float64)


def quantile(samples: Array, share: float) -> Array:
    """The value below which a share of the samples lies, along the last axis.

    Interpolates linearly between order statistics (type 7 of Hyndman and Fan 1996,
    doi 10.1080/00031305.1996.10473566). A full sort is several times as fast here as the
    partition inside ``numpy.quantile``.

    Args:
        samples: Shape (..., n_samples), no NaN.
        share: Between 0 and 1.

    Example:
        >>> float(quantile(np.arange(101.0), 0.25))
        25.0
    """
    ordered = np.sort(samples, axis=-1)
    last = ordered.shape[-1] - 1
    position = share * last
    below = min(int(position), max(last - 1, 0))
    above = min(below + 1, last)
    between: Array = ordered[..., below] + (position - below) * (
        ordered[..., above] - ordered[..., below]
    )
    return between
