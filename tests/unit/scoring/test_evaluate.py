"""Scores of the tiny task, checked with pencil and paper and with scipy."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import tiny
from ionladder.config import ScoringSettings
from ionladder.errors import SubmissionError
from ionladder.evaluation import Scorer
from ionladder.stats.intervals import degrees_of_freedom


def run(predictions, settings=tiny.SETTINGS):
    return Scorer(tiny.LABELS, tiny.TASK, settings=settings).score(predictions)


def value(evaluation, subset, metric):
    return evaluation.score("log10_sigma", subset, metric).value


def test_an_offset_of_one_decade_scores_one_decade():
    evaluation = run(tiny.predictions(1.0))
    assert value(evaluation, "all", "mae") == pytest.approx(1.0)
    assert value(evaluation, "all", "rmse") == pytest.approx(1.0)
    assert value(evaluation, "all", "spearman") == pytest.approx(1.0)
    # The censored entry is predicted at -14, below its limit of -10: no error there.
    assert value(evaluation, "all", "mae_censored") == pytest.approx(5 / 6)
    assert value(evaluation, "uncensored", "mae_censored") == pytest.approx(1.0)


def test_the_score_of_several_seeds_is_their_mean_with_their_spread():
    both = pd.concat([tiny.predictions(1.0).assign(seed=3), tiny.predictions(2.0).assign(seed=5)])
    evaluation = run(both)
    score = evaluation.score("log10_sigma", "all", "mae")
    assert evaluation.seeds == (3, 5)
    assert score.value == pytest.approx(1.5)
    assert score.seed_sd == pytest.approx(np.std([1.0, 2.0], ddof=1))
    assert (score.seed_min, score.seed_max) == pytest.approx((1.0, 2.0))


def test_row_order_does_not_matter():
    rng = np.random.default_rng(0)
    noisy = tiny.predictions().assign(log10_sigma=lambda t: t["log10_sigma"] + rng.normal(size=6))
    shuffled = noisy.sample(frac=1.0, random_state=1)
    one, other = run(noisy), run(shuffled)
    assert repr(one.targets) == repr(other.targets)  # NaN never equals NaN, its text does
    np.testing.assert_array_equal(one.primary.sums, other.primary.sums)


NOISE = np.array([0.1, 0.9, 2.0, 0.3, 1.4, 0.6])


def noisy(labels=tiny.LABELS):
    return tiny.predictions().assign(log10_sigma=labels["log10_sigma"] + NOISE)


@pytest.mark.parametrize(("metric", "power"), [("mae", 1), ("rmse", 2)])
def test_whole_groups_are_left_out(metric, power):
    settings = ScoringSettings(resamples=10, seed=1, confidence=0.9)
    score = run(noisy(), settings).score("log10_sigma", "all", metric)

    def error(rows):
        return float(np.mean(NOISE[rows] ** power) ** (1 / power))

    whole = error([0, 1, 2, 3, 4, 5])
    without = [[2, 3, 4, 5], [0, 1, 3, 4, 5], [0, 1, 2, 4, 5], [0, 1, 2, 3]]
    variance = 3 / 4 * sum((error(rows) - whole) ** 2 for rows in without)
    t = stats.t.ppf(0.95, degrees_of_freedom(np.array([2.0, 1.0, 1.0, 2.0])))
    factor = math.exp(t * math.sqrt(variance) / whole)
    assert score.value == pytest.approx(whole)
    assert (score.ci_low, score.ci_high) == pytest.approx((whole / factor, whole * factor))


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (tiny.predictions().iloc[1:], "1 missing"),
        (pd.concat([tiny.predictions(), tiny.predictions().iloc[:1]]), "1 repeated"),
        (tiny.predictions().assign(id=["x", *tiny.LABELS["id"][1:]]), "1 unknown"),
        (tiny.predictions().replace({"log10_sigma": {-3.0: np.nan}}), "a finite number"),
        (tiny.predictions().rename(columns={"log10_sigma": "pred"}), "no log10_sigma"),
    ],
)
def test_anything_but_exact_coverage_is_refused(predictions, expected):
    with pytest.raises(SubmissionError, match=expected):
        run(predictions)
