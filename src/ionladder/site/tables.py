"""Tables of leaderboards, differences and labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup, escape

from ionladder.errors import Problem, SiteError
from ionladder.site.board import Analysis, Board, Row, Value
from ionladder.site.charts import backdrop, spark, spark_axis, spark_scale, tick_label, ticks
from ionladder.site.text import (
    INPUTS,
    KIND_MEANING,
    UNCERTAINTY,
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
    relative,
    scored_words,
    submission_url,
    use_title,
    yes_no,
)
from ionladder.specs import (
    MEAN_OF_TARGETS,
    Clause,
    Contrast,
    Experiment,
    Metric,
    MetricUse,
    Subset,
    Target,
)

if TYPE_CHECKING:
    from ionladder.entries import EntryTable


# The columns of a board, in groups that are shown or hidden together


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; ``direction`` says which way is better (``↓`` or ``↑``), empty for neither."""

    key: str
    label: str
    unit: str = ""
    direction: str = ""
    hint: str = ""
    is_text: bool = False

    @property
    def kind(self) -> str:
        """How the script sorts it: ``text`` or ``number``."""
        return "text" if self.is_text else "number"


@dataclass(frozen=True, kw_only=True)
class ColumnGroup:
    """Columns under one heading, shown or hidden together."""

    key: str
    title: str
    columns: tuple[Column, ...]
    is_folded: bool = False


def metric_groups(board: Board, metrics: dict[str, Metric]) -> tuple[ColumnGroup, ...]:
    """The task's metrics besides the primary one: plain ones, then one group per setting.

    Metrics of other targets than the one that ranks have no number here, and no column.
    """
    by_title: dict[str, list[MetricUse]] = {}
    for use in board.task.metrics:
        if use.name != board.task.primary.metric and is_filled(board, use):
            title = use.title.rpartition(", ")[2] if use.options else ""
            by_title.setdefault(title, []).append(use)
    return tuple(
        ColumnGroup(
            key=f"metrics-{position}",
            title=f"Screening, {title}" if title else "Other measures of error",
            columns=tuple(metric_column(use, board, metrics, cut=title) for use in uses),
            is_folded=bool(title),
        )
        for position, (title, uses) in enumerate(by_title.items())
    )


def is_filled(board: Board, use: MetricUse) -> bool:
    """Whether any scored row has a number of a metric on any subset; true on an empty board."""
    names = [subset.name for subset in board.task.subsets]
    return not board.scored or any(
        row.value(use.name, name).value is not None for row in board.scored for name in names
    )


def metric_column(
    use: MetricUse,
    board: Board,
    metrics: dict[str, Metric],
    *,
    cut: str = "",
    target: Target | None = None,
) -> Column:
    """The column of a metric, with its unit and its direction when the metric is registered.

    Args:
        use: The metric as the task uses it.
        board: The board.
        metrics: The registered metrics, by name.
        cut: End of the title that a heading above says already.
        target: Whose metric it is; the first that ranks, unless another is given.
    """
    metric = metrics.get(use.metric)
    target = target or board.task.primary_targets[0]
    return Column(
        key=use.name,
        label=use_title(use).removesuffix(f", {cut}") if cut else use_title(use),
        unit=target.error_unit if metric and metric.unit == "target" else "",
        direction="" if metric is None else _arrow(metric),
        hint="" if metric is None else metric.formula,
    )


def _arrow(metric: Metric) -> str:
    """Where better values lie; nowhere for a metric that is best at some value in between."""
    if metric.ideal is not None:
        return ""
    return "↓" if metric.direction == "minimize" else "↑"


def standing_group(board: Board) -> ColumnGroup:
    """Where a row stands between the baseline reference, the floor, and the others."""
    closed = Column(
        key="reducible",
        label="Reducible error closed",
        direction="↑",
        hint="(reference − score) / (reference − floor): 0 at the reference, 1 at the floor",
    )
    best = Column(
        key="probability-best",
        label="Best in",
        direction="↑",
        hint="Share of resampled test sets on which this submission is the best of the verified",
    )
    columns = (best, closed) if board.floor else (best,)
    return ColumnGroup(key="standing", title="Standing", columns=columns)


def model_groups(board: Board) -> tuple[ColumnGroup, ...]:
    """Seeds, folds, stated uncertainty and the card: shown once, beside the ranked subset."""
    unit = board.unit
    title = board.task.primary_use.title
    name = title.partition(", ")[0]
    folds = tuple(
        Column(
            key=f"cv-{cv.scheme}",
            label=f"{name}, {cv.title}",
            unit=unit,
            hint=cv.note if name == title else f"{title}. {cv.note}",
        )
        for cv in board.task.cross_validation
    )
    words = scored_words(board.task)
    repeats = (
        Column(key="seeds", label=words.trainings, hint=words.training_hint),
        Column(key="seed-sd", label=f"SD of {name} over {words.over}", unit=unit),
    )
    stated = (
        Column(key="inputs", label="Inputs", is_text=True),
        Column(key="training-data", label="Training data", is_text=True),
        Column(key="external", label="External data", is_text=True),
        Column(key="parameters", label="Parameters"),
        Column(key="time", label="Training time"),
        Column(key="authors", label="Authors", is_text=True),
    )
    on_folds = board.task.scored_folds is not None
    title = "Repeated folds" if on_folds else "Repeated trainings"
    groups = [ColumnGroup(key="repeats", title=title, columns=repeats)]
    if folds:
        title = "On other folds, not ranked" if on_folds else "Cross-validation on the training set"
        groups.append(ColumnGroup(key="folds", title=title, columns=folds))
    if board.states_uncertainty:
        groups.append(_uncertainty_group(unit))
    groups.append(
        ColumnGroup(
            key="model", title="As stated by the submission", columns=stated, is_folded=True
        )
    )
    return tuple(groups)


def _uncertainty_group(unit: str) -> ColumnGroup:
    """How good the stated standard deviations are."""
    columns = tuple(
        Column(
            key=f"uncertainty-{name}",
            label=words.title,
            unit=unit if words.has_unit else "",
            direction=words.direction,
            hint=words.meaning,
        )
        for name, words in UNCERTAINTY.items()
    )
    return ColumnGroup(key="uncertainty", title="Stated uncertainty", columns=columns)


# The board as tables: one per subset, cells with their text and exact sort value


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
    scale = spark_scale([*board.drawn_values, *floor], baseline=limit)
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
            drawn = spark(board.primary(row, subset.name), row.kind, scale, behind=behind)
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
                axis=spark_axis(scale),
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


# The board target by target: what the score that ranks is the mean of, or stands beside


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
        (group.target.name, use.name): _target_table_best(board, group.target, use, column)
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


def _target_table_best(
    board: Board, target: Target, use: MetricUse, column: Column
) -> float | None:
    """The best value among verified rows; None while there are fewer than two."""
    rows = board.of_kind("verified")
    values = [v for r in rows if (v := r.target_value(target.name, use.name).value) is not None]
    if len(values) < 2 or not column.direction:
        return None
    return min(values) if column.direction == "↓" else max(values)


# The stored differences of an experiment as objects that its page reads


State = Literal["lower", "higher", "open"]

_Key = tuple[str, str, str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The score of one submission minus that of another, on the same entries.

    Attributes:
        submission, other: The two.
        n, n_groups: Entries and groups of related entries; None where nobody recorded them.
        value: The difference, with its interval for this pair alone; all None on a part that is
            too small.
        probability_better: Share of resamples in which ``submission`` is the better one.
    """

    submission: str
    other: str
    n: int | None
    n_groups: int | None
    value: Value
    probability_better: float | None = None

    @property
    def state(self) -> State:
        """The side of zero where the interval lies; ``open`` where it holds zero or has no end."""
        low, high = self.value.low, self.value.high
        if low is None or high is None:
            return "open"
        return "higher" if low > 0 else "lower" if high < 0 else "open"

    @property
    def half_width(self) -> float | None:
        """Half of the interval: about the smallest difference that it would tell from zero."""
        if self.value.low is None or self.value.high is None:
            return None
        return (self.value.high - self.value.low) / 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """A contrast whose rows are on the board; ``n_candidates`` may have stood on its first side."""

    contrast: Contrast
    difference: Difference
    n_candidates: int


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What is known of an experiment's pairs.

    Attributes:
        has_parts: Whether differences on parts were recorded.
    """

    board: Board
    known: Mapping[_Key, Difference] = field(default_factory=dict)
    has_parts: bool = False

    def of(
        self, submission: str, other: str, item: str | None = None, part: str | None = None
    ) -> Difference | None:
        """A difference on the whole test set, or on a part of a slice; None where unknown."""
        return self.known.get((submission, other, item, part))

    def best(self, submissions: Iterable[str]) -> str | None:
        """The one that stands first on the board; None where none of them does."""
        rows = [row for name in submissions if (row := self.board.entrant(name)) is not None]
        scored = [row for row in rows if self.board.primary(row).value is not None]
        return min(scored, key=lambda row: row.order).submission if scored else None

    def found(self, clause: Clause) -> list[Found]:
        """The contrasts of a clause of which both rows are on the board."""
        rows = []
        for contrast in clause.contrasts:
            best = self.best(contrast.submissions)
            difference = self.of(best, contrast.other) if best else None
            if difference is not None and difference.value.value is not None:
                candidates = [name for name in contrast.submissions if self.board.entrant(name)]
                rows.append(
                    Found(contrast=contrast, difference=difference, n_candidates=len(candidates))
                )
        return rows

    def among(self, submissions: Iterable[str]) -> Iterator[Difference]:
        """Every two of some submissions that are known, each pair once."""
        for pair in combinations(submissions, 2):
            difference = self.of(*pair) or self.of(*reversed(pair))
            if difference is not None:
                yield difference


def read_differences(board: Board, analysis: Analysis, experiment: Experiment) -> Differences:
    """The differences of an experiment, from the analysis of its board.

    Pairs of the whole test set that the experiment does not ask for are those of the board.

    Raises:
        SiteError: The analysis holds something else under the experiment's name.
    """
    known: dict[_Key, Difference] = {
        (name, pair.other, None, None): Difference(
            submission=name,
            other=pair.other,
            n=None,
            n_groups=None,
            value=Value(_finite(pair.difference), _finite(pair.low), _finite(pair.high)),
            probability_better=pair.probability_better,
        )
        for name, pairs in analysis.pairs.items()
        for pair in pairs
    }
    table = (analysis.content.get("experiments") or {}).get(experiment.name)
    if table is None:
        return Differences(board=board, known=known)
    try:
        rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        asked = {
            (row["submission"], row["other"], row["slice"], row["part"]): _difference(row)
            for row in rows
        }
    except (KeyError, TypeError, ValueError) as error:
        raise SiteError(
            Problem(
                where=f"leaderboard/analysis/{board.task.name}.json",
                expected=f"the differences of the experiment {experiment.name!r}",
                found=f"{type(error).__name__}: {error}",
                next_step="Write it again with `ionladder leaderboard`.",
            )
        ) from error
    return Differences(board=board, known=known | asked, has_parts=True)


def _difference(row: Mapping[str, Any]) -> Difference:
    return Difference(
        submission=row["submission"],
        other=row["other"],
        n=row["n"],
        n_groups=row["n_groups"],
        value=Value(*(_finite(row[name]) for name in ("difference", "ci_low", "ci_high"))),
        probability_better=row["probability_better"],
    )


def _finite(value: float | None) -> float | None:
    """A number, or None where there is none: an end at infinity bounds nothing."""
    return value if value is not None and math.isfinite(value) else None


# Shades of a heat map: a number's step between the least and the worst, and the legend for it


STEPS = 6
_FURTHEST = 2.0
OPEN = "il-heat--open"
"""Class of a cell whose number says next to nothing: hatched."""


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Where one shade ends and the next begins.

    Attributes:
        edges: Inner edges of the shades, ascending, in the unit of the numbers; ``STEPS - 1`` at
            most.
        is_larger_worse: Whether large numbers get the strong shades.
    """

    edges: tuple[float, ...]
    is_larger_worse: bool = True

    def step(self, value: float | None) -> int | None:
        """Place among the shades, 0 for the lightest; None where there is no number."""
        if value is None or math.isnan(value):
            return None
        above = sum(value >= edge for edge in self.edges)
        return above if self.is_larger_worse else len(self.edges) - above

    def shade(self, value: float | None) -> str:
        """CSS class of a cell with a number; empty for none."""
        step = self.step(value)
        if step is None or not self.edges:
            return ""
        return f"il-heat--{round(step * (STEPS - 1) / len(self.edges))}"

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """CSS class and range of every shade, from the smallest numbers up."""
        if not self.edges:
            return ()
        ends = [tick_label(edge) for edge in self.edges]
        ranges = [
            f"under {ends[0]}",
            *(f"{low} to {high}" for low, high in pairwise(ends)),
            f"{ends[-1]} and more",
        ]
        inside = [self.edges[0] - 1, *self.edges]
        return tuple((self.shade(v), text) for v, text in zip(inside, ranges, strict=True))


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
        return Heat(edges=(), is_larger_worse=is_larger_worse)
    low = min(0.0, *known)
    high = max(known)
    if is_larger_worse and baseline is not None and baseline > 0:
        high = min(high, _FURTHEST * baseline)
    if high <= low:
        high = low + 1.0
    inner = [tick for tick in ticks(low, high, about=STEPS) if low < tick < high]
    return Heat(edges=tuple(inner[: STEPS - 1]), is_larger_worse=is_larger_worse)


# Cells of tables as HTML: pages hold hundreds, and a template would take twice the time


def cell(item: Cell, classes: str = "") -> Markup:
    """A cell with a number: its text, how it sorts, what hovering says, the interval beneath.

    Args:
        item: The cell.
        classes: More classes of CSS, with a blank between.

    Example:
        >>> cell(Cell(text="1.59", sort="1.586261", detail="1.05–2.39"), "il-primary")
        Markup('<td class="il-number il-primary" data-sort="1.586261">1.59<span class="il-detail">1.05–2.39</span></td>\\n')
    """  # noqa: E501 - one line of HTML
    best = " il-best" if item.is_best else ""
    shade = f" {item.shade}" if item.shade else ""
    kind = f"il-number {classes}{best}{shade}"
    detail = _detail(item.detail) if item.detail else ""
    return Markup(f"<td{_attributes(kind, item)}>{escape(item.text)}{detail}</td>\n")  # noqa: S704


def row_cells(items: Sequence[Cell], kinds: Sequence[str]) -> Markup:
    """The cells of a row one after the other, a line each.

    Args:
        items: The cells.
        kinds: Classes of CSS of each column, as many.

    Example:
        >>> row_cells([Cell(text="–")], ["il-text"])
        Markup('<td class="il-text">–</td>\\n')
    """
    return Markup(  # noqa: S704 - escaped piece by piece
        "".join(
            f"<td{_attributes(f'{kind} il-best' if item.is_best else kind, item)}>"
            f"{escape(item.text)}</td>\n"
            for item, kind in zip(items, kinds, strict=True)
        )
    )


def score_cell(item: Cell, spread: str) -> Markup:
    """A score with its interval, and beneath that its spread over seeds; neither sorts."""
    hint = f' title="{escape(item.hint)}"' if item.hint else ""
    details = "".join(_detail(text) for text in (item.detail, spread) if text)
    return Markup(f'<td class="il-number"{hint}>{escape(item.text)}{details}</td>\n')  # noqa: S704


def _attributes(kind: str, item: Cell) -> str:
    sort = f' data-sort="{escape(item.sort)}"' if item.sort else ""
    hint = f' title="{escape(item.hint)}"' if item.hint else ""
    return f' class="{kind}"{sort}{hint}'


def _detail(text: str) -> str:
    return f'<span class="il-detail">{escape(text)}</span>'


# Labels, predictions and errors of single entries as cells: a limit is shown as a limit


def own_label(table: EntryTable, target: Target, place: int) -> Cell:
    """The label of an entry of a table."""
    limit = float(table.limits[target.name][place])
    known = limit if limit == limit else None
    return label_cell(target, float(table.labels[target.name][place]), known)


def label_cell(target: Target, value: float, limit: float | None) -> Cell:
    """A label; a limit sorts by what it is scored at."""
    if limit is not None:
        hint = f"only an upper limit; scored at {number(value)}"
        return Cell(text=f"< {number(limit)}", sort=exact(value), hint=hint)
    return number_cell(value, missing=target.missing_note)


def number_cell(value: float | None, *, missing: str = "") -> Cell:
    """A number with all its digits on hover; a dash for none."""
    if value is None or value != value:
        return Cell(text="–", hint=missing)
    return Cell(text=number(value), sort=exact(float(value)), hint=f"{value:.6g}")


def difference_cell(value: float | None) -> Cell:
    """A difference with its sign."""
    if value is None or value != value:
        return Cell(text="–")
    return Cell(text=change_of(value), sort=exact(float(value)), hint=f"{value:+.6g}")
