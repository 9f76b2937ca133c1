"""Ranks with doubt: separated submissions part, equal ones tie."""

from __future__ import annotations

import numpy as np

from ionladder.statistics.ranks import rank_rows


def board(offsets: list[float], *, spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Scores at the offsets, with independent resampling noise."""
    rng = np.random.default_rng(0)
    scores = np.array(offsets)
    return scores, scores[:, None] + rng.normal(0, spread, size=(len(offsets), 4000))


def test_far_apart_submissions_have_their_own_rank_and_group() -> None:
    rows = rank_rows(*board([3.0, 1.0, 2.0]), confidence=0.95)
    assert [row.rank for row in rows] == [3, 1, 2]
    assert [row.tie_group for row in rows] == [3, 1, 2]
    assert [(row.rank_low, row.rank_high) for row in rows] == [(3, 3), (1, 1), (2, 2)]


def test_submissions_within_the_noise_tie() -> None:
    rows = rank_rows(*board([1.0, 1.01, 1.02, 3.0]), confidence=0.95)
    assert [row.tie_group for row in rows] == [1, 1, 1, 2]
    assert [(row.rank_low, row.rank_high) for row in rows] == [(1, 3), (1, 3), (1, 3), (4, 4)]


def test_a_copy_of_a_submission_ties_with_it() -> None:
    scores, samples = board([1.0, 5.0])
    rows = rank_rows(
        np.append(scores, scores[0]), np.vstack([samples, samples[0]]), confidence=0.95
    )
    assert rows[0].rank == rows[2].rank == 1
    assert rows[0].tie_group == rows[2].tie_group == 1
    assert rows[1].rank == 3
    assert [(row.rank_low, row.rank_high) for row in rows] == [(1, 1), (3, 3), (1, 1)]


def test_a_shared_shift_does_not_hide_a_paired_difference() -> None:
    shared = np.random.default_rng(1).normal(0, 5.0, size=4000)
    samples = np.stack([1.0 + shared, 1.5 + shared])
    rows = rank_rows(np.array([1.0, 1.5]), samples, confidence=0.95)
    assert [row.tie_group for row in rows] == [1, 2]


def test_ranks_agree_with_brute_force() -> None:
    scores, samples = board([1.0, 1.05, 1.2, 0.95, 1.1])
    rows = rank_rows(scores, samples, confidence=0.95)
    brute = np.array([[1 + np.sum(column < value) for value in column] for column in samples.T])
    for row, ranks in zip(rows, brute.T, strict=True):
        low, high = np.quantile(ranks, [0.025, 0.975], method="inverted_cdf")
        assert (row.rank_low, row.rank_high) == (low, high)


def test_an_empty_board_has_no_rows() -> None:
    assert rank_rows(np.array([]), np.empty((0, 10)), confidence=0.95) == []
