"""Resamples, standings, pairs, ties and ranks against loops, textbooks and brute force."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats.intervals import make_groups
from ionladder.stats.ranking import (
    GroupScore,
    RankRow,
    Resamples,
    Standings,
    make_standings,
    paired_differences,
    quantile,
    rank_rows,
    tie_groups,
)

RESAMPLES = Resamples(n_resamples=2000, seed=5)
LABELS = np.repeat(np.arange(20), [9, 7, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])


def group_scores(
    errors: np.ndarray, seeds: Sequence[Sequence[float]] | None = None, labels: np.ndarray = LABELS
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
    """Standings of such scores."""
    return make_standings(group_scores(errors, seeds), RESAMPLES)


def similar(offsets: Sequence[float], *, noise: float = 0.1, seed: int = 0) -> np.ndarray:
    """Errors that differ by offsets and a little noise, on top of what entries have in common."""
    rng = np.random.default_rng(seed)
    common = rng.gamma(2.0, size=len(LABELS))
    return (
        common + np.array(offsets)[:, None] + noise * rng.normal(size=(len(offsets), len(LABELS)))
    )


# --- resamples


def counts(resamples: Resamples, n_groups: int) -> np.ndarray:
    return np.hstack([block for _, block in resamples.group_counts(n_groups)])


@given(
    values=st.lists(st.floats(-100, 100), min_size=1, max_size=60),
    share=st.sampled_from([0.0, 0.025, 0.5, 0.683, 0.975, 1.0]),
)
def test_quantiles_are_those_of_numpy(values: list[float], share: float) -> None:
    samples = np.array([values, values[::-1]])
    np.testing.assert_allclose(
        quantile(samples, share), np.quantile(samples, share, axis=-1), atol=1e-9
    )


# --- standings


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


def test_seeds_of_two_submissions_vary_on_their_own() -> None:
    # Deviations that happen to be the same number by number say nothing about one another.
    errors = np.array([similar([0.0])[0], similar([0.0], seed=1)[0]])
    seeds = [[1.0, 2.0], [1.5, 2.5]]
    plain, _ = standings(errors).errors_to(0, [1])
    error, freedom = standings(errors, seeds).errors_to(0, [1])
    # Each pair of seeds has a variance of 0.5, its mean one of 0.25.
    assert float(error[0]) == pytest.approx(math.sqrt(float(plain[0]) ** 2 + 0.25 + 0.25))
    assert 1.0 < float(freedom[0]) < standings(errors).df


# --- paired differences


def test_entries_that_are_groups_give_the_paired_t_interval() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.gamma(2.0, size=(2, 30))
    scores = [
        GroupScore(sums=row[None], sizes=np.ones((1, 30)), per_seed=np.array([row.mean()]))
        for row in (one, other)
    ]
    made = make_standings(scores, Resamples(n_resamples=10, seed=0))
    pair = paired_differences(made, 0, [1], confidence=0.95)
    oracle = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert float(pair.difference[0]) == pytest.approx(np.mean(one - other))
    assert (float(pair.ci_low[0]), float(pair.ci_high[0])) == pytest.approx(
        (oracle.low, oracle.high), rel=1e-6
    )


# --- tie groups


offsets = st.lists(st.floats(0, 2), min_size=1, max_size=12)


def groups_of(made: Standings) -> list[int]:
    return tie_groups(made, resamples=RESAMPLES, confidence=0.95).tolist()


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


# --- ranks


FIVE = [0.0, 0.02, 0.1, 0.05, 0.3]


def rows_of(
    errors: np.ndarray, seeds: list[list[float]] | None = None, confidence: float = 0.95
) -> list[RankRow]:
    return rank_rows(standings(errors, seeds), resamples=RESAMPLES, confidence=confidence)


def test_ranks_agree_with_the_resampled_scores_they_come_from() -> None:
    errors = similar(FIVE, noise=0.7)
    made = standings(errors)
    brute = np.array(
        [[1 + np.sum(column < value) for value in column] for column in made.samples.T]
    )
    rows = rank_rows(made, resamples=RESAMPLES, confidence=0.95)
    for row, ranks in zip(rows, brute.T, strict=True):
        low, high = np.quantile(ranks, [0.025, 0.975], method="inverted_cdf")
        assert (row.rank_low, row.rank_high) == (low, high)
        assert row.probability_best == pytest.approx(np.mean(ranks == 1))


@given(
    offsets=st.lists(st.floats(0, 1), min_size=1, max_size=9),
    noise=st.sampled_from([0.05, 0.5]),
    seed=st.integers(0, 50),
)
@settings(deadline=None)
def test_probabilities_of_being_best_sum_to_one_and_ranges_hold_the_rank(
    offsets: list[float], noise: float, seed: int
) -> None:
    rows = rows_of(similar(offsets, noise=noise, seed=seed))
    assert sum(row.probability_best for row in rows) == pytest.approx(1.0)
    assert min(row.rank for row in rows) == 1
    assert all(1 <= row.rank_low <= row.rank_high <= len(rows) for row in rows)
