"""From files of other projects to a submission folder: read, checked, then written as a whole."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ionladder.core.errors import SubmissionError
from ionladder.core.files import write_text
from ionladder.core.problems import Problem
from ionladder.interchange.foreign import Foreign
from ionladder.interchange.jarvis import Contribution, read_contribution
from ionladder.interchange.matbench import is_results, read_results
from ionladder.interchange.matbench_predictions import predictions_of
from ionladder.interchange.merge import Column, merge_targets
from ionladder.interchange.packed import (
    GZIP_MAGIC,
    PARQUET_MAGIC,
    ZIP_MAGIC,
    read_file,
    refusal,
)
from ionladder.interchange.pandas_csv import read_frame
from ionladder.specs.task import Task
from ionladder.submissions.metadata import CARD_FILE
from ionladder.submissions.names import name_problems
from ionladder.submissions.predictions import (
    CV_STEM,
    PREDICTIONS_STEM,
    read_cv_predictions,
    read_predictions,
)
from ionladder.submissions.template import card_template

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["jarvis", "matbench", "csv"]
FORMATS: tuple[Format, ...] = ("jarvis", "matbench", "csv")


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Which entries a task has, without any label.

    Attributes:
        test_ids: Those its board scores.
        train_ids: Those to train on.
        folds: Frozen folds of the latter: ``scheme, repeat, fold, id``.
    """

    test_ids: Collection[str]
    train_ids: Collection[str]
    folds: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What names and contents of a file may leave open.

    Attributes:
        columns: Target → header of a CSV.
        is_log10_asked: Whether predictions in the linear unit of a log10 target are converted.
        matbench_task: Task of a results file to take.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    is_log10_asked: bool = False
    matbench_task: str | None = None


def guess_format(path: Path) -> Format:
    """The format of a file by its content.

    Raises:
        InterchangeError: It cannot be opened, or is parquet, which needs no conversion.
    """
    data = read_file(path, shown_as=path.name)
    if data.startswith(ZIP_MAGIC):
        return "jarvis"
    if data.startswith(GZIP_MAGIC) or is_results(data[:1000]):
        return "matbench"
    if data.startswith(PARQUET_MAGIC):
        step = f"Put it into the submission's folder as {PREDICTIONS_STEM}.parquet."
        raise refusal(path.name, "a file of another project", "a parquet file", step)
    return "csv"


def read_foreign(
    paths: Sequence[Path],
    task: Task,
    entries: Entries,
    *,
    kind: Format | None = None,
    choices: Choices | None = None,
) -> Foreign:
    """Predictions of a task in one or several files of one format.

    Args:
        paths: The files: one for each target of the task for JARVIS, else one.
        task: The task.
        entries: Its entries.
        kind: The format, or None to tell it by the content.
        choices: What the files leave open.

    Raises:
        InterchangeError: A file cannot be read, or does not say what the task needs.
    """
    choices = choices or Choices()
    kind = kind or guess_format(paths[0])
    if kind == "jarvis":
        return _of_contributions([read_contribution(path) for path in paths], task)
    if len(paths) > 1:
        step = "Convert them one by one, or put the columns into one file."
        raise refusal(", ".join(p.name for p in paths), "one file", str(len(paths)), step)
    if kind == "matbench":
        return predictions_of(
            read_results(paths[0]),
            task,
            test_ids=entries.test_ids,
            train_ids=entries.train_ids,
            folds=entries.folds,
            wanted=choices.matbench_task,
        )
    return read_frame(
        paths[0], task, columns=choices.columns, is_log10_asked=choices.is_log10_asked
    )


def write_folder(
    folder: Path, foreign: Foreign, task: Task, entries: Entries, *, source: str, shown_as: str
) -> list[Path]:
    """Check predictions as every submission is checked, then write the folder as a whole.

    Args:
        folder: Folder to make; it must not exist.
        foreign: What was read.
        task: The task.
        entries: Its entries.
        source: Name of the foreign file, for messages.
        shown_as: Path of the folder, for messages.

    Returns:
        The files written: predictions, fold predictions where there are any, and a card to fill in.

    Raises:
        SubmissionError: The name is not allowed, the folder exists, or the predictions are not
            exactly those of the task; every problem at once, and nothing is written.
    """
    problems = name_problems(folder.name, where=shown_as)
    if folder.exists() or folder.is_symlink():
        found, step = "one that exists", "Choose another name with --to-folder."
        problems.append(
            Problem(where=shown_as, expected="a new folder", found=found, next_step=step)
        )
    if not foreign.predictions:
        problems.append(_only_folds(task, source))
    if problems:
        raise SubmissionError(problems)
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        _fill(staged, foreign)
        problems = _problems(staged, task, entries, source)
        if problems:
            raise SubmissionError(problems)
        write_text(staged / CARD_FILE, card_template(folder.name, task))
        staged.chmod(0o755)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return sorted(folder.iterdir())


def _of_contributions(contributions: Sequence[Contribution], task: Task) -> Foreign:
    """JARVIS files, one a target, by the property that their names state."""
    names = [target.name for target in task.targets]
    parts: dict[str, list[Column]] = {}
    for item in contributions:
        target = item.property_name if item.property_name in names else None
        if target is None and len(names) == 1:
            target = names[0]
        if target is None or target in parts:
            found = "a second one of it" if target in parts else f"{item.property_name!r}"
            expected = f"a file name whose property is one of {', '.join(names)}, each once"
            step = f"Name it AI-SinglePropertyPrediction-{names[0]}-{task.dataset}-test-mae.csv.zip"
            raise refusal(item.name, expected, found, f"{step}, with its own target.")
        pairs = zip(item.ids, item.predictions, strict=True)
        parts[target] = [Column(id=i, cells={target: cell}) for i, cell in pairs]
    where = ", ".join(item.name for item in contributions)
    return Foreign(predictions=merge_targets(parts, task, where=where))


def _only_folds(task: Task, source: str) -> Problem:
    return Problem(
        where=source,
        expected="predictions of the test entries",
        found="predictions of folds of the training entries only",
        next_step=f"Record {task.name}__test__… as well: the board scores the test entries.",
    )


def _fill(folder: Path, foreign: Foreign) -> None:
    for stem, columns in (
        (PREDICTIONS_STEM, foreign.predictions),
        (CV_STEM, foreign.cv_predictions),
    ):
        if columns:
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
            write_text(folder / f"{stem}.csv", out.getvalue())


def _problems(folder: Path, task: Task, entries: Entries, source: str) -> list[Problem]:
    """What the checks of submissions say, at the place where the reader has it."""
    _, problems = read_predictions(
        folder, task, test_ids=entries.test_ids, train_ids=entries.train_ids, shown_as=source
    )
    _, of_folds = read_cv_predictions(folder, task, folds=entries.folds, shown_as=source)
    return [
        replace(problem, where=problem.where.replace(f"{source}/{stem}.csv", source, 1))
        for stem, found in ((PREDICTIONS_STEM, problems), (CV_STEM, of_folds))
        for problem in found
    ]
