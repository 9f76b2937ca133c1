"""Simulation results as Markdown tables and as committed JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.repo import Layout, to_json, write_text

ROOT = Path(__file__).resolve().parents[1]

Array = npt.NDArray[np.float64]


def share_with_error(hits: float, boards: int) -> dict[str, float]:
    """A share of boards with its Monte-Carlo standard error."""
    share = hits / boards
    return {
        "share": round(share, 3),
        "standard_error": round(math.sqrt(max(share * (1.0 - share), 0.0) / boards), 3),
    }


def coverage_row(parts: Sequence[tuple[Array, Array]], truth: float) -> dict[str, Any]:
    """Summarise intervals of many boards.

    Returns:
        ``boards``, ``coverage`` with its Monte-Carlo ``standard_error``, the shares in which the
        interval lies ``too_high`` and ``too_low``, and ``median_width``.
    """
    low, high = (np.concatenate(ends) for ends in zip(*parts, strict=True))
    covered = share_with_error(float(((low <= truth) & (truth <= high)).sum()), len(low))
    return {
        "boards": len(low),
        "coverage": covered["share"],
        "standard_error": covered["standard_error"],
        "too_high": round(float((low > truth).mean()), 3),
        "too_low": round(float((high < truth).mean()), 3),
        "median_width": round(float(np.median(high - low)), 3),
    }


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table; columns in the order of the first row."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([_text(row[n]) for n in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_results(name: str, results: Mapping[str, Any]) -> None:
    """Write ``benchmarks/results/<name>``, numbers to three decimals."""
    path = Layout(ROOT).benchmarks_results / name
    write_text(path, to_json(_three_decimals(results)))
    print(f"\n{path.relative_to(ROOT)}: written")


def _text(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _three_decimals(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _three_decimals(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_three_decimals(item) for item in value]
    # float(): numpy's own numbers are not JSON.
    return float(round(value, 3)) if isinstance(value, float) else value
