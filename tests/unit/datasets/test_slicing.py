"""Slice columns of a synthetic release: complete, reproducible, and apart from the labels' hash."""

from __future__ import annotations

import pandas as pd

from ionladder.data.labels import EvaluationLabels, load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.data.slices import nearest_entries
from ionladder.repo import Layout

TASK = get_task("obelix")


def load(repo: Layout, version: str = "1.0.0") -> EvaluationLabels:
    return load_evaluation_labels(repo, TASK, version)


def test_every_test_entry_has_a_value_in_every_slice(repo: Layout) -> None:
    labels = load(repo)
    assert labels.slices is not None
    assert labels.slices["id"].tolist() == labels.test["id"].tolist()
    assert list(labels.slices.columns) == ["id", *(item.column for item in TASK.slices)]
    assert not labels.slices.isna().any(axis=None)


def test_slices_agree_with_the_labels_and_splits_they_come_from(repo: Layout) -> None:
    labels = load(repo)
    assert labels.slices is not None
    joined = labels.test.merge(labels.slices, on="id", suffixes=("", "_slice"))
    assert (joined["censoring"] == joined["censoring_slice"]).all()
    assert ((joined["structure"] == "with") == joined["in_cif"]).all()
    assert ((joined["order"] == "no structure") == ~joined["in_cif"]).all()
    is_superionic = (joined["log10_sigma"] >= -3) & (joined["censoring"] == "none")
    assert ((joined["superionic"] == "yes") == is_superionic).all()


def test_the_synthetic_split_is_crossed_by_nothing_and_its_test_set_is_oxides(repo: Layout) -> None:
    slices = load(repo).slices
    assert slices is not None
    assert set(slices["crossing"]) == {"no"}
    assert set(slices["anions"]) == {"oxide"}


def test_neighbours_are_training_entries_nearest_first(repo: Layout) -> None:
    labels = load(repo)
    assert labels.neighbours is not None
    assert set(labels.neighbours["neighbour"]) <= set(labels.train["id"])
    for _, rows in labels.neighbours.groupby("id"):
        assert rows["place"].tolist() == [1, 2, 3]
        assert rows["distance"].is_monotonic_increasing


def test_the_hash_of_slices_follows_their_content_and_is_apart_from_that_of_labels(
    repo: Layout,
) -> None:
    first, again, second = load(repo), load(repo), load(repo, "1.1.0")
    assert first.slices_sha256 == again.slices_sha256
    # Version 1.1.0 changes the family of a training entry and a conductivity that crosses no line.
    assert first.labels_sha256 != second.labels_sha256
    assert first.slices_sha256 == second.slices_sha256


def test_without_training_entries_nothing_is_near() -> None:
    formulas = pd.Series({"a": "Li2O", "b": "LiCl"})
    assert nearest_entries(formulas, ids=["a", "b"], train_ids=[]).empty


def test_equally_near_training_entries_come_in_the_order_of_their_ids() -> None:
    formulas = pd.Series({"t": "Li2O1", "b": "Li4O2", "a": "Li2O1", "c": "Na2O1"})
    near = nearest_entries(formulas, ids=["t"], train_ids=["c", "b", "a"])
    assert near["neighbour"].tolist() == ["a", "b", "c"]


def test_where_folds_are_scored_no_entry_is_near_to_its_own_group(repo: Layout) -> None:
    labels = load_evaluation_labels(repo, get_task("obelix-cv"), "1.0.0")
    assert labels.neighbours is not None
    assert labels.slices is not None
    assert labels.slices["id"].tolist() == labels.test["id"].tolist() == labels.train["id"].tolist()
    group = labels.train.set_index("id")["component"]
    near = labels.neighbours
    assert (near["id"].map(group) != near["neighbour"].map(group)).all()


def test_where_only_some_entries_take_part_the_others_are_near_to_nobody(repo: Layout) -> None:
    labels = load_evaluation_labels(repo, get_task("obelix-cif"), "1.0.0")
    assert labels.neighbours is not None
    assert set(labels.neighbours["neighbour"]) <= set(labels.train["id"])
    assert set(labels.neighbours["id"]) == set(labels.test["id"])
