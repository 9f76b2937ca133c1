"""Laws that metrics obey for any labels and predictions."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ionladder.metrics import all_metrics, get_metric
from ionladder.specs import Array

METRICS = [pytest.param(metric, id=name) for name, metric in all_metrics().items()]
WITH_A_ZERO = {"mae_log1p"}  # the logarithm of 1 + y knows where 0 is
SHIFTABLE = [param for param in METRICS if param.id not in WITH_A_ZERO]
Pair = tuple[Array, Array]
SCREENING = ["roc_auc", "precision", "recall", "f1"]

# Quarters of a decade: sums are exact, and ties and errors of exactly one decade are common.
decades = st.integers(-80, 8).map(lambda quarters: quarters / 4)


@st.composite
def pairs(draw, min_size=1):
    """Labels and predictions of the same length."""
    rows = draw(st.lists(st.tuples(decades, decades), min_size=min_size, max_size=40))
    y_true, y_pred = np.array(rows).T
    return y_true, y_pred


@st.composite
def censored_pairs(draw):
    """Labels, predictions and limits; a censored label stands at or below its limit."""
    y_true, y_pred = draw(pairs())
    size = st.lists(st.none() | st.integers(0, 40), min_size=y_true.size, max_size=y_true.size)
    above = draw(size)
    gaps = np.array([math.nan if gap is None else gap / 4 for gap in above])
    return y_true, y_pred, y_true + gaps


def _score(name, y_true, y_pred, **options):
    return get_metric(name).function(y_true, y_pred, **options)


def _options(metric, limits, threshold):
    every = {"clip": threshold, "cap": 2.0, "threshold": threshold, "tolerance": 0.5}
    every["upper_limit"] = limits
    return {name: every[name] for name in (*metric.needs, *metric.options)}


@pytest.mark.parametrize("metric", METRICS)
@given(data=censored_pairs(), threshold=decades, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(metric, data, threshold, random):
    y_true, y_pred, limits = data
    order = list(range(y_true.size))
    random.shuffle(order)

    value = metric.function(y_true, y_pred, **_options(metric, limits, threshold))
    options = _options(metric, limits[order], threshold)
    shuffled = metric.function(y_true[order], y_pred[order], **options)

    np.testing.assert_allclose(shuffled, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("metric", SHIFTABLE)
@given(data=censored_pairs(), threshold=decades, shift=decades)
def test_shifting_everything_alike_changes_nothing(metric, data, threshold, shift):
    y_true, y_pred, limits = data

    value = metric.function(y_true, y_pred, **_options(metric, limits, threshold))
    shifted = metric.function(
        y_true + shift, y_pred + shift, **_options(metric, limits + shift, threshold + shift)
    )

    np.testing.assert_allclose(shifted, value, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["mae", "median_ae", "rmse"])
@given(pair=pairs(), scale=st.sampled_from([0.0, 0.25, 2.0, -3.0, 1000.0]))
def test_errors_scale_with_the_unit(name, pair, scale):
    y_true, y_pred = pair

    expected = abs(scale) * _score(name, y_true, y_pred)

    assert _score(name, scale * y_true, scale * y_pred) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["mae", "median_ae", "rmse"])
@given(pair=pairs(), constant=decades)
def test_a_constant_bias_is_the_error_of_an_otherwise_perfect_model(name, pair, constant):
    y_true, _ = pair

    assert _score(name, y_true, y_true + constant) == pytest.approx(abs(constant), abs=1e-12)


@given(pair=pairs())
def test_errors_are_ordered_as_their_definitions_demand(pair):
    y_true, y_pred = pair
    largest = float(np.abs(y_pred - y_true).max())
    mae, rmse = _score("mae", y_true, y_pred), _score("rmse", y_true, y_pred)

    assert 0.0 <= mae <= rmse + 1e-12
    assert rmse <= largest + 1e-12
    assert _score("median_ae", y_true, y_pred) <= min(largest, 2 * mae)


@given(pair=pairs())
def test_labels_and_predictions_may_swap_places_in_symmetric_errors(pair):
    y_true, y_pred = pair

    for name in ("mae", "median_ae", "rmse", "within_one_decade", "spearman"):
        np.testing.assert_equal(_score(name, y_pred, y_true), _score(name, y_true, y_pred))


@given(pair=pairs())
def test_no_constant_prediction_has_a_positive_r2_and_the_mean_has_zero(pair):
    y_true, y_pred = pair
    assume(np.ptp(y_true) > 0)

    assert _score("r2", y_true, np.full_like(y_true, y_pred[0])) <= 1e-9
    assert _score("r2", y_true, np.full_like(y_true, y_true.mean())) == pytest.approx(0, abs=1e-9)


@given(data=censored_pairs())
def test_respecting_limits_never_costs_more_than_the_mapped_labels(data):
    y_true, y_pred, limits = data

    censored = _score("mae_censored", y_true, y_pred, upper_limit=limits)

    assert 0.0 <= censored <= _score("mae", y_true, y_pred)


@given(data=censored_pairs(), lower=st.integers(0, 40))
def test_predicting_lower_never_costs_at_a_censored_entry(data, lower):
    y_true, y_pred, limits = data
    is_censored = ~np.isnan(limits)
    below = np.where(is_censored, y_pred - lower / 4, y_pred)

    before = _score("mae_censored", y_true, y_pred, upper_limit=limits)

    assert _score("mae_censored", y_true, below, upper_limit=limits) <= before


@given(data=censored_pairs(), higher=st.integers(0, 40))
def test_a_looser_limit_never_raises_the_error(data, higher):
    y_true, y_pred, limits = data

    before = _score("mae_censored", y_true, y_pred, upper_limit=limits)

    assert _score("mae_censored", y_true, y_pred, upper_limit=limits + higher / 4) <= before


@given(pair=pairs(), factor=st.sampled_from([0.0, 0.5, 1.0]))
def test_shrinking_errors_never_loses_entries_within_one_decade(pair, factor):
    y_true, y_pred = pair
    before = _score("within_one_decade", y_true, y_pred)

    after = _score("within_one_decade", y_true, y_true + factor * (y_pred - y_true))

    assert 0.0 <= before <= after <= 1.0


@given(pair=pairs())
def test_entries_beyond_one_decade_bound_the_mae_from_below(pair):
    y_true, y_pred = pair

    missed = 1.0 - _score("within_one_decade", y_true, y_pred)

    assert missed <= _score("mae", y_true, y_pred) + 1e-12


@pytest.mark.parametrize(
    "increasing",
    [lambda y: 3.0 * y - 7.0, np.arctan, lambda y: y**3, lambda y: 10.0**y],
    ids=["affine", "arctan", "cube", "power of ten"],
)
@given(pair=pairs(min_size=12), threshold=decades)
def test_order_metrics_ignore_increasing_maps_of_predictions(increasing, pair, threshold):
    y_true, y_pred = pair
    mapped = increasing(y_pred)
    assume(np.unique(mapped).size == np.unique(y_pred).size)

    for name in ("spearman", "roc_auc", "enrichment_top10pct"):
        options = {} if name == "spearman" else {"threshold": threshold}
        np.testing.assert_equal(
            _score(name, y_true, mapped, **options), _score(name, y_true, y_pred, **options)
        )


@given(pair=pairs())
def test_spearman_is_bounded_and_odd(pair):
    y_true, y_pred = pair
    value = _score("spearman", y_true, y_pred)
    assume(not math.isnan(value))

    assert -1.0 <= value <= 1.0
    assert _score("spearman", y_true, -y_pred) == -value


@given(pair=pairs(), threshold=decades)
def test_auc_of_reversed_scores_is_the_complement(pair, threshold):
    y_true, y_pred = pair
    value = _score("roc_auc", y_true, y_pred, threshold=threshold)
    assume(not math.isnan(value))

    complement = _score("roc_auc", y_true, -y_pred, threshold=threshold)

    assert 0.0 <= value <= 1.0
    assert value + complement == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", SCREENING)
@given(pair=pairs(), threshold=decades)
def test_screening_scores_are_fractions_or_none(name, pair, threshold):
    value = _score(name, *pair, threshold=threshold)

    assert math.isnan(value) or 0.0 <= value <= 1.0


@given(pair=pairs(), threshold=decades)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(pair, threshold):
    precision, recall, f1 = (
        _score(name, *pair, threshold=threshold) for name in ("precision", "recall", "f1")
    )
    assume(precision > 0 and recall > 0)

    assert f1 == pytest.approx(2 / (1 / precision + 1 / recall), rel=1e-12)
    assert min(precision, recall) <= f1 + 1e-12
    assert f1 <= max(precision, recall) + 1e-12


@given(pair=pairs(), threshold=decades)
def test_swapping_roles_swaps_precision_and_recall(pair, threshold):
    y_true, y_pred = pair

    precision = _score("precision", y_true, y_pred, threshold=threshold)

    np.testing.assert_equal(_score("recall", y_pred, y_true, threshold=threshold), precision)


@given(pair=pairs(), threshold=decades, raised=st.integers(0, 20))
def test_predicting_higher_never_lowers_recall(pair, threshold, raised):
    y_true, y_pred = pair
    before = _score("recall", y_true, y_pred, threshold=threshold)
    assume(not math.isnan(before))

    assert _score("recall", y_true, y_pred + raised / 4, threshold=threshold) >= before


@given(pair=pairs(min_size=12), threshold=decades)
def test_enrichment_is_between_nothing_and_perfect_order(pair, threshold):
    y_true, y_pred = pair
    n_good = int((y_true >= threshold).sum())
    assume(n_good > 0)
    largest = min(10.0, y_true.size / n_good)

    value = _score("enrichment_top10pct", y_true, y_pred, threshold=threshold)

    assert 0.0 <= value <= largest + 1e-12
    perfect = _score("enrichment_top10pct", y_true, y_true, threshold=threshold)
    assert perfect == pytest.approx(largest, rel=1e-12)


@given(pair=pairs(min_size=12), threshold=decades)
def test_enrichment_of_a_constant_is_that_of_chance(pair, threshold):
    y_true, _ = pair
    assume((y_true >= threshold).any())

    value = _score("enrichment_top10pct", y_true, np.full(y_true.size, -5.0), threshold=threshold)

    assert value == pytest.approx(1.0, rel=1e-12)
