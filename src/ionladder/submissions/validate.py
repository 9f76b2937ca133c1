"""The door: a folder becomes a checked submission, or a list of everything wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem, first_few
from ionladder.specs.task import Task
from ionladder.submissions.frozen_folds import FrozenFolds
from ionladder.submissions.metadata import CARD_FILE, Card, read_card
from ionladder.submissions.names import name_problems
from ionladder.submissions.out_of_fold import absent_folds, scored_table, unused_predictions
from ionladder.submissions.predictions import (
    CV_STEM,
    PREDICTIONS_STEM,
    read_cv_predictions,
    read_predictions,
)
from ionladder.submissions.table import PredictionTable

if TYPE_CHECKING:
    import pandas as pd

_TABLES = tuple(
    f"{stem}{suffix}" for stem in (PREDICTIONS_STEM, CV_STEM) for suffix in (".csv", ".parquet")
)
_ARRAYS = {
    "paths": ("predictions.parquet", "predictions.extxyz"),
    "frames": ("predictions.parquet", "offset_predictions.parquet"),
}
"""Files of tasks that predict arrays; their readers say which of them are needed."""

ArrayReader = Callable[[Path, str], tuple[PredictionTable | None, list[Problem]]]


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A submission that passed every check.

    Attributes:
        name: Folder name.
        folder: The folder.
        card: Contents of ``submission.yaml``.
        predictions: What is scored: test predictions, or those of the scored folds with the
            repeat as ``seed``.
        cv_predictions: Cross-validation predictions on the frozen folds, if sent.
    """

    name: str
    folder: Path
    card: Card
    predictions: PredictionTable
    cv_predictions: PredictionTable | None


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What predictions are checked against: the ids of a task on one dataset version.

    Attributes:
        test_ids: Ids to predict: the scored entries.
        train_ids: Ids of the training part, to recognise a mix-up.
        folds: Frozen folds, columns ``scheme, repeat, fold, id``.
        read_arrays: Reads and checks predicted arrays, for tasks that predict them: folder and
            its path in messages → what is scored (``id``, ``seed``, one column per target and
            flag), or the problems found. None for tasks that predict numbers.
    """

    test_ids: Collection[str]
    train_ids: Collection[str]
    folds: pd.DataFrame
    read_arrays: ArrayReader | None = None

    @cached_property
    def frozen_folds(self) -> FrozenFolds:
        """The folds made ready, once for all files that are held to them."""
        return FrozenFolds(self.folds)


def read_submission(
    folder: Path, task: Task, expectations: Expectations, *, shown_as: str
) -> Submission:
    """Check one submission folder.

    Raises:
        SubmissionError: Anything is wrong; the error carries every problem of every file.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise SubmissionError(
            Problem(
                where=shown_as,
                expected=f"a folder with {CARD_FILE} and {_scored_file(task)}",
                found="a link" if folder.is_symlink() else "no such folder",
                next_step=f"`ionladder new {task.name} NAME` makes one.",
            )
        )
    try:
        return _read_folder(folder, task, expectations, shown_as)
    except OSError as error:
        raise SubmissionError(
            Problem(
                where=shown_as,
                expected="files that can be read",
                found=error.strerror or type(error).__name__,
                next_step="Make the folder and its files readable, or write them again.",
            )
        ) from error


def _read_folder(folder: Path, task: Task, expectations: Expectations, shown_as: str) -> Submission:
    problems = name_problems(folder.name, where=shown_as)
    problems += _folder_problems(folder, task, shown_as)
    card, found = read_card(folder / CARD_FILE, shown_as=f"{shown_as}/{CARD_FILE}")
    problems += found
    predictions, cv_predictions, found = _read_tables(folder, task, expectations, shown_as)
    problems += found
    if problems or card is None or predictions is None:
        raise SubmissionError(problems)
    return Submission(
        name=folder.name,
        folder=folder,
        card=card,
        predictions=predictions,
        cv_predictions=cv_predictions,
    )


def _read_tables(
    folder: Path, task: Task, expectations: Expectations, shown_as: str
) -> tuple[PredictionTable | None, PredictionTable | None, list[Problem]]:
    """What is scored, the predictions on the folds, and the problems of both."""
    predictions: PredictionTable | None = None
    problems: list[Problem] = []
    if expectations.read_arrays is not None:
        predictions, problems = expectations.read_arrays(folder, shown_as)
    elif task.scored_folds is None:
        predictions, problems = read_predictions(
            folder,
            task,
            test_ids=expectations.test_ids,
            train_ids=expectations.train_ids,
            shown_as=shown_as,
        )
    if task.predicts != "values":
        return predictions, None, problems
    cv_predictions, found = read_cv_predictions(
        folder, task, folds=expectations.frozen_folds, shown_as=shown_as
    )
    problems += found
    if task.scored_folds is not None:
        scheme = task.scored_folds.scheme
        problems += unused_predictions(folder, shown_as=shown_as)
        if cv_predictions is not None:
            predictions = scored_table(cv_predictions, scheme)
        if not found and (predictions is None or predictions.n_rows == 0):
            file = f"{shown_as}/{predictions.path.name}" if predictions else shown_as
            problems.append(absent_folds(task, scheme, shown_as=file))
    return predictions, cv_predictions, problems


def _scored_file(task: Task) -> str:
    if task.predicts in _ARRAYS:
        return _ARRAYS[task.predicts][0]
    return f"{PREDICTIONS_STEM if task.scored_folds is None else CV_STEM}.csv"


def _folder_problems(folder: Path, task: Task, shown_as: str) -> list[Problem]:
    """Files that do not belong into a submission (hidden files of an editor are passed over)."""
    known = _ARRAYS.get(task.predicts, _TABLES)
    used = [name for name in known if task.scored_folds is None or name.startswith(CV_STEM)]
    extra = sorted(
        item.name
        for item in folder.iterdir()
        if item.name not in {CARD_FILE, *known, "README.md"} and not item.name.startswith(".")
    )
    if not extra:
        return []
    return [
        Problem(
            where=shown_as,
            expected=f"only {', '.join([CARD_FILE, *used, 'README.md'])}",
            found=f"also {first_few(extra)}",
            next_step="Remove these files; link code and models from submission.yaml.",
        )
    ]
