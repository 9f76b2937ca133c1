"""How far a long job has come: a bar for a person at a terminal, nothing where output is piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import ExitStack
from typing import TypeVar

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
