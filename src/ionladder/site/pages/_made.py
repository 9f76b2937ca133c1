"""What the card of a computed dataset shows: recipe, left-out structures, families, the splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ionladder.site.board import Row, Value
from ionladder.site.charts.boxes import Boxes, BoxRow, box, boxes_chart
from ionladder.site.charts.histogram import Series, histogram
from ionladder.site.charts.rungs import RungRow, Rungs, rung_mark, rungs_chart
from ionladder.site.context import TaskSite
from ionladder.site.links import relative, submission_url
from ionladder.site.tables import Cell, signed_cell, value_cell
from ionladder.site.text import plain
from ionladder.specs.task import CrossValidation, Task

HISTOGRAM_KINDS = ("solid", "middle", "light")
QUANTILES = ("min", "q25", "median", "q75", "max")
_FEWEST_RUNGS = 2
_UNITS = {"_ang": "Å", "_ev": "eV"}


def settings(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The recipe of a manifest, one line a setting; empty where files were fetched instead."""
    if "generator" not in source:
        return []
    return [(_with_unit(name), value) for name, value in _flat(source)]


def _flat(recipe: Mapping[str, Any], *above: str) -> Iterator[tuple[str, str]]:
    """Settings with their keys joined, however deep they stand."""
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            yield from _flat(value, *above, name)
        else:
            yield " · ".join((*above, name)), str(value)


def _with_unit(name: str) -> str:
    """A setting's name for readers: ``labels · r_cut_ang`` becomes ``labels · r cut, Å``."""
    for suffix, unit in _UNITS.items():
        if name.endswith(suffix):
            name = f"{name.removesuffix(suffix)}, {unit}"
    return name.replace("_", " ")


def left_out(summary: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Why candidates were left out: reason, number, an example; most frequent first."""
    reasons = (summary.get("generation") or {}).get("left_out") or {}
    rows = [
        (reason, item["count"], (item.get("first") or [""])[0]) for reason, item in reasons.items()
    ]
    return sorted(rows, key=lambda row: -row[1])


def target_histogram(summary: Mapping[str, Any], task: Task) -> Markup | None:
    """Counts per bin, one series a target; None where the manifest has none by target."""
    bins = summary.get("label_histogram") or {}
    if not all(target.name in bins for target in task.targets):
        return None
    series = [
        Series(
            title=t.symbol, kind=kind, counts=tuple(bins[t.name]), marked=(0,) * len(bins[t.name])
        )
        for t, kind in zip(task.targets, HISTOGRAM_KINDS, strict=False)
    ]
    unit = task.primary_targets[0].unit
    return histogram(bins["edges"], series, name="labels", axis=f"label / {unit}", is_even=True)


def families(summary: Mapping[str, Any], task: Task) -> dict[str, Any] | None:
    """Quantiles of each target in each family; None where the manifest has none."""
    kinds = summary.get("family") or {}
    overall = summary.get("label_quantiles")
    if not overall or not all(isinstance(item, Mapping) for item in kinds.values()):
        return None
    everything = {"entries": sum(item["entries"] for item in kinds.values()), **overall}
    rows = [("all", everything), *kinds.items()]
    names = [target.name for target in task.targets]
    boxes = Boxes(
        rows=[
            BoxRow(label=name, n=item["entries"], boxes=tuple(box(item[t]) for t in names))
            for name, item in rows
        ],
        panels=[target.symbol for target in task.targets],
        axis=f"label / {task.primary_targets[0].unit}, logarithmic",
    )
    return {
        "chart": boxes_chart(boxes, name="families"),
        "targets": task.targets,
        "rows": [
            (name, item["entries"], [[item[t].get(q) for q in QUANTILES] for t in names])
            for name, item in rows
        ],
    }


def split_ladder(item: TaskSite, here: str) -> dict[str, Any] | None:
    """Cross-validated errors of verified rows by kind of folds, in the order of the ladder.

    None where the task has no ladder, or fewer than two of its rungs have been scored.
    """
    rows = [row for row in item.board.of_kind("verified") if any(_folds(item, row).values())]
    schemes = sorted(
        (cv for cv in item.task.cross_validation if cv.rung and _is_scored(item, rows, cv)),
        key=lambda cv: cv.rung,
    )
    if len(schemes) < _FEWEST_RUNGS:
        return None
    metric = item.task.primary.metric
    values = {
        row.order: [_value(_folds(item, row).get(cv.scheme), metric) for cv in schemes]
        for row in rows
    }
    rungs = Rungs(
        rows=[RungRow(label=plain(row.model), values=tuple(values[row.order])) for row in rows],
        kinds=[cv.title for cv in schemes],
        axis=f"{item.task.primary_use.title} / {item.board.unit}, smaller is better",
    )
    parts = [p for r in rows for p in _folds(item, r).values() if p]
    return {
        "chart": rungs_chart(rungs, name="splits"),
        "schemes": [(cv, Markup(rung_mark(i, 6, 6))) for i, cv in enumerate(schemes)],  # noqa: S704
        "has_intervals": all(f"{metric}_ci_low" in part for part in parts),
        "has_steps": any(part.get("step") for part in parts),
        "rows": [
            {
                "row": row,
                "href": relative(here, submission_url(item.task.name, row.submission or "")),
                "cells": [value_cell(value) for value in values[row.order]],
                "steps": [_step(_folds(item, row).get(cv.scheme)) for cv in schemes[1:]],
            }
            for row in rows
        ],
    }


def _folds(item: TaskSite, row: Row) -> Mapping[str, Any]:
    """Fold scheme → its part of the row's receipt."""
    entrant = item.entrants.get(row.submission or "")
    receipt = (entrant.receipt if entrant else None) or {}
    return receipt.get("cross_validation") or {}


def _step(part: Mapping[str, Any] | None) -> Cell:
    """How much larger the error is than on the rung below, on the same entries."""
    step = (part or {}).get("step") or {}
    return signed_cell(
        Value(step.get("difference"), step.get("ci_low"), step.get("ci_high")), digits=3
    )


def _is_scored(item: TaskSite, rows: Sequence[Row], scheme: CrossValidation) -> bool:
    return any(_folds(item, row).get(scheme.scheme) for row in rows)


def _value(part: Mapping[str, Any] | None, metric: str) -> Value:
    """Error with its interval, or with its spread over repeats where a receipt has no interval."""
    value = (part or {}).get(metric)
    if part is None or value is None:
        return Value()
    if f"{metric}_ci_low" in part:
        return Value(value, part[f"{metric}_ci_low"], part[f"{metric}_ci_high"])
    spread = part.get(f"{metric}_sd_over_repeats")
    return Value(value) if spread is None else Value(value, value - spread, value + spread)
