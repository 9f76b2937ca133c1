"""Replicate floors against loops over pairs, a jackknife by hand, and theory."""

import math
from collections.abc import Callable
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from scipy import stats

from ionladder.errors import MetricInputError
from ionladder.stats.floor import Scale, gap_closed, replicate_floors
from ionladder.stats.intervals import degrees_of_freedom


def _median_parts(members):
    return [abs(y - median(members)) for y in members]


def _pair_parts(members):
    return [abs(a - b) / math.sqrt(2) for a, b in combinations(members, 2)]


def _left_out_parts(members):
    return [abs(y - median(members[:i] + members[i + 1 :])) for i, y in enumerate(members)]


ORACLES = [_median_parts, _pair_parts, _left_out_parts]
NAMES = ["replicate_median_deviation", "replicate_pair_difference", "replicate_leave_one_out"]


@pytest.mark.parametrize("place", range(3), ids=NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_floors_and_intervals_agree_with_loops_over_groups(place, seed):
    """Groups of 2 to 6 measurements with ties, rows shuffled; whole groups are left out."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(12) * 3 - 5, rng.integers(2, 7, 12))
    values = rng.normal(-5.0, 1.0, groups.size).round(1)
    order = rng.permutation(groups.size)
    values, groups = values[order], groups[order]
    parts: Callable[[list[float]], list[float]] = ORACLES[place]
    per_group = [parts(values[groups == name].tolist()) for name in np.unique(groups)]
    value = np.mean([part for each in per_group for part in each])
    without = [
        np.mean([part for other in per_group if other is not each for part in other])
        for each in per_group
    ]
    error = math.sqrt(11 / 12 * sum((x - value) ** 2 for x in without))
    df = degrees_of_freedom(np.array([len(each) for each in per_group], dtype=float))
    factor = math.exp(stats.t.ppf(0.95, df) * error / value)

    floors = replicate_floors(values, groups, confidence=0.9)

    assert [floor.name for floor in floors] == NAMES
    found = floors[place]
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.ci_low == pytest.approx(value / factor, rel=1e-9)
    assert found.ci_high == pytest.approx(value * factor, rel=1e-9)
    assert (found.n_groups, found.n_entries) == (12, values.size)


def test_an_achievable_error_agrees_with_loops_over_levels_and_clusters():
    """Three clusters, two levels of noise and one that nobody measured twice, some limits."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(9), 3)
    level, cluster = (groups % 2), np.repeat([0, 1, 2], 9)
    values = rng.normal(-5.0, 1.0 + 2 * level)
    scale = Scale(measured=0.9, oracle_share=0.3)

    def expected(kept):
        means = []
        for wanted in (0, 1):
            of_level = [g for g in range(9) if g % 2 == wanted and g // 3 in kept]
            parts = [part for g in of_level for part in _pair_parts(list(values[groups == g]))]
            means.append(np.mean(parts))
        return 0.9 * (0.5 * means[0] + 0.2 * means[1]) / 0.7 + 0.3

    found = replicate_floors(
        values,
        groups,
        confidence=0.9,
        clusters=cluster,
        levels=level,
        shares=[0.5, 0.2, 0.3],
        scales={"achievable_error": scale},
    )[-1]

    value = expected({0, 1, 2})
    error = math.sqrt(2 / 3 * sum((expected({0, 1, 2} - {c}) - value) ** 2 for c in range(3)))
    # Of the five groups at level 0 the clusters hold 2, 1 and 2, of the four at level 1 the rest.
    sizes = [(0.5 * a / 5 + 0.2 * b / 4) for a, b in ((2, 1), (1, 2), (2, 1))]
    t = stats.t.ppf(0.95, degrees_of_freedom(np.array(sizes)))
    assert found.value == pytest.approx(value)
    assert found.standard_error == pytest.approx(error)
    assert found.ci_high == pytest.approx(value * math.exp(t * error / value))
    assert (found.n_groups, found.n_clusters, found.oracle_share) == (9, 3, 0.3)


def test_the_interval_of_a_closed_gap_holds_the_truth():
    """Errors of 40 groups and floors drawn anew: the share is 1/2, and most intervals hold it."""
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(400):
        errors = np.stack([rng.normal(1.5, 0.5, 40), rng.normal(2.0, 0.5, 40)])
        floor = replicate_floors(
            rng.normal(0.0, math.sqrt(math.pi / 2), 60), np.arange(60) // 2, confidence=0.95
        )[1]
        left_out = tuple((each.sum() - each) / 39 for each in errors)
        score, reference = errors.mean(axis=1)
        closed, low, high = gap_closed(
            score,
            reference,
            floor,
            left_out,
            df=39.0,
            confidence=0.95,  # type: ignore[arg-type]
        )
        assert closed == pytest.approx((reference - score) / (reference - floor.value))
        inside.append(low <= 0.5 <= high)
    assert 0.91 <= np.mean(inside) <= 0.99


def test_all_problems_of_the_measurements_are_reported_together():
    with pytest.raises(MetricInputError) as caught:
        replicate_floors([-3.0, np.nan, -4.0, np.inf, -6.5], [4, 4, 9, 9, 7], confidence=0.95)
    values, groups = caught.value.problems
    assert (values.where, groups.where) == ("replicate floor, values", "replicate floor, groups")
    assert values.found == "others at position 1, 3"
    assert groups.found == "one in group 7"
