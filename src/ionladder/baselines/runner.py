"""Running a baseline: train, predict test set and folds, write a submission like any other."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.baselines.card import card_fields
from ionladder.baselines.compare import largest_difference
from ionladder.baselines.curves import Watch, watched
from ionladder.baselines.predictions import predict_folds, predict_test
from ionladder.baselines.registry import get_baseline, load_model
from ionladder.baselines.threads import single_thread
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.errors import BaselineError, Problem, SubmissionError
from ionladder.repo import Layout
from ionladder.specs import Baseline, Task
from ionladder.submit.predictions import DECIMALS, write_submission
from ionladder.submit.validate import Expectations, Submission, read_submission

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
"""Called with the number of trainings done and their total."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One baseline on one task: what to train and how often.

    Attributes:
        baseline: The baseline.
        task: The task.
        inputs: Inputs and training labels of the task's dataset version.
        seeds: Seeds for the test set; none where the task is scored on folds.
        repeats: Repeats of the frozen folds; repeat ``r`` is trained with seed ``r``.
    """

    baseline: Baseline
    task: Task
    inputs: TaskInputs
    seeds: tuple[int, ...]
    repeats: tuple[int, ...]

    @property
    def schemes(self) -> list[str]:
        """Fold schemes of the task; none for a baseline that is not trained on folds."""
        if not self.baseline.folds:
            return []
        return [cv.scheme for cv in self.task.fold_schemes]

    @property
    def stated_seeds(self) -> tuple[int, ...]:
        """Seeds behind what is scored, as the card states them; none where they change nothing."""
        if self.task.scored_folds is None:
            return self.seeds
        return self.repeats if self.baseline.n_seeds > 1 else ()

    @property
    def n_trainings(self) -> int:
        """Trainings in all: one per seed, and one per scheme, repeat and fold."""
        folds = self.inputs.folds
        chosen = folds[folds["scheme"].isin(self.schemes) & folds["repeat"].isin(self.repeats)]
        return len(self.seeds) + len(chosen[["scheme", "repeat", "fold"]].drop_duplicates())


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

    def beside(self, committed: Submission) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
        """Pairs of what is committed and what this run gave: the test set, then the folds."""
        pairs = []
        if self.predictions is not None:
            pairs.append((committed.predictions.rows, self.predictions))
        if committed.cv_predictions is not None and self.cv_predictions is not None:
            pairs.append((committed.cv_predictions.rows, self.cv_predictions))
        return pairs


def make_plan(
    layout: Layout, params: Params, name: str, task: str, *, n_seeds: int | None = None
) -> Plan:
    """Look up baseline, task and data.

    Args:
        layout: The repository.
        params: Its settings; they name the dataset version of the task.
        name: Baseline name.
        task: Task name.
        n_seeds: Use the first so many seeds, or repeats where folds are scored; None means all.

    Raises:
        BaselineError: No such baseline, not made for this task, or not that many seeds.
        ConfigError: No such task.
        DataMissingError: The tables of the dataset version are not here.
    """
    baseline = get_baseline(name).for_task(task)
    spec = get_task(task)
    problems = plan_problems(baseline, spec, n_seeds, params)
    if problems:
        raise BaselineError(problems)
    inputs = load_inputs(layout, spec, params.task_versions[task])
    repeats = tuple(sorted({int(repeat) for repeat in inputs.folds["repeat"]}))
    seeds = tuple(range(baseline.n_seeds if n_seeds is None else n_seeds))
    if spec.scored_folds is not None:
        seeds, repeats = (), repeats[:n_seeds]
    return Plan(baseline=baseline, task=spec, inputs=inputs, seeds=seeds, repeats=repeats)


def train(plan: Plan, *, progress: Progress | None = None, watch: Watch | None = None) -> Run:
    """Run every training of a plan on one thread; ``watch`` is shown the curve of each.

    Raises:
        BaselineError: Curves are asked of a baseline that is not trained epoch by epoch.
    """
    model = load_model(plan.baseline)
    if watch is not None:
        model = watched(model, watch, name=plan.baseline.name)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, plan.n_trainings)

    def folds() -> pd.DataFrame:
        return predict_folds(model, plan.inputs, plan.schemes, plan.repeats, tick=tick)

    with single_thread():
        start = time.process_time()
        if plan.task.scored_folds is not None:
            given = folds()
            spent = (time.process_time() - start) / plan.n_trainings
            return Run(predictions=None, cv_predictions=given, training_time_s=spent)
        predictions = predict_test(model, plan.inputs, plan.seeds, tick=tick)
        spent = (time.process_time() - start) / len(plan.seeds)
        cv_predictions = folds() if plan.schemes else None
        return Run(predictions=predictions, cv_predictions=cv_predictions, training_time_s=spent)


def run(
    layout: Layout,
    params: Params,
    name: str,
    task: str,
    *,
    n_seeds: int | None = None,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Submission:
    """Train a baseline and write ``submissions/<task>/<name>/``.

    The folder then passes the same checks as everybody else's. Where the predictions are those
    already there, the training time stays as recorded: a rerun leaves the folder as it was.

    Returns:
        The submission as read back.
    """
    plan = make_plan(layout, params, name, task, n_seeds=n_seeds)
    if plan.task.scored_folds is not None and n_seeds is not None:
        raise BaselineError(_partial(name, n_seeds))
    result = train(plan, progress=progress, watch=watch)
    folder = layout.submission_dir(task, plan.baseline.name)
    predictions = result.predictions
    if predictions is not None and len(plan.seeds) == 1:
        predictions = predictions.drop(columns="seed")
    card = card_fields(
        plan.baseline,
        seeds=plan.stated_seeds,
        training_time_s=_recorded_time(layout, plan, result)
        or float(f"{result.training_time_s:.2g}"),
        timed_unit="seed" if plan.task.scored_folds is None else "fold",
    )
    write_submission(
        folder, card=card, predictions=predictions, cv_predictions=result.cv_predictions
    )
    return read_back(layout, plan)


def read_back(layout: Layout, plan: Plan) -> Submission:
    """Read the baseline's submission through the door that every submission takes.

    Raises:
        SubmissionError: It has problems.
    """
    folder: Path = layout.submission_dir(plan.task.name, plan.baseline.name)
    expectations = Expectations(
        test_ids=plan.inputs.test_ids, train_ids=plan.inputs.train_ids, folds=plan.inputs.folds
    )
    return read_submission(folder, plan.task, expectations, shown_as=layout.relative(folder))


def _recorded_time(layout: Layout, plan: Plan, result: Run) -> float | None:
    """The time on the card of a committed submission with the same predictions, if there is one."""
    try:
        committed = read_back(layout, plan)
    except SubmissionError:
        return None
    stored, fresh = result.beside(committed)[0]
    same = largest_difference(stored, fresh.round(DECIMALS)) == 0
    return committed.card.training_time_s if same else None


def _partial(name: str, n_seeds: int) -> Problem:
    return Problem(
        where=f"ionladder baseline {name} --seeds {n_seeds}",
        expected="no such option: a task scored on folds needs every frozen repeat",
        found=str(n_seeds),
        next_step="Leave the option out; with --check it compares the first so many repeats.",
    )


def plan_problems(
    baseline: Baseline, spec: Task, n_seeds: int | None, params: Params
) -> list[Problem]:
    """What keeps a baseline from being run on a task: not made for it, no data, too many seeds."""
    where, task = f"ionladder baseline {baseline.name}", spec.name
    problems = []
    if task not in baseline.tasks and baseline.name not in spec.baselines:
        problems.append(
            Problem(
                where=f"{where} --task {task}",
                expected=f"a task it is made for ({', '.join(baseline.tasks)})",
                found=repr(task),
                next_step="Choose another task, or another baseline (`ionladder baseline --list`).",
            )
        )
    if task not in params.task_versions:
        problems.append(
            Problem(
                where=f"params.yaml, tasks.{task}",
                expected="the dataset version the task is scored on",
                found="none",
                next_step="Name a pinned version there.",
            )
        )
    # Where folds are scored, seeds count repeats, and a number beyond them means all.
    most = f"from 1 to {baseline.n_seeds}" if spec.scored_folds is None else "of repeats, 1 or more"
    too_many = spec.scored_folds is None and (n_seeds or 0) > baseline.n_seeds
    if n_seeds is not None and (n_seeds < 1 or too_many):
        problems.append(
            Problem(
                where=f"{where} --seeds {n_seeds}",
                expected=f"a number {most}",
                found=str(n_seeds),
                next_step="Ask for fewer seeds, or leave the option out to run all of them.",
            )
        )
    return problems
