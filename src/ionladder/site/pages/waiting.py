"""A board that waits for its data: what it asks, what others report, and how to fill it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.metrics import get_metric
from ionladder.site.context import Site, WaitingTask
from ionladder.site.pages import Page
from ionladder.site.text import board_url, byte_count, dataset_url, relative
from ionladder.specs import Target, Task

_SENT = {
    "values": "one number per target and entry, in predictions.csv or predictions.parquet",
    "paths": "every image of every test hop with its energy, in predictions.parquet or "
    "predictions.extxyz",
    "frames": "energy and forces of every test configuration, in predictions.parquet",
}


def pages(site: Site) -> Iterator[Page]:
    """One page a waiting task, at the address that its board will have."""
    for item in site.waiting:
        here = board_url(item.task.name)
        yield Page(url=here, context=_context(item, here))


def _context(item: WaitingTask, here: str) -> dict[str, Any]:
    task, version = item.task, item.version
    on_demand = version.on_demand
    use = task.primary_use
    return {
        "item": item,
        "task": task,
        "dataset": item.dataset,
        "version": version,
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "submit_href": relative(here, "submit/"),
        "primary": f"{use.title} of {primary_title(task)}",
        "unit": task.primary_targets[0].error_unit,
        "targets": [(target, _source_of(target)) for target in task.targets],
        "metrics": [(use, get_metric(use.metric)) for use in task.metrics],
        "has_cv": any(row.cv is not None for row in task.reported),
        "sent": _SENT[task.predicts],
        "counts": list(version.expected.items()),
        "download": byte_count(on_demand.download_bytes) if on_demand else "",
        "room": byte_count(on_demand.download_bytes + on_demand.ingested_bytes)
        if on_demand
        else "",
        "files": sorted(version.source.files),
        "addresses": [version.source.url(name) for name in sorted(version.source.files)],
        "mirror": [version.source.mirror_path(name) for name in sorted(version.source.files)],
    }


def primary_title(task: Task) -> str:
    """What the primary measure is of, in words."""
    targets = task.primary_targets
    if len(targets) == 1:
        return targets[0].symbol
    return f"{', '.join(target.symbol for target in targets)} (mean)"


def _source_of(target: Target) -> str:
    """Whether a target is predicted itself or derived from what is predicted."""
    return "predicted" if target.ideal is None else "derived from what is predicted"
