"""Test entries whose composition is also in the training set are found by normalised formula."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ionladder.data import slices as crossing
from ionladder.data.registry import get_task
from ionladder.data.slices import crossing_ids
from ionladder.repo import Layout

TASK = get_task("obelix")
SPLITS = pa.table(
    {
        "split_name": ["official"] * 5 + ["other"],
        "id": ["a", "b", "c", "d", "e", "c"],
        "subset": ["train", "train", "test", "test", "test", "train"],
    }
)


def tables(monkeypatch: pytest.MonkeyPatch, entries: pa.Table) -> None:
    """Let the module read these tables."""
    found = {"entries": entries, "splits": SPLITS}
    monkeypatch.setattr(crossing, "read_tables", lambda *_: found)


def test_only_test_entries_with_a_training_composition_cross(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    formulas = ["Li2 O1", "Li3 N1", "Li3 N1", "Li1 Cl1", "Li1 Cl1"]
    tables(monkeypatch, pa.table({"id": list("abcde"), "formula_norm": formulas}))
    assert crossing_ids(Layout(Path()), TASK, "1.0.0") == {"c"}


def test_an_entry_without_a_formula_crosses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = [None, "Li3 N1", None, "Li1 Cl1", "Li1 Cl1"]
    tables(monkeypatch, pa.table({"id": list("abcde"), "formula_norm": formulas}))
    assert crossing_ids(Layout(Path()), TASK, "1.0.0") == frozenset()


def test_a_dataset_without_normalised_formulas_has_no_crossing_entries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables(monkeypatch, pa.table({"id": list("abcde")}))
    assert crossing_ids(Layout(Path()), TASK, "1.0.0") == frozenset()


def test_the_synthetic_release_has_none(repo: Layout) -> None:
    assert crossing_ids(repo, TASK, "1.0.0") == frozenset()
