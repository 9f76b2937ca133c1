"""What the submissions of a task must cover: ids and folds, without any label."""

from __future__ import annotations

from ionladder.core.paths import Layout
from ionladder.datasets.load import read_table, rows_of, rows_with, split_of_task, to_frame
from ionladder.specs.task import Task
from ionladder.submissions.known_ids import KnownIds
from ionladder.submissions.validate import Expectations


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """Read the split and the folds of a dataset version.

    Raises:
        DataMissingError: One of the two is not on this machine.
        DataChangedError: It is not the released one.
    """
    splits, folds = (
        read_table(layout, task.dataset, version, name) for name in ("splits", "folds")
    )
    split = split_of_task(splits, task)
    train = rows_with(split, "subset", "train")["id"].to_pylist()
    test = rows_with(split, "subset", "test")["id"].to_pylist()
    if task.scored_folds:
        folds = rows_of(folds, train)
    elif task.entries:
        folds = rows_of(folds, split["id"].to_pylist())
    return Expectations(
        test_ids=KnownIds(train if task.scored_folds else test),
        train_ids=KnownIds(train),
        folds=to_frame(folds),
    )
