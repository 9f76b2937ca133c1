"""The board target by target: what the score that ranks is the mean of, or stands beside."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.site.board import Board, Row
from ionladder.site.columns import Column, metric_column
from ionladder.site.tables import Cell, TableRow, value_cell
from ionladder.specs.metric import Metric
from ionladder.specs.task import MEAN_OF_TARGETS, MetricUse, Target


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """A target and its columns: the metric that ranks, then those of some targets only."""

    target: Target
    uses: tuple[MetricUse, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, kw_only=True)
class TargetTable:
    """Columns target by target, beside the primary value; rows as on the board itself.

    Attributes:
        groups: Targets with their columns. A target that the board ranks by alone is not among
            them: its scores are the board.
        rows: Rows of the board with one cell a column.
        is_mean: Whether the board ranks by the mean over targets.
    """

    groups: tuple[TargetGroup, ...]
    rows: tuple[tuple[TableRow, tuple[tuple[Cell, bool], ...]], ...]
    is_mean: bool

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets shown."""
        return tuple(group.target for group in self.groups)

    @property
    def is_grouped(self) -> bool:
        """Whether any target has more than one column, so that they need headings of their own."""
        return any(len(group.columns) > 1 for group in self.groups)


def target_table(
    board: Board, ranked: tuple[TableRow, ...], metrics: dict[str, Metric]
) -> TargetTable | None:
    """The table of a task with several targets; None when there is nothing to take apart.

    Args:
        board: The board.
        ranked: Rows of its table of the ranked subset, in reading order.
        metrics: The registered metrics, by name.
    """
    task = board.task
    if len(task.targets) < 2 or not any(row.targets for row in board.scored):
        return None
    is_mean = task.primary.target == MEAN_OF_TARGETS
    shown = [target for target in task.targets if is_mean or target.name != task.primary.target]
    groups = [group for target in shown if (group := _group(board, target, metrics)) is not None]
    if not groups:
        return None
    by_name = {row.submission: row for row in board.scored}
    best = {
        (group.target.name, use.name): _best(board, group.target, use, column)
        for group in groups
        for use, column in zip(group.uses, group.columns, strict=True)
    }
    return TargetTable(
        groups=tuple(groups),
        rows=tuple((row, _cells(by_name[row.name], groups, best)) for row in ranked),
        is_mean=is_mean,
    )


def _group(board: Board, target: Target, metrics: dict[str, Metric]) -> TargetGroup | None:
    """Columns of a target that hold any number; None where there is none."""
    primary = board.task.primary_use
    own = [use for use in board.task.metrics if target.name in use.targets and use != primary]
    uses = [
        use
        for use in (primary, *own)
        if any(row.target_value(target.name, use.name).value is not None for row in board.scored)
    ]
    if not uses:
        return None
    return TargetGroup(
        target=target,
        uses=tuple(uses),
        columns=tuple(metric_column(use, board, metrics, target=target) for use in uses),
    )


def _cells(
    row: Row, groups: list[TargetGroup], best: dict[tuple[str, str], float | None]
) -> tuple[tuple[Cell, bool], ...]:
    """One cell a column, and whether it is the first of its target."""
    cells = []
    for group in groups:
        for position, use in enumerate(group.uses):
            value = row.target_value(group.target.name, use.name)
            is_best = row.kind == "verified" and value.value is not None
            is_best = is_best and value.value == best[group.target.name, use.name]
            cells.append((value_cell(value, is_best=is_best), position == 0))
    return tuple(cells)


def _best(board: Board, target: Target, use: MetricUse, column: Column) -> float | None:
    """The best value among verified rows; None while there are fewer than two."""
    rows = board.of_kind("verified")
    values = [v for r in rows if (v := r.target_value(target.name, use.name).value) is not None]
    if len(values) < 2 or not column.direction:
        return None
    return min(values) if column.direction == "↓" else max(values)
