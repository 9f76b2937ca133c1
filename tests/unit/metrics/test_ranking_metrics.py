"""Spearman and the area under the ROC curve against scipy, scikit-learn and counting pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import roc_auc_score

from ionladder.metrics import average_ranks, roc_auc, spearman

SAMPLES = [
    pytest.param(121, 6, id="no ties"),
    pytest.param(121, 0, id="many ties"),
    pytest.param(5, 0, id="five entries"),
]


def _sample(n_entries: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n_entries + decimals)
    y_true = rng.normal(-5.0, 2.0, n_entries)
    y_pred = y_true + rng.normal(0.0, 2.0, n_entries)
    return y_true.round(decimals), y_pred.round(decimals)


@pytest.mark.parametrize(("n_entries", "decimals"), SAMPLES)
def test_average_ranks_agree_with_scipy(n_entries: int, decimals: int) -> None:
    values, _ = _sample(n_entries, decimals)

    np.testing.assert_array_equal(average_ranks(values), rankdata(values, method="average"))


def test_zero_and_minus_zero_tie() -> None:
    np.testing.assert_array_equal(average_ranks(np.array([0.0, -0.0, -1.0])), [2.5, 2.5, 1.0])


@pytest.mark.parametrize(("n_entries", "decimals"), SAMPLES)
def test_spearman_agrees_with_scipy(n_entries: int, decimals: int) -> None:
    y_true, y_pred = _sample(n_entries, decimals)

    expected = spearmanr(y_true, y_pred).statistic

    assert spearman(y_true, y_pred) == pytest.approx(expected, abs=1e-14)


def test_spearman_of_the_same_and_the_opposite_order_is_one_and_minus_one() -> None:
    y_true = np.array([-9.0, -3.0, -5.0])

    assert spearman(y_true, y_true**3) == 1.0
    assert spearman(y_true, -y_true) == -1.0


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        pytest.param([-3.0, -4.0], [-5.0, -5.0], id="equal predictions"),
        pytest.param([-5.0, -5.0], [-3.0, -4.0], id="equal labels"),
        pytest.param([0.1] * 3, [0.3] * 3, id="both"),
        pytest.param([-3.0], [-4.0], id="a single entry"),
    ],
)
def test_spearman_is_undefined_without_an_order(y_true: list[float], y_pred: list[float]) -> None:
    assert math.isnan(spearman(y_true, y_pred))


@pytest.mark.parametrize(("n_entries", "decimals"), SAMPLES)
@pytest.mark.parametrize("threshold", [-6.0, -5.0, -4.0])
def test_auc_agrees_with_scikit_learn(n_entries: int, decimals: int, threshold: float) -> None:
    y_true, y_pred = _sample(n_entries, decimals)

    expected = roc_auc_score(y_true >= threshold, y_pred)

    assert roc_auc(y_true, y_pred, threshold=threshold) == pytest.approx(expected, abs=1e-14)


def test_auc_counts_ordered_pairs_and_half_of_tied_ones() -> None:
    good, other = [-1.0, -5.0, -7.0], [-5.0, -6.0]
    pairs = [(g > o) + 0.5 * (g == o) for g in good for o in other]

    value = roc_auc([-3.0] * 3 + [-9.0] * 2, good + other, threshold=-4.0)

    assert value == pytest.approx(sum(pairs) / 6) == 3.5 / 6


def test_a_constant_prediction_has_chance_auc() -> None:
    assert roc_auc([-3.0, -9.0, -9.0], [-5.0] * 3, threshold=-4.0) == 0.5


def test_a_label_at_the_threshold_is_good() -> None:
    assert roc_auc([-4.0, -4.5], [-1.0, -2.0], threshold=-4.0) == 1.0


@pytest.mark.parametrize("label", [-3.0, -9.0], ids=["all good", "none good"])
def test_auc_is_undefined_with_one_class(label: float) -> None:
    assert math.isnan(roc_auc([label] * 3, [-1.0, -2.0, -3.0], threshold=-4.0))
