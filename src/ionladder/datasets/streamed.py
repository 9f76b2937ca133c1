"""Tables too large to hold: written block by block, hashed on the way, and hashed again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ionladder.core.hashing import sha256_bytes
from ionladder.specs.column import Column, arrow_schema
from ionladder.specs.dataset import Table

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = ("string", "category")
_WIDE = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "u1"}


@dataclass(frozen=True, kw_only=True)
class StreamedTable:
    """A table that was written block by block.

    Attributes:
        path: Where it lies.
        rows: Rows written.
        column_sha256: Column name → hash of its content, whatever the blocks were.
    """

    path: Path
    rows: int
    column_sha256: Mapping[str, str]

    @property
    def content_sha256(self) -> str:
        """Hash of the column names and column hashes."""
        lines = [f"{name}={digest}" for name, digest in sorted(self.column_sha256.items())]
        return sha256_bytes("\n".join(lines).encode("utf-8"))


class StreamedWriter:
    """Writes one table block by block; nothing but the present block is held.

    Rows must come in strictly ascending order of the key. Each block becomes a row group.

    Args:
        path: The file; made anew.
        spec: Its columns.
        metadata: File metadata (dataset, version, …).

    Example:
        >>> with StreamedWriter(path, spec, {}) as writer:  # doctest: +SKIP
        ...     for block in blocks:
        ...         writer.write(block)
        >>> writer.table.rows  # doctest: +SKIP
        929066
    """

    def __init__(self, path: Path, spec: Table, metadata: Mapping[str, str]) -> None:
        import pyarrow.parquet as pq

        self._spec = spec
        self._schema = arrow_schema(spec.columns)
        self._digest = ContentDigest(spec)
        self._path = path
        self._last: tuple[object, ...] | None = None
        schema = self._schema.with_metadata(dict(sorted(metadata.items())))
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", **_encodings(spec))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, block: pa.Table) -> None:
        """Write some rows.

        Raises:
            ValueError: Keys do not ascend, or the columns are not those of the table.
        """
        if not block.num_rows:
            return
        block = block.select([column.name for column in self._spec.columns]).cast(self._schema)
        self._require_order(block)
        self._digest.update(block)
        self._writer.write_table(block, row_group_size=block.num_rows)

    @property
    def table(self) -> StreamedTable:
        """What has been written so far."""
        return StreamedTable(
            path=self._path, rows=self._digest.rows, column_sha256=self._digest.columns()
        )

    def _require_order(self, block: pa.Table) -> None:
        keys = list(zip(*(block[name].to_pylist() for name in self._spec.key), strict=True))
        before = [self._last, *keys[:-1]] if self._last is not None else keys[:-1]
        after = keys if self._last is not None else keys[1:]
        for one, other in zip(before, after, strict=True):
            if not one < other:
                msg = f"{self._spec.name}: key {other} does not follow {one}"
                raise ValueError(msg)
        self._last = keys[-1]


def _encodings(spec: Table) -> dict[str, Any]:
    """How columns are packed: texts by dictionary, numbers of continuous quantities by byte.

    Measured figures repeat so seldom that a dictionary of them is larger than they are; their bytes
    of equal rank are alike, and pack well side by side.
    """
    texts = [column.name for column in spec.columns if column.type in _TEXTS]
    real = {
        f"{column.name}.list.element" if column.type.startswith("list") else column.name
        for column in spec.columns
        if "float" in column.type
    }
    return {
        "use_dictionary": texts or False,
        "column_encoding": dict.fromkeys(sorted(real), "BYTE_STREAM_SPLIT"),
    }


class ContentDigest:
    """The content hash of a table seen block by block, independent of where blocks end.

    Every column is hashed by names, validity, lengths of lists and values, numbers as 64-bit.
    """

    def __init__(self, spec: Table) -> None:
        self._parts = {column.name: _ColumnDigest(column) for column in spec.columns}
        self.rows = 0

    def update(self, block: pa.Table) -> None:
        """Feed the next rows."""
        self.rows += block.num_rows
        for name, part in self._parts.items():
            for chunk in block[name].chunks:
                part.update(chunk)

    def columns(self) -> dict[str, str]:
        """Column name → 64 hexadecimal digits."""
        return {name: part.hexdigest(self.rows) for name, part in self._parts.items()}


class _ColumnDigest:
    def __init__(self, column: Column) -> None:
        self._name = column.name
        self._valid, self._lengths, self._values = (hashlib.sha256() for _ in range(3))

    def update(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        self._valid.update(np.asarray(array.is_valid()).astype(np.uint8).tobytes())
        if pa.types.is_list(array.type):
            lengths = pc.fill_null(pc.list_value_length(array), 0)
            self._lengths.update(np.asarray(lengths).astype("<i8").tobytes())
            array = array.flatten()
        self._values.update(_canonical(array, self._lengths))

    def hexdigest(self, rows: int) -> str:
        parts = (self._valid, self._lengths, self._values)
        text = "\n".join([self._name, str(rows), *(part.hexdigest() for part in parts)])
        return sha256_bytes(text.encode("utf-8"))


def _canonical(array: pa.Array, lengths: hashlib._Hash) -> bytes | memoryview:
    """Values in a form that does not depend on their width; lengths of texts go to ``lengths``."""
    import pyarrow as pa

    if pa.types.is_string(array.type):
        encoded = [(text or "").encode("utf-8") for text in array.to_pylist()]
        lengths.update(np.array([len(text) for text in encoded], dtype="<i8").tobytes())
        return b"".join(encoded)
    nothing = False if pa.types.is_boolean(array.type) else 0
    values = array.fill_null(nothing).to_numpy(zero_copy_only=False)
    wide = values.astype(_WIDE[values.dtype.kind])  # a copy, free to change
    if wide.dtype.kind == "f":
        wide += 0.0  # -0 counts as 0
        unknown = np.isnan(wide)
        if unknown.any():
            wide[unknown] = np.nan
    data: memoryview = wide.data
    return data


def digest_blocks(spec: Table, path: Path, blocks: Iterable[pa.Table]) -> StreamedTable:
    """The content of a table that is read block by block."""
    digest = ContentDigest(spec)
    for block in blocks:
        digest.update(block)
    return StreamedTable(path=path, rows=digest.rows, column_sha256=digest.columns())


def read_blocks(path: Path, columns: Iterable[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a parquet file, one after the other, on one thread."""
    import pyarrow.parquet as pq

    names = None if columns is None else list(columns)
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=names, use_threads=False)
