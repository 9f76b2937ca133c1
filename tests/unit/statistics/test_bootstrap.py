"""Group resampling against brute force, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ionladder.statistics.bootstrap import (
    draw_group_resamples,
    group_sums,
    percentile_interval,
)


def test_group_sums_agree_with_a_loop() -> None:
    rng = np.random.default_rng(0)
    index = rng.integers(0, 4, size=30)
    values = rng.normal(size=(3, 30))
    expected = [[row[index == group].sum() for group in range(4)] for row in values]
    np.testing.assert_allclose(group_sums(values, index, 4), expected)


@given(
    groups=st.lists(st.integers(0, 5), min_size=2, max_size=40),
    constant=st.floats(-50, 50),
    seed=st.integers(0, 1000),
)
def test_a_constant_has_itself_as_every_resampled_mean(
    groups: list[int], constant: float, seed: int
) -> None:
    resamples = draw_group_resamples(groups, n_resamples=20, rng=np.random.default_rng(seed))
    means = resamples.resampled_means(np.full(len(groups), constant))
    np.testing.assert_allclose(means, constant, rtol=1e-12, atol=1e-12)


@given(seed=st.integers(0, 1000))
def test_resampled_means_are_linear_and_stay_within_the_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 6, size=25)
    one, other = rng.normal(size=(2, 25))
    resamples = draw_group_resamples(groups, n_resamples=30, rng=rng)
    together = resamples.resampled_means(np.stack([one, other]))
    np.testing.assert_allclose(
        resamples.resampled_means(2 * one - other), 2 * together[0] - together[1], atol=1e-12
    )
    assert together[0].min() >= one.min() - 1e-12
    assert together[0].max() <= one.max() + 1e-12


def test_the_same_seed_draws_the_same_resamples() -> None:
    groups = [1, 1, 2, 3, 3, 3]
    first, second = (
        draw_group_resamples(groups, n_resamples=10, rng=np.random.default_rng(4)).weights
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_percentile_interval_holds_its_share() -> None:
    low, high = percentile_interval(np.arange(1001.0), confidence=0.9)
    assert (float(low), float(high)) == pytest.approx((50.0, 950.0))


@given(
    values=st.lists(st.floats(-100, 100), min_size=1, max_size=60),
    confidence=st.sampled_from([0.5, 0.683, 0.9, 0.95, 0.99]),
)
def test_the_percentile_interval_agrees_with_numpy(values: list[float], confidence: float) -> None:
    samples = np.array([values, values[::-1]])
    tail = (1 - confidence) / 2
    expected = np.quantile(samples, [tail, 1 - tail], axis=-1)
    np.testing.assert_allclose(
        percentile_interval(samples, confidence=confidence), expected, atol=1e-9
    )
