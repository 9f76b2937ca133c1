"""The board target by target: what the mean that ranks is the mean of."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.site.board import Board, Row
from ionladder.site.tables import Cell, TableRow, value_cell
from ionladder.specs.task import Target


@dataclass(frozen=True, kw_only=True)
class TargetTable:
    """One column a target, beside the primary value; rows as on the board itself."""

    targets: tuple[Target, ...]
    rows: tuple[tuple[TableRow, tuple[Cell, ...]], ...]


def target_table(board: Board, ranked: tuple[TableRow, ...]) -> TargetTable | None:
    """The table of a task with several targets; None when there is nothing to take apart.

    Args:
        board: The board.
        ranked: Rows of its table of the ranked subset, in reading order.
    """
    targets = board.task.targets
    if len(targets) < 2 or not any(row.targets for row in board.scored):
        return None
    by_name = {row.submission: row for row in board.scored}
    best = {target.name: _best(board, target) for target in targets}
    return TargetTable(
        targets=targets,
        rows=tuple((row, _cells(by_name[row.name], board, best)) for row in ranked),
    )


def _cells(row: Row, board: Board, best: dict[str, float | None]) -> tuple[Cell, ...]:
    metric = board.task.primary.metric
    cells = []
    for target in board.task.targets:
        value = row.target_value(target.name, metric)
        is_best = row.kind == "verified" and value.value is not None
        cells.append(value_cell(value, is_best=is_best and value.value == best[target.name]))
    return tuple(cells)


def _best(board: Board, target: Target) -> float | None:
    """The best value among verified rows; None while there are fewer than two."""
    metric = board.task.primary.metric
    rows = board.of_kind("verified")
    values = [v for r in rows if (v := r.target_value(target.name, metric).value) is not None]
    if len(values) < 2:
        return None
    return min(values) if board.smaller_is_better else max(values)
