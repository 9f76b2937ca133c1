"""Cross-validation scores: pooled per repeat, then averaged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.evaluation import Prepared
from ionladder.score import score_folds
from ionladder.specs import CrossValidation
from ionladder.stats.intervals import degrees_of_freedom, error_interval

LABELS = pd.DataFrame(
    {
        "id": tiny.TRAIN_IDS,
        "log10_sigma": [-4.0, -5.0, -6.0, -7.0],
        "log10_sigma_limit": [np.nan] * 4,
        "component": [1, 1, 2, 3],
    }
)

TRAINING = Prepared(LABELS, tiny.TASK)


def test_errors_are_pooled_within_a_repeat_and_averaged_over_repeats():
    truth = tiny.FOLDS["id"].map(LABELS.set_index("id")["log10_sigma"])
    offset = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0])
    scores = score_folds(TRAINING, tiny.FOLDS.assign(log10_sigma=truth + offset), 0.95)
    score = scores["grouped"]
    assert score["mae"] == pytest.approx((1.0 + 2.5) / 2)
    assert score["mae_sd_over_repeats"] == pytest.approx(np.std([1.0, 2.5], ddof=1), abs=1e-6)
    assert (score["n_repeats"], score["n"]) == (2, 4)
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
    assert (score["mae_ci_low"], score["mae_ci_high"]) == pytest.approx(
        (float(low[0]), float(high[0])), abs=1e-6
    )


def test_a_step_of_the_ladder_pairs_the_errors_of_the_same_entries():
    ladder = tuple(
        CrossValidation(scheme=name, title=name, is_primary=rung == 2, note="", rung=rung)
        for name, rung in (("grouped", 2), ("shuffled", 1))
    )
    truth = tiny.BOTH_SCHEMES["id"].map(LABELS.set_index("id")["log10_sigma"])
    # Entries differ much from each other, the two schemes by 0.25, 0.25, 0.25 and 1.25.
    easier = np.tile([1.0, 2.0, 6.0, 9.0], 2)
    offset = np.concatenate([easier + np.tile([0.25, 0.25, 0.25, 1.25], 2), easier])
    predictions = tiny.BOTH_SCHEMES.assign(log10_sigma=truth + offset)
    task = replace(tiny.TASK, cross_validation=ladder)
    scores = score_folds(Prepared(LABELS, task), predictions, 0.95)
    step = scores["grouped"]["step"]
    assert scores["shuffled"]["step"] is None
    assert step is not None
    assert step["since"] == "shuffled"
    assert step["difference"] == pytest.approx(0.5)
    assert (step["ci_low"], step["ci_high"]) == (None, None), "three groups give no interval"


def test_a_task_scored_on_folds_takes_the_mean_over_repeats_of_pooled_errors(tmp_path):
    folder = tmp_path / "submissions" / "tiny-folds" / "model"
    truth = tiny.FOLDS["id"].map(LABELS.set_index("id")["log10_sigma"])
    rows = tiny.FOLDS.assign(log10_sigma=truth + np.repeat([1.0, 2.0, 4.0], [4, 3, 1]))
    tiny.folds_submission(folder, rows)
    result = tiny.folds_scorer(tmp_path).score_all([folder]).scored["model"].evaluation
    score = result.score("log10_sigma", "all", "mae")
    assert score.value == pytest.approx((1.0 + 2.5) / 2)
    assert score.seed_sd == pytest.approx(np.std([1.0, 2.5], ddof=1))
    # Groups left out move it to between 1.5 and 11/6; repeats add their own variance.
    assert score.ci_low < 1.5 < 11 / 6 < score.ci_high
    assert (result.seeds, result.n_scored) == ((0, 1), 4)
