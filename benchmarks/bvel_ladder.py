"""Do the splits of bvel_proto differ? Out-of-fold errors of a committed model, and paired steps.

Every training entry is predicted out of fold under each scheme, so schemes are compared entry by
entry: a step is the mean of an entry's error under one scheme less its error under the one below.
Intervals are the boards' (jackknife over groups with Student's t); groups are chemical systems, for
the steps also structure types.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.runner import make_plan, read_back
from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs
from ionladder.metrics import clipped_errors
from ionladder.repo import Layout
from ionladder.stats.intervals import (
    degrees_of_freedom,
    jackknife_variance,
    left_out_means,
    make_groups,
    student_t,
)

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
BVEL_PROTO = get_task("bvel-proto")
LADDER = tuple(cv.scheme for cv in sorted(BVEL_PROTO.cross_validation, key=lambda cv: cv.rung or 0))
UNITS = ("chemsys", "prototype")


def main() -> None:
    """Print the ladder of one or more submissions; nothing is trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = ("composition-rf", "structure-rf", "structure-hgb")
    parser.add_argument("names", nargs="*", default=default, help="baselines with cv_predictions")
    names = parser.parse_args().names

    layout = Layout(ROOT)
    params = load_params(layout)
    version = params.task_versions[BVEL_PROTO.name]
    for number, name in enumerate(names):
        plan = make_plan(layout, params, name, BVEL_PROTO.name)
        cv_predictions = read_back(layout, plan).cv_predictions
        if cv_predictions is None:
            parser.error(f"{name} has no cv_predictions")
        if number == 0:
            print(f"bvel_proto {version}: {extent(plan.inputs)}")
        errors = {
            scheme: entry_errors(plan.inputs, cv_predictions.rows, scheme) for scheme in LADDER
        }
        print(f"\n{name}")
        for line in lines(errors, plan.inputs.entries, params.scoring.confidence):
            print(line)


def extent(inputs: TaskInputs) -> str:
    """How many training entries there are, and how they lie among chemical systems."""
    systems = inputs.entries.loc[list(inputs.train_ids), "chemsys"].value_counts()
    return (
        f"{len(inputs.train_ids)} training entries of {len(systems)} chemical systems, "
        f"{systems.median():g} in the median one"
    )


def entry_errors(inputs: TaskInputs, rows: pd.DataFrame, scheme: str) -> pd.Series[float]:
    """Clipped error of every training entry, eV: the mean over targets and repeats, by id."""
    predicted = rows[rows["scheme"] == scheme]
    true = inputs.train_labels.loc[predicted["id"]]
    errors = [
        clipped_errors(
            true[name].to_numpy(float),
            predicted[name].to_numpy(float),
            clip=BVEL_PROTO.primary_use.options["clip"],
        )
        for name in inputs.targets
    ]
    return (
        predicted["id"]
        .to_frame()
        .assign(error=np.mean(errors, axis=0))
        .groupby("id")["error"]
        .mean()
    )


def lines(
    errors: dict[str, pd.Series[float]], entries: pd.DataFrame, confidence: float
) -> Sequence[str]:
    """The error of every scheme and the step to the next one, each with its interval."""
    found = []
    for scheme, error in errors.items():
        found.append(f"  {scheme:<22}{shown(error, entries['chemsys'], confidence)}")
    for lower, upper in pairwise(LADDER):
        step = errors[upper] - errors[lower]
        for unit in UNITS:
            what = f"{upper} - {lower}"
            found.append(f"  {what:<22}{shown(step, entries[unit], confidence)} by {unit}")
    return found


def shown(values: pd.Series[float], labels: pd.Series[str], confidence: float) -> str:
    """A mean with its interval, groups left out in turn."""
    groups = make_groups(labels.loc[values.index].to_numpy(str))
    left_out = left_out_means(groups.sums(values.to_numpy(float)), groups.sizes)
    mean, present = np.asarray(values.mean()), np.asarray(groups.n_present)
    error = np.sqrt(jackknife_variance(mean, left_out, present))
    half = float(student_t(degrees_of_freedom(groups.sizes), confidence) * error)
    return f"{mean:>7.3f} eV [{mean - half:.3f}, {mean + half:.3f}]"


if __name__ == "__main__":
    main()
