"""The board as tables: one per subset, cells with their text and exact sort value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from ionladder.site.board import Board, Row, Value
from ionladder.site.charts.whisker import backdrop, whisker, whisker_axis, whisker_scale
from ionladder.site.columns import (
    Column,
    ColumnGroup,
    metric_groups,
    model_groups,
    standing_group,
)
from ionladder.site.links import relative, submission_url
from ionladder.site.text import (
    change_of,
    count,
    duration,
    exact,
    fine_digits,
    inert,
    interval,
    number,
    percent,
    plain,
    ranks,
)
from ionladder.site.wording import INPUTS, KIND_MEANING, UNCERTAINTY, yes_no
from ionladder.specs.metric import Metric
from ionladder.specs.task import Subset

_LONGEST = 60
NOT_APPLICABLE = "not applicable"
NOT_STATED_HINT = "not stated by the submission"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands in a cell, what it sorts by, and what hovering says.

    ``shade`` is the CSS class of its background in a heat map.
    """

    text: str
    sort: str = ""
    hint: str = ""
    detail: str = ""
    is_best: bool = False
    shade: str = ""


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row, ready for the template."""

    order: int
    kind: str
    kind_hint: str
    inputs: str
    external: str
    seeds: str
    model: Markup
    href: str
    name: str
    is_below_floor: bool
    search: str
    ranks: str
    tie_group: int | None
    starts_group: bool
    primary: Cell
    whisker: Markup
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class BoardTable:
    """The table of one subset."""

    subset: Subset
    n: int | None
    is_ranked: bool
    groups: tuple[ColumnGroup, ...]
    axis: Markup
    rows: tuple[TableRow, ...]

    @property
    def columns(self) -> tuple[tuple[str, Column], ...]:
        """Group key and column, from left to right, as the cells of a row stand."""
        return tuple((group.key, column) for group in self.groups for column in group.columns)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Classes of CSS of each column's cells: what it holds, and where a group begins."""
        return tuple(
            f"il-{column.kind}" + ("" if place else " il-first")
            for group in self.groups
            for place, column in enumerate(group.columns)
        )


def board_tables(board: Board, metrics: dict[str, Metric], here: str) -> tuple[BoardTable, ...]:
    """One table per subset, the ranked one with everything else a reader asks about a model."""
    groups = metric_groups(board, metrics)
    baseline = board.baseline
    limit = board.primary(baseline).value if baseline else None
    floor = [board.floor.value] if board.floor else []
    scale = whisker_scale([*board.drawn_values, *floor], baseline=limit)
    tables = []
    for subset in board.task.subsets:
        is_ranked = subset.name == board.task.primary.subset
        shown = (standing_group(board), *groups, *model_groups(board)) if is_ranked else groups
        line = board.primary(baseline, subset.name).value if baseline else None
        behind = backdrop(scale, board.floor, line)
        ordered = board.scored if is_ranked else _ordered(board, subset)
        best = {g.key: _best(board, subset, g) for g in groups}
        rows: list[TableRow] = []
        for row in ordered:
            drawn = whisker(board.primary(row, subset.name), row.kind, scale, behind=behind)
            cells = [c for g in groups for c in _metric_cells(row, subset, g, best[g.key])]
            if is_ranked:
                cells = [*_standing_cells(row, board), *cells, *_model_cells(row, board)]
            group = next((r.tie_group for r in reversed(rows) if r.kind == "verified"), None)
            rows.append(_table_row(row, board, subset, here, drawn, tuple(cells), group))
        tables.append(
            BoardTable(
                subset=subset,
                n=next((n for r in ordered if (n := r.sizes.get(subset.name)) is not None), None),
                is_ranked=is_ranked,
                groups=shown,
                axis=whisker_axis(scale),
                rows=tuple(rows),
            )
        )
    return tuple(tables)


def _ordered(board: Board, subset: Subset) -> list[Row]:
    """Rows by the primary metric on a subset; those without a value last."""
    sign = 1.0 if board.smaller_is_better else -1.0

    def key(row: Row) -> tuple[bool, float, int]:
        value = board.primary(row, subset.name).value
        return value is None, sign * (value or 0.0), row.order

    return sorted(board.scored, key=key)


def _table_row(
    row: Row,
    board: Board,
    subset: Subset,
    here: str,
    drawn: Markup,
    cells: tuple[Cell, ...],
    group_above: int | None,
) -> TableRow:
    authors = [plain(name) for name in row.card.get("authors") or []]
    is_new = row.tie_group is not None and group_above not in {None, row.tie_group}
    return TableRow(
        order=row.order,
        kind=row.kind,
        kind_hint=KIND_MEANING[row.kind],
        inputs=str(row.card.get("inputs") or ""),
        external=yes_no(row.card.get("uses_external_data")) or "not stated",
        seeds=_seeds(row.n_seeds),
        model=inert(row.model, limit=80),
        href=relative(here, submission_url(board.task.name, row.submission or "")),
        name=row.submission or "",
        is_below_floor=row.is_below_floor and subset.name == board.task.primary.subset,
        search=" ".join([row.submission or "", plain(row.model), *authors]).lower(),
        ranks=ranks(row.rank_low, row.rank_high),
        tie_group=row.tie_group,
        starts_group=is_new,
        primary=value_cell(board.primary(row, subset.name)),
        whisker=drawn,
        cells=cells,
    )


def _seeds(number: int | None) -> str:
    """Whether a row rests on several trainings, for the filter; empty where nobody knows."""
    if number is None:
        return ""
    return "one" if number == 1 else "several"


def value_cell(value: Value, *, is_best: bool = False) -> Cell:
    """A metric's cell: the number, its interval beneath, all digits on hover."""
    if value.value is None:
        return Cell(text="–", hint=NOT_APPLICABLE)
    return Cell(
        text=number(value.value),
        sort=exact(value.value),
        hint=f"{value.value:.6g}",
        detail=interval(value.low, value.high),
        is_best=is_best,
    )


def signed_cell(value: Value, *, digits: int = 2) -> Cell:
    """A difference with its sign, and its interval beneath."""
    if value.value is None:
        return value_cell(value)
    ends = " to ".join(change_of(end, digits=digits) for end in (value.low, value.high))
    return Cell(
        text=change_of(value.value, digits=digits),
        sort=exact(value.value),
        hint=f"{value.value:.6g}",
        detail="" if value.low is None else ends,
    )


def spread_cell(value: float | None) -> Cell:
    """A standard deviation's cell, with a decimal more where it is small."""
    cell = value_cell(Value(value))
    return cell if value is None else replace(cell, text=number(value, digits=fine_digits(value)))


def _standing_cells(row: Row, board: Board) -> list[Cell]:
    share, closed = row.probability_best, row.reducible_error_closed
    best = Cell(
        text=percent(share),
        sort="" if share is None else exact(share),
        hint="references are not ranked" if share is None else f"{share:.4f} of the resamples",
    )
    reducible = Cell(
        text="–" if closed is None else f"{number(100 * closed, digits=0)} %",
        sort="" if closed is None else exact(closed),
        hint=NOT_APPLICABLE if closed is None else f"{closed:.6g}",
    )
    return [best, reducible] if board.floor else [best]


def _metric_cells(
    row: Row, subset: Subset, group: ColumnGroup, best: dict[str, float]
) -> list[Cell]:
    cells = []
    for column in group.columns:
        value = row.value(column.key, subset.name)
        is_best = row.kind == "verified" and value.value == best.get(column.key)
        shown = Value(value.value)
        cells.append(value_cell(shown, is_best=is_best and value.value is not None))
    return cells


def _best(board: Board, subset: Subset, group: ColumnGroup) -> dict[str, float]:
    """Column → best value among verified rows; empty while there are fewer than two."""
    ranked = board.of_kind("verified")
    if len(ranked) < 2:
        return {}
    best = {}
    for column in group.columns:
        values = [v for r in ranked if (v := r.value(column.key, subset.name).value) is not None]
        if values and column.direction:
            best[column.key] = min(values) if column.direction == "↓" else max(values)
    return best


def _model_cells(row: Row, board: Board) -> list[Cell]:
    card = row.card
    cells = [
        Cell(text=count(row.n_seeds), sort=str(row.n_seeds or "")),
        spread_cell(row.seed_sd),
        *(value_cell(Value(row.cv.get(cv.scheme))) for cv in board.task.cross_validation),
    ]
    if board.states_uncertainty:
        cells += [value_cell(Value(row.uncertainty.get(name))) for name in UNCERTAINTY]
    inputs = card.get("inputs")
    cells += [
        _stated(INPUTS.get(str(inputs), str(inputs)) if inputs else None),
        _stated(card.get("training_data")),
        _stated(yes_no(card.get("uses_external_data"))),
    ]
    parameters, seconds = card.get("parameters"), card.get("training_time_s")
    cells.append(_stated(None if parameters is None else count(parameters), sort=parameters))
    cells.append(_stated(None if seconds is None else duration(seconds), sort=seconds))
    cells.append(_stated(", ".join(card.get("authors") or []) or None))
    return cells


def _stated(text: str | None, *, sort: float | None = None) -> Cell:
    if text is None:
        return Cell(text="–", hint=NOT_STATED_HINT)
    shown = inert(text, limit=_LONGEST)
    full = plain(text)
    return Cell(
        text=shown,
        sort=plain(text, limit=_LONGEST).lower() if sort is None else repr(sort),
        hint=inert(full) if len(full) > _LONGEST else "",
    )
