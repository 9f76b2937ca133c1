"""What ``leaderboard/`` holds: one model of boards and receipts to write, read and publish."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from ionladder.errors import Problem, SiteError
from ionladder.repo import Layout, read_json, to_rows, write_json, write_text
from ionladder.specs import Task
from ionladder.stats.calibration import SCORES
from ionladder.submit.card import MAINTAINERS, name_problems


class Value(NamedTuple):
    """One score with its interval where it has one."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


NO_VALUE = Value()
_APART = 1.2


class OpenModel(BaseModel):
    """A part of a file: what every file of its kind has; it may have more."""

    model_config = ConfigDict(extra="allow", strict=True, defer_build=True)


class Document(OpenModel):
    """A file of the API: published with the version of its schema, stored without."""

    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema["required"].insert(0, "schema_version")
    )
    schema_version: Literal["1"] = "1"


class Primary(OpenModel):
    """What a board ranks by: one metric of one target on one subset."""

    target: str
    metric: str
    subset: str
    unit: str
    direction: Literal["minimize", "maximize"]


def _may(description: str, **more: Any) -> Any:
    """A key that a row may leave out; null says the same."""
    return Field(default=None, description=description, **more)


class Floor(OpenModel):
    """How far repeated labels of one entry lie apart, or what a perfect model would score."""

    name: str
    value: float
    ci_low: float | None
    ci_high: float | None
    groups_ci_low: float | None = _may("As if groups were independent of one another.")
    groups_ci_high: float | None = _may("As if groups were independent of one another.")
    n_groups: int | None
    n_clusters: int | None = _may("Groups that share a paper or a composition count once.")
    n_entries: int | None
    oracle_share: float | None = _may("What a perfect model pays where only a limit is known.")

    @property
    def low(self) -> float | None:
        """Lower end of its interval."""
        return self.ci_low

    @property
    def high(self) -> float | None:
        """Upper end of its interval."""
        return self.ci_high


class Row(OpenModel):
    """A row of a board; metrics stand beside these keys under their names.

    A quoted row may leave out what only a scored one has; null says the same.
    """

    kind: Literal["verified", "reference", "reported"]
    submission: str | None = Field(description="Name of the submission; null where quoted.")
    model: str
    rank: int | None = Field(description="Null where the row is not ranked.")
    rank_low: int | None = _may("1 + how many are significantly better.")
    rank_high: int | None = _may("How many are ranked − how many are significantly worse.")
    tie_group: int | None = _may("1: nobody is significantly better. No two of a group differ so.")
    probability_best: float | None = _may("Share of resamples in which it leads the top group.")
    better_than_references: list[str] | None = _may("References it is significantly better than.")
    worse_than_references: list[str] | None = _may("References it is significantly worse than.")
    reducible_error_closed: float | None = _may(
        "0 at the best trivial reference, 1 at the achievable error."
    )
    reducible_error_closed_ci_low: float | None = _may("Lower end of its interval.")
    reducible_error_closed_ci_high: float | None = _may("Upper end of its interval.")
    below_floor: bool | None = _may("Whether the score is smaller than the achievable error.")
    groups_won: float | None = _may(
        "Share of groups of entries with a smaller error than the best trivial reference, 0 to 1."
    )
    n_expected: int | None = _may("Test entries.")
    n_scored: int | None = _may("Those that were scored: all of them.")
    n_seeds: int | None = _may("Trainings that the score is a mean of.")
    beside: dict[str, int] | None = _may("Rank, range and group by the task’s other metric.")
    subsets: dict[str, Any] | None = _may("Subset → n, metrics and their intervals.")
    targets: dict[str, Any] | None = _may("Target → metrics, where a task has several targets.")
    stated: dict[str, Any] | None = _may("What the submission states of itself.", alias="card")
    reported: dict[str, Any] | None = _may("What a quoted row's publication says.")
    _order: int = PrivateAttr(default=0)
    _task: Task = PrivateAttr()

    def stand(self, order: int, task: Task) -> None:
        """Say where the row stands: its position in the file, 0 first, and its task."""
        self._order, self._task = order, task

    @property
    def order(self) -> int:
        """Position in the file, 0 first: the order in which the board reads."""
        return self._order

    @property
    def card(self) -> Mapping[str, Any]:
        """What the row states about itself; a missing key or None is "not stated"."""
        return self.stated or {}

    @property
    def quoted(self) -> Mapping[str, Any]:
        """For reported rows, what the publication says; empty for others."""
        return self.reported or {}

    @property
    def sizes(self) -> Mapping[str, int | None]:
        """Subset → number of entries scored."""
        return {name: values.get("n") for name, values in (self.subsets or {}).items()}

    @property
    def cv(self) -> Mapping[str, float | None]:
        """Fold scheme → cross-validated primary metric."""
        metric, schemes = self._task.primary.metric, self._task.cross_validation
        return {cv.scheme: self._more(f"cv_{cv.scheme}_{metric}") for cv in schemes}

    @property
    def seed_sd(self) -> float | None:
        """Standard deviation of the primary metric over seeds."""
        return self._more(f"{self._task.primary.metric}_seed_sd")

    @property
    def wider(self) -> Value:
        """The interval of the primary metric over groups merged by what they have in common."""
        ends = (f"{self._task.primary.metric}_wider_{end}" for end in ("ci_low", "ci_high"))
        return Value(None, *map(self._more, ends))

    @property
    def uncertainty(self) -> Mapping[str, float]:
        """Score of the stated standard deviations → value; empty where none are stated."""
        return {name: value for name in SCORES if (value := self._more(name)) is not None}

    def value(self, metric: str, subset: str) -> Value:
        """A metric on a subset; all None when the row has none."""
        return _value((self.subsets or {}).get(subset), metric)

    def target_value(self, target: str, metric: str) -> Value:
        """A metric of one target on the ranked subset; all None when the row has none."""
        return _value((self.targets or {}).get(target), metric)

    def _more(self, key: str) -> float | None:
        value: float | None = (self.model_extra or {}).get(key)
        return value


def _value(scores: Mapping[str, Any] | None, metric: str) -> Value:
    if not scores or scores.get(metric) is None:
        return NO_VALUE
    if scores.get(f"{metric}_undetermined"):
        return Value(scores[metric])
    return Value(scores[metric], scores.get(f"{metric}_ci_low"), scores.get(f"{metric}_ci_high"))


class Board(Document):
    """``<task>.json``: a leaderboard, its rows in reading order."""

    task_name: str = Field(alias="task")
    dataset: str
    dataset_version: str
    scorer_version: str
    ranked_by: Primary = Field(alias="primary")
    floors: list[Floor]
    rows: list[Row]
    _task: Task = PrivateAttr()
    _found: tuple[list[Row], dict[Any, Any]] = PrivateAttr(default=([], {}))

    def stand(self, task: Task) -> None:
        """Say whose board this is, to itself and to its rows."""
        self._task = task
        for order, row in enumerate(self.rows):
            row.stand(order, task)

    @property
    def task(self) -> Task:
        """The task; the file names it."""
        return self._task

    @property
    def unit(self) -> str:
        """Unit of the primary metric."""
        return self.ranked_by.unit

    @property
    def smaller_is_better(self) -> bool:
        """Whether the primary metric is an error."""
        return self.ranked_by.direction == "minimize"

    def primary(self, row: Row, subset: str | None = None) -> Value:
        """The value that ranks, on the task's own subset unless another is named."""
        return row.value(self.task.primary.metric, subset or self.task.primary.subset)

    def of_kind(self, *kinds: str) -> tuple[Row, ...]:
        """Rows of some kinds, in reading order."""
        if kinds not in (found := self._lookups):
            found[kinds] = tuple(row for row in self.rows if row.kind in kinds)
        rows: tuple[Row, ...] = found[kinds]
        return rows

    @property
    def _lookups(self) -> dict[Any, Any]:
        """What was looked up in these rows before; a copy with other rows has none."""
        if self._found[0] is not self.rows:
            self._found = (self.rows, {})
        return self._found[1]

    def entrant(self, submission: str | None) -> Row | None:
        """The scored row of a submission, or None."""
        if "named" not in (found := self._lookups):
            found["named"] = {row.submission: row for row in reversed(self.scored)}
        row: Row | None = found["named"].get(submission) if submission else None
        return row

    @property
    def scored(self) -> tuple[Row, ...]:
        """Rows scored here, references included."""
        return self.of_kind("verified", "reference")

    @property
    def outside(self) -> Counter[str]:
        """Author who is none of the maintainers → number of scored submissions, most first."""
        authors = (row.card.get("authors") or () for row in self.scored)
        first = (names[0] for names in authors if MAINTAINERS not in names and names)
        return Counter(dict(Counter(first).most_common()))

    @property
    def n_test(self) -> int | None:
        """Number of test entries, where any row says it."""
        return next((r.n_expected for r in self.scored if r.n_expected is not None), None)

    @property
    def leaders(self) -> tuple[Row, ...]:
        """The top group: the first row, and those that nobody is significantly better than."""
        if "leaders" not in (found := self._lookups):
            ranked = self.of_kind("verified")
            group = ranked[0].tie_group if ranked else None
            alike = tuple(row for row in ranked if row.tie_group == group)
            found["leaders"] = ranked[:1] if group is None else alike
        rows: tuple[Row, ...] = found["leaders"]
        return rows

    @property
    def reordered(self) -> tuple[Row, int] | None:
        """The first verified row by the other metric that ranks, and scored rows that change place.

        None where the task has no such metric, or where its order is that of the board.
        """
        use, subset = self.task.beside_use, self.task.primary.subset
        if use is None or not self.of_kind("verified"):
            return None
        other = [row.value(use.name, subset).value for row in self.scored]
        sign = 1.0 if self.smaller_is_better else -1.0
        known = [(sign * v, row.order) for row, v in zip(self.scored, other, strict=True) if v]
        moved = [self.rows[order] for _, order in sorted(known)]
        n_moved = sum(row is not old for row, old in zip(moved, self.scored, strict=False))
        first = next((row for row in moved if row.kind == "verified"), None)
        return (first, n_moved) if first and n_moved else None

    @property
    def limit_share(self) -> tuple[int, float] | None:
        """Labels that are only a limit, and their share of the first row's error.

        None where the task has none, or no subset of the others.
        """
        measured = next((s.name for s in self.task.subsets if s.column == "censoring"), None)
        first = next(iter(self.of_kind("verified")), None)
        if first is None or measured is None:
            return None
        n, m = (first.sizes.get(key) for key in (self.task.primary.subset, measured))
        whole, part = self.primary(first).value, self.primary(first, measured).value
        if not n or not m or n == m or not whole or part is None:
            return None
        return n - m, 1.0 - m * part / (n * whole)

    @property
    def typical_error(self) -> float | None:
        """Median error of the first verified row; None where the task has no such metric."""
        first = self.of_kind("verified")[:1]
        uses = [use.name for use in self.task.metrics if use.metric == "median_ae"]
        values = [row.value(use, self.task.primary.subset).value for row in first for use in uses]
        return values[0] if values else None

    @property
    def resolution(self) -> Mapping[str, Any]:
        """What the board can tell apart; empty where it has fewer than two verified rows."""
        ranking: Mapping[str, Any] = (self.model_extra or {}).get("ranking") or {}
        return ranking.get("smallest_detectable") or {}

    @property
    def margin(self) -> float | None:
        """Scores that differ by less are called alike where an interval allows it."""
        claims = self.resolution.get("claims") or []
        return claims[0]["difference"] if claims else None

    @property
    def floor(self) -> Floor | None:
        """The figure that publications print: the first floor of the file."""
        return self.floors[0] if self.floors else None

    @property
    def achievable(self) -> Floor | None:
        """What a perfect model is expected to score by the measure that ranks: the last floor."""
        last = self.floors[-1] if self.floors else None
        return last if last and last.name.startswith("achievable") else None

    @property
    def levels(self) -> tuple[Floor, ...]:
        """The floors that charts draw: the first, and the achievable error where it is apart."""
        first, last = self.floor, self.achievable
        is_apart = first and last and last.value > _APART * first.value
        return tuple(floor for floor in (first, last if is_apart else None) if floor)

    @property
    def baseline(self) -> Row | None:
        """The best trivial reference, which charts draw as a line."""
        return next(iter(self.of_kind("reference")), None)

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
    primary = {key: getattr(task.primary, key) for key in ("target", "metric", "subset")}
    primary |= {"unit": task.primary_targets[0].error_unit, "direction": "minimize"}
    data: dict[str, Any] = {"task": task.name, "dataset": task.dataset, "dataset_version": version}
    data |= {"scorer_version": "–", "primary": primary, "floors": [], "rows": []}
    return parse_board(data, task, shown_as=task.name)


def parse_board(data: Any, task: Task, *, shown_as: str) -> Board:
    """Read a leaderboard file's content.

    Raises:
        SiteError: It is not the content of a leaderboard of this task.
    """
    try:
        board = Board.model_validate(data)
    except ValidationError as error:
        raise _unreadable(shown_as, f"a leaderboard of task {task.name!r}", error) from error
    if board.task_name != task.name:
        found = f"the task {board.task_name!r}"
        raise _unreadable(shown_as, f"a leaderboard of task {task.name!r}", found)
    board.stand(task)
    return board


def _unreadable(shown_as: str, expected: str, found: Exception | str) -> SiteError:
    if isinstance(found, ValidationError):
        first = found.errors()[0]
        place = ".".join(map(str, first["loc"]))
        found = f"{place}: {first['msg']} ({first['input']!r:.80})"
    elif isinstance(found, Exception):
        found = f"{type(found).__name__}: {found}"
    step = "Write it again with `ionladder leaderboard`."
    return SiteError(Problem(shown_as, expected, found, step))


class Hashes(OpenModel):
    """SHA-256 of what a score rests on."""

    card_sha256: str | None = None
    predictions_sha256: str
    cv_predictions_sha256: str | None
    labels_sha256: str
    split_sha256: str


class Receipt(Document):
    """``<task>/<submission>.json``: every score of a submission, and what it rests on."""

    task: str
    submission: str
    model: str
    dataset: str
    dataset_version: str
    scorer_version: str
    hashes: Hashes
    n_expected: int
    n_scored: int
    n_seeds: int
    intervals: dict[str, Any]
    targets: dict[str, Any] = Field(description="Target → subset → n and metrics.")


class Refused(Document):
    """``<task>/<submission>.json`` of a submission that could not be scored."""

    task: str
    submission: str
    refused: list[dict[str, str]] = Field(
        description="Each with where, expected, found and next_step."
    )


@dataclass(frozen=True)
class Pair:
    """One submission against another, on the same entries.

    Attributes:
        submission, other: The two.
        score: The score of the first minus that of the second, with its interval for this pair
            alone; all None on a part that is too small.
        p: p-value of the verdict, which allows for all pairs of a board; of this pair alone where
            an experiment asks for it. None between references, and where nobody recorded it.
        confidence: The two are separated where p is at most 1 − confidence.
        n, n_groups: Entries and groups of related entries; None where nobody recorded them.
        detectable: The difference that would be separated on four of five test sets like this one,
            by a test of this pair alone; None where nobody recorded it.
    """

    submission: str
    other: str
    score: Value
    p: float | None = None
    confidence: float = 0.95
    n: int | None = None
    n_groups: int | None = None
    detectable: float | None = None

    @property
    def state(self) -> Literal["lower", "higher", "open"]:
        """Whether the first has the lower score or the higher; ``open``: they are not separated.

        Without p, the side of zero where the interval is.
        """
        value, low, high = self.score
        if self.p is not None:
            is_open = self.p > 1.0 - self.confidence + 1e-9 or not value
            return "open" if is_open else "higher" if (value or 0.0) > 0 else "lower"
        if low is None or high is None:
            return "open"
        return "higher" if low > 0 else "lower" if high < 0 else "open"

    @property
    def half_width(self) -> float | None:
        """Half of the interval: about the smallest difference that it would tell from zero."""
        _, low, high = self.score
        return None if low is None or high is None else (high - low) / 2

    def turned(self) -> Pair:
        """The second submission against the first."""
        value, low, high = (None if end is None else -end for end in self.score)
        score = Value(value, high, low)
        return replace(self, submission=self.other, other=self.submission, score=score)

    def is_within(self, margin: float | None) -> bool:
        """Whether the interval leaves no room for a difference of the size of a margin."""
        _, low, high = self.score
        has_ends = margin is not None and low is not None and high is not None
        return has_ends and -margin < low and high < margin  # type: ignore[operator]


def read_pairs(table: Mapping[str, Any]) -> list[tuple[Pair, dict[str, Any]]]:
    """Pairs of a table as an analysis stores it, each with its row; infinite ends bound nothing."""
    pairs = []
    for values in table["rows"]:
        row = dict(zip(table["columns"], values, strict=True))
        ends = (row["difference"], row["ci_low"], row["ci_high"])
        score = Value(*(e if e is not None and math.isfinite(e) else None for e in ends))
        p, confidence = row.get("p_adjusted", row.get("p")), table.get("confidence", 0.95)
        counts = (row.get("n"), row.get("n_groups"), row.get("smallest_detectable"))
        pairs.append((Pair(row["submission"], row["other"], score, p, confidence, *counts), row))
    return pairs


@dataclass(frozen=True)
class Analysis:
    """What a board says beyond its rows.

    Attributes:
        pairs: Submission → its pairs, best opponent first.
        robustness: Who leads without single groups; None with fewer than two ranked submissions.
        purposes: What the best models are by every measure and on every part.
        content: The whole file, for sections that other modules read.
    """

    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    robustness: Mapping[str, Any] | None = None
    purposes: Sequence[Mapping[str, Any]] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


def parse_analysis(data: Mapping[str, Any] | None, *, shown_as: str) -> Analysis:
    """Read an analysis file's content; parts that it does not have stay empty.

    Raises:
        SiteError: It is not the content of an analysis.
    """
    if data is None:
        return Analysis()
    try:
        pairs = _pairs(data.get("pairs") or {"columns": [], "rows": []})
        return Analysis(pairs, data.get("robustness"), tuple(data.get("purposes") or ()), data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(shown_as, "an analysis of a leaderboard", error) from error


def _pairs(table: Mapping[str, Any]) -> dict[str, list[Pair]]:
    pairs: dict[str, list[Pair]] = {}
    for pair, _ in read_pairs(table):
        pairs.setdefault(pair.submission, []).append(pair)
        pairs.setdefault(pair.other, []).append(pair.turned())
    return pairs


# --- What git holds: a column on one line of whatever one more submission moves in every row

PLACE = ("rank", "rank_low", "rank_high", "tie_group")
#: Submissions up to which every pair is written; beyond it, pairs with leaders and references.
MOST_FOR_ALL_PAIRS = 60
PAIR_COLUMNS = ("submission", "other", "difference", "ci_low", "ci_high", "p_adjusted")
_JUDGED = {"better_than_references": 1, "worse_than_references": -1}
_MOVED = (*PLACE, "probability_best", *_JUDGED)


def stored_board(board: Mapping[str, Any]) -> dict[str, Any]:
    """A board as git holds it: under ``places``, what verdicts say of its rows, in their order.

    ``against.<reference>`` is 1 where a row is significantly better, −1 where it is worse.
    """
    rows = board["rows"]
    columns = {key: [row.get(key) for row in rows] for key in _MOVED[:-2]}
    beside = [row.get("beside") or {} for row in rows]
    columns |= {f"beside.{key}": [each.get(key) for each in beside] for key in PLACE}
    judged = [
        {name: sign for key, sign in _JUDGED.items() for name in row.get(key) or ()} for row in rows
    ]
    for name in sorted({name for each in judged for name in each}):
        columns[f"against.{name}"] = [each.get(name, 0) for each in judged]
    places = {key: values for key, values in columns.items() if any(values)}
    left_out = {*_MOVED, "beside"}
    kept = [{key: v for key, v in row.items() if key not in left_out} for row in rows]
    return {**board, "rows": None, "places": places} | {"rows": kept}


def full_board(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A board with its places in its rows, from what git holds; one that is full stays as it is.

    Raises:
        ValueError: A column does not have as many values as there are rows.
    """
    board = dict(stored)
    columns = board.pop("places", None)
    if columns is None:
        return board
    rows = []
    for row, *values in zip(board["rows"], *columns.values(), strict=True):
        told = dict(zip(columns, values, strict=True))
        place = {key: told.get(key) for key in _MOVED}
        for key, sign in _JUDGED.items() if place["rank"] is not None else ():
            place[key] = [n[8:] for n, v in told.items() if n.startswith("against.") and v == sign]
        first = {key: row[key] for key in ("kind", "submission", "model") if key in row}
        beside = {key: told[name] for key in PLACE if told.get(name := f"beside.{key}")}
        rows.append(first | place | row | ({"beside": beside} if beside else {}))
    return {**board, "rows": rows}


def paired(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Submissions of a board, best first, and those behind them that they are compared with.

    On a board of more than ``MOST_FOR_ALL_PAIRS`` submissions these are the pairs with the leader
    of the board, with the leader of a submission's own group and with each reference: their number
    then grows with that of the submissions and not with its square.
    """
    scored = [r for r in rows if r["kind"] != "reported" and not r.get("not_recomputed")]
    names = [row["submission"] for row in scored]
    fixed = {place for place, row in enumerate(scored) if row["kind"] == "reference"}
    ties: dict[int, list[int]] = {}
    for place, row in enumerate(scored):
        if row["kind"] == "verified":
            ties.setdefault(row["tie_group"], []).append(place)
    tied = {places[0]: places for places in ties.values()}
    found = []
    for place, name in enumerate(names):
        chosen: Iterable[int] = range(place + 1, len(names))
        if len(names) > MOST_FOR_ALL_PAIRS and place and place not in fixed:
            chosen = sorted(other for other in fixed.union(tied.get(place, ())) if other > place)
        if others := [names[other] for other in chosen]:
            found.append((name, others))
    return found


def _named(board: Mapping[str, Any]) -> list[list[Any]]:
    """The names of the pairs of a full board."""
    return [[name, other] for name, others in paired(board["rows"]) for other in others]


def stored_analysis(analysis: Mapping[str, Any], board: Mapping[str, Any]) -> dict[str, Any]:
    """An analysis as git holds it: tables by column, and pairs without the names."""
    found, table = dict(analysis), analysis.get("pairs")
    if table and [row[:2] for row in table["rows"]] == _named(board):
        columns = {key: [row[at] for row in table["rows"]] for at, key in enumerate(PAIR_COLUMNS)}
        kept = {key: columns[key] for key in PAIR_COLUMNS[2:]}
        found["pairs"] = {"confidence": table["confidence"], **kept}
    if purposes := analysis.get("purposes"):
        keys = dict.fromkeys(key for each in purposes for key in each)
        found["purposes"] = {key: [each.get(key) for each in purposes] for key in keys}
    return found


def full_analysis(stored: Mapping[str, Any], board: Mapping[str, Any]) -> dict[str, Any]:
    """An analysis with its pairs named, beside its full board; one that is full stays as it is.

    Raises:
        ValueError: It is of another board.
    """
    found, table = dict(stored), stored.get("pairs")
    if table and "rows" not in table and PAIR_COLUMNS[-1] in table:
        columns = [table[key] for key in PAIR_COLUMNS[2:]]
        cells = zip(_named(board), *columns, strict=True)
        rows = [[*pair, *numbers] for pair, *numbers in cells]
        confidence = table["confidence"]
        found["pairs"] = {"columns": list(PAIR_COLUMNS), "rows": rows, "confidence": confidence}
    if isinstance(purposes := stored.get("purposes"), Mapping):
        each = zip(*purposes.values(), strict=True)
        found["purposes"] = [dict(zip(purposes, values, strict=True)) for values in each]
    return found


def read_board(layout: Layout, task: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A board and its analysis as they were last written, in full; empty what was not.

    Raises:
        DataChangedError: One of them is no JSON.
        SiteError: One of them is not what ``ionladder leaderboard`` wrote, or not of the other.
    """
    found: list[dict[str, Any]] = []
    for path in (layout.leaderboard_json(task), layout.analysis_json(task)):
        stored = read_json(path) if path.is_file() else {}
        try:
            found.append(full_analysis(stored, found[0]) if found else full_board(stored))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            expected = f"a leaderboard of task {task!r}" if not found else "its analysis"
            raise _unreadable(layout.relative(path), expected, error) from error
    return found[0], found[1]


# --- Writing: whole or not at all, stale receipts removed

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_leaderboard(
    layout: Layout, leaderboard: Mapping[str, Any], analysis: Mapping[str, Any] | None = None
) -> None:
    """Write a board, if it is a :class:`Board`: JSON, CSV, analysis, and its scores for DVC."""
    task = Board.model_validate(leaderboard).task_name
    if analysis is not None:
        write_text(layout.analysis_json(task), to_rows(stored_analysis(analysis, leaderboard)))
    stored = stored_board(leaderboard)
    write_text(layout.leaderboard_json(task), to_rows(stored))
    write_text(layout.leaderboard_csv(task), to_csv(stored["rows"]))
    metric = leaderboard["primary"]["metric"]
    scores = {row["submission"]: row[metric] for row in leaderboard["rows"] if row["submission"]}
    known = {name: score for name, score in scores.items() if score is not None}
    metrics, plot = layout.dvc_files(task)
    write_json(metrics, known)
    write_text(plot, to_csv([{"submission": n, "score": score} for n, score in known.items()]))


def write_receipts(
    layout: Layout,
    task: str,
    receipts: Mapping[str, Mapping[str, Any]],
    refused: Mapping[str, Sequence[Problem]],
) -> None:
    """Write one :class:`Receipt` per submission, and remove those whose submission has gone.

    A refused submission gets a receipt that lists its problems instead of scores; one whose name
    no submission may have gets none, since such a name need not be a file name everywhere.
    """
    found = dict(receipts)
    for receipt in receipts.values():
        Receipt.model_validate(receipt)
    for name, problems in refused.items():
        if not name_problems(name, where=name):
            listed = [vars(problem) for problem in problems]
            found[name] = {"task": task, "submission": name, "refused": listed}
    for name, receipt in found.items():
        write_text(layout.receipt(task, name), receipt_text(receipt))
    for path in layout.receipts_dir(task).glob("*.json"):
        if path.stem not in found:
            path.unlink()


def receipt_text(receipt: Mapping[str, Any]) -> str:
    """A receipt as its file has it: a line for each of its parts."""
    return to_rows(receipt, deepest=1)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as flat CSV: nested keys joined by points, lists by ``; ``, null as an empty cell.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    flat = [_flatten(row) for row in rows]
    header = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


#: Characters that a terminal obeys; tabs and line ends stay.
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)])


def _flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, item in value.items():
        # Metrics are named `<subset>.<metric>` and `<target>.<metric>`, without the words
        # "subsets" and "targets".
        key = prefix if name in {"subsets", "targets"} and not prefix else f"{prefix}{name}"
        if isinstance(item, Mapping):
            flat |= _flatten(item, f"{key}." if key else "")
        elif item is not None or prefix or name not in {"card", "reported"}:
            cell = "; ".join(map(str, item)) if isinstance(item, list | tuple) else item
            cell = cell.translate(_CONTROL) if isinstance(cell, str) else cell
            is_formula = isinstance(cell, str) and cell.startswith(_FORMULA_STARTS)
            flat[key] = f"'{cell}" if is_formula else "" if cell is None else cell
    return flat
