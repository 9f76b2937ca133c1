"""Calibration held against scipy, closed forms, and pencil and paper."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats.calibration import CURVE_LEVELS, calibrate


def gaussian(n, *, scale=1.0, seed=0):
    """Labels drawn from their predicted Gaussians, whose widths are then stated times ``scale``."""
    rng = np.random.default_rng(seed)
    y_pred, y_std = rng.normal(-5.0, 3.0, n), rng.uniform(0.2, 2.0, n)
    return rng.normal(y_pred, y_std), y_pred, scale * y_std


def test_the_likelihood_is_that_of_scipy():
    y_true, y_pred, y_std = gaussian(200)
    expected = -stats.norm.logpdf(y_true, loc=y_pred, scale=y_std).mean()
    assert calibrate(y_true, y_pred, y_std).nll == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_coverage_counts_what_scipy_s_central_intervals_hold(scale):
    y_true, y_pred, y_std = gaussian(500, scale=scale)
    found = calibrate(y_true, y_pred, y_std)
    for level, value in (
        (0.68, found.coverage_68),
        (0.95, found.coverage_95),
        *zip(CURVE_LEVELS, found.observed, strict=True),
    ):
        low, high = stats.norm.interval(level, loc=y_pred, scale=y_std)
        assert value == ((low <= y_true) & (y_true <= high)).mean()


@given(z=st.lists(st.floats(0.0, 6.0), min_size=1, max_size=12))
def test_the_area_agrees_with_a_fine_grid(z):
    n = len(z)
    found = calibrate(np.array(z), np.zeros(n), np.ones(n)).miscalibration_area
    grid = (np.arange(20_000) + 0.5) / 20_000
    reached = 2 * stats.norm.cdf(np.array(z)) - 1
    curve = (reached[:, None] <= grid).mean(axis=0)
    assert found == pytest.approx(np.abs(curve - grid).mean(), abs=1e-4)


@given(
    factor=st.floats(0.01, 100.0), shift=st.floats(-50.0, 50.0), order=st.permutations(range(15))
)
def test_only_sharpness_and_likelihood_know_the_unit_and_nothing_knows_the_order(
    factor, shift, order
):
    y_true, y_pred, y_std = gaussian(15, seed=3)
    one = calibrate(y_true, y_pred, y_std)
    other = calibrate(
        (factor * y_true + shift)[order], (factor * y_pred + shift)[order], (factor * y_std)[order]
    )
    assert other.coverage_68 == one.coverage_68
    assert other.coverage_95 == one.coverage_95
    assert other.miscalibration_area == pytest.approx(one.miscalibration_area, abs=1e-9)
    assert other.sharpness == pytest.approx(factor * one.sharpness)
    assert other.nll == pytest.approx(one.nll + math.log(factor), abs=1e-9)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "y_std", "message"),
    [
        ([1.0], [1.0], [0.0], "larger than 0"),
        ([np.nan], [1.0], [1.0], "finite"),
        ([1.0], [1.0], [np.inf], "finite"),
        ([], [], [], "shapes"),
        ([1.0], [[1.0], [2.0]], [1.0], "shapes"),
    ],
)
def test_what_cannot_be_judged_is_refused(y_true, y_pred, y_std, message):
    with pytest.raises(ValueError, match=message):
        calibrate(y_true, y_pred, y_std)
