"""Small boards for tests of standings, pairs, ties and ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ionladder.stats.intervals import make_groups
from ionladder.stats.ranking import GroupScore, Resamples, Standings, make_standings

RESAMPLES = Resamples(n_resamples=2000, seed=5)
LABELS = np.repeat(np.arange(20), [9, 7, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])


def group_scores(
    errors: np.ndarray,
    seeds: Sequence[Sequence[float]] | None = None,
    labels: np.ndarray = LABELS,
) -> list[GroupScore]:
    """Scores of submissions from errors of shape (n, n_entries), and scores of their seeds."""
    groups = make_groups(labels)
    return [
        GroupScore(
            sums=groups.sums(row)[None],
            sizes=groups.sizes[None],
            per_seed=np.array([row.mean()] if seeds is None else seeds[at]),
        )
        for at, row in enumerate(errors)
    ]


def standings(errors: np.ndarray, seeds: Sequence[Sequence[float]] | None = None) -> Standings:
    """The same, side by side."""
    return make_standings(group_scores(errors, seeds), RESAMPLES)


def similar(offsets: Sequence[float], *, noise: float = 0.1, seed: int = 0) -> np.ndarray:
    """Errors that differ by offsets and a little noise, on top of what entries have in common."""
    rng = np.random.default_rng(seed)
    common = rng.gamma(2.0, size=len(LABELS))
    return (
        common + np.array(offsets)[:, None] + noise * rng.normal(size=(len(offsets), len(LABELS)))
    )
