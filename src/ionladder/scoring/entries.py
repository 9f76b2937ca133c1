"""Entry by entry: what a submission predicted for each scored entry, beside the label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ionladder.core.paths import Layout
from ionladder.datasets.labels import load_evaluation_labels
from ionladder.scoring.align import align
from ionladder.scoring.read import expectations_of
from ionladder.specs.metric import Array
from ionladder.specs.task import Target, Task
from ionladder.submissions.validate import read_submission


class EntryReader:
    """Reads submissions of one task beside its labels, which are loaded once.

    Raises:
        DataMissingError: The labels are not on this machine.
        DataChangedError: They are not those of the released version.
    """

    def __init__(self, layout: Layout, task: Task, version: str) -> None:
        labels = load_evaluation_labels(layout, task, version)
        self._layout = layout
        self._task = task
        self._expectations = expectations_of(labels)
        self._test = labels.test.sort_values("id", ignore_index=True)

    def read(self, name: str) -> dict[str, pd.DataFrame]:
        """Predictions and labels of every scored entry, for each target of the task.

        Of a task scored on folds these are the predictions of the first repeat: a mean over
        repeats would be a prediction that nobody made, and closer than any that is scored.

        Returns:
            Target name → table sorted by id: ``id, y_true`` (NaN where the label is missing),
            ``y_pred`` (mean over seeds), ``y_pred_sd`` (over seeds, NaN with one seed),
            ``upper_limit`` (NaN where uncensored), ``in_cif`` (True where the task has no CIFs).

        Raises:
            SubmissionError: The submission has problems.
        """
        folder = self._layout.submission_dir(self._task.name, name)
        submission = read_submission(
            folder, self._task, self._expectations, shown_as=self._layout.relative(folder)
        )
        aligned = align(self._test["id"].tolist(), submission.predictions.rows, self._task)
        shown = slice(None) if self._task.scored_folds is None else slice(1)
        return {
            target.name: self._table(target, aligned.y_pred[target.name][shown])
            for target in self._task.targets
        }

    def _table(self, target: Target, y_pred: Array) -> pd.DataFrame:
        limits = (
            self._test[target.limit_column].to_numpy(np.float64, na_value=np.nan)
            if target.limit_column
            else np.full(len(self._test), np.nan)
        )
        return pd.DataFrame(
            {
                "id": self._test["id"],
                "y_true": self._test[target.name].to_numpy(np.float64, na_value=np.nan),
                "y_pred": y_pred.mean(axis=0),
                "y_pred_sd": np.nan if len(y_pred) == 1 else y_pred.std(axis=0, ddof=1),
                "upper_limit": limits,
                "in_cif": self._test["in_cif"].to_numpy(bool) if "in_cif" in self._test else True,
            }
        )
