"""Ranks with doubt, against a brute-force rank bootstrap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ionladder.stats.ranking import RankRow, Resamples, make_standings, rank_rows
from unit.statistics.boards import LABELS, RESAMPLES, group_scores, similar, standings

FIVE = [0.0, 0.02, 0.1, 0.05, 0.3]


def rows_of(
    errors: np.ndarray, seeds: list[list[float]] | None = None, confidence: float = 0.95
) -> list[RankRow]:
    return rank_rows(standings(errors, seeds), resamples=RESAMPLES, confidence=confidence)


def test_far_apart_submissions_have_their_own_rank() -> None:
    rows = rows_of(similar([3.0, 1.0, 2.0]))
    assert [row.rank for row in rows] == [3, 1, 2]
    assert [(row.rank_low, row.rank_high) for row in rows] == [(3, 3), (1, 1), (2, 2)]
    assert [row.probability_best for row in rows] == [0.0, 1.0, 0.0]


def test_ranks_agree_with_a_brute_force_bootstrap_of_five_submissions() -> None:
    errors = similar(FIVE, noise=0.7)
    members = [np.flatnonzero(name == LABELS) for name in np.unique(LABELS)]
    rng = np.random.default_rng(8)
    ranks, best = [], np.zeros(5)
    for _ in range(4000):
        rows = np.concatenate([members[group] for group in rng.integers(0, 20, size=20)])
        means = errors[:, rows].mean(axis=1)
        ranks.append([1 + sum(other < mean for other in means) for mean in means])
        best[int(np.argmin(means))] += 1
    made = make_standings(group_scores(errors), Resamples(n_resamples=20_000, seed=3))
    found = rank_rows(made, resamples=Resamples(n_resamples=20_000, seed=3), confidence=0.9)
    for at, row in enumerate(found):
        own = np.array(ranks)[:, at]
        assert (row.rank_low, row.rank_high) == tuple(
            np.quantile(own, [0.05, 0.95], method="inverted_cdf")
        )
        assert row.probability_best == pytest.approx(best[at] / 4000, abs=0.03)


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


def test_a_copy_shares_rank_range_group_and_the_chance_to_be_best() -> None:
    errors = similar([0.0, 0.05, 0.1], noise=0.5)
    alone = rows_of(errors)
    rows = rows_of(np.vstack([errors, errors[0]]))
    assert rows[0] == rows[3]
    assert rows[0].probability_best == pytest.approx(alone[0].probability_best / 2)
    assert rows[1].probability_best == pytest.approx(alone[1].probability_best)


def test_the_order_of_submissions_is_irrelevant() -> None:
    errors = similar(FIVE, noise=0.5)
    order = [3, 0, 4, 2, 1]
    rows = rows_of(errors)
    assert rows_of(errors[order]) == [rows[at] for at in order]


def test_names_of_groups_are_irrelevant_but_for_the_luck_of_the_draws() -> None:
    errors = similar(FIVE, noise=0.5)
    rows = rows_of(errors)
    names = np.random.default_rng(1).permutation(20)
    renamed = make_standings(group_scores(errors, labels=names[LABELS]), RESAMPLES)
    turned = rank_rows(renamed, resamples=RESAMPLES, confidence=0.95)
    assert [row.rank for row in rows] == [row.rank for row in turned]
    assert [row.tie_group for row in rows] == [row.tie_group for row in turned]


def test_seeds_that_scatter_widen_the_range_of_ranks() -> None:
    errors = similar([0.0, 0.3, 0.6], noise=0.05)
    means = errors.mean(axis=1)
    steady = rows_of(errors, [[m - 0.01, m + 0.01, m] for m in means])
    scattered = rows_of(errors, [[m - 1.0, m + 1.0, m] for m in means])
    assert [(row.rank_low, row.rank_high) for row in steady] == [(1, 1), (2, 2), (3, 3)]
    assert [(row.rank_low, row.rank_high) for row in scattered] == [(1, 3)] * 3


def test_ends_of_a_range_are_counted_exactly() -> None:
    """2.5 % of 1,000 resamples are 25; one more would move the end."""
    made = standings(similar([0.0, 5.0]))
    samples = np.zeros((2, 1000))
    samples[1] = 1.0
    samples[0, :25] = 2.0  # in 25 of them the first one is second
    resamples = Resamples(n_resamples=1000, seed=0)
    rows = rank_rows(replace(made, samples=samples), resamples=resamples, confidence=0.95)
    assert (rows[0].rank_low, rows[0].rank_high) == (1, 1)
    assert (rows[1].rank_low, rows[1].rank_high) == (1, 2)


def test_an_empty_board_has_no_rows() -> None:
    assert rank_rows(make_standings([], RESAMPLES), resamples=RESAMPLES, confidence=0.95) == []
