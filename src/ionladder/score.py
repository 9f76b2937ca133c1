"""Scoring submissions: one folder, or all folders of a task; folds and floors."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from ionladder import evaluation as scoring
from ionladder.config import ScoringSettings
from ionladder.data.fetch import referenced_file
from ionladder.data.labels import EvaluationLabels, load_evaluation_labels
from ionladder.data.slices import NOT_GIVEN
from ionladder.errors import Problem, ReferenceMissingError, SubmissionError
from ionladder.evaluation import Evaluation, MetricValue, Prepared, PreparedSlices
from ionladder.interchange.referenced import read_referenced
from ionladder.metrics import get_metric
from ionladder.receipt import SCORER_VERSION, build_receipt, calibration_json, rounded
from ionladder.repo import Layout, code_sha256, sha256_bytes, sha256_file, write_text, write_with
from ionladder.specs import Array, Censored, Task
from ionladder.stats import intervals
from ionladder.stats.floor import ReplicateFloor, Scale, replicate_floors
from ionladder.stats.ranking import GroupScore, Resamples, make_standings, paired_differences
from ionladder.submit import validate
from ionladder.submit.card import Card, Referenced
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
    """What predictions are checked against, with the readers of arrays and of references.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: It is not the released one.
    """
    labels = load_evaluation_labels(layout, task, version)
    return expectations_of(layout, labels, task, version, fetch=True)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A submission with its scores.

    Attributes:
        submission: The checked submission.
        evaluation: Its scores.
        receipt: The receipt, ready to be written.
        conventions: Convention → what :func:`ionladder.board.claims.convention_scores` gave before;
            None where it has not been asked.
    """

    submission: Submission
    evaluation: Evaluation
    receipt: dict[str, Any]
    conventions: Mapping[str, Any] | None = None


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
        keys: Submission → its :meth:`key` when it was scored with all others.
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
        self.keys: dict[str, str | None] = {}
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

    def score_all(
        self, folders: Iterable[Path], *, brief: bool = False, again: bool = False
    ) -> TaskScores:
        """Score folders one by one; a bad one is set apart with its problems and stops no other.

        Those of which nothing has changed since :meth:`keep` are not scored again, unless ``again``
        says so; of their evaluation there is only what ranks.
        """
        scored: dict[str, Scored] = {}
        refused: dict[str, tuple[Problem, ...]] = {}
        absent: dict[str, tuple[Problem, ...]] = {}
        for folder in folders:
            try:
                known = None if again else self._known(folder)
                scored[folder.name] = known or self.score(folder, brief=brief)
            except ReferenceMissingError as error:
                absent[folder.name] = error.problems
            except SubmissionError as error:
                refused[folder.name] = error.problems
        return TaskScores(scored=scored, refused=refused, absent=absent)

    # What was scored before: kept by the hash of all that it rests on

    @cached_property
    def identity(self) -> str:
        """Hash of all that scores rest on beside submissions: code, task, labels, confidence."""
        labels = self.labels
        hashes = (labels.labels_sha256, labels.split_sha256, labels.slices_sha256)
        rules = (self._task, self._version, self._settings.confidence, SCORER_VERSION, hashes)
        digest = hashlib.sha256(f"{code_sha256()}\n{rules!r}".encode())
        for each in (self.prepared, self._training):
            columns = (*each.y_true.values(), *each.limits.values(), *each.weights.values())
            for values in (*columns, each.group):
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()

    def key(self, folder: Path) -> str | None:
        """Hash of a folder and of all else that its score rests on.

        None where it holds anything but files, such as links, which are not followed.
        """
        with suppress(OSError), os.scandir(folder) as entries:
            files = sorted(entries, key=lambda entry: entry.name)
            if not folder.is_symlink() and all(e.is_file(follow_symlinks=False) for e in files):
                facts = [(entry.name, sha256_file(Path(entry.path))) for entry in files]
                return sha256_bytes(
                    f"{self.identity}\n{folder.name}\n{facts!r}".encode("utf-8", "surrogateescape")
                )
        return None

    @cached_property
    def kept(self) -> dict[str, KeptScore]:
        """Submission → what :meth:`keep` kept of it; under an empty name the key of the board."""
        alone = pa.ipc.IpcReadOptions(use_threads=False)
        try:
            with pa.OSFile(str(self._layout.kept_scores(self._task.name))) as file:
                table = pa.ipc.open_file(file, options=alone).read_all()
            names, keys, checks, heads = (table[n].to_pylist() for n in KeptScore._fields[:4])
            numbers = table["numbers"].combine_chunks()
            values, ends = np.asarray(numbers.values), np.asarray(numbers.offsets)
            cut = [values[begin:end] for begin, end in pairwise(ends)]
            rows = [*map(KeptScore, names, keys, checks, heads, cut)]
            is_whole = all(row.check == row.digest() for row in rows)
        except (OSError, LookupError, TypeError, ValueError, AttributeError, pa.ArrowException):
            return {}
        return {row.name: row for row in rows} if is_whole else {}

    @property
    def board_key(self) -> str:
        """The key of the board that was kept; empty without one."""
        return self.kept[""].key if "" in self.kept else ""

    def _known(self, folder: Path) -> Scored | None:
        """A submission as it was scored before; None where anything is another since."""
        key, row = self.key(folder), self.kept.get(folder.name)
        self.keys[folder.name] = key
        if row is None or row.key != key:
            return None
        head, numbers, begin = orjson.loads(row.head), {}, 0
        for name, shape in head["shapes"].items():
            size = math.prod(shape)
            numbers[name] = row.numbers[begin : begin + size].reshape(shape)
            begin += size
        seeds, known = head["seeds"], self.prepared.known
        numbers["seed"] = np.repeat(np.array(seeds, dtype=np.int64), len(known))
        numbers["id"] = known.in_turns(len(seeds))
        table = PredictionTable(
            path=folder / head["file"],
            sha256=head["receipt"]["hashes"]["predictions_sha256"],
            columns={name: numbers[name] for name in head["columns"]},
            remarks=tuple(head["remarks"]),
        )
        submission = Submission(
            name=folder.name,
            folder=folder,
            card=Card.model_validate(head["card"]),
            predictions=table,
            cv_predictions=None,
        )
        primary, (n, n_groups, df) = self._task.primary, numbers["counts"].tolist()
        score = scoring.Score(**dict(zip(_SCORE, numbers["score"].tolist(), strict=True)))
        counts = {"n": int(n), "n_groups": int(n_groups), "df": df}
        of_subset = scoring.SubsetScores(**counts, metrics={primary.metric: score})
        ranking = [
            GroupScore(**{part: numbers[f"{use} {part}"] for part in _PARTS})
            for use in head["uses"]
        ]
        evaluation = Evaluation(
            task=self._task.name,
            n_expected=len(known),
            n_scored=len(known),
            seeds=tuple(seeds),
            targets={primary.target: {primary.subset: of_subset}},
            primary=ranking[0],
            beside=ranking[1] if ranking[1:] else None,
        )
        told = {"receipt": head["receipt"], "conventions": head["conventions"]}
        return Scored(submission=submission, evaluation=evaluation, **told)

    def keep(self, scored: Mapping[str, Scored], *, board: str) -> None:
        """Keep scores in place of those kept before; nothing rests on their being there.

        Args:
            scored: Submissions with their ``conventions``.
            board: A key of all that is published of the task.
        """
        rows = [KeptScore.of("", board, b"", np.empty(0))]
        for name, each in scored.items():
            folder, key, row = each.submission.folder, self.keys.get(name), self.kept.get(name)
            if row is None or row.key != key:
                # Nothing is kept of a folder that changed while it was scored.
                row = self._row(each, key) if key and key == self.key(folder) else None
            rows += [row] if row else []
        path = self._layout.kept_scores(self._task.name)
        if {row.name: row.check for row in rows} == {n: row.check for n, row in self.kept.items()}:
            return
        ends = np.cumsum([0, *(len(row.numbers) for row in rows)])
        numbers = np.concatenate([row.numbers for row in rows])
        columns: list[Any] = [*map(list, zip(*(row[:4] for row in rows), strict=True))]
        columns.append(pa.LargeListArray.from_arrays(ends, numbers))
        table = pa.table(dict(zip(KeptScore._fields, columns, strict=True)))

        def write(temporary: Path) -> None:
            options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
            with pa.ipc.new_file(str(temporary), table.schema, options=options) as file:
                file.write_table(table)

        with suppress(OSError):
            write_text(path.with_name(".gitignore"), "*\n")
            write_with(path, write)

    def _row(self, scored: Scored, key: str) -> KeptScore | None:
        """What is kept of a submission; None where it could not be given back as it is."""
        table, evaluation = scored.submission.predictions, scored.evaluation
        seeds, card = evaluation.seeds, scored.submission.card
        plain = {n: v for n, v in table.columns.items() if n not in {"id", "seed"}}
        is_numbers = all(getattr(v, "dtype", None) == np.float64 for v in plain.values())
        is_in_order = table.columns["id"].equals(self.prepared.known.in_turns(len(seeds)))
        if card.predictions or not is_numbers or not is_in_order or scored.conventions is None:
            return None
        primary = self._task.primary
        subset = evaluation.targets[primary.target][primary.subset]
        uses = {"primary": evaluation.primary, "beside": evaluation.beside}
        numbers = {**plain, "counts": np.array([subset.n, subset.n_groups, subset.df])}
        numbers["score"] = np.array([vars(subset.metrics[primary.metric])[n] for n in _SCORE])
        for use, scores in uses.items():
            numbers |= {f"{use} {part}": getattr(scores, part) for part in _PARTS if scores}
        head = {
            "file": table.path.name,
            "columns": list(table.columns),
            "remarks": table.remarks,
            "seeds": seeds,
            "uses": [use for use, scores in uses.items() if scores],
            "shapes": {name: values.shape for name, values in numbers.items()},
            "card": card.model_dump(mode="json"),
            "receipt": scored.receipt,
            "conventions": scored.conventions,
        }
        flat = np.concatenate([np.ravel(values) for values in numbers.values()])
        return KeptScore.of(scored.submission.name, key, orjson.dumps(head), flat)


_PARTS = ("sums", "sizes", "per_seed")
_SCORE = ("value", "ci_low", "ci_high", "seed_sd", "seed_min", "seed_max")


class KeptScore(NamedTuple):
    """A score as it is kept on this machine: texts as JSON, and all numbers in a row."""

    name: str
    key: str
    check: str
    head: bytes
    numbers: Array

    @classmethod
    def of(cls, name: str, key: str, head: bytes, numbers: Array) -> KeptScore:
        """One with its checksum."""
        row = cls(name, key, "", head, numbers)
        return row._replace(check=row.digest())

    def digest(self) -> str:
        """The checksum of all else, which tells a damaged file."""
        digest = hashlib.sha256(f"{self.name}\n{self.key}\n".encode() + self.head)
        digest.update(self.numbers.astype("<f8").tobytes())
        return digest.hexdigest()


def submission_folders(layout: Layout, task: str) -> list[Path]:
    """Folders under ``submissions/<task>/``, by name, without hidden ones and loose files."""
    parent = layout.submissions_dir(task)
    folders = parent.iterdir() if parent.is_dir() else ()
    return sorted(path for path in folders if not path.name.startswith(".") and path.is_dir())
