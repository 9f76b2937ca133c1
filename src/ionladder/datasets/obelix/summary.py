"""Counts and distributions of a version, for its manifest and the dataset card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import floor
from typing import TYPE_CHECKING, Any

from ionladder.datasets.obelix.formulas import parse_formula

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

_SUBSETS = ("train", "test")
_NOT_GIVEN = "not given"


def summarise(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Counts, label histogram, and how often each family, system, CIF status and element occurs.

    Counts per subset are lists in the order of ``subsets``. The histogram has bins of one decade;
    bin i holds labels with ``edges[i] <= log10_sigma < edges[i + 1]``; ``censored`` counts those
    among them that are only upper limits.
    """
    entries = _by_id(tables["entries"])
    labels = _by_id(tables["labels"])
    splits = _by_id(tables["splits"])
    subset = {entry: row["subset"] for entry, row in splits.items()}
    elements = {i: sorted(parse_formula(row["formula_cell"])) for i, row in entries.items()}
    return {
        "subsets": list(_SUBSETS),
        "counts": _counts(entries, labels, splits),
        "label_histogram": _histogram(labels, subset),
        "family": _per_subset({i: [r["family"]] for i, r in entries.items()}, subset),
        "crystal_system": _per_subset(
            {i: [r["crystal_system"]] for i, r in entries.items()}, subset
        ),
        "cif_status": _per_subset({i: [r["cif_status"]] for i, r in entries.items()}, subset),
        "elements": _per_subset(elements, subset),
    }


def _counts(
    entries: Mapping[str, Row], labels: Mapping[str, Row], splits: Mapping[str, Row]
) -> dict[str, list[int]]:
    def count(ids: set[str]) -> list[int]:
        return [sum(splits[entry]["subset"] == name for entry in ids) for name in _SUBSETS]

    components = {
        name: {row["component"] for row in splits.values() if row["subset"] == name}
        for name in _SUBSETS
    }
    return {
        "entries": count(set(entries)),
        "with_cif": count({entry for entry, row in splits.items() if row["in_cif"]}),
        "censored": count({entry for entry, row in labels.items() if row["censoring"] != "none"}),
        "components": [len(components[name]) for name in _SUBSETS],
        "in_replicate_groups": count(
            {entry for entry, row in entries.items() if row["replicate_group"] is not None}
        ),
    }


def _histogram(labels: Mapping[str, Row], subset: Mapping[str, str]) -> dict[str, Any]:
    decades = {entry: floor(row["log10_sigma"]) for entry, row in labels.items()}
    low, high = min(decades.values()), max(decades.values()) + 1

    def count(entries: Iterable[str]) -> dict[str, list[int]]:
        bins = {name: [0] * (high - low) for name in _SUBSETS}
        for entry in entries:
            bins[subset[entry]][decades[entry] - low] += 1
        return bins

    censored = [entry for entry, row in labels.items() if row["censoring"] != "none"]
    edges = list(range(low, high + 1))
    return {"edges": edges, **count(labels), "censored": count(censored)}


def _per_subset(
    kinds: Mapping[str, Sequence[str | None]], subset: Mapping[str, str]
) -> dict[str, list[int]]:
    """Kind → entries of it in each subset; the most frequent kind first, then by name."""
    counted = {name: Counter[str]() for name in _SUBSETS}
    for entry, of_entry in kinds.items():
        counted[subset[entry]].update(kind or _NOT_GIVEN for kind in of_entry)
    total = sum(counted.values(), start=Counter[str]())
    order = sorted(total, key=lambda kind: (-total[kind], kind))
    return {kind: [counted[name][kind] for name in _SUBSETS] for kind in order}


def _by_id(table: pa.Table) -> dict[str, Row]:
    return {row["id"]: row for row in table.to_pylist()}
