"""Bad parquet files: bombs, nested and foreign types, lies, bytes that are no parquet."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import tiny
from hostile.case import Case

_IDS = tiny.predictions()["id"].tolist()
_VALUES = tiny.predictions()["log10_sigma"].tolist()
_NO_PARQUET = "expected a parquet file"
_PLAIN = "expected plain numbers or text"


def bytes_case(name: str, error: str | None, write: Callable[[Path], object]) -> Case:
    """A good card with what ``write`` makes as ``predictions.parquet``."""

    def make(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / "predictions.csv").unlink()
        write(folder / "predictions.parquet")

    return Case(name=name, error=error, make=make)


def table_case(name: str, error: str | None, columns: dict[str, Any]) -> Case:
    """The same with a table."""
    return bytes_case(name, error, lambda path: pq.write_table(pa.table(columns), path))


def _many_rows(path: Path) -> None:
    """Twenty million rows of one value in a few kilobytes."""
    chunk = pa.table({"id": pa.repeat("7cr", 10**6), "log10_sigma": pa.repeat(-3.0, 10**6)})
    with pq.ParquetWriter(path, chunk.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(chunk)


def _giant_text(path: Path) -> None:
    """One id of 200 MB, which zstd packs into a few kilobytes."""
    table = pa.table({"id": ["x" * 200_000_000], "log10_sigma": [1.0]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def _repeated_text(path: Path) -> None:
    """One text of 8 MB stored once and meant six hundred times: 4.8 GB."""
    ids = pa.DictionaryArray.from_arrays(pa.repeat(0, 600), pa.array(["x" * 8_000_000]))
    table = pa.table({"id": ids, "log10_sigma": pa.repeat(1.0, 600)})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=10**9)


def _lying_size(path: Path) -> None:
    """As the giant text, but its table of contents says that it is small."""
    _giant_text(path)
    size = pq.ParquetFile(path).metadata.row_group(0).total_byte_size
    assert size > 200_000_000
    column = pq.ParquetFile(path).metadata.row_group(0).column(0).total_uncompressed_size
    for number in (size, column):
        restate(path, number, 1000)


def _fewer_rows(path: Path) -> None:
    """Twenty million rows, said to be six by the whole and by its part, not by the columns."""
    n = 20_000_000
    table = pa.table({"id": pa.repeat("7cr", n), "log10_sigma": pa.repeat(-3.0, n)})
    pq.write_table(table, path, row_group_size=n, compression="zstd")
    for place in (0, -1):
        restate(path, n, 6, place=place)


def _parts_beyond_the_whole(path: Path) -> None:
    """The same in twenty parts, with only the whole saying six."""
    _many_rows(path)
    restate(path, 20_000_000, 6)


def _prefixes(path: Path) -> None:
    """A text of 8 MB whose repetitions are written as the whole of the one before."""
    table = pa.table({"id": pa.array(["x" * 8_000_000] * 24), "log10_sigma": pa.repeat(1.0, 24)})
    coded = {"id": "DELTA_BYTE_ARRAY", "log10_sigma": "PLAIN"}
    pq.write_table(
        table, path, compression="zstd", use_dictionary=False, column_encoding=coded,
        write_statistics=False,
    )  # fmt: skip


def _vast_dictionary(path: Path) -> None:
    """A dictionary of three million texts for six rows."""
    texts = pa.array(range(3_000_000)).cast(pa.string())
    ids = pa.DictionaryArray.from_arrays(pa.repeat(0, 6), texts)
    table = pa.table({"id": ids, "log10_sigma": _VALUES})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=10**9)


def _largest_text(path: Path) -> None:
    """One id as large as may be unpacked, and said to be."""
    table = pa.table({"id": ["x" * 49_000_000], "log10_sigma": [1.0]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def _contents(path: Path, contents: bytes) -> None:
    """A file of nothing but a table of contents."""
    path.write_bytes(b"PAR1" + contents + len(contents).to_bytes(4, "little") + b"PAR1")


# The first fields of a table of contents: the version, then a list of what a million bytes hold.
_MILLION = b"\xfc" + bytes([0xC0, 0x84, 0x3D - 1])
_MANY_FIELDS = b"\x15\x02\x19" + _MILLION
_ONE_ROOT = b"\x15\x02\x19\x1c\x48\x01r\x15\x00\x00"
_MANY_PARTS = _ONE_ROOT + b"\x16\x0c\x19" + _MILLION
_MANY_COLUMNS = _ONE_ROOT + b"\x16\x0c\x19\x1c\x19" + _MILLION


def restate(path: Path, stated: int, lie: int, *, place: int | None = None) -> None:
    """Replace a number in the table of contents by a smaller one of as many bytes.

    Args:
        path: The file.
        stated: The number.
        lie: What it is replaced by.
        place: Which of its occurrences; None for all.
    """
    data = path.read_bytes()
    end = len(data) - int.from_bytes(data[-8:-4], "little") - 8
    before, after = _varint(stated), _varint(lie)
    after = bytes([*after[:-1], after[-1] | 0x80, *[0x80] * ((len(before) - len(after)) - 1), 0])
    pieces = data[end:].split(before)
    assert len(pieces) > 1
    changed = range(len(pieces) - 1) if place is None else [range(len(pieces) - 1)[place]]
    seams = [after if number in changed else before for number in range(len(pieces) - 1)]
    contents = b"".join(part for pair in zip(pieces, [*seams, b""], strict=True) for part in pair)
    path.write_bytes(data[:end] + contents)


def _varint(number: int) -> bytes:
    """A whole number as the footer writes it."""
    rest, out = number << 1, []
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])


def _wide(path: Path) -> None:
    pq.write_table(pa.table({f"c{i}": [1] for i in range(60_000)}), path)


def _many_groups(path: Path) -> None:
    table = pa.table({"id": ["a"] * 20_000, "log10_sigma": [1.0] * 20_000})
    pq.write_table(table, path, row_group_size=1)


def _bad_utf8(path: Path) -> None:
    """A text column whose bytes are no text."""
    ids = pa.Array.from_buffers(
        pa.string(), 6, pa.array([b"\xff\xfe\xfd"] * 6, type=pa.binary()).buffers()
    )
    pq.write_table(pa.table({"id": ids, "log10_sigma": _VALUES}), path)


def _pickled_type(path: Path) -> None:
    """A column whose type asks to be unpickled."""
    note = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": b"cos\nsystem\n(S'touch /tmp/ionladder-was-here'\ntR.",
    }
    field = pa.field("log10_sigma", pa.float64(), metadata=note)
    schema = pa.schema([pa.field("id", pa.string()), field])
    pq.write_table(pa.table([_IDS, _VALUES], schema=schema), path)


def _cut(path: Path, end: int) -> None:
    pq.write_table(pa.table({"id": _IDS, "log10_sigma": _VALUES}), path)
    path.write_bytes(path.read_bytes()[:end])


def _flipped(path: Path) -> None:
    pq.write_table(pa.table({"id": _IDS, "log10_sigma": _VALUES}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[10:200] = bytes(byte ^ 0x5A for byte in data[10:200])
    path.write_bytes(data)


def _long_footer(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\0" * 2_000_000 + (2_000_000).to_bytes(4, "little") + b"PAR1")


def _endless_footer(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\x15" * 64 + (2**31 - 1).to_bytes(4, "little") + b"PAR1")


def _column(values: Any) -> dict[str, Any]:
    return {"id": _IDS, "log10_sigma": values}


_DATE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_ENCRYPTED = b"PARE" + b"\0" * 60 + b"\x10\0\0\0PARE"
_WIDE = pa.array([b"x" * 2000] * 600, pa.binary(2000))

_FILES: list[tuple[str, str | None, Callable[[Path], object]]] = [
    ("twenty million rows", "between 1 and 600 rows; found 20000000", _many_rows),
    ("an id of 200 MB", "at most 50 MB when unpacked; found 200 MB", _giant_text),
    ("a text of 8 MB six hundred times", "at most 1000 bytes in a cell", _repeated_text),
    ("a size that lies", "a file that is unpacked within 1 GB", _lying_size),
    ("a number of rows that lies", "5 missing", _fewer_rows),
    ("parts with more rows than the whole", "unpacked within 1 GB", _parts_beyond_the_whole),
    ("texts written as pieces of one another", _NO_PARQUET, _prefixes),
    ("a dictionary for nobody", "6 missing", _vast_dictionary),
    ("the largest text that is read", "at most 1000 bytes in a cell", _largest_text),
    ("a million fields", _NO_PARQUET, lambda path: _contents(path, _MANY_FIELDS)),
    ("a million parts", _NO_PARQUET, lambda path: _contents(path, _MANY_PARTS)),
    ("a million columns", _NO_PARQUET, lambda path: _contents(path, _MANY_COLUMNS)),
    ("sixty thousand columns", "its table of contents is too long", _wide),
    ("twenty thousand row groups", "expected", _many_groups),
    ("text that is no text", _NO_PARQUET, _bad_utf8),
    ("a type that asks to be unpickled", None, _pickled_type),
    ("half a file", _NO_PARQUET, lambda path: _cut(path, 400)),
    ("three bytes", _NO_PARQUET, lambda path: _cut(path, 3)),
    ("flipped bytes", "expected", _flipped),
    ("a long table of contents", "its table of contents is too long", _long_footer),
    ("a table of contents beyond the file", "too long", _endless_footer),
    ("a CSV named parquet", _NO_PARQUET, lambda p: p.write_text("id,x\n")),
    ("an empty parquet", "found an empty file", lambda path: path.write_bytes(b"")),
    ("an encrypted parquet", _NO_PARQUET, lambda path: path.write_bytes(_ENCRYPTED)),
]
_TABLES: list[tuple[str, str | None, Any]] = [
    ("lists", _PLAIN, _column([[value] for value in _VALUES])),
    ("structures", _PLAIN, _column([{"a": value} for value in _VALUES])),
    ("maps", _PLAIN, _column(pa.array([[("a", 1.0)]] * 6, pa.map_(pa.string(), pa.float64())))),
    ("bytes", _PLAIN, _column([b"-3"] * 6)),
    (
        "wide fixed bytes six hundred times",
        _PLAIN,
        {"id": pa.repeat("7cr", 600), "log10_sigma": _WIDE},
    ),
    ("times", _PLAIN, _column([_DATE] * 6)),
    ("decimals", None, _column(pa.array([-1] * 6, pa.decimal128(38, 0)))),
    ("truth values", _PLAIN, _column([True] * 6)),
    ("nothing at all", "7cr: None", _column(pa.nulls(6))),
    ("a null among numbers", "7cr: None", _column([*_VALUES[:2], None, *_VALUES[3:]])),
    ("a null among ids", "found an empty cell", {"id": [None, *_IDS[1:]], "log10_sigma": _VALUES}),
    ("numbers as ids", "expected text", {"id": range(6), "log10_sigma": _VALUES}),
    (
        "huge whole numbers",
        "expected a value between -60",
        _column(pa.array([2**64 - 1] * 6, pa.uint64())),
    ),
    ("denormals", None, _column([5e-324] * 6)),
    ("numbers as text", None, _column([str(value) for value in _VALUES])),
    ("categorical ids", None, {"id": pa.array(_IDS).dictionary_encode(), "log10_sigma": _VALUES}),
    (
        "seeds beyond a whole number",
        "expected a whole number",
        {**_column(_VALUES), "seed": [1e300] * 6},
    ),
    (
        "a column with a point in its name",
        "expected a column",
        {"id": _IDS, "log10_sigma.list": _VALUES},
    ),
]
CASES = [bytes_case(*each) for each in _FILES] + [table_case(*each) for each in _TABLES]
