"""Scores of the tiny task, checked with pencil and paper and with scipy."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import tiny
from ionladder.config import ScoringSettings
from ionladder.errors import SubmissionError
from ionladder.evaluation import Prepared, Scorer
from ionladder.receipt import calibration_json as uncertainty
from ionladder.score import compute_floors, score_folds
from ionladder.specs import MEAN_OF_TARGETS, CrossValidation, MetricUse
from ionladder.stats.calibration import CURVE_LEVELS, SCORES, calibrate
from ionladder.stats.intervals import degrees_of_freedom, error_interval


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


# --- Cross-validation scores: pooled per repeat, then averaged

TRAIN_LABELS = tiny.TRAIN.assign(component=[1, 1, 2, 3])
TRAINING = Prepared(TRAIN_LABELS, tiny.TASK)


def test_errors_are_pooled_within_a_repeat_and_averaged_over_repeats():
    truth = tiny.FOLDS["id"].map(TRAIN_LABELS.set_index("id")["log10_sigma"])
    offset = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 4.0])
    scores = score_folds(TRAINING, tiny.FOLDS.assign(log10_sigma=truth + offset), 0.95)
    score = scores["grouped"]
    assert score["mae"] == pytest.approx((1.0 + 2.5) / 2)
    assert score["mae_sd_over_repeats"] == pytest.approx(np.std([1.0, 2.5], ddof=1), abs=1e-6)
    assert (score["n_repeats"], score["n"]) == (2, 4)
    # Entry means are 1.5, 1.5, 1.5 and 2.5 in groups of two, one and one.
    left_out, df = np.array([[2.0, 5.5 / 3, 1.5]]), degrees_of_freedom(np.array([2.0, 1.0, 1.0]))
    seeds = {"seed_variance": 1.5**2 / 2 / 2, "seed_df": 1.0}
    groups = {"present": 3, "df": df, "confidence": 0.95}
    (low,), (high,) = error_interval(np.array([1.75]), left_out, **groups, **seeds)
    assert (score["mae_ci_low"], score["mae_ci_high"]) == pytest.approx((low, high), abs=1e-6)


def test_a_step_of_the_ladder_pairs_the_errors_of_the_same_entries():
    ladder = tuple(
        CrossValidation(scheme=name, title=name, is_primary=rung == 2, note="", rung=rung)
        for name, rung in (("grouped", 2), ("shuffled", 1))
    )
    truth = tiny.BOTH_SCHEMES["id"].map(TRAIN_LABELS.set_index("id")["log10_sigma"])
    # Entries differ much from each other, the two schemes by 0.25, 0.25, 0.25 and 1.25.
    easier = np.tile([1.0, 2.0, 6.0, 9.0], 2)
    offset = np.concatenate([easier + np.tile([0.25, 0.25, 0.25, 1.25], 2), easier])
    predictions = tiny.BOTH_SCHEMES.assign(log10_sigma=truth + offset)
    task = replace(tiny.TASK, cross_validation=ladder)
    scores = score_folds(Prepared(TRAIN_LABELS, task), predictions, 0.95)
    step = scores["grouped"]["step"]
    assert scores["shuffled"]["step"] is None
    assert step["since"] == "shuffled"
    assert step["difference"] == pytest.approx(0.5)
    assert (step["ci_low"], step["ci_high"]) == (None, None), "three groups give no interval"


def test_a_task_scored_on_folds_takes_the_mean_over_repeats_of_pooled_errors(tmp_path):
    folder = tmp_path / "submissions" / "tiny-folds" / "model"
    truth = tiny.FOLDS["id"].map(TRAIN_LABELS.set_index("id")["log10_sigma"])
    rows = tiny.FOLDS.assign(log10_sigma=truth + np.repeat([1.0, 2.0, 4.0], [4, 3, 1]))
    tiny.folds_submission(folder, rows)
    result = tiny.folds_scorer(tmp_path).score_all([folder]).scored["model"].evaluation
    score = result.score("log10_sigma", "all", "mae")
    assert score.value == pytest.approx((1.0 + 2.5) / 2)
    assert score.seed_sd == pytest.approx(np.std([1.0, 2.5], ddof=1))
    # Groups left out move it to between 1.5 and 11/6; repeats add their own variance.
    assert score.ci_low < 1.5 < 11 / 6 < score.ci_high
    assert (result.seeds, result.n_scored) == ((0, 1), 4)


# --- The receipt's part on predicted standard deviations: what is judged, and what is left out

STD = [0.5, 2.0, 1.0, 1.0, 0.8, 1.0]


def predictions(offset=1.0, seed=0):
    return tiny.predictions(offset).assign(log10_sigma_std=STD, seed=seed)


def of_sigma(rows, labels=tiny.LABELS):
    return uncertainty(labels, rows, tiny.TASK)["log10_sigma"]


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


# --- Two targets, some labels missing: the mean over targets, and who is left out where

TWO, TWO_LABELS = tiny.made("two_targets"), tiny.table("two_targets_labels")
TWO_PREDICTIONS = pd.DataFrame(
    {"id": ["d", "c", "b", "a"], "e_1d_ev": [7.0, 2.5, 1.0, 0.3], "e_3d_ev": [5.0, 3.0, 4.0, 0.8]}
)


def run_two(predictions=TWO_PREDICTIONS):
    return Scorer(TWO_LABELS, TWO, settings=tiny.SETTINGS).score(predictions)


def test_the_primary_score_is_the_mean_over_targets():
    evaluation = run_two()
    one, three, mean = (
        evaluation.score(name, "all", "mae_clipped").value
        for name in ("e_1d_ev", "e_3d_ev", MEAN_OF_TARGETS)
    )
    assert one == pytest.approx((0.1 + 0.0 + 0.5 + 0.0) / 4)
    assert three == pytest.approx((0.4 + 2.0 + 0.0 + 1.0) / 4)
    assert mean == pytest.approx((one + three) / 2)


def test_an_entry_without_a_label_is_left_out_of_plain_errors():
    evaluation = run_two()
    assert evaluation.score("e_3d_ev", "all", "mae").value == pytest.approx((0.4 + 0.0 + 4.0) / 3)
    # It is not fast, and was not called fast; a is fast and was missed.
    assert evaluation.score("e_3d_ev", "all", "f1_fast").value == 0.0


def test_the_mean_has_the_interval_of_leaving_the_same_group_out_of_all_targets():
    evaluation = run_two()
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
    values = {"e_1d_ev": [1.0, 1.2, 5.0, 9.0], "e_3d_ev": [1.0, 1.0, np.nan, 5.6]}
    replicates = pd.DataFrame({"id": [*"aabb"], "replicate_group": [0, 0, 1, 1], **values})
    floor = compute_floors(replicates, Prepared(TWO_LABELS, TWO), tiny.SETTINGS)[0]
    # Distances to the median of each pair: 0.1 and 0.5 in one dimension, 0 and 0.2 in three.
    assert floor.value == pytest.approx((0.1 + 0.5 + 0.0 + 0.2) / 4)
    assert floor.n_groups == 4


# --- Metrics that weigh entries, pass over some, or are computed for some targets only

WEIGHTED, WEIGHTED_LABELS = tiny.made("weighted"), tiny.table("weighted_labels")
WEIGHTED_IDS = WEIGHTED_LABELS["id"]


def scored(force, converged=1):
    forces = {"force": force, "force_rms": force}
    rows = pd.DataFrame({"id": WEIGHTED_IDS, **forces, "converged": converged})
    return Scorer(WEIGHTED_LABELS, WEIGHTED, settings=tiny.SETTINGS).score(rows)


def test_weights_make_large_entries_count_more():
    evaluation = scored([1.0, 1.0, 1.0, 1.0, 3.0])

    assert evaluation.score("force", "all", "mae").value == pytest.approx(1.4)
    # (10 + 20 + 30 + 40) · 1 + 100 · 3 over 200 atoms
    assert evaluation.score("force", "all", "mae_by_atom").value == pytest.approx(2.0)
    root = evaluation.score("force_rms", "all", "rmse_by_atom").value
    assert root == pytest.approx(np.sqrt((100 * 1.0 + 100 * 9.0) / 200))


def test_only_flagged_entries_count_where_the_metric_says_so():
    evaluation = scored([1.0, 2.0, 3.0, 4.0, 5.0], converged=[1, 0, 1, 0, 1])

    assert evaluation.score("force", "all", "mae").value == pytest.approx(3.0)
    assert evaluation.score("force", "all", "mae_converged").value == pytest.approx(3.0)
    evaluation = scored([1.0, 9.0, 3.0, 9.0, 5.0], converged=[1, 0, 1, 0, 1])
    assert evaluation.score("force", "all", "mae_converged").value == pytest.approx(3.0)


@given(st.lists(st.floats(0, 50), min_size=5, max_size=5))
def test_equal_weights_give_the_plain_mean_with_its_interval(force):
    labels = WEIGHTED_LABELS.assign(n_atoms=7)
    rows = pd.DataFrame({"id": WEIGHTED_IDS, "force": force, "force_rms": force, "converged": 1})

    evaluation = Scorer(labels, WEIGHTED, settings=tiny.SETTINGS).score(rows)
    plain, weighted, flagged = (
        evaluation.score("force", "all", name) for name in ("mae", "mae_by_atom", "mae_converged")
    )

    for other in (weighted, flagged):
        assert other.value == pytest.approx(plain.value, abs=1e-12)
        assert other.ci_low == pytest.approx(plain.ci_low, abs=1e-9)
        assert other.ci_high == pytest.approx(plain.ci_high, abs=1e-9)


@pytest.mark.parametrize(
    "use",
    [
        MetricUse(name="mae", metric="mae", title="MAE", weight="n_atoms"),
        MetricUse(name="mae", metric="mae", title="MAE", only="converged"),
        MetricUse(name="mae", metric="mae", title="MAE", targets=("force_rms",)),
    ],
)
def test_a_task_cannot_rank_by_a_metric_that_weighs_or_passes_over(use):
    with pytest.raises(ValueError, match="ranks by a metric that"):
        replace(WEIGHTED, metrics=(use,))
