"""Entries, labels and splits of MPLiTrj, from the rows of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.litraj.trajectory_tables import TABLES
from ionladder.specs.column import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.datasets.litraj.trajectory_parts import Part


def build_tables(parts: Mapping[str, Part], offset_set: frozenset[str]) -> dict[str, pa.Table]:
    """The tables of a version, each sorted by its key.

    Args:
        parts: Part → what was read.
        offset_set: Ids of the offset set.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pa.concat_tables(
        part.entries.append_column("part", pa.array([name] * len(part.entries), pa.string()))
        for name, part in sorted(parts.items())
    ).combine_chunks()
    subset = pc.if_else(pc.equal(rows["part"], "test"), "test", "train")
    columns: dict[str, Any] = {name: rows[name] for name in rows.column_names}
    columns |= {
        "split_name": pa.array([OFFICIAL] * len(rows), pa.string()),
        "subset": subset,
        "component": _material_numbers(rows),
        "in_offset_set": pa.array([name in offset_set for name in rows["id"].to_pylist()]),
        "has_path_energy": _in_company(rows["path_id"], subset),
        "energy_ev_per_atom": pc.divide(rows["energy_ev"], rows["n_atoms"].cast(pa.float64())),
    }
    empty: dict[str, Any] = {name: [] for name in ("scheme", "repeat", "fold", "id")}
    made = {}
    for spec in TABLES:
        values = empty if spec.name == "folds" else columns
        chosen = {column.name: values[column.name] for column in spec.columns}
        table = pa.table({name: _plain(value) for name, value in chosen.items()})
        made[spec.name] = _with_schema(table, arrow_schema(spec.columns))
    return made


def _plain(values: Any) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string()) if isinstance(values, list) else values


def _with_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The same columns under the types and metadata of a schema."""
    import pyarrow as pa

    columns = []
    for field in schema:
        column = table[field.name]
        is_text = pa.types.is_dictionary(field.type)
        columns.append(column.dictionary_encode() if is_text else column.cast(field.type))
    return pa.table(columns, schema=schema)


def _material_numbers(rows: pa.Table) -> pa.Array:
    """Number of each configuration's material (else formula), in alphabetical order, from 1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pc.coalesce(rows["material_id"], rows["formula"]).combine_chunks()
    coded = names.dictionary_encode()
    order = np.argsort(np.array(coded.dictionary.to_pylist(), dtype=object), kind="stable")
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    return pa.array(rank[np.asarray(coded.indices)])


def _in_company(paths: pa.ChunkedArray, subset: pa.ChunkedArray) -> pa.Array:
    """Whether a configuration shares its path with another one of its subset."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pc.binary_join_element_wise(paths, subset, "|").combine_chunks()
    codes = np.asarray(pc.fill_null(keys.dictionary_encode().indices, -1))
    counts = np.bincount(codes[codes >= 0], minlength=1)
    return pa.array((codes >= 0) & (counts[codes] > 1))
