"""Slice columns and nearest training entries, derived whenever scoring needs them.

They follow from the released tables alone, so they are no part of a dataset version; the hash of
the columns says whether two scores were taken apart in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ionladder.core.hashing import content_hash
from ionladder.core.paths import Layout
from ionladder.datasets.composition_distance import Array, nearest
from ionladder.datasets.load import STRUCTURES, read_table, to_frame
from ionladder.datasets.registry import get_dataset, slice_columns_of
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
        split: ``subset`` and what else the split knows of all entries.
        ids: Entries that are evaluated, ascending.
        neighbours: Their nearest training entries, as :func:`nearest_entries` gives them.
    """

    entries: pd.DataFrame
    structures: pd.DataFrame | None
    labels: pd.DataFrame
    split: pd.DataFrame
    ids: Sequence[str]
    neighbours: pd.DataFrame

    @property
    def nearest_distance(self) -> Array:
        """Distance of every evaluated entry to the nearest training entry, in the order of ids."""
        first = self.neighbours[self.neighbours["place"] == 1].set_index("id")
        distances: Array = first.loc[list(self.ids), "distance"].to_numpy(np.float64)
        return distances


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


def slice_entries(
    layout: Layout, task: Task, version: str, *, ids: Sequence[str], train_ids: Sequence[str]
) -> SlicedEntries:
    """Take the evaluated entries of a task apart.

    Args:
        layout: The repository.
        task: Names dataset and split.
        version: Dataset version.
        ids: Entries that are evaluated.
        train_ids: Entries that models learn from.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    import pandas as pd
    import pyarrow as pa

    dataset = get_dataset(task.dataset)
    names = {table.name for table in dataset.tables}
    read = [name for name in ("entries", "labels", "splits", STRUCTURES) if name in names]
    frames = {name: to_frame(read_table(layout, task.dataset, version, name)) for name in read}
    split = frames["splits"]
    ordered = sorted(ids)
    entries = frames["entries"].set_index("id")
    neighbours = nearest_entries(
        entries[dataset.composition_column], ids=ordered, train_ids=train_ids
    )
    make = slice_columns_of(task.dataset)
    if make is None:
        columns = pd.DataFrame({"id": ordered})
    else:
        structures = frames.get(STRUCTURES)
        made = make(
            SliceInputs(
                entries=entries,
                structures=None if structures is None else structures.set_index("id"),
                labels=frames["labels"].set_index("id"),
                split=split[split["split_name"] == task.split].set_index("id"),
                ids=ordered,
                neighbours=neighbours,
            )
        )
        columns = made.loc[ordered].rename_axis("id").reset_index()
    table = pa.Table.from_pandas(columns.astype("string"), preserve_index=False)
    return SlicedEntries(
        columns=columns, neighbours=neighbours, sha256=content_hash(table, key="id")
    )


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
    import pandas as pd

    known = np.array(sorted(train_ids), dtype=object)
    if not len(known) or not len(ids):
        return pd.DataFrame({"id": [], "place": [], "neighbour": [], "distance": []})
    found = nearest(
        formulas.loc[list(ids)].tolist(), formulas.loc[known].tolist(), count=N_NEIGHBOURS
    )
    count = found.distances.shape[1]
    return pd.DataFrame(
        {
            "id": np.repeat(np.array(ids, dtype=object), count),
            "place": np.tile(np.arange(1, count + 1), len(ids)),
            "neighbour": known[found.places.ravel()],
            "distance": found.distances.ravel(),
        }
    )
