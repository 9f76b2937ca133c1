"""Predictions that a card names elsewhere: read from their file, held to our ids and labels."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ionladder.data.archives import read_sheet
from ionladder.errors import Problem, ReferenceMissingError, SubmissionError, first_few, worded
from ionladder.interchange import tables
from ionladder.interchange.jarvis import read_contribution
from ionladder.interchange.matbench import predictions_of, read_results
from ionladder.submit.isolate import Read, ReaderProcess
from ionladder.submit.predictions import PREDICTIONS_STEM, PredictionTable, read_predictions

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.specs import Task
    from ionladder.submit.card import Referenced
    from ionladder.submit.validate import Expectations

_AGREE = 1e-6
_LABEL = "_label"


def read_referenced(
    path: Path,
    reference: Referenced,
    task: Task,
    expected: Expectations,
    *,
    labels: pd.DataFrame,
    fill: Mapping[str, float],
    raw: Path,
    shown_as: str,
) -> PredictionTable:
    """Read and check a file that a card refers to.

    Rows of entries that are not scored are passed over. What is left passes the same checks as the
    file of any submission.

    Args:
        path: The file, verified.
        reference: What the card says of it.
        task: The task.
        expected: The ids to predict.
        labels: Targets and limits of the scored entries, and ``id``: only compared with.
        fill: Target → what stands for a number that the file lacks, if the card says so.
        raw: Folder with the dataset's own files, of which one may give the order of the rows.
        shown_as: The submission, for messages.

    Raises:
        ReferenceMissingError: The file that gives the order is not here.
        SubmissionError: Everything wrong with the file.
    """
    import pandas as pd

    where = f"{shown_as}, {path.name}"
    cells = _cells(path, reference, task, expected)
    if reference.order is not None:
        cells["id"] = _ids_in_order(raw / reference.order.file, reference.order.id, where)
    if len(sizes := {len(column) for column in cells.values()}) > 1:
        raise SubmissionError(worded("rows-for-ids", where, sizes=sorted(sizes)))
    frame = pd.DataFrame(cells, dtype=str)
    frame = frame[frame["id"].isin(set(expected.test_ids))]
    problems = _other_labels(frame, reference, task, labels, where)
    columns, remarks = ["id", *(target.name for target in task.targets)], []
    if reference.missing is not None:
        frame, n_filled = _filled(frame, task, expected, fill)
        columns += task.flags
        words = f"have no number in {path.name}: the median of the training labels stands for them"
        remarks = [f"{n_filled} of {len(expected.test_ids)} entries {words}."] if n_filled else []
    with tempfile.TemporaryDirectory(prefix="ionladder-") as folder:
        copied = Path(folder) / f"{PREDICTIONS_STEM}.csv"
        frame[columns].to_csv(copied, index=False, lineterminator="\n")
        ids = {"test_ids": expected.test_ids, "train_ids": frozenset[str]()}
        table, found = read_predictions(Path(folder), task, shown_as=where, **ids)
    if table is None or problems:
        raise SubmissionError([*problems, *found])
    return replace(table, path=path, sha256=reference.source.sha256, remarks=tuple(remarks))


def _cells(
    path: Path, reference: Referenced, task: Task, expected: Expectations
) -> dict[str, Sequence[str]]:
    """Text of the columns that matter under our names; labels as ``<target>_label``.

    Raises:
        SubmissionError: The file is none of its kind, or lacks a column.
    """
    names = dict(reference.columns)
    names |= {f"{target}{_LABEL}": theirs for target, theirs in reference.labels.items()}
    if reference.reader == "jarvis":
        item = read_contribution(path)
        return {"id": item.ids, task.targets[0].name: item.predictions}
    if reference.reader == "matbench":
        return dict(predictions_of(read_results(path), task, expected).predictions)
    if reference.reader == "csv":
        table = tables.read_text_table(tables.read_file(path), shown_as=path.name)
    else:
        table = _sheet(path, reference, [*names.values()])
    known = table.column_names
    if absent := first_few(theirs for theirs in names.values() if theirs not in known):
        facts = {"absent": absent, "known": first_few(known, limit=20)}
        raise SubmissionError(worded("card-columns", path.name, **facts))
    return {ours: table.column(theirs).to_pylist() for ours, theirs in names.items()}


def _sheet(path: Path, reference: Referenced, required: list[str]) -> pa.Table:
    """A sheet as a table of text, from a process under limits."""

    def read() -> Read:
        return pa.Table.from_pylist(read_sheet(path, reference.sheet, required)), []

    reader = ReaderProcess(read)
    try:
        table, problems = reader(where=path.name)
    finally:
        reader.close()
    if table is None:
        raise SubmissionError(problems)
    return table


def _ids_in_order(path: Path, column: str, where: str) -> list[str]:
    """The ids of one of the dataset's own files, row by row."""
    import pandas as pd

    if not path.is_file():
        raise ReferenceMissingError(worded("no-order-file", where, path=path.name))
    ids: list[str] = pd.read_csv(path, usecols=[column], dtype=str)[column].tolist()
    return ids


def _other_labels(
    frame: pd.DataFrame, reference: Referenced, task: Task, labels: pd.DataFrame, where: str
) -> list[Problem]:
    """Labels beside the predictions that are neither ours nor, where only that is known, our limit.

    They show that rows are those of the entries they are taken for.
    """
    import pandas as pd

    problems, ours = [], labels.set_index("id").reindex(frame["id"])
    for name in reference.labels:
        target = task.target(name)
        stated = pd.to_numeric(frame[f"{name}{_LABEL}"], errors="coerce").to_numpy(float)
        known = [column for column in (name, target.limit_column) if column]
        agrees = np.zeros(len(stated), dtype=bool)
        for column in known:
            agrees |= np.abs(ours[column].to_numpy(float, na_value=np.nan) - stated) <= _AGREE
        if len(wrong := np.flatnonzero(~agrees)):
            pairs = zip(frame["id"].iloc[wrong], stated[wrong], ours[name].iloc[wrong], strict=True)
            first = [f"{entry}: {theirs:g} for {mine:g}" for entry, theirs, mine in pairs]
            facts = {"header": reference.labels[name], "within": _AGREE, "n": len(wrong)}
            facts |= {"of": len(stated), "first": first_few(first)}
            problems.append(worded("labels-differ", where, **facts))
    return problems


def _filled(
    frame: pd.DataFrame, task: Task, expected: Expectations, fill: Mapping[str, float]
) -> tuple[pd.DataFrame, int]:
    """A row for every entry, with a number for every target, and how many had none."""
    import pandas as pd

    rows = frame.drop_duplicates("id") if frame["id"].is_unique else frame
    absent = sorted(set(expected.test_ids) - set(rows["id"]))
    rows = pd.concat([rows, pd.DataFrame({"id": absent}, dtype=str)], ignore_index=True)
    gaps = np.zeros(len(rows), dtype=bool)
    for target in task.targets:
        is_gap = ~np.isfinite(pd.to_numeric(rows[target.name], errors="coerce").to_numpy(float))
        rows.loc[is_gap, target.name] = repr(fill[target.name])
        gaps |= is_gap
    made: dict[str, Any] = dict.fromkeys(task.flags, (~gaps).astype(int))
    return rows.assign(**made), int(gaps.sum())
