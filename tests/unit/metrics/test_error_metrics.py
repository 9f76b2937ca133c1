"""Error metrics against scikit-learn, numpy and pencil and paper."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import (
    mean_absolute_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from ionladder.metrics import (
    absolute_errors,
    censored_errors,
    hits,
    mae,
    mae_censored,
    median_ae,
    r2,
    rmse,
    squared_errors,
    within_one_decade,
)
from ionladder.specs import Array

NAN = math.nan
ORACLES = [
    pytest.param(mae, mean_absolute_error, id="mae"),
    pytest.param(median_ae, median_absolute_error, id="median_ae"),
    pytest.param(rmse, root_mean_squared_error, id="rmse"),
    pytest.param(r2, r2_score, id="r2"),
]


@pytest.mark.parametrize(("metric", "oracle"), ORACLES)
@pytest.mark.parametrize("n_entries", [2, 3, 54, 67, 121])
def test_errors_agree_with_scikit_learn(
    metric: Callable[..., float], oracle: Callable[..., float], n_entries: int
) -> None:
    rng = np.random.default_rng(n_entries)
    y_true = rng.normal(-6.0, 3.0, n_entries)
    y_pred = y_true + rng.standard_t(2, n_entries)

    assert metric(y_true, y_pred) == pytest.approx(oracle(y_true, y_pred), rel=1e-12)


@pytest.mark.parametrize(("metric", "best"), [(mae, 0.0), (median_ae, 0.0), (rmse, 0.0), (r2, 1.0)])
def test_a_perfect_prediction_has_the_best_value(metric: Callable[..., float], best: float) -> None:
    y_true = np.array([-3.0, -5.25, -15.0])

    assert metric(y_true, y_true.copy()) == best


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        pytest.param([4.0], 4.0, id="one entry"),
        pytest.param([1.0, -2.0], 1.5, id="two entries: mean of both"),
        pytest.param([9.0, 0.0, -1.0], 1.0, id="odd: the middle one"),
        pytest.param([9.0, 0.0, -1.0, 2.0], 1.5, id="even: mean of the middle two"),
    ],
)
def test_median_error_by_hand(errors: list[float], expected: float) -> None:
    assert median_ae([0.0] * len(errors), errors) == expected


@pytest.mark.parametrize(
    "y_true",
    [
        pytest.param([-4.0], id="a single entry"),
        pytest.param([-4.0, -4.0, -4.0], id="equal labels"),
        pytest.param([0.1, 0.1, 0.1], id="equal labels whose mean is rounded"),
    ],
)
def test_r2_is_undefined_without_spread_in_the_labels(y_true: list[float]) -> None:
    assert math.isnan(r2(y_true, np.linspace(-5.0, -3.0, len(y_true))))


def test_r2_of_the_mean_is_zero_and_of_worse_predictions_negative() -> None:
    y_true = [-2.0, -4.0, -6.0]

    assert r2(y_true, [-4.0] * 3) == 0.0
    assert r2(y_true, [-6.0, -4.0, -2.0]) == -3.0


@pytest.mark.parametrize(
    ("prediction", "error"),
    [
        pytest.param(-15.0, 0.0, id="at the mapped label"),
        pytest.param(-30.0, 0.0, id="far below the limit"),
        pytest.param(-10.0, 0.0, id="at the limit"),
        pytest.param(-9.5, 0.5, id="half a decade above"),
        pytest.param(-3.0, 7.0, id="far above"),
    ],
)
def test_a_censored_entry_costs_what_exceeds_its_limit(prediction: float, error: float) -> None:
    assert mae_censored([-15.0], [prediction], upper_limit=[-10.0]) == error


def test_the_label_of_a_censored_entry_has_no_influence() -> None:
    limits = [-10.0, NAN]

    scores = {mae_censored([y, -3.0], [-8.0, -4.0], upper_limit=limits) for y in (-15.0, -10.0)}

    assert scores == {1.5}


def test_without_limits_the_censored_error_is_the_plain_one() -> None:
    rng = np.random.default_rng(5)
    y_true, y_pred = rng.normal(size=(2, 40))

    no_limits = np.full(40, NAN)

    assert mae_censored(y_true, y_pred, upper_limit=no_limits) == mae(y_true, y_pred)


@pytest.mark.parametrize(
    ("error", "counts"), [(0.0, 1.0), (0.999, 1.0), (1.0, 1.0), (-1.0, 1.0), (1.001, 0.0)]
)
def test_an_error_of_exactly_one_decade_is_within(error: float, counts: float) -> None:
    assert within_one_decade([-4.0], [-4.0 + error]) == counts


def test_within_one_decade_is_a_fraction_of_all_entries() -> None:
    assert within_one_decade([-4.0] * 4, [-4.0, -3.0, -2.0, -9.0]) == 0.5


@pytest.mark.parametrize(
    ("entrywise", "expected"),
    [
        pytest.param(absolute_errors, [[1.0, 0.5], [0.0, 3.0]], id="mae"),
        pytest.param(squared_errors, [[1.0, 0.25], [0.0, 9.0]], id="rmse"),
        pytest.param(hits, [[1.0, 1.0], [1.0, 0.0]], id="within_one_decade"),
    ],
)
def test_entry_values_of_several_seeds_keep_their_rows(
    entrywise: Callable[..., Array], expected: list[list[float]]
) -> None:
    y_true = [-4.0, -6.0]
    seeds = [[-5.0, -6.5], [-4.0, -3.0]]

    np.testing.assert_array_equal(entrywise(y_true, seeds), expected)
    np.testing.assert_array_equal(entrywise(y_true, seeds[0]), expected[0])


def test_censored_entry_values_of_several_seeds_use_the_same_limits() -> None:
    errors = censored_errors([-15.0, -6.0], [[-9.0, -5.0], [-12.0, -6.0]], upper_limit=[-10.0, NAN])

    np.testing.assert_array_equal(errors, [[1.0, 1.0], [0.0, 0.0]])
