"""Tables of boards: cells, shades and columns, and the tables of subsets, targets and siblings."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from posixpath import commonprefix
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup, escape

from ionladder.board.model import Board, Row, Value
from ionladder.metrics import all_metrics
from ionladder.site import charts
from ionladder.site import text as txt
from ionladder.site.charts import spark
from ionladder.site.context import Site, TaskSite
from ionladder.specs import MEAN_OF_TARGETS, MetricUse, Subset, Target, Task

if TYPE_CHECKING:
    from ionladder.entries import EntryTable

_LONGEST = 60
_READ = re.compile(r"[+±−]?\d[\d\u202f]*(?:\.\d+)?")
"""Numbers that the script which sorts reads from the text."""


# Cells: what stands in them, what they sort by, and their HTML


@dataclass(frozen=True)
class TableCell:
    """What stands in a cell, what it sorts by, and what stands beneath.

    ``shade`` is the CSS class of its background in a heat map.
    """

    text: str
    sort: str = ""
    detail: str = ""
    is_best: bool = False
    shade: str = ""


def number_cell(value: float | None, *, detail: str = "", is_best: bool = False) -> TableCell:
    """A number; a dash for none."""
    if value is None or math.isnan(value):
        return TableCell("–")
    return TableCell(txt.number(value), txt.exact(float(value)), detail, is_best)


def value_cell(value: Value, *, is_best: bool = False) -> TableCell:
    """A score: the number, its interval beneath."""
    return number_cell(value.value, detail=txt.interval(value.low, value.high), is_best=is_best)


def signed_cell(value: Value, *, digits: int = 2) -> TableCell:
    """A difference with its sign, and its interval beneath."""
    if value.value is None:
        return value_cell(value)
    ends = " to ".join(txt.change_of(end, digits=digits) for end in (value.low, value.high))
    detail = "" if value.low is None else ends
    return replace(value_cell(value), text=txt.change_of(value.value, digits=digits), detail=detail)


def difference_cell(value: float | None) -> TableCell:
    """A difference with its sign, without an interval."""
    if value is None or math.isnan(value):
        return TableCell("–")
    return TableCell(txt.change_of(value), txt.exact(float(value)))


def spread_cell(value: float | None) -> TableCell:
    """A standard deviation's cell, with a decimal more where it is small."""
    cell = value_cell(Value(value))
    return (
        cell
        if value is None
        else replace(cell, text=txt.number(value, digits=txt.fine_digits(value)))
    )


def stated_cell(text: str | None, *, sort: float | None = None) -> TableCell:
    """What a submission states of itself, cut where it is long; a number sorts by its value."""
    if text is None:
        return TableCell("–")
    key = txt.plain(text, limit=_LONGEST).lower() if sort is None else repr(sort)
    return TableCell(txt.inert(text, limit=_LONGEST), key)


def label_cell(value: float, limit: float | None) -> TableCell:
    """A label; a limit is shown as a limit, and sorts by what it is scored at."""
    if limit is None:
        return number_cell(value)
    return TableCell(txt.limit(limit, value), txt.exact(value))


def error_cell(table: EntryTable, place: int, row: int | None = None) -> TableCell:
    """The error of a submission on an entry, beneath it that above a limit; or the typical ones."""
    error = table.typical_error[place] if row is None else table.errors[row, place]
    above = table.typical_above[place] if row is None else table.above[row, place]
    detail = "" if math.isnan(above) else f"above the limit: {txt.number(float(above))}"
    return number_cell(float(error), detail=detail)


def own_label(table: EntryTable, target: Target, place: int) -> TableCell:
    """The label of an entry of a table."""
    limit = float(table.limits[target.name][place])
    known = None if math.isnan(limit) else limit
    return label_cell(float(table.labels[target.name][place]), known)


def cell(item: TableCell, classes: str = "", *, is_exact: bool = False) -> Markup:
    """A cell of a table of numbers: its text, how it sorts, and the interval beneath.

    Written in Python, for pages hold hundreds, and a template would take twice the time.

    Args:
        item: The cell.
        classes: Classes of CSS, with a blank between.
        is_exact: Whether scripts need more digits than are shown.

    Example:
        >>> cell(TableCell("1.59", sort="1.586261", detail="1.05–2.39"))
        Markup('<td>1.59<small>1.05–2.39</small></td>\\n')
        >>> cell(TableCell("< −10 (scored as −15)", sort="-15.0"), "il-first")
        Markup('<td class="il-first" data-sort="-15.0">&lt; −10 (scored as −15)</td>\\n')
    """
    kind = f"{classes} {item.shade}".strip()
    is_read = _READ.fullmatch(item.text) and not is_exact
    tag = f'td class="{kind}"' if kind else "td"
    return _tagged(tag, item, item.detail, sort="" if is_read else item.sort)


def score_cell(item: TableCell, spread: str) -> Markup:
    """A score with its interval, and beneath that its spread over seeds; neither sorts."""
    return _tagged("td", item, item.detail, spread, sort="")


def _tagged(tag: str, item: TableCell, *details: str, sort: str) -> Markup:
    key = f' data-sort="{escape(sort)}"' if sort else ""
    return Markup(f"<{tag}{key}>{_inside(item, *details)}</{tag[:2]}>\n")  # noqa: S704


def _inside(item: TableCell, *details: str) -> str:
    text = f"<b>{escape(item.text)}</b>" if item.is_best else str(escape(item.text))
    return text + "".join(f"<small>{escape(t)}</small>" for t in details if t)


# Shades of a heat map: a number's step between the least and the worst, and the legend for it


STEPS = 6
OPEN = "il-heat--open"
"""Class of a cell whose number says next to nothing: hatched."""
_FURTHEST = 2.0


@dataclass(frozen=True)
class Heat:
    """Where one shade ends and the next begins.

    Attributes:
        edges: Inner edges of the shades, ascending, in the unit of the numbers; ``STEPS - 1`` at
            most.
        is_larger_worse: Whether large numbers get the strong shades.
    """

    edges: tuple[float, ...]
    is_larger_worse: bool = True

    def shade(self, value: float | None) -> str:
        """CSS class of a cell with a number, 0 for the lightest; empty for none."""
        if value is None or math.isnan(value) or not self.edges:
            return ""
        above = bisect_right(self.edges, value)
        step = above if self.is_larger_worse else len(self.edges) - above
        return f"il-heat--{round(step * (STEPS - 1) / len(self.edges))}"

    @property
    def legend(self) -> list[tuple[str, str]]:
        """CSS class and range of every shade, from the smallest numbers up."""
        if not self.edges:
            return []
        ends = [charts.tick_label(edge) for edge in self.edges]
        between = [f"{low} to {high}" for low, high in pairwise(ends)]
        inside = [self.edges[0] - 1, *self.edges]
        ranges = [f"under {ends[0]}", *between, f"{ends[-1]} and more"]
        return [(self.shade(v), text) for v, text in zip(inside, ranges, strict=True)]


def heat_of(
    values: Iterable[float | None], *, baseline: float | None = None, is_larger_worse: bool = True
) -> Heat:
    """Shades with round edges for some numbers.

    Args:
        values: The numbers; those that are missing or infinite are passed over.
        baseline: Score of the trivial reference, at whose double the strongest shade begins at
            the latest: one absurd number must not leave all others alike.
        is_larger_worse: Whether large numbers get the strong shades.

    Example:
        >>> heat_of([0.4, 1.6, 2.9]).edges
        (0.5, 1.0, 1.5, 2.0, 2.5)
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return Heat((), is_larger_worse)
    low, high = min(0.0, *known), max(known)
    if is_larger_worse and baseline is not None and baseline > 0:
        high = min(high, _FURTHEST * baseline)
    high = low + 1.0 if high <= low else high
    inner = [tick for tick in charts.ticks(low, high, about=STEPS) if low < tick < high]
    return Heat(tuple(inner[: STEPS - 1]), is_larger_worse)


# The columns of a board, in groups that are shown or hidden together


@dataclass(frozen=True)
class TableColumn:
    """One column of a board.

    Attributes:
        key: Name by which the page's script knows it.
        label: Its heading.
        cell: Makes its cell of a row; None for a metric, whose name is the key.
        unit: Unit of its numbers.
        direction: Which way is better (``↓`` or ``↑``), empty for neither.
        hint: What it means, for the list under the table.
        is_text: Whether it holds text rather than numbers.
    """

    key: str
    label: str
    cell: Callable[[Row], TableCell] | None = None
    unit: str = ""
    direction: str = ""
    hint: str = ""
    is_text: bool = False

    @property
    def kind(self) -> str:
        """How the script sorts it: ``text`` or ``number``."""
        return "text" if self.is_text else "number"


@dataclass(frozen=True)
class ColumnGroup:
    """Columns under one heading, shown or hidden together."""

    key: str
    title: str
    columns: tuple[TableColumn, ...]
    is_folded: bool = False


def metric_column(
    use: MetricUse, board: Board, *, cut: str = "", target: Target | None = None
) -> TableColumn:
    """The column of a metric, with its unit and its direction when the metric is registered.

    Args:
        use: The metric as the task uses it.
        board: The board.
        cut: End of the title that a heading above says already.
        target: Whose metric it is; the first that ranks, unless another is given.
    """
    label = txt.use_title(use).removesuffix(f", {cut}") if cut else txt.use_title(use)
    metric = all_metrics().get(use.metric)
    if metric is None:
        return TableColumn(use.name, label)
    unit = (target or board.task.primary_targets[0]).error_unit if metric.unit == "target" else ""
    better = "↓" if metric.direction == "minimize" else "↑"
    # A metric that is best at some value in between has no direction.
    direction = better if metric.ideal is None else ""
    return TableColumn(use.name, label, None, unit, direction, metric.formula)


def metric_groups(board: Board) -> list[ColumnGroup]:
    """The task's metrics besides the primary one: plain ones, then one group per setting.

    Metrics of other targets than the one that ranks have no number here, and no column.
    """
    by_setting: dict[str, list[TableColumn]] = {}
    for use in board.task.metrics:
        is_beside = use.name in (board.task.primary.metric, board.task.ranked_beside)
        if not is_beside and _is_filled(board, use):
            setting = use.title.rpartition(", ")[2] if "threshold" in use.options else ""
            by_setting.setdefault(setting, []).append(metric_column(use, board, cut=setting))
    return [
        ColumnGroup(
            f"metrics-{place}",
            f"Screening, {setting}" if setting else "Other measures of error",
            tuple(columns),
            is_folded=bool(setting),
        )
        for place, (setting, columns) in enumerate(by_setting.items())
    ]


def _beside_groups(board: Board, *, is_ranked: bool) -> list[ColumnGroup]:
    """The other metric that the task ranks by, with rank, range and group by it."""
    if (use := board.task.beside_use) is None:
        return []
    columns = [metric_column(use, board)]
    if is_ranked:
        hint = f"Rank by {use.title}, the range that the data allow, and the group"
        columns.append(TableColumn("rank-beside", "Rank by it", _beside_cell, hint=hint))
    return [ColumnGroup("beside", "Ranked beside", tuple(columns))]


def _beside_cell(row: Row) -> TableCell:
    if (place := row.beside) is None:
        return TableCell("–")
    reach = txt.ranks(place["rank_low"], place["rank_high"])
    group = "top group" if place["tie_group"] == 1 else f"group {place['tie_group']}"
    return TableCell(f"{place['rank']} ({reach}), {group}", str(place["rank"]))


def _is_filled(board: Board, use: MetricUse) -> bool:
    """Whether any scored row has a number of a metric on any subset; true on an empty board."""
    return not board.scored or any(
        row.value(use.name, subset.name).value is not None
        for row in board.scored
        for subset in board.task.subsets
    )


def _standing_group(board: Board) -> ColumnGroup:
    """Where a row stands between the best trivial reference, the floor, and the others."""
    hint = "Share of resampled test sets on which this submission leads the top group"
    best = TableColumn("probability-best", "Chance of being best", _best_in_cell, "", "↑", hint)
    columns = [best]
    if by := board.task.wider_groups:
        hint = f"Interval of {board.task.primary_use.title} with the groups of one {by} as one"
        columns.append(TableColumn("wider", f"Interval by {by}", _wider_cell, board.unit, "", hint))
    if reference := board.baseline:
        model = txt.plain(reference.model, limit=60)
        hint = f"Share of groups of entries with a smaller error than the best reference, {model}"
        columns.append(TableColumn("groups-won", "Groups won", _won_cell, "", "↑", hint))
        hint = f"0 at the best reference, {model}; 1 at the achievable error; with its interval"
        closed = TableColumn(
            "reducible", "Gap closed between guess and floor", _closed_cell, "", "↑", hint
        )
        columns += [closed] if board.achievable else []
    return ColumnGroup("standing", "Standing", tuple(columns))


def _best_in_cell(row: Row) -> TableCell:
    share = row.probability_best
    if share is None:
        return TableCell("–")
    return TableCell(txt.percent(share), txt.exact(share))


def _closed_cell(row: Row) -> TableCell:
    closed = row.reducible_error_closed
    if closed is None:
        return TableCell("–")
    ends = [row.reducible_error_closed_ci_low, row.reducible_error_closed_ci_high]
    low, high = (None if end is None else 100 * end for end in ends)
    between = txt.interval(low, high, digits=0)
    shown = f"{txt.number(100 * closed, digits=0)} %" + (f" ({between})" if between else "")
    return TableCell(shown, txt.exact(closed))


def _wider_cell(row: Row) -> TableCell:
    _, low, high = row.wider
    return TableCell(txt.interval(low, high) or "–", txt.exact(high))


def _won_cell(row: Row) -> TableCell:
    if (share := row.groups_won) is None:
        return TableCell("–")
    return TableCell(txt.percent(share), txt.exact(share))


def _model_groups(board: Board) -> list[ColumnGroup]:
    """Seeds, folds, stated uncertainty and the card: shown once, beside the ranked subset."""
    task, unit, words = board.task, board.unit, txt.scored_words(board.task)
    full = task.primary_use.title
    name = full.partition(", ")[0]
    repeats = (
        TableColumn("seeds", words.trainings, _seeds_cell, hint=words.training_hint),
        TableColumn("seed-sd", f"SD of {name} over {words.over}", _seed_sd_cell, unit),
    )
    folds = []
    for cv in task.cross_validation:
        hint = cv.note if name == full else f"{full}. {cv.note}"
        look = _looked_up("cv", cv.scheme)
        folds.append(TableColumn(f"cv-{cv.scheme}", f"{name}, {cv.title}", look, unit, hint=hint))
    widths = []
    for score, said in txt.UNCERTAINTY.items() if board.states_uncertainty else ():
        look, own = _looked_up("uncertainty", score), unit if said.has_unit else ""
        key = f"uncertainty-{score}"
        widths.append(TableColumn(key, said.title, look, own, said.direction, said.meaning))
    again, others = "Repeated trainings", "Cross-validation on the training set"
    if task.scored_folds is not None:
        again, others = "Repeated folds", "On other folds, not ranked"
    groups = [
        ColumnGroup("repeats", again, repeats),
        ColumnGroup("folds", others, tuple(folds)),
        ColumnGroup("uncertainty", "Stated uncertainty", tuple(widths)),
        ColumnGroup("model", "As stated by the submission", _STATED, is_folded=True),
    ]
    return [group for group in groups if group.columns]


def _seeds_cell(row: Row) -> TableCell:
    return TableCell(txt.count(row.n_seeds), str(row.n_seeds or ""))


def _seed_sd_cell(row: Row) -> TableCell:
    return spread_cell(row.seed_sd)


def _looked_up(part: str, key: str) -> Callable[[Row], TableCell]:
    return lambda row: value_cell(Value(getattr(row, part).get(key)))


def _stated(key: str, shown: Callable[[Any], str | None], *, sorts: bool = False) -> Any:
    """Makes the cell of something that cards state."""

    def cell_of(row: Row) -> TableCell:
        value = row.card.get(key)
        text = None if value is None or value == "" else shown(value)
        return stated_cell(text, sort=value if sorts else None)

    return cell_of


def _inputs(stated: object) -> str:
    return txt.INPUTS.get(str(stated), str(stated))


def _authors(names: Sequence[str]) -> str | None:
    return ", ".join(names) or None


_STATED = (
    TableColumn("inputs", "Inputs", _stated("inputs", _inputs), is_text=True),
    TableColumn("training-data", "Training data", _stated("training_data", str), is_text=True),
    TableColumn(
        "external", "External data", _stated("uses_external_data", txt.yes_no), is_text=True
    ),
    TableColumn("parameters", "Parameters", _stated("parameters", txt.count, sorts=True)),
    TableColumn("time", "Training time", _stated("training_time_s", txt.duration, sorts=True)),
    TableColumn("authors", "Authors", _stated("authors", _authors), is_text=True),
)


# Everything of a board that has a place on an axis, for charts whose axes are chosen


def measures(board: Board, rows: Sequence[Row]) -> dict[str, Any]:
    """Measures, costs and coverage of some rows on the subset that ranks.

    Returns:
        ``columns`` with the direction that is better, and ``rows``, each with its cells.
    """
    subset, stated = board.task.primary.subset, {column.key: column for column in _STATED}
    columns = [
        *(metric_column(use, board) for use in board.task.metrics if _is_filled(board, use)),
        TableColumn("coverage", "Coverage", _coverage_cell, direction="↑"),
        replace(stated["parameters"], direction="↓"),
        replace(stated["time"], direction="↓", unit="s"),
        stated["inputs"],
        stated["external"],
    ]
    cells = [
        [c.cell(row) if c.cell else value_cell(row.value(c.key, subset)) for c in columns]
        for row in rows
    ]
    return {"columns": columns, "rows": list(zip(rows, cells, strict=True))}


def _coverage_cell(row: Row) -> TableCell:
    expected, scored = row.n_expected, row.n_scored
    return number_cell(scored / expected if expected and scored is not None else None)


# The board as tables: one per subset, and one target by target


FIRST_ROWS, FIRST_OF_PARTS = 100, 10
"""Rows of a longer table that are in the page: of the one that ranks, and of a part's."""
_LEADING = (
    'td class="il-rank"',
    'th scope="row" class="il-model"',
    'td class="il-number il-primary"',
)
_BELOW_FLOOR = Markup(
    ' <a class="il-tag" href="#below-floor">below the achievable error: read why</a>'
)


class TableRow(NamedTuple):
    """A row of the board with the attributes of its element, and its cells from the rank on."""

    row: Row
    attributes: Mapping[str, str]
    cells: Sequence[TableCell]


@dataclass(frozen=True)
class TableBody:
    """The rows of a table, formatted once: the first are in the page, its script asks for the rest.

    Attributes:
        tags: How the cells of each column begin.
        rows: All rows.
        address: Where in the site the :attr:`document` would be.
        most: Rows in the page if there are more than ``FIRST_ROWS``.
    """

    tags: Sequence[str]
    rows: Sequence[TableRow]
    address: str
    most: int

    @property
    def file(self) -> str:
        """Address in the site of the other rows; empty where the page has all."""
        return self.address if len(self.rows) > FIRST_ROWS else ""

    @property
    def n_first(self) -> int:
        """How many rows are in the page."""
        return self.most if self.file else len(self.rows)

    @property
    def html(self) -> Markup:
        """The first rows."""
        found = []
        for _, attributes, cells in self.rows[: self.n_first]:
            named = [Markup(' {}="{}"').format(*each) for each in attributes.items()]
            pairs = zip(self.tags, cells, strict=True)
            tagged = [_tagged(tag, each, each.detail, sort=each.sort) for tag, each in pairs]
            found += [Markup("<tr"), *named, Markup(">\n"), *tagged, Markup("</tr>\n")]
        return Markup("").join(found)

    @property
    def document(self) -> dict[str, Any]:
        """``tags``, the place of each row by each column in ``order``, and the other ``rows``.

        A row is its ``attributes``, then what is inside each cell between the two ``ends`` that all
        cells of a column share; equal values share a place, and what has none is None.
        """
        columns = zip(*(row.cells for row in self.rows), strict=True)
        others = self.rows[self.n_first :]
        names = list(dict.fromkeys(name for row in others for name in row.attributes))
        inside = [[_inside(cell, cell.detail) for cell in row.cells] for row in others]
        ends = [_shared_ends(texts) for texts in zip(*inside, strict=True)]
        return {
            "tags": self.tags,
            "order": [_places(cells) for cells in columns],
            "attributes": names,
            "ends": ends,
            "rows": [
                [
                    [row.attributes.get(name) for name in names],
                    *(t[len(a) : len(t) - len(b)] for t, (a, b) in zip(texts, ends, strict=True)),
                ]
                for row, texts in zip(others, inside, strict=True)
            ],
        }


def _shared_ends(texts: Sequence[str]) -> tuple[str, str]:
    """How all texts begin, and how all that is left of them ends.

    Example:
        >>> _shared_ends(["<b>12</b>", "<b>13</b>"]), _shared_ends(["aa", "a"])
        (('<b>1', '</b>'), ('a', ''))
    """
    start = commonprefix(texts)
    return start, commonprefix([text[len(start) :][::-1] for text in texts])[::-1]


def _places(cells: Sequence[TableCell]) -> list[int | None]:
    keys: dict[str, Any] = {cell.sort: cell.sort for cell in cells if cell.sort}
    with suppress(ValueError):
        keys = {key: float(key) for key in keys}
    place = {value: place for place, value in enumerate(sorted(set(keys.values())))}
    return [place[keys[cell.sort]] if cell.sort else None for cell in cells]


@dataclass(frozen=True)
class BoardTable:
    """The table of one subset, ready for the template."""

    subset: Subset
    n: int | None
    is_ranked: bool
    groups: Sequence[ColumnGroup]
    axis: Markup
    rows: Sequence[TableRow]
    address: str

    @property
    def columns(self) -> list[tuple[str, TableColumn]]:
        """Group key and column, from left to right, as the cells of a row stand."""
        return [(group.key, column) for group in self.groups for column in group.columns]

    @property
    def body(self) -> TableBody:
        """Its rows; cells have classes for what they hold, and for where a group begins."""
        kinds = [
            f'td class="il-{column.kind}{"" if place else " il-first"}"'
            for group in self.groups
            for place, column in enumerate(group.columns)
        ]
        tags = [*_LEADING, 'td class="il-spark-cell"', *kinds]
        most = FIRST_ROWS if self.is_ranked else FIRST_OF_PARTS
        return TableBody(tags, self.rows, self.address, most)


def _attributes(row: Row, *, is_ranked: bool, starts_group: bool) -> dict[str, str]:
    """Those of the element of a row: its name, its look, and what the filters look in."""
    authors = [txt.plain(author) for author in row.card.get("authors") or []]
    return {
        **({"id": row.submission} if is_ranked and row.submission else {}),
        "class": f"il-row--{row.kind}{' il-new-group' if starts_group and is_ranked else ''}",
        "data-kind": row.kind,
        "data-inputs": str(row.card.get("inputs") or ""),
        "data-external": txt.yes_no(row.card.get("uses_external_data")) or "not stated",
        "data-seeds": "" if row.n_seeds is None else "one" if row.n_seeds == 1 else "several",
        "data-text": " ".join([row.submission or "", txt.plain(row.model), *authors]).lower(),
    }


def _leading_cells(board: Board, row: Row, place: int, *, is_ranked: bool) -> list[TableCell]:
    """Rank, or place where nothing is ranked, and the name of the model."""
    shown = (txt.ranks(row.rank_low, row.rank_high) or "–") if is_ranked else str(place)
    is_top = is_ranked and row.rank_low is not None and row.tie_group == 1
    top = Markup("<small>top group</small>") if is_top else ""
    name = row.submission or ""
    named = Markup('<a href="{}">{}</a>{}<small>{}{}</small>').format(
        txt.relative(txt.board_url(board.task.name), txt.submission_url(board.task.name, name)),
        txt.isolated(row.model, limit=80),
        _BELOW_FLOOR if row.below_floor and is_ranked else "",
        row.submission,
        "" if row.kind == "verified" else f" · {row.kind}",
    )
    return [
        TableCell(escape(shown) + top, str(row.order if is_ranked else place)),
        TableCell(named, name),
    ]


def board_tables(board: Board) -> list[BoardTable]:
    """One table per subset, the ranked one with everything else a reader asks about a model."""
    floors = [floor.value for floor in board.levels]
    scale = charts.spark_scale(
        [*board.drawn_values, *floors], baseline=charts.baseline_value(board)
    )
    metrics = metric_groups(board)
    tables = []
    for subset in board.task.subsets:
        is_ranked = subset.name == board.task.primary.subset
        groups = [*_beside_groups(board, is_ranked=is_ranked), *metrics]
        groups += [_standing_group(board), *_model_groups(board)] if is_ranked else []
        ordered = board.scored if is_ranked else _ordered(board, subset)
        line = board.primary(board.baseline, subset.name).value if board.baseline else None
        behind = charts.backdrop(scale, board, line)
        columns = [column for group in groups for column in group.columns]
        best = {
            column.key: best_of(
                (row.value(column.key, subset.name).value for row in board.of_kind("verified")),
                column.direction,
            )
            for column in columns
            if column.cell is None
        }
        rows = []
        tie_group = None
        for place, row in enumerate(ordered, start=1):
            value = board.primary(row, subset.name)
            starts = None not in {row.tie_group, tie_group} and row.tie_group != tie_group
            cells = [
                *_leading_cells(board, row, place, is_ranked=is_ranked),
                value_cell(value),
                TableCell(spark(value, row.kind, scale, behind=behind)),
                *(_column_cell(column, row, subset, best) for column in columns),
            ]
            attributes = _attributes(row, is_ranked=is_ranked, starts_group=starts)
            rows.append(TableRow(row, attributes, cells))
            tie_group = row.tie_group if row.kind == "verified" else tie_group
        n = next((n for row in ordered if (n := row.sizes.get(subset.name)) is not None), None)
        axis = charts.spark_axis(scale)
        address = f"data/{board.task.name}.rows.{subset.name}.json"
        tables.append(BoardTable(subset, n, is_ranked, groups, axis, rows, address))
    return tables


def _column_cell(
    column: TableColumn, row: Row, subset: Subset, best: Mapping[str, float | None]
) -> TableCell:
    if column.cell is not None:
        return column.cell(row)
    value = row.value(column.key, subset.name).value
    return value_cell(Value(value), is_best=_is_best(row, value, best[column.key]))


def best_of(values: Iterable[float | None], direction: str) -> float | None:
    """The best value; None while there are fewer than two, or where neither end is better."""
    known = [value for value in values if value is not None]
    if len(known) < 2 or not direction:
        return None
    return min(known) if direction == "↓" else max(known)


def _is_best(row: Row, value: float | None, best: float | None) -> bool:
    return row.kind == "verified" and value is not None and value == best


def _ordered(board: Board, subset: Subset) -> list[Row]:
    """Rows by the primary metric on a subset; those without a value last."""
    sign = 1.0 if board.smaller_is_better else -1.0

    def key(row: Row) -> tuple[bool, float, int]:
        value = board.primary(row, subset.name).value
        return value is None, sign * (value or 0.0), row.order

    return sorted(board.scored, key=key)


def target_table(board: Board, ranked: Sequence[TableRow]) -> dict[str, Any] | None:
    """Columns target by target, beside the primary value; None where there is nothing to part.

    Args:
        board: The board.
        ranked: Rows of its table of the ranked subset, in reading order.

    Returns:
        ``groups`` (``target``, ``uses`` and ``columns`` of each: the metric that ranks, then those
        of some targets only), the ``body`` with one cell a column, ``targets``, ``is_mean`` and
        ``is_grouped``. A target that the board ranks by alone is not among them: its scores are the
        board.
    """
    task = board.task
    if len(task.targets) < 2 or not any(row.targets for row in board.scored):
        return None
    is_mean = task.primary.target == MEAN_OF_TARGETS
    shown = [target for target in task.targets if is_mean or target.name != task.primary.target]
    groups = [group for target in shown if (group := _target_group(board, target))["uses"]]
    if not groups:
        return None
    tags = [*_LEADING]
    for group in groups:
        tags.append('td class="il-number il-first"')
        tags += ['td class="il-number"'] * (len(group["uses"]) - 1)
    rows = [
        TableRow(
            row,
            {name: value for name, value in attributes.items() if name != "id"},
            [*cells[: len(_LEADING)], *_target_cells(row, groups)],
        )
        for row, attributes, cells in ranked
    ]
    return {
        "groups": groups,
        "body": TableBody(tags, rows, f"data/{task.name}.rows.targets.json", FIRST_OF_PARTS),
        "targets": [group["target"] for group in groups],
        "is_mean": is_mean,
        "is_grouped": any(len(group["columns"]) > 1 for group in groups),
    }


def _target_group(board: Board, target: Target) -> dict[str, Any]:
    """Columns of a target that hold any number, and the best value of each."""
    primary = board.task.primary_use
    own = [use for use in board.task.metrics if target.name in use.targets and use != primary]
    uses = [
        use
        for use in (primary, *own)
        if any(row.target_value(target.name, use.name).value is not None for row in board.scored)
    ]
    columns = [metric_column(use, board, target=target) for use in uses]
    verified = board.of_kind("verified")
    best = [
        best_of((r.target_value(target.name, use.name).value for r in verified), column.direction)
        for use, column in zip(uses, columns, strict=True)
    ]
    return {"target": target, "uses": uses, "columns": columns, "best": best}


def _target_cells(row: Row, groups: Sequence[Mapping[str, Any]]) -> Iterator[TableCell]:
    for group in groups:
        for use, best in zip(group["uses"], group["best"], strict=True):
            value = row.target_value(group["target"].name, use.name)
            yield value_cell(value, is_best=_is_best(row, value.value, best))


# Boards that restrict themselves to what is only a subset of another board of the same data


def siblings(site: Site, item: TaskSite) -> dict[str, list[tuple[TaskSite, BoardTable]]]:
    """Subset of a board → boards that train and test on its entries alone, where any is scored.

    Each comes with the table of its ranked subset.
    """
    found: dict[str, list[tuple[TaskSite, BoardTable]]] = {}
    for subset in item.task.subsets:
        for other in site.tasks:
            if _restricts(other.task, item.task, subset) and other.board.scored:
                ranked = next(table for table in board_tables(other.board) if table.is_ranked)
                found.setdefault(subset.name, []).append((other, ranked))
    return found


def _restricts(other: Task, task: Task, subset: Subset) -> bool:
    """Whether a task scores exactly the entries of a subset, by the same measure."""
    entries = other.entries
    return (
        entries is not None
        and task.entries is None
        and (entries.column, entries.equals) == (subset.column, subset.equals)
        and (other.dataset, other.split, other.scored_folds)
        == (task.dataset, task.split, task.scored_folds)
        and (other.primary.target, other.primary_use.metric)
        == (task.primary.target, task.primary_use.metric)
    )


def experiment_links(item: TaskSite, here: str) -> list[tuple[str, str]]:
    """Title of each experiment of a task, and the way to its page."""
    return [
        (experiment.title, txt.relative(here, txt.experiment_url(item.task.name, experiment.name)))
        for experiment in item.task.experiments
    ]


# How firm the order of a board is


def familiarity(item: TaskSite) -> dict[str, Any] | None:
    """How many test entries are of a kind that training knows, and what the other kind costs.

    From the receipt of the first verified row that was also scored on two kinds of folds; None
    where the task has no slice of known against unknown, or no such row.
    """
    known = [s for s in item.task.slices if {"yes", "no"} == set(dict(s.values or ()))]
    rungs = sorted((cv for cv in item.task.cross_validation if cv.rung), key=lambda cv: cv.rung)
    for row in item.board.of_kind("verified"):
        entrant = item.entrants.get(row.submission or "")
        receipt = (entrant.receipt if entrant else None) or {}
        parts = {s.name: (receipt.get("slices") or {}).get(s.name) or {} for s in known}
        folds, metric = receipt.get("cross_validation") or {}, item.task.primary.metric
        scored = [cv for cv in rungs if (folds.get(cv.scheme) or {}).get(metric)]
        own = [cv for cv in scored if cv.is_primary]
        if known and own and scored[-1] != own[0] and all(parts.values()):
            values = [folds[cv.scheme][metric] for cv in (own[0], scored[-1])]
            return {
                "row": row,
                "slices": [
                    (s, (parts[s.name].get("yes") or {"n": 0})["n"], _total(parts[s.name]))
                    for s in known
                ],
                "schemes": (own[0], scored[-1]),
                "values": values,
                "factor": values[1] / values[0],
            }
    return None


def _total(parts: Mapping[str, Any]) -> int:
    return sum(part["n"] for part in parts.values())
