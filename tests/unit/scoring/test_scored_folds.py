"""A task scored on folds: the pooled error of each repeat, averaged, whatever stands beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tiny
from ionladder.score import TaskScores

TRUTH = dict(zip(tiny.TRAIN_IDS, [-4.0, -5.0, -6.0, -7.0], strict=True))


def scored(root: Path, offsets: dict[str, list[float]]) -> TaskScores:
    """One submission, off by so much in each row of a scheme (four entries, two repeats)."""
    table = tiny.BOTH_SCHEMES[tiny.BOTH_SCHEMES["scheme"].isin(offsets)]
    off = np.concatenate([offsets[scheme] for scheme in dict.fromkeys(table["scheme"])])
    folder = root / "submissions" / "tiny-folds" / "model"
    tiny.folds_submission(folder, table.assign(log10_sigma=table["id"].map(TRUTH) + off))
    return tiny.folds_scorer(root).score_all([folder])


def test_the_score_is_the_mean_over_repeats_of_the_pooled_error(tmp_path: Path) -> None:
    result = scored(tmp_path, {"grouped": [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0]})
    evaluation = result.scored["model"].evaluation
    score = evaluation.score("log10_sigma", "all", "mae")
    assert score.value == pytest.approx((1.0 + 2.5) / 2)
    assert score.seed_sd == pytest.approx(np.std([1.0, 2.5], ddof=1))
    assert (score.seed_min, score.seed_max) == (1.0, 2.5)
    # Leaving out groups moves the mean of 1.75 to 11/6 three times and to 1.5 once; repeats add
    # their own variance, so the interval is wider than that of one repeat.
    assert score.ci_low < 1.5 < score.value < 11 / 6 < score.ci_high
    assert score.value / score.ci_low == pytest.approx(score.ci_high / score.value)
    assert evaluation.seeds == (0, 1)
    assert (evaluation.n_expected, evaluation.n_scored) == (4, 4)
