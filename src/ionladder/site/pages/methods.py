"""The methods: every registered metric with its formula, and how intervals and ranks are made."""

from __future__ import annotations

from collections.abc import Iterator

from ionladder.metrics.registry import all_metrics
from ionladder.site.context import Site, TaskSite
from ionladder.site.links import board_url, relative
from ionladder.site.measured import (
    COVERAGE,
    SEPARATION,
    coverage_tables,
    read_measured,
    separation_tables,
)
from ionladder.site.pages import Page
from ionladder.specs.params import FoldSettings

URL = "methods/"


def pages(site: Site) -> Iterator[Page]:
    """The one page on methods."""
    yield Page(
        url=URL,
        context={
            "metrics": list(all_metrics().values()),
            "settings": site.params.scoring,
            "coverage": read_measured(site.layout, COVERAGE),
            "separation": read_measured(site.layout, SEPARATION),
            "coverage_tables": coverage_tables,
            "separation_tables": separation_tables,
            "boards": [
                {
                    "item": item,
                    "href": relative(URL, board_url(item.task.name)),
                    "folds": _folds(site, item),
                }
                for item in site.tasks
            ],
        },
    )


def _folds(site: Site, item: TaskSite) -> FoldSettings | None:
    """How the folds of the version that a task is scored on are drawn."""
    version = site.params.find(item.task.dataset, item.board.dataset_version)
    return None if version is None else version.folds
