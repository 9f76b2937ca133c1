"""Entry by entry: what submissions predicted for each scored entry, beside the label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ionladder.core.errors import SubmissionError
from ionladder.core.paths import Layout
from ionladder.datasets.labels import EvaluationLabels, load_evaluation_labels
from ionladder.scoring.align import Aligned, align
from ionladder.scoring.read import expectations_of
from ionladder.specs.metric import Array
from ionladder.specs.task import Target, Task
from ionladder.submissions.predictions import read_predictions
from ionladder.submissions.validate import read_submission


class EntryReader:
    """Reads submissions of one task beside its labels, each of them once.

    Raises:
        DataMissingError: The labels are not on this machine.
        DataChangedError: They are not those of the released version.
    """

    def __init__(self, layout: Layout, task: Task, version: str) -> None:
        self.labels: EvaluationLabels = load_evaluation_labels(layout, task, version)
        self.test: pd.DataFrame = self.labels.test.sort_values("id", ignore_index=True)
        self._layout = layout
        self._task = task
        self._ids: list[str] = self.test["id"].tolist()
        self._expected = expectations_of(self.labels, task)
        self._aligned: dict[str, Aligned] = {}

    def aligned(self, name: str) -> Aligned:
        """Predictions of a submission in the order of ``test``.

        Raises:
            SubmissionError: The predictions have problems.
        """
        if name not in self._aligned:
            folder = self._layout.submission_dir(self._task.name, name)
            self._aligned[name] = align(self._ids, self._scored_rows(folder), self._task)
        return self._aligned[name]

    def _scored_rows(self, folder: Path) -> pd.DataFrame:
        """The predictions that are scored; folds that are not scored are not even read."""
        shown_as = self._layout.relative(folder)
        if self._task.scored_folds is not None or self._expected.read_arrays is not None:
            submission = read_submission(folder, self._task, self._expected, shown_as=shown_as)
            return submission.predictions.rows
        table, problems = read_predictions(
            folder,
            self._task,
            test_ids=self._expected.test_ids,
            train_ids=self._expected.train_ids,
            shown_as=shown_as,
        )
        if table is None:
            raise SubmissionError(problems)
        return table.rows

    def read(self, name: str) -> dict[str, pd.DataFrame]:
        """Predictions and labels of every scored entry, for each target of the task.

        Of a task scored on folds these are the predictions of the first repeat: a mean over
        repeats would be a prediction that nobody made, and closer than any that is scored.

        Returns:
            Target name → table sorted by id: ``id, y_true`` (NaN where the label is missing),
            ``y_pred`` (mean over seeds), ``y_pred_sd`` (over seeds, NaN with one seed),
            ``upper_limit`` (NaN where uncensored), ``in_cif`` (True where the task has no CIFs).

        Raises:
            SubmissionError: The predictions have problems.
        """
        y_pred = self.aligned(name).y_pred
        shown = slice(None) if self._task.scored_folds is None else slice(1)
        return {
            target.name: self._table(target, y_pred[target.name][shown])
            for target in self._task.targets
        }

    def _table(self, target: Target, y_pred: Array) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "id": self.test["id"],
                "y_true": label_column(self.test, target.name),
                "y_pred": y_pred.mean(axis=0),
                "y_pred_sd": np.nan if len(y_pred) == 1 else y_pred.std(axis=0, ddof=1),
                "upper_limit": label_column(self.test, target.limit_column),
                "in_cif": self.test["in_cif"].to_numpy(bool) if "in_cif" in self.test else True,
            }
        )


def label_column(labels: pd.DataFrame, name: str | None) -> Array:
    """A label column as floats, NaN where it is missing; all NaN when there is no such column."""
    if name is None:
        return np.full(len(labels), np.nan)
    values: Array = labels[name].to_numpy(np.float64, na_value=np.nan)
    return values
