"""What more than one page shows: the chart of a board, and the sentence that sums it up."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ionladder.site.board import Board, Row
from ionladder.site.charts.ladder import Ladder, LadderRow, Mark
from ionladder.site.links import relative, submission_url
from ionladder.site.text import fine_digits, inert, interval, listing, number, plain
from ionladder.site.wording import floor_title, repeats_phrase

NAMED_ROWS = 3
_MANY_TIMES = 10


def ladder_of(board: Board, rows: Sequence[Row], here: str, *, confidence: float) -> Ladder:
    """The chart of some rows of a board, linked from a page."""
    floor, baseline = board.floor, board.baseline
    line = board.primary(baseline).value if baseline else None
    unit = f"{board.task.primary_use.title} / {board.unit}"
    better = "smaller" if board.smaller_is_better else "larger"
    return Ladder(
        rows=tuple(r for row in rows if (r := _ladder_row(board, row, here)) is not None),
        floor=Mark(
            label=floor_title(floor.name).lower(),
            value=floor.value,
            low=floor.low,
            high=floor.high,
        )
        if floor
        else None,
        baseline=Mark(label=plain(baseline.model, limit=24).lower(), value=line)
        if baseline and line is not None
        else None,
        axis=f"{unit}, {better} is better",
        confidence=confidence,
    )


def _ladder_row(board: Board, row: Row, here: str) -> LadderRow | None:
    cell = board.primary(row)
    if cell.value is None:
        return None
    return LadderRow(
        label=plain(row.model),
        kind=row.kind,
        value=cell.value,
        low=cell.low,
        high=cell.high,
        href=relative(here, submission_url(board.task.name, row.submission or "")),
        tie_group=row.tie_group,
    )


def verdict(board: Board, here: str, *, confidence: float) -> Markup | None:
    """Who leads, whether that is noise, and how far the floor is; None on an empty board."""
    leaders = board.leaders
    if not leaders:
        return None
    best = board.primary(leaders[0])
    if best.value is None:
        return None
    between = interval(best.low, best.high)
    error = Markup("<b>{}</b> {}").format(number(best.value), board.unit)
    error += f" ({100 * confidence:g} % interval {between})" if between else ""
    if len(leaders) == 1:
        text = Markup("{} leads with {}.").format(linked_names(board, leaders[:1], here), error)
    else:
        text = Markup("{} has the smallest error, {}, but the data cannot tell it from {}.").format(
            linked_names(board, leaders[:1], here), error, linked_names(board, leaders[1:], here)
        )
    if board.floor and board.floor.value > 0 and board.smaller_is_better:
        ratio = best.value / board.floor.value
        times = number(ratio, digits=1 if ratio < _MANY_TIMES else 0)
        floor = number(board.floor.value, digits=fine_digits(board.floor.value))
        text += Markup(
            " That is {} times the {} {} by which {} lie from their median, on average."
        ).format(times, floor, board.unit, repeats_phrase(board.task))
    return text


def linked_names(board: Board, rows: Sequence[Row], here: str) -> Markup:
    """The first few of some rows by name, each linked to its page, and how many more."""
    shown = rows if len(rows) <= NAMED_ROWS + 1 else rows[:NAMED_ROWS]
    links = [
        Markup('<a href="{}"><bdi>{}</bdi></a>').format(
            relative(here, submission_url(board.task.name, row.submission or "")),
            inert(row.model, limit=60),
        )
        for row in shown
    ]
    return listing(links, more=len(rows) - len(shown))
