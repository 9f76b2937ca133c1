"""Metrics of barriers: clipped and logarithmic errors, and the screen for small values."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, mean_absolute_error

from ionladder.errors import MetricInputError
from ionladder.metrics import clipped_errors, f1_below, log_errors, mae_clipped, mae_log1p


def barriers(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    y_true = rng.gamma(0.8, 1.8, n)
    return y_true, np.abs(y_true * rng.lognormal(0.0, 0.6, n))


def test_clipping_agrees_with_scikit_learn_on_clipped_values() -> None:
    y_true, y_pred = barriers()

    expected = mean_absolute_error(y_true.clip(max=6.0), y_pred.clip(max=6.0))

    assert mae_clipped(y_true, y_pred, clip=6.0) == pytest.approx(expected, abs=1e-15)


def test_a_clip_above_all_values_changes_nothing() -> None:
    y_true, y_pred = barriers()

    plain = mean_absolute_error(y_true, y_pred)

    assert mae_clipped(y_true, y_pred, clip=1e6) == pytest.approx(plain, abs=1e-15)


def test_beyond_the_clip_every_prediction_is_as_good() -> None:
    assert mae_clipped([18.0, 7.0], [6.0, 100.0], clip=6.0) == 0.0
    assert mae_clipped([18.0], [5.0], clip=6.0) == 1.0


def test_logarithmic_errors_agree_with_scikit_learn_on_logarithms() -> None:
    y_true, y_pred = barriers()

    expected = mean_absolute_error(np.log(1 + y_true), np.log(1 + y_pred))

    assert mae_log1p(y_true, y_pred) == pytest.approx(expected, abs=1e-14)


def test_a_more_negative_prediction_never_has_a_smaller_logarithmic_error() -> None:
    errors = [mae_log1p([0.3], [value]) for value in (0.3, 0.0, -0.5, -3.0, -1e6)]

    assert errors == sorted(errors)


def test_errors_per_entry_average_to_the_metric_for_every_seed() -> None:
    y_true, y_pred = barriers()
    seeds = np.stack([y_pred, y_pred[::-1]])

    for row, clipped, logarithmic in zip(
        seeds, clipped_errors(y_true, seeds, clip=6.0), log_errors(y_true, seeds), strict=True
    ):
        assert clipped.mean() == pytest.approx(mae_clipped(y_true, row, clip=6.0))
        assert logarithmic.mean() == pytest.approx(mae_log1p(y_true, row))


def test_f1_below_agrees_with_scikit_learn_and_counts_the_threshold_as_slow() -> None:
    y_true, y_pred = barriers()
    y_true[:3] = 0.5

    expected = f1_score(y_true < 0.5, y_pred < 0.5)

    assert f1_below(y_true, y_pred, threshold=0.5) == pytest.approx(expected)


def test_f1_below_is_nan_when_nothing_is_fast_nor_called_fast() -> None:
    assert np.isnan(f1_below([1.0, 2.0], [1.0, 3.0], threshold=0.5))


@pytest.mark.parametrize("clip", [np.nan, np.inf])
def test_a_clip_that_is_not_a_number_is_refused_with_a_letter(clip: float) -> None:
    with pytest.raises(MetricInputError, match="metric mae_clipped"):
        mae_clipped([1.0], [1.0], clip=clip)
