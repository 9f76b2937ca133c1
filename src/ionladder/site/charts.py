"""Charts of boards as static SVG, and the frame, axes and marks that every chart is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

import numpy as np
from markupsafe import Markup, escape

from ionladder.board.model import Board, Floor, Row, Value
from ionladder.site import text as txt
from ionladder.specs import Array

#: An axis of errors ends at this many times the trivial baseline at the latest.
FURTHEST = 3.0
_STEPS = (1.0, 2.0, 5.0, 10.0)

#: Places on an axis, each with what is printed there.
Ticks = Sequence[tuple[float, str]]


# Scales, and the elements of SVG


def short(value: float) -> str:
    """A coordinate with one decimal at most, without trailing zeros.

    Example:
        >>> short(12.0), short(3.14159), short(-0.04)
        ('12', '3.1', '0')
    """
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def ticks(low: float, high: float, *, about: int) -> list[float]:
    """Round numbers from ``low`` to ``high``, about as many as asked.

    Example:
        >>> ticks(0.0, 3.3, about=4), ticks(-17.4, -1.6, about=5)
        ([0.0, 1.0, 2.0, 3.0], [-15.0, -10.0, -5.0])
    """
    rough = (high - low) / about
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(s * magnitude for s in _STEPS if s * magnitude >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def tick_label(value: float) -> str:
    """A tick's number with a true minus and no needless decimals."""
    return f"{value:g}".replace("-", "−")


@dataclass(frozen=True)
class Scale:
    """A linear map from data to coordinates; values outside land on the nearer end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if value >= self.high:
            return self.end
        share = (value - self.low) / (self.high - self.low) if value > self.low else 0.0
        return self.start + share * (self.end - self.start)

    def exceeds(self, value: float) -> bool:
        """Whether a value lies beyond the upper end, so that its mark must say so."""
        return value > self.high

    def ticks(self, *, about: int) -> Ticks:
        """Round numbers within the scale with their labels, about as many as asked."""
        return [(t, tick_label(t)) for t in ticks(self.low, self.high, about=about)]


def axis_reach(values: Iterable[float], *, baseline: float | None) -> float:
    """Where an error axis that starts at 0 should end.

    A little beyond the largest value, but not beyond 3 times the trivial baseline: one absurd
    submission must not squeeze everybody else into the corner.

    Example:
        >>> axis_reach([1.5, 2.5], baseline=2.0), axis_reach([1.5, 900.0], baseline=2.0)
        (2.6, 6.0)
    """
    wanted = max([*filter(math.isfinite, values), 0.1]) * 1.04
    return wanted if baseline is None or baseline <= 0 else min(wanted, FURTHEST * baseline)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a CSS class."""
    a, b, c, d = map(short, (x1, y1, x2, y2))
    end = f"V{d}" if a == c else f"H{c}" if b == d else f"L{c} {d}"
    return f'<path class="{kind}" d="M{a} {b}{end}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of a CSS class."""
    size = f'width="{short(width)}" height="{short(height)}"'
    return f'<rect class="{kind}" x="{short(x)}" y="{short(y)}" {size}/>'


def circle(x: float, y: float, kind: str, radius: float) -> str:
    """A disc of a CSS class."""
    place = "".join(f' {k}="{short(v)}"' for k, v in (("cx", x), ("cy", y)) if v)
    return f'<circle class="{kind}"{place} r="{short(radius)}"/>'


def path(points: Iterable[tuple[float, float]], kind: str, *, shape: str = "polyline") -> str:
    """A line through points, or with the shape ``polygon`` the area within."""
    joined = " ".join(f"{short(x)} {short(y)}" for x, y in points).replace(" -", "-")
    return f'<{shape} class="{kind}" points="{joined}"/>'


#: Marks and bars are written in halves of a chart's unit, without a point, in this frame.
HALVES = 2
HALVES_FRAME = f'transform="scale(.5)" stroke-width="{HALVES}"'

#: Where marks stand, shape (n, 2).
Places = Sequence[tuple[float, ...]] | Array


def _corners(places: Array) -> str:
    """A path through whole places, shape (n, 2), each after the first by its steps."""
    first, rest = places[0], np.diff(places, axis=0)
    text = f"M{first[0]} {first[1]}l" + " ".join(f"{dx} {dy}" for dx, dy in rest.tolist())
    return text.removesuffix("l").replace(" -", "-")


def mark_paths(
    name: str,
    places: Places,
    kinds: Sequence[int],
    shapes: Mapping[int, str],
    *,
    beneath: str = "",
    per: float = HALVES,
    frame: str = "",
) -> str:
    """Many marks: for each kind its shape, once, and one path whose corners are its marks.

    Args:
        name: Identifier of the chart, unique on the page.
        places: Where marks stand, in the unit of the chart, or in that of the ``frame``.
        kinds: Kind of each mark. Paths are in the order of kinds, and marks of a path in theirs;
            so a script knows each again, by kinds that the page or, with a frame, a file names.
        shapes: What a mark of each kind looks like, drawn around (0, 0); or the identifier of
            marks of another chart of the page that look alike (``#a-0``).
        beneath: What is drawn beneath the marks, in the same frame.
        per: Whole numbers to a unit of the places.
        frame: Attributes that map these numbers onto the chart.

    Example:
        >>> print(mark_paths("a", [(1.0, 2.0), (3.0, 1.5)], [0, 0], {0: "<circle/>"}))
        <marker id="a-0"><circle/></marker><g class="il-marks" transform="scale(.5)" \
stroke-width="2"><path style="marker:url(#a-0)" d="M2 4l4-1"/></g>
    """
    whole, known = np.rint(np.asarray(places) * per).astype(int), np.asarray(kinds)
    listed = sorted(set(kinds))
    own = {k: f"#{name}-{k}" if shapes[k].startswith("<") else shapes[k] for k in listed}
    defined = [
        f'<marker id="{own[k][1:]}">{shapes[k]}</marker>' for k in listed if own[k] != shapes[k]
    ]
    paths = [
        f'<path style="marker:url({own[k]})" d="{_corners(whole[known == k])}"/>' for k in listed
    ]
    told = "" if frame or len(listed) < 2 else f' data-kinds="{"".join(map(str, kinds))}"'
    opening = f'<g class="il-marks" {frame or HALVES_FRAME}{told}>'
    return f"{''.join(defined)}{opening}{beneath}{''.join(paths)}</g>"


def bar_path(ends: Places, kind: str, *, width: float, per: float = HALVES) -> str:
    """Upright lines as one path, in whole numbers, ``per`` of them to a unit.

    Args:
        ends: Place across, and the two heights, of each of them, shape (n, 3).
        kind: Class of CSS, and what other attributes follow it.
        width: Width of the lines, in whole numbers.
        per: Whole numbers to a unit of the ends.
    """
    x, start, end = np.rint(np.asarray(ends).T * per).astype(int)
    steps = zip(np.diff(x), start[1:] - end[:-1], end[1:] - start[1:], strict=True)
    text = f"M{x[0]} {start[0]}v{end[0] - start[0]}"
    text += "".join(f"m{dx} {dy}v{length}" for dx, dy, length in steps)
    shown = text.replace(" -", "-")
    return f'<path class="{kind}" style="stroke-width:{width:.3g}" d="{shown}"/>'


def named(marks: Iterable[tuple[str, str]]) -> str:
    """Names of marks and the ways they lead, in their order, as an attribute for the script."""
    lines = (f"{escape(name)}&#9;{escape(way)}" if way else escape(name) for name, way in marks)
    return f' data-list="{"&#10;".join(lines)}"'


def words(x: float, y: float, text: object, kind: str, *, anchor: str = "start") -> str:
    """Text of a CSS class; ``text`` is escaped unless it is Markup."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{short(x)}" y="{short(y)}"{place}>{escape(text)}</text>'


def cut(label: str, limit: int) -> str:
    """A label of at most so many characters, the last an ellipsis where something is cut."""
    return label if len(label) <= limit else f"{label[: limit - 1]}…"


def dot(x: float, y: float, kind: str, *, radius: float = 4.5) -> str:
    """The mark of a row: a disc, or for references a hollow diamond."""
    if kind != "reference":
        return circle(x, y, f"il-dot il-dot--{kind}", radius)
    r = radius + 0.8
    corners = ((x, y - r), (x + r, y), (x, y + r), (x - r, y))
    return path(corners, "il-dot il-dot--reference", shape="polygon")


def beyond(x: float, y: float) -> str:
    """An arrow head at the end of a scale: the value lies further on."""
    return f'<path class="il-beyond" d="M{short(x - 3)} {short(y - 4)}l5 4l-5 4z"/>'


def hovered(hover: object, *drawn: str, kind: str = "", way: str = "") -> str:
    """Elements that say something on hover, and lead a ``way``; escaped unless it is Markup."""
    opening = f'<g class="{kind}">' if kind else "<g>"
    inner = f"<title>{escape(hover)}</title>{''.join(drawn)}"
    return f'{opening}<a href="{escape(way)}">{inner}</a></g>' if way else f"{opening}{inner}</g>"


def said_of(label: str, score: Value, *, told: str = "") -> str:
    """A name, its score and its interval, as hovering over a mark says them."""
    between = txt.interval(score.low, score.high)
    return f"{label}: {txt.number(score.value)}" + (f" ({told}{between})" if between else "")


class Plot:
    """A drawing of axes and what stands between them.

    Args:
        width: Width of the drawing in its own units; the page scales it.
        height: Height likewise.
        left: Where the upright axis stands.
        top: Upper end of the axes.
        right: Room to the right of the axes.
        bottom: Room below the axes, for numbers and a title.

    Attributes:
        drawn: Elements drawn so far, escaped.
        axis_line: The lines of its axes, as steps of a path.
    """

    def __init__(
        self,
        width: float,
        height: float,
        *,
        left: float = 46.0,
        top: float = 16.0,
        right: float = 14.0,
        bottom: float = 46.0,
    ) -> None:
        self.width, self.height = width, height
        self.left, self.right = left, width - right
        self.top, self.bottom = top, height - bottom
        self.drawn: list[str] = []
        self.axis_line = ""

    def across(self, low: float, high: float) -> Scale:
        """The scale of the lower axis."""
        return Scale(low, high, self.left, self.right)

    def upright(self, low: float, high: float) -> Scale:
        """The scale of the upright axis."""
        return Scale(low, high, self.bottom, self.top)

    def axis_below(self, scale: Scale, marks: Ticks, *, kind: str = "grid") -> None:
        """The lower axis; its numbers stand at lines (``grid``), short ones (``tick``) or none."""
        ends = (
            f"{short(self.top)}V{short(self.bottom)}"
            if kind == "grid"
            else f"{short(self.bottom)}v4"
        )
        lines = "".join(f"M{short(scale(value))} {ends}" for value, _ in marks if kind)
        line_kind = "il-grid" if kind == "grid" else "il-axis-line"
        self.axis_line += f"M{short(scale.start)} {short(self.bottom)}H{short(scale.end)}"
        self.drawn.append(f'<path class="{line_kind}" d="{lines}"/>' if lines else "")
        labels = [(f'x="{short(scale(value))}"', label) for value, label in marks]
        self._ticks(labels, f'y="{short(self.bottom + 17)}"')

    def axis_left(self, scale: Scale, marks: Ticks, *, has_line: bool = False) -> None:
        """The upright axis: a level line at each of its numbers."""
        if has_line:
            self.axis_line += f"M{short(self.left)} {short(self.top)}V{short(self.bottom)}"
        ends = f"M{short(self.left)} ", f"H{short(self.right)}"
        lines = "".join(short(scale(value)).join(ends) for value, _ in marks)
        self.drawn.append(f'<path class="il-grid" d="{lines}"/>' if lines else "")
        x = short(self.left - 7)
        labels = [(f'x="{x}" y="{short(scale(value) + 4)}"', label) for value, label in marks]
        self._ticks(labels, 'text-anchor="end"')

    def _ticks(self, labels: Sequence[tuple[str, str]], shared: str) -> None:
        """The numbers of an axis, each at its place, as one text."""
        spans = "".join(f"<tspan {place}>{escape(label)}</tspan>" for place, label in labels)
        self.drawn.append(f'<text class="il-tick" {shared}>{spans}</text>' if spans else "")

    def titles(self, below: str, beside: str = "") -> None:
        """What the axes show, with units."""
        centre, middle = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        self.drawn.append(words(centre, self.bottom + 38, below, "il-axis"))
        if beside:
            text = words(-middle, 16, beside, "il-axis")
            self.drawn.append(f'<text transform="rotate(-90)"{text.removeprefix("<text")}')

    def levels(self, floors: Iterable[Floor], y: Scale) -> None:
        """Floors as labelled level lines."""
        for floor in floors:
            at, label = y(floor.value), floor_label(floor)
            self.drawn.append(line(self.left, at, self.right, at, "il-floor-line"))
            self.drawn.append(words(self.right - 4, at - 6, label, "il-floor-label", anchor="end"))

    def finish(self, *, name: str, title: str, text: str, kind: str, data: str = "") -> Markup:
        """The drawing as an accessible ``<svg>``.

        Args:
            name: Identifier, unique on the page.
            title: Accessible name.
            text: Accessible description: what a reader who cannot see it should know.
            kind: Added to the CSS class (``il-chart il-chart--<kind>``).
            data: Attributes that say where the names of its marks are.
        """
        axis = f'<path class="il-axis-line" d="{self.axis_line}"/>' if self.axis_line else ""
        body = axis + "".join(self.drawn)
        role = "group" if "<a " in body else "img"  # what is inside an image cannot be reached
        return Markup(  # noqa: S704 - elements are escaped where they are made
            f'<svg class="il-chart il-chart--{kind}" id="{name}" '
            f'viewBox="0 0 {short(self.width)} {short(self.height)}" role="{role}"{data}>'
            f"<title>{escape(title)}</title><desc>{escape(text)}</desc>{body}</svg>"
        )


def two_widths(draw: Callable[[bool, str], Markup], name: str, data: str = "") -> Markup:
    """A chart drawn for wide and for narrow pages; the style sheet shows one of them.

    Args:
        draw: Draws it, told whether the page is wide and the name of the drawing.
        name: Identifier of the chart.
        data: Attributes that say where the names of its marks are.
    """
    wide, narrow = draw(True, f"{name}-wide"), draw(False, f"{name}-narrow")
    both = f'<div class="il-wide">{wide}</div>\n<div class="il-narrow">{narrow}</div>'
    return Markup(f"<div{data}>{both}</div>" if data else both)  # noqa: S704 - they are escaped


# What all charts of a board show: the axis of its score, the floor, the trivial baseline


def value_axis(board: Board) -> str:
    """Title of the axis of a board's scores."""
    return f"{board.task.primary_use.title} ({board.unit})"


def baseline_value(board: Board) -> float | None:
    """Score of the trivial reference that charts draw; None where the board has none."""
    return board.primary(board.baseline).value if board.baseline else None


def floor_label(floor: Floor) -> str:
    """A floor's name with its value."""
    digits = txt.fine_digits(floor.value)
    return f"{txt.floor_title(floor.name).lower()} {txt.number(floor.value, digits=digits)}"


def _spread(score: Value, x: Scale, y: float) -> str:
    """An interval as a level line; nothing where there is none."""
    if score.low is None or score.high is None:
        return ""
    return line(x(score.low), y, x(score.high), y, "il-whisker")


def upright_spreads(
    scored: Iterable[tuple[float, Value]], y: Scale, kind: str = "il-whisker"
) -> str:
    """Intervals of scores as upright lines, each at its place across."""
    ends = [(x, y(s.low), y(s.high)) for x, s in scored if s.low is not None and s.high is not None]
    drawn = bar_path(ends, kind, width=3.6 if kind == "il-whisker" else 2.4) if ends else ""
    return f"<g {HALVES_FRAME}>{drawn}</g>" if drawn else ""


def score_ends(scores: Iterable[Value | Floor | None]) -> list[float]:
    """Upper ends of intervals, or the values of what has none."""
    ends = [s.value if s.high is None else s.high for s in scores if s is not None]
    return [end for end in ends if end is not None]


# A board as a picture: a row per submission, dot and interval, against floor and baseline


_CHARS, _CHARS_ALONE = 33, 46


def interval_chart(
    board: Board, rows: Sequence[Row], here: str, *, confidence: float, name: str
) -> Markup:
    """Rows of a board as dots with intervals, for wide and narrow pages.

    Args:
        board: The board.
        rows: Its rows to draw, best first; those without a score are left out.
        here: Address of the page, from which rows are linked.
        confidence: Nominal confidence of the intervals (0.95).
        name: Identifier, unique on the page.
    """
    shown = [row for row in rows if board.primary(row).value is not None]
    told = f"{100 * confidence:g} % interval "

    def draw(is_wide: bool, name: str) -> Markup:
        pitch = 30.0 if is_wide else 44.0
        top = 10 + 18 * max(len(_levels(board)), 2)
        size = (780 if is_wide else 360, 48 + top + pitch * max(len(shown), 1))
        left, right = (236, 116) if is_wide else (10, 88)
        plot = Plot(*size, left=left, right=right, top=top, bottom=48)
        drawn: list[Value | Floor | None] = [*map(board.primary, shown), *board.levels]
        drawn.append(Value(baseline_value(board)))
        x = plot.across(0.0, axis_reach(score_ends(drawn), baseline=baseline_value(board)))
        plot.axis_below(x, x.ticks(about=8 if is_wide else 6))
        plot.drawn += _upright_levels(board, x, plot)
        top_group: list[float] = []
        for place, row in enumerate(shown):
            centre = plot.top + pitch * place + (pitch / 2 if is_wide else 31)
            if row.tie_group == 1:
                top_group.append(centre)
            way = txt.relative(here, txt.submission_url(board.task.name, row.submission or ""))
            label = _row_label(txt.plain(row.model), plot.left, centre, is_wide=is_wide, above=14)
            score = board.primary(row)
            value = words(
                plot.right + 44, centre + 4.5, txt.number(score.value), "il-value", anchor="end"
            )
            hover = said_of(txt.plain(row.model), score, told=told)
            parts = [label, *_interval(score, row.kind, x, centre), value]
            plot.drawn.append(hovered(hover, *parts, kind=f"il-row il-row--{row.kind}", way=way))
        plot.drawn += _top_bars(top_group, plot.right + 54, pitch)
        better = "smaller" if board.smaller_is_better else "larger"
        plot.titles(f"{value_axis(board)}, {better} is better")
        text = _said_of_board(board, shown)
        return plot.finish(name=name, title="The board as a picture", text=text, kind="ladder")

    return two_widths(draw, name)


def _levels(board: Board) -> list[tuple[str, float, str]]:
    """Kind, value and label of what a board is held against: its floors and its baseline."""
    levels = [("floor", floor.value, floor_label(floor)) for floor in board.levels]
    value = baseline_value(board)
    if board.baseline and value is not None:
        label = txt.plain(board.baseline.model, limit=24).lower()
        shown = txt.number(value, digits=txt.fine_digits(value))
        levels.append(("median", value, f"{label} {shown}"))
    return levels


def _upright_levels(board: Board, x: Scale, plot: Plot) -> list[str]:
    """Floors and baseline as labelled upright lines, each label at a height of its own."""
    drawn = []
    for place, (kind, value, label) in enumerate(_levels(board)):
        at, y = x(value), 14.0 + 18.0 * place
        drawn.append(line(at, y + 5, at, plot.bottom, f"il-{kind}-line"))
        is_right = at > (plot.left + plot.right) / 2
        beside, anchor = (at + 2, "end") if is_right else (at - 2, "start")
        drawn.append(words(beside, y, label, f"il-{kind}-label", anchor=anchor))
    return drawn


def _interval(score: Value, kind: str, x: Scale, y: float) -> list[str]:
    """An interval with caps at the ends that are on the axis, and the dot of its value."""
    caps = [end for end in (score.low, score.high) if end is not None and not x.exceeds(end)]
    drawn = [_spread(score, x, y)]
    if drawn[0]:
        drawn += [line(x(end), y - 4, x(end), y + 4, "il-whisker") for end in caps]
    value = score.value or 0.0
    return [*drawn, beyond(x(value), y) if x.exceeds(value) else dot(x(value), y, kind)]


def _top_bars(ys: Sequence[float], x: float, pitch: float) -> list[str]:
    """A bar beside each row of the top group, and beside no row between them that is not in it."""
    if len(ys) < 2:
        return []
    bars = [line(x, y - pitch / 2, x, y + pitch / 2, "il-tie-line") for y in ys]
    return [*bars, words(x + 6, ys[0] + 4, "top", "il-tie-label")]


def _row_label(label: str, left: float, centre: float, *, is_wide: bool, above: float) -> str:
    """A row's name: to the left of it on at most two lines, or on narrow pages above it."""
    if not is_wide:
        return words(left, centre - above, cut(label, _CHARS_ALONE), "il-label")
    lines = wrap(label, _CHARS, max_lines=2, placeholder="…")
    first = centre + 4.5 - 6.5 * (len(lines) - 1)
    return "".join(
        words(left - 12, first + 13 * place, text, "il-label", anchor="end")
        for place, text in enumerate(lines)
    )


def _said_of_board(board: Board, rows: Sequence[Row]) -> str:
    if not rows:
        return "No submission has been scored yet."
    best = board.primary(rows[0])
    first, between = txt.plain(rows[0].model), txt.interval(best.low, best.high) or "no interval"
    levels = "".join(f"; {label}" for _, _, label in _levels(board))
    return (
        f"{len(rows)} rows by {value_axis(board)}; best: {first}, {txt.number(best.value)} "
        f"({between}){levels}. The table below holds the same numbers."
    )


# A model's error on folds that are near to its training data, and on folds that are far from it


def difficulty_chart(
    rows: Sequence[tuple[str, Sequence[Value], str]], kinds: Sequence[str], axis: str, *, name: str
) -> Markup:
    """Errors by kind of folds, a row a model, for wide and narrow pages.

    Args:
        rows: Name of each model, its error on every kind of folds, and the way to its page.
        kinds: The kinds of folds, the easiest first.
        axis: The error with its unit.
        name: Identifier, unique on the page.
    """
    reach = axis_reach(score_ends(v for _, values, _ in rows for v in values), baseline=None)

    def draw(is_wide: bool, name: str) -> Markup:
        pitch = 38.0 if is_wide else 50.0
        size = (780 if is_wide else 360, 54 + pitch * len(rows))
        plot = Plot(*size, left=236 if is_wide else 10, right=12, top=8)
        x = plot.across(0.0, reach)
        plot.axis_below(x, x.ticks(about=8 if is_wide else 6))
        for place, (label, values, way) in enumerate(rows):
            centre = plot.top + pitch * place + (pitch / 2 if is_wide else 31)
            plot.drawn.append(_row_label(label, plot.left, centre, is_wide=is_wide, above=18))
            for kind, (title, score) in enumerate(zip(kinds, values, strict=True)):
                if score.value is None:
                    continue
                y = centre + 10 * (kind - (len(values) - 1) / 2)
                mark = difficulty_mark(kind, x(score.value), y)
                said, spread = said_of(f"{label}, {title}", score), _spread(score, x, y)
                plot.drawn.append(hovered(said, spread, mark, way=way))
        plot.titles(axis)
        return plot.finish(
            name=name,
            title="Cross-validated error by kind of folds",
            text=f"{len(rows)} models on folds: {', '.join(kinds)}. The table below holds the same "
            "numbers.",
            kind="rungs",
        )

    return two_widths(draw, name)


def difficulty_mark(kind: int, x: float, y: float) -> str:
    """The mark of a kind of folds: an open disc, a square, a filled disc."""
    if kind % 3 == 1:
        return rect(x - 4, y - 4, 8, 8, "il-rung")
    return circle(x, y, "il-rung" if kind % 3 else "il-rung il-rung--open", 4.5)


# Error against what a model costs, a mark a model; the cost on a logarithmic axis


MOST_NAMED = 25
_LABEL_CHARS, _CHAR, _HALF = 38, 6.0, 6.5
_MARK, _GAP, _BESIDE = 5.0, 8.0, 3.0
_ROOM, _LEAST, _MOST = 0.3, -300.0, 300.0

#: Marks of rows: verified, reference, and beyond the end of the scale.
ROW_SHAPES = {0: dot(0, 0, "verified"), 1: dot(0, 0, "reference"), 2: beyond(0, 0)}

#: Left, top, right and bottom.
Box = tuple[float, float, float, float]
#: Where a label stands, and its ``text-anchor``.
Place = tuple[float, float, str]


@dataclass(frozen=True, kw_only=True)
class CostPoint:
    """One model.

    Attributes:
        label: Its name.
        kind: ``verified`` or ``reference``.
        cost: What it costs, in the unit of the axis, not negative.
        score: Its score with its interval, where there is one.
    """

    label: str
    kind: str
    cost: float
    score: Value


@dataclass(frozen=True, kw_only=True)
class CostChart:
    """Scores of a board against a cost.

    Attributes:
        board: Gives the axis of scores, the floor, and the baseline.
        points: Models that state their cost, in the order of the table that names the marks; at
            least one.
        axis: The cost with its unit.
        ticks: Costs that the axis may name, ascending, each as printed.
    """

    board: Board
    points: Sequence[CostPoint]
    axis: str
    ticks: Ticks

    def draw(self, *, name: str) -> Markup:
        """The chart for wide and narrow pages; the table ``<name>-rows`` names its marks."""
        return two_widths(self._draw, name, f' data-rows="{name}-rows"')

    @property
    def front(self) -> list[int]:
        """Places of the points that no cheaper one is as good as, cheapest first."""
        sign = 1.0 if self.board.smaller_is_better else -1.0
        values = [sign * (point.score.value or 0.0) for point in self.points]
        found: list[int] = []
        for at in sorted(range(len(values)), key=lambda at: (self.points[at].cost, values[at])):
            if not found or values[at] < values[found[-1]]:
                found.append(at)
        return found

    @property
    def hides_names(self) -> bool:
        """Whether at either width some mark bears no name, since it would cover another."""
        return any(None in self._layout(is_wide)[-1] for is_wide in (True, False))

    def _layout(
        self, is_wide: bool
    ) -> tuple[Plot, Scale, Scale, list[tuple[float, float]], list[Place | None]]:
        """The frame, its scales, where each mark stands, and where its name does."""
        plot = Plot(780, 380) if is_wide else Plot(360, 330)
        # Room beside the outermost marks, and at least a factor of 100.
        known = [math.log10(p.cost) for p in self.points if p.cost > 0] or [0.0]
        middle = (min(known) + max(known)) / 2
        reach = max((max(known) - min(known)) / 2 + _ROOM, 1.0)
        x = plot.across(max(middle - reach, _LEAST), min(middle + reach, _MOST))
        levels = [floor.value for floor in self.board.levels]
        ends = [*score_ends(p.score for p in self.points), *levels]
        y = plot.upright(0.0, axis_reach(ends, baseline=baseline_value(self.board)))
        marks, boxes = [], []
        for point in self.points:
            px = x(math.log10(point.cost)) if point.cost > 0 else plot.left
            py = y(point.score.value or 0.0)
            ends = [y(end) for end in (point.score.low, point.score.high) if end is not None]
            heights = [py - _MARK, py + _MARK, *ends]
            marks.append((px, py))
            boxes.append((px - _MARK, min(heights), px + _MARK, max(heights)))
        bottom = y(max(levels)) - 12 if levels else plot.bottom
        labels = [cut(point.label, _LABEL_CHARS) for point in self.points]
        # The front is named first, and where no side is free, over what is drawn there.
        first = self.front[::-1]
        rest = [at for at in range(len(labels)) if at not in first]
        order = first + (rest if len(labels) <= MOST_NAMED else [])
        places: list[Place | None] = [None] * len(labels)
        within = (plot.left, 0.0, plot.width, bottom)
        listed = [labels[at] for at in order]
        found = place_labels([boxes[at] for at in order], listed, within, n_forced=len(first))
        for at, place in zip(order, found, strict=True):
            places[at] = place
        return plot, x, y, marks, places

    def _draw(self, is_wide: bool, name: str) -> Markup:
        plot, x, y, at, places = self._layout(is_wide)
        plot.levels(self.board.levels, y)
        plot.axis_left(y, y.ticks(about=6))
        costs = [(math.log10(cost), label) for cost, label in self.ticks]
        plot.axis_below(x, fitting(costs, x), kind="tick")
        plot.titles(self.axis, value_axis(self.board))
        # Many intervals side by side would hide the marks, so they step back.
        spread = "il-whisker" if len(self.points) <= MOST_NAMED else "il-spread"
        names = []
        steps = [at[place] for place in self.front]
        corners = [(b[0], a[1]) for a, b in pairwise(steps)]
        joined = [each for pair in zip(steps, [*corners, steps[-1]], strict=True) for each in pair]
        plot.drawn.append(path([*joined, (plot.right, steps[-1][1])], "il-front-line"))
        for kind in ("verified", "reference"):
            pairs = zip(at, self.points, strict=True)
            scored = [(px, point.score) for (px, _), point in pairs if point.kind == kind]
            drawn = upright_spreads(scored, y, spread)
            plot.drawn.append(f'<g class="il-row--{kind}">{drawn}</g>' if drawn else "")
        kinds = [
            2 if y.exceeds(point.score.value or 0.0) else int(point.kind == "reference")
            for point in self.points
        ]
        plot.drawn.append(mark_paths(name, at, kinds, ROW_SHAPES))
        for point, place in zip(self.points, places, strict=True):
            if place is not None:
                label = cut(point.label, _LABEL_CHARS)
                names.append(words(place[0], place[1], label, "il-mark-label", anchor=place[2]))
        plot.drawn += names
        return plot.finish(
            name=name,
            title=f"{value_axis(self.board)} against {self.axis}",
            text=f"{len(self.points)} models that state their cost. The table below holds the same "
            "numbers.",
            kind="scatter",
        )


def fitting(marks: Ticks, x: Scale) -> Ticks:
    """The first of the places that an axis may name, and of the others as many as fit."""
    named: list[tuple[float, str]] = []
    for at, label in marks:
        room = 7.0 * len(label) + 10
        if x.low <= at <= x.high and (not named or x(at) - x(named[-1][0]) > room):
            named.append((at, label))
    return named


def place_labels(
    marks: Sequence[Box], labels: Sequence[str], within: Box, *, n_forced: int = 0
) -> list[Place | None]:
    """Where labels stand beside marks: at the first free side of each, in the order given.

    Args:
        marks: What is drawn of each thing named, its interval included.
        labels: Their names, one each.
        within: What labels stay within.
        n_forced: So many from the first on may cover marks, but no other label.

    Returns:
        Place of each and its ``text-anchor``; None for those that would cover another.
    """
    taken, named = list(marks), list[Box]()
    found: list[Place | None] = []
    left, top, right, bottom = within
    for at, ((x1, y1, x2, y2), label) in enumerate(zip(marks, labels, strict=True)):
        width, centre = len(label) * _CHAR, (x1 + x2) / 2
        sides = [(centre, y, "middle", centre - width / 2) for y in (y1 - _GAP, y2 + _GAP)]
        for y in ((y1 + y2) / 2, y1 + _HALF, y2 - _HALF):
            sides.append((x2 + _BESIDE, y, "start", x2 + _BESIDE))
            sides.append((x1 - _BESIDE, y, "end", x1 - _BESIDE - width))
        chosen = None
        tries = [(side, taken) for side in sides]
        tries += [(side, named) for side in sides if at < n_forced]
        for (x, y, anchor, start), others in tries:
            a = (start, y - _HALF, start + width, y + _HALF)
            if (a[0] >= left and a[2] <= right and a[1] >= top and a[3] <= bottom) and not any(
                a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in others
            ):
                chosen = (x, y + 4, anchor)
                taken.append(a)
                named.append(a)
                break
        found.append(chosen)
    return found


# One row's value and interval on the axis of its table


SPARK_WIDTH, SPARK_HEIGHT, _MARGIN = 168.0, 22.0, 6.0


def spark_scale(values: Iterable[float], *, baseline: float | None) -> Scale:
    """The axis that all small pictures of a board's scores share."""
    return Scale(0.0, axis_reach(values, baseline=baseline), _MARGIN, SPARK_WIDTH - _MARGIN)


def difference_scale(values: Iterable[Value]) -> Scale:
    """The axis of small pictures of differences; zero is always on it."""
    ends = [end for v in values for end in (v.value, v.low, v.high) if end is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = 0.04 * (high - low) or 1.0
    return Scale(low - room, high + room, _MARGIN + 2, SPARK_WIDTH - _MARGIN - 2)


def zero_line(scale: Scale) -> str:
    """What differences are held against."""
    return line(scale(0.0), 0, scale(0.0), SPARK_HEIGHT, "il-axis-line")


def backdrop(scale: Scale, board: Board, baseline: float | None) -> str:
    """What scores are held against: the floors of the board, and the line of the baseline."""
    floors = "".join(
        f"M{short(scale(each.value))} 0V{short(SPARK_HEIGHT)}" for each in board.levels
    )
    behind = f'<path class="il-floor-line" d="{floors}"/>' if floors else ""
    at = scale(baseline or 0.0)
    return behind + ("" if baseline is None else line(at, 0, at, SPARK_HEIGHT, "il-median-line"))


def spark(value: Value, kind: str, scale: Scale, *, behind: str) -> Markup:
    """The small picture of one row; hidden from screen readers, who have the numbers beside it."""
    middle = SPARK_HEIGHT / 2
    drawn = behind + _spread(value, scale, middle)
    if value.value is not None:
        x = scale(value.value)
        drawn += beyond(x, middle) if scale.exceeds(value.value) else dot(x, middle, kind, radius=4)
    return _spark(drawn, SPARK_HEIGHT)


def spark_axis(scale: Scale) -> Markup:
    """The tick numbers that stand in the head of a column of small pictures."""
    marks = scale.ticks(about=4)
    drawn = [words(scale(t), 11, label, "il-tick") for t, label in marks]
    return _spark("".join(drawn), 14)


def _spark(drawn: str, height: float) -> Markup:
    size = f"{short(SPARK_WIDTH)} {short(height)}"
    return Markup(  # noqa: S704 - elements are escaped where they are made
        f'<svg class="il-spark" viewBox="0 0 {size}" aria-hidden="true">{drawn}</svg>'
    )
