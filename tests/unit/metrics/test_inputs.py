"""Letters that metrics write about arrays they cannot score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ionladder.errors import MetricInputError
from ionladder.metrics import check_limits, check_pair, check_seeds, check_threshold

VALID = {"y_true": [-3.0, -4.0], "y_pred": [-3.5, -4.5]}


def _letter(check: Callable[..., object], *args: object, **kwargs: object) -> str:
    with pytest.raises(MetricInputError) as caught:
        check("mae", *args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        pytest.param({"y_pred": [-3.0]}, "shape (2,)", "shape (1,)", id="too few predictions"),
        pytest.param({"y_pred": -3.0}, "shape (2,)", "shape ()", id="a single number"),
        pytest.param(
            {"y_pred": [[-3.0, -4.0]]}, "shape (2,)", "shape (1, 2)", id="several seeds at once"
        ),
        pytest.param({"y_true": [], "y_pred": []}, "at least one entry", "(0,)", id="no entries"),
        pytest.param({"y_true": [[-3.0, -4.0]]}, "(n_entries,)", "(1, 2)", id="a table of labels"),
        pytest.param({"y_pred": ["a", "b"]}, "array of numbers", "type <U1", id="text"),
        pytest.param({"y_pred": ["-3", "-4"]}, "array of numbers", "type <U2", id="number text"),
        pytest.param({"y_pred": [None, -4.0]}, "array of numbers", "type object", id="objects"),
        pytest.param({"y_pred": [True, False]}, "array of numbers", "type bool", id="flags"),
        pytest.param({"y_pred": [1j, 2.0]}, "array of numbers", "type complex128", id="complex"),
        pytest.param(
            {"y_pred": [[-3.0], [-4.0, -5.0]]}, "array of numbers", "different lengths", id="ragged"
        ),
        pytest.param(
            {"y_pred": [np.nan, -4.0]}, "finite numbers", "nan at position 0", id="NaN predicted"
        ),
        pytest.param(
            {"y_true": [-3.0, -np.inf]}, "finite numbers", "-inf at position 1", id="inf measured"
        ),
        pytest.param(
            {"y_pred": [1e200, -4.0]}, "up to 1e+150", "1e+200 at position 0", id="absurdly large"
        ),
    ],
)
def test_unfit_arrays_are_refused_with_a_letter(
    change: dict[str, object], expected: str, found: str
) -> None:
    letter = _letter(check_pair, **{**VALID, **change})

    assert letter.startswith(f"metric mae, {next(iter(change))}: expected ")
    assert expected in letter
    assert f"found {found}" in letter or found in letter.split("; found ")[1]


def test_problems_of_both_arrays_are_reported_together() -> None:
    letter = _letter(check_pair, [np.nan, -3.0], [-3.0, np.inf])

    assert [line.split(":")[0] for line in letter.splitlines()] == [
        "metric mae, y_true",
        "metric mae, y_pred",
    ]


def test_many_bad_values_are_counted_rather_than_listed() -> None:
    letter = _letter(check_pair, np.zeros(9), np.full(9, np.nan))

    assert "nan at position 4, … (4 more)" in letter


def test_valid_lists_arrays_and_single_precision_become_float64() -> None:
    true, pred = check_pair("mae", [1, 2], np.array([1.5, 2.5], dtype=np.float32))

    assert true.dtype == pred.dtype == np.float64
    np.testing.assert_array_equal(pred, [1.5, 2.5])


def test_inputs_are_left_as_they_were() -> None:
    y_true, y_pred = np.array([-5.0, -3.0]), np.array([-9.0, -1.0])

    check_pair("mae", y_true, y_pred)

    np.testing.assert_array_equal(y_true, [-5.0, -3.0])
    np.testing.assert_array_equal(y_pred, [-9.0, -1.0])


def test_several_seeds_are_accepted_where_a_metric_says_so() -> None:
    _, pred = check_seeds("mae", [-3.0, -4.0], [[-3.0, -4.0]] * 3)

    assert pred.shape == (3, 2)


@pytest.mark.parametrize(
    ("y_pred", "found"),
    [
        pytest.param(np.zeros((3, 4)), "shape (3, 4)", id="transposed"),
        pytest.param(np.zeros((0, 2)), "shape (0, 2)", id="no seeds"),
        pytest.param(np.zeros((1, 3, 2)), "shape (1, 3, 2)", id="three dimensions"),
        pytest.param([[-3.0, np.nan]], "nan at position 0, 1", id="NaN in one seed"),
    ],
)
def test_unfit_seeds_are_refused(y_pred: object, found: str) -> None:
    assert found in _letter(check_seeds, [-3.0, -4.0], y_pred)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        pytest.param([-10.0], "shape (1,)", id="too few"),
        pytest.param([-10.0, -np.inf], "-inf at position 1", id="infinite"),
        pytest.param(["<1e-10", ""], "type <U6", id="text"),
        pytest.param([-10.0, None], "type object", id="missing as an object"),
    ],
)
def test_unfit_limits_are_refused(limits: object, found: str) -> None:
    letter = _letter(check_limits, limits, 2)

    assert letter.startswith("metric mae, upper_limit: ")
    assert found in letter


@pytest.mark.parametrize("threshold", [float("nan"), float("inf")])
def test_a_threshold_must_be_finite(threshold: float) -> None:
    assert "metric mae, threshold: expected a finite number" in _letter(check_threshold, threshold)
