"""How far the reading of an archive has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[int], None]
"""Called with how many more are done."""


@contextmanager
def progress(doing: str, total: int) -> Iterator[Tick]:
    """A bar on a terminal, and nothing where output is piped.

    Args:
        doing: What the bar counts (``BVEL13k: structures``).
        total: How many there are in all.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.advance(task, done)
