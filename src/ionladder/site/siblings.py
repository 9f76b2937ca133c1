"""Boards that restrict themselves to what is only a subset of another board of the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ionladder.metrics.registry import all_metrics
from ionladder.site.context import Site, TaskSite
from ionladder.site.links import board_url, experiment_url, relative
from ionladder.site.tables import BoardTable, board_tables
from ionladder.specs.task import Task


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """A board whose models learn from one subset only, beside those judged on that subset.

    Attributes:
        title: Title of its task.
        href: The way to it.
        unit: Unit of its primary score.
        table: Its rows, in its own order, linked from the page that shows them.
        experiments: (Title, way) of its experiments.
    """

    title: str
    href: str
    unit: str
    table: BoardTable
    experiments: Sequence[tuple[str, str]]


def siblings(site: Site, item: TaskSite, here: str) -> dict[str, list[Sibling]]:
    """Subset of a board → boards that train and test on its entries alone, where any is scored."""
    found: dict[str, list[Sibling]] = {}
    for subset in item.task.subsets:
        for other in site.tasks:
            is_restricted = _restricts(other.task, item.task, subset.column, subset.equals)
            if is_restricted and other.board.scored:
                found.setdefault(subset.name, []).append(_sibling(other, here))
    return found


def _restricts(other: Task, task: Task, column: str | None, equals: object) -> bool:
    """Whether a task scores exactly these entries, by the same measure."""
    entries = other.entries
    return (
        entries is not None
        and task.entries is None
        and (entries.column, entries.equals) == (column, equals)
        and (other.dataset, other.split, other.scored_folds)
        == (task.dataset, task.split, task.scored_folds)
        and (other.primary.target, other.primary_use.metric)
        == (task.primary.target, task.primary_use.metric)
    )


def _sibling(other: TaskSite, here: str) -> Sibling:
    tables = board_tables(other.board, all_metrics(), here)
    return Sibling(
        title=other.task.title,
        href=relative(here, board_url(other.task.name)),
        unit=other.board.unit,
        table=next(table for table in tables if table.is_ranked),
        experiments=experiment_links(other, here),
    )


def experiment_links(item: TaskSite, here: str) -> list[tuple[str, str]]:
    """Title of each experiment of a task, and the way to its page."""
    return [
        (experiment.title, relative(here, experiment_url(item.task.name, experiment.name)))
        for experiment in item.task.experiments
    ]
