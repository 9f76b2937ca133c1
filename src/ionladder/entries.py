"""All submissions on every test entry: who errs where, and what is known of the entry.

The table holds labels, so it lives in memory and on pages that are rendered where the data are; it
is never written to a file that git keeps.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.data.labels import EvaluationLabels, load_evaluation_labels
from ionladder.errors import SubmissionError
from ionladder.evaluation import Aligned, Prepared, align
from ionladder.repo import Layout
from ionladder.score import expectations_of
from ionladder.specs import Array, Task
from ionladder.submit.predictions import PREDICTIONS_STEM, read_predictions
from ionladder.submit.validate import as_problems, read_submission

_Row = dict[Any, Any]
_FEWEST_MODELS = 2
#: Tables of more numbers than this are read again rather than kept.
_MOST_KEPT = 100_000
#: Columns of the table of all predictions.
TIDY = ("task", "submission", "id", "seed", "target", "y_pred", "std", "y_true")


class EntryReader:
    """Reads submissions of one task next to its labels, each of them once.

    Attributes:
        labels: The labels of the task.
        prepared: Those of the scored entries, made ready.

    Raises:
        DataMissingError: The labels are not on this machine.
        DataChangedError: They are not those of the released version.
    """

    def __init__(self, layout: Layout, task: Task, version: str) -> None:
        self.labels: EvaluationLabels = load_evaluation_labels(layout, task, version)
        self.test: pd.DataFrame = self.labels.test.sort_values("id", ignore_index=True)
        self.prepared = Prepared(self.labels.test, task)
        self._layout, self._task = layout, task
        self._expected = expectations_of(layout, self.labels, task, version)
        self._aligned: dict[str, Aligned] = {}
        self._rows: dict[str, pd.DataFrame] = {}

    def aligned(self, name: str) -> Aligned:
        """Predictions of a submission in the order of ``test``.

        Raises:
            SubmissionError: The predictions have problems.
        """
        if name not in self._aligned:
            folder = self._layout.submission_dir(self._task.name, name)
            with as_problems(self._layout.relative(folder)):
                self._aligned[name] = align(self.prepared.known, self.rows(name), self._task)
        return self._aligned[name]

    def rows(self, name: str) -> pd.DataFrame:
        """The predictions that are scored, as sent: ``id``, ``seed``, targets and their deviations.

        Folds that are not scored are not even read.

        Raises:
            SubmissionError: The predictions have problems.
        """
        if name not in self._rows:
            rows = self._read(name)
            if rows.size > _MOST_KEPT:
                return rows
            self._rows[name] = rows
        return self._rows[name]

    def _read(self, name: str) -> pd.DataFrame:
        folder = self._layout.submission_dir(self._task.name, name)
        shown_as = self._layout.relative(folder)
        files = (folder / f"{PREDICTIONS_STEM}{suffix}" for suffix in (".csv", ".parquet"))
        is_plain = any(file.is_file() for file in files) and self._expected.read_arrays is None
        if self._task.scored_folds is not None or not is_plain:
            submission = read_submission(folder, self._task, self._expected, shown_as=shown_as)
            return submission.predictions.rows
        ids = {"test_ids": self._expected.test_ids, "train_ids": self._expected.train_ids}
        table, problems = read_predictions(folder, self._task, shown_as=shown_as, **ids)
        if table is None:
            raise SubmissionError(problems)
        return table.rows

    def read(self, name: str) -> dict[str, tuple[Array, Array]]:
        """Predictions of every scored entry in the order of ``test``, for each target of the task.

        Of a task scored on folds these are the predictions of the first repeat: a mean over
        repeats would be a prediction that no model made, and closer than any that is scored.

        Returns:
            Target name → mean over seeds, shape (n,), and standard deviation over seeds, NaN with
            one seed.

        Raises:
            SubmissionError: The predictions have problems.
        """
        shown = slice(None) if self._task.scored_folds is None else slice(1)
        found = {target: rows[shown] for target, rows in self.aligned(name).y_pred.items()}
        return {
            target: (
                rows.mean(axis=0),
                rows.std(axis=0, ddof=1) if len(rows) > 1 else np.full(rows.shape[1], np.nan),
            )
            for target, rows in found.items()
        }


def tidy_predictions(
    reader: EntryReader, task: Task, names: Iterable[str], *, withheld: str = ""
) -> pd.DataFrame:
    """Predictions of many submissions as one table, a row for each number that was sent.

    Args:
        reader: Reads the submissions of the task.
        task: The task.
        names: Submissions; those that cannot be read are left out.
        withheld: Why labels are not passed on; empty where they are.

    Returns:
        ``task, submission, id, seed, target, y_pred, std, y_true``, the last three in the unit of
        the target. ``seed`` is 0 where there is one training, and the repeat where folds are
        scored; ``std`` is NaN where none was sent, ``y_true`` where the entry has no number or the
        labels may not be passed on.
    """
    tables, labels = [pd.DataFrame(columns=TIDY)], reader.test.set_index("id")
    for name in names:
        try:
            rows = reader.rows(name)
        except SubmissionError:
            continue
        for target in task.targets:
            std = rows.get(f"{target.name}_std", np.nan)
            columns = (task.name, name, rows["id"], rows.get("seed", 0), target.name)
            values = (*columns, rows[target.name], std, np.nan)
            tables.append(pd.DataFrame(dict(zip(TIDY, values, strict=True))))
    types = {"seed": "int64", "y_pred": "float64", "std": "float64", "y_true": "float64"}
    whole = pd.concat(tables[1:] or tables, ignore_index=True).astype(types)
    for target in () if withheld else task.targets:
        own = whole["target"] == target.name
        whole.loc[own, "y_true"] = whole.loc[own, "id"].map(labels[target.name])
    return whole.sort_values(list(TIDY[:5]), ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class Related:
    """Another measurement of an entry's material, or a training entry near to it.

    Attributes:
        id: Its id; the entry's own where one entry was labelled repeatedly.
        labels: Target → label, NaN where it is missing.
        limits: Target → upper limit, where only that is known.
        distance: Element Mover's Distance to the entry; None for repeated measurements.
    """

    id: str
    labels: Mapping[str, float]
    limits: Mapping[str, float]
    distance: float | None = None


@dataclass(frozen=True, kw_only=True)
class EntryTable:
    """Test entries and what submissions make of them; entries ascend by id.

    Attributes:
        ids: Entry ids, n of them.
        names: Submissions, m of them.
        labels: Target → label, shape (n,), NaN where it is missing.
        limits: Target → upper limit, shape (n,), NaN where the label is none.
        predictions: Target → prediction, the mean over seeds, shape (m, n).
        errors: The primary error of an entry, averaged over seeds and primary targets, shape
            (m, n); NaN for entries without a score.
        above: How far the prediction of an entry lies above its limit, at least 0, averaged as
            the errors are, shape (m, n); NaN for entries that were measured.
        typical_error: Median error over verified submissions, shape (n,).
        typical_above: Likewise of ``above``.
        spread: Interquartile range of the predictions of verified submissions, averaged over
            primary targets, shape (n,); NaN with fewer than two of them.
        replicates: Id → other labels of the same material.
        neighbours: Id → nearest training entries by composition, nearest first.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    labels: Mapping[str, Array]
    limits: Mapping[str, Array]
    predictions: Mapping[str, Array]
    errors: Array
    above: Array
    typical_error: Array
    typical_above: Array
    spread: Array
    replicates: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    neighbours: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)

    def hardest(self, count: int) -> list[int]:
        """Positions of the measured entries with the largest typical error, largest first."""
        return _largest(np.where(self.is_limit, np.nan, self.typical_error), count)

    @cached_property
    def is_limit(self) -> npt.NDArray[np.bool_]:
        """Whether only a limit is known of an entry, for any target, shape (n,)."""
        known = [~np.isnan(limit) for limit in self.limits.values()]
        found: npt.NDArray[np.bool_] = np.any(known, axis=0)
        return found

    def most_disputed(self, count: int) -> list[int]:
        """Positions of the entries on which verified submissions disagree most."""
        return _largest(self.spread, count)


def build_entry_table(
    reader: EntryReader, task: Task, names: Sequence[str], *, verified: Collection[str]
) -> EntryTable:
    """Put the table of a task together.

    Args:
        reader: Labels and predictions.
        task: The task; its primary metric must be a plain mean over entries.
        names: Submissions, in the order of the board; those that cannot be read are left out.
        verified: Which of them are verified; typical error and spread rest on these.
    """
    test, labels, prepared = reader.test, reader.labels, reader.prepared
    targets = [target.name for target in task.targets]
    kept: list[str] = []
    errors: list[Array] = []
    above: list[Array] = []
    limits = [prepared.limits[target.name] for target in task.primary_targets]
    predictions: dict[str, list[Array]] = {name: [] for name in targets}
    for name in names:
        try:
            y_pred = reader.aligned(name).y_pred
        except SubmissionError:
            continue
        kept.append(name)
        errors.append(prepared.primary_errors(y_pred).mean(axis=0))
        pairs = zip(task.primary_targets, limits, strict=True)
        excess = [np.maximum(y_pred[t.name] - limit, 0.0).mean(axis=0) for t, limit in pairs]
        above.append(np.nan_to_num(excess).sum(axis=0) / len(limits))
        for target in targets:
            predictions[target].append(y_pred[target].mean(axis=0))
    n = len(test)
    stacked = {target: _stack(rows, n) for target, rows in predictions.items()}
    primary = [stacked[target.name] for target in task.primary_targets]
    is_verified = np.array([name in verified for name in kept], dtype=bool)
    all_errors, all_above = _stack(errors, n), _stack(above, n)
    all_above[:, np.isnan(limits).all(axis=0)] = np.nan
    return EntryTable(
        ids=tuple(test["id"]),
        names=tuple(kept),
        labels=prepared.y_true,
        limits=prepared.limits,
        predictions=stacked,
        errors=all_errors,
        above=all_above,
        typical_error=_median(all_errors[is_verified]),
        typical_above=_median(all_above[is_verified]),
        spread=np.mean([_interquartile(rows[is_verified]) for rows in primary], axis=0),
        replicates=_replicates(labels, task),
        neighbours=_neighbours(labels, task),
    )


def _stack(rows: Sequence[Array], n: int) -> Array:
    return np.stack(rows) if rows else np.empty((0, n))


def _median(rows: Array) -> Array:
    return np.median(rows, axis=0) if len(rows) else np.full(rows.shape[1], np.nan)


def _interquartile(rows: Array) -> Array:
    if len(rows) < _FEWEST_MODELS:
        return np.full(rows.shape[1], np.nan)
    low, high = np.quantile(rows, [0.25, 0.75], axis=0)
    spread: Array = high - low
    return spread


def _largest(values: Array, count: int) -> list[int]:
    """Positions of the largest values; equal ones in order, NaN never."""
    order = np.argsort(-values, kind="stable")
    return [int(place) for place in order if np.isfinite(values[place])][:count]


def _replicates(labels: EvaluationLabels, task: Task) -> dict[str, tuple[Related, ...]]:
    """Other labels of the material of every test entry that has some."""
    repeated, known = labels.replicates, _by_id(labels)
    if repeated.empty:
        return {}
    found = {}
    test_ids = set(labels.test["id"])
    for _, group in repeated.groupby("replicate_group"):
        rows: list[dict[Any, Any]] = group.to_dict("records")
        for entry in sorted(set(group["id"]) & test_ids):
            others = [row for row in rows if not _is_own(row, entry, known[entry], task)]
            found[entry] = tuple(_related(row["id"], row, known, task) for row in others)
    return found


def _is_own(row: _Row, entry: str, own: _Row, task: Task) -> bool:
    """Whether a repeated label is the entry's own label itself."""
    pairs = [(_number(row[target.name]), _number(own[target.name])) for target in task.targets]
    return row["id"] == entry and all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in pairs)


def _neighbours(labels: EvaluationLabels, task: Task) -> dict[str, tuple[Related, ...]]:
    """The nearest training entries of every test entry."""
    if labels.neighbours is None:
        return {}
    known = _by_id(labels)
    found: dict[str, list[Related]] = {}
    rows: list[_Row] = labels.neighbours.to_dict("records")
    for row in rows:
        entry = row["neighbour"]
        near = _related(entry, known[entry], known, task, distance=float(row["distance"]))
        found.setdefault(row["id"], []).append(near)
    return {entry: tuple(near) for entry, near in found.items()}


def _by_id(labels: EvaluationLabels) -> dict[str, _Row]:
    """Labels of test and training entries."""
    rows: list[_Row] = [*labels.test.to_dict("records"), *labels.train.to_dict("records")]
    return {row["id"]: row for row in rows}


def _related(
    entry: str, row: _Row, known: Mapping[str, _Row], task: Task, *, distance: float | None = None
) -> Related:
    limits = {
        target.name: _number(known.get(entry, {}).get(target.limit_column))
        for target in task.targets
        if target.limit_column
    }
    return Related(
        id=entry,
        labels={target.name: _number(row[target.name]) for target in task.targets},
        limits={name: limit for name, limit in limits.items() if math.isfinite(limit)},
        distance=distance,
    )


def _number(value: object) -> float:
    """A float; NaN for anything that is no number."""
    return float(value) if isinstance(value, int | float) else math.nan
