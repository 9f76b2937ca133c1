"""Shared resamples: repeatable, complete, fair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats import ranking as module
from ionladder.stats.ranking import Resamples, quantile


def counts(resamples: Resamples, n_groups: int) -> np.ndarray:
    return np.hstack([block for _, block in resamples.group_counts(n_groups)])


@given(n_groups=st.integers(1, 60), n=st.integers(1, 50), seed=st.integers(0, 2**32 - 1))
def test_every_resample_draws_as_many_groups_as_there_are(n_groups: int, n: int, seed: int) -> None:
    drawn = counts(Resamples(n_resamples=n, seed=seed), n_groups)
    assert drawn.shape == (n_groups, n)
    assert (drawn.sum(axis=0) == n_groups).all()


def test_the_same_seed_gives_the_same_resamples_and_another_one_does_not() -> None:
    first, again, other = (counts(Resamples(n_resamples=50, seed=s), 9) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_blocks_follow_one_another_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CELLS", 50)
    blocks = [block for block, _ in Resamples(n_resamples=23, seed=0).group_counts(10)]
    assert [(b.start, b.stop) for b in blocks] == [(0, 5), (5, 10), (10, 15), (15, 20), (20, 23)]


def test_groups_are_drawn_as_a_multinomial_says() -> None:
    drawn = counts(Resamples(n_resamples=20_000, seed=3), 8)
    observed = np.bincount(drawn[0].astype(int), minlength=6)[:6]
    expected = 20_000 * stats.binom.pmf(np.arange(6), 8, 1 / 8)
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-3


def test_streams_of_normal_draws_are_independent_and_repeatable() -> None:
    resamples = Resamples(n_resamples=20_000, seed=4)
    one, again, other = (resamples.normal_draws(stream) for stream in (7, 7, 2**64 - 1))
    np.testing.assert_array_equal(one, again)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert stats.kstest(one, "norm").pvalue > 1e-3


@given(
    values=st.lists(st.floats(-100, 100), min_size=1, max_size=60),
    share=st.sampled_from([0.0, 0.025, 0.5, 0.683, 0.975, 1.0]),
)
def test_quantiles_are_those_of_numpy(values: list[float], share: float) -> None:
    samples = np.array([values, values[::-1]])
    np.testing.assert_allclose(
        quantile(samples, share), np.quantile(samples, share, axis=-1), atol=1e-9
    )
