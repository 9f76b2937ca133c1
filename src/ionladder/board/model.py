"""Rows of a leaderboard, and writing them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ionladder.errors import Problem
from ionladder.receipt import rounded
from ionladder.repo import Layout, to_json, write_text
from ionladder.score import Scored
from ionladder.specs import Reported, Task
from ionladder.stats.calibration import SCORES
from ionladder.stats.ranking import RankRow
from ionladder.submit.card import Card, name_problems

# The columns of a board on predicted standard deviations; they appear when somebody gives some


def uncertainty_columns(receipt: Mapping[str, Any], task: Task) -> dict[str, float | None]:
    """The columns that a receipt adds to its row: means over the targets that enter the rank.

    Empty when the submission gives no standard deviations, or not for all of these targets: a mean
    over some of them would not compare with that of others. A number is null where no entry could
    be judged.
    """
    from ionladder.receipt import rounded

    given = receipt.get("uncertainty") or {}
    parts = [given.get(target.name) for target in task.primary_targets]
    if not all(parts):
        return {}
    numbers = {name: [part[name] for part in parts if part] for name in SCORES}
    return {
        name: None if None in values else rounded(float(np.mean(values)))
        for name, values in numbers.items()
    }


# One row of a leaderboard, from a receipt or from a publication


def scored_row(
    scored: Scored, task: Task, rank: RankRow | None, scale: tuple[float, float]
) -> dict[str, Any]:
    """A verified or reference row.

    Args:
        scored: The submission.
        task: Its task.
        rank: Where it stands; None for references.
        scale: Primary score of the baseline reference, and the floor; NaN where there is none.
    """
    receipt = scored.receipt
    subsets = {
        name: _flat_subset(subset, task) for name, subset in _primary_target(receipt, task).items()
    }
    primary = subsets[task.primary.subset]
    metric = task.primary.metric
    row = {
        "kind": "reference" if receipt["submission"] in task.references else "verified",
        "submission": receipt["submission"],
        "model": receipt["model"],
        "rank": rank.rank if rank else None,
        "rank_low": rank.rank_low if rank else None,
        "rank_high": rank.rank_high if rank else None,
        "tie_group": rank.tie_group if rank else None,
        "probability_best": rounded(rank.probability_best) if rank else None,
        "n_expected": receipt["n_expected"],
        "n_scored": receipt["n_scored"],
        "n_seeds": receipt["n_seeds"],
        metric: primary[metric],
        f"{metric}_ci_low": primary[f"{metric}_ci_low"],
        f"{metric}_ci_high": primary[f"{metric}_ci_high"],
    }
    row |= _on_scale(primary[metric], scale)
    row |= {use.name: primary[use.name] for use in task.metrics if use.name != metric}
    row[f"{metric}_seed_sd"] = primary[f"{metric}_seed_sd"]
    row |= _cv_columns(receipt, task)
    row |= uncertainty_columns(receipt, task)
    if len(task.targets) > 1:
        row["targets"] = {
            target.name: _flat_subset(receipt["targets"][target.name][task.primary.subset], task)
            for target in task.targets
        }
    return row | {"subsets": subsets, "card": _card(scored.submission.card), "reported": None}


def reported_row(reported: Reported, task: Task) -> dict[str, Any]:
    """A row quoted from a publication: unranked, with only what the source reports."""
    metric = task.primary.metric
    names = ["rank", "rank_low", "rank_high", "tie_group", "probability_best"]
    names += ["n_expected", "n_scored", "n_seeds"]
    row: dict[str, Any] = {
        "kind": "reported",
        "submission": None,
        "model": reported.model,
        **dict.fromkeys(names),
        metric: reported.test.get(task.primary.subset),
        f"{metric}_ci_low": None,
        f"{metric}_ci_high": None,
        **_on_scale(None, (math.nan, math.nan)),
    }
    row |= {use.name: None for use in task.metrics if use.name != metric}
    row |= {f"{metric}_seed_sd": None, **_cv_columns({}, task)}
    quoted = {
        name: getattr(reported, name)
        for name in (
            "source",
            "table",
            "as_printed",
            "cv",
            "cv_spread",
            "inputs",
            "trained_on",
            "verified_by",
            "verdict",
        )
    }
    subsets = {name: {metric: value} for name, value in reported.test.items()}
    return row | {"subsets": subsets, "card": None, "reported": quoted}


def _on_scale(score: float | None, scale: tuple[float, float]) -> dict[str, Any]:
    """Where a score lies between the baseline reference and the floor.

    ``reducible_error_closed`` is (reference − score) / (reference − floor): 0 at the reference, 1
    at the floor, negative beyond the reference, null where either is missing or they coincide.
    ``below_floor`` says that the score is smaller than the floor.
    """
    floor = scale[1]
    return {
        "reducible_error_closed": share_closed(score, scale),
        "below_floor": bool(score < floor) if score is not None and math.isfinite(floor) else None,
    }


def share_closed(score: float | None, scale: tuple[float, float]) -> float | None:
    """(reference − score) / (reference − floor), or None where it is not defined.

    Example:
        >>> share_closed(1.0, (2.0, 0.5)), share_closed(1.0, (math.nan, 0.5))
        (0.666667, None)
    """
    reference, floor = scale
    gap = reference - floor
    return rounded((reference - score) / gap) if score is not None and gap else None


def _primary_target(receipt: dict[str, Any], task: Task) -> dict[str, Any]:
    subsets: dict[str, Any] = receipt["targets"][task.primary.target]
    return subsets


def _flat_subset(subset: dict[str, Any], task: Task) -> dict[str, Any]:
    """``n``, then every metric, followed by its interval and seed spread where it has them."""
    flat: dict[str, Any] = {"n": subset["n"]}
    for use in task.metrics:
        score = subset["metrics"][use.name]
        flat[use.name] = score["value"]
        if score["ci_low"] is not None or use.name == task.primary.metric:
            flat[f"{use.name}_ci_low"] = score["ci_low"]
            flat[f"{use.name}_ci_high"] = score["ci_high"]
        if use.name == task.primary.metric:
            flat[f"{use.name}_seed_sd"] = score["seed_sd"]
    return flat


def _cv_columns(receipt: dict[str, Any], task: Task) -> dict[str, Any]:
    cv = receipt.get("cross_validation") or {}
    metric = task.primary.metric
    return {
        f"cv_{scheme.scheme}_{metric}": cv.get(scheme.scheme, {}).get(metric)
        for scheme in task.cross_validation
    }


def _card(card: Card) -> dict[str, Any]:
    """What the board shows of a card; None means not stated."""
    return {
        "inputs": card.inputs,
        "training_data": card.training_data_text,
        "authors": [author.name for author in card.authors],
        "code_url": card.code_url,
        "paper_doi": card.paper_doi,
        "licence": card.licence,
        "parameters": card.parameters,
        "training_time_s": None if card.training_time_s is None else rounded(card.training_time_s),
        "uses_external_data": card.uses_external_data,
    }


# Writing leaderboards and receipts: whole or not at all, stale receipts removed


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
