"""Jackknife intervals of groups against loops, matrices, textbooks and scipy's bootstrap."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats import intervals as iv

# --- groups and degrees of freedom


labels = st.lists(st.integers(-3, 6), min_size=1, max_size=40)
sizes = st.lists(st.integers(1, 30), min_size=2, max_size=12)


def freedom_by_matrices(entries, shared):
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
def test_sums_agree_with_a_loop(labels, seed):
    values = np.random.default_rng(seed).normal(size=(3, len(labels)))
    groups = iv.make_groups(labels)
    parts = [np.array(labels) == name for name in sorted(set(labels))]
    expected = [[row[part].sum() for part in parts] for row in values]
    np.testing.assert_allclose(groups.sums(values), expected, atol=1e-12)
    assert groups.sizes.sum() == len(labels)


@given(sizes=sizes, shared=st.floats(0.0, 1.0))
def test_degrees_of_freedom_agree_with_matrices(sizes, shared):
    entries = np.array(sizes)
    assert iv.degrees_of_freedom(entries.astype(float), shared=shared) == pytest.approx(
        freedom_by_matrices(entries, shared), rel=1e-6
    )


def test_combined_degrees_of_freedom_by_hand():
    # (1 + 3)² / (1²/4 + 3²/9)
    assert float(iv.combined_freedom([(1.0, 4.0), (3.0, 9.0)])) == pytest.approx(16 / 1.25)


# --- intervals


groups_of_entries = st.lists(st.integers(0, 7), min_size=4, max_size=40)
groups_of_entries = groups_of_entries.filter(lambda labels: len(set(labels)) > 1)


def parts(errors, labels):
    """Everything an interval asks for, from errors and their groups."""
    groups = iv.make_groups(labels)
    return {
        "value": np.asarray(errors.mean()),
        "left_out": iv.left_out_means(groups.sums(errors), groups.sizes),
        "present": groups.n_present,
        "df": iv.degrees_of_freedom(groups.sizes),
        "confidence": 0.95,
    }


def draw(seed, n):
    return np.random.default_rng(seed).gamma(1.5, size=n) + 0.01


@given(labels=groups_of_entries, seed=st.integers(0, 1000))
def test_the_interval_agrees_with_a_loop_over_left_out_groups(labels, seed):
    errors = draw(seed, len(labels))
    names = sorted(set(labels))
    without = [errors[np.array(labels) != name].mean() for name in names]
    k = len(names)
    error = math.sqrt((k - 1) / k * sum((x - errors.mean()) ** 2 for x in without))
    sizes = np.array([labels.count(name) for name in names], dtype=float)
    t = stats.t.ppf(0.975, iv.degrees_of_freedom(sizes))
    factor = math.exp(t * error / errors.mean())
    low, high = iv.error_interval(**parts(errors, labels))
    assert (float(low), float(high)) == pytest.approx(
        (errors.mean() / factor, errors.mean() * factor), rel=1e-9
    )


@pytest.mark.parametrize("interval", [iv.error_interval, iv.share_interval])
def test_one_group_has_no_interval(interval):
    low, high = interval(**parts(np.array([0.5, 1.0]), [4, 4]))
    assert math.isnan(low)
    assert math.isnan(high)


def test_independent_entries_give_wilson_s_interval_with_student_s_t():
    is_good = np.array([1.0] * 12 + [0.0] * 28)
    low, high = iv.share_interval(**parts(is_good, list(range(40))))
    # The jackknife's variance is p(1 − p)/39: 39 entries' worth. Its ends solve
    # (p − x)² = t² x(1 − x)/39.
    t = stats.t.ppf(0.975, 39)
    for end in (float(low), float(high)):
        assert (0.3 - end) ** 2 == pytest.approx(t**2 * end * (1 - end) / 39, rel=1e-9)


@given(labels=groups_of_entries, seed=st.integers(0, 1000))
def test_an_interval_of_a_share_is_within_0_and_1_and_mirrors(labels, seed):
    is_good = (np.random.default_rng(seed).random(len(labels)) < 0.4).astype(float)
    low, high = iv.share_interval(**parts(is_good, labels))
    assert 0 <= low <= is_good.mean() + 1e-12
    assert is_good.mean() - 1e-12 <= high <= 1
    other_low, other_high = iv.share_interval(**parts(1.0 - is_good, labels))
    mirrored = (1 - float(other_high), 1 - float(other_low))
    assert mirrored == pytest.approx((float(low), float(high)), abs=1e-9)


def test_a_share_of_all_or_none_counts_groups_as_entries():
    low, high = iv.share_interval(**parts(np.zeros(12), [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3))
    square = stats.t.ppf(0.975, 3) ** 2 / 4
    assert float(low) == pytest.approx(0.0, abs=1e-12)
    assert float(high) == pytest.approx(square / (1 + square))


def test_merged_groups_agree_with_a_search_and_their_correlation_with_an_anova():
    rng = np.random.default_rng(4)
    index = rng.permutation(np.arange(60) % 20)
    labels = np.array([None, *"abcdefgh"], dtype=object)[rng.integers(0, 9, 60) * (index < 14)]

    found = iv.merged_groups(index, labels)

    merged = {frozenset(np.flatnonzero(found == number).tolist()) for number in set(found)}
    expected = [{group} for group in range(20)]
    for label in "abcdefgh":
        groups = set(index[labels == label].tolist())
        touched = [part for part in expected if part & groups]
        expected = [part for part in expected if not part & groups]
        expected += [set.union(*touched)] if touched else []
    assert merged == set(map(frozenset, expected))

    values, classes = rng.normal(size=40) + np.repeat(np.arange(10), 4), np.repeat(np.arange(10), 4)
    table = values.reshape(10, 4)
    between, within = 4 * table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    expected_icc = (between - within) / (between + 3 * within)
    alone = (np.append(values, 99.0), np.append(classes, 10))
    assert iv.intraclass_correlation(*alone) == pytest.approx(expected_icc)
