"""Which test entries have a composition that the training set has too."""

from __future__ import annotations

from ionladder.core.paths import Layout
from ionladder.datasets.load import read_table, to_frame
from ionladder.specs.task import Task

COMPOSITION = "formula_norm"
"""Column of ``entries`` with the composition of an entry, reduced so that equal ones are equal."""


def crossing_ids(layout: Layout, task: Task, version: str) -> frozenset[str]:
    """Ids of test entries whose normalised formula also stands in the training set.

    Empty where the dataset names no normalised formula. An entry without one crosses nothing.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    entries = read_table(layout, task.dataset, version, "entries")
    if COMPOSITION not in entries.column_names:
        return frozenset()
    frame = to_frame(entries.select(["id", COMPOSITION])).dropna()
    split = to_frame(read_table(layout, task.dataset, version, "splits"))
    split = split.loc[split["split_name"] == task.split, ["id", "subset"]]
    both = frame.merge(split, on="id", validate="one_to_one")
    known = set(both.loc[both["subset"] == "train", COMPOSITION])
    is_crossing = (both["subset"] == "test") & both[COMPOSITION].isin(known)
    return frozenset(both.loc[is_crossing, "id"])
