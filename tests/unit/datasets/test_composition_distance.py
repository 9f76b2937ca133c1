"""The Element Mover's Distance against scipy, published examples and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr, wasserstein_distance

from ionladder.data import slices as composition_distance
from ionladder.data.slices import (
    DECIMALS,
    SCALE,
    composition_matrix,
    element_movers_distance,
    nearest,
    nearest_of_other_groups,
    quarters,
)

compositions = st.dictionaries(
    st.sampled_from(SCALE), st.integers(min_value=1, max_value=40), min_size=1, max_size=6
)
formulas = compositions.map(lambda amounts: "".join(f"{e}{n / 4:g}" for e, n in amounts.items()))


def test_the_scale_holds_every_element_up_to_lawrencium_once() -> None:
    from pymatgen.core import Element

    assert len(set(SCALE)) == len(SCALE) == 103
    assert {Element(symbol).Z for symbol in SCALE} == set(range(1, 104))


def test_the_scale_resembles_pettifor_s_own_without_being_it() -> None:
    from pymatgen.core import Element

    own = [Element(symbol).mendeleev_no for symbol in SCALE]
    assert own != sorted(own)
    assert spearmanr(own, range(len(own))).statistic > 0.9


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("CaTiO3", "SrTiO3", 0.2), ("NaCl", "LiCl", 0.5)]
)
def test_distances_are_those_that_the_method_s_authors_print(
    one: str, other: str, distance: float
) -> None:
    # Both stand in the readme of github.com/lrcfmd/ElMD, the reference implementation.
    assert element_movers_distance(one, other) == pytest.approx(distance)


@given(formulas, formulas)
def test_the_distance_is_scipy_s_wasserstein_distance_on_the_scale(one: str, other: str) -> None:
    places = np.arange(len(SCALE))
    first, second = composition_matrix([one])[0], composition_matrix([other])[0]
    expected = wasserstein_distance(places, places, first, second)
    assert element_movers_distance(one, other) == pytest.approx(expected, abs=10.0**-DECIMALS)


@given(formulas, formulas, formulas)
def test_it_is_a_distance(one: str, two: str, three: str) -> None:
    apart = element_movers_distance
    assert apart(one, one) == 0.0
    assert apart(one, two) == apart(two, one)
    assert apart(one, three) <= apart(one, two) + apart(two, three) + 2 * 10.0**-DECIMALS


@given(st.lists(formulas, min_size=1, max_size=8), st.lists(formulas, min_size=1, max_size=8))
def test_the_nearest_are_those_of_a_sorted_list(asked: list[str], known: list[str]) -> None:
    found = nearest(asked, known, count=3)
    for row, formula in enumerate(asked):
        expected = sorted((element_movers_distance(formula, k), i) for i, k in enumerate(known))[:3]
        pairs = zip(found.distances[row], found.places[row], strict=True)
        assert [(float(d), int(p)) for d, p in pairs] == expected


def test_blocks_of_one_row_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, known = ["LiCl", "Li3PS4", "LiCl", "Li7La3Zr2O12"], ["NaCl", "Li2S", "LiNbO3", "Li2S"]
    whole = nearest(asked, known, count=2)
    monkeypatch.setattr(composition_distance, "_BLOCK_CELLS", 1)
    single = nearest(asked, known, count=2)
    np.testing.assert_array_equal(single.distances, whole.distances)
    np.testing.assert_array_equal(single.places, whole.places)


@pytest.mark.parametrize("formula", ["", "Xx2", "Li2(SO4)", "li2", "Li0"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r"formula|atoms"):
        composition_matrix([formula])


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=60))
def test_quarters_keep_equal_distances_together_and_in_order(values: list[int]) -> None:
    distances = np.array(values, dtype=float)
    names = quarters(distances)
    for a, name_a in zip(values, names, strict=True):
        for b, name_b in zip(values, names, strict=True):
            assert (a != b) or name_a == name_b
            assert (a >= b) or name_a <= name_b


def test_quarters_of_distinct_distances_are_equally_large() -> None:
    names = quarters(np.arange(40.0))
    assert [names.count(name) for name in sorted(set(names))] == [10, 10, 10, 10]
    assert names[0] == "1st quarter: 0.00 to 9.00"


def test_no_distances_have_no_quarters() -> None:
    assert quarters(np.array([])) == []


@given(st.lists(st.tuples(formulas, st.integers(0, 3)), min_size=1, max_size=8))
def test_neighbours_of_other_groups_are_those_of_a_sorted_list(
    entries: list[tuple[str, int]],
) -> None:
    found = nearest_of_other_groups(*map(list, zip(*entries, strict=True)), count=3)
    for row, (formula, group) in enumerate(entries):
        others = [
            (element_movers_distance(formula, other), place)
            for place, (other, theirs) in enumerate(entries)
            if theirs != group
        ]
        pairs = zip(found.distances[row], found.places[row], strict=True)
        real = [(float(d), int(p)) for d, p in pairs if np.isfinite(d)]
        assert real == sorted(others)[:3]
