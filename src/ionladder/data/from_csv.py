"""Tables of a dataset that is one CSV file: what ``recipe`` in its ``dataset.yaml`` says.

The headers that feed a column stand in ``columns.csv`` (``header``; the column's own name where
it is empty). ``log10(HEADER)`` is the decadic logarithm of a positive number. Columns that no
header feeds are made here: ``formula_norm`` of ``entries`` and, of ``splits``, ``split_name`` and
``component``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.config import DatasetVersion
from ionladder.data import ingest
from ionladder.data.ingest import Check
from ionladder.data.store import BuiltVersion, table_from_rows
from ionladder.errors import IngestError, Problem, first_few
from ionladder.specs import Column, Dataset, Recipe

if TYPE_CHECKING:
    import pyarrow as pa

OFFICIAL = "official"
SCHEMES: dict[str, Callable[..., dict[str, int]]] = {
    "grouped": ingest.grouped_folds,
    "shuffled": ingest.shuffled_folds,
}
_MADE = ("split_name", "component", "formula_norm")
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_Row = dict[str, Any]
_Rows = list[_Row]


def build(raw: Path, pinned: DatasetVersion, dataset: Dataset) -> BuiltVersion:
    """Read the CSV of a version, make its tables and check them.

    Raises:
        IngestError: Headers or values are not as declared, or a check failed; all listed.
    """
    recipe = dataset.recipe
    if recipe is None:
        raise ValueError(f"dataset {dataset.name!r} has neither an ingest module nor a recipe")
    rows = _read(raw / recipe.file, dataset, recipe)
    links = {row["id"]: [(h, row[h]) for h in recipe.groups if row[h]] for row in rows}
    components = ingest.connected_components(links)
    for row in rows:
        row |= {"split_name": OFFICIAL, "component": components[row["id"]]}
        row["formula_norm"] = row[recipe.formula] and _normalised(row[recipe.formula])
    train = {r["id"]: components[r["id"]] for r in rows if r[recipe.subset] == "train"}
    folds = ingest.draw_folds(train, pinned.folds, SCHEMES)
    tables, problems = {}, []
    for spec in dataset.tables:
        wanted = folds if spec.name == "folds" else rows
        values = [{c.name: _value(c, row) for c in spec.columns} for row in wanted]
        problems += _unreadable(recipe.file, spec.columns, values)
        tables[spec.name] = values
    if problems:
        raise IngestError(problems)
    checks = ingest.run_checks(dataset, _checks(pinned, recipe, rows), rows)
    made = {spec.name: table_from_rows(spec, tables[spec.name]) for spec in dataset.tables}
    return BuiltVersion(tables=made, checks=tuple(checks), summary=_summary(rows, made, recipe))


def _read(path: Path, dataset: Dataset, recipe: Recipe) -> _Rows:
    """The rows of the file as text.

    Raises:
        IngestError: It is no CSV in UTF-8, or lacks headers that the dataset names.
    """
    import pandas as pd

    step = "Correct the file, or columns.csv and dataset.yaml of the dataset; then pin its bytes."
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        found = str(error).splitlines()[0]
        raise IngestError(path.name, "a CSV file in UTF-8", found, step) from error
    columns = [c for spec in dataset.tables if spec.name != "folds" for c in spec.columns]
    named = {_header(column) for column in columns if column.name not in _MADE}
    missing = sorted({*named, *recipe.groups, recipe.formula, recipe.subset} - {*frame.columns})
    if missing:
        found = f"none of {first_few(missing)}; there are {first_few(frame.columns, limit=20)}"
        raise IngestError(path.name, "the headers that the dataset names", found, step)
    key = _header(next(c for c in dataset.table("entries").columns if c.name == "id"))
    rows = ({str(h): cell.strip() for h, cell in row.items()} for row in frame.to_dict("records"))
    return [{**row, "id": row[key]} for row in rows]


def _header(column: Column) -> str:
    header = column.header or column.name
    return header.removeprefix("log10(").removesuffix(")") if "log10(" in header else header


def _value(column: Column, row: _Row) -> Any:
    """One cell as its type; an error where it cannot be read, None where it is empty."""
    cell = row[column.name if column.name in (*_MADE, "id") else _header(column)]
    if not isinstance(cell, str) or column.type in ("string", "category"):
        return cell if cell != "" else None
    try:
        if cell == "":
            return None
        if column.type == "bool":
            return _FLAGS[cell.lower()]
        number = float(cell)
        if column.header.startswith("log10("):
            number = math.log10(number)
        if not math.isfinite(number):
            return ValueError(cell)
        return int(cell) if column.type.startswith("int") else number
    except (ValueError, KeyError):
        return ValueError(cell)


def _unreadable(file: str, columns: tuple[Column, ...], rows: _Rows) -> list[Problem]:
    """Cells that are not of their column's type, or missing where that is not allowed."""
    problems = []
    for column in columns:
        for number, row in enumerate(rows, start=2):
            value = row[column.name]
            if isinstance(value, ValueError) or (value is None and not column.nullable):
                where = f"{file}, line {number}, column {_header(column)!r}"
                expected = f"a positive number: {column.header}" if column.header else column.type
                found = "nothing" if value is None else repr(str(value))
                problems.append(Problem(where, expected, found, "Correct the cell."))
    return problems


def _normalised(formula: str) -> str:
    """Atomic fractions to five decimals, elements in alphabetical order."""
    from pymatgen.core.composition import Composition

    try:
        fractions = Composition(formula).fractional_composition.get_el_amt_dict()
    except ValueError:
        return ""
    return " ".join(f"{symbol}{fractions[symbol]:.5f}" for symbol in sorted(fractions))


# What every such dataset must fulfil


def _checks(pinned: DatasetVersion, recipe: Recipe, rows: _Rows) -> list[Check[_Rows]]:
    """Ids, formulas, subsets and groups row by row, and the counts of the whole."""
    shared, subset_of = " or ".join(recipe.groups), [row[recipe.subset] for row in rows]
    counts = {
        "entries": len(rows),
        "train": subset_of.count("train"),
        "test": subset_of.count("test"),
        "components": len({row["component"] for row in rows}),
    }
    of_id = Counter(row["id"] for row in rows)
    subsets: dict[int, set[str]] = {}
    for row in rows:
        subsets.setdefault(row["component"], set()).add(row[recipe.subset])
    rules: dict[str, ingest.RowRule] = {
        "ids_are_unique": (
            *("Every id stands once.", "an id of its own", "id"),
            lambda row: bool(row["id"]) and of_id[row["id"]] == 1,
        ),
        "formulas_are_read": (
            *("Every formula names known elements.", "a formula", recipe.formula),
            lambda row: bool(row["formula_norm"]),
        ),
        "split_partitions_entries": (
            *("Every entry is in train or test.", "train or test", recipe.subset),
            lambda row: row[recipe.subset] in ("train", "test"),
        ),
        "nothing_crosses_the_split": (
            "No group of linked entries is in train and test.",
            *(f"no entry of the other subset that shares {shared}", "id"),
            lambda row: len(subsets[row["component"]]) == 1,
        ),
    }
    return [*ingest.row_checks(recipe.file, rules), ingest.counts_check(pinned, counts)]


def _summary(rows: _Rows, tables: Mapping[str, pa.Table], recipe: Recipe) -> dict[str, Any]:
    """Counts by subset, and the first label in about twenty bins, for the dataset's page."""
    import numpy as np

    rules = {"entries": len, "components": lambda part: len({row["component"] for row in part})}
    summary = ingest.counts_by_subset(rows, rules, of=recipe.subset)
    labels = tables["labels"]
    number = next((f.name for f in labels.schema if str(f.type) == "double"), None)
    if number is not None:
        values = dict(zip(labels["id"].to_pylist(), labels[number].to_pylist(), strict=True))
        known = [value for value in values.values() if value is not None]
        low, high = np.floor(min(known)), np.ceil(max(known))
        step = 10.0 ** np.round(np.log10(max(high - low, 1.0) / 20))
        edges = np.arange(low, high + step / 2, step)
        parts: dict[str, list[Any]] = {name: [] for name in summary["subsets"]}
        for row in rows:
            parts[row[recipe.subset]].append(values[row["id"]])
        summary["label_histogram"] = ingest.label_histogram(parts, edges.tolist())
    return summary
