"""Scoring submissions: one folder, or all folders of a task; folds and floors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ionladder import evaluation as scoring
from ionladder.config import ScoringSettings
from ionladder.data.fetch import referenced_file
from ionladder.data.labels import EvaluationLabels, load_evaluation_labels
from ionladder.data.slices import NOT_GIVEN
from ionladder.errors import Problem, ReferenceMissingError, SubmissionError
from ionladder.evaluation import Evaluation, MetricValue, Prepared, PreparedSlices
from ionladder.interchange.referenced import read_referenced
from ionladder.metrics import get_metric
from ionladder.receipt import build_receipt, calibration_json, rounded
from ionladder.repo import Layout
from ionladder.specs import Array, Censored, Task
from ionladder.stats import intervals
from ionladder.stats.floor import ReplicateFloor, Scale, replicate_floors
from ionladder.stats.ranking import GroupScore, Resamples, make_standings, paired_differences
from ionladder.submit import validate
from ionladder.submit.card import Referenced
from ionladder.submit.predictions import KnownIds, PredictionTable
from ionladder.submit.validate import ArrayReader, Expectations, Submission, read_submission


def prepare_slices(labels: EvaluationLabels, prepared: Prepared) -> PreparedSlices | None:
    """The slices of a task; None where it has none, or where its primary metric has no parts."""
    if labels.slices is None or not prepared.task.slices or not scoring.is_sliceable(prepared.task):
        return None
    return PreparedSlices(prepared, labels.slices)


# --- Cross-validation on the frozen folds, and floors

_OF_STEPS = Resamples(n_resamples=10_000, seed=0)


def score_folds(
    prepared: Prepared, cv_predictions: pd.DataFrame, confidence: float
) -> dict[str, dict[str, Any]]:
    """The key ``cross_validation`` of a receipt: the primary metric on out-of-fold predictions.

    Predictions of one repeat are pooled; repeats enter the interval as seeds do in a test score.
    A ``step`` is the paired difference from the next easier scheme of the task, entry by entry.

    Args:
        prepared: Training labels of the task.
        cv_predictions: Checked: ``scheme, repeat, fold, id`` and the targets, every training id
            exactly once per scheme and repeat.
        confidence: Level of the intervals.

    Returns:
        Scheme → what the receipt says, in the task's order, for the schemes with predictions.
    """
    task = prepared.task
    name, whole = task.primary.metric, prepared.rows(None)
    pooled: dict[str, GroupScore] = {}
    for scheme in task.cross_validation:
        rows = cv_predictions[cv_predictions["scheme"] == scheme.scheme]
        if not rows.empty:
            aligned = scoring.align(prepared.known, rows.rename(columns={"repeat": "seed"}), task)
            errors = {
                (target.name, task.primary_use.name): prepared.errors(
                    task.primary_use, target, aligned.y_pred[target.name]
                )
                for target in task.primary_targets
            }
            pooled[scheme.scheme] = scoring.primary_score(prepared, errors, None)
    values = {
        scheme: MetricValue(
            per_seed=group_score.per_seed,
            left_out=group_score.left_out,
            present=whole.groups.n_groups,
            df=whole.df,
            is_share=get_metric(task.primary_use.metric).is_share,
        )
        for scheme, group_score in pooled.items()
    }
    found: dict[str, dict[str, Any]] = {
        scheme: {
            name: rounded(score.value),
            f"{name}_ci_low": rounded(score.ci_low),
            f"{name}_ci_high": rounded(score.ci_high),
            f"{name}_sd_over_repeats": rounded(score.seed_sd),
            "n_repeats": len(pooled[scheme].per_seed),
            "n": len(prepared.ids),
            "step": None,
        }
        for scheme, score in scoring.summarise(values, confidence).items()
    }
    ordered = sorted((s.rung, s.scheme) for s in task.cross_validation if s.rung)
    names = [scheme for _, scheme in ordered if scheme in pooled]
    standings = make_standings([pooled[scheme] for scheme in names], _OF_STEPS)
    for row, (easier, harder) in enumerate(pairwise(names)):
        pair = paired_differences(standings, row + 1, [row], confidence=confidence)
        found[harder]["step"] = {
            "since": easier,
            "difference": rounded(pair.difference[0]),
            "ci_low": rounded(pair.ci_low[0]),
            "ci_high": rounded(pair.ci_high[0]),
        }
    return found


def compute_floors(
    replicates: pd.DataFrame, prepared: Prepared, settings: ScoringSettings
) -> tuple[ReplicateFloor, ...]:
    """Floors of the primary score; empty when the task has no repeated measurements.

    With several primary targets, a group is one target of one replicated entry, so that the
    floor is the mean over targets; values are clipped where the primary metric clips them.
    A measurement that is only a limit is left out, and one that is then alone.

    Args:
        replicates: Labels that belong to a group of repeated measurements: the targets, their
            limit columns, ``replicate_group`` and the task's group column; a missing label is one
            beyond every number.
        prepared: The labels of the scored entries.
        settings: Interval settings.
    """
    if replicates.empty:
        return ()
    task, use = prepared.task, prepared.task.primary_use
    clip = use.options.get("clip", np.inf)
    shares: list[float] = []
    parts, measured, oracle = [], [], []
    for number, target in enumerate(task.primary_targets):
        rows = prepared.scored_rows(task.primary.subset, target, get_metric(use.metric)).index
        y, limit = prepared.y_true[target.name], prepared.limits[target.name]
        level = np.digitize(np.fmin(y[rows][np.isnan(limit[rows])], clip), target.levels)
        # A perfect model can say no more than the limit of an entry of which only that is known.
        perfect = np.where(np.isnan(limit), np.fmin(y, clip), limit)
        errors = prepared.errors(use, target, perfect[None, :])
        oracle.append(0.0 if errors is None else float(errors[0, rows].mean()))
        measured.append(len(level) / len(rows))
        part = pd.DataFrame(
            {
                "y": np.fmin(scoring.label_column(replicates, target.name), clip),
                "group": replicates["replicate_group"].to_numpy(),
                "cluster": replicates.get(task.group_column, replicates["replicate_group"]),
            }
        )
        if target.limit_column in replicates:
            part = part[replicates[target.limit_column].isna().to_numpy()]
        of_group = part.groupby("group")["y"]
        part["level"] = len(shares) + np.digitize(of_group.transform("median"), target.levels)
        part["target"] = number
        parts.append(part[of_group.transform("size") > 1])
        shares += (np.bincount(level, minlength=len(target.levels) + 1) / len(level)).tolist()
    repeated = pd.concat(parts)
    if repeated.empty:
        return ()
    scales = {"achievable_error": Scale()}
    if (share := float(np.mean(measured))) < 1:
        scales["achievable_error_censored"] = Scale(measured=share)
        scales["achievable_error_primary"] = Scale(
            measured=share, oracle_share=float(np.mean(oracle))
        )
    return replicate_floors(
        repeated["y"],
        repeated.groupby(["target", "group"]).ngroup(),
        confidence=settings.confidence,
        clusters=repeated["cluster"],
        levels=repeated["level"],
        shares=shares,
        scales=scales,
    )


def wider_groups(prepared: Prepared, slices: pd.DataFrame | None) -> scoring.Integers | None:
    """Which merged group each group of the primary subset is in; None where nothing is merged."""
    column, rows = prepared.task.wider_groups, prepared.rows(prepared.task.primary.subset)
    if column is None or slices is None:
        return None
    named = slices.set_index("id").loc[prepared.ids, column].to_numpy(object)[rows.index]
    named[named == NOT_GIVEN] = None
    merged: scoring.Integers = intervals.merged_groups(rows.groups.index, named)
    return merged


def wider_interval(
    scores: GroupScore, wider: scoring.Integers | None, by: str | None, confidence: float
) -> dict[str, Any] | None:
    """The key ``wider`` of a receipt: the interval of the primary score over merged groups.

    Returns:
        ``by``, ``n_groups`` and ``n_wider``, ``standard_error`` over groups and ``wider_error``
        over merged ones, both without seeds; ``ci_low``, ``ci_high``; and ``icc``, the intraclass
        correlation of the error of groups within merged ones, of ``n_alike`` groups that are merged
        with another. None where the task merges nothing.
    """
    if wider is None or not scores.sizes.sum(axis=0).all():
        return None
    onto = np.zeros((len(wider), wider.max() + 1))
    onto[np.arange(len(wider)), wider] = 1.0
    value, sizes = scores.per_seed.mean(), scores.sizes @ onto
    rest = intervals.left_out_means(scores.sums @ onto, sizes).mean(axis=0)
    low, high = intervals.error_interval(
        value,
        rest,
        present=sizes.shape[1],
        df=intervals.degrees_of_freedom(sizes.mean(axis=0)),
        confidence=confidence,
        seed_variance=scores.seed_variance,
        seed_df=len(scores.per_seed) - 1.0,
    )
    each = [
        math.sqrt(intervals.jackknife_variance(value, left_out, np.array(len(left_out))))
        for left_out in (scores.left_out, rest)
    ]
    of_groups = scores.sums.sum(axis=0) / scores.sizes.sum(axis=0)
    found = dict(zip(("standard_error", "wider_error"), each, strict=True))
    found |= {"ci_low": float(low), "ci_high": float(high)}
    found |= {"icc": intervals.intraclass_correlation(of_groups, wider)}
    counts = np.bincount(wider)
    counted = {"n_groups": len(wider), "n_wider": len(counts)}
    counted |= {"n_alike": int(counts[counts > 1].sum()), "n_families": int((counts > 1).sum())}
    return {"by": by, **counted, **{key: rounded(number) for key, number in found.items()}}


# --- Scoring folders


def array_reader(labels: EvaluationLabels, task: Task) -> ArrayReader | None:
    """The reader of a task's arrays; None for a task that predicts numbers.

    A reader goes through a submission once: it checks each block, compares it with the truth, and
    keeps one number per target and entry.
    """
    if task.predicts == "values":
        return None
    from ionladder.score_arrays import frame_reader, path_reader

    return {"paths": path_reader, "frames": frame_reader}[task.predicts](labels, task)


def expectations_of(
    layout: Layout, labels: EvaluationLabels, task: Task, version: str, *, fetch: bool = False
) -> Expectations:
    """Ids and folds that predictions must cover, and the readers of arrays and of references.

    Args:
        layout: The repository.
        labels: The labels of the task.
        task: The task.
        version: Dataset version.
        fetch: Whether files that cards refer to may be fetched; otherwise they are read where they
            are on this machine.
    """
    expected = Expectations(
        test_ids=KnownIds(labels.test["id"].tolist()),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
        read_arrays=array_reader(labels, task),
    )

    def read(reference: Referenced, shown_as: str) -> PredictionTable:
        return read_referenced(
            referenced_file(layout, reference.source, fetch=fetch),
            reference,
            task,
            expected,
            labels=labels.test,
            fill={t.name: float(labels.train[t.name].median()) for t in task.targets},
            raw=layout.raw_dir(task.dataset, version),
            shown_as=shown_as,
        )

    return replace(expected, read_referenced=read)


def load_expectations(layout: Layout, task: Task, version: str) -> Expectations:
    """What predictions must cover, read without labels where a task predicts numbers.

    Arrays are checked against the true ones as they are read, so for them every table is needed.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: It is not the released one.
    """

    def with_labels() -> Expectations:
        labels = load_evaluation_labels(layout, task, version)
        return expectations_of(layout, labels, task, version, fetch=True)

    def read(reference: Referenced, shown_as: str) -> PredictionTable:
        return with_labels().read_referenced(reference, shown_as)  # type: ignore[misc]

    if task.predicts == "values":
        return replace(validate.load_id_expectations(layout, task, version), read_referenced=read)
    return with_labels()


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
        absent: Likewise, where the predictions are published elsewhere and are not on this machine.
        is_kept: Whether the board stays as recorded, since all the others are scored as before.
    """

    scored: Mapping[str, Scored]
    refused: Mapping[str, tuple[Problem, ...]]
    absent: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    is_kept: bool = False


class TaskScorer:
    """Scores submissions of one task on one dataset version.

    Args:
        task: The task.
        version: Dataset version.
        labels: Its evaluation labels.
        settings: Interval settings.
        layout: The repository.
        fetch: Whether files that cards refer to may be fetched.

    Attributes:
        labels: As given.
        prepared: The labels of the scored entries, made ready.
    """

    def __init__(
        self,
        task: Task,
        version: str,
        labels: EvaluationLabels,
        settings: ScoringSettings,
        layout: Layout,
        *,
        fetch: bool = False,
    ) -> None:
        self._task, self._version, self._layout = task, version, layout
        self.labels = labels
        self._expectations = expectations_of(layout, labels, task, version, fetch=fetch)
        self._settings = settings
        self.prepared = Prepared(labels.test, task)
        self._training = Prepared(labels.train, task)
        self._slices = prepare_slices(labels, self.prepared)
        self._wider = wider_groups(self.prepared, labels.slices)
        # The same labels with only the scores that rank.
        ranking = [use for use in task.metrics if use in (task.primary_use, task.beside_use)]
        subsets = tuple(s for s in task.subsets if s.name == task.primary.subset)
        self._ranking = copy(self.prepared)
        self._ranking.task = replace(task, metrics=tuple(ranking), subsets=subsets)

    @classmethod
    def open(
        cls,
        layout: Layout,
        task: Task,
        version: str,
        settings: ScoringSettings,
        *,
        fetch: bool = False,
        censored: Censored = "imputed",
    ) -> TaskScorer:
        """A scorer with the labels of a dataset version on this machine.

        Args:
            layout: The repository.
            task: The task.
            version: Dataset version.
            settings: Interval settings.
            fetch: Whether predictions by reference may be fetched.
            censored: Convention for limits; with any but the first, nothing is comparable with
                the board.

        Raises:
            DataMissingError: The labels are not here.
            DataChangedError: They are not those of the released version.
        """
        labels = load_evaluation_labels(layout, task, version)
        test, train = (
            scoring.under_convention(part, task, censored) for part in (labels.test, labels.train)
        )
        labels = replace(labels, test=test, train=train)
        return cls(task, version, labels, settings, layout, fetch=fetch)

    def floors(self) -> tuple[ReplicateFloor, ...]:
        """The floors of the task on this version."""
        return compute_floors(self.labels.replicates, self.prepared, self._settings)

    def groups(self) -> list[list[str]]:
        """Ids of the entries of each group of the primary subset, groups in ascending order."""
        rows = self.prepared.rows(self._task.primary.subset)
        return [
            [self.prepared.ids[row] for row in rows.index[rows.groups.index == group]]
            for group in range(rows.groups.n_groups)
        ]

    def score(self, folder: Path, *, shown_as: str | None = None, brief: bool = False) -> Scored:
        """Check and score one folder.

        Args:
            folder: The submission.
            shown_as: Its path in messages; as seen from the root unless given.
            brief: Leave out what decides no place: other metrics and subsets, folds, slices.

        Raises:
            SubmissionError: Every problem of the submission.
        """
        shown_as = shown_as or self._layout.relative(folder)
        with validate.as_problems(shown_as):
            return self._score(folder, shown_as, brief)

    def _score(self, folder: Path, shown_as: str, brief: bool) -> Scored:
        submission = read_submission(folder, self._task, self._expectations, shown_as=shown_as)
        predictions, cv = submission.predictions, submission.cv_predictions
        aligned = scoring.align_checked(self.prepared.known, predictions, self._task)
        confidence = self._settings.confidence
        prepared = self._ranking if brief else self.prepared
        task = prepared.task
        evaluation = scoring.evaluate_aligned(prepared, aligned, confidence)
        slices = None
        if self._slices and not brief:
            slices = self._slices.score(self.prepared.primary_errors(aligned.y_pred), confidence)
        receipt = build_receipt(
            submission,
            evaluation,
            score_folds(self._training, cv.rows, confidence) if cv and not brief else {},
            task=task,
            dataset_version=self._version,
            label_hashes={
                "labels_sha256": self.labels.labels_sha256,
                "split_sha256": self.labels.split_sha256,
                "slices_sha256": self.labels.slices_sha256,
            },
            slices=slices,
            wider=None
            if brief
            else wider_interval(evaluation.primary, self._wider, task.wider_groups, confidence),
            # Most files have no standard deviations, and need no frame then.
            uncertainty=calibration_json(self.labels.test, predictions.rows, self._task)
            if any(name.endswith("_std") for name in predictions.columns)
            else None,
            settings=self._settings,
        )
        return Scored(submission=submission, evaluation=evaluation, receipt=receipt)

    def entry_errors(self, scored: Scored) -> Array | None:
        """The primary error of every scored entry, shape (n_seeds, n), ids ascending.

        NaN where an entry has no label; None where the primary metric has no error of one entry.
        """
        if not scoring.is_sliceable(self._task):
            return None
        return self.prepared.primary_errors(self.predictions(scored))

    def predictions(self, scored: Scored) -> dict[str, Array]:
        """Target → predictions of every scored entry, shape (n_seeds, n), ids ascending."""
        predictions = scored.submission.predictions
        return scoring.align_checked(self.prepared.known, predictions, self._task).y_pred

    def score_all(self, folders: Iterable[Path], *, brief: bool = False) -> TaskScores:
        """Score folders one by one; a bad one is set apart with its problems and stops no other."""
        scored: dict[str, Scored] = {}
        refused: dict[str, tuple[Problem, ...]] = {}
        absent: dict[str, tuple[Problem, ...]] = {}
        for folder in folders:
            try:
                scored[folder.name] = self.score(folder, brief=brief)
            except ReferenceMissingError as error:
                absent[folder.name] = error.problems
            except SubmissionError as error:
                refused[folder.name] = error.problems
        return TaskScores(scored=scored, refused=refused, absent=absent)


def submission_folders(layout: Layout, task: str) -> list[Path]:
    """Folders under ``submissions/<task>/``, by name, without hidden ones and loose files."""
    parent = layout.submissions_dir(task)
    folders = parent.iterdir() if parent.is_dir() else ()
    return sorted(path for path in folders if not path.name.startswith(".") and path.is_dir())
