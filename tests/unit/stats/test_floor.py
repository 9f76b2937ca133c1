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
from ionladder.stats.floor import (
    Floor,
    replicate_floors,
    replicate_leave_one_out,
    replicate_median_deviation,
    replicate_pair_difference,
)
from ionladder.stats.intervals import degrees_of_freedom

SETTINGS = {"confidence": 0.95}
FLOORS = [replicate_median_deviation, replicate_pair_difference, replicate_leave_one_out]
VALID = {"values": [-3.0, -5.0, -4.0, -6.0, -6.5], "groups": [4, 4, 9, 9, 9], **SETTINGS}


def _median_parts(members: list[float]) -> list[float]:
    return [abs(y - median(members)) for y in members]


def _pair_parts(members: list[float]) -> list[float]:
    return [abs(a - b) / math.sqrt(2) for a, b in combinations(members, 2)]


def _left_out_parts(members: list[float]) -> list[float]:
    return [abs(y - median(members[:i] + members[i + 1 :])) for i, y in enumerate(members)]


ORACLES = [
    pytest.param(replicate_median_deviation, _median_parts, id="median deviation"),
    pytest.param(replicate_pair_difference, _pair_parts, id="pair difference"),
    pytest.param(replicate_leave_one_out, _left_out_parts, id="leave one out"),
]


def _replicates(n_groups: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw groups of 2 to 6 measurements with ties, rows shuffled."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups) * 3 - 5, rng.integers(2, 7, n_groups))
    values = rng.normal(-5.0, 1.0, groups.size).round(1)
    order = rng.permutation(groups.size)
    return values[order], groups[order]


def _members(values: np.ndarray, groups: np.ndarray) -> list[list[float]]:
    return [values[groups == name].tolist() for name in np.unique(groups)]


@pytest.mark.parametrize(("floor", "parts"), ORACLES)
@pytest.mark.parametrize("seed", range(2))
def test_floors_agree_with_a_loop_over_groups(
    floor: Callable[..., Floor], parts: Callable[[list[float]], list[float]], seed: int
) -> None:
    values, groups = _replicates(seed=seed)
    every = [part for members in _members(values, groups) for part in parts(members)]

    result = floor(values, groups, **SETTINGS)

    assert result.value == pytest.approx(np.mean(every), rel=1e-12)
    assert (result.n_groups, result.n_entries) == (12, values.size)


@pytest.mark.parametrize(("floor", "parts"), ORACLES)
def test_the_interval_comes_from_leaving_out_whole_groups(
    floor: Callable[..., Floor], parts: Callable[[list[float]], list[float]]
) -> None:
    values, groups = _replicates()
    per_group = [parts(members) for members in _members(values, groups)]
    value = np.mean([part for each in per_group for part in each])
    without = [
        np.mean([part for other in per_group if other is not each for part in other])
        for each in per_group
    ]
    error = math.sqrt(11 / 12 * sum((x - value) ** 2 for x in without))
    df = degrees_of_freedom(np.array([len(each) for each in per_group], dtype=float))
    factor = math.exp(stats.t.ppf(0.95, df) * error / value)

    result = floor(values, groups, confidence=0.9)

    assert result.ci_low == pytest.approx(value / factor, rel=1e-9)
    assert result.ci_high == pytest.approx(value * factor, rel=1e-9)


@pytest.mark.parametrize(
    ("floor", "expected"),
    [
        (replicate_median_deviation, 0.5),
        (replicate_pair_difference, 1.0 / math.sqrt(2)),
        (replicate_leave_one_out, 1.0),
    ],
)
def test_pairs_one_apart_by_hand(floor: Callable[..., Floor], expected: float) -> None:
    result = floor([0.0, 1.0, 7.0, 6.0], [1, 1, 2, 2], **SETTINGS)

    assert result.value == pytest.approx(expected)
    assert result.ci_low == pytest.approx(expected)
    assert result.ci_high == pytest.approx(expected)


def test_under_gaussian_noise_the_pair_difference_is_the_error_of_the_truth() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20000), 2)
    truth = rng.normal(-5.0, 3.0, 20000)[groups]
    values = truth + rng.normal(0.0, 0.7, groups.size)

    low, fair, high = (floor(values, groups, **SETTINGS).value for floor in FLOORS)

    assert fair == pytest.approx(np.abs(values - truth).mean(), rel=0.02)
    assert fair == pytest.approx(0.7 * math.sqrt(2 / math.pi), rel=0.02)
    assert low < fair < high


@pytest.mark.parametrize("floor", FLOORS)
def test_one_group_has_a_value_but_no_interval(floor: Callable[..., Floor]) -> None:
    result = floor([-4.0, -5.0, -7.0], [0, 0, 0], **SETTINGS)

    assert result.value > 0
    assert math.isnan(result.ci_low)
    assert math.isnan(result.ci_high)


def test_the_three_floors_come_together_in_their_order() -> None:
    values, groups = _replicates()

    together = replicate_floors(values, groups, **SETTINGS)

    assert together == tuple(floor(values, groups, **SETTINGS) for floor in FLOORS)
    assert [floor.name for floor in together] == [floor.__name__ for floor in FLOORS]
    assert all(isinstance(f, Floor) and f.title and f.definition for f in together)


@pytest.mark.parametrize(
    ("change", "where", "found"),
    [
        pytest.param(
            {"values": [], "groups": np.array([], dtype=int)},
            "replicate floor",
            "shape (0,)",
            id="no measurements",
        ),
        pytest.param(
            {"groups": [4, 4, 9, 9, 7]},
            "replicate floor, groups",
            "one in group 7",
            id="a single measurement",
        ),
        pytest.param({"groups": [4, 4]}, "replicate floor", "shape (2,)", id="too few groups"),
        pytest.param(
            {"groups": [4.0, 4.0, 9.0, 9.0, np.nan]},
            "replicate floor",
            "type float64",
            id="missing groups",
        ),
        pytest.param({"values": list("abcde")}, "replicate floor", "type <U1", id="text"),
        pytest.param(
            {"values": [-3.0, np.nan, -4.0, np.inf, -6.5]},
            "replicate floor, values",
            "others at position 1, 3",
            id="values that are not finite",
        ),
        pytest.param(
            {"confidence": 95.0}, "replicate floor, confidence", "found 95.0", id="percent"
        ),
    ],
)
def test_unfit_measurements_are_refused_with_an_error(
    change: dict[str, object], where: str, found: str
) -> None:
    with pytest.raises(MetricInputError) as caught:
        replicate_pair_difference(**{**VALID, **change})

    assert str(caught.value).startswith(f"{where}: expected ")
    assert found in str(caught.value)


def test_all_problems_of_the_measurements_are_reported_together() -> None:
    changed = {**VALID, "values": [-3.0, np.nan, -4.0, -6.0, -6.5], "groups": [4, 4, 9, 9, 7]}

    with pytest.raises(MetricInputError) as caught:
        replicate_median_deviation(**changed)

    assert len(caught.value.problems) == 2
