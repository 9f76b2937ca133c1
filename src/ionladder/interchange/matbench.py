"""Reading matbench's folds, predictions and published scores."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.config import DatasetVersion
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.errors import InterchangeError, Problem, did_you_mean, first_few
from ionladder.interchange.jarvis import Contribution
from ionladder.interchange.tables import (
    GZIP_MAGIC,
    MAX_TEXT_BYTES,
    Column,
    Foreign,
    gunzip,
    merge_targets,
    read_file,
    refusal,
)
from ionladder.metrics import mae
from ionladder.repo import Layout, write_json
from ionladder.specs import Task
from ionladder.submit.predictions import coverage_problems

if TYPE_CHECKING:
    import pandas as pd


# matbench's ``results.json.gz``, read without matbench: tasks → folds → data → predictions


# A file of all 13 tasks of matbench v0.1 holds about 400 000 predictions. Counted before parsing:
# three bytes of JSON can become sixty of memory.
MAX_VALUES = 2_000_000
_FOLD = "fold_"
_BENCHMARK, _TASK = "MatbenchBenchmark", "MatbenchTask"
_NEXT_STEP = "Write the file again with matbench's `to_file`."


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What was recorded for one fold.

    Attributes:
        name: ``fold_0`` and so on.
        predictions: Entry id → prediction, as text where it is a number and NaN included.
        std: Entry id → standard deviation as text; empty where none was recorded.
        claimed: Score → value, as the file says.
    """

    name: str
    predictions: Mapping[str, str]
    std: Mapping[str, str]
    claimed: Mapping[str, float]

    @property
    def number(self) -> int:
        """Its number by its name; the order of a file need not be theirs."""
        return int(self.name.removeprefix(_FOLD))


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


def read_results(path: Path, *, shown_as: str | None = None) -> Results:
    """Read a results file, compressed or not: ``to_file`` writes plain text whatever its name.

    A task that cannot be read is set apart with its error and stops no other.

    Raises:
        InterchangeError: It is not a results file at all, damaged, or larger than the limits.
    """
    shown_as = shown_as or path.name
    document = _parse(_text(read_file(path, shown_as=shown_as), shown_as), shown_as)
    tasks: dict[str, tuple[Fold, ...]] = {}
    unreadable: dict[str, Problem] = {}
    for name, content in _tasks(document, shown_as).items():
        try:
            folds = _folds(content, f"{shown_as}, task {name}")
            tasks[name] = tuple(sorted(folds, key=lambda fold: fold.number))
        except InterchangeError as error:
            unreadable[name] = error.problems[0]
    return Results(name=path.name, tasks=tasks, unreadable=unreadable)


def is_results(text: bytes) -> bool:
    """Whether plain text begins as a results file does."""
    return text.lstrip()[:1] == b"{"


def _text(data: bytes, shown_as: str) -> bytes:
    text = gunzip(data, shown_as=shown_as) if data.startswith(GZIP_MAGIC) else data
    if text.startswith(GZIP_MAGIC):
        step = "Unpack it once: `gunzip` it, and send what comes out."
        raise refusal(shown_as, "JSON inside", "another gzip file", step)
    if not text.isascii():
        expected = "JSON in ASCII, as matbench writes it"
        raise refusal(shown_as, expected, "other bytes", _NEXT_STEP)
    values = text.count(b",") + text.count(b"[") + text.count(b"{")
    if len(text) > MAX_TEXT_BYTES or values > MAX_VALUES:
        expected = f"at most {MAX_VALUES} values"
        step = "Keep only the task that you want to convert."
        raise refusal(shown_as, expected, f"about {values}", step)
    return text


def _parse(text: bytes, shown_as: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        found = f"something else ({error})"
        raise refusal(shown_as, "a results file in JSON", found, _NEXT_STEP) from error
    if not isinstance(document, dict):
        found = f"a {type(document).__name__}"
        raise refusal(shown_as, "a results file of matbench", found, _NEXT_STEP)
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = next(key for key, count in Counter(k for k, _ in pairs).items() if count > 1)
        msg = f"the key {repeated!r} stands twice"
        raise ValueError(msg)
    return found


def _tasks(document: Mapping[str, Any], shown_as: str) -> Mapping[str, Any]:
    """Task name → its document, of a whole benchmark or of a single task."""
    if document.get("@class") == _TASK or ("results" in document and "tasks" not in document):
        return {str(document.get("dataset_name")): document}
    tasks = document.get("tasks")
    if not isinstance(tasks, dict) or not tasks:
        keys = first_few(document) or "none"
        expected = f"a {_BENCHMARK} with `tasks`, or a {_TASK} with `results`"
        raise refusal(shown_as, expected, f"the keys {keys}", _NEXT_STEP)
    return tasks


def _folds(content: Any, where: str) -> Iterator[Fold]:
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict) or not results:
        raise refusal(where, "`results` with folds", "none", "Record every fold, then `to_file`.")
    for name, fold in results.items():
        if not re.fullmatch(rf"{_FOLD}\d{{1,3}}", name):
            raise refusal(where, "folds named fold_0, fold_1, …", repr(name), _NEXT_STEP)
        data = fold.get("data") if isinstance(fold, dict) else None
        if not isinstance(data, dict) or not data:
            step = "Record every fold, then `to_file`."
            place = f"{where}, {name}"
            raise refusal(place, "`data` with predictions by id", "none", step)
        yield Fold(
            name=name,
            predictions={key: _cell(value) for key, value in data.items()},
            std=_std(fold.get("uncertainty")),
            claimed=_claimed(fold.get("scores")),
        )


def _cell(value: Any) -> str:
    """A prediction as text; what is no number keeps a form that no check takes for one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return f"{json.dumps(value)[:40]} (not a number)"
    return value if isinstance(value, str) else repr(value)


def _std(uncertainty: Any) -> dict[str, str]:
    """Recorded standard deviations; intervals without one are not turned into any."""
    if not isinstance(uncertainty, dict):
        return {}
    stated = {key: item.get("std") for key, item in uncertainty.items() if isinstance(item, dict)}
    # matbench stores the symmetric case as a list of one number.
    single = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in stated.items()}
    return {key: _cell(value) for key, value in single.items() if value is not None}


def _claimed(scores: Any) -> dict[str, float]:
    if not isinstance(scores, dict):
        return {}
    return {
        name: float(value)
        for name, value in scores.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


# What our splits are called in matbench's layout: ``<task>__<part>__<target>``


TEST_PART = "test"
_NAME = re.compile(
    r"^(?P<task>[a-z0-9-]+)__(?:test|(?P<scheme>\w+?)__r(?P<repeat>\d{1,3}))__(?P<target>\w+)$"
)


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
        part = TEST_PART if self.scheme is None else f"{self.scheme}__r{self.repeat}"
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
    match = _NAME.match(text)
    if match is None:
        return None
    return MatbenchName(
        task=match["task"],
        target=match["target"],
        scheme=match["scheme"],
        repeat=int(match["repeat"] or 0),
    )


# Our frozen splits in matbench's layout: a validation file, and the metadata that belongs to it


Splits = dict[str, dict[str, list[str]]]


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
    return {
        "metadata": {
            "task": task.name,
            "dataset": pinned.dataset,
            "dataset_version": pinned.version,
            "n_splits": pinned.folds.n_folds,
            "n_repeats": pinned.folds.n_repeats,
            "random_state": pinned.folds.seed,
            "shuffle": True,
        },
        "splits": {
            str(name): splits
            for target in inputs.targets
            for name, splits in _splits(task, target, inputs)
        },
    }


def metadata_document(task: Task, inputs: TaskInputs) -> dict[str, Any]:
    """What matbench's metadata say of a task, for each name of the validation file."""
    everything = inputs.structures is not None and set(inputs.structures.index) >= set(
        inputs.entries.index
    )
    document: dict[str, Any] = {}
    for target in task.targets:
        labels = inputs.train_labels[target.name].dropna()
        facts = {
            "input_type": "structure" if everything else "composition",
            "target": target.name,
            "task_type": "regression",
            "unit": target.unit,
            "n_samples": len(inputs.train_ids) + len(inputs.test_ids),
            # Of the training labels: those of the test entries are nobody's to summarise.
            "mad": float((labels - labels.mean()).abs().mean()),
        }
        document |= {str(name): facts for name, _ in _splits(task, target.name, inputs)}
    return document


def _splits(task: Task, target: str, inputs: TaskInputs) -> Iterator[tuple[MatbenchName, Splits]]:
    official = {"train": list(inputs.train_ids), "test": list(inputs.test_ids)}
    if inputs.test_ids:
        yield MatbenchName(task=task.name, target=target), {"fold_0": official}
    accepted = [item.scheme for item in task.fold_schemes]
    for (scheme, repeat), part in inputs.folds.groupby(["scheme", "repeat"], observed=True):
        if scheme in accepted:
            name = MatbenchName(
                task=task.name, target=target, scheme=str(scheme), repeat=int(str(repeat))
            )
            yield name, dict(_matbench_folds_folds(part))


def _matbench_folds_folds(part: pd.DataFrame) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Each fold held out in turn, ids sorted."""
    ordered = part.sort_values("id")
    for fold in sorted(ordered["fold"].unique()):
        held_out = ordered["fold"] == fold
        yield (
            f"fold_{fold}",
            {
                "train": ordered.loc[~held_out, "id"].tolist(),
                "test": ordered.loc[held_out, "id"].tolist(),
            },
        )


# From a results file of matbench to predictions of one of our tasks


_CLAIMS_NOTE = (
    "Scores inside the file are its author's claim and were not used; the board scores the "
    "predictions."
)


def predictions_of(
    results: Results,
    task: Task,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    folds: pd.DataFrame,
    wanted: str | None = None,
) -> Foreign:
    """Predictions of a task.

    Args:
        results: The results file.
        task: Our task.
        test_ids: Entries that its board scores.
        train_ids: Its training entries.
        folds: Its frozen folds: ``scheme, repeat, fold, id``.
        wanted: Name of the matbench task to take, where names alone do not tell.

    Raises:
        InterchangeError: No task of the file is one of ours; targets or ids do not fit together.
    """
    test: dict[str, list[Column]] = {}
    cross: dict[tuple[str, int], dict[str, list[Column]]] = {}
    for name, recorded in _chosen(results, task, wanted).items():
        where = f"{results.name}, task {name}"
        split = parse_name(name) or _recognise(
            recorded, task, name, where, test_ids=test_ids, train_ids=train_ids, folds=folds
        )
        columns = _columns(recorded, split.target)
        if split.scheme is None:
            test[split.target] = columns
        else:
            cross.setdefault((split.scheme, split.repeat), {})[split.target] = columns
    return Foreign(
        predictions=merge_targets(test, task, where=f"{results.name}, test entries"),
        cv_predictions=_joined(cross, task, results.name),
        notes=(_CLAIMS_NOTE,),
    )


def _chosen(results: Results, task: Task, wanted: str | None) -> Mapping[str, tuple[Fold, ...]]:
    """The tasks of the file that are splits of ours."""
    ours = {name: parse_name(name) for name in (*results.tasks, *results.unreadable)}
    names = [name for name, split in ours.items() if split and split.task == task.name]
    if wanted is not None:
        names = [wanted]
    elif not names and len(ours) == 1:
        names = list(ours)
    unknown = [name for name in names if name not in ours]
    if not names or unknown:
        expected = f"a task of {task.name} ({task.name}__test__…), or one named by --matbench-task"
        found = f"tasks {first_few(ours, limit=13)}"
        step = f"Export the splits with `ionladder export {task.name} --format matbench-folds`."
        raise refusal(results.name, expected, found, step)
    broken = [results.unreadable[name] for name in names if name in results.unreadable]
    if broken:
        raise InterchangeError(broken)
    return {name: results.tasks[name] for name in names}


def _recognise(
    recorded: Sequence[Fold],
    task: Task,
    name: str,
    where: str,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    folds: pd.DataFrame,
) -> MatbenchName:
    """Which split a task of another name is, by its target and its ids."""
    target = _target_of(name, task, where)
    mine = {fold.number: frozenset(fold.predictions) for fold in recorded}
    together = frozenset(chain.from_iterable(mine.values()))
    if len(together & frozenset(test_ids)) < len(together & frozenset(train_ids)):
        for (scheme, repeat), part in folds.groupby(["scheme", "repeat"], observed=True):
            if mine == part.groupby("fold")["id"].agg(frozenset).to_dict():
                return MatbenchName(
                    task=task.name, target=target, scheme=str(scheme), repeat=int(str(repeat))
                )
    elif together == frozenset(test_ids):
        return MatbenchName(task=task.name, target=target)
    problems = coverage_problems(
        sorted(together), expected=test_ids, where=where, elsewhere={"training": train_ids}
    )
    raise InterchangeError(
        [*problems, _no_split(task, where)] if together <= frozenset(train_ids) else problems
    )


def _no_split(task: Task, where: str) -> Problem:
    return Problem(
        where,
        "the test entries, or the frozen folds with fold_0 as fold 0 and so on",
        "training entries in other folds",
        f"`ionladder export {task.name} --format matbench-folds` writes the folds.",
    )


def _target_of(name: str, task: Task, where: str) -> str:
    if len(task.targets) == 1:
        return task.targets[0].name
    matches = [target.name for target in task.targets if name.endswith(target.name)]
    if len(matches) == 1:
        return matches[0]
    targets = ", ".join(target.name for target in task.targets)
    step = "Rename the task so that it ends with the name of its target."
    raise refusal(where, f"a name that ends with one of {targets}", name, step)


def _columns(recorded: Iterable[Fold], target: str) -> list[Column]:
    """Id, fold number, prediction and stated deviation of every prediction."""
    return [
        Column(
            id=identifier,
            fold=fold.number,
            cells={target: cell}
            | ({f"{target}_std": fold.std[identifier]} if identifier in fold.std else {}),
        )
        for fold in recorded
        for identifier, cell in fold.predictions.items()
    ]


def _joined(
    cross: Mapping[tuple[str, int], dict[str, list[Column]]], task: Task, name: str
) -> dict[str, list[str]]:
    """All folds below one another."""
    targets = [target.name for target in task.targets]
    joined: dict[str, list[str]] = {}
    for (scheme, repeat), parts in sorted(cross.items()):
        where = f"{name}, {scheme}, repeat {repeat}"
        merged = merge_targets(parts, task, where=where, is_folded=True)
        count = len(merged["id"])
        rows = {"scheme": [scheme] * count, "repeat": [str(repeat)] * count}
        rows |= {key: merged[key] for key in ("fold", "id", *targets)}
        for key, cells in rows.items():
            joined.setdefault(key, []).extend(cells)
    return joined


# One of our splits as a task of matbench itself, for notebooks that are written against it


_INSTALL = "docs/interchange.md says how the extra `matbench` is installed with pip and with uv."


def matbench_task(
    validation: Mapping[str, Any], metadata: Mapping[str, Any], name: str, frame: pd.DataFrame
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
        raise InterchangeError(
            "matbench_task",
            "a split of the validation file",
            repr(name),
            did_you_mean(name, validation["splits"]),
        )
    try:
        from matbench.task import MatbenchTask
        from matbench.util import RecursiveDotDict
    except ImportError as error:
        raise InterchangeError(
            "matbench_task",
            "the package matbench",
            f"none that can be imported ({error})",
            _INSTALL,
        ) from error
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


# Scores as JARVIS-Leaderboard and matbench compute them, to hold their published numbers to


JARVIS_DECIMALS = 4
_CLAIM_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class PeerScore:
    """A score as the other project prints it.

    Attributes:
        value: Unrounded; NaN where no row can be scored.
        n_rows: Rows that entered it.
        n_labels: Labels that there are.
        problems: What our boards would refuse the predictions for; empty for exact cover.
    """

    value: float
    n_rows: int
    n_labels: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FoldScores:
    """Mean absolute error of a matbench task.

    Attributes:
        folds: Fold → its score.
        mean: Mean over folds, the number that matbench's pages print.
        std: Standard deviation over folds, with the number of folds below the root.
        wrong_claims: Folds whose stated error differs from the computed one, each as an error.
    """

    folds: Mapping[str, PeerScore]
    mean: float
    std: float
    wrong_claims: tuple[Problem, ...]


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
    ids = _as_pandas_reads(contribution.ids)
    pairs = [
        (labels[identifier], float(cell))
        for identifier, cell in zip(ids, contribution.predictions, strict=True)
        if identifier in labels
    ]
    problems = coverage_problems(
        contribution.ids, expected=frozenset(labels), where=contribution.name
    )
    return _score(pairs, len(labels), problems)


def matbench_mae(
    name: str,
    folds: Sequence[Fold],
    labels: Mapping[str, float],
    expected: Mapping[str, Sequence[str]] | None = None,
) -> FoldScores:
    """The MAE that matbench prints: in each fold, then the mean over folds.

    Args:
        name: Name of the task, for messages.
        folds: What was recorded.
        labels: Id → label.
        expected: Fold → ids that it must hold, where the splits are at hand; otherwise the ids of
            all folds together must be those of the labels.
    """
    scores, wrong = {}, []
    for fold in folds:
        where = f"{name}, {fold.name}"
        ids = list(fold.predictions)
        pairs = [(labels[i], float(fold.predictions[i])) for i in ids if i in labels]
        problems = (
            coverage_problems(ids, expected=frozenset(expected[fold.name]), where=where)
            if expected and fold.name in expected
            else []
        )
        scores[fold.name] = _score(pairs, len(ids), problems)
        wrong += _wrong_claim(where, fold.claimed.get("mae"), scores[fold.name].value)
    values = [score.value for score in scores.values()]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return FoldScores(folds=scores, mean=mean, std=spread, wrong_claims=tuple(wrong))


def _as_pandas_reads(ids: Sequence[str]) -> list[str]:
    """Ids as ``read_csv`` guesses their type, then as text again."""
    import pandas as pd

    column = io.StringIO()
    csv.writer(column).writerows([["id"], *([identifier] for identifier in ids)])
    read: list[str] = pd.read_csv(io.StringIO(column.getvalue()))["id"].astype(str).tolist()
    return read


def _score(
    pairs: Sequence[tuple[float, float]], n_labels: int, problems: Sequence[Problem]
) -> PeerScore:
    is_finite = bool(pairs) and all(math.isfinite(value) for pair in pairs for value in pair)
    true, predicted = zip(*pairs, strict=True) if pairs else ((), ())
    return PeerScore(
        value=mae(true, predicted) if is_finite else math.nan,
        n_rows=len(pairs),
        n_labels=n_labels,
        problems=tuple(problems),
    )


def _wrong_claim(where: str, claimed: float | None, value: float) -> list[Problem]:
    """A stated score that its own predictions do not give; NaN equals nothing."""
    if claimed is None or abs(claimed - value) <= _CLAIM_TOLERANCE:
        return []
    return [
        Problem(
            f"{where}, scores.mae",
            f"{value:.6g}, which the predictions give",
            f"{claimed:.6g}",
            "Trust the predictions; the stated score was not made from them.",
        )
    ]
