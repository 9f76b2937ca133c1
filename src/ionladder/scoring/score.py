"""Scoring folders: one submission, or every submission of a task with the bad ones set apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ionladder.core.errors import SubmissionError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.labels import EvaluationLabels, load_evaluation_labels
from ionladder.scoring.align import align_checked
from ionladder.scoring.cross_validation import TrainingLabels, score_cross_validation
from ionladder.scoring.entry_errors import EntryErrors, is_sliceable
from ionladder.scoring.evaluate import Evaluation, evaluate_aligned
from ionladder.scoring.floors import compute_floors
from ionladder.scoring.prepared import PreparedLabels
from ionladder.scoring.read import expectations_of
from ionladder.scoring.receipt import build_receipt
from ionladder.scoring.slices import prepare_slices, score_slices, slices_json
from ionladder.scoring.uncertainty import uncertainty
from ionladder.specs.metric import Array
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.floor import Floor
from ionladder.submissions.table import PredictionTable
from ionladder.submissions.validate import Submission, read_submission


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A submission with its scores.

    Attributes:
        submission: The checked submission.
        evaluation: Its scores.
        receipt: The receipt, ready to be written.
    """

    submission: Submission
    evaluation: Evaluation
    receipt: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TaskScores:
    """All submissions of a task.

    Attributes:
        scored: Scored submissions, by name.
        refused: Name → problems of the submissions that could not be scored.
    """

    scored: Mapping[str, Scored]
    refused: Mapping[str, tuple[Problem, ...]]


class TaskScorer:
    """Scores submissions of one task on one dataset version.

    Args:
        task: The task.
        version: Dataset version.
        labels: Its evaluation labels.
        settings: Interval settings.
        layout: The repository, for paths in messages.

    Attributes:
        labels: As given.
    """

    def __init__(
        self,
        task: Task,
        version: str,
        labels: EvaluationLabels,
        settings: ScoringSettings,
        layout: Layout,
    ) -> None:
        self._task = task
        self._version = version
        self.labels = labels
        self._settings = settings
        self._layout = layout
        self._expectations = expectations_of(labels, task)
        self._prepared = PreparedLabels(labels.test, task, settings)
        self._training = TrainingLabels(labels.train, task, settings)
        self._slices = prepare_slices(labels, task, confidence=settings.confidence)

    @classmethod
    def open(
        cls, layout: Layout, task: Task, version: str, settings: ScoringSettings
    ) -> TaskScorer:
        """A scorer with the labels of a dataset version on this machine.

        Raises:
            DataMissingError: The labels are not here.
            DataChangedError: They are not those of the released version.
        """
        labels = load_evaluation_labels(layout, task, version)
        return cls(task, version, labels, settings, layout)

    def floors(self) -> tuple[Floor, ...]:
        """The floors of the task on this version."""
        return compute_floors(self.labels.replicates, self._task, self._settings)

    def groups(self) -> list[list[str]]:
        """Ids of the entries of each group of the primary subset, groups in ascending order."""
        subset = self._prepared.subset(self._task.primary.subset)
        part = subset.all_rows[self._task.primary_targets[0].name]
        return [
            [self._prepared.ids[row] for row in part.rows[part.groups.index == group]]
            for group in range(part.groups.n_groups)
        ]

    def score(self, folder: Path, *, shown_as: str | None = None) -> Scored:
        """Check and score one folder.

        Args:
            folder: The submission.
            shown_as: Its path in messages; as seen from the root unless given.

        Raises:
            SubmissionError: Every problem of the submission.
        """
        submission = read_submission(
            folder,
            self._task,
            self._expectations,
            shown_as=shown_as or self._layout.relative(folder),
        )
        aligned = align_checked(self._prepared.id_array, submission.predictions, self._task)
        evaluation = evaluate_aligned(self._prepared, aligned, self._task)
        cross_validation = (
            score_cross_validation(self._training, submission.cv_predictions.rows, self._task)
            if submission.cv_predictions
            else {}
        )
        receipt = build_receipt(
            submission,
            evaluation,
            cross_validation,
            task=self._task,
            dataset_version=self._version,
            label_hashes={
                "labels_sha256": self.labels.labels_sha256,
                "split_sha256": self.labels.split_sha256,
                "slices_sha256": self.labels.slices_sha256,
            },
            slices=slices_json(score_slices(self._slices, aligned.y_pred), self._task)
            if self._slices
            else None,
            uncertainty=self._uncertainty(submission.predictions),
            settings=self._settings,
        )
        return Scored(submission=submission, evaluation=evaluation, receipt=receipt)

    def _uncertainty(self, predictions: PredictionTable) -> dict[str, dict[str, Any]] | None:
        """The quality of standard deviations; most files have none, and need no frame then."""
        if not any(name.endswith("_std") for name in predictions.columns):
            return None
        return uncertainty(self.labels.test, predictions.rows, self._task)

    def entry_errors(self, scored: Scored) -> Array | None:
        """The primary error of every scored entry, shape (n_seeds, n), ids ascending.

        NaN where an entry has no label; None where the primary metric has no error of one entry.
        """
        if not is_sliceable(self._task):
            return None
        labels = self.labels.test.sort_values("id", kind="stable", ignore_index=True)
        errors = self._slices.errors if self._slices else EntryErrors(labels, self._task)
        predictions = scored.submission.predictions
        aligned = align_checked(self._prepared.id_array, predictions, self._task)
        return errors.of(aligned.y_pred)

    def score_all(self, folders: Iterable[Path]) -> TaskScores:
        """Score folders one by one; a bad one is set apart with its problems and stops nobody."""
        scored: dict[str, Scored] = {}
        refused: dict[str, tuple[Problem, ...]] = {}
        for folder in folders:
            try:
                scored[folder.name] = self.score(folder)
            except SubmissionError as error:
                refused[folder.name] = error.problems
        return TaskScores(scored=scored, refused=refused)


def submission_folders(layout: Layout, task: str) -> list[Path]:
    """Folders under ``submissions/<task>/``, by name, without hidden ones and loose files."""
    parent = layout.submissions_dir(task)
    if not parent.is_dir():
        return []
    return sorted(
        item for item in parent.iterdir() if not item.name.startswith(".") and item.is_dir()
    )
