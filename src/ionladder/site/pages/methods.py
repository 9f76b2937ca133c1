"""The methods: every registered metric with its formula, and how intervals and ranks are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.metrics.registry import all_metrics
from ionladder.site.context import Site
from ionladder.site.links import board_url, relative
from ionladder.site.pages import Page
from ionladder.specs.metric import Metric

URL = "methods/"


def pages(site: Site) -> Iterator[Page]:
    """The one page on methods."""
    yield Page(
        url=URL,
        context={
            "metrics": [_metric(metric, site) for metric in all_metrics().values()],
            "settings": site.params.scoring,
            "fold_settings": next((v.folds for v in site.params.versions.values()), None),
            "boards": [
                {"item": item, "href": relative(URL, board_url(item.task.name))}
                for item in site.tasks
            ],
        },
    )


def _metric(metric: Metric, site: Site) -> dict[str, Any]:
    """A metric, and the tasks that rank by it or show it."""
    return {
        "metric": metric,
        "tasks": [
            item.task.title for item in site.tasks if metric.name in {u.metric for u in item.task.metrics}
        ],
        "ranks": [item.task.title for item in site.tasks if item.task.primary_use.metric == metric.name],
    }
