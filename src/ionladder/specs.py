"""What a dataset, a table, a column, a task, a target and a metric are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Array = npt.NDArray[np.float64]
else:
    Array = Any


# A table's columns: name, type, unit and meaning


Role = Literal["key", "input", "label", "split", "note"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table that crosses a package border.

    Attributes:
        name: Column name; carries the unit where there is one (``a_ang``).
        type: An Arrow type by name: ``string``, ``bool``, ``int8`` … ``int64``, ``float64``,
            ``list<string>``, ``list<int8>``, ``list<uint8>``, ``list<float32>``,
            ``list<float64>``, or ``category`` (dictionary of strings).
        unit: Unit as printed (``Å``, ``S/cm``), or None for a plain number, flag or text.
        description: One sentence for the manifest and the dataset card.
        nullable: Whether a missing value is allowed, and then means "not reported".
        header: Where it comes from, for datasets that are one CSV file: its header there, or
            ``log10(HEADER)``; empty where it is the column's name.
        role: What a changed cell means: ``label`` and ``split`` force a re-score, ``input`` makes
            submissions that used it stale, ``note`` touches neither; ``key`` identifies the row.
    """

    name: str
    type: str
    unit: str | None = None
    description: str
    nullable: bool = False
    role: Role = "input"
    header: str = ""

    def arrow_field(self) -> pa.Field:
        """The Arrow field, with unit and description as metadata."""
        import pyarrow as pa

        # Elements that are never missing are read twice as fast; only frames have these types.
        kind = {
            "list<string>": pa.list_(pa.field("element", pa.string())),
            "list<int8>": pa.list_(pa.field("element", pa.int8())),
            "list<uint8>": pa.list_(pa.field("element", pa.uint8(), nullable=False)),
            "list<float32>": pa.list_(pa.field("element", pa.float32(), nullable=False)),
            "list<float64>": pa.list_(pa.field("element", pa.float64())),
            "category": pa.dictionary(pa.int32(), pa.string()),
        }.get(self.type) or pa.type_for_alias(self.type)
        metadata = {"unit": self.unit or "", "description": self.description}
        return pa.field(self.name, kind, nullable=self.nullable, metadata=metadata)


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of a list of columns, in their order."""
    import pyarrow as pa

    return pa.schema([column.arrow_field() for column in columns])


# A dataset: its name, licence, citation and the columns of its tables


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """A known peculiarity of the data, allowed by entry id and explained.

    Attributes:
        check: Name of the integrity check that would otherwise fail.
        ids: Entries the exception covers.
        reason: Why it is allowed, in one sentence shown on the dataset card.
    """

    check: str
    ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a dataset version.

    Attributes:
        name: File stem (``entries``).
        key: Columns that identify a row and give its order.
        columns: All columns, in their order.
        description: One sentence.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file as upstream publishes it, for catalogues that describe the original.

    Attributes:
        name: File name, as pinned in ``params.yaml``.
        description: One sentence.
        encoding: Its media type.
        columns: Its columns under their own headers; empty where it is no table.
        key: Headers that identify a row.
    """

    name: str
    description: str
    encoding: str
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How the tables of a dataset are made that is one CSV file, one row an entry.

    Attributes:
        file: The file, as pinned in ``params.yaml``.
        formula: Header of the composition; ``formula_norm`` is made from it.
        groups: Headers whose equal values link entries: linked ones form one group
            (``component``), which lies on one side of the split and in one fold.
        subset: Header that says ``train`` or ``test``.
    """

    file: str
    formula: str
    groups: tuple[str, ...]
    subset: str = "subset"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that the page of an entry says of it.

    Attributes:
        column: Column of ``entries``.
        title: As printed.
        kind: How it is printed: a chemical formula, DOIs, or plain text.
    """

    column: str
    title: str
    kind: Literal["text", "formula", "doi"] = "text"


@dataclass(frozen=True, kw_only=True)
class SliceColumn:
    """A text column that takes entries apart, made from one column of the released tables.

    Attributes:
        column: Column of ``entries``, ``labels`` or ``splits``, looked for in this order.
        rule: ``value``: its text; ``flag``: which of two ``parts``; ``range``: which part between
            ``edges``, of a list its smallest number; ``known``: whether a training entry has the
            value; ``near``: whether one of the nearest has it; ``anion_kind`` and ``anion_class``:
            the anion chemistry of a formula or chemical system, see ``data/slices.py``.
        edges: Ascending; an entry on an edge is in the part above it.
        parts: One more than edges, in their order; of flags the part where it is false first.
        missing: What stands for a missing value; empty where such an entry is in no part.
    """

    column: str
    rule: Literal["value", "flag", "range", "known", "near", "anion_kind", "anion_class"] = "value"
    edges: tuple[float, ...] = ()
    parts: tuple[str, ...] = ("no", "yes")
    missing: str = ""

    def __post_init__(self) -> None:
        wanted = len(self.edges) + 1 if self.rule == "range" else 2
        if len(self.parts) != wanted:
            raise ValueError(f"{self.column!r}: {wanted} parts, not {len(self.parts)}")


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset whose versions IonLadder keeps.

    Attributes:
        name: Folder name under ``data/``.
        title: Name as printed.
        summary: One sentence saying what it is.
        homepage: Address of the upstream project.
        licence: Licence of the data, as an SPDX identifier.
        licence_url: Address of the licence text.
        citation: How to cite it, one line.
        bibtex: The same as BibTeX.
        tables: Tables of every version, by name.
        oddities: Known peculiarities, allowed by id.
        making: How it was made, in paragraphs; for datasets that are computed here.
        caveats: What it must not be taken for, one sentence or two each.
        published: Its files as upstream publishes them; empty for datasets that are computed here.
        frames: Tables of atomic configurations, too large to hold in memory: written and read row
            group by row group, in the order of their key, and never loaded whole.
        composition_column: Column of ``entries`` with the composition, without brackets, from
            which distances between compositions are computed; None where entries are too many
            for that, so that no neighbours are looked for.
        facts: What pages say of an entry, its formula first.
        withheld: Why its formulas and labels are never shown, without a full stop; empty where
            they may be. Scores, ids and hashes are shown of every dataset.
        recipe: How its tables are made where it is one CSV file; None where its ``ingest`` module
            makes them.
        slice_columns: Columns that its tasks' slices may name, by name; with any of them comes
            ``train_distance``, quarters of the distance to the nearest training composition.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    title: str
    summary: str
    homepage: str
    licence: str
    licence_url: str
    citation: str
    bibtex: str
    tables: tuple[Table, ...]
    oddities: tuple[Oddity, ...] = ()
    making: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    published: tuple[PublishedFile, ...] = ()
    frames: tuple[Table, ...] = ()
    composition_column: str | None = "formula_norm"
    facts: tuple[Fact, ...] = ()
    withheld: str = ""
    recipe: Recipe | None = None
    slice_columns: Mapping[str, SliceColumn] = field(default_factory=dict)

    def table(self, name: str) -> Table:
        """The table of that name, frames included; KeyError when there is none."""
        by_name: Mapping[str, Table] = {t.name: t for t in (*self.tables, *self.frames)}
        return by_name[name]

    def allowed(self, check: str) -> frozenset[str]:
        """Entry ids excused from one integrity check."""
        return frozenset(i for oddity in self.oddities if oddity.check == check for i in oddity.ids)


# A slice: the test entries taken apart by one property, to see where a model errs


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One way of taking the test set apart.

    Attributes:
        name: Key in receipts (``crystal_system``).
        title: As printed (``Crystal system``).
        column: One of the dataset's ``slice_columns``, or one that its ``slices`` module derives
            from its released tables. An entry without a value there is in no part.
        values: (Value, title) of every part that is shown, in order; None: every value found,
            sorted, under its own name.
        note: What a reader must know about it, or empty.
    """

    name: str
    title: str
    column: str
    values: tuple[tuple[str, str], ...] | None = None
    note: str = ""

    def title_of(self, value: str) -> str:
        """How a part is printed; a value without a title stands for itself."""
        return dict(self.values or ()).get(value, value)


# An experiment: submissions of one task made to be compared, and what is asked of them


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One difference that is asked for: a submission minus another, on the same entries.

    Attributes:
        submissions: Whoever may stand on the first side. Of several, the one that scores best is
            compared, which flatters it: pages say so.
        other: The second side.
        title: What sets the contrast apart from others of its clause, a phrase that may follow the
            difference in a sentence (``for CGCNN``, ``against the median``); empty where it is
            alone.
    """

    submissions: tuple[str, ...]
    other: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One thing that is done to a model, and the contrasts that show what it changes.

    Attributes:
        act: What is done, a phrase that ``changes the error`` may follow, in lower case
            (``weighing species by occupancy``).
        contrasts: First side: with it; second side: without. Those whose rows are not on the
            board are passed over.
    """

    act: str
    contrasts: tuple[Contrast, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, answered by one sentence of one clause or more."""

    name: str
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, kw_only=True)
class Family:
    """One model in several arms that differ in one choice.

    Attributes:
        title: The model (``CGCNN``).
        arms: (Name of the arm, submission) in the order in which arms are compared.
    """

    title: str
    arms: tuple[tuple[str, str], ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Submissions of every two arms, the later arm first."""
        return tuple((second, first) for (_, first), (_, second) in combinations(self.arms, 2))


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Submissions that were made to be compared, with a page of their own below their board.

    Attributes:
        name: Last part of the page's address (``3d-models``).
        title: As navigation and links print it.
        heading: Title of the page.
        summary: One sentence: what was done.
        questions: What is asked, in the order of the page.
        subjects: What the experiment is about, by submission; they are counted and paired with
            each other.
        subject_word: One of them, a noun whose plural adds an s (``graph network``).
        beside: Submissions drawn and listed beside them, for scale.
        families: Models with several arms.
        arm_word: What arms differ in (``partial occupancy``).
        subset: A subset of the task on which every difference is given a second time, or empty.
        parts: Parts of the test set on which arms are compared too. A column is one of the task's
            slices, or one that ``part_columns`` of the dataset's ``slices`` module derives.
        reported: (What they learned from, models as the task's reported rows name them), whose
            printed scores stand beside ours.
        settings: CSV in this package with every setting of the subjects, its value here and in the
            original program, its source and a note; empty where there is none.
        caveats: What the numbers must not be taken for, a few sentences each; ``{submission}``
            stands for the present score of that submission.
    """

    name: str
    title: str
    heading: str
    summary: str
    questions: tuple[Question, ...]
    subjects: tuple[str, ...]
    subject_word: str
    beside: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    arm_word: str = "arm"
    subset: str = ""
    parts: tuple[Slice, ...] = ()
    reported: tuple[tuple[str, tuple[str, ...]], ...] = ()
    settings: str = ""
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in self.parts:
            if not part.values:
                msg = f"experiment {self.name!r}: name the parts of {part.name!r} that are compared"
                raise ValueError(msg)

    @property
    def contrasts(self) -> Iterator[Contrast]:
        """Every contrast of every question, in order."""
        for question in self.questions:
            for clause in question.clauses:
                yield from clause.contrasts

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two submissions whose difference may be shown, each once."""
        asked = [(name, c.other) for c in self.contrasts for name in c.submissions]
        return tuple(dict.fromkeys([*asked, *self.arm_pairs]))

    @property
    def arm_pairs(self) -> tuple[tuple[str, str], ...]:
        """Every two arms of a family, each pair once."""
        return tuple(dict.fromkeys(pair for family in self.families for pair in family.pairs))

    @property
    def submissions(self) -> tuple[str, ...]:
        """Every submission that the experiment names, each once: subjects first."""
        paired = [name for pair in self.pairs for name in pair]
        return tuple(dict.fromkeys([*self.subjects, *paired, *self.beside]))


# A metric: a named function of labels and predictions that knows its direction and unit


Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric of the registry.

    Attributes:
        name: Module name and key (``mae``).
        title: Name as printed (``MAE``).
        direction: Whether smaller or larger is better.
        unit: ``target`` when the value has the target's unit, ``1`` when dimensionless.
        function: ``function(y_true, y_pred, **options) -> float``; NaN where undefined.
        formula: The definition in one line of plain text.
        reference: Where the definition comes from.
        entrywise: For metrics that are a transformed mean over entries: the per-entry values,
            ``entrywise(y_true, y_pred, **options)`` of the shape of ``y_pred``. ``y_pred`` may be
            of shape (n_entries,) or (n_seeds, n_entries). Only such metrics get an interval.
        from_mean: The transformation of that mean (identity for MAE, square root for RMSE).
        needs: Extra per-entry label columns handed over as options (``upper_limit``).
        options: Settings a task must state (``threshold``).
        is_share: Whether the value is a share of entries, between 0 and 1.
        accepts_missing: Whether ``y_true`` may be NaN, to which the metric then gives a meaning;
            for other metrics, entries without a label are left out.
        ideal: What a perfect prediction scores, where values beyond it are no better (1 for a
            slope); the direction then says from which side predictions usually come. None where
            the direction says all.
    """

    name: str
    title: str
    direction: Direction
    unit: Literal["target", "1"]
    function: Callable[..., float]
    formula: str
    reference: str
    entrywise: Callable[..., Array] | None = None
    from_mean: Callable[[Array], Array] | None = None
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    is_share: bool = False
    accepts_missing: bool = False
    ideal: float | None = None

    def at(self, argument: str) -> str:
        """Where a problem with one of its arguments is."""
        return f"metric {self.name}, {argument}"


# A number quoted from a publication: shown beside verified rows, never ranked with them


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One row of a published table.

    Attributes:
        model: Model name as the source prints it.
        source: The publication, one line.
        table: Table (and row) in the source.
        as_printed: The test cell as the source prints it (``1.54 (1.82)``).
        test: Subset name → primary metric value on it, with the meaning the source gives it;
            a subset that the source does not report is absent.
        cv: Cross-validation value (mean over folds), or None when not reported.
        cv_spread: Its printed spread, or None.
        inputs: ``composition``, ``structure`` or ``both``; None for the experiment row.
        trained_on: What it was trained on, in words.
        verified_by: Submission of the same kind of model, trained here, or None.
        verdict: What is known about reproducing it, one or two sentences.
    """

    model: str
    source: str
    table: str
    as_printed: str
    test: Mapping[str, float] = field(default_factory=dict)
    cv: float | None = None
    cv_spread: float | None = None
    inputs: str | None = None
    trained_on: str | None = None
    verified_by: str | None = None
    verdict: str = ""


# A task: what is predicted, on which entries, and how it is scored and ranked


#: Conventions for entries of which only an upper limit is known; boards have the first.
Censored = Literal["imputed", "limit", "dropped"]
#: Name that stands for the mean over all targets of a task.
MEAN_OF_TARGETS = "mean"


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
        levels: Edges of the levels at which the noise of labels may differ, ascending, in ``unit``;
            achievable errors are weighted to the levels of the scored entries.
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
    levels: tuple[float, ...] = ()
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


#: What a submission predicts of an entry: numbers, a path of images, or energy and forces.
Predicted = Literal["values", "paths", "frames"]


@dataclass(frozen=True, kw_only=True)
class PrimaryMetric:
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
        ascending: Targets that are in this order by definition, the smallest first; predictions
            that break it in most entries are asked about.
        metrics: Metrics in the order leaderboards show them.
        subsets: Parts of the test set, ``all`` first.
        primary: What the task ranks by.
        ranked_beside: Another metric by which the board ranks, in a column of its own, or None.
        group_column: Label column whose groups are resampled for intervals.
        wider_groups: Slice whose values merge groups for a second, wider interval; None where
            groups are not known to be alike.
        replicate_column: Label column naming groups of repeated measurements, or None.
        entries: Only entries of this subset take part, in training, test and folds; its column is
            one of ``splits``. None where all entries of the split take part.
        scored_folds: The fold scheme whose out-of-fold predictions are scored, on the training
            entries and in every frozen repeat, instead of predictions of the test part; None where
            the test part is scored. A repeat then counts as a seed: the score is the mean over
            repeats.
        cross_validation: Fold schemes for optional ``cv_predictions``, shown beside the score.
        references: Names of submissions shown as references instead of being ranked.
        baselines: Baselines that can be run on it although they do not name it themselves.
        slices: Ways of taking the test set apart, to see where models err.
        reported: Rows quoted from publications.
        experiments: Submissions made to be compared, each set with a page of its own.
        asked: Differences that the board states in a sentence each.
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

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    title: str
    question: str
    dataset: str
    split: str
    targets: tuple[Target, ...]
    metrics: tuple[MetricUse, ...]
    subsets: tuple[Subset, ...]
    primary: PrimaryMetric
    group_column: str
    ranked_beside: str | None = None
    wider_groups: str | None = None
    ascending: tuple[str, ...] = ()
    replicate_column: str | None = None
    entries: Subset | None = None
    scored_folds: CrossValidation | None = None
    cross_validation: tuple[CrossValidation, ...] = ()
    references: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    slices: tuple[Slice, ...] = ()
    reported: tuple[Reported, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    asked: tuple[Contrast, ...] = ()
    predicts: Predicted = "values"
    truth: str | None = None
    given: str | None = None
    offsets: str | None = None
    label_words: LabelWords = LabelWords()
    floor_note: str = (
        "Some entries were labelled more than once, and the labels differ, so that a model that "
        "knew every true value would still err."
    )

    def __post_init__(self) -> None:
        for what, names in (
            ("target", [MEAN_OF_TARGETS, *(target.name for target in self.targets)]),
            ("metric", [use.name for use in self.metrics]),
            ("subset", [subset.name for subset in self.subsets]),
            ("slice", [item.name for item in self.slices]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"task {self.name!r} names a {what} twice: {names}")
            if what != "slice" and getattr(self.primary, what) not in names:
                msg = f"task {self.name!r} ranks by a {what} it does not have: {self.primary}"
                raise ValueError(msg)
        schemes = [scheme.scheme for scheme in self.fold_schemes]
        if len(set(schemes)) != len(schemes):
            raise ValueError(f"task {self.name!r} names a fold scheme twice: {schemes}")
        named = self.primary_use.targets or tuple(target.name for target in self.targets)
        is_whole = {target.name for target in self.primary_targets} <= {*named}
        if not self.primary_use.is_plain or not is_whole:
            msg = f"task {self.name!r} ranks by a metric that passes over or weighs entries"
            raise ValueError(msg)
        if unknown := set(self.ascending) - {target.name for target in self.targets}:
            raise ValueError(f"task {self.name!r} orders targets it does not have: {unknown}")
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

    @property
    def beside_use(self) -> MetricUse | None:
        """The other metric that it ranks by; KeyError when there is none of that name."""
        if self.ranked_beside is None:
            return None
        return {use.name: use for use in self.metrics}[self.ranked_beside]
