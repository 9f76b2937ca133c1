"""Validating a submission, and writing an empty one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ionladder import errors as err
from ionladder.data.registry import all_tasks
from ionladder.data.store import read_table, rows_of, rows_with, split_of_task
from ionladder.repo import Layout, replacing_folder, write_text
from ionladder.specs import Task
from ionladder.submit import card as cards
from ionladder.submit import predictions as pred
from ionladder.submit.isolate import Read, ReaderProcess
from ionladder.submit.tables import other_kind

if TYPE_CHECKING:
    import pandas as pd

# The template that ``ionladder new`` writes: a commented card and a file that lists the ids

#: Folder and ids → the file of predictions that was written there, to be filled in.
Filler = Callable[[Path, Sequence[str]], str]
#: JSON Schema of the card, from the root of the repository.
SCHEMA_FILE = "docs/assets/submission.schema.json"


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
    problems = cards.new_folder_problems(
        folder, where=shown_as, instead="edit the files that are there"
    )
    if problems:
        raise err.SubmissionError(problems)
    # Both files or neither: half a folder would have to be removed before the next try.
    with replacing_folder(folder) as fresh:
        name = _write_table(fresh, task, ids, folds) if fill is None else fill(fresh, ids)
        write_text(fresh / cards.CARD_FILE, card_template(folder.name, task))
    return name


def array_filler(task: Task, given: Path | None) -> Filler | None:
    """Writes the template of a task that predicts arrays; None for a task that predicts numbers.

    Args:
        task: The task.
        given: The frames that its predictions start from.
    """
    if task.predicts == "values" or given is None:
        return None
    from ionladder.submit import frames, paths

    writers = {"paths": paths.write_path_template, "frames": frames.write_frame_template}
    write = writers[task.predicts]
    return lambda folder, ids: write(folder, given, ids)


def card_template(name: str, task: Task) -> str:
    """The commented ``submission.yaml`` of a new submission."""
    words = {"description": cards.DESCRIPTION_TO_WRITE, "dataset": task.dataset, "inputs": "both"}
    # Its schema is named from submissions/<task>/<name>/: editors complete and check a card.
    template = Path(__file__).with_name("card_template.yaml").read_text("utf-8")
    return template.format(name=name, schema=SCHEMA_FILE, **words)


def _write_table(folder: Path, task: Task, ids: Sequence[str], folds: pd.DataFrame) -> str:
    """Write a CSV with a row for every number to predict; its name."""
    name, columns = f"{pred.PREDICTIONS_STEM}.csv", ["id"]
    keys = [[entry] for entry in sorted(ids)]
    if task.scored_folds is not None:
        name, columns = f"{pred.CV_STEM}.csv", list(pred.FOLD_KEYS)
        rows = folds.loc[folds["scheme"] == task.scored_folds.scheme, columns].sort_values(columns)
        keys = rows.astype(str).to_numpy().tolist()
    targets = [target.name for target in task.targets]
    lines = [[*columns, *targets], *([*key, *[""] * len(targets)] for key in keys)]
    write_text(folder / name, "".join(",".join(line) + "\n" for line in lines))
    return name


# A folder becomes a checked submission, or a list of everything wrong with it

_STEMS = (pred.PREDICTIONS_STEM, pred.CV_STEM)
_VALUES = tuple(f"{stem}{suffix}" for stem in _STEMS for suffix in (".csv", ".parquet"))
#: What a task predicts → its files; their readers say which of them are needed.
_FILES = {
    "values": _VALUES,
    "paths": ("predictions.parquet", "predictions.extxyz"),
    "frames": ("predictions.parquet", "offset_predictions.parquet"),
}

#: What a card refers to, and the submission in messages → the predictions, checked.
ReferenceReader = Callable[[cards.Referenced, str], pred.PredictionTable]

ArrayReader = Callable[[Path, str], tuple[pred.PredictionTable | None, list[err.Problem]]]


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
    card: cards.Card
    predictions: pred.PredictionTable
    cv_predictions: pred.PredictionTable | None


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What predictions are checked against: the ids of a task on one dataset version.

    Attributes:
        test_ids: Ids to predict: the scored entries.
        train_ids: Ids of the training part, to recognise a mix-up.
        folds: Frozen folds, columns ``scheme, repeat, fold, id``, of pandas or Arrow.
        read_arrays: Reads and checks predicted arrays, for tasks that predict them: folder and
            its path in messages → what is scored (``id``, ``seed``, one column per target and
            flag), or the problems found. None for tasks that predict numbers.
        read_referenced: Reads what a card refers to instead of holding it; None where nobody may.
    """

    test_ids: Collection[str]
    train_ids: Collection[str]
    folds: Any
    read_arrays: ArrayReader | None = None
    read_referenced: ReferenceReader | None = None

    @cached_property
    def frozen_folds(self) -> pred.FrozenFolds:
        """The folds made ready, once for all files that are held to them."""
        return pred.FrozenFolds(self.folds)


def read_submission(
    folder: Path, task: Task, expectations: Expectations, *, shown_as: str
) -> Submission:
    """Check one submission folder.

    Raises:
        SubmissionError: Anything is wrong; the error carries every problem of every file.
    """
    if folder.is_symlink() or not folder.is_dir():
        found = "a link" if folder.is_symlink() else "no such folder"
        facts = {"file": _used_files(task)[0], "task": task.name, "found": found}
        raise err.SubmissionError(err.worded("no-submission", shown_as, **facts))
    with as_problems(shown_as):
        return _read_folder(folder, task, expectations, shown_as)


@contextmanager
def as_problems(shown_as: str) -> Iterator[None]:
    """Turn whatever is raised over one submission into its error, so that it stops no other.

    Args:
        shown_as: Path of the submission in messages.

    Raises:
        SubmissionError: Anything was raised that is no error of IonLadder's own.
    """
    try:
        yield
    except err.IonLadderError:
        raise
    except MemoryError as error:
        raise err.SubmissionError(err.worded("memory", shown_as)) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise err.SubmissionError(err.worded("unreadable-file", shown_as, reason=reason)) from error
    except Exception as error:
        last = (str(error).strip().splitlines() or [""])[-1]
        facts = {"kind": type(error).__name__, "text": last[:160]}
        raise err.SubmissionError(err.worded("check-failed", shown_as, **facts)) from error


def checklist(
    task: Task, problems: Sequence[err.Problem], *, shown_as: str, is_file: bool = False
) -> dict[str, list[err.Problem]]:
    """What is checked of a submission, in words → the problems that the check found.

    Args:
        task: The task.
        problems: All problems of one submission.
        shown_as: Its path in them.
        is_file: Whether it is a file of predictions alone, without a folder and a card.
    """
    units = ", ".join(dict.fromkeys(target.unit for target in task.targets))
    scored = _used_files(task)[0].partition(".")[0]
    of_card = "card: required fields, their form, SPDX licence, no words of the template"
    checks = {
        "folder": "folder: its name and files",
        cards.CARD_FILE: of_card,
        pred.PREDICTIONS_STEM: f"predictions: columns, every id once, finite numbers in {units}",
        pred.CV_STEM: "cross-validation predictions: every row of the frozen folds once, numbers",
    }
    if task.predicts != "values" or task.scored_folds:
        del checks[pred.PREDICTIONS_STEM if task.scored_folds else pred.CV_STEM]
    if is_file:
        checks = {scored: checks[scored]}
    found: dict[str, list[err.Problem]] = {words: [] for words in checks.values()}
    for problem in problems:
        inside = problem.where.removeprefix(shown_as).lstrip("/").removeprefix("offset_")
        is_absent = not inside and problem.expected.startswith(scored)
        stem = next((stem for stem in checks if inside.startswith(stem)), "folder")
        found[checks.get(scored if is_absent else stem, checks[scored])].append(problem)
    return found


def _read_folder(folder: Path, task: Task, expectations: Expectations, shown_as: str) -> Submission:
    problems = cards.name_problems(folder.name, where=shown_as)
    problems += _folder_problems(folder, task, shown_as)
    card, found = cards.read_card(
        folder / cards.CARD_FILE, shown_as=f"{shown_as}/{cards.CARD_FILE}"
    )
    problems += found
    predictions, cv_predictions, found = (
        check_tables(folder, task, expectations, shown_as)
        if card is None or card.predictions is None
        else _read_referenced(folder, task, expectations, card.predictions, shown_as)
    )
    other = folder.parent.name
    if found and other != task.name and other in all_tasks():
        found = [err.worded("other-task", shown_as, task=task.name, other=other)]
    problems += found
    if problems or card is None or predictions is None:
        raise err.SubmissionError(problems)
    scored: dict[str, Any] = {"predictions": predictions, "cv_predictions": cv_predictions}
    return Submission(name=folder.name, folder=folder, card=card, **scored)


def _read_referenced(
    folder: Path, task: Task, expectations: Expectations, reference: cards.Referenced, shown_as: str
) -> tuple[pred.PredictionTable | None, None, list[err.Problem]]:
    """What the card refers to, in place of a file of the folder."""
    where = f"{shown_as}/{cards.CARD_FILE}, field `predictions`"
    if beside := [name for name in _FILES[task.predicts] if (folder / name).exists()]:
        return None, None, [err.worded("referenced-and-sent", where, files=err.first_few(beside))]
    read = expectations.read_referenced
    if read is None or task.predicts != "values":
        raise err.ReferenceMissingError(err.worded("reference-unread", where))
    try:
        return read(reference, shown_as), None, []
    except err.ReferenceMissingError:
        raise
    except (err.SubmissionError, err.InterchangeError, err.IngestError) as error:
        return None, None, list(error.problems)


def check_tables(
    folder: Path, task: Task, expectations: Expectations, shown_as: str
) -> tuple[pred.PredictionTable | None, pred.PredictionTable | None, list[err.Problem]]:
    """What is scored, the predictions on the folds, and the problems of both; without the card."""
    predictions: pred.PredictionTable | None = None
    problems: list[err.Problem] = []
    if expectations.read_arrays is not None:
        predictions, problems = _read_arrays(expectations.read_arrays, folder, shown_as)
    elif task.scored_folds is None:
        ids = {"test_ids": expectations.test_ids, "train_ids": expectations.train_ids}
        predictions, problems = pred.read_predictions(folder, task, shown_as=shown_as, **ids)
    if task.predicts != "values":
        return predictions, None, problems
    cv_predictions, found = pred.read_cv_predictions(
        folder, task, folds=expectations.frozen_folds, shown_as=shown_as
    )
    problems += found
    if task.scored_folds is not None:
        scheme = task.scored_folds.scheme
        problems += pred.unused_predictions(folder, shown_as=shown_as)
        if cv_predictions is not None:
            predictions = pred.scored_table(cv_predictions, scheme)
        if not found and (predictions is None or predictions.n_rows == 0):
            file = f"{shown_as}/{predictions.path.name}" if predictions else shown_as
            problems.append(pred.absent_folds(task, scheme, shown_as=file))
    return predictions, cv_predictions, problems


def _read_arrays(
    read: ArrayReader, folder: Path, shown_as: str
) -> tuple[pred.PredictionTable | None, list[err.Problem]]:
    """What a reader of arrays makes of a folder, from a process under limits."""

    def as_table() -> Read:
        found, problems = read(folder, shown_as)
        if found is None:
            return None, problems
        facts = {"path": str(found.path), "sha256": found.sha256, "remarks": found.remarks}
        metadata = {"facts": json.dumps(facts)}
        return pa.table(dict(found.columns)).replace_schema_metadata(metadata), []

    reader = ReaderProcess(as_table)
    try:
        table, problems = reader(where=shown_as)
    finally:
        reader.close()
    if table is None:
        return None, problems
    facts = json.loads(table.schema.metadata[b"facts"])
    columns = {
        name: column.combine_chunks() if pa.types.is_string(column.type) else column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    said: dict[str, Any] = {"path": Path(facts["path"]), "remarks": tuple(facts["remarks"])}
    return pred.PredictionTable(sha256=facts["sha256"], columns=columns, **said), []


def _used_files(task: Task) -> list[str]:
    """Files that a submission of the task may bring, the usual one first."""
    names = _FILES[task.predicts]
    return [name for name in names if task.scored_folds is None or name.startswith(pred.CV_STEM)]


def _folder_problems(folder: Path, task: Task, shown_as: str) -> list[err.Problem]:
    """Files that do not belong into a submission (hidden files of an editor are passed over)."""
    known = {cards.CARD_FILE, *_FILES[task.predicts], "README.md"}
    names = sorted(item.name for item in folder.iterdir() if not item.name.startswith("."))
    used, problems = _used_files(task), []
    extra = [name for name in names if name not in known]
    tables = [name for name in extra if _TABLE.search(name)]
    for name in tables if len(tables) <= 3 else ():
        extra.remove(name)
        stem = pred.CV_STEM if name.casefold().startswith("cv") else Path(used[0]).stem
        meant, kind = f"{stem}{Path(name.casefold()).suffix}", other_kind(_start(folder / name))
        step = "Save it as CSV named predictions.csv."
        step = f"Rename it to {meant}." if meant in used else step
        if kind and kind[0] != "a parquet file":
            step = f"{kind[1]} `ionladder convert` reads what peers write."
        found = f"{name}{f', {kind[0]}' if kind else ''}"
        problems.append(err.Problem(shown_as, f"predictions in {' or '.join(used)}", found, step))
    if extra:
        facts = {"known": ", ".join([cards.CARD_FILE, *used]), "files": err.first_few(extra)}
        problems.append(err.worded("files-beside", shown_as, **facts))
    return problems


_TABLE = re.compile(
    r"\.(csv|tsv|txt|parquet|xlsx?|ods|npy|npz|json|feather|h5)(\.(gz|zip|bz2|xz))?$", re.IGNORECASE
)


def _start(path: Path) -> bytes:
    """The first bytes of a regular file; none of anything else."""
    if path.is_symlink() or not path.is_file():
        return b""
    with path.open("rb") as stream:
        return stream.read(4096)


# What the submissions of a task must cover: ids and folds, without any label


def load_id_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """Read the split and the folds of a dataset version.

    Raises:
        DataMissingError: One of the two is not on this machine.
        DataChangedError: It is not the released one.
    """
    where = (layout, task.dataset, version)
    splits, folds = (read_table(*where, name) for name in ("splits", "folds"))
    split = split_of_task(splits, task)
    train = rows_with(split, "subset", "train")["id"].to_pylist()
    test = rows_with(split, "subset", "test")["id"].to_pylist()
    if task.scored_folds:
        folds = rows_of(folds, train)
    elif task.entries:
        folds = rows_of(folds, split["id"].to_pylist())
    asked, known = pred.KnownIds(train if task.scored_folds else test), pred.KnownIds(train)
    return Expectations(test_ids=asked, train_ids=known, folds=folds)
