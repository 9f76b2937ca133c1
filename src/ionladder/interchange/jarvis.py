"""JARVIS-Leaderboard's files: a zip with a CSV of ``id,prediction``, named by its benchmark."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ionladder.data.store import TaskInputs
from ionladder.errors import InterchangeError, SubmissionError, first_few, worded
from ionladder.interchange.tables import read_file, read_text_table, unzip
from ionladder.repo import replacing
from ionladder.specs import Task
from ionladder.submit.predictions import read_predictions
from ionladder.submit.validate import Expectations

HEADER = ("id", "prediction")
_FIELDS = ("method", "category", "property", "dataset", "split", "metric")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """One file of predictions.

    Attributes:
        name: File name.
        ids: Ids as text, in file order.
        predictions: The cells beside them, as text.
        left_out: Further columns, such as the labels that many write beside them.
    """

    name: str
    ids: tuple[str, ...]
    predictions: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def property_of(name: str) -> str | None:
    """The property that the name of a contribution states, or None for another form of name.

    Example:
        >>> property_of("AI-SinglePropertyPrediction-e_1d_ev-bvel_proto-test-mae.csv.zip")
        'e_1d_ev'
        >>> property_of("predictions.csv.zip") is None
        True
    """
    fields = name.removesuffix(".zip").removesuffix(".csv").split("-")
    return fields[_FIELDS.index("property")] if len(fields) == len(_FIELDS) else None


def read_contribution(path: Path) -> Contribution:
    """Read a ``.csv.zip``; ids stay text, cells are not interpreted.

    Raises:
        InterchangeError: The archive is refused, or its CSV lacks the column ``id`` or
            ``prediction``.
    """
    member, text = unzip(read_file(path), suffix=".csv", shown_as=path.name)
    where = f"{path.name}, {member}"
    table = read_text_table(text, shown_as=where)
    if not {*HEADER} <= {*table.column_names}:
        facts = {"header": ",".join(HEADER), "found": first_few(table.column_names, limit=8)}
        raise InterchangeError(worded("jarvis-columns", f"{where}, header", **facts))
    ids, predictions = (tuple(table.column(name).to_pylist()) for name in HEADER)
    left = tuple(name for name in table.column_names if name not in HEADER)
    return Contribution(name=path.name, ids=ids, predictions=predictions, left_out=left)


def write_contribution(path: Path, ids: Sequence[str], values: Sequence[float]) -> None:
    """Write a ``.csv.zip``: the same bytes for the same predictions, whole or not at all.

    Args:
        path: File whose name ends with ``.csv.zip``; the CSV inside has the name without ``.zip``.
        ids: Ids, in the order to write.
        values: Predictions, finite, written with all their digits.
    """
    rows = "".join(f"{i},{value!r}\n" for i, value in zip(ids, values, strict=True))
    member = zipfile.ZipInfo(path.name.removesuffix(".zip"), date_time=_EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = _REGULAR_FILE
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(member, f"{','.join(HEADER)}\n{rows}")
    with replacing(path) as temporary:
        temporary.write_bytes(packed.getvalue())


def read_labels(path: Path, split: str = "test") -> dict[str, float]:
    """Labels of one split of a benchmark (``<dataset>_<property>.json.zip``), by id as text.

    Raises:
        InterchangeError: The archive is refused, or holds no such mapping of ids to numbers.
    """
    member, text = unzip(read_file(path), suffix=".json", shown_as=path.name)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InterchangeError(worded("no-json", member, error=error)) from error
    labels = content.get(split) if isinstance(content, Mapping) else None
    labels = labels if isinstance(labels, Mapping) else {}
    numbers = {str(name): _number(value) for name, value in labels.items()}
    if not numbers or None in numbers.values():
        raise InterchangeError(worded("no-jarvis-labels", member, split=split))
    return {name: value for name, value in numbers.items() if value is not None}


def _number(value: object) -> float | None:
    """A number, also one that is written as text: by these JARVIS scores too."""
    is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
    try:
        return float(value) if is_number else None  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None


def export_contributions(
    submission: Path,
    task: Task,
    expected: Expectations | TaskInputs,
    folder: Path,
    *,
    shown_as: str,
) -> list[Path]:
    """Write the test predictions of a submission, the mean over its seeds, one zip a target.

    Args:
        submission: Its folder.
        task: Its task.
        expected: The entries of the task.
        folder: Where to; made when it is not there.
        shown_as: Path of the submission, for messages.

    Raises:
        SubmissionError: Its predictions are not those of the task.
    """
    ids = {"test_ids": expected.test_ids, "train_ids": expected.train_ids}
    table, problems = read_predictions(submission, task, shown_as=shown_as, **ids)
    if table is None:
        raise SubmissionError(problems)
    means = table.rows.groupby("id", sort=True).mean(numeric_only=True)
    written = []
    for target in task.targets:
        name = f"AI-SinglePropertyPrediction-{target.name}-{task.dataset}-test-mae.csv.zip"
        written.append(folder / name)
        write_contribution(written[-1], means.index.tolist(), means[target.name].tolist())
    return written
