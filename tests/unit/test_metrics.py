"""Metrics against scikit-learn, scipy, enumeration and hand counts; what each one promises."""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sklearn

from ionladder import metrics
from ionladder.errors import MetricInputError
from ionladder.metrics import METRICS, average_ranks

EVERY = [pytest.param(metric, id=name) for name, metric in sorted(METRICS.items())]
"""Metrics whose title on a board holds a symbol or a limit in its midst."""
NAN = math.nan
GOOD, POOR, THRESHOLD = -3.0, -9.0, -4.0
Pair = tuple[np.ndarray, np.ndarray]


def screened(score):
    return lambda true, pred, threshold: score(true >= threshold, pred >= threshold)


ORACLES: dict[str, Callable[..., float]] = {
    "mae": sklearn.mean_absolute_error,
    "rmse": sklearn.root_mean_squared_error,
    "median_ae": sklearn.median_absolute_error,
    "r2": sklearn.r2_score,
    "pearson_r": lambda true, pred: stats.pearsonr(true, pred)[0],
    "spearman": lambda true, pred: stats.spearmanr(true, pred).statistic,
    "slope": lambda true, pred: stats.linregress(true, pred).slope,
    "precision": screened(sklearn.precision_score),
    "recall": screened(sklearn.recall_score),
    "f1": screened(sklearn.f1_score),
    "f1_below": lambda true, pred, threshold: sklearn.f1_score(true < threshold, pred < threshold),
    "accuracy_below": lambda true, pred, threshold: sklearn.accuracy_score(
        true < threshold, pred < threshold
    ),
    "mcc_below": lambda true, pred, threshold: sklearn.matthews_corrcoef(
        true < threshold, pred < threshold
    ),
    "within": lambda true, pred, tolerance: np.mean(np.abs(pred - true) <= tolerance),
    "roc_auc": lambda true, pred, threshold: sklearn.roc_auc_score(true >= threshold, pred),
    "mae_clipped": lambda true, pred, clip: sklearn.mean_absolute_error(
        true.clip(max=clip), pred.clip(max=clip)
    ),
    "mae_log1p": lambda true, pred: sklearn.mean_absolute_error(
        *(np.sign(y) * np.log1p(np.abs(y)) for y in (true, pred))
    ),
    "within_one_decade": lambda true, pred: np.mean(
        [abs(p - t) <= 1 for t, p in zip(true, pred, strict=True)]
    ),
    "mae_censored": lambda true, pred, upper_limit: np.mean(
        [
            abs(p - t) if math.isnan(limit) else max(0.0, p - limit)
            for t, p, limit in zip(true, pred, upper_limit, strict=True)
        ]
    ),
    "mae_capped": lambda true, pred, cap, upper_limit: np.mean(
        [
            min(cap, abs(p - t) if math.isnan(limit) else max(0.0, p - limit))
            for t, p, limit in zip(true, pred, upper_limit, strict=True)
        ]
    ),
    "enrichment_top10pct": lambda true, pred, threshold: mean_over_tie_breaks(
        true >= threshold, pred
    ),
}


def mean_over_tie_breaks(is_good, y_pred):
    """Average the enrichment over every top tenth that the predictions allow."""
    whole, part = divmod(len(y_pred), 10)

    def hits(n):
        cut = sorted(y_pred, reverse=True)[n - 1]
        above = [i for i, p in enumerate(y_pred) if p > cut]
        tied = [i for i, p in enumerate(y_pred) if p == cut]
        picks = [above + list(extra) for extra in combinations(tied, n - len(above))]
        return float(np.mean([is_good[pick].sum() for pick in picks]))

    found = hits(whole) + part / 10 * (hits(whole + 1) - hits(whole) if part else 0.0)
    return found / (len(y_pred) / 10) / is_good.mean()


def options(metric, n_entries=40):
    """Give valid options: a threshold in the middle, a clip above, a limit on every fifth entry."""
    limits = np.where(np.arange(n_entries) % 5 == 0, -7.0, NAN)
    every: dict[str, object] = {"clip": -3.0, "cap": 1.5, "threshold": -5.0, "tolerance": 1.25}
    every["upper_limit"] = limits
    return {name: every[name] for name in (*metric.needs, *metric.options)}


def sample(n_entries=40, decimals=1, seed=11):
    rng = np.random.default_rng(seed)
    y_true = rng.normal(-5.0, 2.0, n_entries)
    return y_true.round(decimals), (y_true + rng.normal(0.0, 1.5, n_entries)).round(decimals)


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.parametrize(
    ("n_entries", "decimals"), [(20, 0), (40, 1), (121, 6)], ids=["many ties", "ties", "no ties"]
)
def test_a_metric_agrees_with_its_oracle(metric, n_entries, decimals):
    y_true, y_pred = sample(n_entries, decimals)
    given = options(metric, n_entries)

    value = getattr(metrics, metric.name)(y_true, y_pred, **given)

    assert type(value) is float
    assert value == pytest.approx(ORACLES[metric.name](y_true, y_pred, **given), rel=1e-12)
    assert metric.function(y_true, y_pred, **given) == value


@pytest.mark.parametrize("metric", EVERY)
def test_errors_of_entries_give_the_metric_for_every_seed(metric):
    assert (metric.entrywise is None) == (metric.from_mean is None)
    if metric.entrywise is None:
        pytest.skip("no mean over entries")
    y_true = sample()[0]
    seeds = np.stack([sample(seed=seed)[1] for seed in (11, 12)])

    entries = metric.entrywise(y_true, seeds, **options(metric))

    assert (entries.shape, entries.dtype) == (seeds.shape, np.float64)
    means = metric.from_mean(entries.mean(axis=1))
    expected = [metric.function(y_true, row, **options(metric)) for row in seeds]
    np.testing.assert_allclose(means, expected, rtol=1e-14)


@pytest.mark.parametrize("metric", EVERY)
def test_better_predictions_score_better_in_the_stated_direction(metric):
    y_true, y_pred = sample(decimals=6)
    sign = {"minimize": 1.0, "maximize": -1.0}[metric.direction]

    perfect, ordinary, opposite = (
        metric.function(y_true, pred, **options(metric)) for pred in (y_true, y_pred, -10 - y_pred)
    )

    if metric.ideal is not None:
        assert perfect == pytest.approx(metric.ideal)
        assert abs(perfect - ordinary) < abs(perfect - opposite)
    else:
        assert sign * perfect <= sign * ordinary < sign * opposite


@pytest.mark.parametrize("metric", EVERY)
@pytest.mark.filterwarnings("error")
def test_degenerate_and_huge_arrays_give_a_number_or_nan_without_a_warning(metric):
    function = getattr(metrics, metric.name)
    for n_entries in (1, 2, 12):
        for label in (-9.0, -5.0, -1.0):
            constant = np.full(n_entries, label)
            assert type(function(constant, constant, **options(metric, n_entries))) is float
    huge = np.tile([1e150, -1e150], 20)
    copy = huge.copy()
    assert not np.isinf(function(huge, -huge, **options(metric)))
    np.testing.assert_array_equal(huge, copy)


# --- values by hand, and where there is none


@pytest.mark.parametrize(
    ("name", "y_true", "y_pred", "given", "expected"),
    [
        ("median_ae", [0.0, 0.0], [1.0, -2.0], {}, 1.5),
        ("median_ae", [0.0] * 4, [9.0, 0.0, -1.0, 2.0], {}, 1.5),
        ("r2", [-2.0, -4.0, -6.0], [-4.0] * 3, {}, 0.0),
        ("r2", [-2.0, -4.0, -6.0], [-6.0, -4.0, -2.0], {}, -3.0),
        ("r2", [-4.0], [-3.0], {}, NAN),
        ("r2", [0.1] * 3, [0.2, 0.3, 0.4], {}, NAN),
        ("spearman", [-3.0, -4.0], [-5.0, -5.0], {}, NAN),
        ("spearman", [-9.0, -3.0, -5.0], [729.0, 27.0, 125.0], {}, -1.0),
        ("pearson_r", [1.0, 1.0], [0.0, 2.0], {}, NAN),
        ("slope", [1.0, 1.0], [0.0, 2.0], {}, NAN),
        ("slope", [1.0, 2.0], [0.5, 0.5], {}, 0.0),
        ("within_one_decade", [-4.0, -4.0], [-5.0, -2.999], {}, 0.5),
        ("mae_clipped", [18.0, 7.0], [6.0, 100.0], {"clip": 6.0}, 0.0),
        ("mae_clipped", [NAN], [5.0], {"clip": 6.0}, 1.0),
        ("mae_censored", [-15.0], [-30.0], {"upper_limit": [-10.0]}, 0.0),
        ("mae_censored", [-15.0], [-9.5], {"upper_limit": [-10.0]}, 0.5),
        ("mae_censored", [-12.0], [-9.5], {"upper_limit": [-10.0]}, 0.5),
        ("precision", [GOOD, POOR], [POOR, POOR], {"threshold": THRESHOLD}, NAN),
        ("recall", [GOOD, POOR], [POOR, POOR], {"threshold": THRESHOLD}, 0.0),
        ("recall", [POOR, POOR], [GOOD, POOR], {"threshold": THRESHOLD}, NAN),
        ("recall", [-4.0, -4.0], [-4.0, -4.1], {"threshold": THRESHOLD}, 0.5),
        ("f1", [POOR, POOR], [POOR, POOR], {"threshold": THRESHOLD}, NAN),
        ("f1", [GOOD, POOR], [POOR, GOOD], {"threshold": THRESHOLD}, 0.0),
        ("f1_below", [1.0, 2.0], [1.0, 3.0], {"threshold": 0.5}, NAN),
        ("f1_below", [0.5, 0.4, NAN], [0.4, 0.4, 1.0], {"threshold": 0.5}, 2 / 3),
        ("roc_auc", [-3.0, -9.0, -9.0], [-5.0] * 3, {"threshold": THRESHOLD}, 0.5),
        ("roc_auc", [-4.0, -4.5], [-1.0, -2.0], {"threshold": THRESHOLD}, 1.0),
        ("roc_auc", [GOOD] * 3, [-1.0, -2.0, -3.0], {"threshold": THRESHOLD}, NAN),
        ("enrichment_top10pct", [GOOD] * 9, [0.0] * 9, {"threshold": THRESHOLD}, NAN),
        ("enrichment_top10pct", [POOR] * 20, [0.0] * 20, {"threshold": THRESHOLD}, NAN),
        (
            "enrichment_top10pct",
            [GOOD] * 5 + [POOR] * 5,
            [*range(10)],
            {"threshold": THRESHOLD},
            0.0,
        ),
    ],
)
def test_values_by_hand(name, y_true, y_pred, given, expected):
    assert getattr(metrics, name)(y_true, y_pred, **given) == pytest.approx(expected, nan_ok=True)


def test_average_ranks_agree_with_scipy_and_zero_ties_with_minus_zero():
    values = sample(121, 0)[0]
    np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values))
    np.testing.assert_array_equal(average_ranks(np.array([0.0, -0.0, -1.0])), [2.5, 2.5, 1.0])


# --- errors about arrays that cannot be scored


def refused(name, *arrays, **given):
    with pytest.raises(MetricInputError) as caught:
        getattr(metrics, name)(*arrays, **given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        pytest.param({"y_pred": [-3.0]}, "shape (2,)", "shape (1,)", id="too few predictions"),
        pytest.param({"y_pred": -3.0}, "shape (2,)", "shape ()", id="a single number"),
        pytest.param({"y_pred": [[-3.0, -4.0]]}, "shape (2,)", "shape (1, 2)", id="seeds"),
        pytest.param({"y_true": [], "y_pred": []}, "at least one entry", "(0,)", id="no entries"),
        pytest.param({"y_true": [[-3.0, -4.0]]}, "(n_entries,)", "(1, 2)", id="a table of labels"),
        pytest.param({"y_pred": ["-3", "-4"]}, "array of numbers", "type <U2", id="text"),
        pytest.param({"y_pred": [None, -4.0]}, "array of numbers", "type object", id="objects"),
        pytest.param({"y_pred": [True, False]}, "array of numbers", "type bool", id="flags"),
        pytest.param({"y_pred": [[-3.0], [-4.0, 0]]}, "numbers", "different lengths", id="ragged"),
        pytest.param({"y_pred": [NAN, -4.0]}, "finite", "nan at position 0", id="NaN predicted"),
        pytest.param({"y_true": [-3.0, -np.inf]}, "finite", "-inf at position 1", id="infinite"),
        pytest.param({"y_pred": [1e200, -4.0]}, "up to 1e+150", "1e+200 at position 0", id="huge"),
    ],
)
def test_unfit_arrays_are_refused(change, expected, found):
    arrays = {"y_true": [-3.0, -4.0], "y_pred": [-3.5, -4.5], **change}
    message = refused("mae", arrays["y_true"], arrays["y_pred"])
    assert message.startswith(f"metric mae, {next(iter(change))}: expected ")
    assert expected in message
    assert found in message.split("; found ")[1]


@pytest.mark.parametrize("name", ["f1", "roc_auc"])
def test_a_threshold_must_be_finite(name):
    message = refused(name, [-3.0, -4.0], [-3.0, -4.0], threshold=NAN)
    assert f"metric {name}, threshold: expected a finite number" in message
