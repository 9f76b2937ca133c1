"""Cross-validation scores: pooled per repeat, then averaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.scoring.cross_validation import TrainingLabels, score_cross_validation
from ionladder.statistics.groups import degrees_of_freedom
from ionladder.statistics.intervals import error_interval

LABELS = pd.DataFrame(
    {
        "id": tiny.TRAIN_IDS,
        "log10_sigma": [-4.0, -5.0, -6.0, -7.0],
        "log10_sigma_limit": [np.nan] * 4,
        "component": [1, 1, 2, 3],
    }
)

TRAINING = TrainingLabels(LABELS, tiny.TASK, tiny.SETTINGS)


def test_errors_are_pooled_within_a_repeat_and_averaged_over_repeats() -> None:
    truth = tiny.FOLDS["id"].map(LABELS.set_index("id")["log10_sigma"])
    offset = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0])
    scores = score_cross_validation(
        TRAINING, tiny.FOLDS.assign(log10_sigma=truth + offset), tiny.TASK
    )
    score = scores["grouped"]
    assert score.value == pytest.approx((1.0 + 2.5) / 2)
    assert score.sd_over_repeats == pytest.approx(np.std([1.0, 2.5], ddof=1))
    assert (score.n_repeats, score.n) == (2, 4)
    # Entry means are 1.5, 1.5, 1.5 and 2.5 in groups of two, one and one.
    left_out = np.array([[2.0, 5.5 / 3, 1.5]])
    low, high = error_interval(
        np.array([1.75]),
        left_out,
        present=3,
        df=degrees_of_freedom(np.array([2.0, 1.0, 1.0])),
        confidence=0.95,
        seed_variance=1.5**2 / 2 / 2,
        seed_df=1.0,
    )
    assert (score.ci_low, score.ci_high) == pytest.approx((float(low[0]), float(high[0])))


def test_a_scheme_without_predictions_has_no_score() -> None:
    empty = tiny.FOLDS.iloc[:0].assign(log10_sigma=[])
    assert score_cross_validation(TRAINING, empty, tiny.TASK) == {}
