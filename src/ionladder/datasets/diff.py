"""Two versions compared cell by cell, each change classed by what it means for scores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ionladder.core.hashing import sha256_bytes
from ionladder.core.paths import Layout
from ionladder.datasets.load import read_table
from ionladder.datasets.registry import get_dataset
from ionladder.specs.dataset import Table

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["label", "split", "input", "note"]
KINDS: tuple[Kind, ...] = ("label", "split", "input", "note")
FORCING: tuple[Kind, ...] = ("label", "split")
"""Classes of change that force a re-score."""

WHOLE_ROW = "(row)"
_ID = "id"
_LONGEST_SHOWN = 100
_SHORT_HASH = 12
_HASH = re.compile(r"^[0-9a-f]{64}$")

_Identity = tuple[Any, ...]
_Rows = dict[_Identity, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class CellChange:
    """One cell that differs between two versions.

    Attributes:
        table: Table name.
        id: Entry id.
        column: Column name, with the rest of the row's key in brackets where there is one;
            ``(row)`` when the whole row is new or gone.
        old: Value in the old version; None when missing or when the row is new.
        new: Value in the new version; None when missing or when the row is gone.
        kind: label, split, input or note.
    """

    table: str
    id: str
    column: str
    old: Any
    new: Any
    kind: Kind


def diff_versions(layout: Layout, dataset: str, old: str, new: str) -> list[CellChange]:
    """All cells that differ between two ingested versions.

    Returns:
        Changes by class (label, split, input, note), then in the order of tables, ids and columns.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    changes = []
    for spec in get_dataset(dataset).tables:
        before, after = (read_table(layout, dataset, version, spec.name) for version in (old, new))
        changes += diff_tables(spec, before, after)
    return sorted(changes, key=lambda change: KINDS.index(change.kind))


def diff_tables(spec: Table, before: pa.Table, after: pa.Table) -> list[CellChange]:
    """Cells that differ between two versions of one table, in the order of ids and columns."""
    identity = [column.name for column in spec.columns if column.role == "key"]
    rows = [_rows(table, identity) for table in (before, after)]
    return [
        change
        for key in sorted({*rows[0], *rows[1]}, key=_sort_key(identity))
        for change in _row_changes(spec, dict(zip(identity, key, strict=True)), key, *rows)
    ]


def show_value(value: Any) -> str:
    """A value as one short piece of text; a CIF or a hash as the start of its SHA-256.

    Example:
        >>> show_value(None), show_value(["a", "b"]), show_value(0.5)
        ('–', 'a | b', '0.5')
    """
    if value is None:
        return "–"
    text = " | ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    if "\n" in text or len(text) > _LONGEST_SHOWN:
        text = sha256_bytes(text.encode("utf-8"))
    return f"sha256:{text[:_SHORT_HASH]}…" if _HASH.match(text) else text


def consequence(changes: list[CellChange]) -> str:
    """What a list of changes means for scores, in one sentence."""
    kinds = {change.kind for change in changes}
    if not kinds:
        return "Nothing changed: every score stays as it is."
    if kinds & set(FORCING):
        return "Label and split changes force a re-score of every submission."
    if "input" in kinds:
        return (
            "No label and no split changed: every score stays as it is, and submissions that used "
            "a changed input are stale."
        )
    return "Only notes changed: every score stays as it is."


def _row_changes(
    spec: Table, named: Mapping[str, Any], key: _Identity, before: _Rows, after: _Rows
) -> Iterator[CellChange]:
    old, new = before.get(key), after.get(key)
    rest = ", ".join(str(value) for name, value in named.items() if name != _ID)
    suffix = f" [{rest}]" if rest else ""
    if old is None or new is None:
        yield CellChange(
            table=spec.name,
            id=named[_ID],
            column=f"{WHOLE_ROW}{suffix}",
            old="present" if old is not None else None,
            new="present" if new is not None else None,
            kind=_kind_of_row(spec),
        )
        return
    for column in spec.columns:
        role = column.role
        if role != "key" and old[column.name] != new[column.name]:
            yield CellChange(
                table=spec.name,
                id=named[_ID],
                column=f"{column.name}{suffix}",
                old=old[column.name],
                new=new[column.name],
                kind=role,
            )


def _kind_of_row(spec: Table) -> Kind:
    """A table of labels or of splits has nothing but these; any other holds inputs."""
    roles = {column.role for column in spec.columns} - {"key"}
    for kind in FORCING:
        if roles == {kind}:
            return kind
    return "input"


def _rows(table: pa.Table, identity: list[str]) -> _Rows:
    return {tuple(row[name] for name in identity): row for row in table.to_pylist()}


def _sort_key(identity: list[str]) -> Any:
    position = identity.index(_ID)
    return lambda key: (key[position], key)
