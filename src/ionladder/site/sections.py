"""Sections of pages: slices, experiments, comparisons, audits."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from ionladder.board.audit import CHECKS
from ionladder.data.store import read_table
from ionladder.metrics import all_metrics
from ionladder.repo import Layout
from ionladder.site.board import Analysis, Board, Pair, Row, Value
from ionladder.site.charts import (
    Scale,
    backdrop,
    difference_scale,
    spark,
    spark_axis,
    spark_scale,
    zero_line,
)
from ionladder.site.charts_entries import Point, PredictionPlots, calibration_chart
from ionladder.site.context import Entrant, Entries, EntryChoice, Site, TaskSite, read_optional
from ionladder.site.tables import (
    NOT_APPLICABLE,
    OPEN,
    BoardTable,
    Cell,
    Difference,
    Differences,
    Found,
    Heat,
    State,
    board_tables,
    difference_cell,
    heat_of,
    number_cell,
    own_label,
    signed_cell,
    spread_cell,
    value_cell,
)
from ionladder.site.text import (
    UNCERTAINTY,
    axis_title,
    board_url,
    change_of,
    compare_url,
    count,
    duration,
    entry_url,
    exact,
    experiment_url,
    inert,
    interval,
    listing,
    number,
    pair_href,
    percent,
    plain,
    ranks,
    relative,
    scored_words,
    sentence_case,
    submission_url,
    target_title,
    use_title,
)
from ionladder.specs import Array, Clause, Experiment, Question, Slice, Target, Task
from ionladder.stats.calibration import CURVE_LEVELS

if TYPE_CHECKING:
    from ionladder.entries import EntryTable
    from ionladder.score import Slices


# What the comparison page of a task reads: a file for the board, and one a submission


MOST_ENTRIES = 1000
"""Larger tasks show so many: half are the most disputed, half are spread over the others."""
BOARD_FILE, ENTRIES_FILE, FOLDER = "board.json", "entries.json", "of/"
_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the test set on which two submissions are set side by side."""

    group: str
    name: str
    title: str
    n: int | None
    n_groups: int | None
    is_subset: bool


def compare_documents(site: Site, pages: AbstractSet[str]) -> dict[str, str]:
    """Address in the site → text of every file that comparison pages load.

    Args:
        site: The site.
        pages: Addresses of its pages: entries that have one are linked.
    """
    documents: dict[str, str] = {}
    for item in site.tasks:
        if not item.board.scored:
            continue
        here, parts = compare_url(item.task.name), parts_of(item)
        table = site.entries[item.task.name].table
        places = _chosen(table)
        documents[f"{here}{BOARD_FILE}"] = _text(_board(site, item, parts, table))
        if table is not None:
            documents[f"{here}{ENTRIES_FILE}"] = _text(_entries(site, item, table, places, pages))
        rows = {name: row for row, name in enumerate(table.names)} if table else {}
        for name, entrant in item.entrants.items():
            content = {
                **_submission(item, name, entrant, parts),
                **(_of_entries(table, rows[name], places) if table and name in rows else {}),
            }
            documents[f"{here}{FOLDER}{name}.json"] = _text(content)
    return documents


def parts_of(item: TaskSite) -> list[Part]:
    """Subsets and parts of slices that any submission of a task has a score on."""
    receipts = [entrant.receipt or {} for entrant in item.entrants.values()]
    sliced: Mapping[str, Any] = next((r["slices"] for r in receipts if r.get("slices")), {})
    sizes = next((row.sizes for row in item.board.scored if row.sizes), {})
    subsets = [
        Part(
            group="Subset",
            name=subset.name,
            title=subset.title,
            n=sizes.get(subset.name),
            n_groups=None,
            is_subset=True,
        )
        for subset in item.task.subsets
    ]
    return subsets + [
        Part(
            group=of.title,
            name=f"{of.name}|{value}",
            title=of.title_of(value),
            n=part["n"],
            n_groups=part["n_groups"],
            is_subset=False,
        )
        for of in item.task.slices
        for value, part in (sliced.get(of.name) or {}).items()
        if part.get(item.task.primary.metric) is not None
    ]


def _chosen(table: EntryTable | None) -> list[int]:
    """Positions of the entries that are compared: all, or of many a bounded number."""
    if table is None:
        return []
    n = len(table.ids)
    if n <= MOST_ENTRIES:
        return list(range(n))
    disputed = table.most_disputed(MOST_ENTRIES // 2)
    others = np.setdiff1d(np.arange(n), disputed)
    spread = others[np.linspace(0, len(others) - 1, MOST_ENTRIES - len(disputed)).astype(int)]
    return sorted({*disputed, *(int(place) for place in spread)})


def _board(
    site: Site, item: TaskSite, parts: Sequence[Part], table: EntryTable | None
) -> dict[str, Any]:
    """What holds for every pair of a task, and a line for every submission."""
    board, task = item.board, item.task
    return {
        "task": task.name,
        "dataset_version": board.dataset_version,
        "scorer_version": board.scorer_version,
        "metric": task.primary_use.title,
        "target": target_title(task, task.primary.target),
        "unit": board.unit,
        "smaller_is_better": board.smaller_is_better,
        "confidence": site.params.scoring.confidence,
        "missing": None if table else site.entries[task.name].missing,
        "parts": [[p.group, p.title, p.n, p.n_groups] for p in parts],
        "submissions": {
            row.submission: {
                "model": plain(row.model, limit=80),
                "kind": row.kind,
                "ranks": ranks(row.rank_low, row.rank_high),
                "tie_group": row.tie_group,
                "score": _with_interval(board.primary(row)),
            }
            for row in board.scored
        },
    }


def _submission(
    item: TaskSite, name: str, entrant: Entrant, parts: Sequence[Part]
) -> dict[str, Any]:
    """A submission against all that the analysis pairs it with, and on every part."""
    pairs = item.analysis.pairs.get(name, ())
    return {
        "submission": name,
        "pairs": {p.other: [p.difference, p.low, p.high, p.probability_better] for p in pairs},
        "parts": [_score(item, entrant, part) for part in parts],
    }


def _score(item: TaskSite, entrant: Entrant, part: Part) -> list[float | None]:
    """Value and interval of the primary metric on a part."""
    metric = item.task.primary.metric
    if part.is_subset:
        return _with_interval(item.board.primary(entrant.row, part.name))
    of, _, key = part.name.partition("|")
    found = (((entrant.receipt or {}).get("slices") or {}).get(of) or {}).get(key) or {}
    return [found.get(metric), found.get("ci_low"), found.get("ci_high")]


def _with_interval(score: Value) -> list[float | None]:
    return [score.value, score.low, score.high]


def _entries(
    site: Site,
    item: TaskSite,
    table: EntryTable,
    places: Sequence[int],
    pages: AbstractSet[str],
) -> dict[str, Any]:
    """The entries compared, with their labels."""
    ids = [table.ids[place] for place in places]
    formulas = _formulas(site, item)
    return {
        "n_all": len(table.ids),
        "ids": ids,
        "hrefs": [_href(item.task.name, entry, pages) for entry in ids],
        "formulas": [plain(formulas.get(entry, ""), limit=60) for entry in ids],
        "targets": [[t.symbol, t.unit] for t in item.task.targets],
        "labels": [_numbers(table.labels[t.name], places) for t in item.task.targets],
        "limits": [_numbers(table.limits[t.name], places) for t in item.task.targets],
    }


def _href(task: str, entry: str, pages: AbstractSet[str]) -> str | None:
    """The way to an entry's own page, where it has one."""
    url = entry_url(task, entry)
    return relative(compare_url(task), url) if url in pages else None


def _formulas(site: Site, item: TaskSite) -> Mapping[str, str]:
    """Entry → the formula that names it; empty where the dataset has none."""
    column = next((fact.column for fact in item.dataset.facts if fact.kind == "formula"), None)
    if column is None:
        return {}
    version = item.board.dataset_version
    entries = read_table(site.layout, item.dataset.name, version, "entries")
    rows: list[dict[str, Any]] = entries.select(["id", column]).to_pylist()
    return {row["id"]: str(row[column] or "") for row in rows}


def _of_entries(table: EntryTable, row: int, places: Sequence[int]) -> dict[str, Any]:
    """Errors and predictions of one submission on the entries compared."""
    return {
        "errors": _numbers(table.errors[row], places),
        "predictions": [_numbers(rows[row], places) for rows in table.predictions.values()],
    }


def _numbers(values: Array, places: Sequence[int]) -> list[float | None]:
    return [
        round(float(value), _DIGITS) if math.isfinite(value) else None
        for value in values[list(places)]
    ]


def _text(content: Mapping[str, Any]) -> str:
    """Short JSON: these files are read by the page's script, not by people."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n"


# The tables of an experiment's page: what was asked, printed beside verified, arm against arm


_VERDICTS: dict[State, str] = {"lower": "lower", "higher": "higher", "open": "not resolved"}
_TOO_SMALL = "too few entries or groups"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One difference that a question asks for, ready for the template."""

    first: Markup
    second: Markup
    first_href: str
    second_href: str
    compare_href: str
    difference: Cell
    whisker: Markup
    verdict: str
    probability: str
    n_candidates: int


def asked_table(
    experiment: Experiment, differences: Differences, here: str
) -> dict[str, Any] | None:
    """Every difference that the questions ask for, below its question; None where there is none."""
    found = [
        (question, [f for clause in question.clauses for f in differences.found(clause)])
        for question in experiment.questions
    ]
    every = [f.difference for _, group in found for f in group]
    if not every:
        return None
    scale = difference_scale(difference.value for difference in every)
    board = differences.board
    return {
        "axis": spark_axis(scale),
        "questions": [
            (question, [_asked(f.difference, f.n_candidates, board, scale, here) for f in group])
            for question, group in found
            if group
        ],
    }


def candidates(experiment: Experiment, differences: Differences) -> list[dict[str, Any]]:
    """How everybody fares who might have been the best of a contrast, against its other side."""
    board = differences.board
    rows = []
    for contrast in experiment.contrasts:
        known = [d for name in contrast.submissions if (d := differences.of(name, contrast.other))]
        if len(contrast.submissions) > 1 and known:
            by_state: dict[str, list[Markup]] = {
                state: [
                    inert(row.model if (row := board.entrant(d.submission)) else d.submission)
                    for d in known
                    if d.state == state
                ]
                for state in _VERDICTS
            }
            other = board.entrant(contrast.other)
            model = inert(other.model if other else contrast.other, limit=60)
            rows.append({"other": model, "n": len(known), **by_state})
    return rows


def _asked(
    difference: Difference, n_candidates: int, board: Board, scale: Scale, here: str
) -> Asked:
    task, names = board.task.name, (difference.submission, difference.other)
    first, second = (board.entrant(name) for name in names)
    return Asked(
        first=inert(first.model if first else names[0], limit=80),
        second=inert(second.model if second else names[1], limit=80),
        first_href=relative(here, submission_url(task, names[0])),
        second_href=relative(here, submission_url(task, names[1])),
        compare_href=pair_href(here, task, *names),
        difference=signed_cell(difference.value),
        whisker=spark(difference.value, "verified", scale, behind=zero_line(scale)),
        verdict=_VERDICTS[difference.state],
        probability=percent(difference.probability_better),
        n_candidates=n_candidates,
    )


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A printed score beside the verified one; ``row`` is None where nobody reproduced it."""

    model: Markup
    table: str
    printed: float
    row: Row | None
    href: str
    here: Cell
    gap: Cell
    place: str
    seeds: str
    time: Cell
    parameters: Cell


def printed_table(experiment: Experiment, board: Board, here: str) -> dict[str, Any] | None:
    """Printed scores beside ours, in the order of the experiment; None where none is quoted."""
    quoted = {row.model: row for row in board.of_kind("reported")}
    rows = [
        _printed(quoted[model], board, here)
        for model in experiment.reported
        if model in quoted and board.primary(quoted[model]).value is not None
    ]
    if not rows:
        return None
    compared = [row for row in rows if row.row is not None]
    gaps = sorted(compared, key=lambda row: -abs(_gap(row, board)))
    return {
        "rows": rows,
        "n_compared": len(compared),
        "n_inside": sum(row.place == "inside" for row in compared),
        "n_larger": sum(_gap(row, board) > 0 for row in compared),
        "largest": (gaps[0].model, change_of(_gap(gaps[0], board))) if gaps else None,
        "spread": max(row.printed for row in rows) - min(row.printed for row in rows),
    }


def _gap(row: Printed, board: Board) -> float:
    """Ours minus what is printed."""
    ours = board.primary(row.row).value if row.row else None
    return 0.0 if ours is None else ours - row.printed


def _printed(quoted: Row, board: Board, here: str) -> Printed:
    row = board.entrant(quoted.quoted.get("verified_by"))
    ours = board.primary(row) if row else Value()
    if ours.value is None:
        row = None
    printed = board.primary(quoted).value or 0.0
    card = row.card if row else {}
    seconds, parameters = card.get("training_time_s"), card.get("parameters")
    return Printed(
        model=inert(quoted.model, limit=80),
        table=str(quoted.quoted.get("table") or ""),
        printed=printed,
        row=row,
        href=relative(here, submission_url(board.task.name, (row.submission if row else "") or "")),
        here=value_cell(ours),
        gap=signed_cell(Value(None if ours.value is None else ours.value - printed)),
        place=_place(printed, ours),
        seeds=count(row.n_seeds) if row else "–",
        time=_stated(seconds, None if seconds is None else duration(seconds)),
        parameters=_stated(parameters, None if parameters is None else count(parameters)),
    )


def _place(printed: float, ours: Value) -> str:
    """Where a printed score lies from the interval of the verified one."""
    if ours.low is None or ours.high is None:
        return "–"
    if printed < ours.low:
        return "below it"
    return "above it" if printed > ours.high else "inside"


def _stated(value: float | None, text: str | None) -> Cell:
    if text is None:
        return Cell(text="–", hint="not stated")
    return Cell(text=text, sort=exact(value))


def arms_table(experiment: Experiment, differences: Differences) -> dict[str, Any] | None:
    """Arm against arm, on the whole test set and on parts of it; None where no arm is scored."""
    places: list[tuple[str, str | None, str | None]] = [("all", None, None)]
    if differences.has_parts:
        places += [
            (title, item.name, part)
            for item in experiment.parts
            for part, title in item.values or ()
        ]
    families = []
    shown: list[Difference] = []
    for family in experiment.families:
        arm_of = {submission: arm for arm, submission in family.arms}
        rows = []
        for first, second in family.pairs:
            cells = [differences.of(first, second, item, part) for _, item, part in places]
            if cells[0] is not None and cells[0].value.value is not None:
                rows.append((f"{arm_of[first]} − {arm_of[second]}", [_arm_cell(c) for c in cells]))
                shown += [c for c in cells if c is not None and c.half_width is not None]
        if rows:
            families.append((family.title, rows))
    if not families:
        return None
    return {
        "families": families,
        "places": _heads(experiment, differences, places),
        "n_intervals": len(shown),
        "n_clear": sum(difference.state != "open" for difference in shown),
        "items": [item for item in experiment.parts if differences.has_parts],
    }


def _arm_cell(difference: Difference | None) -> Cell:
    if difference is None or difference.value.value is None:
        return Cell(text="–", hint=NOT_APPLICABLE if difference is None else _TOO_SMALL)
    cell = signed_cell(difference.value)
    return Cell(
        text=cell.text,
        sort=cell.sort,
        hint=cell.hint,
        detail=cell.detail,
        is_best=difference.state != "open",
    )


def _heads(
    experiment: Experiment,
    differences: Differences,
    places: Sequence[tuple[str, str | None, str | None]],
) -> list[tuple[str, str, str, bool]]:
    """Over each column: title, entries, groups, and whether a new way of parting begins."""
    heads, last = [], None
    for title, item, part in places:
        found = (differences.of(*pair, item, part) for pair in experiment.arm_pairs)
        one = next((d for d in found if d is not None), None)
        n, groups = (one.n, one.n_groups) if one else (None, None)
        heads.append((title, count(n), count(groups), item != last))
        last = item
    return heads


# Slices as tables: one submission part by part, and a board's models beside each other


SHOWN_MODELS = 10
FEWEST_ENTRIES = 8
"""As in receipts: parts of fewer entries are counted there without a value."""
_WIDEST = 100.0
_TOO_FEW = f"fewer than {FEWEST_ENTRIES} entries: no interval"
_WITHHELD = f"fewer than {FEWEST_ENTRIES} entries: the receipt gives their number only"
_NO_GROUPS = "one group of related entries: no interval"


@dataclass(frozen=True, kw_only=True)
class SlicePart:
    """One part of a slice of one submission, ready for the template."""

    title: str
    n: int
    n_groups: int
    is_small: bool
    cell: Cell
    whisker: Markup
    difference: Cell


@dataclass(frozen=True, kw_only=True)
class SliceTable:
    """All slices of one submission; in each, the worst part of enough entries comes first."""

    axis: Markup
    slices: tuple[tuple[Slice, tuple[SlicePart, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class SliceBoard:
    """Models against parts of slices; only parts that have a value.

    Attributes:
        groups: Slice and its parts that have a value: (title, entries).
        rows: Row of the board, its link, and one cell a part.
        n_hidden: Verified rows that are not shown.
        heat: What the shades of the cells stand for.
    """

    groups: tuple[tuple[Slice, tuple[tuple[str, int], ...]], ...]
    rows: tuple[tuple[Row, str, tuple[Cell, ...]], ...]
    n_hidden: int
    heat: Heat

    @property
    def has_open(self) -> bool:
        """Whether any cell is hatched."""
        return any(cell.shade == OPEN for _, _, cells in self.rows for cell in cells)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One part as a receipt or the scorer tells it."""

    value: str
    n: int
    n_groups: int
    score: Value


def slice_table(
    board: Board, row: Row, receipt: Mapping[str, Any] | None, small: Slices
) -> SliceTable | None:
    """The slices of one submission; None where its receipt has none.

    Args:
        board: Its board.
        row: Its row.
        receipt: Its receipt.
        small: Scores computed while rendering; they fill in what the receipt only counts. Empty
            where the labels are not here.
    """
    parts = _parts(board, receipt, small)
    overall = board.primary(row).value
    if not parts or overall is None:
        return None
    values = [p.score.value for _, of_slice in parts for p in of_slice if p.score.value is not None]
    scale = spark_scale([overall, *values], baseline=overall)
    behind = backdrop(scale, board.floor, overall)
    return SliceTable(
        axis=spark_axis(scale),
        slices=tuple(
            (
                item,
                tuple(
                    _shown(item, part, row, overall, scale, behind)
                    for part in sorted(of_slice, key=lambda p: _badness(p, board))
                ),
            )
            for item, of_slice in parts
        ),
    )


def slice_board(item: TaskSite, here: str) -> SliceBoard | None:
    """Errors by slice of the first verified rows and all references; None without any."""
    board = item.board
    verified = board.of_kind("verified")
    rows = [*verified[:SHOWN_MODELS], *board.of_kind("reference")]
    by_row = {
        row.order: dict(_parts(board, _receipt(item, row), {}))
        for row in sorted(rows, key=lambda row: row.order)
    }
    filled = [parts for parts in by_row.values() if parts]
    if not filled:
        return None
    groups = [
        (part, tuple(p for p in of_slice if p.score.value is not None))
        for part, of_slice in filled[0].items()
    ]
    groups = [(part, of_slice) for part, of_slice in groups if of_slice]
    keys = [(part.name, p.value) for part, of_slice in groups for p in of_slice]
    cells = {order: _by_key(parts) for order, parts in by_row.items()}
    baseline = board.primary(board.baseline).value if board.baseline else None
    heat = heat_of(
        [part.score.value for of_row in cells.values() for part in of_row.values()],
        baseline=baseline,
        is_larger_worse=board.smaller_is_better,
    )
    best = {
        key: _best(board, [cells[row.order].get(key) for row in verified[:SHOWN_MODELS]])
        for key in keys
    }
    return SliceBoard(
        groups=tuple(
            (part, tuple((part.title_of(p.value), p.n) for p in of_slice))
            for part, of_slice in groups
        ),
        rows=tuple(
            (
                row,
                relative(here, submission_url(item.task.name, row.submission or "")),
                tuple(_board_cell(cells[row.order].get(key), row, best[key], heat) for key in keys),
            )
            for row in board.scored
            if row.order in by_row
        ),
        n_hidden=max(len(verified) - SHOWN_MODELS, 0),
        heat=heat,
    )


def _parts(
    board: Board, receipt: Mapping[str, Any] | None, small: Slices
) -> list[tuple[Slice, list[_Part]]]:
    """Parts of every slice of the task that a receipt knows."""
    known = (receipt or {}).get("slices") or {}
    metric = board.task.primary.metric
    found = []
    for item in board.task.slices:
        of_slice = [
            _Part(
                value=value,
                n=int(part["n"]),
                n_groups=int(part["n_groups"]),
                score=Value(
                    _filled(part.get(metric), small, item.name, value),
                    part.get("ci_low"),
                    part.get("ci_high"),
                ),
            )
            for value, part in (known.get(item.name) or {}).items()
        ]
        if of_slice:
            found.append((item, of_slice))
    return found


def _filled(value: float | None, small: Slices, name: str, part: str) -> float | None:
    """The value of a receipt, or the one computed while rendering."""
    score = small.get(name, {}).get(part)
    if value is not None or score is None or math.isnan(score.value):
        return value
    return score.value


def _badness(part: _Part, board: Board) -> tuple[bool, bool, float]:
    """Worst first; parts of too few entries come after, as anecdotes do, without a value last."""
    value = part.score.value
    sign = -1.0 if board.smaller_is_better else 1.0
    return part.n < FEWEST_ENTRIES, value is None, sign * (value or 0.0)


def _shown(
    item: Slice, part: _Part, row: Row, overall: float, scale: Scale, behind: str
) -> SlicePart:
    value = part.score.value
    apart = None if value is None else value - overall
    return SlicePart(
        title=item.title_of(part.value),
        n=part.n,
        n_groups=part.n_groups,
        is_small=part.n < FEWEST_ENTRIES,
        cell=_cell(part),
        whisker=spark(_drawn(part.score), row.kind, scale, behind=behind),
        difference=Cell(text="–")
        if apart is None
        else Cell(text=_signed(apart), sort=exact(apart), hint=f"{apart:+.6g}"),
    )


def _cell(part: _Part) -> Cell:
    """Value with its interval, or with what stands in the way of one."""
    score = part.score
    if score.value is None:
        return Cell(text="–", hint=_WITHHELD)
    shown = value_cell(Value(score.value))
    if score.low is None or score.high is None:
        why = _TOO_FEW if part.n < FEWEST_ENTRIES else _NO_GROUPS
        return Cell(text=shown.text, sort=shown.sort, hint=why)
    if _is_empty(score):
        detail = "undetermined"
        hint = f"interval {interval(score.low, score.high)}: too few independent groups"
        return Cell(text=shown.text, sort=shown.sort, hint=hint, detail=detail)
    return value_cell(score)


def _is_empty(score: Value) -> bool:
    """Whether an interval is so wide that it says nothing."""
    return score.low is not None and score.high is not None and score.high > _WIDEST * score.low


def _drawn(score: Value) -> Value:
    return Value(score.value) if _is_empty(score) else score


def _signed(value: float) -> str:
    shown = number(value)
    return shown if shown.startswith("−") or float(shown) == 0 else f"+{shown}"


def _receipt(item: TaskSite, row: Row) -> Mapping[str, Any] | None:
    entrant = item.entrants.get(row.submission or "")
    return entrant.receipt if entrant else None


def _by_key(parts: Mapping[Slice, list[_Part]]) -> dict[tuple[str, str], _Part]:
    return {(item.name, part.value): part for item, of_slice in parts.items() for part in of_slice}


def _best(board: Board, parts: Iterable[_Part | None]) -> float | None:
    """The best value of a part among verified rows; None while there are fewer than two."""
    values = [part.score.value for part in parts if part and part.score.value is not None]
    if len(values) < 2:
        return None
    return min(values) if board.smaller_is_better else max(values)


def _board_cell(part: _Part | None, row: Row, best: float | None, heat: Heat) -> Cell:
    """The number in its shade; hatched where its interval says nothing, or there is none."""
    if part is None or part.score.value is None:
        return Cell(text="–", hint=NOT_APPLICABLE)
    score = part.score
    between = inert(interval(score.low, score.high))
    note = f"interval {between}" if between else _NO_GROUPS
    is_open = not between or _is_empty(score)
    counted = f"{part.n} entries in {part.n_groups} group{'' if part.n_groups == 1 else 's'}"
    return Cell(
        text=number(score.value),
        sort=exact(score.value),
        hint=f"{score.value:.6g}, {note}; {counted}",
        is_best=row.kind == "verified" and score.value == best,
        shade=OPEN if is_open else heat.shade(score.value),
    )


# One submission entry by entry: parity and residuals of every target, and where it errs most


HARDEST = 12
MOST_MARKS = 1500
"""Marks in one plot; of more entries an even sample is drawn."""


@dataclass(frozen=True, kw_only=True)
class HardEntry:
    """One of the entries that a submission errs most on, ready for the template.

    Attributes:
        id: Its id.
        name: Its formula.
        href: The way to its page, or None.
        targets: Label, prediction and difference of every target.
        error: The error that enters the primary score.
        typical: Median of that error over verified submissions.
    """

    id: str
    name: str
    href: str | None
    targets: tuple[tuple[Cell, Cell, Cell], ...]
    error: Cell
    typical: Cell


def plots(entries: Entries, task: Task) -> list[dict[str, Any]]:
    """Parity and residuals of every target that has labels, and what their captions count."""
    return [
        _plots_of(target, entries, task)
        for target in task.targets
        if entries.points.get(target.name)
    ]


def _plots_of(target: Target, entries: Entries, task: Task) -> dict[str, Any]:
    every = entries.points[target.name]
    points = _sample(every)
    cap, known = task.primary_use.options.get("clip"), task.label_words.adjective
    plots = PredictionPlots(
        points=points,
        axis=axis_title(target),
        error_unit=target.error_unit,
        band=target.band,
        cap=cap,
        known=known,
        entries=scored_words(task).entries,
    )
    return {
        "target": target,
        "chart": plots.parity(name=f"parity-{target.name}"),
        "residuals": plots.residuals(name=f"residuals-{target.name}"),
        "middle": change_of(plots.middle),
        "n_limits": sum(point.upper_limit is not None for point in points),
        "n_beyond": plots.n_beyond,
        "n_residuals_beyond": plots.n_residuals_beyond,
        "n_missing": entries.n_missing.get(target.name, 0),
        "n_drawn": len(points),
        "n": len(every),
    }


def _sample(points: Sequence[Point]) -> Sequence[Point]:
    """All points, or as many as one plot takes, evenly spaced in the order of ids."""
    if len(points) <= MOST_MARKS:
        return points
    step = len(points) / MOST_MARKS
    return [points[int(i * step)] for i in range(MOST_MARKS)]


def hard_entries(
    task: Task,
    table: EntryTable | None,
    choice: EntryChoice | None,
    names: Mapping[str, str],
    *,
    name: str,
    here: str,
) -> tuple[HardEntry, ...]:
    """The entries that a submission errs most on, largest error first; empty without labels.

    Args:
        task: The task.
        table: Its entries, or None.
        choice: Which of them have pages, or None.
        names: Entry → formula.
        name: The submission.
        here: Address of the page that shows them.
    """
    if table is None or choice is None or name not in table.names:
        return ()
    row = table.names.index(name)
    errors = table.errors[row]
    order = np.argsort(-errors, kind="stable")
    return tuple(
        _hard_entry(task, table, row, int(place), names, choice.href(here, table.ids[place]))
        for place in order[:HARDEST]
        if np.isfinite(errors[place])
    )


def _hard_entry(
    task: Task,
    table: EntryTable,
    row: int,
    place: int,
    names: Mapping[str, str],
    href: str | None,
) -> HardEntry:
    entry = table.ids[place]
    return HardEntry(
        id=entry,
        name=names.get(entry, entry),
        href=href,
        targets=tuple(_cells(table, target, row, place) for target in task.targets),
        error=number_cell(float(table.errors[row, place])),
        typical=number_cell(float(table.typical_error[place])),
    )


def _cells(table: EntryTable, target: Target, row: int, place: int) -> tuple[Cell, Cell, Cell]:
    predicted = float(table.predictions[target.name][row, place])
    return (
        own_label(table, target, place),
        number_cell(predicted),
        difference_cell(predicted - float(table.labels[target.name][place])),
    )


# Sentences that say what an experiment found; which words they use follows from the intervals


_VERBS: dict[State, str] = {"lower": "lowers", "higher": "raises", "open": "changes"}
_PAIR = 2


def sentence(question: Question, differences: Differences, *, confidence: str) -> Markup | None:
    """The answer to a question in one sentence, every difference with its interval.

    An interval on one side of zero lowers or raises the score; one that holds zero changes it by
    an amount that the data do not tell from zero. None where no contrast has its rows.
    """
    found = [(clause, rows) for clause in question.clauses if (rows := differences.found(clause))]
    every = [row for _, rows in found for row in rows]
    # Where nothing is told from zero, that is said once, at the end.
    is_open = all(row.difference.state == "open" for row in every)
    said = [
        _clause(clause, rows, differences.board, confidence, is_first=not place)
        for place, (clause, rows) in enumerate(found)
    ]
    if not said:
        return None
    if is_open:
        return Markup("; ").join(text for text, _ in said) + _untold(len(every)) + "."
    return Markup("; ").join(text + closing for text, closing in said) + "."


def _clause(
    clause: Clause, found: Sequence[Found], board: Board, confidence: str, *, is_first: bool
) -> tuple[Markup, str]:
    """A clause, and what may close it: that differences in it are not told from zero."""
    act = clause.act.removesuffix(",")
    text = inert(sentence_case(act) if is_first else act)
    told = f"{confidence} interval" if is_first else "interval"
    chosen = dict.fromkeys(f.difference.submission for f in found if f.n_candidates > 1)
    if chosen:
        text += Markup(" ({})").format(listing([_model(board, name) for name in chosen]))
    text += "," if clause.act.endswith(",") else ""
    parts: list[Markup] = []
    n_open = 0
    for state, verb in _VERBS.items():
        alike = [f for f in found if f.difference.state == state]
        if alike:
            what = "it" if parts else f"the {board.task.primary_use.title}"
            amounts = _amounts(alike, state, board.unit, "interval" if parts else told)
            parts.append(Markup("{} {} {}").format(verb, what, amounts))
            n_open = len(alike) if state == "open" else 0
    return text + " " + Markup(", and ").join(parts), _untold(n_open)


def _untold(count: int) -> str:
    """What is said behind so many differences whose intervals hold zero; empty behind none."""
    if count == 1:
        return ", which the data do not tell from zero"
    none = "neither" if count == _PAIR else "none"
    return f", {none} of which the data tell from zero" if count else ""


def _amounts(found: Sequence[Found], state: State, unit: str, told: str) -> Markup:
    """Differences with one verdict, each with its interval; the first names unit and interval."""
    return listing(
        [
            _amount(f, state, unit="" if place else f" {unit}", told="" if place else f"{told} ")
            for place, f in enumerate(found)
        ]
    )


def _amount(found: Found, state: State, *, unit: str, told: str) -> Markup:
    value = found.difference.value
    size = value.value or 0.0
    shown = change_of(size) if state == "open" else number(abs(size))
    phrase = Markup(" ") + inert(found.contrast.title) if found.contrast.title else ""
    between = ends(value)
    where = f"{told}{between}" if between else "without an interval"
    return Markup("by <b>{}</b>{}{} ({})").format(shown, unit, phrase, where)


def ends(value: Value) -> str:
    """An interval of a difference, both ends with their signs; empty where there is none."""
    if value.low is None or value.high is None:
        return ""
    return f"{change_of(value.low)} to {change_of(value.high)}"


def _model(board: Board, name: str) -> Markup:
    row = board.entrant(name)
    return inert(row.model if row else name, limit=60)


# What the widths of an experiment's intervals say can be told apart


def resolution(
    experiment: Experiment, differences: Differences, spread: float | None
) -> dict[str, Any] | None:
    """What the widths of the intervals say can be told apart; None where there is no interval.

    Args:
        experiment: Names the differences that are asked for, and the subjects.
        differences: Those that are known.
        spread: Largest minus smallest printed score, or None.
    """
    asked = {
        (f.difference.submission, f.difference.other): f.difference
        for question in experiment.questions
        for clause in question.clauses
        for f in differences.found(clause)
    }
    n_asked = sum(difference.half_width is not None for difference in asked.values())
    for pair in experiment.arm_pairs:
        known = differences.of(*pair)
        if known is not None:
            asked.setdefault(pair, known)
    widths = sorted(
        ((half, d) for d in asked.values() if (half := d.half_width) is not None),
        key=lambda item: item[0],
    )
    if not widths:
        return None
    board = differences.board
    narrowest = widths[0][1]
    among = [d for d in differences.among(experiment.subjects) if d.half_width is not None]
    typical = median(d.half_width or 0.0 for d in among) if among else None
    sized = next((d for _, d in widths if d.n is not None), None)
    return {
        "n_pairs": len(widths),
        "n_asked": n_asked,
        "n_arms": len(widths) - n_asked,
        "n_clear": sum(d.state != "open" for _, d in widths),
        "smallest": number(widths[0][0]),
        "middle": number(median(half for half, _ in widths)),
        "largest": number(widths[-1][0]),
        "narrowest": [
            inert(row.model if (row := board.entrant(name)) else name, limit=60)
            for name in (narrowest.submission, narrowest.other)
        ],
        "n": count(sized.n) if sized else None,
        "n_groups": count(sized.n_groups) if sized else None,
        "n_among": len(among),
        "n_among_clear": sum(d.state != "open" for d in among),
        "typical": None if typical is None else number(typical),
        "spread": None if spread is None else number(spread),
        "spread_is_less": None if typical is None or spread is None else spread < typical,
    }


# How far apart the predictions of two models lie on the average entry


AGREEMENT_SHOWN_MODELS = 12
_FEWEST_MODELS = 2
_FEWEST_ENTRIES = 3


@dataclass(frozen=True, kw_only=True)
class AgreementTable:
    """Models against models.

    Attributes:
        rows: Number, model, link and one cell for each model; empty on the diagonal.
        n_entries: Entries that the numbers rest on.
        n_hidden: Verified submissions that are not shown.
        heat: What the shades of the cells stand for.
    """

    rows: tuple[tuple[int, Markup, str, tuple[Cell, ...]], ...]
    n_entries: int
    n_hidden: int
    heat: Heat


def agreement_table(board: Board, table: EntryTable | None, here: str) -> AgreementTable | None:
    """The table; None with fewer than two verified models, or where the labels are not here."""
    if table is None:
        return None
    places = {name: place for place, name in enumerate(table.names)}
    verified = [row for row in board.of_kind("verified") if row.submission in places]
    shown = verified[:AGREEMENT_SHOWN_MODELS]
    if len(shown) < _FEWEST_MODELS:
        return None
    of_models = [places[row.submission or ""] for row in shown]
    targets = [table.predictions[target.name][of_models] for target in board.task.primary_targets]
    apart, order = distances(targets), rank_correlations(targets)
    heat = heat_of(value for value in apart[~np.eye(len(shown), dtype=bool)].tolist())
    return AgreementTable(
        rows=tuple(
            (
                i + 1,
                inert(row.model, limit=80),
                relative(here, submission_url(board.task.name, row.submission or "")),
                tuple(
                    Cell(text="")
                    if i == j
                    else _agreement_cell(row, other, apart[i, j], order[i, j], board.unit, heat)
                    for j, other in enumerate(shown)
                ),
            )
            for i, row in enumerate(shown)
        ),
        n_entries=len(table.ids),
        n_hidden=len(verified) - len(shown),
        heat=heat,
    )


def distances(targets: Sequence[Array]) -> Array:
    """Mean absolute difference between the predictions of every two models, shape (m, m).

    Args:
        targets: Predictions of each target, shape (m, n); NaN is passed over.
    """
    found = [
        np.stack([_mean(np.abs(predicted - one), axis=1) for one in predicted])
        for predicted in targets
    ]
    return _mean(np.stack(found), axis=0)


def rank_correlations(targets: Sequence[Array]) -> Array:
    """Spearman's ρ between the predictions of every two models, shape (m, m); NaN for constants."""
    import pandas as pd

    found = []
    for predicted in targets:
        m = len(predicted)
        matrix = np.full((m, m), np.nan)
        for i in range(m):
            for j in range(i + 1):
                both = np.isfinite(predicted[i]) & np.isfinite(predicted[j])
                if both.sum() >= _FEWEST_ENTRIES:
                    ranks = [np.asarray(pd.Series(predicted[k][both]).rank()) for k in (i, j)]
                    if all(np.ptp(of_model) > 0 for of_model in ranks):
                        matrix[i, j] = matrix[j, i] = np.corrcoef(ranks[0], ranks[1])[0, 1]
        found.append(matrix)
    return _mean(np.stack(found), axis=0)


def _mean(values: Array, *, axis: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing known: NaN is the answer
        mean: Array = np.nanmean(values, axis=axis)
    return mean


def _agreement_cell(
    row: Row, other: Row, apart: float, order: float, unit: str, heat: Heat
) -> Cell:
    rho = number(float(order))
    return Cell(
        text=number(float(apart)),
        sort=exact(float(apart)),
        detail=f"ρ {rho}",
        hint=inert(f"{row.model} and {other.model}: {apart:.4g} {unit}, ρ {rho}", limit=240),
        shade=heat.shade(float(apart)),
    )


# How firm a board is, as its page shows it: what the top rests on, and what moves the order


MOST_PAIRS = 40
MOST_RANKED = 30


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """One opponent of a submission, ready for the template."""

    model: Markup
    href: str
    compare_href: str
    kind: str
    difference: Cell
    verdict: str
    probability: str


def pair_rows(board: Board, analysis: Analysis, row: Row, here: str) -> list[PairRow]:
    """A submission against every other that the analysis pairs it with, in the board's order."""
    mine = {pair.other: pair for pair in analysis.pairs.get(row.submission or "", ())}
    rows: list[PairRow] = []
    for other in board.scored:
        pair = mine.get(other.submission or "")
        if pair is not None and len(rows) < MOST_PAIRS:
            rows.append(_pair_row(board, row, other, pair, here))
    return rows


def _pair_row(board: Board, row: Row, other: Row, pair: Pair, here: str) -> PairRow:
    is_smaller = pair.difference is not None and pair.difference < 0
    verdict = "not resolved"
    if pair.is_clear:
        verdict = "better" if is_smaller == board.smaller_is_better else "worse"
    share = pair.probability_better
    mine, theirs = row.submission or "", other.submission or ""
    return PairRow(
        model=inert(other.model, limit=80),
        href=relative(here, submission_url(board.task.name, theirs)),
        compare_href=pair_href(here, board.task.name, mine, theirs),
        kind=other.kind,
        difference=signed_cell(Value(pair.difference, pair.low, pair.high)),
        verdict=verdict,
        probability="–" if share is None else percent(share),
    )


def robustness(board: Board, analysis: Analysis, here: str) -> dict[str, Any] | None:
    """What the first place rests on; None where the board has no such analysis."""
    found = analysis.robustness
    if not found:
        return None
    return {
        "leader": _link(board, found["leader"], here),
        "n_groups": found["n_groups"],
        "share": percent(found["share_leader_stays"]),
        "n_deciding": found["n_deciding"],
        "deciding": [
            {
                "entries": entry["entries"],
                "leader": _link(board, entry["leader"], here),
                "score": number(entry["score"]),
                "score_of_leader": number(entry["score_of_leader"]),
            }
            for entry in found["deciding"]
        ],
    }


def sensitivity(board: Board, analysis: Analysis, here: str) -> dict[str, Any] | None:
    """Ranks by other measures and on other subsets; None with fewer than two submissions."""
    views, ranks = analysis.sensitivity.get("views"), analysis.sensitivity.get("ranks")
    if not views or not ranks or len(ranks) < 2:
        return None
    titles = {use.name: use_title(use) for use in board.task.metrics}
    subsets = {subset.name: subset.title for subset in board.task.subsets}
    primary = board.task.primary
    return {
        "views": [
            {
                "title": titles.get(view["metric"], view["metric"]),
                "subset": subsets.get(view["subset"], view["subset"])
                if view["subset"] != primary.subset
                else "",
                "agreement": number(view["agreement"]),
                "is_primary": (view["metric"], view["subset"]) == (primary.metric, primary.subset),
            }
            for view in views
        ],
        "rows": _rank_rows(board, ranks, here),
        "n_hidden": max(len(ranks) - MOST_RANKED, 0),
    }


def _rank_rows(
    board: Board, ranks: Mapping[str, Sequence[int | None]], here: str
) -> list[tuple[Markup, Sequence[int | None]]]:
    names = [row.submission for row in board.of_kind("verified") if row.submission in ranks]
    return [(_link(board, name, here), ranks[name or ""]) for name in names[:MOST_RANKED]]


def _link(board: Board, name: str | None, here: str) -> Markup:
    row = board.entrant(name)
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(
        relative(here, submission_url(board.task.name, name or "")),
        inert(row.model if row else name, limit=60),
    )


# Boards that restrict themselves to what is only a subset of another board of the same data


@dataclass(frozen=True, kw_only=True)
class Sibling:
    """A board whose models learn from one subset only, beside those judged on that subset.

    Attributes:
        title: Title of its task.
        href: The way to it.
        unit: Unit of its primary score.
        table: Its rows, in its own order, linked from the page that shows them.
        experiments: (Title, way) of its experiments.
    """

    title: str
    href: str
    unit: str
    table: BoardTable
    experiments: Sequence[tuple[str, str]]


def siblings(site: Site, item: TaskSite, here: str) -> dict[str, list[Sibling]]:
    """Subset of a board → boards that train and test on its entries alone, where any is scored."""
    found: dict[str, list[Sibling]] = {}
    for subset in item.task.subsets:
        for other in site.tasks:
            is_restricted = _restricts(other.task, item.task, subset.column, subset.equals)
            if is_restricted and other.board.scored:
                found.setdefault(subset.name, []).append(_sibling(other, here))
    return found


def _restricts(other: Task, task: Task, column: str | None, equals: object) -> bool:
    """Whether a task scores exactly these entries, by the same measure."""
    entries = other.entries
    return (
        entries is not None
        and task.entries is None
        and (entries.column, entries.equals) == (column, equals)
        and (other.dataset, other.split, other.scored_folds)
        == (task.dataset, task.split, task.scored_folds)
        and (other.primary.target, other.primary_use.metric)
        == (task.primary.target, task.primary_use.metric)
    )


def _sibling(other: TaskSite, here: str) -> Sibling:
    tables = board_tables(other.board, all_metrics(), here)
    return Sibling(
        title=other.task.title,
        href=relative(here, board_url(other.task.name)),
        unit=other.board.unit,
        table=next(table for table in tables if table.is_ranked),
        experiments=experiment_links(other, here),
    )


def experiment_links(item: TaskSite, here: str) -> list[tuple[str, str]]:
    """Title of each experiment of a task, and the way to its page."""
    return [
        (experiment.title, relative(here, experiment_url(item.task.name, experiment.name)))
        for experiment in item.task.experiments
    ]


# What a submission's page shows of its stated standard deviations: numbers and a curve


def stated_uncertainty(receipt: Mapping[str, Any] | None, task: Task) -> list[dict[str, Any]]:
    """One part a target with standard deviations, its scores in the order of their words."""
    given = (receipt or {}).get("uncertainty") or {}
    return [
        {
            "target": target,
            "n": given[target.name]["n"],
            "n_censored": given[target.name].get("n_censored", 0),
            "n_missing": given[target.name].get("n_missing", 0),
            "scores": [
                _uncertainty_cell(name, given[target.name].get(name)) for name in UNCERTAINTY
            ],
            "chart": _chart(given[target.name], target.name),
        }
        for target in task.targets
        if target.name in given
    ]


def _uncertainty_cell(name: str, value: float | None) -> Any:
    return spread_cell(value) if name == "miscalibration_area" else value_cell(Value(value))


def _chart(part: Mapping[str, Any], name: str) -> Any:
    """The curve, or None where no entry could be judged."""
    observed = part.get("observed") or []
    if len(observed) != len(CURVE_LEVELS) or None in observed:
        return None
    return calibration_chart(observed, part["n"], name=f"calibration-{name}")


# The audit's notes on a submission, made ready for its page


_WORDS = {
    "n": "entries",
    "n_crossing": "entries with a known composition",
    "n_distinct": "different predictions",
    "n_outside": "predictions outside",
    "n_twins": "other submissions",
}


def audit_notes(item: TaskSite, name: str, here: str) -> dict[str, Any]:
    """What the page of a submission says about its audit.

    Returns:
        ``is_made`` (False where no audit of this submission is recorded), ``notes`` with
        ``title``, ``sentence`` and ``evidence``, and the titles of all ``checks``.
    """
    recorded = item.analysis.content.get("audit") or {}
    return {
        "is_made": name in recorded,
        "notes": [
            {
                "title": inert(finding["title"]),
                "sentence": inert(finding["sentence"]),
                "evidence": [
                    (
                        inert(_WORDS.get(key, key.replace("_", " "))),
                        _audit_shown(item, key, value, here),
                    )
                    for key, value in finding["evidence"].items()
                ],
            }
            for finding in recorded.get(name, ())
        ],
        "checks": [check.title for check in CHECKS],
    }


def _audit_shown(item: TaskSite, key: str, value: object, here: str) -> Markup:
    """A number as printed, a submission as a link to its page, any other text as it is."""
    if isinstance(value, int):
        return Markup(count(value))  # noqa: S704 - digits and spaces
    if isinstance(value, float):
        return inert(f"{value:.4g}".replace("-", "\u2212"))
    text = inert("–" if value is None else value)
    if key != "twin" or value not in item.entrants:
        return text
    address = relative(here, submission_url(item.task.name, str(value)))
    return Markup('<a href="{}">{}</a>').format(address, text)


# What the programs in ``benchmarks/`` measured, shaped into the tables of the methods page


Record = Mapping[str, Any]

COVERAGE, SEPARATION = "coverage.json", "separation.json"
_TEST_SETS = {"obelix": "like OBELiX", "bvel-proto": "like BVEL-proto"}
_ERRORS = {
    "normal": "normal",
    "t3": "heavy tails",
    "lognormal": "lognormal",
    "censored": "heavy tails, insulators",
    "alike": "groups nearly alike",
    "independent": "independent rows",
}
_PERCENTILE = "percentile bootstrap"


@dataclass(frozen=True, kw_only=True)
class MeasuredCell:
    """A percentage, and what stands below it in small."""

    text: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasuredTable:
    """A table of percentages.

    Attributes:
        key: Anchor.
        caption: What the cells say.
        corner: Head of the first column.
        columns: Heads of the others.
        rows: Head of each row with its cells; a cell of None was not simulated.
    """

    key: str
    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MeasuredCell | None, ...]], ...]


def read_measured(layout: Layout, name: str) -> Record | None:
    """Results of one program, or None where the repository does not hold them.

    Raises:
        SiteError: The file is there and cannot be read.
    """
    found: Record | None = read_optional(layout, layout.benchmarks_results / name)
    return found


def coverage_tables(results: Record) -> list[MeasuredTable]:
    """The tables of ``benchmarks/coverage.py``."""
    tables = results["tables"]
    sets = {item["test_set"]: item for item in results["test_sets"]}
    obelix = [row for row in tables["mae"] if row["test_set"] == "obelix"]
    ours = [row for row in tables["mae"] if row["method"] in {results["method"], _PERCENTILE}]
    others = [
        *({**row, "what": "RMSE"} for row in tables["rmse"] if row["test_set"] == "obelix"),
        *({**row, "what": "share of entries"} for row in tables["share"] if _is_obelix(row)),
        *(
            {**row, "what": f"paired difference, correlation {row['correlation']:g}"}
            for row in tables["pairs"]
        ),
    ]
    return [
        _pivot(
            obelix,
            key="coverage",
            caption=f"MAE on {_rows_and_groups(sets['obelix'])}: coverage in %, below it the "
            f"median width in decades. {_boards(obelix)}",
            corner="Interval",
            row_of=lambda row: row["method"],
            cell=_covered,
        ),
        _pivot(
            ours,
            key="coverage-sizes",
            caption="MAE on four test sets, by the interval used here and by the percentile "
            f"bootstrap: coverage in %, below it the median width in decades. {_boards(ours)}",
            corner="Test set and interval",
            row_of=lambda row: (
                f"{_set_title(sets[row['test_set']])}: "
                + ("used here" if row["method"] == results["method"] else _PERCENTILE)
            ),
            cell=_covered,
        ),
        _pivot(
            others,
            key="coverage-others",
            caption=f"Other scores on {_rows_and_groups(sets['obelix'])}: coverage in %, below it "
            f"the median width. {_boards(others)}",
            corner="Interval of",
            row_of=lambda row: row["what"],
            cell=_covered,
        ),
        _pivot(
            tables["seeds"],
            key="coverage-seeds",
            caption="MAE as the mean over seeds: coverage in % of the mean over all possible "
            "seeds, below it what the interval would cover if seeds did not enter. "
            f"{_boards(tables['seeds'])}",
            corner="Seeds, and their standard deviation",
            row_of=lambda row: f"{_seeds(row)}, {_decades(row['seed_spread'])}",
            cell=_covered_with_and_without_seeds,
        ),
    ]


def separation_tables(results: Record) -> list[MeasuredTable]:
    """The tables of ``benchmarks/separation.py``."""
    tables = results["tables"]
    worse = _decades(results["clearly_worse"])
    better = []
    for gap in sorted({row["gap"] for row in tables["better"]}):
        rows = [row for row in tables["better"] if row["gap"] == gap]
        better.append(
            _pivot(
                rows,
                key=f"power-{gap:g}".replace(".", "-"),
                caption=f"One model better by {_decades(gap)} than all others, which are equal: "
                "% of the others that it is separated from, below it how often from at least one "
                f"and from every one. {_boards(rows)}",
                corner="Models",
                row_of=_models,
                column_of=_errors_and_correlation,
                cell=_power,
            )
        )
    return [
        _pivot(
            tables["equal"],
            key="separation",
            caption="All models equal: % of boards on which any is separated, below it by "
            f"pairwise percentile intervals. {_boards(tables['equal'])}",
            corner="Models",
            row_of=_models,
            column_of=_errors_and_correlation,
            cell=lambda rows: _separated(rows, "pairwise"),
        ),
        _pivot(
            tables["equal_leaders"],
            key="separation-leaders",
            caption=f"Some equal leaders, the others worse by {worse}: % of boards on which an "
            f"equal one is separated. {_boards(tables['equal_leaders'])}",
            corner="Models",
            row_of=lambda row: f"{row['equal']} equal of {count(row['models'])}",
            column_of=_errors_and_correlation,
            cell=_separated,
        ),
        *better,
        _pivot(
            tables["seeds"],
            key="separation-seeds",
            caption="Models equal on average over seeds: % of boards on which any is separated. "
            f"{_boards(tables['seeds'])}",
            corner="Models",
            row_of=lambda row: f"{_models(row)}, seeds spread {row['seed_spread']:g}",
            column_of=_seeds,
            cell=_separated,
        ),
    ]


def _pivot(
    records: Sequence[Record],
    *,
    key: str,
    caption: str,
    corner: str,
    row_of: Any,
    cell: Any,
    column_of: Any = None,
) -> MeasuredTable:
    """Records as rows and columns, both in the order in which they first occur."""
    column = column_of or (lambda row: _ERRORS.get(row["errors"], row["errors"]))
    places: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        places.setdefault((row_of(record), column(record)), []).append(record)
    columns = tuple(dict.fromkeys(name for _, name in places))
    return MeasuredTable(
        key=key,
        caption=caption,
        corner=corner,
        columns=columns,
        rows=tuple(
            (
                title,
                tuple(
                    cell(places[title, name]) if (title, name) in places else None
                    for name in columns
                ),
            )
            for title in dict.fromkeys(title for title, _ in places)
        ),
    )


def _covered(records: Sequence[Record]) -> MeasuredCell:
    (record,) = records
    return MeasuredCell(
        text=_percent(record["coverage"]), detail=f"{record['median_width']:.2f} wide"
    )


def _covered_with_and_without_seeds(records: Sequence[Record]) -> MeasuredCell:
    found = {record["seeds_enter"]: _percent(record["coverage"]) for record in records}
    return MeasuredCell(text=found[True], detail=f"{found[False]} without")


def _separated(records: Sequence[Record], naive: str = "") -> MeasuredCell:
    (record,) = records
    detail = f"{_percent(record['separated_naively'])} {naive}" if naive else ""
    return MeasuredCell(text=_percent(record["separated"]), detail=detail)


def _power(records: Sequence[Record]) -> MeasuredCell:
    (record,) = records
    one, every = _percent(record["from_one"]), _percent(record["from_every"])
    return MeasuredCell(text=_percent(record["from_each"]), detail=f"one {one}, every {every}")


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f}"


def _is_obelix(row: Record) -> bool:
    return bool(row["test_set"] == "obelix")


def _models(row: Record) -> str:
    return f"{count(row['models'])} models"


def _seeds(row: Record) -> str:
    return f"{row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}"


def _decades(size: float) -> str:
    return f"{size:g} {'decade' if size == 1 else 'decades'}"


def _errors_and_correlation(row: Record) -> str:
    return f"{_ERRORS.get(row['errors'], row['errors'])}, correlation {row['correlation']:g}"


def _rows_and_groups(test_set: Record) -> str:
    return f"{count(test_set['rows'])} rows in {count(test_set['groups'])} groups"


def _set_title(test_set: Record) -> str:
    like = _TEST_SETS.get(test_set["test_set"])
    title = f"{_rows_and_groups(test_set)}, largest {count(test_set['largest_group'])}"
    return f"{title} ({like})" if like else title


def _boards(records: Sequence[Record]) -> str:
    """How many simulated boards stand behind each number, and how exact that makes it."""
    boards = [record["boards"] for record in records]
    errors = [
        value
        for record in records
        for name, value in record.items()
        if name.endswith("standard_error")
    ]
    fewest, most = min(boards), max(boards)
    number = count(fewest) if fewest == most else f"{count(fewest)} to {count(most)}"
    return f"{number} simulated boards each; standard error at most {100.0 * max(errors):.1f}."
