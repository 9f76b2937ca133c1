"""The template that ``ionladder new`` writes: a commented card and a file that lists the ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import SubmissionError
from ionladder.core.files import replacing_folder, write_text
from ionladder.specs.task import Task
from ionladder.submissions.metadata import CARD_FILE
from ionladder.submissions.names import new_folder_problems
from ionladder.submissions.predictions import CV_STEM, PREDICTIONS_STEM

if TYPE_CHECKING:
    import pandas as pd

Filler = Callable[[Path, Sequence[str]], str]
"""Folder and ids → the file of predictions that was written there, to be filled in."""

_FOLD_KEYS = ("scheme", "repeat", "fold", "id")

SCHEMA_FILE = "docs/assets/submission.schema.json"
"""JSON Schema of the card, from the root of the repository."""

# From submissions/<task>/<name>/ up to the root: editors complete and check a card as one types.
_CARD = f"""\
# yaml-language-server: $schema=../../../{SCHEMA_FILE}
# What a reader needs to know about your model. Fields with a # in front are optional:
# remove the # to state them; what is not stated is shown as "not stated".
model: {{name}}                    # name as printed on the board
description: >-
  Say in two or three sentences what the model is and how the predictions were made.
authors:
  - name: Your Name
    # orcid: 0000-0000-0000-0000
    # affiliation: Your institute
training_data: {{dataset}} train split   # everything the model was trained on
inputs: {{inputs}}                    # composition | structure | both
licence: CC-BY-4.0               # licence of your predictions
# code_url: https://…
# paper_doi: 10.…
# hyperparameters: {{{{learning_rate: 0.001, epochs: 100}}}}
# seeds: [0, 1, 2]
# hardware: one CPU core
# training_time_s: 60
# parameters: 100000
# uses_external_data: false
# notes: anything else
"""


def write_template(
    folder: Path,
    task: Task,
    ids: Sequence[str],
    folds: pd.DataFrame,
    *,
    shown_as: str,
    fill: Filler | None = None,
) -> str:
    """Write a new submission folder for a task.

    Args:
        folder: Folder to make; it must not exist.
        task: The task.
        ids: Test ids, one row each, targets left empty.
        folds: Frozen folds, columns ``scheme, repeat, fold, id``. Where the task is scored on
            folds, the rows are those of the scored scheme instead.
        shown_as: Path of the folder for messages.
        fill: Writes the predictions to fill in, for a task that predicts arrays.

    Returns:
        Name of the file of predictions to fill in.

    Raises:
        SubmissionError: The name is not allowed, or the folder exists.
    """
    problems = new_folder_problems(folder, where=shown_as, instead="edit the files that are there")
    if problems:
        raise SubmissionError(problems)
    # Both files or neither: half a folder would have to be removed before the next try.
    with replacing_folder(folder) as fresh:
        name = _write_table(fresh, task, ids, folds) if fill is None else fill(fresh, ids)
        write_text(fresh / CARD_FILE, card_template(folder.name, task))
    return name


def array_filler(task: Task, given: Path | None) -> Filler | None:
    """Writes the template of a task that predicts arrays; None for a task that predicts numbers.

    Args:
        task: The task. Every kind of array has a module here with a function
            ``write_template(folder, given, ids) -> name of the file``.
        given: The frames that its predictions start from.
    """
    if task.predicts == "values":
        return None
    write = import_module(f"ionladder.submissions.{task.predicts[:-1]}_files").write_template
    filler: Filler = partial(_fill, write, given)
    return filler


def _fill(
    write: Callable[[Path, Path | None, Sequence[str]], str],
    given: Path | None,
    folder: Path,
    ids: Sequence[str],
) -> str:
    return write(folder, given, ids)


def _write_table(folder: Path, task: Task, ids: Sequence[str], folds: pd.DataFrame) -> str:
    """Write a CSV with a row for every number to predict; its name."""
    name = f"{PREDICTIONS_STEM}.csv"
    columns: tuple[str, ...] = ("id",)
    keys: list[tuple[str, ...]] = [(entry,) for entry in sorted(ids)]
    if task.scored_folds is not None:
        name, columns = f"{CV_STEM}.csv", _FOLD_KEYS
        keys = _fold_keys(folds, task.scored_folds.scheme)
    targets = [target.name for target in task.targets]
    header = ",".join([*columns, *targets])
    rows = [",".join([*key, *[""] * len(targets)]) for key in keys]
    write_text(folder / name, "\n".join([header, *rows]) + "\n")
    return name


def card_template(name: str, task: Task) -> str:
    """The commented ``submission.yaml`` of a new submission."""
    return _CARD.format(name=name, dataset=task.dataset, inputs="both")


def _fold_keys(folds: pd.DataFrame, scheme: str) -> list[tuple[str, ...]]:
    """``scheme, repeat, fold, id`` of one scheme as text, in that order."""
    rows = folds.loc[folds["scheme"] == scheme, list(_FOLD_KEYS)].sort_values(list(_FOLD_KEYS))
    return [tuple(map(str, row)) for row in rows.itertuples(index=False)]
