"""A submission as contributions to JARVIS-Leaderboard: one zip for each target."""

from __future__ import annotations

from pathlib import Path

from ionladder.core.errors import SubmissionError
from ionladder.interchange.jarvis import SUFFIX, write_contribution
from ionladder.specs.task import Task
from ionladder.submissions.predictions import read_predictions
from ionladder.submissions.validate import Expectations


def export_contributions(
    submission: Path, task: Task, expected: Expectations, folder: Path, *, shown_as: str
) -> list[Path]:
    """Write the test predictions of a submission, the mean over its seeds.

    Args:
        submission: Its folder.
        task: Its task.
        expected: The entries of the task.
        folder: Where to; made when it is not there.
        shown_as: Path of the submission, for messages.

    Raises:
        SubmissionError: Its predictions are not those of the task.
    """
    table, problems = read_predictions(
        submission,
        task,
        test_ids=expected.test_ids,
        train_ids=expected.train_ids,
        shown_as=shown_as,
    )
    if table is None:
        raise SubmissionError(problems)
    means = table.rows.groupby("id", sort=True).mean(numeric_only=True)
    written = []
    for target in task.targets:
        name = f"AI-SinglePropertyPrediction-{target.name}-{task.dataset}-test-mae{SUFFIX}"
        written.append(folder / name)
        write_contribution(written[-1], means.index.tolist(), means[target.name].tolist())
    return written
