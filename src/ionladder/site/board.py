"""Leaderboards and analyses as the site reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ionladder.errors import Problem, SiteError
from ionladder.specs import Task
from ionladder.stats.calibration import SCORES

# A leaderboard file as objects that pages and charts read; nothing is computed anew here


KINDS = ("verified", "reference", "reported")
BASELINES = ("train-median", "train-mean")
"""References that may stand as the line to beat on charts, first one present wins."""


@dataclass(frozen=True)
class Value:
    """One metric of one row on one subset, with its interval where it has one."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


NO_VALUE = Value()


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A floor of the task: how far repeated labels of one entry lie apart, by one measure."""

    name: str
    value: float
    low: float | None
    high: float | None
    n_groups: int | None
    n_entries: int | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a leaderboard.

    Attributes:
        order: Position in the file, 0 first: the order in which the board reads.
        probability_best: Share of resampled test sets on which it is the best, 0 to 1.
        reducible_error_closed: 0 at the baseline reference, 1 at the floor.
        is_below_floor: Whether its primary score is smaller than the floor.
        subsets: Subset → metric → value.
        sizes: Subset → number of entries scored.
        targets: Target → metric → value on the ranked subset, where a task has several targets.
        cv: Fold scheme → cross-validated primary metric.
        card: What the row states about itself; a missing key or None is "not stated".
        quoted: For reported rows, what the publication says.
        uncertainty: Score of the stated standard deviations → value; empty where none are stated.
    """

    order: int
    kind: str
    submission: str | None
    model: str
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    tie_group: int | None
    probability_best: float | None
    reducible_error_closed: float | None
    is_below_floor: bool
    n_expected: int | None
    n_scored: int | None
    n_seeds: int | None
    seed_sd: float | None
    subsets: Mapping[str, Mapping[str, Value]]
    sizes: Mapping[str, int | None]
    cv: Mapping[str, float | None]
    targets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    quoted: Mapping[str, Any] = field(default_factory=dict)
    uncertainty: Mapping[str, float] = field(default_factory=dict)

    def value(self, metric: str, subset: str) -> Value:
        """A metric on a subset; all None when the row has none."""
        return self.subsets.get(subset, {}).get(metric, NO_VALUE)

    def target_value(self, target: str, metric: str) -> Value:
        """A metric of one target on the ranked subset; all None when the row has none."""
        return self.targets.get(target, {}).get(metric, NO_VALUE)


@dataclass(frozen=True, kw_only=True)
class Board:
    """A leaderboard: its task, the floors, and the rows in reading order."""

    task: Task
    dataset_version: str
    scorer_version: str
    unit: str
    smaller_is_better: bool
    floors: tuple[Floor, ...]
    rows: tuple[Row, ...]

    def primary(self, row: Row, subset: str | None = None) -> Value:
        """The value that ranks, on the task's own subset unless another is named."""
        return row.value(self.task.primary.metric, subset or self.task.primary.subset)

    def of_kind(self, *kinds: str) -> tuple[Row, ...]:
        """Rows of some kinds, in reading order."""
        return tuple(row for row in self.rows if row.kind in kinds)

    def entrant(self, submission: str | None) -> Row | None:
        """The scored row of a submission, or None."""
        scored = self.of_kind("verified", "reference")
        return next((row for row in scored if submission and row.submission == submission), None)

    @property
    def scored(self) -> tuple[Row, ...]:
        """Rows scored here, references included."""
        return self.of_kind("verified", "reference")

    @property
    def leaders(self) -> tuple[Row, ...]:
        """The first row and those tied with it."""
        ranked = self.of_kind("verified")
        if not ranked:
            return ()
        group = ranked[0].tie_group
        if group is None:
            return ranked[:1]
        return tuple(row for row in ranked if row.tie_group == group)

    @property
    def floor(self) -> Floor | None:
        """The floor drawn on charts: the first one of the file."""
        return self.floors[0] if self.floors else None

    @property
    def baseline(self) -> Row | None:
        """The trivial reference that charts draw as a line."""
        return next((row for name in BASELINES if (row := self.entrant(name))), None)

    @property
    def states_uncertainty(self) -> bool:
        """Whether any scored row states standard deviations of its predictions."""
        return any(row.uncertainty for row in self.scored)

    @property
    def drawn_values(self) -> list[float]:
        """Every number that an axis shared by all subsets must hold."""
        cells = [self.primary(row, s.name) for row in self.scored for s in self.task.subsets]
        return [value for cell in cells for value in (cell.value, cell.high) if value is not None]


def empty_board(task: Task, version: str) -> Board:
    """The board of a task that nobody has scored yet."""
    return Board(
        task=task,
        dataset_version=version,
        scorer_version="–",
        unit=task.primary_targets[0].error_unit,
        smaller_is_better=True,
        floors=(),
        rows=(),
    )


def parse_board(data: Mapping[str, Any], task: Task, *, shown_as: str) -> Board:
    """Read a leaderboard file's content.

    Raises:
        SiteError: It is not the content of a leaderboard of this task.
    """
    try:
        if data["task"] != task.name:
            raise _not_a_board(shown_as, f"the task {data['task']!r}", task)
        return Board(
            task=task,
            dataset_version=str(data["dataset_version"]),
            scorer_version=str(data["scorer_version"]),
            unit=str(data["primary"]["unit"]),
            smaller_is_better=data["primary"]["direction"] == "minimize",
            floors=tuple(_floor(item) for item in data["floors"]),
            rows=tuple(_row(item, order, task) for order, item in enumerate(data["rows"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_a_board(shown_as, f"{type(error).__name__}: {error}", task) from error


def _not_a_board(shown_as: str, found: str, task: Task) -> SiteError:
    return SiteError(
        Problem(
            where=shown_as,
            expected=f"a leaderboard of task {task.name!r}",
            found=found,
            next_step="Write it again with `ionladder leaderboard`.",
        )
    )


def _floor(item: Mapping[str, Any]) -> Floor:
    return Floor(
        name=str(item["name"]),
        value=float(item["value"]),
        low=item.get("ci_low"),
        high=item.get("ci_high"),
        n_groups=item.get("n_groups"),
        n_entries=item.get("n_entries"),
    )


def _row(item: Mapping[str, Any], order: int, task: Task) -> Row:
    names = [use.name for use in task.metrics]
    metric, subsets = task.primary.metric, item.get("subsets") or {}
    if item["kind"] not in KINDS:
        msg = f"a row of kind {item['kind']!r}"
        raise ValueError(msg)
    return Row(
        order=order,
        kind=item["kind"],
        submission=item.get("submission"),
        model=str(item["model"]),
        rank=item.get("rank"),
        rank_low=item.get("rank_low"),
        rank_high=item.get("rank_high"),
        tie_group=item.get("tie_group"),
        probability_best=item.get("probability_best"),
        reducible_error_closed=item.get("reducible_error_closed"),
        is_below_floor=bool(item.get("below_floor")),
        n_expected=item.get("n_expected"),
        n_scored=item.get("n_scored"),
        n_seeds=item.get("n_seeds"),
        seed_sd=item.get(f"{metric}_seed_sd"),
        subsets={name: _values(values, names) for name, values in subsets.items()},
        sizes={name: values.get("n") for name, values in subsets.items()},
        cv={cv.scheme: item.get(f"cv_{cv.scheme}_{metric}") for cv in task.cross_validation},
        targets={
            name: _values(values, names) for name, values in (item.get("targets") or {}).items()
        },
        card=item.get("card") or {},
        quoted=item.get("reported") or {},
        uncertainty={name: item[name] for name in SCORES if item.get(name) is not None},
    )


def _values(item: Mapping[str, Any], names: list[str]) -> dict[str, Value]:
    return {
        name: Value(item[name], item.get(f"{name}_ci_low"), item.get(f"{name}_ci_high"))
        for name in names
        if item.get(name) is not None
    }


# The analysis file of a board as objects that pages read: pairs, robustness, sensitivity


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One submission against another.

    Attributes:
        other: The other submission.
        difference: Its score minus the other's, in the unit of the primary metric.
        low, high: Interval of the difference, None where there is none.
        probability_better: Share of resamples in which it is the better one.
    """

    other: str
    difference: float | None
    low: float | None
    high: float | None
    probability_better: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What a board says beyond its rows.

    Attributes:
        pairs: Submission → its pairs, best opponent first.
        robustness: Who leads without single groups; None with fewer than two ranked submissions.
        sensitivity: Ranks under other metrics and subsets.
        content: The whole file, for sections that other modules read.
    """

    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    robustness: Mapping[str, Any] | None = None
    sensitivity: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)


def parse_analysis(data: Mapping[str, Any] | None, *, shown_as: str) -> Analysis:
    """Read an analysis file's content; parts that it does not have stay empty.

    Raises:
        SiteError: It is not the content of an analysis.
    """
    if data is None:
        return Analysis()
    try:
        return Analysis(
            pairs=_pairs(data.get("pairs") or {"columns": [], "rows": []}),
            robustness=data.get("robustness"),
            sensitivity=data.get("sensitivity") or {},
            content=data,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SiteError(
            Problem(
                where=shown_as,
                expected="an analysis of a leaderboard",
                found=f"{type(error).__name__}: {error}",
                next_step="Write it again with `ionladder leaderboard`.",
            )
        ) from error


def _pairs(table: Mapping[str, Any]) -> dict[str, list[Pair]]:
    pairs: dict[str, list[Pair]] = {}
    for values in table["rows"]:
        row = dict(zip(table["columns"], values, strict=True))
        difference, low, high = row["difference"], row["ci_low"], row["ci_high"]
        share = row["probability_better"]
        pairs.setdefault(row["submission"], []).append(
            Pair(
                other=row["other"],
                difference=difference,
                low=low,
                high=high,
                probability_better=share,
            )
        )
        pairs.setdefault(row["other"], []).append(
            Pair(
                other=row["submission"],
                difference=_negative(difference),
                low=_negative(high),
                high=_negative(low),
                probability_better=None if share is None else 1.0 - share,
            )
        )
    return pairs


def _negative(value: float | None) -> float | None:
    return None if value is None else -value
