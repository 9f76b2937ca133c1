"""Comparing dataset versions, and verifying them against upstream."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ionladder.config import DatasetVersion, Params, version_key
from ionladder.data import store
from ionladder.data.fetch import changed_raw, missing_raw
from ionladder.data.registry import get_dataset
from ionladder.data.store import CheckResult, Manifest
from ionladder.errors import IonLadderError, Problem, worded
from ionladder.repo import Layout, read_parquet, read_sums, sha256_bytes, sha256_file
from ionladder.specs import Dataset, Table

if TYPE_CHECKING:
    import pyarrow as pa

# Rules between versions: an id names one material for ever, and every change has a class


IDENTITY_CHECK = "ids_keep_their_formula"


def identity_rule() -> CheckResult:
    """Check 10, as a manifest records it."""
    return CheckResult(
        IDENTITY_CHECK,
        "No id is ever used again for a material of another composition.",
        "a rule between versions: compared with every other released version at each ingest "
        "and by `ionladder verify`",
    )


def change_rule(dataset: Dataset) -> CheckResult:
    """Check 11, as a manifest records it: every column's change is classed beforehand."""
    roles: dict[str, int] = {}
    for table in dataset.tables:
        for column in table.columns:
            roles[column.role] = roles.get(column.role, 0) + 1
    counted = ", ".join(f"{count} {role}" for role, count in sorted(roles.items()))
    return CheckResult(
        "changes_are_classed",
        "Every column says what a changed cell means (label, split, input or note), so that a "
        "diff against any other version is classed; `ionladder diff` prints it per cell.",
        f"columns by class: {counted}",
    )


def identity_problems(
    layout: Layout, dataset: Dataset, manifest: Manifest, tables: Mapping[str, pa.Table]
) -> list[Problem]:
    """Ids of one version that another released version uses for another composition.

    Args:
        layout: The repository.
        dataset: Its declaration; ids it allows for this check are passed over.
        manifest: Manifest of the version in hand.
        tables: Its tables.
    """
    problems: list[Problem] = []
    mine, version = _formulas(tables["entries"]), manifest["version"]
    rule, allowed = f"{IDENTITY_CHECK}: {dataset.name} {version}", dataset.allowed(IDENTITY_CHECK)
    for path in sorted(layout.version_dir(dataset.name, "").glob("*/manifest.json")):
        other, key = path.parent.name, version_key(dataset.name, path.parent.name)
        released = store.read_manifest(layout, dataset.name, other)
        if released is None or other == version or _identity(released) == _identity(manifest):
            continue
        if not layout.table(dataset.name, other, "entries").is_file():
            problems.append(worded("entries-of-another", rule, other=other, key=key))
            continue
        theirs = _formulas(store.read_table(layout, dataset.name, other, "entries"))
        for entry in sorted(mine.keys() & theirs.keys() - allowed):
            if mine[entry] != theirs[entry]:
                facts = {"theirs": theirs[entry], "other": other, "mine": mine[entry]}
                problems.append(worded("formula-changed", f"{rule}, id {entry!r}", **facts))
    return problems


def _identity(manifest: Manifest) -> tuple[str, ...]:
    columns = manifest["tables"]["entries"]["columns"]
    return tuple(c["sha256"] for c in columns if c["name"] in ("id", "formula_norm"))


def _formulas(table: pa.Table) -> dict[str, str]:
    if "formula_norm" not in table.column_names:
        return {}
    return dict(zip(*(table[name].to_pylist() for name in ("id", "formula_norm")), strict=True))


# Two versions compared cell by cell, each change classed by what it means for scores


Kind = Literal["label", "split", "input", "note"]
KINDS: tuple[Kind, ...] = ("label", "split", "input", "note")
#: Classes of change that force a re-score.
FORCING: tuple[Kind, ...] = ("label", "split")

WHOLE_ROW = "(row)"
_LONGEST_SHOWN = 100
_SHORT_HASH = 12
_HASH = re.compile(r"^[0-9a-f]{64}$")

_Key = tuple[Any, ...]
_Rows = dict[_Key, dict[str, Any]]


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
        pair = (store.read_table(layout, dataset, each, spec.name) for each in (old, new))
        changes += diff_tables(spec, *pair)
    return sorted(changes, key=lambda change: KINDS.index(change.kind))


def diff_tables(spec: Table, before: pa.Table, after: pa.Table) -> list[CellChange]:
    """Cells that differ between two versions of one table, in the order of ids and columns."""
    names = _identity_of(spec)
    old, new = (
        {tuple(row[name] for name in names): row for row in table.to_pylist()}
        for table in (before, after)
    )
    place = names.index("id")
    keys = sorted({*old, *new}, key=lambda key: (key[place], key))
    return [change for key in keys for change in _row_changes(spec, key, old, new)]


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


def _row_changes(spec: Table, key: _Key, before: _Rows, after: _Rows) -> Iterator[CellChange]:
    named = dict(zip(_identity_of(spec), key, strict=True))
    entry = named.pop("id")
    suffix = f" [{', '.join(map(str, named.values()))}]" if named else ""
    old, new = before.get(key), after.get(key)
    cells: list[tuple[str, Any, Any, Kind]]
    if old is None or new is None:
        was, now = ("present" if row is not None else None for row in (old, new))
        # A table of labels or of splits has nothing but these; any other holds inputs.
        roles = {column.role for column in spec.columns} - {"key"}
        of_row: Kind = next((kind for kind in FORCING if roles == {kind}), "input")
        cells = [(WHOLE_ROW, was, now, of_row)]
    else:
        cells = [
            (c.name, old[c.name], new[c.name], c.role)
            for c in spec.columns
            if c.role != "key" and old[c.name] != new[c.name]
        ]
    for column, one, other, kind in cells:
        cell = {"table": spec.name, "id": entry, "column": f"{column}{suffix}"}
        yield CellChange(**cell, old=one, new=other, kind=kind)


def _identity_of(spec: Table) -> list[str]:
    return [column.name for column in spec.columns if column.role == "key"]


# Everything of the datasets that is on this machine, hashed again and held to what is recorded


@dataclass(kw_only=True)
class Verified:
    """What one step of ``ionladder verify`` looked at.

    Attributes:
        what: What it looks at, in words.
        n_good: Things that are as recorded.
        absent: Things that are not on this machine.
        problems: Things that differ.
    """

    what: str
    n_good: int = 0
    absent: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


Step = Callable[[Layout, Params], Verified]


def verify_raw(layout: Layout, params: Params) -> Verified:
    """Hold fetched files to the SHA-256 pinned in ``params.yaml``."""
    result = Verified(what="fetched files")
    for pinned in params.versions.values():
        missing = missing_raw(layout, pinned)
        changed = changed_raw(layout, pinned)
        if missing:
            result.absent.append(f"{pinned.key}: {', '.join(missing)}")
        result.problems += changed
        result.n_good += len(pinned.files) - len(missing) - len(changed)
    return result


def verify_tables(layout: Layout, params: Params) -> Verified:
    """Hold tables to SHA256SUMS by their bytes, and to the manifest by their content."""
    result = Verified(what="tables")
    for pinned in params.versions.values():
        names = [table.name for table in get_dataset(pinned.dataset).tables]
        here = [n for n in names if layout.table(pinned.dataset, pinned.version, n).is_file()]
        missing = [name for name in names if name not in here]
        if missing:
            result.absent.append(f"{pinned.key}: {', '.join(missing)}")
        if not here:
            continue
        sums, problems = _read_sums(layout, pinned)
        for name in here:
            problems += _table_problems(layout, pinned, name, sums)
        result.problems += problems
        result.n_good += max(len(here) - len(problems), 0)
    return result


def verify_versions(layout: Layout, params: Params) -> Verified:
    """Hold manifests to the pins, and released versions to one meaning for each id."""
    result = Verified(what="manifests")
    for pinned in params.versions.values():
        try:
            manifest = store.read_manifest(layout, pinned.dataset, pinned.version)
            if manifest is None:
                result.absent.append(f"{pinned.key}: manifest.json")
                continue
            problems = _pin_problems(layout, pinned, manifest["source"])
            entries = layout.table(pinned.dataset, pinned.version, "entries")
            if entries.is_file():
                tables = {"entries": read_parquet(entries, shown_as=layout.relative(entries))}
                problems += identity_problems(layout, get_dataset(pinned.dataset), manifest, tables)
        except IonLadderError as error:
            problems = list(error.problems)
        result.problems += problems
        result.n_good += not problems
    return result


DATASET_STEPS: tuple[Step, ...] = (verify_raw, verify_tables, verify_versions)


def _read_sums(layout: Layout, pinned: DatasetVersion) -> tuple[dict[str, str], list[Problem]]:
    path = layout.checksums(pinned.dataset, pinned.version)
    shown, key = layout.relative(path), pinned.key
    if not path.is_file():
        return {}, [worded("no-sums", shown, key=key)]
    sums, others = read_sums(path)
    return sums, [
        worded("sums-line", f"{shown}, line {number}", line=line, key=key)
        for number, line in others.items()
    ]


def _table_problems(
    layout: Layout, pinned: DatasetVersion, name: str, sums: dict[str, str]
) -> list[Problem]:
    """At most one problem a table: its bytes, or else its content."""
    path = layout.table(pinned.dataset, pinned.version, name)
    shown, key = layout.relative(path), pinned.key
    expected, found = sums.get(path.name), sha256_file(path)
    if expected is not None and found != expected:
        return [worded("table-bytes", shown, sha256=expected, found=found, key=key)]
    try:
        store.read_table(layout, pinned.dataset, pinned.version, name)
    except IonLadderError as error:
        return list(error.problems)
    if expected is None and sums:
        return [worded("table-unlisted", shown, key=key)]
    return []


def _pin_problems(
    layout: Layout, pinned: DatasetVersion, source: dict[str, object]
) -> list[Problem]:
    if pinned.is_embedded:
        return []
    where = layout.relative(layout.manifest(pinned.dataset, pinned.version))
    return [
        worded("pins-changed", f"{where}, source.{name}", value=value, found=found)
        for name, value in store.source_of(pinned).items()
        if (found := source.get(name)) != value
    ]
