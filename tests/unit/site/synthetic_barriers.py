"""A made-up board of a task with three targets, for a repository of ``synthetic_board``."""

from __future__ import annotations

import shutil
from typing import Any

from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.specs import MEAN_OF_TARGETS
from unit.site.synthetic_board import (
    CHECK_KEYS,
    REPOSITORY,
    Entry,
    by_value,
    card_of,
    standing,
    write_board,
)

TASK = get_task("bvel-proto")
VERSION = "1.0.0"
TARGETS = [target.name for target in TASK.targets]
SHIFTS = {MEAN_OF_TARGETS: 0.0, **dict(zip(TARGETS, (-0.2, -0.05, 0.25), strict=True))}
N_TEST, N_GROUPS = 162, 95
FLOORS = (
    ("replicate_median_deviation", 0.031, 0.02, 0.043),
    ("replicate_pair_difference", 0.05, 0.03, 0.07),
)
FOLDS = {"random": 0.3, "chemsys": 0.42, "prototype": 0.8}


def barriers() -> list[Entry]:
    """Submissions that look like a first board."""
    return [
        Entry(
            name="rf-sites",
            value=0.42,
            model="Random forest, site features",
            ranks=(1, 2),
            n_seeds=5,
        ),
        Entry(name="hgb-bonds", value=0.45, model="Gradient boosting, bond valence", ranks=(1, 3)),
        Entry(name="family-median", value=0.63, model="Family median", tie_group=2, ranks=(3, 3)),
        Entry(
            name="train-median", value=0.81, model="Train median", kind="reference", tie_group=None
        ),
    ]


def add_board(layout: Layout, entries: list[Entry], *, with_data: bool = False) -> Layout:
    """Add the board, its receipts and its submissions; with the real tables if asked for."""
    write_board(layout, leaderboard(entries), entries, receipt, f"id,{','.join(TARGETS)}\n")
    source = REPOSITORY / "data" / TASK.dataset / VERSION
    if with_data:
        shutil.copytree(source, layout.version_dir(TASK.dataset, VERSION))
    return layout


def leaderboard(entries: list[Entry]) -> dict[str, Any]:
    """The content of ``leaderboard/bvel-proto.json``."""
    return {
        "task": TASK.name,
        "dataset": TASK.dataset,
        "dataset_version": VERSION,
        "scorer_version": "1",
        "primary": {
            "target": MEAN_OF_TARGETS,
            "metric": TASK.primary.metric,
            "subset": "all",
            "unit": "eV",
            "direction": "minimize",
        },
        "floors": [
            {"name": n, "value": v, "ci_low": a, "ci_high": b, "n_groups": 180, "n_entries": 1800}
            for n, v, a, b in FLOORS
        ],
        "rows": [_row(entry) for entry in by_value(entries)],
    }


def receipt(entry: Entry) -> dict[str, Any]:
    """The content of an entry's receipt."""
    metric = TASK.primary.metric
    return {
        "task": TASK.name,
        "submission": entry.name,
        "model": entry.model or entry.name,
        "dataset": TASK.dataset,
        "dataset_version": VERSION,
        "scorer_version": "1",
        "hashes": dict.fromkeys(CHECK_KEYS, "cd34" * 16),
        "n_expected": N_TEST,
        "n_scored": N_TEST,
        "n_seeds": entry.n_seeds,
        "intervals": {
            "method": "percentile bootstrap over groups",
            "resamples": 10000,
            "seed": 20250221,
            "confidence": 0.95,
            "group_column": "component",
        },
        "targets": {
            target: {
                subset.name: {
                    "n": N_TEST,
                    "n_groups": N_GROUPS,
                    "metrics": {u.name: _score(entry, u.name, target) for u in TASK.metrics},
                }
                for subset in TASK.subsets
            }
            for target in SHIFTS
        },
        "cross_validation": None
        if entry.value is None
        else {
            scheme: {
                metric: entry.value + shift - 0.42,
                f"{metric}_sd_over_repeats": 0.02,
                "n_repeats": 3,
                "n": 651,
            }
            for scheme, shift in FOLDS.items()
        },
    }


def _row(entry: Entry) -> dict[str, Any]:
    flat = {subset.name: _flat(entry, MEAN_OF_TARGETS) for subset in TASK.subsets}
    card = card_of(entry)
    row = {
        **standing(entry),
        "n_expected": N_TEST,
        "n_scored": N_TEST,
        "n_seeds": entry.n_seeds,
    }
    row |= {key: value for key, value in flat["all"].items() if key != "n"}
    row["targets"] = {target: _flat(entry, target) for target in TARGETS}
    return row | {
        "subsets": flat,
        "card": {
            "inputs": card["inputs"],
            "training_data": "bvel_proto",
            "authors": ["Ada Example"],
        },
        "reported": None,
    }


def _flat(entry: Entry, target: str) -> dict[str, Any]:
    flat: dict[str, Any] = {"n": N_TEST}
    for use in TASK.metrics:
        score = _score(entry, use.name, target)
        flat[use.name] = score["value"]
        if use.name == TASK.primary.metric:
            flat |= {f"{use.name}_{key}": score[key] for key in ("ci_low", "ci_high", "seed_sd")}
    return flat


def _score(entry: Entry, metric: str, target: str) -> dict[str, float | None]:
    """A made-up score, worse in three dimensions than in one."""
    if entry.value is None:
        return dict.fromkeys(("value", "ci_low", "ci_high", "seed_sd"))
    is_error = metric in {"mae_clipped", "mae", "rmse", "mae_log1p"}
    value = entry.value + SHIFTS[target] if is_error else 0.9 - entry.value / 2
    has_seeds = entry.n_seeds > 1
    return {
        "value": round(value, 6),
        "ci_low": round(value * 0.8, 6) if is_error else None,
        "ci_high": round(value * 1.3, 6) if is_error else None,
        "seed_sd": round(value * 0.03, 6) if has_seeds else None,
    }
