"""From files of other projects to a submission folder: read, checked, then written as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from ionladder.errors import InterchangeError, Problem, SubmissionError, first_few, worded
from ionladder.interchange import tables as tbl
from ionladder.interchange.jarvis import Contribution, property_of, read_contribution
from ionladder.interchange.matbench import is_results, predictions_of, read_results
from ionladder.interchange.tables import Cells, Foreign
from ionladder.repo import replacing_folder, write_text
from ionladder.specs import Task
from ionladder.submit.card import CARD_FILE, name_problems
from ionladder.submit.predictions import CV_STEM, PREDICTIONS_STEM
from ionladder.submit.tables import other_kind
from ionladder.submit.units import doubts
from ionladder.submit.validate import Expectations, card_template, check_tables

Format = Literal["jarvis", "matbench", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What names and contents of a file may leave open.

    Attributes:
        columns: Target → header of a CSV.
        is_log10_asked: Whether predictions in a linear unit of a log10 target are converted.
        unit: Unit of the predictions in a CSV, where its header does not state it.
        matbench_task: Task of a results file to take.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    is_log10_asked: bool = False
    unit: str | None = None
    matbench_task: str | None = None


def guess_format(path: Path) -> Format:
    """The format of a file by its content.

    Raises:
        InterchangeError: It cannot be opened, or is of a kind that is not read.
    """
    data = tbl.read_file(path)
    head = data
    if data.startswith(tbl.GZIP_MAGIC):
        head = tbl.gunzip(data, shown_as=path.name)
    marks = (b"matbench", b'"tasks"', b'"results"')
    if is_results(head[:1000]) and any(mark in head for mark in marks):
        return "matbench"
    kind = other_kind(head[:4096] + head[-4096:])
    if kind is None:
        return "csv"
    if kind[0] == "a zip archive":
        return "jarvis"
    step = kind[1]
    if kind[0] == "a parquet file":
        step = f"Put it into the submission's folder as {PREDICTIONS_STEM}.parquet."
    raise InterchangeError(worded("format-unknown", path.name, found=kind[0], step=step))


def read_foreign(
    paths: Sequence[Path],
    task: Task,
    expected: Expectations,
    *,
    kind: Format | None = None,
    choices: Choices | None = None,
) -> Foreign:
    """Predictions of a task in one or several files of one format.

    Args:
        paths: The files: one for each target of the task for JARVIS, else one.
        task: The task.
        expected: Its entries and frozen folds.
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
        names = ", ".join(path.name for path in paths)
        raise InterchangeError(worded("one-file", names, n=len(paths)))
    if kind == "matbench":
        return predictions_of(read_results(paths[0]), task, expected, wanted=choices.matbench_task)
    unit, is_log10_asked = choices.unit, choices.is_log10_asked
    given = choices.columns
    return tbl.read_frame(paths[0], task, columns=given, is_log10_asked=is_log10_asked, unit=unit)


def write_converted_folder(
    folder: Path,
    foreign: Foreign,
    task: Task,
    expected: Expectations,
    *,
    source: str,
    shown_as: str,
) -> list[str]:
    """Check predictions as every submission is checked, then write the folder as a whole.

    Args:
        folder: Folder to make; it must not exist.
        foreign: What was read.
        task: The task.
        expected: Its entries and frozen folds.
        source: Name of the foreign file, for messages.
        shown_as: Path of the folder, for messages.

    Returns:
        What a maintainer will ask about the predictions, one sentence each.

    Raises:
        InterchangeError: The folder exists, or the file predicts nothing that the board scores.
        SubmissionError: The name is not allowed, or the predictions are not exactly those of the
            task; every problem at once, and nothing is written.
    """
    import pandas as pd

    if problems := name_problems(folder.name, where=shown_as):
        raise SubmissionError(problems)
    if folder.exists() or folder.is_symlink():
        raise InterchangeError(worded("converted-exists", shown_as))
    if not (foreign.cv_predictions if task.scored_folds else foreign.predictions):
        raise _nothing_scored(task, source)
    tables = {PREDICTIONS_STEM: foreign.predictions, CV_STEM: foreign.cv_predictions}
    with replacing_folder(folder) as fresh:
        for stem, columns in tables.items():
            if columns:
                text = pd.DataFrame(columns, dtype=object).to_csv(index=False, lineterminator="\n")
                write_text(fresh / f"{stem}.csv", text)
        write_text(fresh / CARD_FILE, card_template(folder.name, task))
        predictions, _, problems = check_tables(fresh, task, expected, source)
        if problems or predictions is None:
            # The checks name our files; the reader has the cells in the foreign one.
            ours = {f"{source}/{stem}.csv": source for stem in tables}
            raise SubmissionError([_renamed(problem, ours) for problem in problems])
    return doubts(predictions.columns, task)


def _renamed(problem: Problem, names: Mapping[str, str]) -> Problem:
    where = problem.where
    for old, new in names.items():
        where = where.replace(old, new, 1)
    return replace(problem, where=where)


def _of_contributions(contributions: Sequence[Contribution], task: Task) -> Foreign:
    """JARVIS files, one a target, by the property that their names state."""
    names = [target.name for target in task.targets]
    parts: dict[str, list[Cells]] = {}
    for item in contributions:
        stated = property_of(item.name)
        target = names[0] if len(names) == 1 else stated
        if target not in names or target in parts:
            found = "a second one of it" if target in parts else f"{stated!r}"
            facts = {"first": names[0], "dataset": task.dataset, "found": found}
            facts["names"] = ", ".join(names)
            raise InterchangeError(worded("jarvis-name", item.name, **facts))
        pairs = zip(item.ids, item.predictions, strict=True)
        parts[target] = [{"id": i, target: cell} for i, cell in pairs]
    where = ", ".join(item.name for item in contributions)
    left = sorted({name or "''" for item in contributions for name in item.left_out})
    notes = (f"Left out, as no column of a submission: {first_few(left)}.",) if left else ()
    return Foreign(predictions=tbl.merge_targets(parts, task, where=where), notes=notes)


def _nothing_scored(task: Task, source: str) -> InterchangeError:
    """The error of a file that predicts something, but not what the board scores."""
    if task.scored_folds is None:
        return InterchangeError(worded("no-test-entries", source, task=task.name))
    scheme = task.scored_folds.scheme
    return InterchangeError(worded("no-folds", source, scheme=scheme, task=task.name))
