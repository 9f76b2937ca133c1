"""From the labels on this machine to what a task's submissions are checked against."""

from __future__ import annotations

from ionladder.core.paths import Layout
from ionladder.datasets.labels import EvaluationLabels, load_evaluation_labels
from ionladder.specs.task import Task
from ionladder.submissions.known_ids import KnownIds
from ionladder.submissions.validate import Expectations


def expectations_of(labels: EvaluationLabels) -> Expectations:
    """Ids and folds that predictions must cover."""
    return Expectations(
        test_ids=KnownIds(labels.test["id"].tolist()),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
    )


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """The same, read from the tables of a dataset version.

    Raises:
        DataMissingError: The tables are not on this machine.
    """
    return expectations_of(load_evaluation_labels(layout, task, version, with_slices=False))
