"""What the commands share: the repository, progress and printing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ionladder.config import Params
from ionladder.errors import ConfigError
from ionladder.repo import Layout, find_layout
from ionladder.specs import Task

if TYPE_CHECKING:
    from rich.table import Table


# What several commands need first: the repository, its parameters, and a task by path or name


@dataclass(frozen=True, kw_only=True)
class Context:
    """The repository a command works in."""

    layout: Layout
    params: Params

    def version_of(self, task: Task, wanted: str | None = None) -> str:
        """The dataset version a task is scored on, or the wanted one if it is pinned."""
        from ionladder.config import require_scored

        require_scored(self.layout, self.params, task.name)
        version = wanted or self.params.task_versions.get(task.name)
        if version is not None and self.params.find(task.dataset, version) is not None:
            return version
        pinned = [v.version for v in self.params.versions.values() if v.dataset == task.dataset]
        raise ConfigError(
            f"params.yaml, task {task.name}",
            f"a pinned version of {task.dataset} ({', '.join(pinned) or 'none yet'})",
            version or "none",
            "Name one of the pinned versions, or pin the new one under `datasets`.",
        )


def load_context() -> Context:
    """Find the repository and read its ``params.yaml``."""
    from ionladder.config import load_params

    layout = find_layout()
    return Context(layout=layout, params=load_params(layout))


def task_of(path: Path, name: str | None) -> Task:
    """The task a submission folder belongs to: as named, else its parent folder's name.

    Raises:
        ConfigError: There is no such task.
    """
    from ionladder.data.registry import get_task

    return get_task(name or path.resolve().parent.name)


# Names that a shell completes: looked up in the specs alone, since every press of Tab waits


def task_names(incomplete: str) -> list[str]:
    """Tasks whose names begin with what is typed."""
    from ionladder.data.registry import all_tasks

    return [name for name in all_tasks() if name.startswith(incomplete)]


# How far a long job has come: a bar for a person at a terminal, nothing where output is piped


PATIENCE_S = 0.5
"""A job that ends sooner shows no bar: it would only flash."""

Item = TypeVar("Item")


def following(items: Iterable[Item], doing: str, *, total: int | None = None) -> Iterator[Item]:
    """Hand out items one by one, with a bar on the standard error stream while it takes long.

    Args:
        items: What the job works through.
        doing: What is done with them, such as ``Scoring the board``.
        total: How many there are, where the items do not know.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    if total is None and isinstance(items, Sized):
        total = len(items)
    begin = time.monotonic()
    with ExitStack() as stack:
        bar = None
        for done, item in enumerate(items):
            if bar is None and time.monotonic() - begin >= PATIENCE_S:
                from rich.console import Console
                from rich.progress import Progress

                bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
                task = bar.add_task(doing, total=total)
            if bar is not None:
                bar.update(task, completed=done)
            yield item


# Tables for people: drawn by rich on a terminal, plain aligned text where output is piped


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
