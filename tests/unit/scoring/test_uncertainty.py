"""The receipt's part on predicted standard deviations: what is judged, and what is left out."""

import numpy as np
import pandas as pd
import pytest

import tiny
from ionladder.receipt import calibration_json as uncertainty
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate

STD = [0.5, 2.0, 1.0, 1.0, 0.8, 1.0]


def predictions(offset=1.0, seed=0):
    return tiny.predictions(offset).assign(log10_sigma_std=STD, seed=seed)


def of_sigma(rows, labels=tiny.LABELS):
    found = uncertainty(labels, rows, tiny.TASK)
    assert found is not None
    return found["log10_sigma"]


def test_scores_are_those_of_the_entries_with_a_known_label():
    found = of_sigma(predictions())
    assert (found["n"], found["n_censored"], found["n_missing"]) == (5, 1, 0)
    kept = np.array([True, True, False, True, True, True])
    truth = tiny.LABELS["log10_sigma"].to_numpy()[kept]
    expected = calibrate(truth, truth + 1.0, np.array(STD)[kept])
    for name in SCORES:
        assert found[name] == pytest.approx(getattr(expected, name), abs=1e-6)
    assert found["observed"] == pytest.approx(list(expected.observed), abs=1e-6)
    assert len(found["observed"]) == len(CURVE_LEVELS)
    # All errors are one decade: 0.5 and 0.8 and 1.0 do not reach it at 68 %, 2.0 does.
    assert found["coverage_68"] == pytest.approx(1 / 5)
    assert found["coverage_95"] == pytest.approx(4 / 5)


def test_row_order_does_not_matter_and_seeds_are_averaged():
    both = pd.concat([predictions(1.0, seed=3), predictions(0.5, seed=1)])
    found = of_sigma(both)
    assert of_sigma(both.sample(frac=1.0, random_state=2)) == found
    apart = [of_sigma(predictions(offset)) for offset in (1.0, 0.5)]
    for name in SCORES:
        assert found[name] == pytest.approx(np.mean([one[name] for one in apart]), abs=2e-6)
