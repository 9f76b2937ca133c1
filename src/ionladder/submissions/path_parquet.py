"""Predicted paths as a parquet file: judged by its table of contents, then read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.core.problems import Problem, first_few
from ionladder.datasets.paths import GivenPath
from ionladder.specs.metric import Array
from ionladder.submissions.pages import unpacked_bytes
from ionladder.submissions.parquet import (
    DAMAGED,
    footer_bytes,
    is_text,
    opened,
    plain_texts,
    text_problems,
)
from ionladder.submissions.path_rows import (
    CONVERGED,
    ENERGY,
    ID,
    IMAGE,
    POSITIONS,
    PathRows,
)
from ionladder.submissions.shapes import header_problems, unreadable

COLUMNS = {
    ID: "the hop, as text",
    IMAGE: "the place on the path, a whole number from 0",
    ENERGY: "the energy in eV, a float64 number",
    POSITIONS: "coordinates x1 y1 z1 x2 … in Å, a list of float32 or float64 numbers",
    CONVERGED: "true or false, the same for every image of a hop",
}
_MAX_FOOTER_BYTES = 5_000_000
_BYTES_PER_NUMBER = 12  # eight of a float64, and what lists add to it
_BYTES_PER_ROW = 400
_SPARE_BYTES = 1_000_000


def read_rows(
    path: Path, given: Iterable[GivenPath], *, shown_as: str
) -> tuple[PathRows | None, list[Problem]]:
    """Read the file, once what it says of itself is sensible.

    Args:
        path: The file; there.
        given: The paths that are predicted; they set how large it may be.
        shown_as: Its path in letters.
    """
    paths = list(given)
    n_rows = sum(one.n_images for one in paths)
    n_numbers = sum(one.positions_ang.size for one in paths)
    limit = n_numbers * _BYTES_PER_NUMBER + n_rows * _BYTES_PER_ROW + _SPARE_BYTES
    if path.stat().st_size > limit or footer_bytes(path) > _MAX_FOOTER_BYTES:
        return None, [_too_large(shown_as, limit)]
    try:
        with path.open("rb") as data, opened(data) as file:
            problems = _judge(file, 2 * n_rows, shown_as)
            names = file.schema_arrow.names
        if problems:
            return None, problems
        # The table of contents may lie; the headers of pages are what is unpacked by.
        lists = {names.index(POSITIONS): 2 * (n_numbers + n_rows)}
        if unpacked_bytes(path, range(len(names)), lists=lists) > limit:
            return None, [_too_large(shown_as, limit)]
        # Read so, every different text is stored once: a long one repeated fills no memory.
        with path.open("rb") as data, opened(data, read_dictionary=[ID]) as file:
            table = file.read(columns=list(COLUMNS), use_threads=False)
        problems = text_problems(table, shown_as)
        if problems:
            return None, problems
        table = plain_texts(table)
        table.validate(full=True)
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    return _rows(table.combine_chunks(), shown_as)


def write_rows(
    path: Path,
    *,
    ids: Sequence[str],
    images: Sequence[int],
    energies_ev: Sequence[float | None],
    positions_ang: Sequence[Array],
    converged: Sequence[bool | None],
) -> None:
    """Write a file in this format; None is an empty cell, for a template.

    Args:
        path: The file.
        ids: Hop of each row.
        images: Its image, from 0.
        energies_ev: Its energy, eV.
        positions_ang: Its coordinates, any shape, Å; kept as float32, good to about 1e-6 Å.
        converged: Whether the path of the hop can be used.
    """
    flat = [np.asarray(row, dtype=np.float32).ravel() for row in positions_ang]
    table = pa.table(
        {
            ID: pa.array(ids, type=pa.string()),
            IMAGE: pa.array(images, type=pa.int16()),
            ENERGY: pa.array(energies_ev, type=pa.float64()),
            POSITIONS: pa.array(flat, type=pa.list_(pa.float32())),
            CONVERGED: pa.array(converged, type=pa.bool_()),
        }
    )
    pq.write_table(table, path, compression="zstd")


def _judge(file: pq.ParquetFile, max_rows: int, shown_as: str) -> list[Problem]:
    """What a file says of itself that keeps it from being read."""
    schema, metadata = file.schema_arrow, file.metadata
    problems = header_problems(list(schema.names), shown_as)
    if not problems:
        problems = _column_problems(schema, shown_as)
    if not 0 < metadata.num_rows <= max_rows:
        problems.append(
            Problem(
                where=shown_as,
                expected=f"a row for each of the {max_rows // 2:,} images",
                found=f"{metadata.num_rows:,} rows",
                next_step="Write one row per image of every hop.",
            )
        )
    return problems


def _column_problems(schema: pa.Schema, shown_as: str) -> list[Problem]:
    problems = [
        Problem(
            where=f"{shown_as}, header",
            expected=f"a column `{name}`: {words}",
            found=f"columns {first_few(schema.names, limit=8)}",
            next_step=f"Add the column `{name}`.",
        )
        for name, words in COLUMNS.items()
        if name not in schema.names
    ]
    extra = [name for name in schema.names if name not in COLUMNS]
    if extra:
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"only the columns {', '.join(COLUMNS)}",
                found=f"also {first_few(extra)}",
                next_step="Remove or rename these columns.",
            )
        )
    for field in schema:
        if field.name in COLUMNS and not _will_do(field):
            swapped = [n for n in COLUMNS if n != field.name and _will_do(field.with_name(n))]
            hint = f" Did you mean `{swapped[0]}`?" if len(swapped) == 1 else ""
            problems.append(
                Problem(
                    where=f"{shown_as}, column `{field.name}`",
                    expected=COLUMNS[field.name],
                    found=f"values of type {field.type}",
                    next_step=f"Write the column with that type.{hint}",
                )
            )
    return problems


def _will_do(field: pa.Field) -> bool:
    kind = field.type
    is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(
        {
            ID: is_text(kind),
            IMAGE: pa.types.is_integer(kind),
            ENERGY: is_number or pa.types.is_null(kind),
            POSITIONS: is_list and pa.types.is_floating(kind.value_type),
            CONVERGED: pa.types.is_boolean(kind) or pa.types.is_null(kind),
        }[field.name]
    )


def _rows(table: pa.Table, shown_as: str) -> tuple[PathRows | None, list[Problem]]:
    """Cells as arrays; a hop or image that is not named is a problem at once."""
    problems = [
        Problem(
            where=f"{shown_as}, column `{name}`",
            expected=f"{COLUMNS[name]}, in every row",
            found=f"{table[name].null_count:,} empty cells",
            next_step="Say for every row which image it is.",
        )
        for name in (ID, IMAGE)
        if table[name].null_count
    ]
    if problems:
        return None, problems
    lengths = pc.fill_null(pc.list_value_length(table[POSITIONS]), 0)
    ends = np.cumsum(lengths.to_numpy())
    flat = table[POSITIONS].combine_chunks().flatten().cast(pa.float64())
    coordinates = flat.to_numpy(zero_copy_only=False)
    return PathRows(
        ids=table[ID].to_pylist(),
        images=table[IMAGE].to_numpy().astype(np.int64),
        energies_ev=_numbers(table, ENERGY),
        positions_ang=np.split(coordinates, ends[:-1]),
        converged=_numbers(table, CONVERGED),
    ), []


def _numbers(table: pa.Table, name: str) -> Array:
    column = table[name]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values: Array = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _too_large(shown_as: str, limit: int) -> Problem:
    return Problem(
        where=shown_as,
        expected=f"a parquet file of at most {limit // 1_000_000 + 1} MB, packed and unpacked",
        found="a larger one, or something else",
        next_step="Keep only the columns and rows that the task asks for.",
    )
