"""What every metric checks before it computes: kind, shape and values of its arrays."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ionladder.core.errors import MetricInputError
from ionladder.core.problems import Problem, first_few
from ionladder.specs.metric import Array

LARGEST = 1e150
"""Largest accepted magnitude: squares of it can be summed without overflow."""

_NUMERIC_KINDS = "fiu"


def check_pair(metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
    """Check measured and predicted values of one model.

    Args:
        metric: Name of the metric that asks, for the letter.
        y_true: Measured values, shape (n_entries,), n_entries >= 1.
        y_pred: Predicted values, shape (n_entries,), in the order of ``y_true``.

    Returns:
        Both as float64.

    Raises:
        MetricInputError: Not numbers, shapes that do not fit, no entries, or a value that is not
            finite; all problems at once.
    """
    return _checked(metric, y_true, y_pred, dimensions=(1,))


def check_seeds(metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[Array, Array]:
    """Check as :func:`check_pair`, and also accept predictions of shape (n_seeds, n_entries)."""
    return _checked(metric, y_true, y_pred, dimensions=(1, 2))


def check_limits(metric: str, upper_limit: npt.ArrayLike, n_entries: int) -> Array:
    """Check upper limits: shape (n_entries,), finite where censored, NaN where not."""
    limits, problems = _as_numbers(metric, "upper_limit", upper_limit)
    if not problems and limits.shape != (n_entries,):
        problems.append(_shape_problem(metric, "upper_limit", f"({n_entries},)", limits))
    if not problems and np.isinf(limits).any():
        problems.append(_value_problem(metric, "upper_limit", np.isinf(limits), limits, "or NaN"))
    if problems:
        raise MetricInputError(problems)
    return limits


def fill_missing(metric: str, y_true: npt.ArrayLike, value: float) -> Array:
    """True values as numbers, with ``value`` where they are missing (NaN)."""
    true, problems = _as_numbers(metric, "y_true", y_true)
    if problems:
        raise MetricInputError(problems)
    filled: Array = np.where(np.isnan(true), value, true)
    return filled


def check_threshold(metric: str, threshold: float) -> None:
    """Check that a threshold is a finite number."""
    if not math.isfinite(threshold):
        raise MetricInputError(
            Problem(
                where=f"metric {metric}, threshold",
                expected="a finite number in the target's unit",
                found=repr(threshold),
                next_step="Correct the threshold in the task's metric options.",
            )
        )


def _checked(
    metric: str, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, dimensions: tuple[int, ...]
) -> tuple[Array, Array]:
    true, problems = _as_numbers(metric, "y_true", y_true)
    pred, more = _as_numbers(metric, "y_pred", y_pred)
    problems += more
    if not problems:
        problems += _shape_problems(metric, true, pred, dimensions)
    if not problems:
        problems += _value_problems(metric, "y_true", true)
        problems += _value_problems(metric, "y_pred", pred)
    if problems:
        raise MetricInputError(problems)
    return true, pred


def _as_numbers(metric: str, argument: str, values: npt.ArrayLike) -> tuple[Array, list[Problem]]:
    """Convert to float64; text, objects and ragged lists are a problem, not a guess."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = None
    if array is not None and array.dtype.kind in _NUMERIC_KINDS:
        return array.astype(np.float64, copy=False), []
    problem = Problem(
        where=f"metric {metric}, {argument}",
        expected="an array of numbers",
        found="rows of different lengths" if array is None else f"values of type {array.dtype}",
        next_step="Convert the column to float64 before scoring.",
    )
    return np.empty(0), [problem]


def _shape_problems(
    metric: str, true: Array, pred: Array, dimensions: tuple[int, ...]
) -> list[Problem]:
    if true.ndim != 1 or true.size == 0:
        return [_shape_problem(metric, "y_true", "(n_entries,) with at least one entry", true)]
    if pred.ndim in dimensions and pred.shape[-1] == true.size and pred.size > 0:
        return []
    wanted = f"({true.size},)" + (f" or (n_seeds, {true.size})" if 2 in dimensions else "")
    return [_shape_problem(metric, "y_pred", f"{wanted} as y_true has", pred)]


def _shape_problem(metric: str, argument: str, wanted: str, array: Array) -> Problem:
    return Problem(
        where=f"metric {metric}, {argument}",
        expected=f"shape {wanted}",
        found=f"shape {array.shape}",
        next_step="Join labels and predictions by id before scoring.",
    )


def _value_problems(metric: str, argument: str, array: Array) -> list[Problem]:
    # NaN fails every comparison, so one reduction finds it together with what is too large.
    if np.abs(array).max() <= LARGEST:
        return []
    return [_value_problem(metric, argument, ~(np.abs(array) <= LARGEST), array, "")]


def _value_problem(
    metric: str, argument: str, is_bad: npt.NDArray[np.bool_], array: Array, or_else: str
) -> Problem:
    places = np.argwhere(is_bad)
    shown = (f"{array[tuple(p)]} at position {', '.join(map(str, p))}" for p in places.tolist())
    return Problem(
        where=f"metric {metric}, {argument}",
        expected=f"finite numbers up to {LARGEST:g} in magnitude {or_else}".rstrip(),
        found=first_few(shown),
        next_step="Give every scored entry a finite number.",
    )
