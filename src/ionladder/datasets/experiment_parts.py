"""Which part of an experiment each evaluated entry is in: the task's slices, and what is dear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionladder.core.paths import Layout
from ionladder.datasets.load import STRUCTURES, read_table, rows_of, to_frame
from ionladder.datasets.registry import part_columns_of
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd


def experiment_columns(
    layout: Layout, task: Task, version: str, slices: pd.DataFrame
) -> pd.DataFrame:
    """The columns that parts of a task's experiments name.

    Args:
        layout: The repository.
        task: The task.
        version: Dataset version.
        slices: ``id`` and the slice columns of the evaluated entries.

    Returns:
        One row an entry, indexed by id: the slice columns, and those that the dataset derives for
        its experiments alone; an entry without a structure has no value in these.

    Raises:
        DataMissingError: The structures are not on this machine.
        KeyError: A part names a column that nobody derives.
    """
    columns = slices.set_index("id")
    named = {part.column for experiment in task.experiments for part in experiment.parts}
    missing = named - {*columns.columns}
    make = part_columns_of(task.dataset)
    if missing and make is not None:
        table = read_table(layout, task.dataset, version, STRUCTURES)
        structures = to_frame(rows_of(table, columns.index.tolist())).set_index("id")
        columns = columns.join(make(structures))
    if unknown := sorted(named - {*columns.columns}):
        msg = f"experiments of {task.name!r} name parts that the dataset does not derive: {unknown}"
        raise KeyError(msg)
    return columns
