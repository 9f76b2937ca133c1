"""From the labels on this machine to what a task's submissions are checked against."""

from __future__ import annotations

from ionladder.core.paths import Layout
from ionladder.datasets.labels import EvaluationLabels, load_evaluation_labels
from ionladder.scoring.arrays import array_reader
from ionladder.specs.task import Task
from ionladder.submissions.validate import Expectations


def expectations_of(labels: EvaluationLabels, task: Task) -> Expectations:
    """Ids and folds that predictions must cover, and the reader of arrays where a task has them."""
    return Expectations(
        test_ids=frozenset(labels.test["id"]),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
        read_arrays=array_reader(labels, task),
    )


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """The same, read from the tables of a dataset version.

    Raises:
        DataMissingError: The tables are not on this machine.
    """
    labels = load_evaluation_labels(layout, task, version, with_slices=False)
    return expectations_of(labels, task)
