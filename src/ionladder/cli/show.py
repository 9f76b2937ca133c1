"""Tables for people: drawn by rich on a terminal, plain aligned text where output is piped."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table as text.

    Attributes:
        title: Printed above it.
        header: Column heads.
        rows: Cells, as many in each row as there are heads.
        numbers_from: First column that is set flush right.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers_from: int = 1


def show(grid: Grid) -> None:
    """Print a table: boxes and colours for a person at a terminal, plain lines for a program."""
    if not sys.stdout.isatty():
        print(as_text(grid))
        return
    from rich.console import Console

    Console().print(_as_rich(grid))


def as_text(grid: Grid) -> str:
    """The table as lines, columns two blanks apart and never cut.

    Example:
        >>> print(as_text(Grid(title="Errors", header=["", "all"], rows=[["MAE", "1.5"]])))
        Errors
             all
        MAE  1.5
    """
    lines = [list(grid.header), *(list(row) for row in grid.rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(grid.header))]
    text = [
        "  ".join(
            cell.rjust(width) if place >= grid.numbers_from else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([grid.title, *text])


def plain(text: str) -> str:
    """Contributed text on one line, without control characters.

    Example:
        >>> plain("a\\x1b[31mb")
        'a[31mb'
    """
    return "".join(character for character in text if character.isprintable())


def _as_rich(grid: Grid) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(grid.title), title_justify="left")
    for place, head in enumerate(grid.header):
        is_number = place >= grid.numbers_from
        table.add_column(
            Text(head), justify="right" if is_number else "left", no_wrap=place == 0 or is_number
        )
    for row in grid.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
