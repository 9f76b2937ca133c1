"""What is known of entries: the columns that pages show, and the names they print."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ionladder.core.errors import DataMissingError
from ionladder.core.paths import Layout
from ionladder.datasets.load import read_table
from ionladder.datasets.registry import get_dataset
from ionladder.site.text import plain
from ionladder.specs.dataset import Dataset

Facts = Mapping[str, Mapping[str, Any]]
"""Entry id → column → value."""

_LONGEST_NAME = 60


def read_facts(
    layout: Layout, dataset: Dataset, version: str, ids: Collection[str], *, kind: str | None = None
) -> dict[str, dict[str, Any]]:
    """The facts of some entries.

    Args:
        layout: Where the tables are.
        dataset: Whose facts.
        version: Its version.
        ids: Entries.
        kind: Only facts of this kind; None for all.

    Raises:
        DataMissingError: The table is not on this machine.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [fact.column for fact in dataset.facts if kind in (None, fact.kind)]
    entries = read_table(layout, dataset.name, version, "entries").select(["id", *columns])
    wanted = pa.array(sorted(set(ids)), type=entries["id"].type)
    rows: list[dict[str, Any]] = entries.filter(pc.is_in(entries["id"], wanted)).to_pylist()
    return {row["id"]: row for row in rows}


def formulas(layout: Layout, dataset: str, version: str, ids: Iterable[str]) -> dict[str, str]:
    """Entry → its formula as plain text; empty where the dataset names none or is not here."""
    spec = get_dataset(dataset)
    if not any(fact.kind == "formula" for fact in spec.facts):
        return {}
    try:
        facts = read_facts(layout, spec, version, list(ids), kind="formula")
    except DataMissingError:
        return {}
    return {entry: plain(name_of(spec, facts, entry), limit=_LONGEST_NAME) for entry in facts}


def name_of(dataset: Dataset, facts: Facts, entry: str) -> str:
    """The formula that names an entry on pages; its id where there is none."""
    known = facts.get(entry, {})
    columns = [fact.column for fact in dataset.facts if fact.kind == "formula"]
    return next((str(known[column]) for column in columns if known.get(column)), entry)
