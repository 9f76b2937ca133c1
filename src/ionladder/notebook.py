"""Tasks, predictions and scores in a notebook."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from ionladder import errors as err
from ionladder import repo
from ionladder.config import ScoringSettings, load_params, require_scored
from ionladder.data.registry import all_tasks, get_task
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.interchange.matbench import MatbenchName
from ionladder.specs import Task
from ionladder.submit.card import CARD_FILE, new_folder_problems
from ionladder.submit.predictions import coverage_problems, require_numbers, write_tables
from ionladder.submit.tables import column_problems, number_column
from ionladder.submit.units import doubts
from ionladder.submit.validate import card_template

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

    from ionladder.evaluation import Evaluation

# --- From what a notebook holds to checked predictions: ids required, every target, every id once


def check_predictions(
    predictions: object,
    task: Task,
    *,
    expected: Collection[str],
    elsewhere: Mapping[str, Collection[str]],
    where: str,
    with_std: bool = False,
) -> pd.DataFrame:
    """Hold predictions to the ids of a fold and to the targets of a task.

    Args:
        predictions: A Series by id (tasks of one target), a dict of id → number or id → dict of
            target → number, or a DataFrame with the ids as index or as column ``id``.
        task: The task.
        expected: Ids that must be predicted, each once.
        elsewhere: Other id sets by name, to recognise a mix-up.
        where: Fold, for messages.
        with_std: Whether columns ``<target>_std`` are taken along.

    Returns:
        One row per id, sorted and indexed by ``id``: a float64 column per target, in the order
        of the task.

    Raises:
        SubmissionError: There are no ids, they are not those expected, a target is missing, or a
            value is not a finite number; all problems together.
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    frame = _as_frame(predictions, task, where)
    names = [target.name for target in task.targets]
    stds = [f"{name}_std" for name in names if f"{name}_std" in frame.columns and with_std]
    problems = column_problems(
        [str(name) for name in frame.columns], required=names, optional=stds, shown_as=where
    )
    if not all(isinstance(name, str) for name in frame.index):
        shown = err.first_few(repr(name) for name in frame.index[:3])
        facts = {"found": f"an index of {frame.index.dtype} ({shown}, …)"}
        facts["expected"] = "predictions by id, ids as text"
        problems.insert(0, err.worded("ids-not-kept", where, **facts))
    if problems:
        raise err.SubmissionError(problems)
    ids = frame.index.tolist()
    problems = coverage_problems(ids, expected=expected, where=where, elsewhere=elsewhere)
    numbers = frame[[*names, *stds]].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    table = pa.Table.from_pandas(numbers, preserve_index=False)
    for name in numbers.columns:
        target = task.target(name if name in names else name.removesuffix("_std"))
        names_of = pa.array(map(str, ids), pa.string())
        problems += number_column(table, name, target, ids=names_of, shown_as=where)[1]
    if problems:
        raise err.SubmissionError(problems)
    for said in doubts({name: numbers[name].to_numpy() for name in names}, task):
        warnings.warn(f"{where}: {said}", UserWarning, stacklevel=3)
    ordered: pd.DataFrame = numbers.sort_index().rename_axis("id")
    return ordered


def _as_frame(predictions: object, task: Task, where: str) -> pd.DataFrame:
    """Any of the accepted forms as a frame indexed by id."""
    import pandas as pd

    if isinstance(predictions, pd.DataFrame):
        return predictions.set_index("id") if "id" in predictions.columns else predictions
    if isinstance(predictions, pd.Series) and predictions.index.is_unique:
        predictions = predictions.to_dict()
    if isinstance(predictions, Mapping):
        if any(isinstance(value, Mapping) for value in predictions.values()):
            return pd.DataFrame.from_dict(dict(predictions), orient="index")
        predictions = pd.Series(dict(predictions), dtype=object)
    if not isinstance(predictions, pd.Series):
        expected = "predictions by id: a Series, a dict or a DataFrame"
        found = f"a {type(predictions).__name__}, which says nothing of the order it is in"
        raise err.SubmissionError(err.worded("ids-not-kept", where, expected=expected, found=found))
    if len(task.targets) > 1:
        names = ", ".join(target.name for target in task.targets)
        raise err.SubmissionError(err.worded("several-targets", where, names=names))
    return predictions.to_frame(task.targets[0].name)


# --- A task as notebooks use it: the methods that users of matbench know, with ids required

#: What stands for the test entries where a fold is asked for.
TEST: Literal["test"] = "test"

Fold = int | Literal["test"]


class LoadedTask:
    """A task with its data; made by :func:`ionladder.load_task`.

    No label of a test entry is in here, whatever is asked for.

    Attributes:
        spec: What is predicted and how it is scored.
        dataset_version: Version of the dataset.
        scheme: The fold scheme in use.
        folds: Numbers of the frozen folds, all repeats one after another: with five folds a
            repeat, fold 7 is fold 2 of repeat 1.
    """

    def __init__(
        self, layout: repo.Layout, spec: Task, version: str, inputs: TaskInputs, scheme: str
    ) -> None:
        self.spec = spec
        self.dataset_version = version
        self.scheme = scheme
        self._layout = layout
        self._inputs = inputs
        rows = inputs.folds[inputs.folds["scheme"] == scheme]
        parts = rows.groupby(["repeat", "fold"], observed=True)["id"]
        self._held_out = {
            (int(str(repeat)), int(str(fold))): tuple(sorted(ids)) for (repeat, fold), ids in parts
        }
        self._keys = sorted(self._held_out)
        self.folds: list[int] = list(range(len(self._keys)))
        self._recorded: dict[Fold, tuple[pd.DataFrame, Mapping[str, Any]]] = {}

    def __repr__(self) -> str:
        n_train, n_test = len(self._inputs.train_ids), len(self._inputs.test_ids)
        text = f"<task {self.spec.name} on {self.spec.dataset} {self.dataset_version}: {n_train} "
        text += f"training and {n_test} test entries, {len(self.folds)} folds of {self.scheme}>"
        for name, row in self.describe().iterrows():
            counts = f"{row['limits']} only upper limits, {row['missing']} without a number"
            reach = f"{row['labels']} labels, {row['min']:g} to {row['max']:g}"
            text += f"\n  {name} in {row['unit']}: {reach}, {counts}"
        return text

    def describe(self) -> pd.DataFrame:
        """What the training labels are, one row a target.

        Columns: ``unit``; ``labels``, their number; ``limits``, those that are only upper limits;
        ``missing``, entries without a number; ``min``, ``median`` and ``max`` in that unit;
        ``description``.

        Example:
            >>> import ionladder
            >>> ionladder.load_task("bvel-proto").describe().loc["e_1d_ev", "unit"]
            'eV'
        """
        import pandas as pd

        labels, rows = self.train_labels, {}
        for target in map(self.spec.target, self.targets):
            values, limits = labels[target.name], labels.get(f"{target.name}_limit")
            rows[target.name] = {
                "unit": target.unit,
                "labels": int(values.count()),
                "limits": 0 if limits is None else int(limits.count()),
                "missing": int(values.isna().sum()),
                **values.agg(["min", "median", "max"]).to_dict(),
                "description": target.description,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("target")

    @property
    def targets(self) -> list[str]:
        """Columns to predict; ``spec.target(name)`` knows their unit."""
        return list(self._inputs.targets)

    @property
    def train_inputs(self) -> pd.DataFrame:
        """Inputs of the training entries, indexed by id; units are in the column names."""
        return self._entries(self._inputs.train_ids)

    @property
    def train_labels(self) -> pd.DataFrame:
        """Targets of the training entries, indexed by id; NaN where an entry has no number.

        What that means says ``spec.target(name).missing_note``. Where some labels are only upper
        limits, ``<target>_limit`` and ``censoring`` (``left`` for a limit, else ``none``) follow:
        the column of the target holds what scoring takes for a limit (-15 on OBELiX).
        """
        return self._labels(self._inputs.train_ids)

    @property
    def test_inputs(self) -> pd.DataFrame:
        """Inputs of the entries to predict; empty where the task is scored on its folds."""
        return self._entries(self._inputs.test_ids)

    @property
    def structure_ids(self) -> list[str]:
        """Entries that have a crystal structure, sorted."""
        table, known = self._inputs.structures, {*self._inputs.train_ids, *self._inputs.test_ids}
        return [] if table is None else sorted(known.intersection(table.index))

    def structures(self, ids: Sequence[str]) -> dict[str, Structure]:
        """Crystal structures by id, in the order asked for.

        Raises:
            DataMissingError: An entry has no structure, or pymatgen is not here.
        """
        from ionladder.data.ingest import read_structures

        if not repo.has_pymatgen():
            expected = "the package pymatgen, which reads crystal structures"
            step = f"{repo.STRUCTURES_EXTRA}, then load the task again."
            raise err.DataMissingError(f"structures of {self.spec.dataset}", expected, "none", step)
        inputs = self._inputs
        return dict(read_structures(self.spec.dataset, inputs.entries, inputs.structures, ids))

    def get_train_and_val_data(self, fold: Fold) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Inputs and labels to train on for a fold; for ``"test"``, all training entries.

        Labels have the columns of ``train_labels``; ``labels[task.targets]`` are the targets.

        Raises:
            ConfigError: There is no such fold.
        """
        held_out = set(self._ids_of(fold))
        ids = [name for name in self._inputs.train_ids if name not in held_out]
        return self._entries(ids), self._labels(ids)

    @overload
    def get_test_data(self, fold: Fold, include_target: Literal[False] = ...) -> pd.DataFrame: ...

    @overload
    def get_test_data(
        self, fold: Fold, include_target: Literal[True]
    ) -> tuple[pd.DataFrame, pd.DataFrame]: ...

    def get_test_data(
        self, fold: Fold, include_target: bool = False
    ) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
        """Inputs of the entries that a fold holds out, and their labels if asked for.

        Folds hold out training entries, whose labels may be looked at; the labels of the test
        entries are not handed out.

        Raises:
            ConfigError: There is no such fold, or labels of the test entries were asked for.
        """
        ids = self._ids_of(fold)
        if not include_target:
            return self._entries(ids)
        if fold == TEST:
            where = f'{self.spec.name}, get_test_data("test")'
            raise err.ConfigError(err.worded("test-labels", where))
        return self._entries(ids), self._labels(ids)

    def record(
        self,
        fold: Fold,
        predictions: pd.Series[Any] | pd.DataFrame | Mapping[str, Any],
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the predictions of one fold, or of the test entries as fold ``"test"``.

        Args:
            fold: A number of ``folds``, or ``"test"``.
            predictions: By id, in any order: a Series or a dict of id → number, or a DataFrame
                with a column per target (and, for the test entries, ``<target>_std``).
            params: Hyperparameters of this fold, for the file.

        Raises:
            SubmissionError: No ids, other ids than the fold holds out, or no finite numbers.
        """
        inputs = self._inputs
        elsewhere = {"training": inputs.train_ids} if fold == TEST else {"test": inputs.test_ids}
        table = check_predictions(
            predictions,
            self.spec,
            expected=self._ids_of(fold),
            elsewhere=elsewhere,
            where=f"{self.spec.name}, fold {fold}",
            with_std=fold == TEST,
        )
        self._recorded[fold] = (table, dict(params or {}))

    @property
    def is_recorded(self) -> dict[Fold, bool]:
        """Fold → whether predictions were recorded; ``"test"`` first where there is a test set."""
        wanted: list[Fold] = [TEST, *self.folds] if self._inputs.test_ids else [*self.folds]
        return {fold: fold in self._recorded for fold in wanted}

    def to_file(self, path: Path | str) -> Path:
        """Write what was recorded as matbench's ``results.json.gz``.

        ``ionladder convert FILE --task TASK`` makes a submission of it. It holds no scores.

        Raises:
            SubmissionError: Nothing was recorded.
        """
        if not self._recorded:
            raise self._unrecorded(list(self.is_recorded))
        keyed = {self._key(fold): kept for fold, kept in self._recorded.items()}
        write_results(Path(path), self.spec, keyed)
        return Path(path)

    def to_submission(self, name: str) -> Path:
        """Write ``submissions/<task>/<name>/`` with a commented card to fill in.

        The test entries must be recorded, and of the folds all or none; where the task is scored
        on its folds, all.

        Returns:
            The folder; ``ionladder score`` takes it.

        Raises:
            SubmissionError: Something is not recorded, the name is not allowed, or it exists.
        """
        done = self.is_recorded
        needed: list[Fold] = [TEST] if TEST in done else []
        if not needed or any(done[fold] for fold in self.folds):
            needed += self.folds
        absent = [fold for fold in needed if not done[fold]]
        if absent:
            raise self._unrecorded(absent)
        keyed = {self._key(fold): table for fold, (table, _) in self._recorded.items()}
        folder = self._layout.new_submission_dir(self.spec.name, name)
        write_recorded(folder, self.spec, keyed, shown_as=self._layout.relative(folder))
        return folder

    def _key(self, fold: Fold) -> tuple[str | None, int, int]:
        return (None, 0, 0) if fold == TEST else (self.scheme, *self._keys[fold])

    def _entries(self, ids: Sequence[str]) -> pd.DataFrame:
        return self._inputs.entries.loc[list(ids)].copy()

    def _labels(self, ids: Sequence[str]) -> pd.DataFrame:
        # `train_labels` has rows for training entries only: another id is a KeyError, not a label.
        return self._inputs.train_labels.loc[list(ids), list(self._inputs.label_columns)].copy()

    def _ids_of(self, fold: Fold) -> tuple[str, ...]:
        if fold == TEST and self._inputs.test_ids:
            return self._inputs.test_ids
        if isinstance(fold, int) and fold in self.folds:
            return self._held_out[self._keys[fold]]
        first = "0" if TEST not in self.is_recorded else '"test" or 0'
        facts = {"first": first, "last": len(self.folds) - 1, "fold": fold}
        raise err.ConfigError(err.worded("no-such-fold", f"{self.spec.name}, folds", **facts))

    def _unrecorded(self, absent: Sequence[Fold]) -> err.SubmissionError:
        where, folds = f"{self.spec.name}, recorded predictions", err.first_few(absent)
        return err.SubmissionError(err.worded("folds-unrecorded", where, folds=folds))


# --- Loading a task by its name, from the repository around a notebook


def load_task(
    name: str, *, scheme: str | None = None, root: Path | str | None = None
) -> LoadedTask:
    """Load a task: its inputs, its training labels and its frozen folds.

    Args:
        name: Task, for example ``obelix`` or ``bvel-proto``.
        scheme: Fold scheme that ``folds`` counts; the one to develop on unless given.
        root: A clone of the repository; the one around the current folder unless given, and
            without one what the installed package holds: its data are fetched into the user's
            cache (``IONLADDER_CACHE``).

    Raises:
        ConfigError: There is no such task or scheme.
        DataMissingError: Its tables are not on this machine; the error says how to get them.
        FetchError: They could not be fetched.

    Example:
        A mean as a model, from folds to a folder to submit::

            import ionladder
            import pandas as pd

            task = ionladder.load_task("obelix")
            for fold in [*task.folds, "test"]:
                inputs, labels = task.get_train_and_val_data(fold)
                mean = labels["log10_sigma"].mean()
                ids = task.get_test_data(fold).index
                task.record(fold, pd.Series(mean, index=ids))
            task.to_submission("my-model")
    """
    layout = repo.find_layout() if root is None else repo.Layout(Path(root).resolve())
    spec = get_task(name)
    require_numbers(spec, where="load_task")
    params = load_params(layout)
    require_scored(layout, params, spec.name)
    version = params.task_versions.get(spec.name)
    if version is None:
        where, step = f"params.yaml, task {spec.name}", "Name one under `tasks`."
        raise err.ConfigError(where, "a dataset version", "none", step)
    known = {item.scheme: item for item in spec.fold_schemes}
    if scheme is None and known:
        scheme = next((s.scheme for s in known.values() if s.is_primary), next(iter(known)))
    if scheme not in known:
        hint = err.did_you_mean(str(scheme), known)
        raise err.ConfigError(f"folds of {spec.name}", "a known scheme", repr(scheme), hint)
    return LoadedTask(layout, spec, version, load_inputs(layout, spec, version), str(scheme))


# --- Boards and predictions as tables


def list_tasks() -> list[str]:
    """Names of all tasks, as :func:`load_task` takes them.

    Example:
        >>> "obelix" in list_tasks()
        True
    """
    return list(all_tasks())


def load_board(name: str, *, root: Path | str | None = None) -> pd.DataFrame:
    """The board of a task as it was last scored, a row each in its order.

    Args:
        name: Task, for example ``obelix``.
        root: A clone of the repository; the one around the current folder unless given.

    Returns:
        ``kind, submission, model, rank, rank_low, rank_high, tie_group`` and the other numbers of
        a row, in the unit of the task's errors; NaN or None: not applicable. ``attrs`` has what
        the board rests on: ``dataset_version``, ``scorer_version``, ``primary``.

    Raises:
        ConfigError: There is no such task, or it has no board yet.

    Example:
        >>> load_board("bvel-proto").loc[0, "kind"]  # doctest: +SKIP
        'verified'
    """
    import pandas as pd

    from ionladder.board.model import read_board

    layout = repo.find_layout() if root is None else repo.Layout(Path(root).resolve())
    path = layout.leaderboard_json(get_task(name).name)
    if not path.is_file():
        raise err.ConfigError(err.worded("no-board", layout.relative(path), task=name))
    board, _ = read_board(layout, name)
    flat = [{k: v for k, v in r.items() if not isinstance(v, dict | list)} for r in board["rows"]]
    table = pd.DataFrame(flat).drop(columns=["card", "reported"], errors="ignore")
    table.attrs |= {key: board[key] for key in ("dataset_version", "scorer_version", "primary")}
    return table


def load_predictions(name: str, *, root: Path | str | None = None) -> pd.DataFrame:
    """All predictions of all submissions of a task as one table, a row for each number.

    Args:
        name: Task, for example ``obelix``.
        root: A clone of the repository; the one around the current folder unless given.

    Returns:
        As :func:`ionladder.entries.tidy_predictions`.

    Raises:
        ConfigError: There is no such task.
        DataMissingError: Its tables are not on this machine; the error says how to get them.
    """
    from ionladder.data.registry import get_dataset
    from ionladder.entries import EntryReader, tidy_predictions
    from ionladder.score import submission_folders

    layout = repo.find_layout() if root is None else repo.Layout(Path(root).resolve())
    task, params = get_task(name), load_params(layout)
    require_scored(layout, params, task.name)
    reader = EntryReader(layout, task, params.task_versions[task.name])
    names = [folder.name for folder in submission_folders(layout, task.name)]
    return tidy_predictions(reader, task, names, withheld=get_dataset(task.dataset).withheld)


# --- Recorded predictions as a file in matbench's layout, or as a submission folder


def write_results(
    path: Path,
    task: Task,
    recorded: Mapping[tuple[str | None, int, int], tuple[pd.DataFrame, Mapping[str, Any]]],
) -> None:
    """Write recorded folds as matbench's ``to_file`` would, without scores of our own.

    Args:
        path: The file; compressed where its name ends in ``.gz``.
        task: The task.
        recorded: (Scheme, repeat, fold) → predictions indexed by id, and parameters. The scheme is
            None for the test entries.
    """
    benchmark = f"ionladder_{task.dataset}"
    tasks: dict[str, dict[str, Any]] = {}
    for (scheme, repeat, fold), (frame, params) in recorded.items():
        for target in (target.name for target in task.targets):
            split = MatbenchName(task=task.name, target=target, scheme=scheme, repeat=repeat)
            head = {"@module": "matbench.task", "@class": "MatbenchTask"}
            names = {"benchmark_name": benchmark, "dataset_name": str(split)}
            document = tasks.setdefault(str(split), {**head, **names, "results": {}})
            std = frame[f"{target}_std"] if f"{target}_std" in frame.columns else None
            document["results"][f"fold_{fold}"] = {
                "data": frame[target].to_dict(),
                "uncertainty": None if std is None else {i: {"std": v} for i, v in std.items()},
                "parameters": dict(params),
                "scores": {},
            }
    document = {
        "@module": "matbench.bench",
        "@class": "MatbenchBenchmark",
        "version": "0.6",
        "benchmark_name": benchmark,
        "tasks": tasks,
        "user_metadata": {},
    }
    data = (json.dumps(document, indent=1) + "\n").encode("ascii")
    with repo.replacing(path) as temporary:
        temporary.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def write_recorded(
    folder: Path,
    task: Task,
    recorded: Mapping[tuple[str | None, int, int], pd.DataFrame],
    *,
    shown_as: str,
) -> None:
    """Write a new submission folder, as a whole or not at all.

    Args:
        folder: Folder to make; it must not exist.
        task: The task.
        recorded: (Scheme, repeat, fold) → predictions indexed by id; the scheme is None for the
            test entries.
        shown_as: Path of the folder for messages.

    Raises:
        SubmissionError: The name is not allowed, or the folder exists.
    """
    import pandas as pd

    if problems := new_folder_problems(folder, where=shown_as, instead="remove it first"):
        raise err.SubmissionError(problems)
    test = recorded.get((None, 0, 0))
    parts = [
        table.reset_index().assign(scheme=scheme, repeat=repeat, fold=fold)
        for (scheme, repeat, fold), table in recorded.items()
        if scheme is not None
    ]
    with repo.replacing_folder(folder) as fresh:
        write_tables(
            fresh,
            predictions=None if test is None else test.reset_index(),
            cv_predictions=pd.concat(parts, ignore_index=True) if parts else None,
        )
        repo.write_text(fresh / CARD_FILE, card_template(folder.name, task))


# --- ``ionladder.evaluate``: scoring of two tables, for labels that a reader has


def evaluate(
    labels: pd.DataFrame,
    predictions: pd.DataFrame,
    task: Task | LoadedTask | str,
    *,
    settings: ScoringSettings | None = None,
) -> Evaluation:
    """Score predictions against labels, as every board of this package does.

    ``ionladder.Scorer(labels, task)`` makes the labels ready once, for many predictions.

    Args:
        labels: One row per entry: ``id``, the targets, their limit columns, the task's group
            column and the columns its subsets refer to. Which labels these are is the caller's
            choice: those of the test entries are handed out nowhere in this package.
        predictions: ``id``, the targets in the task's unit, and optionally ``seed``; exactly the
            ids of ``labels``, once per seed.
        task: The task, or its name.
        settings: Confidence level of the intervals; 95 % unless given.

    Returns:
        Every metric on every subset; ``score(target, subset, metric)`` gives one of them.

    Raises:
        SubmissionError: The predictions do not cover the ids exactly, or are not finite.
        ConfigError: There is no task of that name.

    Example:
        >>> import pandas as pd
        >>> labels = pd.DataFrame({
        ...     "id": ["a", "b", "c"], "log10_sigma": [-4.0, -6.0, -5.0],
        ...     "log10_sigma_limit": [float("nan")] * 3, "censoring": "none", "in_cif": True,
        ...     "component": [1, 2, 3]})
        >>> predictions = pd.DataFrame({"id": ["c", "b", "a"], "log10_sigma": [-4.0, -6.0, -4.5]})
        >>> evaluate(labels, predictions, "obelix").score("log10_sigma", "all", "mae").value
        0.5
    """
    from ionladder.evaluation import Scorer

    given = {} if settings is None else {"settings": settings}
    return Scorer(labels, task, **given).score(predictions)
