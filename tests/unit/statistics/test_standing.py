"""Standings against loops: paired errors, shared resamples, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ionladder.stats.intervals import make_groups
from ionladder.stats.ranking import GroupScore, Resamples, make_standings
from unit.statistics.boards import LABELS, RESAMPLES, group_scores, similar, standings


def test_values_are_mean_errors() -> None:
    errors = similar([0.0, 0.5, 1.0])
    np.testing.assert_allclose(standings(errors).values, errors.mean(axis=1))


def test_the_error_of_a_difference_is_its_own_jackknife() -> None:
    errors = similar([0.0, 0.5], noise=0.6)
    difference = errors[1] - errors[0]
    without = [difference[name != LABELS].mean() for name in np.unique(LABELS)]
    expected = math.sqrt(19 / 20 * sum((x - difference.mean()) ** 2 for x in without))
    error, freedom = standings(errors).errors_to(0, [1])
    assert float(error[0]) == pytest.approx(expected, rel=1e-9)
    assert float(freedom[0]) == pytest.approx(standings(errors).df)


def test_samples_are_means_of_the_drawn_groups() -> None:
    errors = similar([0.0, 0.5], noise=0.6)
    groups = make_groups(LABELS)
    made = standings(errors)
    for block, counts in RESAMPLES.group_counts(20):
        for at in range(block.start, block.stop)[:: RESAMPLES.n_resamples // 20]:
            drawn = np.repeat(np.arange(20), counts[:, at].astype(int))
            rows = np.concatenate([np.flatnonzero(groups.index == group) for group in drawn])
            np.testing.assert_allclose(made.samples[:, at], errors[:, rows].mean(axis=1))


def test_resampled_scores_spread_as_scipy_s_bootstrap_does() -> None:
    errors = similar([0.0], noise=0.6)
    groups = make_groups(LABELS)
    oracle = stats.bootstrap(
        (groups.sums(errors[0]), groups.sizes),
        lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(2),
    ).standard_error
    made = make_standings(group_scores(errors), Resamples(n_resamples=20_000, seed=1))
    assert made.samples[0].std() == pytest.approx(oracle, rel=0.03)


def test_equal_rows_are_equal_to_the_last_bit_wherever_they_stand() -> None:
    for n in range(2, 40):
        errors = similar(np.linspace(0, 1, n).tolist(), noise=0.3)
        made = standings(np.vstack([errors, errors[:1]]))
        np.testing.assert_array_equal(made.samples[0], made.samples[-1])
        np.testing.assert_array_equal(made.jackknife[0], made.jackknife[-1])


def test_seeds_of_two_submissions_vary_on_their_own() -> None:
    # Deviations that happen to be the same number by number say nothing about one another.
    errors = np.array([similar([0.0])[0], similar([0.0], seed=1)[0]])
    seeds = [[1.0, 2.0], [1.5, 2.5]]
    plain, _ = standings(errors).errors_to(0, [1])
    error, freedom = standings(errors, seeds).errors_to(0, [1])
    # Each pair of seeds has a variance of 0.5, its mean one of 0.25.
    assert float(error[0]) == pytest.approx(math.sqrt(float(plain[0]) ** 2 + 0.25 + 0.25))
    assert 1.0 < float(freedom[0]) < standings(errors).df


def test_the_mean_over_seeds_enters_the_samples_with_its_standard_error() -> None:
    errors = np.full((1, len(LABELS)), 1.5)
    seeds = [[1.1, 1.4, 1.6, 1.9]]
    made = standings(errors, seeds)
    assert made.samples[0].std() == pytest.approx(np.std(seeds[0], ddof=1) / 2, rel=0.05)
    assert made.seed_variances[0] == pytest.approx(np.var(seeds[0], ddof=1) / 4)


def test_the_draws_of_a_submission_do_not_depend_on_who_stands_beside_it() -> None:
    errors = similar([0.0, 0.5, 1.0], noise=0.3)
    seeds = [[1.0, 1.2, 1.3], [1.5, 1.9], [2.0, 2.1, 2.4]]
    made = standings(errors, seeds)
    turned = standings(errors[::-1], seeds[::-1])
    np.testing.assert_allclose(made.samples, turned.samples[::-1], rtol=1e-12)
    np.testing.assert_allclose(made.seed_noise[:1], standings(errors[:1], seeds[:1]).seed_noise)


def test_the_order_of_seeds_is_irrelevant() -> None:
    errors = similar([0.0])
    one = standings(errors, [[1.0, 1.5, 2.5]])
    other = standings(errors, [[2.5, 1.0, 1.5]])
    np.testing.assert_allclose(one.samples, other.samples, rtol=1e-12)


def test_targets_share_the_groups_and_count_alike() -> None:
    groups = make_groups(LABELS)
    errors = similar([0.0, 1.0], noise=0.5)
    has_label = LABELS != 3
    part = make_groups(LABELS[has_label], universe=np.unique(LABELS))
    score = GroupScore(
        sums=np.stack([groups.sums(errors[0]), part.sums(errors[1][has_label])]),
        sizes=np.stack([groups.sizes, part.sizes]),
        per_seed=np.array([0.0]),
    )
    made = make_standings([score], RESAMPLES)
    assert made.values[0] == pytest.approx((errors[0].mean() + errors[1][has_label].mean()) / 2)
    for name in (0, 3):
        kept = name != LABELS
        expected = (errors[0][kept].mean() + errors[1][kept & has_label].mean()) / 2
        assert made.left_out[0, name] == pytest.approx(expected)


def test_an_empty_board_has_empty_standings() -> None:
    made = make_standings([], RESAMPLES)
    assert made.values.shape == (0,)
    assert made.samples.shape == (0, RESAMPLES.n_resamples)
    assert math.isnan(made.df)


def test_taking_rows_takes_everything_that_belongs_to_them() -> None:
    errors = similar([0.0, 0.5, 1.0], noise=0.3)
    seeds = [[1.0, 1.2], [1.5, 1.9], [2.0, 2.4]]
    rows = np.array([2, 0])
    taken, alone = (
        standings(errors, seeds).take(rows),
        standings(errors[rows], [seeds[2], seeds[0]]),
    )
    for name in ("values", "left_out", "jackknife", "seed_variances", "seed_dfs", "samples"):
        np.testing.assert_allclose(getattr(taken, name), getattr(alone, name), rtol=1e-9)
