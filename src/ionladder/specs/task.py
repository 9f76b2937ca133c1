"""A task: what is predicted, on which entries, and how it is scored and ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ionladder.specs.experiment import Experiment
from ionladder.specs.reported import Reported
from ionladder.specs.slice import Slice

MEAN_OF_TARGETS = "mean"
"""Name that stands for the mean over all targets of a task."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A quantity to predict.

    Attributes:
        name: Column name in predictions and labels (``log10_sigma``).
        symbol: As printed (``log₁₀ σ``).
        unit: Unit of the column (``log10(S/cm)``); ``error_unit`` that of a difference.
        error_unit: Unit of an error, as printed (``decades``).
        description: One sentence.
        plausible: Smallest and largest value a careful reader would accept, in ``unit``;
            values outside are a problem of the submission.
        physical: Smallest and largest value that a material can have, in ``unit``, or None where
            nobody can say; predictions outside are accepted, and noted by the audit.
        limit_column: Label column with the upper limit of a left-censored entry, or None.
        band: Half-width, in ``error_unit``, of the region around the identity line that parity
            plots shade as close enough, or None where no such width is customary.
        missing_note: What an entry without a label means and how it is scored; one sentence.
        ideal: What a perfect prediction gives, for a quantity that scoring derives from predicted
            arrays and the truth (0 for an error, 1 for a cosine); None for a target with labels.
        given_by: Label column, true for the entries that have such a quantity; None where all do.
    """

    name: str
    symbol: str
    unit: str
    error_unit: str
    description: str
    plausible: tuple[float, float]
    physical: tuple[float, float] | None = None
    limit_column: str | None = None
    band: float | None = None
    missing_note: str = ""
    ideal: float | None = None
    given_by: str | None = None

    def __post_init__(self) -> None:
        if self.physical is None:
            return
        (low, high), (lowest, highest) = self.physical, self.plausible
        if not lowest <= low < high <= highest:
            msg = f"target {self.name!r}: physical {self.physical} is not within {self.plausible}"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class LabelWords:
    """How pages speak of the labels of a task.

    Attributes:
        adjective: How they came about (``measured``, ``computed``).
        one: One of them, a noun whose plural adds an s (``measurement``).
        subject: What they are labels of, likewise (``material``).
    """

    adjective: str = "known"
    one: str = "label"
    subject: str = "entry"


@dataclass(frozen=True, kw_only=True)
class Subset:
    """A named part of the scored entries: those whose label column has one value.

    Attributes:
        name: Key (``cif``); ``all`` is every scored entry.
        title: As printed (``with CIF``).
        column: Column of the evaluation labels, or None for every entry.
        equals: Value that the column must have.
    """

    name: str
    title: str
    column: str | None = None
    equals: object = None


@dataclass(frozen=True, kw_only=True)
class MetricUse:
    """A metric as a task uses it, under the name that leaderboards print.

    Attributes:
        name: Key in receipts and leaderboards (``precision_1e-4``).
        metric: Name in the metric registry (``precision``).
        title: As printed (``Precision, σ ≥ 10⁻⁴``).
        options: Settings of the metric (``{"threshold": -4.0}``).
        targets: Targets it is computed for; empty: all. It is null for the others.
        weight: Label column that weighs entries (``n_atoms``); None: every entry counts once.
        only: Column of predictions that says which entries count (``converged``, 0 or 1); None:
            every entry does.
    """

    name: str
    metric: str
    title: str
    options: Mapping[str, float] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    weight: str | None = None
    only: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether every entry counts once."""
        return self.weight is None and self.only is None


Predicted = Literal["values", "paths", "frames"]
"""What a submission predicts of an entry: numbers, a path of images, or energy and forces."""


@dataclass(frozen=True, kw_only=True)
class Primary:
    """What a task ranks by: one metric of one target on one subset.

    Attributes:
        target: Name of a target, or ``mean``: the mean over all targets.
        metric: Name of a metric as the task uses it.
        subset: Name of a subset.
    """

    target: str
    metric: str
    subset: str


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    """A fold scheme that a task accepts predictions for.

    Attributes:
        scheme: Name in ``folds.parquet`` (``grouped_doi_comp``).
        title: As printed.
        is_primary: Whether it is the scheme to develop on; others stand beside it.
        note: What a reader must know about it.
        rung: Place on the task's ladder of splits: 1 where held-out entries are most like those
            trained on, larger where they are less so; 0 where the scheme is on no ladder.
    """

    scheme: str
    title: str
    is_primary: bool
    note: str
    rung: int = 0


@dataclass(frozen=True, kw_only=True)
class Task:
    """One leaderboard.

    Attributes:
        name: Key and folder name under ``submissions/``.
        title: As printed.
        question: The question it answers, one sentence.
        dataset: Dataset name; its version is named in ``params.yaml``.
        split: Name of the frozen split. Its ``test`` part is scored, unless ``scored_folds`` says
            otherwise.
        targets: Quantities to predict.
        metrics: Metrics in the order leaderboards show them.
        subsets: Parts of the test set, ``all`` first.
        primary: What the task ranks by.
        group_column: Label column whose groups are resampled for intervals.
        replicate_column: Label column naming groups of repeated measurements, or None.
        entries: Only entries of this subset take part, in training, test and folds; its column is
            one of ``splits``. None where all entries of the split take part.
        scored_folds: The fold scheme whose out-of-fold predictions are scored, on the training
            entries and in every frozen repeat, instead of predictions of the test part; None where
            the test part is scored. A repeat then counts as a seed: the score is the mean over
            repeats.
        cross_validation: Fold schemes for optional ``cv_predictions``, shown beside the score.
        references: Names of submissions shown as references instead of being ranked.
        slices: Ways of taking the test set apart, to see where models err.
        baseline_reference: The reference from which to the floor the reducible error is counted,
            or None.
        reported: Rows quoted from publications.
        experiments: Submissions made to be compared, each set with a page of its own.
        predicts: What submissions hold. ``values``: the targets themselves. Otherwise arrays, from
            which scoring derives one number per target and entry.
        truth: Name of the dataset's table of frames that predicted arrays are compared with.
        given: Name of the dataset's table of frames that predicted arrays start from, an input of
            every model; None where scoring needs none.
        offsets: Name of its table of training frames from which the energy zero of a model is
            fitted before energies are compared; None where energies are compared as given.
        label_words: How pages speak of the labels.
        floor_note: What the floors of the board are, in a few sentences.
    """

    name: str
    title: str
    question: str
    dataset: str
    split: str
    targets: tuple[Target, ...]
    metrics: tuple[MetricUse, ...]
    subsets: tuple[Subset, ...]
    primary: Primary
    group_column: str
    replicate_column: str | None = None
    entries: Subset | None = None
    scored_folds: CrossValidation | None = None
    cross_validation: tuple[CrossValidation, ...] = ()
    references: tuple[str, ...] = ()
    slices: tuple[Slice, ...] = ()
    baseline_reference: str | None = None
    reported: tuple[Reported, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    predicts: Predicted = "values"
    truth: str | None = None
    given: str | None = None
    offsets: str | None = None
    label_words: LabelWords = LabelWords()
    floor_note: str = (
        "Some entries were labelled more than once, and the labels differ. How far they lie apart "
        "bounds what a model can be expected to agree with."
    )

    def __post_init__(self) -> None:
        for what, names in (
            ("target", [MEAN_OF_TARGETS, *(target.name for target in self.targets)]),
            ("metric", [use.name for use in self.metrics]),
            ("subset", [subset.name for subset in self.subsets]),
            ("slice", [item.name for item in self.slices]),
        ):
            if len(set(names)) != len(names):
                msg = f"task {self.name!r} names a {what} twice: {names}"
                raise ValueError(msg)
            if what != "slice" and getattr(self.primary, what) not in names:
                msg = f"task {self.name!r} ranks by a {what} it does not have: {self.primary}"
                raise ValueError(msg)
        schemes = [scheme.scheme for scheme in self.fold_schemes]
        if len(set(schemes)) != len(schemes):
            msg = f"task {self.name!r} names a fold scheme twice: {schemes}"
            raise ValueError(msg)
        named = self.primary_use.targets or tuple(target.name for target in self.targets)
        is_whole = {target.name for target in self.primary_targets} <= {*named}
        if not self.primary_use.is_plain or not is_whole:
            msg = f"task {self.name!r} ranks by a metric that passes over or weighs entries"
            raise ValueError(msg)
        if (self.predicts == "values") != (self.truth is None):
            msg = f"task {self.name!r} predicts {self.predicts}, and its truth is {self.truth!r}"
            raise ValueError(msg)
        if self.entries is not None and self.entries.column is None:
            msg = f"task {self.name!r} is restricted to a subset without a column: {self.entries}"
            raise ValueError(msg)

    def target(self, name: str) -> Target:
        """The target of that name; KeyError when there is none."""
        return {target.name: target for target in self.targets}[name]

    @property
    def weights(self) -> tuple[str, ...]:
        """Label columns that weigh entries, each once."""
        return tuple(dict.fromkeys(use.weight for use in self.metrics if use.weight))

    @property
    def flags(self) -> tuple[str, ...]:
        """Columns of predictions that say which entries count, each once."""
        return tuple(dict.fromkeys(use.only for use in self.metrics if use.only))

    @property
    def fold_schemes(self) -> tuple[CrossValidation, ...]:
        """Every fold scheme that predictions are taken for, the scored one first."""
        scored = () if self.scored_folds is None else (self.scored_folds,)
        return (*scored, *self.cross_validation)

    @property
    def primary_targets(self) -> tuple[Target, ...]:
        """The targets that enter the primary score."""
        if self.primary.target == MEAN_OF_TARGETS:
            return self.targets
        return (self.target(self.primary.target),)

    @property
    def primary_use(self) -> MetricUse:
        """The metric the task ranks by."""
        return {use.name: use for use in self.metrics}[self.primary.metric]
