"""Verdicts against enumeration, and what no submission may gain by doing worse."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ionladder.stats import ranking
from ionladder.stats import ranking as rk

RESAMPLES = rk.Resamples(n_resamples=2000, seed=5)
SIZES = np.array([9.0, 7, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1])


def standings(sums, seeds=None, sizes=SIZES):
    """Standings from sums of shape (n, n_groups), and the scores of each one's seeds."""
    sizes = sizes[: sums.shape[1]]
    means = sums.sum(axis=1) / sizes.sum()
    per_seed = map(np.array, means[:, None] if seeds is None else seeds)
    scores = [
        rk.GroupScore(sums=row[None], sizes=sizes[None], per_seed=each)
        for row, each in zip(sums, per_seed, strict=True)
    ]
    return rk.make_standings(scores, RESAMPLES)


def board(offsets, *, noise, seed, n_groups=14):
    """Group sums of submissions that differ by offsets and noise, on top of what they share."""
    rng, sizes = np.random.default_rng(seed), SIZES[:n_groups]
    own = np.array(offsets)[:, None] + noise * rng.standard_t(3, size=(len(offsets), n_groups))
    return np.maximum(rng.gamma(2.0, size=n_groups) + own, 0.0) * sizes


def verdicts_of(made):
    return rk.judge(made, np.ones(len(made.values), dtype=bool), confidence=0.95)


def ranks_of(made):
    return rk.rank_rows(made, verdicts_of(made), np.arange(len(made.values)))


def exact_p(differences, error=0.0):
    """Two-sided p by enumeration; noise of the seeds integrated for each pattern of signs."""
    signs = np.array(list(product((-1, 1), repeat=len(differences))))
    gap = abs(differences.sum()) - signs @ differences
    if error:
        return float(2.0 * stats.norm.sf(gap / error).mean())
    return min(float(2.0 * np.mean(gap <= 1e-12)), 1.0)


offsets = st.lists(st.floats(0, 2), min_size=2, max_size=7)
noises = st.sampled_from([0.05, 0.5, 2.0])


# --- p-values


@given(st.integers(0, 500), noises, st.integers(2, 10))
@settings(deadline=None, max_examples=50)
def test_p_of_few_groups_is_that_of_enumeration(seed, noise, n_groups):
    made = standings(board([0.0, 0.4, 0.8], noise=noise, seed=seed, n_groups=n_groups))
    found = verdicts_of(made)
    assert found.n_pairs == 3
    for one, other in ((0, 1), (0, 2), (1, 2)):
        expected = min(3.0 * exact_p(made.parts[one] - made.parts[other]), 1.0)
        assert found.p[one, other] == found.p[other, one] == pytest.approx(expected)
        alone = rk.paired_differences(made, one, [other], confidence=0.95)
        assert min(3.0 * float(alone.p[0]), 1.0) == pytest.approx(expected)


@pytest.mark.parametrize("n_drawn", [50, 0])
@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_drawn_and_approximate_p_are_near_the_exact_one(n_drawn, spread, monkeypatch):
    monkeypatch.setattr(ranking, "MOST_DRAWN", n_drawn)
    monkeypatch.setattr(ranking, "_PER_PAIR", 15_000)
    seeds = [[1.0 - spread, 1.0, 1.0 + spread]] * 2
    ratios = []
    for seed in range(40):
        made = standings(board([0.0, 0.7], noise=0.5, seed=seed), seeds)
        exact = exact_p(made.parts[0] - made.parts[1], spread * np.sqrt(2 / 3))
        if exact > 0.002:
            ratios.append(verdicts_of(made).p[0, 1] / exact)
    assert len(ratios) > 20
    assert 0.6 < min(ratios) < max(ratios) < 1.5
    assert 0.8 < np.median(ratios) < 1.1


def test_references_are_a_family_of_their_own_and_the_sums_of_targets_are_means():
    sums = board([0.0, 0.5, 3.0, 3.0], noise=0.3, seed=1, n_groups=10)
    ranked = np.array([True, True, False, False])
    found = rk.judge(standings(sums), ranked, confidence=0.95)
    assert found.n_pairs == 1
    assert np.isnan(found.p[2, 3])
    assert np.isnan(np.diag(found.p)).all()
    made = standings(sums)
    assert found.p[0, 2] == pytest.approx(4 * exact_p(made.parts[0] - made.parts[2]))
    assert found.better[0, 2]
    same = {"sizes": np.stack([SIZES[:10]] * 2), "per_seed": np.ones(1)}
    twice = [rk.GroupScore(sums=np.stack([row, 3 * row]), **same) for row in sums]
    doubled = rk.make_standings(twice, RESAMPLES)
    np.testing.assert_allclose(doubled.values, 2 * made.values)
    np.testing.assert_array_equal(rk.judge(doubled, ranked, confidence=0.95).p, found.p)


def test_many_groups_change_sign_in_blocks():
    rng = np.random.default_rng(0)
    sums = rng.gamma(2.0, size=(3, 1300)) * [[1.0], [1.0], [1.5]]
    found = verdicts_of(standings(sums, sizes=np.ones(1300)))
    assert found.better[:2, 2].all()
    assert not found.better[:2, :2].any()


# --- what no submission gains by doing worse


def improved(before, after):
    pairs = zip(vars(before).items(), vars(after).values(), strict=True)
    return any(now < was for (key, was), now in pairs if key.startswith(("rank", "tie")))


@pytest.mark.parametrize("n_drawn", [50, 0])
@given(offsets=offsets, noise=noises, seed=st.integers(0, 10_000), data=st.data())
@settings(deadline=None, max_examples=60)
def test_nothing_improves_when_predictions_get_worse_or_seeds_disagree_more(
    n_drawn, offsets, noise, seed, data
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "MOST_DRAWN", n_drawn)
        sums, rng = board(offsets, noise=noise, seed=seed), np.random.default_rng(seed)
        means = sums.sum(axis=1, keepdims=True) / SIZES.sum()
        seeds = means + rng.normal(size=(len(sums), 3)) * rng.choice([0.0, 0.3])
        row = data.draw(st.integers(0, len(sums) - 1))
        worse, wilder = sums.copy(), seeds.copy()
        groups = data.draw(st.lists(st.integers(0, 13), max_size=5))
        worse[row, groups] += data.draw(st.sampled_from([0.1, 3.0, 1e3])) * SIZES[groups]
        wilder[row] += (seeds[row] - seeds[row].mean()) * data.draw(st.sampled_from([0, 3, 1e4]))
        before, after = standings(sums, seeds), standings(worse, wilder)
        old, new = verdicts_of(before), verdicts_of(after)
        assert not (new.better[row] & ~old.better[row]).any()
        assert not (old.better[:, row] & ~new.better[:, row]).any()
        assert not improved(ranks_of(before)[row], ranks_of(after)[row])


@given(offsets=offsets, seed=st.integers(0, 50), factor=st.floats(1e-6, 1e6))
@settings(deadline=None, max_examples=30)
def test_order_and_unit_are_irrelevant_and_a_copy_is_never_separated(offsets, seed, factor):
    sums = board(offsets, noise=0.3, seed=seed)
    order = np.random.default_rng(seed).permutation(len(sums))
    found = verdicts_of(standings(sums)).better
    again = verdicts_of(standings(factor * sums[order])).better
    np.testing.assert_array_equal(again, found[np.ix_(order, order)])
    copied = standings(np.vstack([sums, sums[:1]]))
    assert not verdicts_of(copied).better[[0, -1], [-1, 0]].any()
    assert ranks_of(copied)[0] == ranks_of(copied)[-1]


# --- what is read from the verdicts


@given(offsets=offsets, noise=noises, seed=st.integers(0, 200))
@settings(deadline=None, max_examples=60)
def test_ranges_groups_and_probabilities_agree_with_every_verdict(offsets, noise, seed):
    made = standings(board(offsets, noise=noise, seed=seed))
    found, rows = verdicts_of(made), ranks_of(made)
    shares = []
    for at, row in enumerate(rows):
        assert row.rank_low == 1 + found.better[:, at].sum() <= row.rank
        assert row.rank_high == len(rows) - found.better[at].sum() >= row.rank
        assert (row.tie_group == 1) == (row.rank_low == 1) == (row.probability_best is not None)
        shares += [row.probability_best] if row.probability_best is not None else []
        for other in np.flatnonzero(found.better[at]):
            assert rows[other].tie_group > row.tie_group
    assert sum(shares) == pytest.approx(1.0)
    assert {row.tie_group for row in rows} == set(range(1, max(r.tie_group for r in rows) + 1))


@given(st.integers(0, 200), noises)
@settings(deadline=None, max_examples=40)
def test_an_interval_leaves_out_zero_where_p_is_small(seed, noise):
    seeds = [[0.9, 1.0, 1.1], [1.0, 1.3, 1.2], [2.0]]
    made = standings(board([0.0, 0.4, 1.0], noise=noise, seed=seed), seeds)
    found = rk.paired_differences(made, 0, [1, 2], confidence=0.95)
    back = [rk.paired_differences(made, other, [0], confidence=0.95) for other in (1, 2)]
    for at in range(2):
        low, high = found.ci_low[at], found.ci_high[at]
        assert low <= found.difference[at] <= high
        assert (low > 0 or high < 0) == (found.p[at] <= 0.05)
        assert (back[at].ci_low[0], back[at].ci_high[0]) == pytest.approx((-high, -low), abs=0.2)


def test_few_groups_have_no_ends():
    made = standings(board([0.0, 9.0], noise=0.01, seed=0, n_groups=5))
    found = rk.paired_differences(made, 0, [1], confidence=0.95)
    assert (found.ci_low[0], found.ci_high[0]) == (-np.inf, np.inf)
    assert found.p[0] == 2 / 2**5


# --- size and power


def test_equal_models_are_rarely_separated():
    wrong = sum(
        verdicts_of(standings(board([0.0] * 8, noise=1.0, seed=seed))).better.any()
        for seed in range(200)
    )
    # 5 % of 200 boards are 10; seven more are three standard errors.
    assert wrong <= 17


def test_the_smallest_detectable_difference_is_found_as_often_as_it_says():
    rng = np.random.default_rng(8)
    sizes = np.ones(40)
    errors = rng.normal(size=(5, 40)) * [[1.0], [1.1], [0.9], [1.0], [1.0]] + 5.0
    made = standings(errors, sizes=sizes)
    gap = rk.smallest_detectable(made, np.arange(5), confidence=0.95)
    hits = 0
    for _ in range(200):
        drawn = rng.normal(size=(5, 40)) + 5.0
        drawn[1] += gap
        hits += verdicts_of(standings(drawn, sizes=sizes)).better[0, 1]
    assert 0.65 < hits / 200 < 0.92
    twice = standings(2 * errors, sizes=sizes)
    doubled = rk.smallest_detectable(twice, np.arange(5), confidence=0.95)
    assert doubled == pytest.approx(2 * gap, rel=0.01)
    assert np.isnan(rk.smallest_detectable(made, np.arange(1), confidence=0.95))
    few = standings(errors[:, :4], sizes=sizes)
    assert rk.smallest_detectable(few, np.arange(5), confidence=0.95) == np.inf
