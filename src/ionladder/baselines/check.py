"""Checking that a baseline still gives the predictions that are committed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ionladder.baselines.compare import largest_difference
from ionladder.baselines.curves import Watch
from ionladder.baselines.runner import Progress, make_plan, read_back, train
from ionladder.config import Params
from ionladder.errors import BaselineError, Problem
from ionladder.repo import Layout


@dataclass(frozen=True, kw_only=True)
class Check:
    """How a rerun compares with the committed predictions.

    Attributes:
        name: Baseline name.
        folder: Its submission folder, as shown to the reader.
        n_seeds: Seeds compared.
        n_repeats: Repeats of the folds compared.
        test_difference: Largest absolute difference on the test set, in the target's unit; 0 where
            the task has no predictions of it.
        cv_difference: The same over the folds; 0 where the baseline is not trained on them.
        tolerance: Largest difference that counts as reproduced.
    """

    name: str
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


def check(
    layout: Layout,
    params: Params,
    name: str,
    task: str,
    *,
    n_seeds: int | None = None,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> Check:
    """Run a baseline again and compare; nothing is written.

    Args:
        layout: The repository.
        params: Its settings.
        name: Baseline name.
        task: Task name.
        n_seeds: Compare the first so many seeds, and as many repeats of the folds; None for all.
        progress: Called after every training.
        watch: Shown the curve of every training.

    Raises:
        BaselineError: Nothing is committed, or the predictions differ by more than the baseline's
            tolerance.
        SubmissionError: The committed submission has problems.
    """
    plan = make_plan(layout, params, name, task, n_seeds=n_seeds)
    folder = layout.submission_dir(task, plan.baseline.name)
    shown = layout.relative(folder)
    if not folder.is_dir():
        raise BaselineError(_problem(shown, "the committed predictions", "no such folder"))
    committed = read_back(layout, plan)
    if committed.cv_predictions is None and plan.schemes:
        raise BaselineError(_problem(shown, "cv_predictions on the frozen folds", "no such file"))
    plan = replace(plan, repeats=plan.repeats[:n_seeds] if plan.schemes else ())
    rerun = train(plan, progress=progress, watch=watch)
    differences = [largest_difference(stored, fresh) for stored, fresh in rerun.beside(committed)]
    result = Check(
        name=plan.baseline.name,
        folder=shown,
        n_seeds=len(plan.seeds),
        n_repeats=len(plan.repeats),
        test_difference=differences[0] if rerun.predictions is not None else 0.0,
        cv_difference=differences[-1] if rerun.cv_predictions is not None else 0.0,
        tolerance=plan.baseline.tolerance,
    )
    if result.difference > result.tolerance:
        raise BaselineError(
            _problem(
                shown,
                f"the predictions of a rerun within {result.tolerance:g}",
                f"differences up to {result.test_difference:.3g} on the test set and "
                f"{result.cv_difference:.3g} on the folds",
            )
        )
    return result


def _problem(folder: str, expected: str, found: str) -> Problem:
    return Problem(
        where=folder,
        expected=expected,
        found=found,
        next_step="Install the versions of requirements.lock, or run `ionladder baseline` without "
        "--check to write the new predictions and review what changed.",
    )
