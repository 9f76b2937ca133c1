"""Tie groups against the studentised range and brute force, and the laws they obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats.ranking import (
    GroupScore,
    Resamples,
    Standings,
    _draws_when_equal,
    _largest_differences,
    make_standings,
    tie_groups,
)
from unit.statistics.boards import LABELS, RESAMPLES, group_scores, similar, standings

offsets = st.lists(st.floats(0, 2), min_size=1, max_size=12)


def groups_of(made: Standings) -> list[int]:
    return tie_groups(made, resamples=RESAMPLES, confidence=0.95).tolist()


def test_far_apart_submissions_have_their_own_groups() -> None:
    assert groups_of(standings(similar([3.0, 1.0, 2.0]))) == [3, 1, 2]


def test_submissions_within_the_noise_tie() -> None:
    assert groups_of(standings(similar([1.0, 1.01, 1.02, 3.0], noise=0.5))) == [1, 1, 1, 2]


def test_a_group_need_not_be_contiguous() -> None:
    # The last one is worse than the second, but so noisy that nothing can be said about it.
    errors = similar([0.0, 0.5, 0.7], noise=0.01)
    errors[2] += 6.0 * np.random.default_rng(3).normal(size=errors.shape[1])
    errors[2] += errors[0].mean() + 0.7 - errors[2].mean()
    assert groups_of(standings(errors)) == [1, 2, 1]


@given(offsets=offsets, noise=st.sampled_from([0.01, 0.3, 2.0]), seed=st.integers(0, 50))
@settings(deadline=None)
def test_groups_partition_the_board_and_the_leader_is_in_the_first(
    offsets: list[float], noise: float, seed: int
) -> None:
    made = standings(similar(offsets, noise=noise, seed=seed))
    groups = groups_of(made)
    assert sorted(set(groups)) == list(range(1, max(groups) + 1))
    leaders = [made.values[np.array(groups) == n].min() for n in sorted(set(groups))]
    assert groups[int(made.values.argmin())] == 1
    assert leaders == sorted(leaders)


@given(offsets=offsets, seed=st.integers(0, 50), copied=st.integers(0, 11))
@settings(deadline=None)
def test_a_copy_ties_with_its_original(offsets: list[float], seed: int, copied: int) -> None:
    errors = similar(offsets, noise=0.2, seed=seed)
    groups = groups_of(standings(np.vstack([errors, errors[copied % len(errors)]])))
    assert groups[-1] == groups[copied % len(errors)]


@given(offsets=offsets, seed=st.integers(0, 50), factor=st.floats(1e-6, 1e6))
@settings(deadline=None)
def test_the_order_of_submissions_and_the_unit_are_irrelevant(
    offsets: list[float], seed: int, factor: float
) -> None:
    errors = similar(offsets, noise=0.3, seed=seed)
    order = np.random.default_rng(seed).permutation(len(errors))
    groups = groups_of(standings(errors))
    assert groups_of(standings(factor * errors[order])) == [groups[at] for at in order]


def test_a_difference_that_is_the_same_everywhere_separates() -> None:
    errors = similar([0.0, 0.0, 0.0], noise=0.0) + np.array([[0.0], [0.1], [0.3]])
    assert groups_of(standings(errors)) == [1, 2, 3]


def test_rounding_does_not_separate() -> None:
    errors = similar([0.0], noise=0.0)
    assert groups_of(standings(np.vstack([errors, errors * (1 + 1e-15)]))) == [1, 1]


@pytest.mark.parametrize("n", [0, 1])
def test_boards_too_small_to_compare(n: int) -> None:
    assert groups_of(standings(similar([0.0] * n))) == [1] * n


def test_a_single_group_of_entries_separates_nobody() -> None:
    scores = [
        GroupScore(sums=np.array([[x]]), sizes=np.array([[5.0]]), per_seed=np.array([x]))
        for x in (1.0, 9.0)
    ]
    assert groups_of(make_standings(scores, RESAMPLES)) == [1, 1]


def test_seeds_that_scatter_keep_submissions_together() -> None:
    errors = similar([0.0, 0.3], noise=0.1)
    means = errors.mean(axis=1)
    steady = [[m - 0.01, m, m + 0.01] for m in means]
    scattered = [[m - 0.8, m, m + 0.8] for m in means]
    assert groups_of(standings(errors, steady)) == [1, 2]
    assert groups_of(standings(errors, scattered)) == [1, 1]


def test_scattered_seeds_of_one_submission_do_not_tie_the_others() -> None:
    errors = similar([0.0, 0.5, 0.6], noise=0.1)
    means = errors.mean(axis=1)
    seeds = [[means[0]], [means[1]], [means[2] - 1.0, means[2] + 1.0]]
    assert groups_of(standings(errors, seeds))[:2] == [1, 2]


def test_equal_independent_normals_give_the_range_of_a_monte_carlo_by_hand() -> None:
    """Many groups of one size: the largest difference to the smallest is a studentised range."""
    n, n_groups = 6, 400
    errors = 5.0 + np.random.default_rng(1).normal(size=(n, n_groups))
    scores = [
        GroupScore(sums=row[None], sizes=np.ones((1, n_groups)), per_seed=np.array([row.mean()]))
        for row in errors
    ]
    resamples = Resamples(n_resamples=40_000, seed=2)
    made = make_standings(scores, resamples)
    noise, scale = _draws_when_equal(made, made.seed_noise, np.arange(len(scores)), resamples)
    largest = _largest_differences(made, noise, scale, 0.0)
    # A difference of two has √2 times the error of one.
    expected = stats.studentized_range.ppf(0.95, n, n_groups - 1) / np.sqrt(2)
    assert np.quantile(largest, 0.95) == pytest.approx(expected, rel=0.03)


def test_the_draws_have_the_covariance_of_the_jackknife() -> None:
    resamples = Resamples(n_resamples=40_000, seed=3)
    made = make_standings(group_scores(similar([0.0, 0.3, 0.6], noise=0.5)), resamples)
    noise, scale = _draws_when_equal(made, made.seed_noise, np.arange(3), resamples)
    expected = made.jackknife @ made.jackknife.T
    np.testing.assert_allclose(np.cov(noise), expected, rtol=0.05)
    assert np.mean(scale**2) == pytest.approx(1.0, abs=0.01)


def test_equal_models_are_rarely_separated() -> None:
    rng = np.random.default_rng(0)
    n_boards, wrong = 200, 0
    for board in range(n_boards):
        shared, own = rng.normal(size=(1, 20))[:, LABELS], rng.normal(size=(8, 20))[:, LABELS]
        noise = rng.normal(size=(8, len(LABELS)))
        made = make_standings(
            group_scores(np.abs(shared + own + noise)), Resamples(n_resamples=1000, seed=board)
        )
        groups = tie_groups(
            made, resamples=Resamples(n_resamples=1000, seed=board), confidence=0.95
        )
        wrong += groups.max() > 1
    # 5 % of 200 boards are 10; seven more are three standard errors.
    assert wrong <= 19


def test_step_down_never_ties_what_one_step_separates() -> None:
    made = standings(similar([0.0, 0.1, 0.2, 3.0, 3.1], noise=0.6))
    alone = made.take(np.arange(3))
    assert groups_of(made)[:3] == groups_of(alone)
