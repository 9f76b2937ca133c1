"""matbench's layouts: results files read, our splits exported."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from ionladder.config import DatasetVersion
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.errors import InterchangeError, Problem, did_you_mean, first_few, worded
from ionladder.interchange import tables
from ionladder.interchange.tables import Cells, Foreign
from ionladder.repo import Layout, write_json
from ionladder.specs import Task
from ionladder.submit.predictions import FOLD_KEYS, coverage_problems
from ionladder.submit.validate import Expectations

# --- ``results.json.gz``, read without matbench: tasks → folds → data → predictions

# A file of all 13 tasks of matbench v0.1 holds about 400 000 predictions. Counted before parsing:
# three bytes of JSON can become sixty of memory.
MAX_VALUES = 2_000_000
_FOLD_NAME = re.compile(r"fold_(\d{1,3})")

_RECORD_ALL = "Record every fold, then `to_file`."


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What was recorded for one fold.

    Attributes:
        number: Its number by its name, ``fold_0`` and so on; the order of a file may be another.
        predictions: Entry id → prediction, as text where it is a number and NaN included.
        std: Entry id → standard deviation as text; empty where none was recorded.
        claimed: Score → value, as the file says.
    """

    number: int
    predictions: Mapping[str, str]
    std: Mapping[str, str]
    claimed: Mapping[str, float]

    @property
    def name(self) -> str:
        """``fold_0`` and so on."""
        return f"fold_{self.number}"


@dataclass(frozen=True, kw_only=True)
class Results:
    """A results file.

    Attributes:
        name: File name.
        tasks: Task name → folds by number.
        unreadable: Task name → the error that says why it cannot be read.
    """

    name: str
    tasks: Mapping[str, tuple[Fold, ...]]
    unreadable: Mapping[str, Problem]


def read_results(path: Path) -> Results:
    """Read a results file, compressed or not: ``to_file`` writes plain text whatever its name.

    A task that cannot be read is set apart with its error and stops no other.

    Raises:
        InterchangeError: It is not a results file at all, damaged, or larger than the limits.
    """
    tasks: dict[str, tuple[Fold, ...]] = {}
    unreadable: dict[str, Problem] = {}
    for name, content in _tasks(_text(tables.read_file(path), path.name), path.name).items():
        try:
            folds = _folds(content, f"{path.name}, task {name}")
            tasks[name] = tuple(sorted(folds, key=lambda fold: fold.number))
        except InterchangeError as error:
            unreadable[name] = error.problems[0]
    return Results(name=path.name, tasks=tasks, unreadable=unreadable)


def is_results(text: bytes) -> bool:
    """Whether plain text begins as a results file does."""
    return text.lstrip()[:1] == b"{"


def _text(data: bytes, where: str) -> bytes:
    text = tables.gunzip(data, shown_as=where) if data.startswith(tables.GZIP_MAGIC) else data
    if text.startswith(tables.GZIP_MAGIC):
        raise InterchangeError(worded("gzip-twice", where))
    if not text.isascii():
        raise InterchangeError(worded("matbench-not-ascii", where))
    values = sum(map(text.count, (b",", b"[", b"{")))
    if len(text) > tables.MAX_TEXT_BYTES or values > MAX_VALUES:
        raise InterchangeError(worded("matbench-too-large", where, most=MAX_VALUES, n=values))
    return text


def _tasks(text: bytes, where: str) -> Mapping[str, Any]:
    """Task name → its document, of a whole benchmark or of a single task."""
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        found = f"something else ({error})"
        raise _unread(where, "a results file in JSON", found) from error
    if not isinstance(document, dict):
        raise _unread(where, "a results file of matbench", f"a {type(document).__name__}")
    tasks = document.get("tasks")
    if document.get("@class") == "MatbenchTask" or ("results" in document and tasks is None):
        return {str(document.get("dataset_name")): document}
    if not isinstance(tasks, dict) or not tasks:
        expected = "a MatbenchBenchmark with `tasks`, or a MatbenchTask with `results`"
        raise _unread(where, expected, f"the keys {first_few(document) or 'none'}")
    return tasks


def _unread(where: str, expected: str, found: str) -> InterchangeError:
    return InterchangeError(worded("matbench-unread", where, expected=expected, found=found))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = next(key for key, count in Counter(k for k, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {repeated!r} stands twice")
    return found


def _folds(content: Any, where: str) -> Iterator[Fold]:
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict) or not results:
        raise InterchangeError(worded("matbench-no-folds", where))
    for name, fold in results.items():
        match = _FOLD_NAME.fullmatch(name)
        if match is None:
            raise _unread(where, "folds named fold_0, fold_1, …", repr(name))
        data = fold.get("data") if isinstance(fold, dict) else None
        if not isinstance(data, dict) or not data:
            expected = "`data` with predictions by id"
            raise InterchangeError(f"{where}, {name}", expected, "none", _RECORD_ALL)
        scores = fold.get("scores") if isinstance(fold.get("scores"), dict) else {}
        claimed = {name: float(value) for name, value in scores.items() if _is_number(value)}
        cells, std = {key: _cell(data[key]) for key in data}, _std(fold.get("uncertainty"))
        yield Fold(number=int(match[1]), predictions=cells, std=std, claimed=claimed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    """A prediction as text; what is no number keeps a form that no check takes for one."""
    if isinstance(value, str | bool) or _is_number(value):
        return str(value)
    return f"{json.dumps(value)[:40]} (not a number)"


def _std(uncertainty: Any) -> dict[str, str]:
    """Recorded standard deviations; intervals without one are not turned into any."""
    if not isinstance(uncertainty, dict):
        return {}
    stated = {key: item.get("std") for key, item in uncertainty.items() if isinstance(item, dict)}
    # matbench stores the symmetric case as a list of one number.
    single = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in stated.items()}
    return {key: _cell(value) for key, value in single.items() if value is not None}


# --- Our frozen splits in matbench's layout: a validation file, and the metadata that belongs to it

_NAME = re.compile(
    r"^(?P<task>[a-z0-9-]+)__(?:test|(?P<scheme>\w+?)__r(?P<repeat>\d{1,3}))__(?P<target>\w+)$"
)
#: Fold → ``train`` and ``test`` → ids.
Splits = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, kw_only=True)
class MatbenchName:
    """A split of one of our tasks, as matbench calls it.

    Attributes:
        task: Our task.
        target: Its target.
        scheme: Scheme of the frozen folds, or None for training and test part.
        repeat: Repeat of the scheme; 0 where there is no scheme.
    """

    task: str
    target: str
    scheme: str | None = None
    repeat: int = 0

    def __str__(self) -> str:
        part = "test" if self.scheme is None else f"{self.scheme}__r{self.repeat}"
        return f"{self.task}__{part}__{self.target}"


def parse_name(text: str) -> MatbenchName | None:
    """Read a name that we gave, or None for any other.

    Example:
        >>> parse_name("obelix__grouped_doi_comp__r2__log10_sigma").repeat
        2
        >>> str(parse_name("bvel-proto__test__e_1d_ev"))
        'bvel-proto__test__e_1d_ev'
        >>> parse_name("matbench_dielectric") is None
        True
    """
    if (match := _NAME.match(text)) is None:
        return None
    parts: dict[str, Any] = match.groupdict()
    return MatbenchName(**{**parts, "repeat": int(match["repeat"] or 0)})


def export_matbench_folds(
    layout: Layout, task: Task, pinned: DatasetVersion, folder: Path
) -> list[Path]:
    """Write both files of a task.

    Args:
        layout: The repository.
        task: The task.
        pinned: The dataset version whose splits are written.
        folder: Where to; made when it is not there.

    Raises:
        DataMissingError: A table is not on this machine.
    """
    inputs = load_inputs(layout, task, pinned.version)
    paths = [folder / f"{task.name}_validation.json", folder / f"{task.name}_metadata.json"]
    write_json(paths[0], validation_document(task, pinned, inputs))
    write_json(paths[1], metadata_document(task, inputs))
    return paths


def validation_document(task: Task, pinned: DatasetVersion, inputs: TaskInputs) -> dict[str, Any]:
    """The splits of a task: its test part, where it has one, and every repeat of its folds."""
    folds = pinned.folds
    facts: dict[str, Any] = {"task": task.name, "dataset": pinned.dataset}
    facts |= {"dataset_version": pinned.version}
    facts |= {"n_splits": folds.n_folds, "n_repeats": folds.n_repeats, "random_state": folds.seed}
    splits = (each for target in inputs.targets for each in _splits(task, target, inputs))
    of_name = {str(name): parts for name, parts in splits}
    return {"metadata": {**facts, "shuffle": True}, "splits": of_name}


def metadata_document(task: Task, inputs: TaskInputs) -> dict[str, Any]:
    """What matbench's metadata say of a task, for each name of the validation file."""
    ids = {*inputs.entries.index}
    is_structure = inputs.structures is not None and {*inputs.structures.index} >= ids
    document: dict[str, Any] = {}
    for target in task.targets:
        labels = inputs.train_labels[target.name].dropna()
        kind = "structure" if is_structure else "composition"
        facts: dict[str, Any] = {"input_type": kind, "target": target.name, "unit": target.unit}
        # The deviation of the training labels: those of test entries are nobody's to summarise.
        n, mad = len(inputs.train_ids) + len(inputs.test_ids), (labels - labels.mean()).abs().mean()
        facts |= {"task_type": "regression", "n_samples": n, "mad": float(mad)}
        document |= {str(name): facts for name, _ in _splits(task, target.name, inputs)}
    return document


def _splits(task: Task, target: str, inputs: TaskInputs) -> Iterator[tuple[MatbenchName, Splits]]:
    if inputs.test_ids:
        official = {"train": list(inputs.train_ids), "test": list(inputs.test_ids)}
        yield MatbenchName(task=task.name, target=target), {"fold_0": official}
    accepted = [item.scheme for item in task.fold_schemes]
    for (scheme, repeat), part in inputs.folds.groupby(["scheme", "repeat"], observed=True):
        if scheme in accepted:
            place: dict[str, Any] = {"scheme": str(scheme), "repeat": int(str(repeat))}
            ids, folds = (part.sort_values("id")[key] for key in ("id", "fold"))
            splits = {}
            for fold in sorted(folds.unique()):
                is_test = folds == fold
                parts = {"train": ids[~is_test].tolist(), "test": ids[is_test].tolist()}
                splits[f"fold_{fold}"] = parts
            yield MatbenchName(task=task.name, target=target, **place), splits


# --- From a results file of matbench to predictions of one of our tasks

_CLAIMS_NOTE = (
    "Scores inside the file are its author's claim and were not used; the board scores the "
    "predictions."
)


def predictions_of(
    results: Results, task: Task, expected: Expectations, *, wanted: str | None = None
) -> Foreign:
    """Predictions of a task.

    Args:
        results: The results file.
        task: Our task.
        expected: Its entries and frozen folds.
        wanted: Name of the matbench task to take, where names alone do not tell.

    Raises:
        InterchangeError: No task of the file is one of ours; targets or ids do not fit together.
    """
    parts: dict[tuple[str, int], dict[str, list[Cells]]] = defaultdict(dict)
    for name, recorded in _chosen(results, task, wanted).items():
        where = f"{results.name}, task {name}"
        split = parse_name(name) or _recognise(recorded, task, name, where, expected)
        parts[(split.scheme or "", split.repeat)][split.target] = list(_rows(recorded, split))
    where = f"{results.name}, test entries"
    predictions = tables.merge_targets(parts.pop(("", 0), {}), task, where=where)
    folds: dict[str, list[str]] = defaultdict(list)
    for (scheme, repeat), targets in sorted(parts.items()):
        where = f"{results.name}, {scheme}, repeat {repeat}"
        merged = tables.merge_targets(targets, task, where=where, keys=FOLD_KEYS)
        for key in (*FOLD_KEYS, *(target.name for target in task.targets)):
            folds[key] += merged[key]
    return Foreign(predictions=predictions, cv_predictions=dict(folds), notes=(_CLAIMS_NOTE,))


def _chosen(results: Results, task: Task, wanted: str | None) -> Mapping[str, tuple[Fold, ...]]:
    """The tasks of the file that are splits of ours."""
    ours = {name: parse_name(name) for name in (*results.tasks, *results.unreadable)}
    names = [name for name, split in ours.items() if split and split.task == task.name]
    if wanted is not None:
        names = [wanted]
    elif not names and len(ours) == 1:
        names = list(ours)
    if not names or not ours.keys() >= {*names}:
        facts = {"task": task.name, "names": first_few(ours, limit=13)}
        raise InterchangeError(worded("matbench-no-task", results.name, **facts))
    if broken := [results.unreadable[name] for name in names if name in results.unreadable]:
        raise InterchangeError(broken)
    return {name: results.tasks[name] for name in names}


def _recognise(
    recorded: Sequence[Fold], task: Task, name: str, where: str, expected: Expectations
) -> MatbenchName:
    """Which split a task of another name is, by its target and its ids."""
    target = _target_of(name, task, where)
    test, train = frozenset(expected.test_ids), frozenset(expected.train_ids)
    mine = {fold.number: frozenset(fold.predictions) for fold in recorded}
    together = frozenset(chain.from_iterable(mine.values()))
    if len(together & test) < len(together & train):
        for (scheme, repeat), part in expected.folds.groupby(["scheme", "repeat"], observed=True):
            if mine == part.groupby("fold")["id"].agg(frozenset).to_dict():
                place: dict[str, Any] = {"scheme": str(scheme), "repeat": int(str(repeat))}
                return MatbenchName(task=task.name, target=target, **place)
    elif together == test:
        return MatbenchName(task=task.name, target=target)
    elsewhere = {"training": train}
    problems = coverage_problems(sorted(together), expected=test, where=where, elsewhere=elsewhere)
    if together <= train:
        problems.append(worded("matbench-other-folds", where, task=task.name))
    raise InterchangeError(problems)


def _target_of(name: str, task: Task, where: str) -> str:
    targets = [target.name for target in task.targets]
    matches = targets if len(targets) == 1 else [t for t in targets if name.endswith(t)]
    if len(matches) == 1:
        return matches[0]
    known = ", ".join(targets)
    raise InterchangeError(worded("matbench-no-target", where, targets=known, name=name))


def _rows(recorded: Sequence[Fold], split: MatbenchName) -> Iterator[Cells]:
    """A row for every prediction: where it stood, its id, the cell and the stated deviation."""
    place = {"scheme": split.scheme or "", "repeat": str(split.repeat)}
    for fold in recorded:
        for identifier, cell in fold.predictions.items():
            row = {**place, "fold": str(fold.number), "id": identifier, split.target: cell}
            if identifier in fold.std:
                row[f"{split.target}_std"] = fold.std[identifier]
            yield row


# --- One of our splits as a task of matbench itself, for notebooks that are written against it


def matbench_task(
    validation: Mapping[str, Any], metadata: Mapping[str, Any], name: str, frame: Any
) -> Any:
    """A ``matbench.task.MatbenchTask`` on one of our splits.

    Args:
        validation: Content of ``<task>_validation.json``.
        metadata: Content of ``<task>_metadata.json``.
        name: Name of the split in both.
        frame: One row an entry, indexed by id: a column named as the metadata's ``input_type``
            (``composition`` or ``structure``) and one with the target.

    Returns:
        The task: ``folds``, ``get_train_and_val_data``, ``get_test_data``, ``record``, ``scores``.
        ``record`` takes predictions by position, in the order of ``get_test_data``.

    Raises:
        InterchangeError: matbench is not installed, or there is no such split.
    """
    if name not in validation["splits"] or name not in metadata:
        expected, hint = "a split of the validation file", did_you_mean(name, validation["splits"])
        raise InterchangeError("matbench_task", expected, repr(name), hint)
    try:
        from matbench.task import MatbenchTask
        from matbench.util import RecursiveDotDict
    except ImportError as error:
        problem = worded("matbench-no-package", "matbench_task", error=error)
        raise InterchangeError(problem) from error
    # Its constructor looks the name up among matminer's datasets; everything else needs only these.
    task = MatbenchTask.__new__(MatbenchTask)
    task.dataset_name = name
    task.benchmark_name = f"ionladder_{validation['metadata']['dataset']}"
    task.df, task.info = frame, ""
    task.metadata = RecursiveDotDict(dict(metadata[name]))
    task.validation = RecursiveDotDict(dict(validation["splits"][name]))
    task.folds_keys = list(task.validation)
    task.folds_nums = task.folds = list(range(len(task.folds_keys)))
    task.folds_map = dict(zip(task.folds_nums, task.folds_keys, strict=True))
    task.results = RecursiveDotDict({})
    return task
