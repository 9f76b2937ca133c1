"""Entry by entry: what one submission predicted for each test entry, beside the label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ionladder.core.paths import Layout
from ionladder.datasets.labels import load_evaluation_labels
from ionladder.scoring.align import align
from ionladder.scoring.read import expectations_of
from ionladder.specs.task import Task
from ionladder.submissions.validate import read_submission


def entry_errors(layout: Layout, task: Task, version: str, name: str) -> pd.DataFrame:
    """Predictions and labels of the primary target for every test entry.

    Returns:
        Sorted by id: ``id, y_true, y_pred`` (mean over seeds), ``y_pred_sd`` (over seeds, NaN
        with one seed), ``upper_limit`` (NaN where uncensored), ``in_cif``.

    Raises:
        DataMissingError: The labels are not on this machine.
        SubmissionError: The submission has problems.
    """
    labels = load_evaluation_labels(layout, task, version)
    folder = layout.submission_dir(task.name, name)
    submission = read_submission(
        folder, task, expectations_of(labels), shown_as=layout.relative(folder)
    )
    test = labels.test.sort_values("id", ignore_index=True)
    aligned = align(test["id"].tolist(), submission.predictions.rows, task)
    target = task.target(task.primary.target)
    y_pred = aligned.y_pred[target.name]
    one_seed = len(aligned.seeds) == 1
    limits = (
        test[target.limit_column].to_numpy(np.float64, na_value=np.nan)
        if target.limit_column
        else np.full(len(test), np.nan)
    )
    return pd.DataFrame(
        {
            "id": test["id"],
            "y_true": test[target.name].to_numpy(np.float64),
            "y_pred": y_pred.mean(axis=0),
            "y_pred_sd": np.nan if one_seed else y_pred.std(axis=0, ddof=1),
            "upper_limit": limits,
            "in_cif": test["in_cif"].to_numpy(bool),
        }
    )
