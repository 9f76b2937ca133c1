"""The index of a LiTraj archive: a CSV whose columns are known by name, in whatever order."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few

Row = dict[str, str]
_NEXT_STEP = "Compare the file with its upstream copy."


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index as text.

    Attributes:
        rows: Column → text, of every row in file order; optional columns may be absent.
        unknown: Columns that nobody asked for.
    """

    rows: tuple[Row, ...]
    unknown: tuple[str, ...]

    @property
    def columns(self) -> frozenset[str]:
        """Columns that were asked for and are there."""
        return frozenset(self.rows[0]) if self.rows else frozenset()


def read_index(
    data: bytes, *, required: Sequence[str], optional: Sequence[str] = (), where: str
) -> Index:
    """Read an index.

    Args:
        data: The file.
        required: Columns that it must have.
        optional: Columns that it may have.
        where: Its name, for letters.

    Raises:
        IngestError: Not UTF-8, no CSV, a column that is missing or there twice, or rows of another
            length; all listed.

    Example:
        >>> read_index(b"em,material_id\\n0.4,mp-1\\n", required=["material_id", "em"],
        ...            where="index").rows
        ({'material_id': 'mp-1', 'em': '0.4'},)
    """
    lines = _lines(data, where)
    header = lines[0] if lines else []
    problems = [
        _problem(f"{where}, header", f"one column {name}", f"only {first_few(header, limit=20)}")
        for name in required
        if name not in header
    ]
    problems += [
        _problem(f"{where}, header", "each column once", f"{name} {count} times")
        for name, count in Counter(header).items()
        if count > 1
    ]
    short = [i for i, fields in enumerate(lines[1:], start=2) if len(fields) != len(header)]
    if short:
        found = f"another number in {len(short)} rows (row {first_few(short)})"
        problems.append(_problem(where, f"{len(header)} fields in every row", found))
    if problems:
        raise IngestError(problems)
    wanted = [name for name in (*required, *optional) if name in header]
    places = [header.index(name) for name in wanted]
    rows = tuple(
        {name: fields[place] for name, place in zip(wanted, places, strict=True)}
        for fields in lines[1:]
    )
    return Index(rows=rows, unknown=tuple(name for name in header if name not in wanted))


def _lines(data: bytes, where: str) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise IngestError(_problem(where, "CSV in UTF-8", str(error))) from error


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
