"""What a submission's page shows of its stated standard deviations: numbers and a curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ionladder.site.board import Value
from ionladder.site.charts.calibration import CalibrationCurve, calibration_chart
from ionladder.site.tables import spread_cell, value_cell
from ionladder.site.wording import UNCERTAINTY
from ionladder.specs.task import Task
from ionladder.statistics.calibration import CURVE_LEVELS


def stated_uncertainty(receipt: Mapping[str, Any] | None, task: Task) -> list[dict[str, Any]]:
    """One part a target with standard deviations, its scores in the order of their words."""
    given = (receipt or {}).get("uncertainty") or {}
    return [
        {
            "target": target,
            "n": given[target.name]["n"],
            "n_censored": given[target.name].get("n_censored", 0),
            "n_missing": given[target.name].get("n_missing", 0),
            "scores": [_cell(name, given[target.name].get(name)) for name in UNCERTAINTY],
            "chart": _chart(given[target.name], target.name),
        }
        for target in task.targets
        if target.name in given
    ]


def _cell(name: str, value: float | None) -> Any:
    return spread_cell(value) if name == "miscalibration_area" else value_cell(Value(value))


def _chart(part: Mapping[str, Any], name: str) -> Any:
    """The curve, or None where no entry could be judged."""
    observed = part.get("observed") or []
    if len(observed) != len(CURVE_LEVELS) or None in observed:
        return None
    curve = CalibrationCurve(levels=CURVE_LEVELS, observed=observed, n=part["n"])
    return calibration_chart(curve, name=f"calibration-{name}")
