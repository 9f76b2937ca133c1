"""The one door to held-out labels: scoring comes through here, models never do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionladder.core.hashing import content_hash, sha256_bytes
from ionladder.core.paths import Layout
from ionladder.datasets.load import read_table, to_frame
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_CENSORING = "censoring"
_SPLIT_COLUMNS = ("in_cif", "component")


@dataclass(frozen=True)
class EvaluationLabels:
    """What a task is scored against.

    Attributes:
        test: One row per test entry, sorted by id: ``id``, targets, limit columns, ``censoring``,
            ``in_cif``, ``component``.
        train: The same for training entries, for cross-validation.
        replicates: ``id``, targets, ``replicate_group``, ``subset`` of every entry in a group of
            repeated measurements.
        labels_sha256: Content hash of ids, targets, limits and censoring of all entries.
        split_sha256: Hash of the content hashes of this split and of the folds.
        folds: Frozen folds: ``scheme``, ``repeat``, ``fold``, ``id``.
    """

    test: pd.DataFrame
    train: pd.DataFrame
    replicates: pd.DataFrame
    labels_sha256: str
    split_sha256: str
    folds: pd.DataFrame


def load_evaluation_labels(layout: Layout, task: Task, version: str) -> EvaluationLabels:
    """Read the labels that a task is scored against.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    entries, labels, splits, folds = (
        read_table(layout, task.dataset, version, name)
        for name in ("entries", "labels", "splits", "folds")
    )
    targets = [target.name for target in task.targets]
    limits = [target.limit_column for target in task.targets if target.limit_column]
    scored = labels.select(["id", *targets, *limits, _CENSORING])
    split = _rows_of_split(splits, task.split)
    frame = to_frame(scored).merge(to_frame(split), on="id", validate="one_to_one")
    frame = frame.sort_values("id")
    columns = [*scored.column_names, *_SPLIT_COLUMNS]
    return EvaluationLabels(
        test=frame.loc[frame["subset"] == "test", columns].reset_index(drop=True),
        train=frame.loc[frame["subset"] == "train", columns].reset_index(drop=True),
        replicates=_replicates(frame, entries, task, targets),
        labels_sha256=content_hash(scored, key="id"),
        split_sha256=_split_hash(split, folds),
        folds=to_frame(folds),
    )


def _rows_of_split(splits: pa.Table, name: str) -> pa.Table:
    import pyarrow.compute as pc

    return splits.filter(pc.equal(splits["split_name"], name)).drop_columns("split_name")


def _replicates(
    frame: pd.DataFrame, entries: pa.Table, task: Task, targets: list[str]
) -> pd.DataFrame:
    if task.replicate_column is None:
        return frame.iloc[:0][["id", *targets, "subset"]].assign(replicate_group=[])
    groups = to_frame(entries.select(["id", task.replicate_column])).dropna()
    groups = groups.astype({task.replicate_column: "int64"})
    groups = groups.rename(columns={task.replicate_column: "replicate_group"})
    joined = frame.merge(groups, on="id", validate="one_to_one").sort_values("id")
    return joined[["id", *targets, "replicate_group", "subset"]].reset_index(drop=True)


def _split_hash(split: pa.Table, folds: pa.Table) -> str:
    parts = {
        "split": content_hash(split, key="id"),
        "folds": content_hash(folds, key=["scheme", "repeat", "fold", "id"]),
    }
    return sha256_bytes("\n".join(f"{name}={digest}" for name, digest in parts.items()).encode())
