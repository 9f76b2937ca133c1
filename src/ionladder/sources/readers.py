"""Upstream tables read as text: nothing is guessed, so the id ``5e2`` stays ``5e2``."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few

Row = dict[str, str]

_NEXT_STEP = "Compare the file with its upstream copy; pin a new version only for bytes you trust."


def read_csv(path: Path, *, columns: tuple[str, ...]) -> list[Row]:
    """Read a CSV file as rows of text, with exactly the expected header.

    Args:
        path: UTF-8 file, comma separated.
        columns: The header, in order.

    Returns:
        Rows in file order; every value is the text between the commas, blanks included.

    Raises:
        IngestError: Not UTF-8, another header, or rows of another length, all listed.
    """
    text = _decode(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise IngestError(
            _problem(f"{path.name}, line {reader.line_num}", "valid CSV", str(error))
        ) from error
    header = tuple(lines[0]) if lines else ()
    if header != columns:
        raise IngestError(_header_problem(path.name, header, columns))
    problems = [
        _problem(f"{path.name}, row {number}", f"{len(columns)} fields", str(len(fields)))
        for number, fields in enumerate(lines[1:], start=2)
        if len(fields) != len(columns)
    ]
    if problems:
        raise IngestError(problems)
    return [dict(zip(columns, fields, strict=True)) for fields in lines[1:]]


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestError(
            _problem(path.name, "text in UTF-8", f"byte {error.start} that is not")
        ) from error


def _header_problem(name: str, header: tuple[str, ...], columns: tuple[str, ...]) -> Problem:
    missing = [column for column in columns if column not in header]
    extra = [column for column in header if column not in columns]
    twice = [column for column, count in Counter(header).items() if count > 1]
    parts = [
        f"{what}: {first_few(names)}"
        for what, names in (("missing", missing), ("unknown", extra), ("twice", twice))
        if names
    ]
    found = "; ".join(parts) or "another order"
    return _problem(f"{name}, header", f"the {len(columns)} known columns", found)


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
