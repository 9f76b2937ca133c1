"""Tables in submissions: read as text or parquet, their headers and columns judged."""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ionladder.errors import MAX_LISTED, Problem, SubmissionError, first_few, visible, worded
from ionladder.specs import Target
from ionladder.submit import units
from ionladder.submit.isolate import ReaderProcess

# Reading a contributor's CSV or parquet into text or numbers, before anything is believed


MAX_FILE_BYTES = 50_000_000
MAX_COLUMNS = 50
#: Longest text of a parquet cell; a CSV is bounded by its size.
MAX_CELL_BYTES = 1000
MAX_FOOTER_BYTES = 1_000_000
#: Unpacked, a text is for a moment there three times; a CSV may have as many bytes.
MAX_UNPACKED_BYTES = 50_000_000
# Room is made for as many entries as a list in the table of contents claims to have.
_MAX_LIST = 10_000
_MAX_HEADER = 64 * 1024
_MAX_CELLS = 10_000_000
_MAX_ROW_GROUPS = 1000
_MAX_RAGGED = 100
_BLOCK = 1 << 20

#: Arrow's own errors, and what pyarrow makes of what its parquet reader throws.
DAMAGED = (pa.ArrowException, OSError, RuntimeError, ValueError, LookupError, OverflowError)


def find_table(folder: Path, stem: str, *, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """Find ``<stem>.csv`` or ``<stem>.parquet`` in a folder: exactly one, a regular file.

    Returns:
        The path and no problems; None and no problems when there is no such file; or None and
        the problems found.
    """
    paths = [folder / f"{stem}.csv", folder / f"{stem}.parquet"]
    present = [path for path in paths if path.is_symlink() or path.exists()]
    if len(present) > 1:
        return None, [worded("two-tables", shown_as, stem=stem)]
    if not present:
        return None, []
    if present[0].is_symlink() or not present[0].is_file():
        return None, [worded("special-file", f"{shown_as}/{present[0].name}")]
    return present[0], []


def read_submitted_table(
    path: Path, *, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read a CSV (every cell as text) or a parquet file (types as stored).

    Size, column names and row count are checked before the data are loaded, because a small
    compressed file can hold a very large table; parquet is read in a process under limits.

    Args:
        path: The file.
        shown_as: Its path as the contributor knows it.
        allowed: Column names that may occur; others are not loaded, and reported by the caller.
        max_rows: Largest sensible number of rows.

    Returns:
        The table and no problems, or None and the problems found.
    """
    size = path.stat().st_size
    if size == 0:
        return None, [worded("table-empty", shown_as, names=", ".join(allowed[:2]))]
    if size > MAX_FILE_BYTES:
        facts = {"most": f"{MAX_FILE_BYTES // 1_000_000} MB", "found": f"{size // 1_000_000} MB"}
        return None, [worded("table-large", shown_as, **facts)]
    if path.suffix == ".csv":
        return _read_csv(path, shown_as, allowed, max_rows)
    # The process that reads may have started in another folder.
    return read_parquet(str(path.absolute()), shown_as, list(allowed), max_rows, where=shown_as)


def other_kind(data: bytes) -> tuple[str, str] | None:
    """What a file is by its bytes where it is no CSV, and what to do; None where it may be one.

    Example:
        >>> other_kind(b"PAR1")[0], other_kind(b"id,log10_sigma")
        ('a parquet file', None)
    """
    begin = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    ends = data[:4096] + data[-4096:]
    for start, inside, what, step in _file_kinds():
        if begin.startswith(start) and inside in ends:
            return what, step
    return None


@cache
def _file_kinds() -> list[tuple[bytes, bytes, str, str]]:
    """The rows of ``file_kinds.csv``: first bytes, bytes inside, what it is, and what to do."""

    def raw(text: str) -> bytes:
        return text.encode().decode("unicode_escape").encode("latin-1")

    with Path(__file__).with_name("file_kinds.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return [(raw(start), raw(inside), what, step) for start, inside, what, step in rows]


def header_problems(header: Sequence[str], shown_as: str) -> list[Problem]:
    """Too many columns, or two of one name."""
    where = f"{shown_as}, header"
    if len(header) > MAX_COLUMNS:
        return [worded("columns-too-many", where, most=MAX_COLUMNS, n=str(len(header)))]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if not repeated:
        return []
    found = f"more than one `{first_few(repeated)}`" if any(repeated) else "several without one"
    return [worded("columns-twice", where, found=found)]


def row_count_problems(n_rows: int, max_rows: int, shown_as: str) -> list[Problem]:
    """No row at all, or more than make sense."""
    if 0 < n_rows <= max_rows:
        return []
    return [worded("rows-count", shown_as, most=max_rows, n=str(n_rows))]


def unreadable(shown_as: str, expected: str, error: str) -> Problem:
    """The problem of bytes that are not what the name of the file says."""
    first_line = (error.splitlines() or ["no detail"])[0][:160]
    return worded("table-other", shown_as, expected=expected, error=first_line)


_BLANK_LINES = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t,;]*[\r\n])*")
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def _read_csv(
    path: Path, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    ragged: list[pa_csv.InvalidRow] = []

    def keep_note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if len(ragged) < _MAX_RAGGED else "error"

    # In memory of Arrow's own: its reading thread may outlive this call, and must not have to
    # wait for an interpreter that is shutting down.
    data = pa.allocate_buffer(path.stat().st_size)
    with path.open("rb") as stream:
        stream.readinto(memoryview(data))
    header: list[str] = []
    try:
        start, n_lines, n_cells = _scanned(memoryview(data), shown_as)
        first = data[start : start + _MAX_HEADER].to_pybytes().decode("utf-8", "ignore")
        written = re.split(r"[\r\n]", first, maxsplit=1)[0]
        header = next(csv.reader([written]), [])
        problems = _first_line_problems(written, header, allowed, shown_as)
        problems = problems or _length_problems(n_lines, n_cells, max_rows, shown_as)
        if problems:
            return None, problems
        table = _parsed(data.slice(start), header, allowed or header, keep_note)
    except SubmissionError as error:
        return None, list(error.problems)
    except (*DAMAGED, csv.Error) as error:
        if len(ragged) < _MAX_RAGGED:
            return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
        table = None
    problems = []
    if ragged:
        problems.append(_ragged_problem(ragged, header, shown_as))
    if table is not None:
        problems += row_count_problems(table.num_rows, max_rows, shown_as)
    if problems or table is None:
        return None, problems
    return _with_nulls(table, header), []


def _parsed(
    data: pa.Buffer, header: list[str], wanted: Sequence[str], keep_note: Callable[[Any], str]
) -> pa.Table:
    """The rows below the first line as text; columns that are not wanted are not kept."""
    # Arrow fills a whole block: for a small file it would mostly be empty.
    options = {"block_size": min(max(data.size, 1), _BLOCK), "encoding": "utf8"}
    reading = pa_csv.ReadOptions(use_threads=False, column_names=header, skip_rows=1, **options)
    converting = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        include_columns=[name for name in header if name in wanted],
        strings_can_be_null=False,
    )
    parsing = pa_csv.ParseOptions(invalid_row_handler=keep_note)
    with pa.BufferReader(data) as own:
        return pa_csv.read_csv(own, reading, parsing, converting)


def _scanned(view: memoryview, shown_as: str) -> tuple[int, int, int]:
    """Where the header begins, and at most how many lines and cells there are.

    Raises:
        SubmissionError: The bytes are those of another kind of file.
        UnicodeDecodeError: They are not UTF-8.
    """
    begin = _BLANK_LINES.match(view)
    start = begin.end() if begin else 0
    if kind := other_kind(view[start : start + 4096].tobytes() + view[-4096:].tobytes()):
        raise SubmissionError(shown_as, "a CSV file in UTF-8", *kind)
    # Here: Arrow, on its way to a ragged row, would only print that something is no UTF-8.
    decoder = codecs.getincrementaldecoder("utf-8")()
    n_lines = n_commas = 0
    for place in range(start, len(view), _BLOCK):
        block = view[place : place + _BLOCK].tobytes()
        decoder.decode(block)
        n_lines += max(block.count(b"\n"), block.count(b"\r"))
        n_commas += block.count(b",")
    decoder.decode(b"", final=True)
    n_lines += view[-1:].tobytes() not in (b"\n", b"\r")
    return start, n_lines, n_lines + n_commas


_NUMBER = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*")


def _first_line_problems(
    line: str, header: Sequence[str], allowed: Sequence[str], shown_as: str
) -> list[Problem]:
    """A first line with other separators than commas, with data, or with names that cannot be."""
    where = f"{shown_as}, line 1"
    excel = re.match(r"sep=(.)\s*$", line)
    sign = excel[1] if excel else max(_SEPARATORS, key=line.count)
    if excel or (sign in line and "," not in line):
        step = "Save it as CSV with commas, and decimals with a point, as in English."
        found = f"cells separated by {_SEPARATORS.get(sign, repr(sign))}"
        if excel:
            found, step = f"a line `sep={sign}` for Excel", f"Remove this line. {step}"
        return [Problem(where, "cells separated by commas", found, step)]
    if problems := header_problems(header, shown_as):
        return problems
    if allowed and not any(cell.strip() for cell in header[1:]) and header[0] not in ("", *allowed):
        facts = {"names": ", ".join(allowed[:2]), "found": repr(visible(header[0], limit=60))}
        return [worded("header-absent", where, **facts)]
    if allowed and any(map(_NUMBER.fullmatch, header)) and not set(header) & set(allowed):
        facts = {"names": ",".join(allowed[: len(header)]), "found": first_few(header)}
        return [worded("header-data", where, **facts)]
    return []


def _length_problems(n_lines: int, n_cells: int, max_rows: int, shown_as: str) -> list[Problem]:
    """A table that is much too long is not even read."""
    if n_lines > 2 * max_rows + _MAX_RAGGED:
        return row_count_problems(n_lines - 1, max_rows, shown_as)
    if n_cells <= _MAX_CELLS:
        return []
    facts = {"most": f"{_MAX_CELLS // 10**6} million cells", "found": f"{n_cells // 10**6} million"}
    return [worded("table-large", shown_as, **facts)]


def _ragged_problem(
    ragged: Sequence[pa_csv.InvalidRow], header: Sequence[str], shown_as: str
) -> Problem:
    where = f"{shown_as}, line {first_few(row.number for row in ragged)}"
    n_cells = ragged[0].actual_columns
    expected = f"{len(header)} cells in every row, as in the header"
    step = "Use a point for decimals, a comma between cells, and quote text that holds commas."
    if (ragged[0].text or "").startswith(("<<<<<<<", "=======")):
        step = "It is a merge conflict: keep the rows of one side."
    elif len(header) == 1:
        step = "Remove what stands above the names of the columns."
    elif n_cells == len(header) + 1 and re.match(r'"?\d+"?,', ragged[0].text or ""):
        step = f"If the first is an index, leave it out (R: row.names=FALSE). {step}"
    return Problem(where, expected, f"{n_cells} in the first of these rows", step)


def _with_nulls(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with a column of nulls for each name whose column was not read."""
    for name in names:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table.select(list(names))


# Parquet, whose few bytes may unpack to more than a machine can hold


def _read_parquet(
    path: str, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read the allowed columns, types as stored; what the file says of itself is checked first."""
    try:
        if problem := not_parquet(Path(path), shown_as):
            return None, [problem]
        if footer_bytes(Path(path)) > MAX_FOOTER_BYTES:
            reason = "its table of contents is too long"
            return None, [unreadable(shown_as, "a parquet file", reason)]
        # Opened here: Arrow knows no path that is not UTF-8.
        with Path(path).open("rb") as data, opened(data) as file:
            schema = file.schema_arrow
            problems = header_problems(schema.names, shown_as)
            problems += row_count_problems(file.metadata.num_rows, max_rows, shown_as)
            for field in list(schema)[:MAX_COLUMNS]:
                if not _is_plain(field.type):
                    where = f"{shown_as}, column `{field.name}`"
                    problems.append(worded("cell-kind", where, type=field.type))
            problems = problems or row_group_problems(file, shown_as)
            problems = problems or _size_problems(stated_bytes(file), shown_as)
        if problems:
            return None, problems
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    names = [name for name in schema.names if name in allowed]
    table, problems = read_columns(Path(path), names, shown_as=shown_as)
    if table is not None:
        problems = row_count_problems(table.num_rows, max_rows, shown_as)
    if problems or table is None:
        return None, problems
    return _with_nulls(table, schema.names), []


read_parquet = ReaderProcess(_read_parquet)


def not_parquet(path: Path, shown_as: str) -> Problem | None:
    """The problem of a file that begins as another kind of file does."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    if start.startswith(b"PAR1"):
        return None
    what, step = other_kind(start) or ("something else", "Export the file again as parquet.")
    if b"," in start[:200] and what == "something else":
        what, step = "what looks like a CSV", f"Name it {path.stem}.csv."
    return Problem(shown_as, "a parquet file", what, step)


def row_group_problems(file: pq.ParquetFile, shown_as: str) -> list[Problem]:
    """More row groups than any table needs: each costs a header that may be read again."""
    found, n_rows = file.metadata.num_row_groups, file.metadata.num_rows
    most = min(_MAX_ROW_GROUPS, max(n_rows // 10, 20))
    if found <= most:
        return []
    return [worded("row-groups", shown_as, most=most, n=str(found))]


def opened(data: BinaryIO, **options: Any) -> pq.ParquetFile:
    """A parquet file whose table of contents may not claim to be long."""
    return pq.ParquetFile(data, thrift_container_size_limit=_MAX_LIST, **options)


def footer_bytes(path: Path) -> int:
    """Length of a parquet file's table of contents, as the last bytes of the file state it."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 8, 0))
        return int.from_bytes(stream.read(4), "little")


def stated_bytes(file: pq.ParquetFile) -> int:
    """Bytes that a file says it unpacks to; one that lies meets the limits of its reader."""
    groups = range(file.metadata.num_row_groups)
    return sum(file.metadata.row_group(place).total_byte_size for place in groups)


def read_columns(
    path: Path, names: Sequence[str], *, shown_as: str
) -> tuple[pa.Table | None, list[Problem]]:
    """Whole columns of a parquet file whose table of contents was checked, each in one piece.

    Raises:
        MemoryError: They need more than this process may have.
    """
    try:
        with path.open("rb") as data, opened(data) as file:
            texts = [field.name for field in file.schema_arrow if is_text(field.type)]
        # Read so, every different text is stored once: a long one repeated fills no memory.
        with path.open("rb") as data, opened(data, read_dictionary=texts) as file:
            table = file.read(columns=list(names), use_threads=False)
        if problems := text_problems(table, shown_as):
            return None, problems
        for place, field in enumerate(table.schema):
            if pa.types.is_dictionary(field.type):
                column = table.column(place).cast(field.type.value_type)
                table = table.set_column(place, field.name, column)
        table.validate(full=True)
    except MemoryError:
        raise
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    return table.combine_chunks(), []


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are texts (of a categorical column too)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """Whether cells are single numbers or texts (a categorical text is one)."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return bool(is_number or is_text(kind) or pa.types.is_null(kind))


def _size_problems(size: int, shown_as: str) -> list[Problem]:
    if size <= MAX_UNPACKED_BYTES:
        return []
    most = f"{MAX_UNPACKED_BYTES // 1_000_000} MB when unpacked"
    return [worded("table-large", shown_as, most=most, found=f"{size // 1_000_000} MB")]


def text_problems(table: pa.Table, shown_as: str) -> list[Problem]:
    """Texts that are too long, alone or together; columns of them are read as dictionaries."""
    problems, size = [], 0
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not is_text(column.type):
            continue
        is_coded = pa.types.is_dictionary(column.type)
        longest = 0
        for chunk in column.chunks:
            lengths = pc.binary_length(chunk.dictionary if is_coded else chunk)
            longest = max(longest, pc.max(lengths).as_py() or 0)
            lengths = pc.take(lengths, chunk.indices) if is_coded else lengths
            size += pc.sum(lengths).as_py() or 0
        if longest > MAX_CELL_BYTES:
            facts = {"most": MAX_CELL_BYTES, "n": longest}
            problems.append(worded("cell-long", f"{shown_as}, column `{name}`", **facts))
    return problems or _size_problems(size, shown_as)


# From contributed cells to ids, seeds and finite numbers, with every bad cell named


Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

_KEYS = ("id", "scheme", "repeat", "fold")
_USUAL_HEADERS: dict[str, tuple[str, ...]] = {
    "std": ("std", "sigma", "uncertainty", "unc", "stdev", "sd", "y_std"),
    "id": ("id", "ids", "entry_id", "material_id", "entry", "index", "name"),
    "prediction": ("prediction", "predictions", "predicted", "pred", "preds", "y_pred", "y_hat"),
}
# A standard deviation of zero claims to know the answer, and has no likelihood when it is wrong.
_SMALLEST_STD, _LARGEST_STD = 1e-6, 1e6
_INTEGER_END = 2**31
_COLUMNS_BLOCK = 4096
_HEADER_LINES = 2  # a data row of index 0 stands on line 2 of a CSV file


#: Names under which pandas and R keep an index that nobody named.
INDEX_HEADERS = ("", "Unnamed: 0", "__index_level_0__", "level_0", "...1")


def column_problems(
    names: Sequence[str], *, required: Sequence[str], optional: Sequence[str], shown_as: str
) -> list[Problem]:
    """Missing and unknown columns, each with the nearest name as a hint."""
    problems = []
    where, known = f"{shown_as}, header", [*required, *optional]
    if nameless := [name for name in names if name in INDEX_HEADERS or not name.strip()]:
        places = [place for place, name in enumerate(names, 1) if name in nameless]
        found = f"no name for column {first_few(places)} ({nameless[0]!r})"
        step = "It is an index: write without it (pandas: index=False; R: row.names=FALSE)."
        if places == [len(names)] and not nameless[0]:
            step = "Remove the comma at the end of every line."
        problems.append(Problem(where, "a name for every column", found, step))
    unknown = [name for name in names if name not in [*known, *nameless]]
    free, targets = list(unknown), [name for name in required if name not in _KEYS]
    for name in required:
        if name in names:
            continue
        is_only_target = name == required[-1] and len(targets) == 1
        meant = meant_column(name, free, is_only_target=is_only_target)
        hint = f"Add the column `{name}`."
        if meant is not None:
            free.remove(meant)
            hint = f"Column `{meant}`: did you mean `{name}`? {_made_of(meant, name)}"
        found = f"columns {first_few(names, limit=8)}"
        problems.append(Problem(where, f"a column `{name}`", found, hint))
    if unknown and not problems:
        hint = "Remove the extra columns; `notes` in submission.yaml takes remarks."
        words, stds = _USUAL_HEADERS["std"], [n for n in optional if n.endswith("_std")]
        if any(name.casefold() in words for name in unknown) and len(stds) == 1:
            hint = f"Did you mean `{stds[0]}`? Rename the column, or remove it."
        expected = f"only the columns {', '.join(known)}"
        problems.append(Problem(where, expected, f"also {first_few(unknown)}", hint))
    return problems


def _made_of(meant: str, name: str) -> str:
    """How a column that was found becomes the one that is asked for."""
    is_log = name.startswith("log10_")
    stated = units.read_header(meant if is_log else meant.replace(name, " "))
    if stated.form == "?":
        return "It states a scale or a unit that is not known: convert the numbers."
    if is_log and not stated.form and (stated.unit or re.match("(?i)sigma|σ|cond|ionic", meant)):
        return (
            f"Take log10 of conductivities in S/cm: `ionladder convert --column {meant!r} --log10`."
        )
    if stated.unit and stated.unit.factor != 1:
        return f"It states {stated}: `ionladder convert --column {meant!r}` converts it."
    return f"Rename `{meant}` to `{name}`."


def meant_column(name: str, unknown: Sequence[str], *, is_only_target: bool) -> str | None:
    """The header that was probably meant to be a column, or None.

    Args:
        name: The column that is missing.
        unknown: Headers that nothing else needs.
        is_only_target: Whether it is the one target of its task, which any usual word for
            predictions may then stand for.

    Example:
        >>> meant_column("log10_sigma", ["comment", "pred"], is_only_target=True)
        'pred'
        >>> meant_column("id", ["ID", "value"], is_only_target=False)
        'ID'
    """
    words = _USUAL_HEADERS.get("prediction" if is_only_target else name, ())
    usual = [header for header in unknown if header.strip().casefold() in words]
    close = difflib.get_close_matches(name, unknown, n=1, cutoff=0.4)
    if usual or close:
        return (usual or close)[0]
    return unknown[0] if len(unknown) == 1 else None


def text_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[pa.Array, list[Problem]]:
    """A column of ids as text; ids stored as numbers or empty cells are problems."""
    column = table.column(name)
    if not _is_text(column.type):
        return pa.array([], type=pa.string()), [
            worded("ids-no-text", f"{shown_as}, column `{name}`", type=column.type)
        ]
    values = column.cast(pa.string()).combine_chunks()
    is_empty = pc.fill_null(pc.equal(pc.binary_length(values), 0), True)
    empty = np.flatnonzero(is_empty.to_numpy(zero_copy_only=False))
    if not len(empty):
        return values, []
    return values, [worded("id-empty", f"{shown_as}, {_rows(empty)}, column `{name}`")]


def integer_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[Places, list[Problem]]:
    """A column of whole numbers from 0 to 2³¹ − 1 (seeds, repeats, folds)."""
    column = table.column(name)
    values, _ = _parse(column)
    with np.errstate(invalid="ignore"):
        is_whole = np.isfinite(values) & (values >= 0) & (values < _INTEGER_END) & (values % 1 == 0)
    bad = np.flatnonzero(~is_whole)
    if not len(bad):
        return values.astype(np.int64), []
    found = first_few((repr(column[int(row)].as_py()) for row in bad[:MAX_LISTED]), total=len(bad))
    problem = worded("whole-numbers", f"{shown_as}, {_rows(bad)}, column `{name}`", found=found)
    return np.zeros(len(values), dtype=np.int64), [problem]


def number_column(
    table: pa.Table, name: str, target: Target, *, ids: pa.Array, shown_as: str
) -> tuple[Numbers, list[Problem]]:
    """A column of finite, plausible numbers; bad cells are named by row and id.

    Where all values tell that they are in another unit, that is said instead of the range.

    Args:
        table: The file.
        name: The column: the target's, or that of its standard deviations.
        target: The target.
        ids: Id of every row.
        shown_as: The file as messages name it.

    Returns:
        Values of shape (n_rows,), NaN in bad cells, and the problems.
    """
    column, is_std = table.column(name), name != target.name
    low, high = (_SMALLEST_STD, _LARGEST_STD) if is_std else target.plausible
    unit = target.error_unit if is_std else target.unit
    values, unparsed = _parse(column)
    where = f"{shown_as}, column `{name}`"
    guessed = None if is_std else units.unit_problem(values, target, where=where)
    # Of values with a gap, neither end is a number that could lie in the range.
    if guessed is None and not len(unparsed) and low <= values.min() and values.max() <= high:
        return values, []
    texts = {int(row): str(column[int(row)].as_py() or "").strip() for row in unparsed}
    empty = np.array([r for r, text in texts.items() if text.casefold() in _GAPS], dtype=np.int64)
    unparsed = np.array([r for r in texts if r not in set(empty.tolist())], dtype=np.int64)
    is_gap = ~np.isfinite(values)
    is_gap[unparsed] = False
    is_outside = np.isfinite(values) & ((values < low) | (values > high)) & (guessed is None)
    plain = "Write plain decimal numbers without unit, with a point (1.5e-3 is fine)."
    if any(re.fullmatch(r"-?\d+,\d+", text) for text in texts.values()):
        plain = "Write decimals with a point, not a comma."
    gaps = "Predict a number for every id: an empty or missing value is not scored around."
    absent = "Leave the column out if none is known."
    gaps = absent if is_std else gaps
    between = f"a value between {low:g} and {high:g} {unit}"
    check = f"Check the unit: the task wants {unit}."
    if is_std and (values[is_outside] <= 0).all():
        between, check = f"a standard deviation above zero, in {unit}", absent
    problems = [] if guessed is None else [guessed]
    for rows, expected, step in (
        (unparsed, f"a number in {unit}", plain),
        (np.flatnonzero(is_gap), "a finite number", gaps),
        (np.flatnonzero(is_outside), between, check),
    ):
        if len(rows):
            listed = [int(row) for row in rows[:MAX_LISTED]]
            shown = [f"{ids[row].as_py()}: {column[row].as_py()!r}" for row in listed]
            cells = first_few(shown, total=len(rows))
            found = f"{len(rows)} other value{'s' if len(rows) > 1 else ''} ({cells})"
            where = f"{shown_as}, {_rows(rows)}, column `{name}`"
            problems.append(Problem(where, expected, found, step))
    return values, problems


#: Texts by which tables of other programs say that a value is missing.
_GAPS = {"", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "missing", "#n/a"}


def _parse(column: pa.ChunkedArray) -> tuple[Numbers, Places]:
    """Numbers of a column, and the rows whose cell is not a number at all."""
    none = np.array([], dtype=np.int64)
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), none
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy(), none
    if not _is_text(kind):
        is_null = pa.types.is_null(kind)  # a column of gaps: each is one
        return np.full(len(column), np.nan), none if is_null else np.arange(len(column))
    texts = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(texts, pa.float64()).to_numpy(), none
    except pa.ArrowInvalid:
        pass
    values, bad = np.full(len(texts), np.nan), []
    # Cell by cell only where a block holds a cell that is not a number.
    for start in range(0, len(texts), _COLUMNS_BLOCK):
        block = texts.slice(start, _COLUMNS_BLOCK)
        try:
            values[start : start + len(block)] = pc.cast(block, pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            for row, text in enumerate(block, start):
                try:  # by Arrow's rules, which know no underscores or other scripts
                    number = text.cast(pa.float64()).as_py()
                    values[row] = np.nan if number is None else number
                except pa.ArrowInvalid:
                    bad.append(row)
    return values, np.array(bad, dtype=np.int64)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows(rows: Places) -> str:
    listed = [int(row) + _HEADER_LINES for row in rows[:MAX_LISTED]]
    return "row " + first_few(listed, total=len(rows))
