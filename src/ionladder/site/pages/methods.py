"""The methods: every registered metric with its formula, and how intervals and ranks are made."""

from __future__ import annotations

from collections.abc import Iterator

from ionladder.metrics.registry import all_metrics
from ionladder.site.context import Site
from ionladder.site.links import board_url, relative
from ionladder.site.pages import Page

URL = "methods/"


def pages(site: Site) -> Iterator[Page]:
    """The one page on methods."""
    yield Page(
        url=URL,
        context={
            "metrics": list(all_metrics().values()),
            "settings": site.params.scoring,
            "fold_settings": next((v.folds for v in site.params.versions.values()), None),
            "boards": [
                {"item": item, "href": relative(URL, board_url(item.task.name))}
                for item in site.tasks
            ],
        },
    )
