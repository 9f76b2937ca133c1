"""Tables made from rows and held to their declared columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ionladder.core.errors import DataChangedError
from ionladder.core.problems import Problem
from ionladder.specs.column import arrow_schema
from ionladder.specs.dataset import Table

if TYPE_CHECKING:
    import pyarrow as pa


def table_from_rows(spec: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make a table with exactly the declared columns, sorted by its key.

    Raises:
        ValueError: A row lacks a column, or a column that allows no missing value has one.
    """
    import pyarrow as pa

    schema = arrow_schema(spec.columns)
    arrays = []
    for column in spec.columns:
        values = [row[column.name] for row in rows]
        if not column.nullable and None in values:
            msg = f"{spec.name}.{column.name} must not have missing values"
            raise ValueError(msg)
        arrays.append(pa.array(values, type=schema.field(column.name).type))
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in spec.key])


def table_from_columns(spec: Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """The same from whole columns, for tables of many rows.

    Raises:
        KeyError: A declared column is not given.
        ValueError: A column that allows no missing value has one, or lengths differ.
    """
    import pyarrow as pa

    schema = arrow_schema(spec.columns)
    arrays = []
    for column in spec.columns:
        array = pa.array(columns[column.name], type=schema.field(column.name).type)
        if not column.nullable and array.null_count:
            msg = f"{spec.name}.{column.name} must not have missing values"
            raise ValueError(msg)
        arrays.append(array)
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in spec.key])


def schema_problems(spec: Table, table: pa.Table, *, where: str) -> list[Problem]:
    """How a table's columns differ from the declared ones: missing, unknown or of another type."""
    expected = {field.name: str(field.type) for field in arrow_schema(spec.columns)}
    found = {field.name: str(field.type) for field in table.schema}
    return [
        Problem(
            where=f"{where}, column {name!r}",
            expected=expected.get(name, "no such column"),
            found=found.get(name, "nothing"),
            next_step="Run `ionladder ingest` for this version again.",
        )
        for name in [*expected, *(name for name in found if name not in expected)]
        if expected.get(name) != found.get(name)
    ]


def require_schema(spec: Table, table: pa.Table, *, where: str) -> None:
    """Hold a table that was read from disk to its declared columns.

    Raises:
        DataChangedError: They differ.
    """
    problems = schema_problems(spec, table, where=where)
    if problems:
        raise DataChangedError(problems)
