"""The submissions that a pull request touches, and what the main branch has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ionladder.pullrequests.changes import Change
from ionladder.submissions.metadata import CARD_FILE

ROOT = "submissions"
DEPTH = 4
"""Parts of the path of a submission's file: submissions / task / name / file."""

TABLES = tuple(
    f"{stem}{suffix}"
    for stem in ("predictions", "cv_predictions")
    for suffix in (".csv", ".parquet")
)
ARRAYS = ("predictions.extxyz", "offset_predictions.parquet")
"""Further files of tasks that predict arrays; what else a task refuses, its own check says."""
ALLOWED = (CARD_FILE, *TABLES, *ARRAYS)
README = "README.md"
"""Free text that only a person can judge: accepted in a folder, but never without a look."""

_LONGEST_SHOWN = 120


@dataclass(frozen=True, kw_only=True)
class Board:
    """What a guard knows of the main branch.

    Attributes:
        names: Task → names of the submissions it has, before the pull request or now.
        reserved: Task → names that the task keeps for its references.
    """

    names: Mapping[str, frozenset[str]]
    reserved: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """One submission that a pull request adds or changes.

    Attributes:
        task: Its task.
        name: Its name.
        is_new: Whether the main branch has no submission of this name.
        changes: The changes below it.
    """

    task: str
    name: str
    is_new: bool
    changes: tuple[Change, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.task}/{self.name}"


def group_folders(changes: Sequence[Change], board: Board) -> list[Folder]:
    """The submissions that changes touch: those in the right place, below a known task."""
    grouped: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        parts = change.path.split("/")
        if parts[0] == ROOT and len(parts) == DEPTH and parts[1] in board.names:
            grouped.setdefault((parts[1], parts[2]), []).append(change)
    return [
        Folder(task=task, name=name, is_new=name not in board.names[task], changes=tuple(items))
        for (task, name), items in grouped.items()
    ]


def shown(path: str) -> str:
    """A path as a letter prints it: anything but plain ASCII is escaped, so nothing can hide.

    Example:
        >>> shown("submissions/obelix/a"), shown("submissions/\\u0430")
        ('submissions/obelix/a', "'submissions/\\\\u0430'")
    """
    text = path if path.isascii() and path.isprintable() else ascii(path)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
