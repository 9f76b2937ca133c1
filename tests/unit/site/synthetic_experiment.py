"""A made-up board of the CIF entries and the experiment on it, for ``synthetic_board``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ionladder.data.registry import get_task
from ionladder.repo import Layout
from unit.site.synthetic_board import Entry, leaderboard

TASK = get_task("obelix-cif")
EXPERIMENT = TASK.experiments[0]
PAIR_COLUMNS = ["submission", "other", "difference", "ci_low", "ci_high", "probability_better"]

Names = tuple[str, str]
Ends = tuple[float | None, float | None, float | None]

OCCUPANCY: dict[Names, Ends] = {
    ("cgcnn-weighted", "cgcnn"): (-1.07, -2.43, 0.30),
    ("schnet-weighted", "schnet"): (-0.57, -1.63, 0.50),
}
VALUES = {
    "rf-paper-cif": 1.883,
    "bvse-rf": 1.860,
    "chgnet-features": 2.594,
    "schnet-weighted": 2.675,
    "cgcnn-weighted": 2.753,
    "painn": 3.032,
    "schnet": 3.243,
    "cgcnn-majority": 3.516,
    "cgcnn": 3.819,
}


def entries() -> list[Entry]:
    """The rows of the experiment that are scored from the beginning."""
    card = {"training_time_s": 11.0, "parameters": 77505}
    found = [
        Entry(name=name, value=value, model=f"Model {name}", n_seeds=3, card=card)
        for name, value in VALUES.items()
    ]
    return [*found, Entry(name="train-median", value=2.815, kind="reference", tie_group=None)]


def board_json(shown: list[Entry]) -> dict[str, Any]:
    """The content of ``leaderboard/obelix-cif.json``."""
    return leaderboard(shown, TASK.reported) | {"task": TASK.name}


def add_analysis(layout: Layout, task: str, **parts: object) -> Layout:
    """Write the analysis of a board."""
    path = layout.analysis_json(task)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"task": task, **parts}), encoding="utf-8")
    return layout


def pair_table(pairs: Mapping[Names, Ends]) -> dict[str, Any]:
    """Pairs as an analysis stores them."""
    rows = [[*pair, *ends, 0.5] for pair, ends in pairs.items()]
    return {"columns": PAIR_COLUMNS, "rows": rows}


def add_board(
    layout: Layout,
    shown: list[Entry],
    *,
    pairs: Mapping[Names, Ends] | None = None,
    table: object = None,
) -> Layout:
    """Add a board of the CIF entries, with pairs and perhaps the table of the experiment."""
    layout.leaderboard_json(TASK.name).write_text(json.dumps(board_json(shown)), encoding="utf-8")
    more = {} if table is None else {"experiments": {EXPERIMENT.name: table}}
    return add_analysis(layout, TASK.name, pairs=pair_table(pairs or {}), **more)
