"""The tables of an experiment's page: what was asked, printed beside verified, arm against arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ionladder.site.board import Board, Row, Value
from ionladder.site.charts.svg import Scale, line
from ionladder.site.charts.whisker import HEIGHT, WIDTH, whisker, whisker_axis
from ionladder.site.differences import Difference, Differences, State
from ionladder.site.links import pair_href, relative, submission_url
from ionladder.site.tables import NOT_APPLICABLE, Cell, signed_cell, value_cell
from ionladder.site.text import change_of, count, duration, exact, inert, percent
from ionladder.specs.experiment import Experiment

_MARGIN = 8.0
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
    scale = _scale(every)
    board = differences.board
    return {
        "axis": whisker_axis(scale),
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
    zero = line(scale(0.0), 0, scale(0.0), HEIGHT, "il-axis-line")
    first, second = (board.entrant(name) for name in names)
    return Asked(
        first=inert(first.model if first else names[0], limit=80),
        second=inert(second.model if second else names[1], limit=80),
        first_href=relative(here, submission_url(task, names[0])),
        second_href=relative(here, submission_url(task, names[1])),
        compare_href=pair_href(here, task, *names),
        difference=signed_cell(difference.value),
        whisker=whisker(difference.value, "verified", scale, behind=zero),
        verdict=_VERDICTS[difference.state],
        probability=percent(difference.probability_better),
        n_candidates=n_candidates,
    )


def _scale(differences: Sequence[Difference]) -> Scale:
    """The axis of all differences; zero is always on it."""
    values = (difference.value for difference in differences)
    ends = [end for v in values for end in (v.value, v.low, v.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.04 * (high - low) or 1.0
    return Scale(low - room, high + room, _MARGIN, WIDTH - _MARGIN)


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
