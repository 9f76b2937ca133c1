"""Compositions, how far they lie apart, and the parts of a test set."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from ionladder.data import slices
from ionladder.data import slices as sl
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.repo import Layout

# The Element Mover's Distance against scipy, published examples and brute force.


compositions = st.dictionaries(
    st.sampled_from(sl.SCALE), st.integers(min_value=1, max_value=40), min_size=1, max_size=6
)
formulas = compositions.map(lambda amounts: "".join(f"{e}{n / 4:g}" for e, n in amounts.items()))


@pytest.mark.parametrize(
    ("one", "other", "distance"), [("CaTiO3", "SrTiO3", 0.2), ("NaCl", "LiCl", 0.5)]
)
def test_distances_are_those_that_its_authors_print(one, other, distance):
    # Both stand in the readme of github.com/lrcfmd/ElMD, the reference implementation.
    assert sl.element_movers_distance(one, other) == pytest.approx(distance)


@given(formulas, formulas)
def test_the_distance_is_scipy_s_wasserstein_distance_on_the_scale(one, other):
    places = np.arange(len(sl.SCALE))
    first, second = sl.composition_matrix([one])[0], sl.composition_matrix([other])[0]
    expected = wasserstein_distance(places, places, first, second)
    assert sl.element_movers_distance(one, other) == pytest.approx(expected, abs=10.0**-sl.DECIMALS)


def is_sorted_list(found, row, formula, known):
    """The three nearest of a row; sums in another order may round to another last digit."""
    apart = {place: sl.element_movers_distance(formula, other) for place, other in known.items()}
    real = np.isfinite(found.distances[row])
    distances, places = found.distances[row][real], [int(p) for p in found.places[row][real]]
    digit = 1.01 * 10.0**-sl.DECIMALS
    assert distances == pytest.approx(sorted(apart.values())[:3], abs=digit)
    assert len(set(places)) == len(places)
    assert [apart[place] for place in places] == pytest.approx(distances, abs=digit)


@given(st.lists(formulas, min_size=1, max_size=8), st.lists(formulas, min_size=1, max_size=8))
def test_the_nearest_are_those_of_a_sorted_list(asked, known):
    found = sl.nearest(asked, known, count=3)
    for row, formula in enumerate(asked):
        is_sorted_list(found, row, formula, dict(enumerate(known)))


@pytest.mark.parametrize("formula", ["", "Xx2", "Li2(SO4)", "li2", "Li0"])
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(ValueError, match=r"formula|atoms"):
        sl.composition_matrix([formula])


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=60))
def test_quarters_keep_equal_distances_together_and_in_order(values):
    distances = np.array(values, dtype=float)
    names = sl.quarters(distances)
    for a, name_a in zip(values, names, strict=True):
        for b, name_b in zip(values, names, strict=True):
            assert (a != b) or name_a == name_b
            assert (a >= b) or name_a <= name_b


@given(st.lists(st.tuples(formulas, st.integers(0, 3)), min_size=1, max_size=8))
def test_neighbours_of_other_groups_come_sorted(entries):
    found = sl.nearest_of_other_groups(*map(list, zip(*entries, strict=True)), count=3)
    for row, (formula, group) in enumerate(entries):
        others = {place: other for place, (other, g) in enumerate(entries) if g != group}
        is_sorted_list(found, row, formula, others)


# Slice columns of a synthetic release: complete, reproducible, and apart from the labels' hash.


TASK = get_task("obelix")


def load(repo, version="1.0.0"):
    return load_evaluation_labels(repo, TASK, version)


def test_slices_are_complete_and_agree_with_the_labels_they_come_from(repo):
    labels = load(repo)
    assert labels.slices["id"].tolist() == labels.test["id"].tolist()
    assert set(labels.slices.columns) == {"id", *(item.column for item in TASK.slices)}
    assert not labels.slices.isna().any(axis=None)
    joined = labels.test.merge(labels.slices, on="id", suffixes=("", "_slice"))
    assert (joined["censoring"] == joined["censoring_slice"]).all()
    assert ((joined["structure"] == "with") == joined["in_cif"]).all()
    assert ((joined["order"] == "no structure") == ~joined["in_cif"]).all()
    is_superionic = (joined["log10_sigma"] >= -3) & (joined["censoring"] == "none")
    assert ((joined["superionic"] == "yes") == is_superionic).all()


def test_the_hash_of_slices_follows_their_content_not_that_of_labels(repo):
    first, again, second = load(repo), load(repo), load(repo, "1.1.0")
    assert first.slices_sha256 == again.slices_sha256
    # Version 1.1.0 changes the family of a training entry and a conductivity that crosses no line.
    assert first.labels_sha256 != second.labels_sha256
    assert first.slices_sha256 == second.slices_sha256


def test_equally_near_training_entries_come_in_the_order_of_their_ids():
    formulas = pd.Series({"t": "Li2O1", "b": "Li4O2", "a": "Li2O1", "c": "Na2O1"})
    near = sl.nearest_entries(formulas, ids=["t"], train_ids=["c", "b", "a"])
    assert near["neighbour"].tolist() == ["a", "b", "c"]


def test_where_folds_are_scored_no_entry_is_near_to_its_own_group(repo):
    labels = load_evaluation_labels(repo, get_task("obelix-cv"), "1.0.0")
    assert labels.neighbours is not None
    assert labels.slices["id"].tolist() == labels.test["id"].tolist() == labels.train["id"].tolist()
    group = labels.train.set_index("id")["component"]
    near = labels.neighbours
    assert (near["id"].map(group) != near["neighbour"].map(group)).all()


# Test entries whose composition is also in the training set are found by normalised formula.


SPLITS = pa.table(
    {
        "split_name": ["official"] * 5 + ["other"],
        "id": ["a", "b", "c", "d", "e", "c"],
        "subset": ["train", "train", "test", "test", "test", "train"],
    }
)


def readable(monkeypatch, entries):
    """Let the module read these tables."""
    found = {"entries": entries, "splits": SPLITS}
    monkeypatch.setattr(slices.store, "read_tables", lambda *_: found)


def test_only_tests_with_a_training_composition_cross(monkeypatch):
    formulas = ["Li2 O1", "Li3 N1", "Li3 N1", "Li1 Cl1", "Li1 Cl1"]
    readable(monkeypatch, pa.table({"id": list("abcde"), "formula_norm": formulas}))
    assert sl.crossing_ids(Layout(Path()), TASK, "1.0.0") == {"c"}
