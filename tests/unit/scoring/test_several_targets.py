"""Two targets, some labels missing: the mean over targets, and who is left out where."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import tiny
from ionladder.evaluation import Prepared, Scorer
from ionladder.score import compute_floors
from ionladder.specs import MEAN_OF_TARGETS
from ionladder.stats.intervals import degrees_of_freedom

TASK, LABELS = tiny.task("two_targets"), tiny.table("two_targets_labels")
PREDICTIONS = pd.DataFrame(
    {"id": ["d", "c", "b", "a"], "e_1d_ev": [7.0, 2.5, 1.0, 0.3], "e_3d_ev": [5.0, 3.0, 4.0, 0.8]}
)


def run(predictions=PREDICTIONS):
    return Scorer(LABELS, TASK, settings=tiny.SETTINGS).score(predictions)


def test_the_primary_score_is_the_mean_over_targets():
    evaluation = run()
    one, three, mean = (
        evaluation.score(name, "all", "mae_clipped").value
        for name in ("e_1d_ev", "e_3d_ev", MEAN_OF_TARGETS)
    )
    assert one == pytest.approx((0.1 + 0.0 + 0.5 + 0.0) / 4)
    assert three == pytest.approx((0.4 + 2.0 + 0.0 + 1.0) / 4)
    assert mean == pytest.approx((one + three) / 2)


def test_an_entry_without_a_label_is_left_out_of_plain_errors():
    evaluation = run()
    assert evaluation.score("e_3d_ev", "all", "mae").value == pytest.approx((0.4 + 0.0 + 4.0) / 3)
    # It is not fast, and was not called fast; a is fast and was missed.
    assert evaluation.score("e_3d_ev", "all", "f1_fast").value == 0.0


def test_the_mean_has_the_interval_of_leaving_the_same_group_out_of_all_targets():
    evaluation = run()
    plain = evaluation.score(MEAN_OF_TARGETS, "all", "mae")
    one, three = (0.1, 0.0, 0.5, 1.0), (0.4, 0.0, 4.0)  # b has no label in three dimensions
    whole = (np.mean(one) + np.mean(three)) / 2
    without = [
        (np.mean(one[2:]) + np.mean(three[1:])) / 2,
        (np.mean([*one[:2], one[3]]) + np.mean([three[0], three[2]])) / 2,
        (np.mean(one[:3]) + np.mean(three[:2])) / 2,
    ]
    error = math.sqrt(2 / 3 * sum((x - whole) ** 2 for x in without))
    t = stats.t.ppf(0.975, degrees_of_freedom(np.array([2.0, 1.0, 1.0])))
    assert plain.value == pytest.approx(whole)
    assert plain.ci_high == pytest.approx(whole * math.exp(t * error / whole))
    assert np.isnan(evaluation.score(MEAN_OF_TARGETS, "all", "f1_fast").ci_low)
    assert evaluation.primary.sums.shape == (2, 3)


def test_the_floor_is_the_mean_over_targets_of_clipped_repeats():
    replicates = pd.DataFrame(
        {
            "id": ["a", "a", "b", "b"],
            "e_1d_ev": [1.0, 1.2, 5.0, 9.0],
            "e_3d_ev": [1.0, 1.0, np.nan, 5.6],
            "replicate_group": [0, 0, 1, 1],
        }
    )
    floor = compute_floors(replicates, Prepared(LABELS, TASK), tiny.SETTINGS)[0]
    # Distances to the median of each pair: 0.1 and 0.5 in one dimension, 0 and 0.2 in three.
    assert floor.value == pytest.approx((0.1 + 0.5 + 0.0 + 0.2) / 4)
    assert floor.n_groups == 4
