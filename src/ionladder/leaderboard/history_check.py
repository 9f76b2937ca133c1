"""Is every published number that of its last record, and did none change without a new version?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ionladder.core.files import read_json
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.verify import Verified
from ionladder.leaderboard.history import (
    NUMBERS,
    REMOVED,
    Record,
    differing_keys,
    latest,
    standings,
)
from ionladder.leaderboard.history_file import parse_history, read_history
from ionladder.leaderboard.snapshot import snapshot_at, snapshot_of_tree
from ionladder.leaderboard.unversioned import (
    altered_lines,
    table_differs,
    unexplained_records,
    unversioned_changes,
)
from ionladder.specs.params import Params

_RESTORE = "Restore both files from git, or run `ionladder leaderboard {task}`."


def verify_history(layout: Layout, params: Params) -> Verified:
    """Hold every published score to its last record; a step of ``ionladder verify``.

    Raises:
        HistoryError: The history is damaged.
    """
    result = Verified(what="records of scores")
    history = read_history(layout)
    for task in params.task_versions:
        problems = history_problems(layout, history, task)
        result.problems += problems
        on_board = [r for r in latest(history, task).values() if r.event != REMOVED]
        result.n_good += max(len(on_board) - len(problems), 0)
    return result


def history_problems(layout: Layout, history: Sequence[Record], task: str) -> list[Problem]:
    """Compare the last record of every submission with its receipt and its row."""
    now, problems = _published(layout, task)
    last = latest(history, task)
    for name in sorted(now.keys() | last.keys()):
        problem = _record_problem(layout, task, name, last.get(name), now.get(name))
        problems += [problem] if problem else []
    return problems


def problems_since(layout: Layout, tasks: Sequence[str], commit: str) -> list[Problem]:
    """Compare everything published with a former commit.

    Args:
        layout: The repository.
        tasks: Tasks to look at.
        commit: A commit that is here.

    Returns:
        Lines of the history that were changed or lost, and numbers that changed although nothing
        they rest on has a new version.

    Raises:
        HistoryError: A file of either state is damaged.
    """
    folder, shown = layout.relative(layout.leaderboard_dir), layout.relative(layout.history)
    at = commit[:12]
    base, now = snapshot_at(layout, commit), snapshot_of_tree(layout)
    history = parse_history(now.history, shown)
    altered = altered_lines(base.history, now.history, at=at, shown_as=shown)
    problems = list(altered)
    for task in tasks:
        problems += table_differs(now, task=task, folder=folder)
        changed = unversioned_changes(base, now, task=task, at=at, folder=folder)
        problems += changed
        if not altered and not changed:
            n_before = len(base.history.splitlines())
            problems += unexplained_records(history, n_before=n_before, task=task, shown_as=shown)
    return problems


def _published(layout: Layout, task: str) -> tuple[dict[str, Record], list[Problem]]:
    """Records on the board of a task, and rows whose number is not that of their receipt."""
    path = layout.leaderboard_json(task)
    if not path.is_file():
        return {}, []
    board = read_json(path)
    receipts = {p.stem: read_json(p) for p in sorted(layout.receipts_dir(task).glob("*.json"))}
    scored = {name: receipt for name, receipt in receipts.items() if "refused" not in receipt}
    rows = [row for row in board["rows"] if row["submission"] in scored]
    now = standings({**board, "rows": rows}, scored)
    found = [_row_problem(layout, board, row, now[row["submission"]]) for row in rows]
    return now, [problem for problem in found if problem]


def _record_problem(
    layout: Layout, task: str, name: str, record: Record | None, standing: Record | None
) -> Problem | None:
    shown = layout.relative(layout.history)
    next_step = _RESTORE.format(task=task)
    if standing is None:
        if record is None or record.event == REMOVED:
            return None
        return Problem(
            where=f"{shown}, {task}/{name}",
            expected=f"a last record that it was {REMOVED}, as it is not on the board",
            found=f"the event {record.event}",
            next_step=next_step,
        )
    where = layout.relative(layout.receipt(task, name))
    if record is None or record.event == REMOVED:
        return Problem(
            where=where,
            expected=f"a record of this score in {shown}",
            found="none",
            next_step=f"Run `ionladder leaderboard {task}`.",
        )
    keys = differing_keys(record, standing)
    if not keys:
        return None
    return Problem(
        where=where,
        expected=f"{_listed(record, keys)}, as in {shown}",
        found=_listed(standing, keys),
        next_step=next_step,
    )


def _listed(standing: Record, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {getattr(standing, key)}" for key in keys)


def _row_problem(
    layout: Layout, board: Mapping[str, Any], row: Mapping[str, Any], standing: Record
) -> Problem | None:
    metric = board["primary"]["metric"]
    shown = [row[metric], row[f"{metric}_ci_low"], row[f"{metric}_ci_high"]]
    scored = [getattr(standing, key) for key in NUMBERS]
    if shown == scored:
        return None
    return Problem(
        where=f"{layout.relative(layout.leaderboard_json(standing.task))}, {standing.submission}",
        expected=f"{metric} {scored}, as in its receipt",
        found=str(shown),
        next_step=_RESTORE.format(task=standing.task),
    )
