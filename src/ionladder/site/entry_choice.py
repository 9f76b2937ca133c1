"""Which entries of a task are listed, and which have a page of their own: a bounded number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ionladder.site.links import entry_url, relative
from ionladder.specs.task import Task

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable

LARGEST_WHOLE = 500
"""Tasks with more entries than this list some of them: the hardest."""
SHOWN_OF_MANY = 200
_SAFE_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


class EntryChoice:
    """The choice for one task.

    Args:
        task: The task.
        table: Its entries.

    Attributes:
        is_whole: Whether all entries are listed.
        is_hardest: Whether those listed of many are the hardest; without a verified submission
            nobody can say which these are, and the first ones by id are listed.
        places: Positions in the table of the entries that are listed: all of them in the order of
            the table, or the hardest, hardest first.
        paged: Ids of the entries that have pages. Entries that folds score have none, and neither
            has one whose id is no safe name of a folder.
    """

    def __init__(self, task: Task, table: EntryTable) -> None:
        self._task = task.name
        n = len(table.ids)
        self.is_whole = n <= LARGEST_WHOLE
        order = table.hardest(n)
        self.is_hardest = bool(order)
        self._rank = {place: rank for rank, place in enumerate(order, start=1)}
        self.places: list[int] = (
            list(range(n)) if self.is_whole else (order or list(range(n)))[:SHOWN_OF_MANY]
        )
        listed = [table.ids[place] for place in self.places]
        self.paged: frozenset[str] = frozenset(
            entry for entry in listed if task.scored_folds is None and _SAFE_ID.fullmatch(entry)
        )

    def rank(self, place: int) -> int | None:
        """How hard an entry is, 1 for the hardest; None without a score."""
        return self._rank.get(place)

    def href(self, here: str, entry: str) -> str | None:
        """The way to the page of an entry, if it has one."""
        return relative(here, entry_url(self._task, entry)) if entry in self.paged else None
