"""Paired differences against the textbook, and what copies and order do to them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ionladder.stats.ranking import GroupScore, Resamples, make_standings, paired_differences
from unit.statistics.boards import similar, standings


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


def test_a_copy_differs_by_exactly_nothing() -> None:
    errors = similar([0.0, 0.4, 0.9], noise=0.3)
    pair = paired_differences(standings(np.vstack([errors, errors[1]])), 3, [1], confidence=0.95)
    assert float(pair.difference[0]) == 0.0
    assert (float(pair.ci_low[0]), float(pair.ci_high[0])) == (0.0, 0.0)
    assert float(pair.probability_smaller[0]) == 0.5


def test_turning_a_pair_round_turns_its_interval_round() -> None:
    made = standings(similar([0.0, 0.4], noise=0.5), [[2.0, 2.2, 2.1], [2.4, 2.5]])
    there = paired_differences(made, 0, [1], confidence=0.95)
    back = paired_differences(made, 1, [0], confidence=0.95)
    np.testing.assert_allclose(there.ci_low, -back.ci_high)
    np.testing.assert_allclose(there.ci_high, -back.ci_low)
    np.testing.assert_allclose(there.probability_smaller, 1.0 - back.probability_smaller)


def test_what_entries_have_in_common_cancels() -> None:
    pair = paired_differences(standings(similar([0.0, 0.3], noise=0.05)), 1, [0], confidence=0.95)
    assert float(pair.ci_low[0]) > 0.2
    assert float(pair.ci_high[0]) < 0.4
    assert float(pair.probability_smaller[0]) == 0.0


def test_several_others_are_compared_as_each_alone() -> None:
    made = standings(similar([0.0, 0.1, 0.2], noise=0.4), [[2.0], [2.0, 2.4], [2.1, 2.2, 2.4]])
    together = paired_differences(made, 0, [2, 1], confidence=0.9)
    for at, other in enumerate([2, 1]):
        alone = paired_differences(made, 0, [other], confidence=0.9)
        assert together.ci_low[at] == pytest.approx(alone.ci_low[0])
        assert together.ci_high[at] == pytest.approx(alone.ci_high[0])


def test_seeds_widen_the_interval_of_a_difference() -> None:
    errors = similar([0.0, 0.4], noise=0.2)
    widths = []
    for spread in (0.0, 0.05, 0.4):
        seeds = [[2.0 - spread, 2.0, 2.0 + spread], [2.4 - spread, 2.4, 2.4 + spread]]
        pair = paired_differences(standings(errors, seeds), 1, [0], confidence=0.95)
        widths.append(float(pair.ci_high[0] - pair.ci_low[0]))
    assert widths == sorted(widths)
    assert widths[2] > 3 * widths[0]
