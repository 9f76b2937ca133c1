"""Predictions that come one target at a time, put side by side by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ionladder.core.problems import first_few
from ionladder.interchange.packed import refusal
from ionladder.specs.task import Task


@dataclass(frozen=True, kw_only=True)
class Column:
    """One prediction of one target.

    Attributes:
        id: Entry id.
        fold: Fold that it stood in; 0 where there are none.
        cells: Column name → cell: the target and, where stated, its standard deviation.
    """

    id: str
    fold: int = 0
    cells: Mapping[str, str]


def merge_targets(
    parts: Mapping[str, Sequence[Column]], task: Task, *, where: str, is_folded: bool = False
) -> dict[str, list[str]]:
    """Put the targets of a task side by side, in the order of the first one.

    Args:
        parts: Target → its predictions; nothing gives nothing.
        task: The task; all its targets must be there.
        where: File and part, for messages.
        is_folded: Whether an entry is told by id and fold, and a column ``fold`` is wanted.

    Returns:
        Column → cells. Repeated ids are kept, for the checks of submissions to name, where there
        is one target only.

    Raises:
        InterchangeError: A target is missing, or targets are given for different entries.
    """
    if not parts:
        return {}
    absent = [target.name for target in task.targets if target.name not in parts]
    if absent:
        expected = f"predictions of {', '.join(target.name for target in task.targets)}"
        step = "Give a file (or a task of the file) for each target."
        raise refusal(where, expected, f"none of {', '.join(absent)}", step)
    first, *others = (parts[target.name] for target in task.targets)
    rows: list[dict[str, str]] = [
        {"id": item.id, "fold": str(item.fold), **item.cells} for item in first
    ]
    for target, other in zip(task.targets[1:], others, strict=True):
        by_key = {(item.id, item.fold): item.cells for item in other}
        keys = [(item.id, item.fold) for item in first]
        differing = sorted({key[0] for key in by_key.keys() ^ set(keys)})
        if differing or len(by_key) != len(other) or len(set(keys)) != len(keys):
            found = first_few(differing) if differing else "repeated ids"
            expected = f"{target.name} for the same entries as {task.targets[0].name}, each once"
            raise refusal(where, expected, f"a difference in {found}", "Predict all for each id.")
        for row, key in zip(rows, keys, strict=True):
            row.update(by_key[key])
    return _as_columns(rows, task, where, is_folded=is_folded)


def _as_columns(
    rows: Sequence[Mapping[str, str]], task: Task, where: str, *, is_folded: bool
) -> dict[str, list[str]]:
    names = ["id", *(["fold"] if is_folded else [])]
    for target in task.targets:
        std = f"{target.name}_std"
        stated = sum(std in row for row in rows)
        if 0 < stated < len(rows):
            found = f"{stated} of {len(rows)}"
            step = "State one for every entry, or for none."
            raise refusal(where, f"a standard deviation of {target.name} each", found, step)
        names += [target.name, *([std] if stated else [])]
    return {name: [row[name] for row in rows] for name in names}
