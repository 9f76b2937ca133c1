"""Pearson's correlation and the slope against scipy, numpy's fit of a line, and plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import linregress, pearsonr

from ionladder.metrics import pearson_r, r2, slope

quarters = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=2, max_size=40
).map(lambda rows: np.array(rows, dtype=np.float64).T / 4)


def _sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    y_true = rng.gamma(2.0, 0.3, 220)
    return y_true, 0.7 * y_true + 0.1 + rng.normal(0.0, 0.1, 220)


def test_they_agree_with_scipy() -> None:
    y_true, y_pred = _sample()
    fitted = linregress(y_true, y_pred)
    assert pearson_r(y_true, y_pred) == pytest.approx(pearsonr(y_true, y_pred)[0], abs=1e-14)
    assert slope(y_true, y_pred) == pytest.approx(fitted.slope, abs=1e-14)
    assert slope(y_true, y_pred) == pytest.approx(np.polyfit(y_true, y_pred, 1)[0], abs=1e-12)


def test_r2_is_one_minus_rss_over_tss_and_not_the_square_of_r() -> None:
    y_true, y_pred = _sample()
    rss = sum((t - p) ** 2 for t, p in zip(y_true, y_pred, strict=True))
    tss = sum((t - sum(y_true) / len(y_true)) ** 2 for t in y_true)
    assert r2(y_true, y_pred) == pytest.approx(1 - rss / tss, abs=1e-12)
    assert r2(y_true, y_pred) < pearson_r(y_true, y_pred) ** 2 - 0.01


def test_the_slope_regresses_predictions_on_labels_and_not_the_reverse() -> None:
    y_true, y_pred = _sample()
    r = pearson_r(y_true, y_pred)
    assert slope(y_true, y_pred) < 1.0
    assert slope(y_pred, y_true) == pytest.approx(r**2 / slope(y_true, y_pred), rel=1e-12)


@pytest.mark.parametrize("metric", [pearson_r, slope], ids=["pearson_r", "slope"])
def test_equal_labels_and_single_entries_have_neither(metric: object) -> None:
    assert math.isnan(metric([1.0, 1.0], [0.0, 2.0]))
    assert math.isnan(metric([1.0], [0.0]))


def test_a_constant_prediction_has_no_correlation_but_a_slope_of_zero() -> None:
    assert math.isnan(pearson_r([1.0, 2.0], [0.5, 0.5]))
    assert slope([1.0, 2.0], [0.5, 0.5]) == 0.0


@given(pair=quarters, scale=st.sampled_from([0.25, 3.0]), shift=st.integers(-8, 8))
def test_an_affine_map_of_predictions_scales_the_slope_and_leaves_the_correlation(
    pair: np.ndarray, scale: float, shift: int
) -> None:
    y_true, y_pred = pair
    assume(np.ptp(y_true) > 0)
    mapped = scale * y_pred + shift
    assert slope(y_true, mapped) == pytest.approx(scale * slope(y_true, y_pred), abs=1e-9)
    if np.ptp(y_pred) > 0:
        assert pearson_r(y_true, mapped) == pytest.approx(pearson_r(y_true, y_pred), abs=1e-9)
        assert abs(pearson_r(y_true, y_pred)) <= 1.0
