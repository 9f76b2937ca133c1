"""The methods: every registered metric with its formula, and how intervals and ranks are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.metrics.registry import all_metrics
from ionladder.site.context import Site, TaskSite
from ionladder.site.links import board_url, relative
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
            "units": list(
                dict.fromkeys((item.board.unit, item.dataset.title) for item in site.tasks)
            ),
            "schemes": _schemes(site),
            "boards": [
                {
                    "item": item,
                    "href": relative(URL, board_url(item.task.name)),
                }
                for item in site.tasks
            ],
        },
    )


def _schemes(site: Site) -> list[dict[str, Any]]:
    """The fold schemes of every dataset, each once, and which tasks are scored on them."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in site.tasks:
        for scheme in item.task.fold_schemes:
            entry = found.setdefault(
                (item.dataset.name, scheme.scheme),
                {
                    "dataset": item.dataset,
                    "scheme": scheme,
                    "folds": _folds(site, item),
                    "scored": [],
                },
            )
            if scheme == item.task.scored_folds:
                entry["scored"].append(item.task.title)
    return list(found.values())


def _folds(site: Site, item: TaskSite) -> FoldSettings | None:
    """How the folds of the version that a task is scored on are drawn."""
    version = site.params.find(item.task.dataset, item.board.dataset_version)
    return None if version is None else version.folds
