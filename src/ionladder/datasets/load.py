"""Tables read back, each held to the content hash in its version's manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionladder.core.errors import DataChangedError, DataMissingError
from ionladder.core.hashing import content_hash
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, first_few
from ionladder.core.tables import read_parquet
from ionladder.datasets.manifest import (
    Manifest,
    describe_table,
    differing_columns,
    require_manifest,
    version_key,
)
from ionladder.datasets.registry import get_dataset
from ionladder.datasets.schema import require_schema
from ionladder.specs.dataset import Table
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

STRUCTURES = "structures"


@dataclass(frozen=True)
class TaskInputs:
    """What a model may see: every entry's inputs, and the labels of training entries only.

    Of a task that only some entries take part in, no other entry is here.

    Attributes:
        entries: Inputs of all entries, indexed by id.
        structures: Crystal structures, indexed by id, or None where the dataset has none.
        train_ids: Training entries, sorted.
        test_ids: Entries to predict after training on all of ``train_ids``, sorted; none where the
            task is scored on folds.
        train_labels: Columns of ``labels`` for training entries, indexed by id.
        split: ``subset``, ``in_cif``, ``component`` of every entry, indexed by id.
        folds: Frozen folds of the training entries: ``scheme``, ``repeat``, ``fold``, ``id``.
        targets: Label columns to predict, in the order of the task.
    """

    entries: pd.DataFrame
    structures: pd.DataFrame | None
    train_ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    train_labels: pd.DataFrame
    split: pd.DataFrame
    folds: pd.DataFrame
    targets: tuple[str, ...]


def read_table(layout: Layout, dataset: str, version: str, name: str) -> pa.Table:
    """Read one table of a version.

    Raises:
        DataMissingError: It is not on this machine.
        DataChangedError: Its columns or content are not those of the manifest.
    """
    spec = get_dataset(dataset).table(name)
    path = layout.table(dataset, version, name)
    if not path.is_file():
        raise DataMissingError(_missing(dataset, version, name))
    manifest = require_manifest(layout, dataset, version)
    table = read_parquet(path, shown_as=layout.relative(path))
    require_schema(spec, table, where=layout.relative(path))
    _require_content(spec, table, manifest, where=layout.relative(path))
    return table


def load_inputs(layout: Layout, task: Task, version: str) -> TaskInputs:
    """Read what a model of a task may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    dataset = get_dataset(task.dataset)
    names = [table.name for table in dataset.tables]
    tables = {name: read_table(layout, dataset.name, version, name) for name in names}
    split_rows = split_of_task(tables["splits"], task)
    if task.entries is not None:
        taking_part = split_rows["id"].to_pylist()
        for name in ("entries", STRUCTURES, "folds"):
            if name in tables:
                tables[name] = rows_of(tables[name], taking_part)
    frames = {name: to_frame(table) for name, table in tables.items()}
    split = to_frame(split_rows).set_index("id")
    train = tuple(sorted(split.index[split["subset"] == "train"]))
    test = tuple(sorted(split.index[split["subset"] == "test"]))
    structures = frames.get(STRUCTURES)
    return TaskInputs(
        entries=frames["entries"].set_index("id"),
        structures=None if structures is None else structures.set_index("id"),
        train_ids=train,
        test_ids=() if task.scored_folds else test,
        train_labels=frames["labels"].set_index("id").loc[list(train)],
        split=split,
        folds=frames["folds"],
        targets=tuple(target.name for target in task.targets),
    )


def split_of_task(splits: pa.Table, task: Task) -> pa.Table:
    """Rows of ``splits`` that take part in a task, without the name of the split.

    Args:
        splits: The whole table of a version.
        task: Names the split, and the entries where not all of it take part.
    """
    rows = rows_with(splits, "split_name", task.split).drop_columns("split_name")
    if task.entries is None or task.entries.column is None:
        return rows
    return rows_with(rows, task.entries.column, task.entries.equals)


def rows_with(table: pa.Table, column: str, value: object) -> pa.Table:
    """The rows of a table that have a value in a column, in the order of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = table[column]
    plain = values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
    return table.filter(pc.equal(plain, pa.scalar(value)))


def rows_of(table: pa.Table, ids: Sequence[str]) -> pa.Table:
    """The rows of a table whose ``id`` is among ``ids``, in the order of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["id"], value_set=pa.array(ids, type=table["id"].type)))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A pandas frame; text of few values becomes plain text, so that ``==`` is never a surprise."""
    import pyarrow as pa

    columns = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    frame: pd.DataFrame = pa.table(columns, names=table.column_names).to_pandas()
    return frame


def _require_content(spec: Table, table: pa.Table, manifest: Manifest, *, where: str) -> None:
    recorded = manifest["tables"][spec.name]
    if content_hash(table, key=list(spec.key)) == recorded["content_sha256"]:
        return
    columns = differing_columns(recorded, describe_table(spec, table))
    dataset, version = manifest["dataset"], manifest["version"]
    raise DataChangedError(
        Problem(
            where=where,
            expected=f"the content recorded in the manifest of {dataset} {version}",
            found=f"other values in {first_few(columns, limit=12)}",
            next_step=f"Run `ionladder ingest {version_key(dataset, version)}` to rebuild it.",
        )
    )


def _missing(dataset: str, version: str, name: str) -> Problem:
    key = version_key(dataset, version)
    return Problem(
        where=f"{name} of {dataset} {version}",
        expected="the table on this machine",
        found="none (it is never in git)",
        next_step=f"Run `ionladder fetch {key}` and `ionladder ingest {key}`.",
    )
