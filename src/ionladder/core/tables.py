"""Parquet tables written the same way every time: sorted, zstd, no pandas index, unit metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import DataChangedError
from ionladder.core.files import write_with
from ionladder.core.problems import Problem

if TYPE_CHECKING:
    import pyarrow as pa


def write_parquet(
    path: Path, table: pa.Table, *, sort_by: Sequence[str], metadata: Mapping[str, str]
) -> None:
    """Write a table whole or not at all, byte-stable for one version of pyarrow.

    Args:
        path: Final name of the file.
        table: Columns in their final order, fields carrying their unit metadata.
        sort_by: Columns that give the row order, ascending.
        metadata: File metadata (dataset, version, source commit, …), written in sorted order.
    """
    import pyarrow.parquet as pq

    ordered = table.sort_by([(name, "ascending") for name in sort_by])
    ordered = ordered.replace_schema_metadata(dict(sorted(metadata.items())))
    write_with(path, lambda temporary: pq.write_table(ordered, temporary, compression="zstd"))


def read_parquet(path: Path, *, shown_as: str | None = None) -> pa.Table:
    """Read a parquet file that IonLadder wrote.

    On this thread alone: a thread of Arrow's that still lets go of something while the interpreter
    shuts down can end a process whose work is done with SIGABRT (apache/arrow issue 34314).

    Raises:
        DataChangedError: The bytes are no longer a readable parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return file.read(use_threads=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        first_line = (str(error).splitlines() or ["no detail"])[0]
        raise DataChangedError(
            Problem(
                where=shown_as or str(path),
                expected="a readable parquet table",
                found=f"damaged bytes ({first_line})",
                next_step="Delete the file and run `ionladder ingest` for its version again.",
            )
        ) from error
