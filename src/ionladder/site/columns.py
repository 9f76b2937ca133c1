"""The columns of a board, in groups that are shown or hidden together."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.site.board import Board
from ionladder.site.wording import UNCERTAINTY, scored_words
from ionladder.specs.metric import Metric
from ionladder.specs.task import MetricUse


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
    """The task's metrics besides the primary one: plain ones, then one group per setting."""
    by_title: dict[str, list[MetricUse]] = {}
    for use in board.task.metrics:
        if use.name != board.task.primary.metric:
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


def metric_column(
    use: MetricUse, board: Board, metrics: dict[str, Metric], *, cut: str = ""
) -> Column:
    """The column of a metric, with its unit and its direction when the metric is registered."""
    metric = metrics.get(use.metric)
    target = board.task.primary_targets[0]
    return Column(
        key=use.name,
        label=use.title.removesuffix(f", {cut}") if cut else use.title,
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
