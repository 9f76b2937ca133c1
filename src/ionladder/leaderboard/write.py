"""Writing leaderboards and receipts: whole or not at all, stale receipts removed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from ionladder.core.files import to_json, write_text
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.submissions.names import name_problems

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_leaderboard(layout: Layout, leaderboard: Mapping[str, Any]) -> None:
    """Write ``leaderboard/<task>.json`` and its CSV twin."""
    task = leaderboard["task"]
    write_text(layout.leaderboard_json(task), to_json(leaderboard))
    write_text(layout.leaderboard_csv(task), to_csv(leaderboard["rows"]))


def write_analysis(layout: Layout, analysis: Mapping[str, Any]) -> None:
    """Write ``leaderboard/analysis/<task>.json``."""
    write_text(layout.analysis_json(analysis["task"]), to_json(analysis))


def write_receipts(
    layout: Layout,
    task: str,
    receipts: Mapping[str, Mapping[str, Any]],
    refused: Mapping[str, Sequence[Problem]],
) -> None:
    """Write one receipt per submission, and remove those whose submission has gone.

    A refused submission gets a receipt that lists its problems instead of scores; one whose name
    no submission may have gets none, since such a name need not be a file name everywhere.
    """
    folder = layout.receipts_dir(task)
    for name, receipt in receipts.items():
        write_text(layout.receipt(task, name), to_json(receipt))
    named = {name: found for name, found in refused.items() if not name_problems(name, where=name)}
    for name, problems in named.items():
        receipt = {
            "task": task,
            "submission": name,
            "refused": [vars(problem) for problem in problems],
        }
        write_text(layout.receipt(task, name), to_json(receipt))
    kept = {layout.receipt(task, name) for name in [*receipts, *named]}
    for path in folder.glob("*.json"):
        if path not in kept:
            path.unlink()


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as flat CSV: nested keys joined by points, lists by ``; ``, null as an empty cell.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    flat = [_flatten(row) for row in rows]
    header = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        # Metrics are named `<subset>.<metric>` and `<target>.<metric>`, without the words
        # "subsets" and "targets".
        key = prefix if name in {"subsets", "targets"} and not prefix else f"{prefix}{name}"
        if isinstance(item, Mapping):
            flat |= _flatten(item, f"{key}." if key else "")
        elif isinstance(item, list | tuple):
            flat[key] = _no_formula("; ".join(str(part) for part in item))
        elif item is None and name in {"card", "reported"} and not prefix:
            continue
        else:
            flat[key] = "" if item is None else _no_formula(item)
    return flat
