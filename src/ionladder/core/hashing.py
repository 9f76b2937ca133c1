"""Identity of bytes and of content: what receipts, manifests and pins rest on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK_BYTES = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def column_hashes(table: pa.Table, *, key: str | list[str]) -> dict[str, str]:
    """Hash each column's content with the rows in the order of ``key``.

    The hash depends on names and values only: not on row order, integer or float width,
    dictionary encoding, chunking, or the bytes of a parquet file.

    Args:
        table: Any table of booleans, numbers, strings, or lists of these; nulls allowed.
        key: Column name(s) that identify a row; sorted ascending before hashing.

    Returns:
        Column name → 64 hexadecimal digits, names in alphabetical order.
    """
    keys = [key] if isinstance(key, str) else list(key)
    table = table.sort_by([(name, "ascending") for name in keys]).combine_chunks()
    return {name: _column_hash(name, table.column(name)) for name in sorted(table.column_names)}


def content_hash(table: pa.Table, *, key: str | list[str]) -> str:
    """Hash a table's content: the hash of its column names and column hashes."""
    lines = [f"{name}={digest}" for name, digest in column_hashes(table, key=key).items()]
    return sha256_bytes("\n".join(lines).encode("utf-8"))


def _column_hash(name: str, column: pa.ChunkedArray) -> str:
    import pyarrow as pa

    digest = hashlib.sha256(f"{name}\n{len(column)}\n".encode())
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    _update(digest, array)
    return digest.hexdigest()


def _update(digest: hashlib._Hash, array: pa.Array) -> None:
    """Feed one array: kind, null mask, then values in a width-independent form."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    valid = np.asarray(array.is_valid())
    digest.update(np.packbits(valid).tobytes())
    kind = array.type
    if pa.types.is_boolean(kind):
        digest.update(b"bool")
        digest.update(np.asarray(pc.fill_null(array, False)).astype(np.uint8).tobytes())
    elif pa.types.is_integer(kind):
        digest.update(b"int")
        digest.update(np.asarray(pc.fill_null(array, 0)).astype("<i8").tobytes())
    elif pa.types.is_floating(kind):
        digest.update(b"float")
        values = np.asarray(pc.fill_null(array.cast(pa.float64()), 0.0)).astype("<f8") + 0.0
        values[np.isnan(values)] = np.nan
        digest.update(values.tobytes())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        digest.update(b"string")
        encoded = [(text or "").encode("utf-8") for text in array.to_pylist()]
        digest.update(np.array([len(text) for text in encoded], dtype="<i8").tobytes())
        digest.update(b"".join(encoded))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        digest.update(b"list")
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        digest.update(np.asarray(lengths).astype("<i8").tobytes())
        _update(digest, pc.list_flatten(array))
    elif pa.types.is_null(kind):
        digest.update(b"null")
    else:
        msg = f"no content hash is defined for columns of type {kind}"
        raise TypeError(msg)
