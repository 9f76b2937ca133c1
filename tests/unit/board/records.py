"""Records that never were, for tests of the history."""

from typing import Any

import tiny
from ionladder.board.history import Record

FIRST = tiny.made("record", Record)


def standing(name: str = "good", **changed: Any) -> Record:
    """What a board says of a submission, not yet published."""
    return FIRST._replace(submission=name, published=0, publication=0, commit=None, **changed)


def board_of(*standings: Record) -> dict[str, Record]:
    """Standings by submission."""
    return {each.submission: each for each in standings}
