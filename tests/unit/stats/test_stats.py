"""Calibration held against scipy, closed forms, and pencil and paper."""

import math
from collections.abc import Callable
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ionladder.errors import MetricInputError
from ionladder.stats import intervals as iv
from ionladder.stats.calibration import CURVE_LEVELS, calibrate
from ionladder.stats.floor import Scale, gap_closed, replicate_floors
from ionladder.stats.intervals import degrees_of_freedom


def gaussian(n, *, scale=1.0, seed=0):
    """Labels drawn from their predicted Gaussians, whose widths are then stated times ``scale``."""
    rng = np.random.default_rng(seed)
    y_pred, y_std = rng.normal(-5.0, 3.0, n), rng.uniform(0.2, 2.0, n)
    return rng.normal(y_pred, y_std), y_pred, scale * y_std


def test_the_likelihood_is_that_of_scipy():
    y_true, y_pred, y_std = gaussian(200)
    expected = -stats.norm.logpdf(y_true, loc=y_pred, scale=y_std).mean()
    assert calibrate(y_true, y_pred, y_std).nll == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_coverage_counts_what_scipy_s_central_intervals_hold(scale):
    y_true, y_pred, y_std = gaussian(500, scale=scale)
    found = calibrate(y_true, y_pred, y_std)
    levels = {0.68: found.coverage_68, 0.95: found.coverage_95}
    for level, value in (*levels.items(), *zip(CURVE_LEVELS, found.observed, strict=True)):
        low, high = stats.norm.interval(level, loc=y_pred, scale=y_std)
        assert value == ((low <= y_true) & (y_true <= high)).mean()


@given(z=st.lists(st.floats(0.0, 6.0), min_size=1, max_size=12))
def test_the_area_agrees_with_a_fine_grid(z):
    n = len(z)
    found = calibrate(np.array(z), np.zeros(n), np.ones(n)).miscalibration_area
    grid = (np.arange(20_000) + 0.5) / 20_000
    reached = 2 * stats.norm.cdf(np.array(z)) - 1
    curve = (reached[:, None] <= grid).mean(axis=0)
    assert found == pytest.approx(np.abs(curve - grid).mean(), abs=1e-4)


@given(
    factor=st.floats(0.01, 100.0), shift=st.floats(-50.0, 50.0), order=st.permutations(range(15))
)
def test_only_sharpness_and_likelihood_know_the_unit_and_nothing_knows_the_order(
    factor, shift, order
):
    y_true, y_pred, y_std = gaussian(15, seed=3)
    one = calibrate(y_true, y_pred, y_std)
    moved = (factor * y_true + shift, factor * y_pred + shift, factor * y_std)
    other = calibrate(*(each[order] for each in moved))
    assert (other.coverage_68, other.coverage_95) == (one.coverage_68, one.coverage_95)
    assert other.miscalibration_area == pytest.approx(one.miscalibration_area, abs=1e-9)
    assert other.sharpness == pytest.approx(factor * one.sharpness)
    assert other.nll == pytest.approx(one.nll + math.log(factor), abs=1e-9)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "y_std", "message"),
    [
        ([1.0], [1.0], [0.0], "larger than 0"),
        ([np.nan], [1.0], [1.0], "finite"),
        ([1.0], [1.0], [np.inf], "finite"),
        ([], [], [], "shapes"),
        ([1.0], [[1.0], [2.0]], [1.0], "shapes"),
    ],
)
def test_what_cannot_be_judged_is_refused(y_true, y_pred, y_std, message):
    with pytest.raises(ValueError, match=message):
        calibrate(y_true, y_pred, y_std)


# --- Replicate floors against loops over pairs, a jackknife by hand, and theory


def _median_parts(members):
    return [abs(y - median(members)) for y in members]


def _pair_parts(members):
    return [abs(a - b) / math.sqrt(2) for a, b in combinations(members, 2)]


def _left_out_parts(members):
    return [abs(y - median(members[:i] + members[i + 1 :])) for i, y in enumerate(members)]


ORACLES = [_median_parts, _pair_parts, _left_out_parts]
NAMES = ["replicate_median_deviation", "replicate_pair_difference", "replicate_leave_one_out"]


@pytest.mark.parametrize("place", range(3), ids=NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_floors_and_intervals_agree_with_loops_over_groups(place, seed):
    """Groups of 2 to 6 measurements with ties, rows shuffled; whole groups are left out."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(12) * 3 - 5, rng.integers(2, 7, 12))
    values = rng.normal(-5.0, 1.0, groups.size).round(1)
    order = rng.permutation(groups.size)
    values, groups = values[order], groups[order]
    parts: Callable[[list[float]], list[float]] = ORACLES[place]
    per_group = [parts(values[groups == name].tolist()) for name in np.unique(groups)]
    value = np.mean([part for each in per_group for part in each])
    others = ([other for other in per_group if other is not each] for each in per_group)
    without = [np.mean([part for other in rest for part in other]) for rest in others]
    error = math.sqrt(11 / 12 * sum((x - value) ** 2 for x in without))
    df = degrees_of_freedom(np.array([len(each) for each in per_group], dtype=float))
    factor = math.exp(stats.t.ppf(0.95, df) * error / value)

    floors = replicate_floors(values, groups, confidence=0.9)

    assert [floor.name for floor in floors] == NAMES
    found = floors[place]
    assert found.value == pytest.approx(value, rel=1e-12)
    assert found.ci_low == pytest.approx(value / factor, rel=1e-9)
    assert found.ci_high == pytest.approx(value * factor, rel=1e-9)
    assert (found.n_groups, found.n_entries) == (12, values.size)


def test_an_achievable_error_agrees_with_loops_over_levels_and_clusters():
    """Three clusters, two levels of noise and one that nobody measured twice, some limits."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(9), 3)
    level, cluster = (groups % 2), np.repeat([0, 1, 2], 9)
    values = rng.normal(-5.0, 1.0 + 2 * level)
    scale = Scale(measured=0.9, oracle_share=0.3)

    def expected(kept):
        means = []
        for wanted in (0, 1):
            of_level = [g for g in range(9) if g % 2 == wanted and g // 3 in kept]
            parts = [part for g in of_level for part in _pair_parts(list(values[groups == g]))]
            means.append(np.mean(parts))
        return 0.9 * (0.5 * means[0] + 0.2 * means[1]) / 0.7 + 0.3

    parts = {"clusters": cluster, "levels": level, "shares": [0.5, 0.2, 0.3]}
    scales = {"achievable_error": scale}
    found = replicate_floors(values, groups, confidence=0.9, **parts, scales=scales)[-1]

    value = expected({0, 1, 2})
    error = math.sqrt(2 / 3 * sum((expected({0, 1, 2} - {c}) - value) ** 2 for c in range(3)))
    # Of the five groups at level 0 the clusters hold 2, 1 and 2, of the four at level 1 the rest.
    sizes = [(0.5 * a / 5 + 0.2 * b / 4) for a, b in ((2, 1), (1, 2), (2, 1))]
    t = stats.t.ppf(0.95, degrees_of_freedom(np.array(sizes)))
    assert found.value == pytest.approx(value)
    assert found.standard_error == pytest.approx(error)
    assert found.ci_high == pytest.approx(value * math.exp(t * error / value))
    assert (found.n_groups, found.n_clusters, found.oracle_share) == (9, 3, 0.3)


def test_the_interval_of_a_closed_gap_holds_the_truth():
    """Errors of 40 groups and floors drawn anew: the share is 1/2, and most intervals hold it."""
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(400):
        errors = np.stack([rng.normal(1.5, 0.5, 40), rng.normal(2.0, 0.5, 40)])
        floor = replicate_floors(
            rng.normal(0.0, math.sqrt(math.pi / 2), 60), np.arange(60) // 2, confidence=0.95
        )[1]
        left_out = tuple((each.sum() - each) / 39 for each in errors)
        score, reference = errors.mean(axis=1)
        closed, low, high = gap_closed(score, reference, floor, left_out, df=39.0, confidence=0.95)
        assert closed == pytest.approx((reference - score) / (reference - floor.value))
        inside.append(low <= 0.5 <= high)
    assert 0.91 <= np.mean(inside) <= 0.99


def test_all_problems_of_the_measurements_are_reported_together():
    with pytest.raises(MetricInputError) as caught:
        replicate_floors([-3.0, np.nan, -4.0, np.inf, -6.5], [4, 4, 9, 9, 7], confidence=0.95)
    values, groups = caught.value.problems
    assert (values.where, groups.where) == ("replicate floor, values", "replicate floor, groups")
    assert values.found == "others at position 1, 3"
    assert groups.found == "one in group 7"


# --- Jackknife intervals of groups against loops, matrices, textbooks and scipy's bootstrap

# --- groups and degrees of freedom


labels = st.lists(st.integers(-3, 6), min_size=1, max_size=40)
sizes = st.lists(st.integers(1, 30), min_size=2, max_size=12)


def freedom_by_matrices(entries, shared):
    """Satterthwaite's degrees of freedom with every matrix written out, entry by entry."""
    member = np.repeat(np.eye(len(entries)), entries, axis=0)
    n = len(member)
    residual = np.eye(n) - 1.0 / n
    alike = shared * member @ member.T + (1.0 - shared) * np.eye(n)
    covariance = member.T @ residual @ alike @ residual.T @ member / n**2
    weights = np.diag((1.0 - entries / n) ** -2)
    product = weights @ covariance
    return float(np.trace(product) ** 2 / np.trace(product @ product))


@given(labels=labels, seed=st.integers(0, 1000))
def test_sums_agree_with_a_loop(labels, seed):
    values = np.random.default_rng(seed).normal(size=(3, len(labels)))
    groups = iv.make_groups(labels)
    parts = [np.array(labels) == name for name in sorted(set(labels))]
    expected = [[row[part].sum() for part in parts] for row in values]
    np.testing.assert_allclose(groups.sums(values), expected, atol=1e-12)
    assert groups.sizes.sum() == len(labels)


@given(sizes=sizes, shared=st.floats(0.0, 1.0))
def test_degrees_of_freedom_agree_with_matrices(sizes, shared):
    entries = np.array(sizes)
    assert iv.degrees_of_freedom(entries.astype(float), shared=shared) == pytest.approx(
        freedom_by_matrices(entries, shared), rel=1e-6
    )


def test_combined_degrees_of_freedom_by_hand():
    # (1 + 3)² / (1²/4 + 3²/9)
    assert float(iv.combined_freedom([(1.0, 4.0), (3.0, 9.0)])) == pytest.approx(16 / 1.25)


# --- intervals


groups_of_entries = st.lists(st.integers(0, 7), min_size=4, max_size=40)
groups_of_entries = groups_of_entries.filter(lambda labels: len(set(labels)) > 1)


def parts(errors, labels):
    """Everything an interval asks for, from errors and their groups."""
    groups = iv.make_groups(labels)
    return {
        "value": np.asarray(errors.mean()),
        "left_out": iv.left_out_means(groups.sums(errors), groups.sizes),
        "present": groups.n_present,
        "df": iv.degrees_of_freedom(groups.sizes),
        "confidence": 0.95,
    }


def draw(seed, n):
    return np.random.default_rng(seed).gamma(1.5, size=n) + 0.01


@given(labels=groups_of_entries, seed=st.integers(0, 1000))
def test_the_interval_agrees_with_a_loop_over_left_out_groups(labels, seed):
    errors = draw(seed, len(labels))
    names = sorted(set(labels))
    without = [errors[np.array(labels) != name].mean() for name in names]
    k = len(names)
    error = math.sqrt((k - 1) / k * sum((x - errors.mean()) ** 2 for x in without))
    sizes = np.array([labels.count(name) for name in names], dtype=float)
    t = stats.t.ppf(0.975, iv.degrees_of_freedom(sizes))
    factor = math.exp(t * error / errors.mean())
    low, high = iv.error_interval(**parts(errors, labels))
    assert (float(low), float(high)) == pytest.approx(
        (errors.mean() / factor, errors.mean() * factor), rel=1e-9
    )


@pytest.mark.parametrize("interval", [iv.error_interval, iv.share_interval])
def test_one_group_has_no_interval(interval):
    low, high = interval(**parts(np.array([0.5, 1.0]), [4, 4]))
    assert math.isnan(low)
    assert math.isnan(high)


def test_independent_entries_give_wilson_s_interval_with_student_s_t():
    is_good = np.array([1.0] * 12 + [0.0] * 28)
    low, high = iv.share_interval(**parts(is_good, list(range(40))))
    # The jackknife's variance is p(1 − p)/39: 39 entries' worth. Its ends solve
    # (p − x)² = t² x(1 − x)/39.
    t = stats.t.ppf(0.975, 39)
    for end in (float(low), float(high)):
        assert (0.3 - end) ** 2 == pytest.approx(t**2 * end * (1 - end) / 39, rel=1e-9)


@given(labels=groups_of_entries, seed=st.integers(0, 1000))
def test_an_interval_of_a_share_is_within_0_and_1_and_mirrors(labels, seed):
    is_good = (np.random.default_rng(seed).random(len(labels)) < 0.4).astype(float)
    low, high = iv.share_interval(**parts(is_good, labels))
    assert 0 <= low <= is_good.mean() + 1e-12
    assert is_good.mean() - 1e-12 <= high <= 1
    other_low, other_high = iv.share_interval(**parts(1.0 - is_good, labels))
    mirrored = (1 - float(other_high), 1 - float(other_low))
    assert mirrored == pytest.approx((float(low), float(high)), abs=1e-9)


def test_a_share_of_all_or_none_counts_groups_as_entries():
    low, high = iv.share_interval(**parts(np.zeros(12), [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3))
    square = stats.t.ppf(0.975, 3) ** 2 / 4
    assert float(low) == pytest.approx(0.0, abs=1e-12)
    assert float(high) == pytest.approx(square / (1 + square))


def test_merged_groups_agree_with_a_search_and_their_correlation_with_an_anova():
    rng = np.random.default_rng(4)
    index = rng.permutation(np.arange(60) % 20)
    labels = np.array([None, *"abcdefgh"], dtype=object)[rng.integers(0, 9, 60) * (index < 14)]

    found = iv.merged_groups(index, labels)

    merged = {frozenset(np.flatnonzero(found == number).tolist()) for number in set(found)}
    expected = [{group} for group in range(20)]
    for label in "abcdefgh":
        groups = set(index[labels == label].tolist())
        touched = [part for part in expected if part & groups]
        expected = [part for part in expected if not part & groups]
        expected += [set.union(*touched)] if touched else []
    assert merged == set(map(frozenset, expected))

    values, classes = rng.normal(size=40) + np.repeat(np.arange(10), 4), np.repeat(np.arange(10), 4)
    table = values.reshape(10, 4)
    between, within = 4 * table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    expected_icc = (between - within) / (between + 3 * within)
    alone = (np.append(values, 99.0), np.append(classes, 10))
    assert iv.intraclass_correlation(*alone) == pytest.approx(expected_icc)
