"""From the tables on this machine to what a task's submissions are checked against."""

from __future__ import annotations

from ionladder.core.paths import Layout
from ionladder.datasets.labels import EvaluationLabels, load_evaluation_labels
from ionladder.scoring.arrays import array_reader
from ionladder.specs.task import Task
from ionladder.submissions import expected
from ionladder.submissions.known_ids import KnownIds
from ionladder.submissions.validate import Expectations


def expectations_of(labels: EvaluationLabels, task: Task) -> Expectations:
    """Ids and folds that predictions must cover, and the reader of arrays where a task has them."""
    return Expectations(
        test_ids=KnownIds(labels.test["id"].tolist()),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
        read_arrays=array_reader(labels, task),
    )


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """The same without labels where a task predicts numbers: split and folds say it all.

    Arrays are checked against the true ones as they are read, so for them every table is needed.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: It is not the released one.
    """
    if task.predicts == "values":
        return expected.load_expectations(layout, task, version)
    return expectations_of(load_evaluation_labels(layout, task, version), task)
