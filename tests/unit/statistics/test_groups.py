"""Sums and left-out means of groups against loops; degrees of freedom against matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.stats.intervals import (
    combined_freedom,
    degrees_of_freedom,
    left_out_means,
    make_groups,
)

labels = st.lists(st.integers(-3, 6), min_size=1, max_size=40)
sizes = st.lists(st.integers(1, 30), min_size=2, max_size=12)


def freedom_by_matrices(entries: np.ndarray, shared: float) -> float:
    """Satterthwaite's degrees of freedom with every matrix written out, entry by entry."""
    member = np.repeat(np.eye(len(entries)), entries, axis=0)
    n = len(member)
    residual = np.eye(n) - 1.0 / n
    alike = shared * member @ member.T + (1.0 - shared) * np.eye(n)
    covariance = member.T @ residual @ alike @ residual.T @ member / n**2
    weights = np.diag((1.0 - entries / n) ** -2)
    product = weights @ covariance
    return float(np.trace(product) ** 2 / np.trace(product @ product))


@given(labels=labels, seed=st.integers(0, 1000))
def test_sums_agree_with_a_loop(labels: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(3, len(labels)))
    groups = make_groups(labels)
    expected = [
        [row[np.array(labels) == name].sum() for name in sorted(set(labels))] for row in values
    ]
    np.testing.assert_allclose(groups.sums(values), expected, atol=1e-12)
    assert groups.sizes.sum() == len(labels)


def test_groups_of_a_universe_without_entries_are_empty() -> None:
    groups = make_groups(["c", "a"], universe=np.array(["a", "b", "c"]))
    assert groups.sums(np.array([1.0, 2.0])).tolist() == [2.0, 0.0, 1.0]
    assert (groups.n_groups, groups.n_present) == (3, 2)


def test_no_entries_leave_every_sum_zero() -> None:
    groups = make_groups(np.array([], dtype=int), universe=np.array([1, 2]))
    assert groups.sums(np.empty((2, 0))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@given(labels=labels.filter(lambda x: len(set(x)) > 1), seed=st.integers(0, 1000))
def test_left_out_means_agree_with_a_loop(labels: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=len(labels))
    groups = make_groups(labels)
    expected = [values[np.array(labels) != name].mean() for name in sorted(set(labels))]
    np.testing.assert_allclose(
        left_out_means(groups.sums(values), groups.sizes), expected, atol=1e-9
    )


def test_leaving_out_an_empty_group_changes_nothing_and_the_only_one_leaves_nothing() -> None:
    means = left_out_means(np.array([[6.0, 0.0]]), np.array([[2.0, 0.0]]))
    assert math.isnan(means[0, 0])
    assert means[0, 1] == 3.0


@given(sizes=sizes, shared=st.floats(0.0, 1.0))
def test_degrees_of_freedom_agree_with_matrices(sizes: list[int], shared: float) -> None:
    entries = np.array(sizes)
    assert degrees_of_freedom(entries.astype(float), shared=shared) == pytest.approx(
        freedom_by_matrices(entries, shared), rel=1e-6
    )


@given(size=st.integers(1, 50), n=st.integers(2, 60))
def test_groups_of_one_size_leave_one_less_than_there_are(size: int, n: int) -> None:
    assert degrees_of_freedom(np.full(n, float(size))) == pytest.approx(n - 1, rel=1e-9)


@given(sizes=sizes)
def test_degrees_of_freedom_stay_below_the_number_of_groups_and_know_no_unit(
    sizes: list[int],
) -> None:
    entries = np.array(sizes, dtype=float)
    df = degrees_of_freedom(entries)
    assert 0 < df <= len(sizes) - 1 + 1e-9
    assert df == pytest.approx(degrees_of_freedom(7.0 * entries[::-1]), rel=1e-9)
    assert df == pytest.approx(degrees_of_freedom(np.append(entries, 0.0)), rel=1e-12)


def test_one_group_leaves_no_degrees_of_freedom() -> None:
    assert math.isnan(degrees_of_freedom(np.array([5.0, 0.0])))


def test_the_test_set_of_obelix_leaves_as_many_as_nine_equal_groups_would() -> None:
    sizes = [12] * 2 + [7] * 2 + [6] * 2 + [5] * 2 + [4] * 3 + [3] * 5 + [2] * 8 + [1] * 18
    assert degrees_of_freedom(np.array(sizes, dtype=float)) == pytest.approx(7.66, abs=0.01)


def test_combined_degrees_of_freedom_by_hand() -> None:
    # (1 + 3)² / (1²/4 + 3²/9)
    assert float(combined_freedom([(1.0, 4.0), (3.0, 9.0)])) == pytest.approx(16 / 1.25)


@given(
    parts=st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(1.0, 100.0)), min_size=1, max_size=4)
)
def test_combined_degrees_of_freedom_lie_between_the_smallest_and_the_sum(
    parts: list[tuple[float, float]],
) -> None:
    combined = float(combined_freedom(parts))
    freedoms = [freedom for _, freedom in parts]
    assert min(freedoms) * (1 - 1e-9) <= combined <= sum(freedoms) * (1 + 1e-9)


def test_a_variance_of_zero_or_unknown_degrees_of_freedom() -> None:
    assert float(combined_freedom([(2.0, 8.0), (0.0, 0.0)])) == 8.0
    assert float(combined_freedom([(0.0, 8.0), (0.0, 0.0)])) == 8.0
    assert math.isnan(float(combined_freedom([(math.nan, 8.0), (1.0, 3.0)])))
