"""Precision, recall, F1 and enrichment against scikit-learn, enumeration and hand counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from ionladder.metrics import enrichment_top12, f1, precision, recall

ORACLES = [
    pytest.param(precision, precision_score, id="precision"),
    pytest.param(recall, recall_score, id="recall"),
    pytest.param(f1, f1_score, id="f1"),
]
GOOD, POOR = -3.0, -9.0


@pytest.mark.parametrize(("metric", "oracle"), ORACLES)
@pytest.mark.parametrize("threshold", [-4.0, -3.0])
@pytest.mark.parametrize("n_entries", [20, 54, 121])
def test_screening_agrees_with_scikit_learn(
    metric: Callable[..., float], oracle: Callable[..., float], threshold: float, n_entries: int
) -> None:
    rng = np.random.default_rng(n_entries)
    y_true = rng.normal(-4.0, 2.0, n_entries).round(1)
    y_pred = (y_true + rng.normal(0.0, 1.5, n_entries)).round(1)

    expected = oracle(y_true >= threshold, y_pred >= threshold)

    assert metric(y_true, y_pred, threshold=threshold) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "expected"),
    [
        pytest.param([GOOD, POOR], [POOR, POOR], (math.nan, 0.0, 0.0), id="nothing called"),
        pytest.param([POOR, POOR], [GOOD, POOR], (0.0, math.nan, 0.0), id="nothing good"),
        pytest.param([POOR, POOR], [POOR, POOR], (math.nan,) * 3, id="neither"),
        pytest.param([GOOD, POOR], [POOR, GOOD], (0.0, 0.0, 0.0), id="all calls wrong"),
        pytest.param([GOOD, POOR], [GOOD, POOR], (1.0, 1.0, 1.0), id="all calls right"),
        pytest.param([-4.0, -4.0], [-4.0, -4.1], (1.0, 0.5, 2 / 3), id="at the threshold"),
    ],
)
def test_screening_by_hand_and_where_it_is_undefined(
    y_true: list[float], y_pred: list[float], expected: tuple[float, ...]
) -> None:
    values = tuple(metric(y_true, y_pred, threshold=-4.0) for metric in (precision, recall, f1))

    np.testing.assert_array_equal(values, expected)


def _mean_over_tie_breaks(is_good: np.ndarray, y_pred: np.ndarray) -> float:
    """Average the enrichment over every top 12 that the predictions allow."""
    cut = sorted(y_pred, reverse=True)[11]
    above = [i for i, p in enumerate(y_pred) if p > cut]
    tied = [i for i, p in enumerate(y_pred) if p == cut]
    picks = [above + list(extra) for extra in combinations(tied, 12 - len(above))]
    return float(np.mean([is_good[pick].mean() for pick in picks]) / is_good.mean())


@pytest.mark.parametrize("seed", range(8))
def test_ties_at_the_cut_count_as_the_mean_over_all_ways_to_break_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    is_good = np.append(True, rng.random(19) < 0.4)
    y_pred = rng.integers(-8, -3, 20).astype(float)

    value = enrichment_top12(np.where(is_good, GOOD, POOR), y_pred, threshold=-4.0)

    assert value == pytest.approx(_mean_over_tie_breaks(is_good, y_pred), rel=1e-12)


def test_enrichment_without_ties_by_hand() -> None:
    y_true = [GOOD] * 3 + [POOR] * 9 + [GOOD] * 5 + [POOR] * 15
    y_pred = -np.arange(32.0)

    assert enrichment_top12(y_true, y_pred, threshold=-4.0) == (3 / 12) / (8 / 32)


@pytest.mark.parametrize(
    ("n_good", "largest"),
    [
        pytest.param(53, 2.283, id="sigma >= 1e-4 on the OBELiX test set"),
        pytest.param(18, 6.722, id="sigma >= 1e-3 on the OBELiX test set"),
    ],
)
def test_a_perfect_order_reaches_the_largest_enrichment(n_good: int, largest: float) -> None:
    y_true = np.where(np.arange(121) < n_good, GOOD, POOR)

    value = enrichment_top12(y_true, y_true, threshold=-4.0)

    assert value == pytest.approx(largest, abs=5e-4)


@pytest.mark.parametrize(
    "y_true",
    [
        pytest.param([POOR] * 20, id="no good entry"),
        pytest.param([GOOD] * 11, id="eleven entries"),
        pytest.param([GOOD], id="one entry"),
    ],
)
def test_enrichment_is_undefined_without_good_entries_or_with_fewer_than_twelve(
    y_true: list[float],
) -> None:
    assert math.isnan(enrichment_top12(y_true, np.arange(len(y_true)), threshold=-4.0))


def test_a_label_at_the_threshold_counts_as_good_in_enrichment() -> None:
    y_true = [-4.0] * 6 + [POOR] * 18

    assert enrichment_top12(y_true, -np.arange(24.0), threshold=-4.0) == 2.0


def test_picking_all_of_twelve_entries_enriches_nothing() -> None:
    assert enrichment_top12([GOOD] * 5 + [POOR] * 7, np.arange(12.0), threshold=-4.0) == 1.0
