"""Leaderboards of others scored again from their files: JARVIS-Leaderboard, matbench, ML-PEG."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from operator import call
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ionladder.errors import ConfigError, InterchangeError, Problem, first_few, worded
from ionladder.interchange.jarvis import Contribution, read_contribution, read_labels
from ionladder.interchange.matbench import Fold, read_results
from ionladder.interchange.tables import read_file, unzip
from ionladder.metrics import METRICS
from ionladder.repo import MapJobs, at_hand, code_sha256, files_below, kept
from ionladder.specs import Array
from ionladder.submit.predictions import coverage_problems

JARVIS_DECIMALS = 4
_CLAIM_TOLERANCE = 1e-6
_BOOLEANS = {"True": "1", "False": "0"}
_METRICS: dict[str, Callable[[Array, Array], float]] = {
    "mae": METRICS["mae"].function,
    "acc": lambda y_true, y_pred: float((y_true == y_pred).mean()),
    "rocauc": partial(METRICS["roc_auc"].function, threshold=0.5),
}
"""How the two projects name metrics of one number an entry."""

# --- One file: joined to labels on id, as both projects do, and what keeps it from covering all


@dataclass(frozen=True, kw_only=True)
class PeerScore:
    """A score as the other project prints it.

    Attributes:
        value: Unrounded, over the rows whose id is known; NaN where no row can be scored.
        n_rows: Rows that entered it.
        n_labels: Labels that there are.
        problems: What our boards would refuse the predictions for; empty for exact cover.
    """

    value: float
    n_rows: int
    n_labels: int
    problems: tuple[Problem, ...] = ()


class Benchmark:
    """Labels of one benchmark, made ready to score many files.

    Args:
        labels: Id → label, or the ids as Arrow text beside the labels.

    Attributes:
        is_yes_or_no: Whether every label is a truth value.
    """

    def __init__(self, labels: Mapping[str, float] | tuple[pa.Array, Array]) -> None:
        ids, values = labels if isinstance(labels, tuple) else (list(labels), [*labels.values()])
        self.ids = ids if isinstance(ids, pa.StringArray) else pa.array(ids, pa.string())
        given = np.asarray(values)
        self.is_yes_or_no = given.dtype == bool
        self.y_true = given.astype(np.float64)

    @cached_property
    def _id_set(self) -> frozenset[str]:
        return frozenset(self.ids.to_pylist())

    def score(self, ids: pa.Array, y_pred: Array, where: str, metric: str = "mae") -> PeerScore:
        """Join predictions to the labels on id; a repeated id counts as often as it stands there.

        Args:
            ids: Ids as text, shape (n_rows,).
            y_pred: Predictions beside them; NaN where a cell is no number.
            where: The file, for messages.
            metric: ``mae``, ``acc`` or ``rocauc``.
        """
        places = pc.index_in(ids, value_set=self.ids)
        row = _view(places.drop_null(), np.int32)
        pred = y_pred[_view(pc.indices_nonzero(places.is_valid()), np.uint64)]
        n = len(self.ids)
        n_bad, problems = int((~np.isfinite(y_pred)).sum()), []
        if len(ids) != n or len(row) != n or not np.bincount(row, minlength=n).all():
            problems = coverage_problems(ids.to_pylist(), expected=self._id_set, where=where)
        if n_bad:
            problems.append(worded("not-finite", where, n=n_bad))
        is_finite = len(row) and np.isfinite(pred).all()
        value = _METRICS[metric](self.y_true[row], pred) if is_finite else math.nan
        return PeerScore(value=value, n_rows=len(row), n_labels=n, problems=tuple(problems))


def _view(array: pa.Array, kind: Any) -> Any:
    """Numbers of Arrow, none missing, for NumPy; Arrow's own way imports pandas."""
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]


def _column(column: pa.ChunkedArray) -> Any:
    array = column.combine_chunks()
    is_plain = array.type == pa.float64() and len(array) and not array.null_count
    return _view(array, np.float64) if is_plain else np.asarray(column)


def _floats(cells: Iterable[str]) -> Array:
    def number(cell: str) -> float:
        try:
            return float(_BOOLEANS.get(cell, cell))
        except ValueError:
            return math.nan

    return np.fromiter(map(number, cells), np.float64)


def jarvis_mae(contribution: Contribution, labels: Mapping[str, float]) -> PeerScore:
    """The MAE that JARVIS-Leaderboard prints: an inner join on id, then the mean.

    Ids that match no label and labels that match no id drop out; a repeated id counts as often as
    it stands there. Ids are read as pandas guesses them, so a column of numbers loses its leading
    zeros. That is how the published number comes about, and why it may rest on a part.

    Args:
        contribution: Ids and predictions.
        labels: Id → label.

    Example:
        Half of the labels are met; errors 0.5 and 0.1:

        >>> labels = {"007": 1.0, "8": 2.0, "009": 3.0, "10": 4.0}
        >>> sent = Contribution(
        ...     name="x", ids=("7", "8", "9", "10"), predictions=("9.9", "2.5", "9.9", "4.1"))
        >>> score = jarvis_mae(sent, labels)
        >>> round(score.value, 4), score.n_rows, score.n_labels
        (0.3, 2, 4)
    """
    import pandas as pd

    column = io.StringIO()
    csv.writer(column).writerows([["id"], *([identifier] for identifier in contribution.ids)])
    column.seek(0)
    guess = pd.read_csv(column)["id"].astype(str)  # its guess of the type, then text again
    benchmark = Benchmark(labels)
    score = benchmark.score(pa.array(guess, pa.string()), _floats(contribution.predictions), "x")
    known = frozenset(labels)
    problems = coverage_problems(contribution.ids, expected=known, where=contribution.name)
    return PeerScore(
        value=score.value, n_rows=score.n_rows, n_labels=len(labels), problems=tuple(problems)
    )


@dataclass(frozen=True, kw_only=True)
class FoldScores:
    """The score of a matbench task.

    Attributes:
        metric: ``mae``, or ``rocauc`` where labels are truth values.
        folds: Fold → its score.
        mean: Mean over folds, the number that matbench's pages print.
        std: Standard deviation over folds, with the number of folds below the root.
        wrong_claims: Folds whose stated score differs from the computed one, each as an error.
    """

    metric: str
    folds: Mapping[str, PeerScore]
    mean: float
    std: float
    wrong_claims: tuple[Problem, ...]


def matbench_mae(
    name: str,
    folds: Sequence[Fold],
    labels: Mapping[str, float] | Benchmark,
    expected: Mapping[str, Sequence[str]] | None = None,
) -> FoldScores:
    """The score that matbench prints: MAE or ROC-AUC in each fold, then the mean over folds.

    Args:
        name: Name of the task, for messages.
        folds: What was recorded.
        labels: Id → label; a truth value for each entry makes it a task of two classes.
        expected: Fold → ids that it must hold, where the splits are at hand.
    """
    scores, wrong = {}, []
    benchmark = labels if isinstance(labels, Benchmark) else Benchmark(labels)
    metric = "rocauc" if benchmark.is_yes_or_no else "mae"
    for fold in folds:
        where, ids = f"{name}, {fold.name}", list(fold.predictions)
        sent = pa.array(ids, pa.string()), _floats(fold.predictions.values())
        found = benchmark.score(*sent, where, metric)
        asked = (expected or {}).get(fold.name)
        problems = coverage_problems(ids, expected=asked, where=where) if asked else []
        scores[fold.name] = PeerScore(
            value=found.value, n_rows=found.n_rows, n_labels=len(ids), problems=tuple(problems)
        )
        claimed = fold.claimed.get(metric)
        # NaN equals nothing.
        if claimed is not None and not abs(claimed - found.value) <= _CLAIM_TOLERANCE:
            facts = {"found": found.value, "claimed": claimed}
            wrong.append(worded("claim-differs", f"{where}, scores.{metric}", **facts))
    values = np.array([score.value for score in scores.values()])
    return FoldScores(
        metric=metric,
        folds=scores,
        mean=float(values.mean()),
        std=float(values.std()),
        wrong_claims=tuple(wrong),
    )


# --- A whole folder of files


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """One file on one benchmark.

    Attributes:
        file: Its path below the folder.
        benchmark, metric: What it is scored on, and by.
        value: The score where every id is predicted once; None otherwise.
        joined: The score over the rows that match, which the other project may print; None where
            there is none.
        n_expected, n_scored: Labels, and rows that match.
        cause: Why there is no value, or which stated scores are others; empty where all is well.
        hint: What to do, such as the id that an unknown one looks like.
        model: Of ML-PEG, whose files are named after models; else empty.
        barrier_ev, reference_ev: Of ML-PEG, the barrier in the file and that of the reference, eV.
    """

    file: str
    benchmark: str
    metric: str
    value: float | None
    joined: float | None
    n_expected: int
    n_scored: int
    cause: str = ""
    hint: str = ""
    model: str = ""
    barrier_ev: float | None = None
    reference_ev: float | None = None


def rescore(
    folder: Path, *, labels: Path | None = None, map_jobs: MapJobs = map, keep: Path | None = None
) -> Iterator[Rescored]:
    """Score every file of a checkout of JARVIS-Leaderboard, matbench or ML-PEG.

    Args:
        folder: ``contributions/<name>/….csv.zip`` (or ``.parquet``) beside
            ``benchmarks/…/<dataset>_<property>.json.zip``, at any depth; or folders with a
            ``results.json.gz``; or ML-PEG's ``<model>/li_diffusion_b-neb-results.dat`` and its
            table ``li_diffusion_metrics_table.json``. Here, or on S3 (``s3://bucket/folder``).
        labels: For matbench, whose labels are elsewhere: a folder of ``<task>.json.gz`` as matminer
            has them, or of ``<task>.csv`` and ``<task>.parquet`` with an id and a label.
        map_jobs: ``map``, or one that shares jobs among processes or machines.
        keep: Folder for the rows of every job; a second run takes those whose files are the same.

    Yields:
        A row for each file and benchmark, by benchmark and file.

    Raises:
        ConfigError: There are no such files.
    """
    files = files_below(folder)
    ends = (".csv.zip", ".parquet")
    sent = [p for p in files if p.name.endswith(ends) and p.parts[-3] == "contributions"]
    results = sorted(path for path in files if path.name == "results.json.gz")
    barriers = sorted(path for path in files if _ML_PEG_FILE.fullmatch(path.name))
    tables = sorted(path for path in files if path.name == _ML_PEG_TABLE)
    if not (sent or results or barriers or tables):
        raise ConfigError(worded("no-leaderboard", folder.as_posix(), table=_ML_PEG_TABLE))
    truths: dict[str, Path] = {}
    for path in files:
        if path.name.endswith((".json.zip", ".parquet")) and "benchmarks" in path.parts:
            truths[path.name.split(".")[0]] = path
    parts: dict[str, list[Path]] = {}
    for path in sent:
        parts.setdefault("_".join(_fields(path)[3:1:-1]), []).append(path)
    labels = labels or folder / "labels"
    beside = [*files_below(labels).items()] if keep and results else []
    jobs: list[tuple[Callable[..., list[Rescored]], list[Path | None]]] = [
        (partial(_rescore_benchmark, name), [truths.get(name), *paths])
        for name, paths in sorted(parts.items())
    ]
    jobs += [(partial(_rescore_results, labels), [None, path]) for path in results]
    if barriers or tables:
        jobs.append((_rescore_ml_peg, [tables[0] if tables else None, *barriers]))
    shared = []
    for score, paths in jobs:
        marks = [(path, files[path]) for path in paths if path] + ([] if paths[0] else beside)
        key = f"{code_sha256()} {getattr(score, 'args', '')} {marks}" if keep else ""
        shared.append(partial(_kept, keep, key, folder, score, paths))
    for rows in map_jobs(call, shared):
        yield from (Rescored(**row) for row in rows)


def _kept(
    keep: Path | None,
    key: str,
    folder: Path,
    score: Callable[..., list[Rescored]],
    paths: Sequence[Path | None],
) -> list[dict[str, Any]]:
    """The rows of some files, the first that of labels or none: as kept, or scored now."""

    def scored() -> list[dict[str, Any]]:
        with at_hand(folder, [path for path in paths if path]) as here:
            moved = [path and here / path.relative_to(folder) for path in paths]
            return [vars(row) for row in score(here, *moved)]

    rows: list[dict[str, Any]] = kept(scored, key, keep)
    return rows


def _fields(path: Path) -> list[str]:
    fields = path.name.removesuffix(".zip").rsplit(".", 1)[0].split("-")
    return fields if len(fields) == 6 else [path.name] * 6


def _rescore_benchmark(name: str, folder: Path, truth: Path | None, *paths: Path) -> list[Rescored]:
    made: dict[str, Benchmark] = {}
    rows = []
    for path in paths:
        split, metric = _fields(path)[4:]
        shown, score = path.relative_to(folder).as_posix(), None
        problems: Sequence[Problem] = ()
        try:
            if split not in made or metric not in _METRICS:
                made[split] = _benchmark(truth, split, metric, shown)
            score = made[split].score(*_read_predictions(path), path.name, metric)
            problems = score.problems
        except InterchangeError as error:
            problems = error.problems
        rows.append(_row(shown, name, metric, score, problems))
    return rows


def _row(
    shown: str, name: str, metric: str, score: PeerScore | None, problems: Sequence[Problem]
) -> Rescored:
    value = None if score is None or math.isnan(score.value) else score.value
    return Rescored(
        file=shown,
        benchmark=name,
        metric=metric,
        value=None if problems else value,
        joined=value,
        n_expected=score.n_labels if score else 0,
        n_scored=score.n_rows if score else 0,
        cause="; ".join(f"expected {p.expected}, found {p.found}" for p in problems),
        hint=" ".join(dict.fromkeys(problem.next_step for problem in problems)),
    )


def _benchmark(path: Path | None, split: str, metric: str, shown: str) -> Benchmark:
    if path is None or metric not in _METRICS:
        found = "no labels" if path is None else f"the metric {metric}"
        known = ", ".join(_METRICS)
        raise InterchangeError(worded("other-benchmark", shown, known=known, found=found))
    if path.suffix != ".parquet":
        return Benchmark(read_labels(path, split))
    table = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
    column = next(name for name in table.column_names if name not in ("id", "split"))
    if "split" in table.column_names:
        table = table.filter(pc.equal(table["split"], split))
    return Benchmark((table["id"].combine_chunks(), _column(table[column])))


def _read_predictions(path: Path) -> tuple[pa.Array, Array]:
    """Ids and predictions: the way that most files allow, else cell by cell."""
    if path.suffix == ".parquet":
        table = pq.ParquetFile(path, pre_buffer=False).read(["id", "prediction"], use_threads=False)
        return table["id"].combine_chunks().cast(pa.string()), _column(table["prediction"])
    _, text = unzip(read_file(path), suffix=".csv", shown_as=path.name)
    types = {"id": pa.string(), "prediction": pa.float64()}
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            read_options=pa_csv.ReadOptions(use_threads=False),
            convert_options=pa_csv.ConvertOptions(column_types=types, include_columns=[*types]),
        )
    except (pa.ArrowException, KeyError):
        contribution = read_contribution(path)
        return pa.array(contribution.ids, pa.string()), _floats(contribution.predictions)
    return table["id"].combine_chunks(), _column(table["prediction"])


def _rescore_results(labels: Path, folder: Path, _: Path | None, path: Path) -> list[Rescored]:
    shown, rows = path.relative_to(folder).as_posix(), []
    try:
        results = read_results(path)
    except InterchangeError as error:
        return [_row(shown, "", "", None, error.problems)]
    rows += [_row(shown, name, "", None, [why]) for name, why in results.unreadable.items()]
    for name, folds in results.tasks.items():
        benchmark = _labels_of(labels, name)
        if benchmark is None:
            rows.append(_row(shown, name, "", None, [worded("labels-elsewhere", shown, name=name)]))
            continue
        found = matbench_mae(name, folds, benchmark)
        ids = [entry for fold in folds for entry in fold.predictions]
        whole = benchmark.score(
            pa.array(ids, pa.string()),
            _floats(cell for fold in folds for cell in fold.predictions.values()),
            name,
            found.metric,
        )
        score = PeerScore(value=found.mean, n_rows=whole.n_rows, n_labels=whole.n_labels)
        row = _row(shown, name, found.metric, score, whole.problems)
        if found.wrong_claims and not whole.problems:
            told = first_few(f"{each.where}: {each.found}" for each in found.wrong_claims)
            row = _row(shown, name, found.metric, score, found.wrong_claims)
            row = Rescored(**{**vars(row), "value": row.joined, "cause": f"stated {told}"})
        rows.append(row)
    return rows


@cache
def _labels_of(folder: Path, name: str) -> Benchmark | None:
    """Labels of a matbench task; ids as matbench makes them, where matminer's file has none."""
    import orjson

    names = [f"{name}{end}" for end in (".json.gz", ".csv", ".parquet")]
    found = [path for path in files_below(folder) if path.name in names]
    if not found:
        return None
    with at_hand(min(found, key=lambda path: names.index(path.name))) as here:
        if here.suffix == ".gz":
            frame = orjson.loads(gzip.decompress(here.read_bytes()))
            width = len(str(len(frame["data"])))
            stem = name.replace("matbench", "mb").replace("_", "-")
            rows = enumerate(frame["data"], 1)
            return Benchmark({f"{stem}-{n:0{width}d}": row[-1] for n, row in rows})
        table = (pa_csv.read_csv if here.suffix == ".csv" else pq.read_table)(here)
    ids, column = table.column_names[:2]
    values = table[column].combine_chunks().to_numpy(zero_copy_only=False)
    return Benchmark((table[ids].combine_chunks().cast(pa.string()), values))


# --- ML-PEG: barriers of two hops of lithium in LiFePO4, as its NEB runs write them

#: Path → the reference of ML-PEG 0.7.0, eV: DFT by Morgan, Van der Ven and Ceder 2004,
#: doi 10.1149/1.1633511, along [010] and [001].
ML_PEG_EV = {"b": 0.27, "c": 2.5}
ML_PEG_SOURCE = "ML-PEG (ddmms/ml-peg, GPL-3.0), benchmark Li diffusion, read from its result files"
_ML_PEG_FILE = re.compile(r"li_diffusion_([a-z])-neb-results\.dat")
_ML_PEG_TABLE = "li_diffusion_metrics_table.json"
_ML_PEG_HEAD = "#Barrier [eV] | delta E [eV] | Max force [eV/Å]"
_LARGEST_EV = 20.0


def _rescore_ml_peg(folder: Path, table: Path | None, *paths: Path) -> list[Rescored]:
    """Errors of barriers against the reference, held to those that ML-PEG's own table states."""
    rows, stated = list[Rescored](), dict[tuple[str, str], float]()
    at = table.relative_to(folder).as_posix() if table else ""
    try:
        stated = _stated_errors(table) if table else {}
    except InterchangeError as error:
        rows.append(_row(at, "li_diffusion", "", None, error.problems))
    for path in paths:
        key = path.parent.name, path.name.removeprefix("li_diffusion_")[0]
        shown = path.relative_to(folder).as_posix()
        rows.append(_barrier_row(shown, *key, path, stated.pop(key, None)))
    for (model, way), value in sorted(stated.items()):
        rows.append(_barrier_row(f"{at}: {model}, path {way}", model, way, None, value))
    return rows


def _barrier_row(
    at: str, model: str, way: str, path: Path | None, stated: float | None
) -> Rescored:
    reference, barrier, problems = ML_PEG_EV.get(way, math.nan), math.nan, list[Problem]()
    try:
        barrier = _barrier(path, at)
    except InterchangeError as error:
        problems += error.problems
    error_ev = abs(reference - barrier)
    if way not in ML_PEG_EV:
        problems.append(worded("ml-peg-path", at, known=", ".join(ML_PEG_EV), way=way))
    elif stated is not None and abs(error_ev - stated) > _CLAIM_TOLERANCE:
        problems.append(worded("ml-peg-error", at, stated=stated, error=error_ev))
    row = _row(at, f"li_diffusion_{way}", "barrier error, eV", None, problems)
    found = {"value": error_ev, "joined": error_ev if stated is None else stated}
    found |= {"barrier_ev": barrier, "reference_ev": reference}
    told: dict[str, Any] = {k: None if math.isnan(v) else v for k, v in found.items()}
    told |= {"n_expected": 1, "n_scored": int(not math.isnan(error_ev))}
    return replace(row, model=model, **told)


def _barrier(path: Path | None, at: str) -> float:
    """The barrier of a result file, eV.

    Raises:
        InterchangeError: Everything for which there is none.
    """
    if path is None:
        raise InterchangeError(worded("ml-peg-alone", at))
    text = read_file(path).decode("utf-8", "replace")
    head, row, *rest = [line.strip() for line in text.splitlines()] + ["", ""]
    problems, cells = [], row.split()
    if head != _ML_PEG_HEAD:
        problems.append(worded("ml-peg-head", at, head=_ML_PEG_HEAD, found=head[:80]))
    numbers = _floats(cells)
    is_plain = all(np.isfinite(numbers) | (np.array(cells, dtype=str) == "nan"))
    if len(numbers) != 3 or any(rest) or not is_plain:
        problems.append(worded("ml-peg-row", at, found=row[:80]))
    elif math.isnan(numbers[0]):
        problems.append(worded("ml-peg-failed", at))
    elif not 0 <= numbers[0] <= _LARGEST_EV:
        problems.append(worded("ml-peg-range", at, most=_LARGEST_EV, found=numbers[0]))
    if problems:
        raise InterchangeError(problems)
    return float(numbers[0])


def _stated_errors(path: Path) -> dict[tuple[str, str], float]:
    """(Model, path) → the error in ML-PEG's table, eV; NaN where the model has failed.

    Raises:
        InterchangeError: It is no such table, or states other units.
    """
    names = {way: f"Path {way.upper()} error" for way in ML_PEG_EV}
    try:
        document = json.loads(read_file(path))
        used = {document["thresholds"][name]["unit"] for name in names.values()}
        errors = {
            (str(row["id"]), way): float("nan" if row[name] is None else row[name])
            for row in document["data"]
            for way, name in names.items()
        }
    except (LookupError, TypeError, ValueError) as error:
        found = f"{type(error).__name__}: {error}"
        raise InterchangeError(worded("ml-peg-table", path.name, found=found)) from error
    if used != {"eV"}:
        raise InterchangeError(
            worded("ml-peg-unit", path.name, found=first_few(sorted(map(str, used))))
        )
    return errors


def reported_rows(rows: Iterable[Rescored], task: str) -> list[dict[str, str]]:
    """Barriers of ML-PEG as rows of a dataset's ``reported.csv``, one a model: quoted, unranked.

    No board scores the two hops (em619 has a path like b in its training set, with the same label),
    so no number stands under a column.
    """
    by_model: dict[str, list[str]] = {}
    for row in rows:
        if row.model and row.joined is not None:
            barrier = "" if row.barrier_ev is None else f"barrier {row.barrier_ev:.3f} eV, "
            way = row.benchmark[-1]
            told = f"path {way}: {barrier}error {row.joined:.3f} eV"
            by_model.setdefault(row.model, []).append(told)
    references = " and ".join(f"{value:g} eV (path {way})" for way, value in ML_PEG_EV.items())
    verdict = (
        f"Two hops of lithium in LiFePO4, with references of {references}; neither is scored on "
        "this board, so the numbers stand beside none of it."
    )
    return [
        {"task": task, "model": model, "source": ML_PEG_SOURCE, "table": "path b, path c"}
        | {"as_printed": "; ".join(told), "inputs": "structure", "verdict": verdict}
        for model, told in sorted(by_model.items())
    ]
