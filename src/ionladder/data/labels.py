"""The one door to held-out labels: scoring comes through here, models never do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.data import store
from ionladder.data.slices import slice_entries
from ionladder.repo import Layout, content_hash, joined_hash
from ionladder.specs import Task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class EvaluationLabels:
    """What a task is scored against.

    Attributes:
        test: One row per scored entry, sorted by id: ``id``, targets, limit columns, and the
            columns that subsets, weights and groups refer to. The test entries, or the training
            entries where the task is scored on folds.
        train: The same for training entries, for cross-validation.
        replicates: ``id``, targets, limits, ``replicate_group`` and the group column of every
            repeated measurement of the dataset, whichever entries take part: they say how far
            labels can be trusted.
        labels_sha256: Content hash of ids, targets, limits, subset and weight columns of the
            entries that a score rests on: those that take part, without the test entries on a
            task scored on folds. Where arrays are predicted, those of the true and of the given
            ones are part of it.
        split_sha256: Hash of the content hashes of these entries' split and folds.
        folds: Frozen folds: ``scheme``, ``repeat``, ``fold``, ``id``.
        slices: ``id`` of every test entry, ascending, and one text column per slice; None where
            nobody asked for them.
        neighbours: ``id, place, neighbour, distance``: the nearest training entries of every test
            entry by composition; None likewise.
        truth: The frames that predicted arrays are compared with; None where numbers are
            predicted.
        given: The frames that predictions start from; None where scoring needs none.
        offsets: The training frames that the energy zero of a model is fitted on; None where a
            task has none.
        slices_sha256: Content hash of ``slices``. No part of ``labels_sha256``: slices take
            scores apart, and a new rule for them changes no score.
    """

    test: pd.DataFrame
    train: pd.DataFrame
    replicates: pd.DataFrame
    labels_sha256: str
    split_sha256: str
    folds: pd.DataFrame
    slices: pd.DataFrame | None = None
    neighbours: pd.DataFrame | None = None
    slices_sha256: str = ""
    truth: Path | None = None
    given: Path | None = None
    offsets: Path | None = None


def load_evaluation_labels(layout: Layout, task: Task, version: str) -> EvaluationLabels:
    """Read the labels that a task is scored against.

    Args:
        layout: The repository.
        task: The task.
        version: Dataset version.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    tables = store.read_tables(layout, task.dataset, version)
    labels, folds = tables["labels"], tables["folds"]
    targets = [target.name for target in task.targets if target.ideal is None]
    limits = [target.limit_column for target in task.targets if target.limit_column]
    used_columns = {subset.column for subset in task.subsets if subset.column} | {*task.weights}
    used_columns |= {target.given_by for target in task.targets if target.given_by}
    beside = sorted(used_columns & set(labels.column_names))
    selected = labels.select(["id", *targets, *limits, *beside])
    split = store.split_of_task(tables["splits"], task)
    if task.scored_folds:
        split = store.rows_with(split, "subset", "train")
    known = store.rows_with(tables["splits"], "split_name", task.split)
    known = store.to_frame(known.select(["id", task.group_column]))
    replicates = _replicates(task, store.to_frame(selected), [*targets, *limits], tables)
    replicates = replicates.merge(known, on="id", how="left")
    if task.entries or task.scored_folds:
        ids = split["id"].to_pylist()
        selected, folds = store.rows_of(selected, ids), store.rows_of(folds, ids)
    frame = store.to_frame(selected).merge(store.to_frame(split), on="id", validate="one_to_one")
    frame = frame.sort_values("id")
    for target in task.targets:
        if target.ideal is not None:
            is_given = True if target.given_by is None else frame[target.given_by].to_numpy(bool)
            frame[target.name] = np.where(is_given, target.ideal, np.nan)
    columns = [name for name in frame.columns if name != "subset"]
    parts = {
        subset: frame.loc[frame["subset"] == subset, columns].reset_index(drop=True)
        for subset in ("train", "test")
    }
    hashes, paths = {"labels": content_hash(selected, key="id")}, {}
    manifest = store.require_manifest(layout, task.dataset, version)
    for what, name in (("truth", task.truth), ("given", task.given), ("offsets", task.offsets)):
        if name is not None:
            paths[what] = store.require_frames(layout, task.dataset, version, name)
            hashes[what] = manifest["frames"][name]["content_sha256"]
    split_hashes = {
        "split": content_hash(split, key="id"),
        "folds": content_hash(folds, key=["scheme", "repeat", "fold", "id"]),
    }
    sliced = slice_entries(task, tables)
    return EvaluationLabels(
        test=parts["train" if task.scored_folds else "test"],
        train=parts["train"],
        replicates=replicates,
        labels_sha256=joined_hash(hashes) if paths else hashes["labels"],
        split_sha256=joined_hash(split_hashes),
        folds=store.to_frame(folds),
        slices=sliced.columns,
        neighbours=sliced.neighbours,
        slices_sha256=sliced.sha256,
        **paths,
    )


def _replicates(
    task: Task, labels: pd.DataFrame, values: list[str], tables: Mapping[str, pa.Table]
) -> pd.DataFrame:
    """Repeated measurements: a table of their own, or entries that a column puts into groups."""
    names = ["id", *values, "replicate_group"]
    if "replicates" in tables:
        repeated = store.to_frame(tables["replicates"])
        groups = {identifier: row for row, identifier in enumerate(sorted(set(repeated["id"])))}
        repeated = repeated.assign(replicate_group=repeated["id"].map(groups))
        return repeated[[name for name in names if name in repeated.columns]]
    if task.replicate_column is None:
        return labels.iloc[:0][["id", *values]].assign(replicate_group=[])
    column = store.to_frame(tables["entries"].select(["id", task.replicate_column])).dropna()
    column = column.rename(columns={task.replicate_column: "replicate_group"})
    column = column.astype({"replicate_group": "int64"})
    joined = labels.merge(column, on="id", validate="one_to_one").sort_values("id")
    return joined[names].reset_index(drop=True)
