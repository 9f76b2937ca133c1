"""Replicate floors against loops over pairs, a jackknife by hand, and theory."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from scipy import stats

from ionladder.errors import MetricInputError
from ionladder.stats.floor import replicate_floors
from ionladder.stats.intervals import degrees_of_freedom


def _median_parts(members: list[float]) -> list[float]:
    return [abs(y - median(members)) for y in members]


def _pair_parts(members: list[float]) -> list[float]:
    return [abs(a - b) / math.sqrt(2) for a, b in combinations(members, 2)]


def _left_out_parts(members: list[float]) -> list[float]:
    return [abs(y - median(members[:i] + members[i + 1 :])) for i, y in enumerate(members)]


ORACLES = [_median_parts, _pair_parts, _left_out_parts]
NAMES = ["replicate_median_deviation", "replicate_pair_difference", "replicate_leave_one_out"]


@pytest.mark.parametrize("place", range(3), ids=NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_floors_and_intervals_agree_with_loops_over_groups(place: int, seed: int) -> None:
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


def test_all_problems_of_the_measurements_are_reported_together() -> None:
    with pytest.raises(MetricInputError) as caught:
        replicate_floors([-3.0, np.nan, -4.0, np.inf, -6.5], [4, 4, 9, 9, 7], confidence=0.95)
    values, groups = caught.value.problems
    assert (values.where, groups.where) == ("replicate floor, values", "replicate floor, groups")
    assert values.found == "others at position 1, 3"
    assert groups.found == "one in group 7"
