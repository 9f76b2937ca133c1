"""The door: a folder becomes a checked submission, or a list of everything wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import SubmissionError
from ionladder.core.problems import Problem, first_few
from ionladder.specs.task import Task
from ionladder.submissions.metadata import CARD_FILE, Card, read_card
from ionladder.submissions.names import name_problems
from ionladder.submissions.predictions import (
    CV_STEM,
    PREDICTIONS_STEM,
    PredictionTable,
    read_cv_predictions,
    read_predictions,
)

if TYPE_CHECKING:
    import pandas as pd

ALLOWED_FILES = (
    CARD_FILE,
    *(f"{stem}{suffix}" for stem in (PREDICTIONS_STEM, CV_STEM) for suffix in (".csv", ".parquet")),
    "README.md",
)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A submission that passed every check.

    Attributes:
        name: Folder name.
        folder: The folder.
        card: Contents of ``submission.yaml``.
        predictions: Test predictions.
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
        test_ids: Ids to predict.
        train_ids: Ids of the training part, to recognise a mix-up.
        folds: Frozen folds, columns ``scheme, repeat, fold, id``.
    """

    test_ids: Collection[str]
    train_ids: Collection[str]
    folds: pd.DataFrame


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
                expected="a folder with submission.yaml and predictions.csv",
                found="a link" if folder.is_symlink() else "no such folder",
                next_step=f"`ionladder new {task.name} NAME` makes one.",
            )
        )
    problems = name_problems(folder.name, where=shown_as)
    problems += _folder_problems(folder, shown_as)
    card, found = read_card(folder / CARD_FILE, shown_as=f"{shown_as}/{CARD_FILE}")
    problems += found
    predictions, found = read_predictions(
        folder,
        task,
        test_ids=expectations.test_ids,
        train_ids=expectations.train_ids,
        shown_as=shown_as,
    )
    problems += found
    cv_predictions, found = read_cv_predictions(
        folder, task, folds=expectations.folds, shown_as=shown_as
    )
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


def _folder_problems(folder: Path, shown_as: str) -> list[Problem]:
    """Files that do not belong into a submission (hidden files of an editor are passed over)."""
    extra = sorted(
        item.name
        for item in folder.iterdir()
        if item.name not in ALLOWED_FILES and not item.name.startswith(".")
    )
    if not extra:
        return []
    return [
        Problem(
            where=shown_as,
            expected=f"only {', '.join(ALLOWED_FILES)}",
            found=f"also {first_few(extra)}",
            next_step="Remove these files; link code and models from submission.yaml.",
        )
    ]
