"""One bad submission: how to make it, and the error it must get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tiny

LINES = tiny.predictions().to_csv(index=False).splitlines()
MOST_MB, MOST_SECONDS = 1000, 10
HEADER, ROWS = LINES[0], LINES[1:]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A submission that somebody might send.

    Attributes:
        name: What is wrong with it.
        error: Part of the error it gets; None where it is valid and has to be scored.
        make: Makes the folder; may raise PermissionError where the system does not allow it.
        folder: Name of the folder.
    """

    name: str
    error: str | None
    make: Callable[[Path], object]
    folder: str = "bad"


def csv_case(name: str, error: str | None, data: bytes | str) -> Case:
    """A good card with these bytes as ``predictions.csv``."""
    return _with_file("predictions.csv", name, error, data)


def card_case(name: str, error: str | None, data: bytes | str) -> Case:
    """Good predictions with these bytes as ``submission.yaml``."""
    return _with_file("submission.yaml", name, error, data)


def _with_file(file: str, name: str, error: str | None, data: bytes | str) -> Case:
    content = data.encode() if isinstance(data, str) else data

    def make(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / file).write_bytes(content)

    return Case(name=name, error=error, make=make)


def with_row(identifier: str, row: str) -> str:
    """The good table with one row replaced."""
    rows = [row if line.startswith(f"{identifier},") else line for line in ROWS]
    return "\n".join([HEADER, *rows]) + "\n"


def with_value(value: str) -> str:
    """The good table with another prediction for ``7cr``."""
    return with_row("7cr", f"7cr,{value}")


def with_rows(*rows: str) -> str:
    """The good table with more rows."""
    return "\n".join([*LINES, *rows]) + "\n"
