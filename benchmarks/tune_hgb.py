"""Choose the settings of the baseline ``hgb-l1`` by grouped cross-validation on the training set.

Reads inputs and training labels only. Run from the root of the repository, with the tables of the
task's dataset version present; about ten CPU minutes:

    python benchmarks/tune_hgb.py benchmarks/tune_hgb.md

Every setting of a small grid is trained on the frozen ``grouped_doi_comp`` folds (the first three
repeats; repeat r with seed r) and scored by the mean absolute error over all held-out training
entries. The first of equals wins. The table of all settings is written to the file named.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from ionladder.baselines.features import label_array, rich_features
from ionladder.baselines.runner import single_thread
from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.repo import find_layout, write_text

TASK = "obelix"
SCHEME = "grouped_doi_comp"
REPEATS = (0, 1, 2)
FIXED = {"loss": "absolute_error", "early_stopping": False}
GRID: dict[str, tuple[float, ...]] = {
    "learning_rate": (0.1, 0.05),
    "max_leaf_nodes": (8, 16, 31),
    "min_samples_leaf": (5, 10, 20),
    "max_features": (0.1, 0.3, 1.0),
}
ITERATIONS = {0.1: 100, 0.05: 200}
"""Boosting steps that go with each learning rate: their product is 10 throughout."""


def main(path: Path) -> None:
    """Score the grid, print and write its table."""
    layout = find_layout()
    version = load_params(layout).task_versions[TASK]
    inputs = load_inputs(layout, get_task(TASK), version)
    features = rich_features(inputs.entries)
    rows = []
    with single_thread():
        for values in itertools.product(*GRID.values()):
            setting = dict(zip(GRID, values, strict=True))
            start = time.process_time()
            errors = [repeat_error(setting, inputs, features, repeat) for repeat in REPEATS]
            rows.append((setting, errors))
            print(
                setting, f"{np.mean(errors):.4f}  {time.process_time() - start:.1f} s", flush=True
            )
    write_text(path, report(rows, version))


def repeat_error(
    setting: dict[str, float], inputs: TaskInputs, features: pd.DataFrame, repeat: int
) -> float:
    """Mean absolute error over every training entry, each predicted from the other folds."""
    folds = inputs.folds
    part = folds[(folds["scheme"] == SCHEME) & (folds["repeat"] == repeat)]
    errors = []
    for fold in sorted(part["fold"].unique()):
        learnt = sorted(part.loc[part["fold"] != fold, "id"])
        held_out = sorted(part.loc[part["fold"] == fold, "id"])
        trees = HistGradientBoostingRegressor(
            **FIXED, **setting, max_iter=ITERATIONS[setting["learning_rate"]], random_state=repeat
        )
        trees.fit(features.loc[learnt].to_numpy(), label_array(inputs, learnt))
        predicted = trees.predict(features.loc[held_out].to_numpy())
        errors.append(np.abs(predicted - label_array(inputs, held_out)))
    return float(np.concatenate(errors).mean())


def report(rows: list[tuple[dict[str, float], list[float]]], version: str) -> str:
    """The table as Markdown, best setting first."""
    ranked = sorted(rows, key=lambda row: float(np.mean(row[1])))
    intro = (
        f"Written by `benchmarks/tune_hgb.py` on OBELiX {version}, training entries only: mean "
        f"absolute error in decades on the frozen `{SCHEME}` folds, repeats "
        f"{', '.join(map(str, REPEATS))}. The first row was chosen."
    )
    lines = [
        "# Settings of `hgb-l1`",
        "",
        intro,
        "",
        "| " + " | ".join([*GRID, "max_iter", "MAE", *(f"repeat {r}" for r in REPEATS)]) + " |",
        "|" + "---|" * (len(GRID) + 2 + len(REPEATS)),
    ]
    for setting, errors in ranked:
        cells = [*setting.values(), ITERATIONS[setting["learning_rate"]]]
        scores = [float(np.mean(errors)), *errors]
        lines.append(
            "| " + " | ".join([*(f"{c:g}" for c in cells), *(f"{s:.4f}" for s in scores)]) + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
