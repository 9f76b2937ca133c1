"""Running a baseline: train, predict, write a submission like any other; or check a committed one.

The words of a card are its author's: they stand in ``submission.yaml`` and are kept. A run fills in
what it measures (seeds, seconds, hardware) and the settings the model was given.
"""

from __future__ import annotations

import importlib
import inspect
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from ionladder import repo
from ionladder.baselines.registry import Baseline, Curve, Watch, get_baseline
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.data.store import ArrayInputs, TaskInputs, load_array_inputs, load_inputs
from ionladder.errors import BaselineError, DataChangedError, SubmissionError, first_few, worded
from ionladder.specs import Task
from ionladder.submit.card import CARD_FILE, Card
from ionladder.submit.predictions import DECIMALS, to_yaml, write_submission
from ionladder.submit.validate import Expectations, Submission, read_submission

HARDWARE = "one CPU core, no GPU; training time is CPU time of one {unit}, training and prediction"
ARRAYS_FILE = "predictions.parquet"
CURVE_COLUMNS = ("stage", "seed", "epoch", "training_loss", "training_mae", "unit")
_KEYS = ("scheme", "repeat", "fold", "seed", "id")
_WAITING_CARDS = Path(__file__).with_name("cards.yaml")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One baseline on one task: what to train and how often.

    Attributes:
        layout: The repository.
        params: Its settings.
        baseline: The baseline.
        task: The task.
        inputs: Inputs and training labels of the task's dataset version.
        seeds: Seeds for the test set; none where the task is scored on folds.
        repeats: Repeats of the frozen folds; repeat ``r`` is trained with seed ``r``.
    """

    layout: repo.Layout
    params: Params
    baseline: Baseline
    task: Task
    inputs: TaskInputs
    seeds: tuple[int, ...]
    repeats: tuple[int, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        """A worker reads the data itself, once."""
        names = (self.baseline.name, self.task.name)
        chosen = {"seeds": self.seeds, "repeats": self.repeats}
        return _plan_again, (self.layout, self.params, *names, chosen)

    @property
    def folder(self) -> Path:
        """Its submission."""
        return self.layout.submission_dir(self.task.name, self.baseline.name)

    @property
    def shown(self) -> str:
        """That folder as the reader knows it."""
        return self.layout.relative(self.folder)

    @property
    def schemes(self) -> list[str]:
        """Fold schemes of the task; none for a baseline that is not trained on folds."""
        return [cv.scheme for cv in self.task.fold_schemes] if self.baseline.folds else []

    @property
    def folds(self) -> pd.DataFrame:
        """The frozen folds that are trained: scheme, repeat, fold and held-out id."""
        folds = self.inputs.folds
        return folds[folds["scheme"].isin(self.schemes) & folds["repeat"].isin(self.repeats)]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a plan gave.

    Attributes:
        predictions: Unrounded predictions of the test set, or None where folds are scored.
        cv_predictions: Those of the folds, or None where the baseline is not trained on them.
        training_time_s: CPU seconds of one training with its prediction: of one seed on all
            training entries, or of one fold where folds are scored.
    """

    predictions: pd.DataFrame | None
    cv_predictions: pd.DataFrame | None
    training_time_s: float

    def differences(self, committed: Submission) -> tuple[float, float]:
        """Largest differences from what is committed: of the test set, of the folds; 0 if none."""
        on_test = on_folds = 0.0
        if self.predictions is not None:
            on_test = largest_difference(committed.predictions.rows, self.predictions)
        if self.cv_predictions is not None and committed.cv_predictions is not None:
            on_folds = largest_difference(committed.cv_predictions.rows, self.cv_predictions)
        return on_test, on_folds


@dataclass(frozen=True, kw_only=True)
class RerunCheck:
    """How a rerun compares with the committed predictions.

    Attributes:
        folder: The submission folder, as shown to the reader.
        n_seeds: Seeds compared.
        n_repeats: Repeats of the folds compared.
        test_difference: Largest absolute difference on the test set, in the target's unit; 0 where
            the task has no predictions of it.
        cv_difference: The largest one over the folds; 0 where the baseline is not trained on them.
        tolerance: Largest difference that counts as reproduced.
    """

    folder: str
    n_seeds: int
    n_repeats: int
    test_difference: float
    cv_difference: float
    tolerance: float

    @property
    def difference(self) -> float:
        """The larger of the two differences."""
        return max(self.test_difference, self.cv_difference)


def run_baseline(
    layout: repo.Layout,
    params: Params,
    name: str,
    task: str,
    *,
    n_seeds: int | None = None,
    watch: Watch | None = None,
    **sharing: Any,
) -> Submission:
    """Train a baseline and write ``submissions/<task>/<name>/``.

    The folder then passes the same checks as everybody else's. Where the predictions are those
    already there, the training time stays as recorded: a rerun leaves the folder as it was.

    Args:
        layout: The repository.
        params: Its settings.
        name: Baseline name.
        task: Task name.
        n_seeds: Train the first so many seeds; None for all.
        watch: Shown the curve of every training.
        **sharing: ``map_jobs`` and ``keep``, as :func:`train_folds` takes them.

    Returns:
        The submission as read back.
    """
    plan = make_plan(layout, params, name, task, n_seeds=n_seeds)
    on_folds = plan.task.scored_folds is not None
    if on_folds and n_seeds is not None:
        where = f"ionladder baseline {name} --seeds {n_seeds}"
        raise BaselineError(worded("repeats-all", where, n=n_seeds))
    words = card_words(plan.folder, plan.shown, plan.baseline, plan.task)
    result = train_folds(plan, watch=watch, **sharing)
    seeds = plan.seeds
    if on_folds:
        seeds = plan.repeats if plan.baseline.n_seeds > 1 else ()
    card = _card(words, plan.baseline, seeds, "fold" if on_folds else "seed")
    card["training_time_s"] = _recorded_time(plan, result) or float(f"{result.training_time_s:.2g}")
    predictions = result.predictions
    if predictions is not None and len(plan.seeds) == 1:
        predictions = predictions.drop(columns="seed")
    write_submission(
        plan.folder,
        card=_in_order(card),
        predictions=predictions,
        cv_predictions=result.cv_predictions,
    )
    return _read_back(plan)


def check(
    layout: repo.Layout,
    params: Params,
    name: str,
    task: str,
    *,
    n_seeds: int | None = None,
    watch: Watch | None = None,
    **sharing: Any,
) -> RerunCheck:
    """Run a baseline again and compare; nothing is written.

    Args:
        layout: The repository.
        params: Its settings.
        name: Baseline name.
        task: Task name.
        n_seeds: Compare the first so many seeds, and as many repeats of the folds; None for all.
        watch: Shown the curve of every training.
        **sharing: ``map_jobs`` and ``keep``, as :func:`train_folds` takes them.

    Raises:
        BaselineError: Nothing is committed, or the predictions differ by more than the baseline's
            tolerance.
        SubmissionError: The committed submission has problems.
    """
    plan = make_plan(layout, params, name, task, n_seeds=n_seeds)
    if not plan.folder.is_dir():
        raise _differs(plan.shown, "the committed predictions", "no such folder")
    committed = _read_back(plan)
    if committed.cv_predictions is None and plan.schemes:
        raise _differs(plan.shown, "cv_predictions on the frozen folds", "no such file")
    plan = replace(plan, repeats=plan.repeats[:n_seeds] if plan.schemes else ())
    result = train_folds(plan, watch=watch, **sharing)
    on_test, on_folds = result.differences(committed)
    tolerance = plan.baseline.tolerance
    if not max(on_test, on_folds) <= tolerance:
        found = f"differences up to {on_test:.3g} on the test set and {on_folds:.3g} on the folds"
        expected = f"the predictions of a rerun within {tolerance:g}"
        raise _differs(plan.shown, expected, found)
    return RerunCheck(
        folder=plan.shown,
        n_seeds=len(plan.seeds),
        n_repeats=len(plan.repeats),
        test_difference=on_test,
        cv_difference=on_folds,
        tolerance=tolerance,
    )


def _differs(where: str, expected: str, found: str) -> BaselineError:
    return BaselineError(worded("rerun-differs", where, expected=expected, found=found))


def make_plan(
    layout: repo.Layout, params: Params, name: str, task: str, *, n_seeds: int | None = None
) -> Plan:
    """Look up baseline, task and data.

    Raises:
        BaselineError: No such baseline, not made for this task, not that many seeds, or a package
            is missing.
        ConfigError: No such task.
        DataMissingError: The tables of the dataset version are not here.
    """
    baseline, spec = _look_up(params, name, task, n_seeds)
    load = load_array_inputs if baseline.frames else load_inputs
    inputs = load(layout, spec, params.task_versions[task])
    repeats = tuple(sorted({int(repeat) for repeat in inputs.folds["repeat"]}))
    seeds = tuple(range(baseline.n_seeds if n_seeds is None else n_seeds))
    if spec.scored_folds is not None:
        seeds, repeats = (), repeats[:n_seeds]
    return Plan(
        layout=layout,
        params=params,
        baseline=baseline,
        task=spec,
        inputs=inputs,
        seeds=seeds,
        repeats=repeats,
    )


_READ: dict[str, Plan] = {}


def _plan_again(
    layout: repo.Layout, params: Params, name: str, task: str, chosen: dict[str, Any]
) -> Plan:
    key = f"{layout} {name} {task} {params.task_versions[task]}"
    if key not in _READ:
        _READ.clear()
        _READ[key] = make_plan(layout, params, name, task)
    return replace(_READ[key], **chosen)


def _look_up(params: Params, name: str, task: str, n_seeds: int | None) -> tuple[Baseline, Task]:
    """A baseline that can be run on a task, or all that keeps it from that."""
    baseline, spec = get_baseline(name), get_task(task)
    where, problems = f"ionladder baseline {name}", []
    if task not in baseline.tasks and name not in spec.baselines:
        facts = {"tasks": ", ".join(baseline.tasks), "task": task}
        problems.append(worded("other-task-wanted", f"{where} --task {task}", **facts))
    if task not in params.task_versions:
        problems.append(worded("task-unpinned", f"params.yaml, tasks.{task}"))
    # Where folds are scored, seeds count repeats, and a number beyond them means all.
    is_limited = spec.scored_folds is None
    if n_seeds is not None and (n_seeds < 1 or (is_limited and n_seeds > baseline.n_seeds)):
        most = f"from 1 to {baseline.n_seeds}" if is_limited else "of repeats, 1 or more"
        problems.append(worded("seeds-asked", f"{where} --seeds {n_seeds}", most=most, n=n_seeds))
    if problems:
        raise BaselineError(problems)
    return baseline, spec


def _read_back(plan: Plan) -> Submission:
    """The baseline's submission, read and checked as every submission is."""
    expectations = Expectations(
        test_ids=plan.inputs.test_ids, train_ids=plan.inputs.train_ids, folds=plan.inputs.folds
    )
    return read_submission(plan.folder, plan.task, expectations, shown_as=plan.shown)


def _recorded_time(plan: Plan, result: Run) -> float | None:
    """The time on the card of a committed submission with the same predictions, if there is one."""
    try:
        committed = _read_back(plan)
    except SubmissionError:
        return None
    pairs = (
        (committed.predictions, result.predictions),
        (committed.cv_predictions, result.cv_predictions),
    )
    stored, fresh = next((one, two) for one, two in pairs if one is not None and two is not None)
    is_same = largest_difference(stored.rows, fresh.round(DECIMALS)) == 0
    return committed.card.training_time_s if is_same else None


# Training


def train_folds(
    plan: Plan,
    *,
    watch: Watch | None = None,
    map_jobs: repo.MapJobs = map,
    keep: Path | None = None,
) -> Run:
    """Run every training of a plan, each on one thread; ``watch`` is shown the curve of each.

    Args:
        plan: What to train.
        watch: Shown the curves.
        map_jobs: ``map``, or one that shares trainings among processes or machines.
        keep: Folder for what every training gives; a second run takes it from there.

    Raises:
        BaselineError: A package is missing, or curves are asked of a baseline that is not trained
            epoch by epoch.
    """
    if watch is not None and "epochs" not in plan.baseline.settings:
        raise without_epochs(plan.baseline.name)
    plan.baseline.require_packages()
    every = plan.folds[["scheme", "repeat", "fold"]].drop_duplicates()
    jobs = [_Job("", seed, 0) for seed in plan.seeds]
    jobs += sorted(_Job(str(s), int(r), int(f)) for s, r, f in every.itertuples(index=False))
    tables, folds, times = [], [], []
    for result in map_jobs(partial(_train, plan, keep), jobs):
        job, table = _Job(*result["job"]), pd.DataFrame(result["table"])
        if job.scheme:
            folds.append(table.assign(scheme=job.scheme, repeat=job.seed, fold=job.fold))
        else:
            tables.append(table.assign(seed=job.seed))
        if not plan.seeds or not job.scheme:
            times.append(result["cpu_s"])
        if watch is not None:
            for curve in result["curves"]:
                watch(Curve(**curve))
    return Run(
        predictions=_joined(tables, ["seed", "id"]),
        cv_predictions=_joined(folds, [key for key in _KEYS if key != "seed"]),
        training_time_s=sum(times) / len(times),
    )


class _Job(NamedTuple):
    """One training: on all training entries, or without a fold; its seed is the repeat then."""

    scheme: str
    seed: int
    fold: int


def _train(plan: Plan, keep: Path | None, job: _Job) -> dict[str, Any]:
    """What a training gives, as JSON holds it: the predictions, curves and CPU seconds."""
    ids: list[Sequence[str]] = [plan.inputs.train_ids, plan.inputs.test_ids]
    if job.scheme:
        of_repeat = plan.folds.query("scheme == @job.scheme and repeat == @job.seed")
        is_out = of_repeat["fold"] == job.fold
        ids = [sorted(of_repeat.loc[part, "id"]) for part in (~is_out, is_out)]

    def train() -> dict[str, Any]:
        curves: list[Curve] = []
        watch = curves.append if "epochs" in plan.baseline.settings else None
        with single_thread(plan.baseline):
            start = time.process_time()
            table = predict_once(plan.baseline, plan.inputs, *ids, seed=job.seed, watch=watch)
            spent = time.process_time() - start
        told = [vars(curve) for curve in curves]
        return {"job": [*job], "table": table.to_dict("list"), "curves": told, "cpu_s": spent}

    version = plan.params.task_versions[plan.task.name]
    what = (plan.shown, version, plan.baseline.settings, job, ids)
    result: dict[str, Any] = repo.kept(train, f"{repo.code_sha256()} {what}" if keep else "", keep)
    return result


def _joined(tables: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame | None:
    if not tables:
        return None
    table = pd.concat(tables, ignore_index=True)
    return table[[*keys, *(name for name in table.columns if name not in keys)]]


def predict_once(
    baseline: Baseline,
    inputs: TaskInputs,
    train_ids: Sequence[str],
    predict_ids: Sequence[str],
    *,
    seed: int,
    watch: Watch | None = None,
) -> pd.DataFrame:
    """One training: columns ``id`` and the targets.

    The model is handed the labels of ``train_ids`` and of nobody else.

    Raises:
        BaselineError: Predictions of another shape, or one that is not a finite number.
    """
    given = replace(inputs, train_labels=inputs.train_labels.loc[list(train_ids)])
    predicted = np.asarray(
        baseline.fit_predict(given, train_ids, predict_ids, seed=seed, watch=watch), dtype=float
    )
    table = predicted[:, None] if predicted.ndim == 1 else predicted
    where = f"ionladder baseline {baseline.name}, seed {seed}"
    shape = (len(predict_ids), len(inputs.targets))
    if table.shape != shape:
        expected = f"predictions of shape {shape}, one column a target"
        found = f"shape {table.shape}"
        raise BaselineError(worded("predictions-shape", where, expected=expected, found=found))
    bad = [predict_ids[int(row)] for row in np.flatnonzero(~np.isfinite(table).all(axis=1))]
    if bad:
        expected = "a finite prediction for every entry"
        found = f"none for {first_few(bad)}"
        raise BaselineError(worded("predictions-shape", where, expected=expected, found=found))
    columns = dict(zip(inputs.targets, table.T, strict=True))
    return pd.DataFrame({"id": list(predict_ids), **columns})


@contextmanager
def single_thread(baseline: Baseline | None = None) -> Iterator[None]:
    """Pin BLAS and OpenMP to one thread: the same sums in the same order, and fair CPU times.

    Only libraries that are loaded can be pinned, so those that a baseline uses are loaded before.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if baseline is not None:
        for name in ("sklearn.ensemble", *(p for p in baseline.packages if p == "torch")):
            importlib.import_module(name)
    with threadpool_limits(limits=1):
        yield


def largest_difference(committed: pd.DataFrame, rerun: pd.DataFrame) -> float:
    """Largest absolute difference of any target over the rows of ``rerun``.

    Args:
        committed: Stored predictions; rows that ``rerun`` does not have are passed over.
        rerun: Fresh predictions, with the same key columns; the others are targets.

    Returns:
        The difference in the targets' unit; infinity when a row of ``rerun`` is not stored.
    """
    keys = [key for key in _KEYS if key in rerun.columns]
    both = rerun.merge(committed, on=keys, how="left", suffixes=("", "_committed"))
    targets = [name for name in rerun.columns if name not in keys]
    stored = both[[f"{name}_committed" for name in targets]].to_numpy(dtype=float)
    differences = np.abs(both[targets].to_numpy(dtype=float) - stored)
    return math.inf if np.isnan(differences).any() else float(differences.max())


# Cards


def card_words(folder: Path, shown: str, baseline: Baseline, task: Task) -> dict[str, Any]:
    """What a card says that no run measures.

    The words of the submission's card; where there is none yet, those laid down for a task that
    waits for its data; else a template whose texts the author replaces, with what the cards of the
    same model on other tasks say about it.

    Raises:
        SubmissionError: The card that is there cannot be read.
    """
    if (folder / CARD_FILE).is_file():
        words, problems = repo.read_mapping(folder / CARD_FILE, shown_as=f"{shown}/{CARD_FILE}")
        if problems:
            raise SubmissionError(problems)
        return words
    waiting = yaml.safe_load(_WAITING_CARDS.read_text(encoding="utf-8"))
    laid_down: dict[str, Any] | None = waiting.get(task.name, {}).get(baseline.name)
    if laid_down:
        return laid_down
    said: dict[str, Any] = {}
    for other in baseline.tasks:
        file = folder.parents[1] / other / baseline.name / CARD_FILE
        if file.is_file() and not said:
            said, _ = repo.read_mapping(file, shown_as=str(file))
    return {
        "model": said.get("model", baseline.name),
        "description": said.get("description", inspect.getdoc(baseline.function)),
        "authors": [{"name": "IonLadder maintainers"}],
        "training_data": f"the train split of the task {task.name}",
        "inputs": said.get("inputs", "both"),
        "paper_doi": said.get("paper_doi"),
        "licence": "MIT",
        "uses_external_data": said.get("uses_external_data", False),
        "notes": "Written by `ionladder baseline`: replace model, description, training_data, "
        "inputs and notes by what a careful reader should know.",
    }


def _card(
    words: dict[str, Any], baseline: Baseline, seeds: Sequence[int], unit: str
) -> dict[str, Any]:
    """Words with the measured fields, but for the time; a single seed is not stated."""
    return {
        **words,
        "hyperparameters": {**(words.get("hyperparameters") or {}), **baseline.settings} or None,
        "seeds": list(seeds) if len(seeds) > 1 else None,
        "hardware": HARDWARE.format(unit=unit),
    }


def _in_order(card: dict[str, Any]) -> dict[str, Any]:
    return {name: card[name] for name in Card.model_fields if card.get(name) is not None}


# Baselines that predict arrays: those of a whole test set need not fit into memory


@dataclass(frozen=True, kw_only=True)
class ArrayRun:
    """What a run wrote.

    Attributes:
        folder: The submission.
        n_entries: Held-out entries it predicts.
        is_unchanged: Whether the same predictions were there before.
    """

    folder: Path
    n_entries: int
    is_unchanged: bool


def run_arrays(layout: repo.Layout, params: Params, name: str, task: str) -> ArrayRun:
    """Run a baseline of paths or frames and write ``submissions/<task>/<name>/``.

    Where the predictions are those already there, the training time stays as recorded.

    Raises:
        BaselineError: No such baseline, or not made for this task.
        ConfigError: No such task.
        DataMissingError: The tables of the dataset version are not here.
    """
    baseline, spec = _look_up(params, name, task, None)
    inputs = load_array_inputs(layout, spec, params.task_versions[task])
    folder = layout.submission_dir(task, name)
    words = card_words(folder, layout.relative(folder), baseline, spec)
    target = folder / ARRAYS_FILE
    with repo.replacing(target) as fresh:
        spent = _write_arrays(baseline, inputs, fresh)
        is_unchanged = target.is_file() and array_difference(target, fresh) == 0
    card = _card(words, baseline, (0,), "seed")
    recorded = words.get("training_time_s") if is_unchanged else None
    card["training_time_s"] = recorded or max(float(f"{spent:.2g}"), 0.01)
    Card.model_validate(_in_order(card))
    repo.write_text(folder / CARD_FILE, to_yaml(_in_order(card)))
    return ArrayRun(folder=folder, n_entries=len(inputs.test_ids), is_unchanged=is_unchanged)


def check_arrays(layout: repo.Layout, params: Params, name: str, task: str) -> float:
    """Run a baseline of paths or frames again and compare; nothing is written.

    Returns:
        The largest difference of any number.

    Raises:
        BaselineError: Nothing is committed, or it differs by more than the baseline's tolerance.
    """
    baseline, spec = _look_up(params, name, task, None)
    inputs = load_array_inputs(layout, spec, params.task_versions[task])
    target = layout.submission_dir(task, name) / ARRAYS_FILE
    shown = layout.relative(target)
    if not target.is_file():
        raise _differs(shown, "the committed predictions", "no such file")
    rerun = target.with_name(".rerun.parquet")
    try:
        _write_arrays(baseline, inputs, rerun)
        found = array_difference(target, rerun)
    finally:
        rerun.unlink(missing_ok=True)
    if not found <= baseline.tolerance:
        expected = f"the predictions of a rerun within {baseline.tolerance:g}"
        raise _differs(shown, expected, f"differences up to {found:.3g}")
    return found


def array_difference(committed: Path, rerun: Path) -> float:
    """Largest absolute difference of two parquet files; infinite where rows or texts differ."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        first, second = repo.read_parquet(committed), repo.read_parquet(rerun)
    except DataChangedError:
        return math.inf
    if first.schema != second.schema or first.num_rows != second.num_rows:
        return math.inf
    largest = 0.0
    for a, b in zip(first.combine_chunks(), second.combine_chunks(), strict=True):
        if a.equals(b):
            continue
        is_list = pa.types.is_list(a.type)
        if not pa.types.is_floating(a.type.value_type if is_list else a.type):
            return math.inf
        flat = [pc.list_flatten(one) if is_list else one for one in (a, b)]
        one, other = (np.asarray(array.to_pandas(), dtype=np.float64) for array in flat)
        gap = np.abs(one - other).max() if one.shape == other.shape else math.inf
        largest = max(largest, math.inf if np.isnan(gap) else float(gap))
    return largest


def _write_arrays(baseline: Baseline, inputs: ArrayInputs, path: Path) -> float:
    """Write the predictions; CPU seconds spent."""
    with single_thread():
        start = time.process_time()
        baseline.function(inputs, path)
        return time.process_time() - start


# Training curves


def without_epochs(name: str) -> BaselineError:
    """The error of asking for the curves of a baseline that has none."""
    return BaselineError(worded("not-by-epochs", f"ionladder baseline {name} --curves"))


def write_curves(layout: repo.Layout, name: str, curves: Sequence[Curve]) -> Path:
    """Write ``benchmarks/results/training_curves/<name>.csv``: one row an epoch.

    Returns:
        Where it was written.
    """
    rows = [",".join(CURVE_COLUMNS)]
    for curve in curves:
        for epoch, (loss, error) in enumerate(zip(curve.losses, curve.errors, strict=True), 1):
            numbers = f"{curve.stage},{curve.seed},{epoch},{loss:.4f},{error:.4f}"
            rows.append(f"{numbers},{curve.unit}")
    path = layout.training_curve(name)
    repo.write_text(path, "\n".join(rows) + "\n")
    return path
