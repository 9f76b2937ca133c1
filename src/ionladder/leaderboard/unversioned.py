"""Published numbers that changed although nothing they rest on has a new version.

Two snapshots of ``leaderboard/`` are compared; nothing is read here. A number may change when the
dataset version, labels, split, scorer version or prediction files of its submission changed. Places
on the board, and everything computed over the whole board, may change when that is so for any
submission. A number may be added at any time; one that vanishes has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ionladder.core.problems import Problem, first_few
from ionladder.leaderboard.changes import Cause, publications
from ionladder.leaderboard.history import PLACE, Record
from ionladder.leaderboard.snapshot import Snapshot, TaskFiles, rules
from ionladder.leaderboard.write import to_csv

_NOT_SCORES = {"card", "reported"}
_LISTED = 3
_OF_THE_BOARD = {*PLACE, "probability_best", "reducible_error_closed", "below_floor"}
"""Parts of a row that another submission of the board may move."""

NumberChange = tuple[str, object, object]


def unversioned_changes(
    base: Snapshot, now: Snapshot, *, task: str, at: str, folder: str
) -> list[Problem]:
    """Numbers of one task that differ from those of a base, without a version that explains it.

    Args:
        base: What was published.
        now: What is about to be.
        task: The task.
        at: The base in words, for messages.
        folder: The folder of both, for messages.
    """
    if task not in base.tasks or task not in now.tasks:
        return []
    old, new = base.tasks[task], now.tasks[task]
    changed: dict[str, list[NumberChange]] = {}
    for name in sorted(old.receipts.keys() & new.receipts.keys()):
        if old.identity(name) == new.identity(name):
            found = list(number_changes(old.receipts[name], new.receipts[name]))
            if found:
                changed[f"{folder}/scores/{task}/{name}.json"] = found
    blamed = {path.rpartition("/")[2].removesuffix(".json") for path in changed}
    board = [*_row_changes(old, new, blamed), *_floor_changes(old, new)]
    if board:
        changed[f"{folder}/{task}.json"] = board
    if old.board_identity == new.board_identity and old.analysis and new.analysis and not changed:
        found = list(number_changes(old.analysis, new.analysis))
        if found:
            changed[f"{folder}/analysis/{task}.json"] = found
    return [_letter(path, found, task, at) for path, found in sorted(changed.items())]


def altered_lines(base: bytes, now: bytes, *, at: str, shown_as: str) -> list[Problem]:
    """The first line of a history that no longer stands where it stood; none when all do."""
    old, new = base.splitlines(keepends=True), now.splitlines(keepends=True)
    if new[: len(old)] == old:
        return []
    number = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False), start=1) if a != b),
        len(new) + 1,
    )
    return [
        Problem(
            where=f"{shown_as}, line {number}",
            expected=f"the line published at {at}: a history is only ever lengthened",
            found="another line" if number <= len(new) else f"the end, {len(old)} lines expected",
            next_step="Restore the file from that commit, then run `ionladder leaderboard`.",
        )
    ]


def unexplained_records(
    records: list[Record], *, n_before: int, task: str, shown_as: str
) -> list[Problem]:
    """Records added after the first ``n_before`` that say themselves that nothing explains them."""
    fresh = {id(record): n for n, record in enumerate(records[n_before:], start=n_before + 1)}
    return [
        Problem(
            where=f"{shown_as}, line {fresh[id(change.after)]}: {task}/{change.after.submission}",
            expected="a new dataset version, scorer version or prediction file",
            found="another score or place with all of them as before",
            next_step=_next_step(task),
        )
        for publication in publications(records)
        for change in publication.changes
        if publication.task == task
        and id(change.after) in fresh
        and Cause.UNEXPLAINED in change.causes
    ]


def table_differs(now: Snapshot, *, task: str, folder: str) -> list[Problem]:
    """Whether the flat table of a task is not that of its board."""
    files = now.tasks.get(task)
    if files is None or files.board is None or files.csv is None:
        return []
    if files.csv == to_csv(files.board["rows"]):
        return []
    return [
        Problem(
            where=f"{folder}/{task}.csv",
            expected=f"the rows of {folder}/{task}.json",
            found="other rows",
            next_step=f"Restore both from git, or run `ionladder leaderboard {task}`.",
        )
    ]


def number_changes(old: object, new: object, path: str = "") -> Iterator[NumberChange]:
    """Numbers of a JSON value that are another in a second one, or that are gone from it.

    Args:
        old: A JSON value.
        new: Its later form; a value that does not exist is None, as an undefined number is.
        path: How to call the place.

    Example:
        >>> list(number_changes({"mae": 1.5, "n": 3}, {"mae": 1.6, "n": 3, "rmse": 2.0}))
        [('mae', 1.5, 1.6)]
    """
    if isinstance(old, Mapping):
        later = new if isinstance(new, Mapping) else {}
        for key, value in old.items():
            yield from number_changes(value, later.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list):
        later_items = new if isinstance(new, list) else []
        for n, value in enumerate(old):
            item = later_items[n] if n < len(later_items) else None
            yield from number_changes(value, item, f"{path}[{n}]")
    elif old != new and (_is_number(old) or (old is None and _is_number(new))):
        yield path, old, new


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _row_changes(old: TaskFiles, new: TaskFiles, blamed: set[str]) -> Iterator[NumberChange]:
    """Numbers of rows whose submission rests on the same; places when the whole board does."""
    is_same_board = old.board_identity == new.board_identity
    before, after = _rows(old), _rows(new)
    for name in sorted(before.keys() & after.keys() - blamed):
        identity = old.identity(name)
        if identity is None or identity != new.identity(name):
            continue
        left_out = _NOT_SCORES if is_same_board and not blamed else _NOT_SCORES | _OF_THE_BOARD
        row = {key: value for key, value in before[name].items() if key not in left_out}
        yield from number_changes(row, after[name], name)


def _floor_changes(old: TaskFiles, new: TaskFiles) -> Iterator[NumberChange]:
    """Floors rest on the dataset and the scorer only."""
    if old.board is None or new.board is None or rules(old.board) != rules(new.board):
        return
    before, after = (
        {floor["name"]: floor for floor in board["floors"]} for board in (old.board, new.board)
    )
    yield from number_changes(before, after, "floors")


def _rows(files: TaskFiles) -> dict[str, Mapping[str, Any]]:
    rows = (files.board or {}).get("rows", ())
    return {row["submission"]: row for row in rows if row["submission"]}


def _letter(path: str, found: list[NumberChange], task: str, at: str) -> Problem:
    shown = first_few((f"{name} {_text(new)}" for name, _, new in found), limit=_LISTED)
    was = first_few((_text(old) for _, old, _ in found), limit=_LISTED)
    return Problem(
        where=path,
        expected=f"the numbers published at {at} ({was}), since data, scorer and predictions have "
        "no new version",
        found=shown,
        next_step=_next_step(task),
    )


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _next_step(task: str) -> str:
    return (
        "Restore the published file if it was edited by hand. If the way of scoring changed, raise "
        "SCORER_VERSION in src/ionladder/scoring/version.py; if data changed, make it a new "
        f"dataset version. Then run `ionladder leaderboard {task}`."
    )
