"""Slice columns and nearest training entries, derived whenever scoring needs them.

They follow from the released tables alone, so they are no part of a dataset version; the hash of
the columns says whether two scores were taken apart in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.core.hashing import content_hash
from ionladder.core.paths import Layout
from ionladder.datasets.composition_distance import (
    Array,
    Neighbours,
    nearest,
    nearest_of_other_groups,
)
from ionladder.datasets.load import STRUCTURES, read_table, split_of_task, to_frame
from ionladder.datasets.registry import get_dataset, slice_columns_of
from ionladder.specs.dataset import Dataset
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd

N_NEIGHBOURS = 3
NOT_GIVEN = "not given"


@dataclass(frozen=True, kw_only=True)
class SliceInputs:
    """What slice columns are derived from; every table is indexed by id.

    Attributes:
        entries: Inputs of all entries.
        structures: Crystal structures, of the entries that have one; None where the dataset has
            no such table.
        labels: Labels of all entries.
        split: ``subset`` and what else the split knows of the entries that take part.
        ids: Entries that are evaluated, ascending.
        train_ids: Training entries that take part, ascending; the same where folds are scored.
        neighbours: Their nearest training entries, as :func:`nearest_entries` gives them.
    """

    entries: pd.DataFrame
    structures: pd.DataFrame | None
    labels: pd.DataFrame
    split: pd.DataFrame
    ids: Sequence[str]
    train_ids: Sequence[str]
    neighbours: pd.DataFrame

    @property
    def nearest_distance(self) -> Array:
        """Distance of every evaluated entry to the nearest training entry, in the order of ids."""
        first = self.neighbours[self.neighbours["place"] == 1].set_index("id")
        distances: Array = first.loc[list(self.ids), "distance"].to_numpy(np.float64)
        return distances

    def has_near(self, column: str) -> npt.NDArray[np.bool_]:
        """Whether one of an entry's nearest training entries has its value in a column."""
        near, values = self.neighbours, self.entries[column]
        is_same = values.loc[near["id"]].to_numpy(object) == values.loc[near["neighbour"]].to_numpy(
            object
        )
        found: npt.NDArray[np.bool_] = np.isin(list(self.ids), near.loc[is_same, "id"].tolist())
        return found


@dataclass(frozen=True, kw_only=True)
class SlicedEntries:
    """Evaluated entries taken apart.

    Attributes:
        columns: ``id``, ascending, and one text column per slice; missing where an entry is in no
            part of it. No columns but ``id`` where the dataset declares none.
        neighbours: ``id``, ``place`` (1 is nearest), ``neighbour`` (a training id) and
            ``distance`` (Element Mover's Distance), up to three rows an entry.
        sha256: Content hash of ``columns``.
    """

    columns: pd.DataFrame
    neighbours: pd.DataFrame
    sha256: str


def slice_entries(layout: Layout, task: Task, version: str) -> SlicedEntries:
    """Take the evaluated entries of a task apart.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    import pandas as pd
    import pyarrow as pa

    dataset = get_dataset(task.dataset)
    names = {table.name for table in dataset.tables}
    read = [name for name in ("entries", "labels", "splits", STRUCTURES) if name in names]
    tables = {name: read_table(layout, task.dataset, version, name) for name in read}
    split = to_frame(split_of_task(tables.pop("splits"), task)).set_index("id")
    frames = {name: to_frame(table).set_index("id") for name, table in tables.items()}
    train = sorted(split.index[split["subset"] == "train"])
    ids = train if task.scored_folds else sorted(split.index[split["subset"] == "test"])
    neighbours = _neighbours(dataset, frames["entries"], split, task, ids=ids, train_ids=train)
    make = slice_columns_of(task.dataset)
    if make is None:
        columns = pd.DataFrame({"id": ids})
    else:
        inputs = SliceInputs(
            entries=frames["entries"],
            structures=frames.get(STRUCTURES),
            labels=frames["labels"],
            split=split,
            ids=ids,
            train_ids=train,
            neighbours=neighbours,
        )
        columns = make(inputs).loc[ids].rename_axis("id").reset_index()
    table = pa.Table.from_pandas(columns.astype("string"), preserve_index=False)
    return SlicedEntries(
        columns=columns, neighbours=neighbours, sha256=content_hash(table, key="id")
    )


def _neighbours(
    dataset: Dataset,
    entries: pd.DataFrame,
    split: pd.DataFrame,
    task: Task,
    *,
    ids: Sequence[str],
    train_ids: Sequence[str],
) -> pd.DataFrame:
    """The nearest entries that a model may have trained on; none where nobody looks for them."""
    if dataset.composition_column is None:
        return _table([], [], Neighbours(np.empty((0, 0)), np.empty((0, 0), dtype=np.int64)))
    formulas = entries[dataset.composition_column]
    if task.scored_folds:
        return nearest_of_other_folds(formulas, split.loc[list(ids), task.group_column])
    return nearest_entries(formulas, ids=ids, train_ids=train_ids)


def nearest_entries(
    formulas: pd.Series[str], *, ids: Sequence[str], train_ids: Sequence[str]
) -> pd.DataFrame:
    """The nearest training entries of each entry by composition; ties in the order of ids.

    Args:
        formulas: Formula of every entry, indexed by id.
        ids: Entries asked about.
        train_ids: Training entries; with none, the table is empty.

    Returns:
        ``id, place, neighbour, distance``: up to three rows an entry.
    """
    known = sorted(train_ids)
    if not known or not len(ids):
        return _table([], [], Neighbours(np.empty((0, 0)), np.empty((0, 0), dtype=np.int64)))
    found = nearest(
        formulas.loc[list(ids)].tolist(), formulas.loc[known].tolist(), count=N_NEIGHBOURS
    )
    return _table(ids, known, found)


def nearest_of_other_folds(formulas: pd.Series[str], groups: pd.Series[int]) -> pd.DataFrame:
    """The nearest entries that folds may train on, whichever repeat: those of other groups.

    Args:
        formulas: Formula of every entry, indexed by id.
        groups: Group of every entry asked about, indexed by id, ascending; folds keep it whole.

    Returns:
        ``id, place, neighbour, distance``: up to three rows an entry.
    """
    ids = groups.index.tolist()
    found = nearest_of_other_groups(formulas.loc[ids].tolist(), groups.tolist(), count=N_NEIGHBOURS)
    return _table(ids, ids, found)


def _table(ids: Sequence[str], known: Sequence[str], found: Neighbours) -> pd.DataFrame:
    """Neighbours as rows, those at infinite distance left out."""
    import pandas as pd

    count = found.distances.shape[1]
    names = np.array(known, dtype=object)
    rows = pd.DataFrame(
        {
            "id": np.repeat(np.array(ids, dtype=object), count),
            "place": np.tile(np.arange(1, count + 1), len(ids)),
            "neighbour": names[found.places.ravel()],
            "distance": found.distances.ravel(),
        }
    )
    is_known = np.isfinite(found.distances.ravel())
    return rows.loc[is_known].reset_index(drop=True)
