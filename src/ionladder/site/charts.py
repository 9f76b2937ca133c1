"""Charts as static SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from markupsafe import Markup, escape

from ionladder.site.board import Floor, Value
from ionladder.site.text import change_of, count, fine_digits, interval, number

# The few pieces of SVG that every chart is made of: numbers, scales, elements


_FURTHEST = 3.0
_STEPS = (1.0, 2.0, 5.0, 10.0)


def short(value: float) -> str:
    """A coordinate with one decimal at most, without trailing zeros.

    Example:
        >>> short(12.0), short(3.14159), short(-0.04)
        ('12', '3.1', '0')
    """
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


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

    def ticks(self, *, about: int) -> list[float]:
        """Round numbers within the scale, about as many as asked."""
        return ticks(self.low, self.high, about=about)


def ticks(low: float, high: float, *, about: int) -> list[float]:
    """Round numbers from ``low`` to ``high``.

    Example:
        >>> ticks(0.0, 3.3, about=4), ticks(-17.4, -1.6, about=5)
        ([0.0, 1.0, 2.0, 3.0], [-15.0, -10.0, -5.0])
    """
    rough = (high - low) / about
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(s * magnitude for s in _STEPS if s * magnitude >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def tick_label(value: float) -> str:
    """A tick's number with a true minus and no needless decimals."""
    return f"{value:g}".replace("-", "−")


def figure(
    content: list[str], *, width: float, height: float, name: str, title: str, text: str, kind: str
) -> Markup:
    """Wrap drawn elements into an accessible ``<svg>``.

    Args:
        content: SVG elements, already escaped.
        width: Width of the drawing in its own units; the page scales it.
        height: Height likewise.
        name: Identifier, unique on the page.
        title: Accessible name.
        text: Accessible description: what a reader who cannot see it should know.
        kind: Added to the CSS class (``il-chart il-chart--<kind>``).
    """
    body = "".join(content)
    role = "group" if "<a " in body else "img"  # what is inside an image cannot be reached
    return Markup(  # noqa: S704 - elements are escaped where they are made
        f'<svg class="il-chart il-chart--{kind}" viewBox="0 0 {short(width)} {short(height)}" '
        f'role="{role}" aria-labelledby="{name}-title {name}-desc" data-search-exclude="">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(text)}</desc>' + f"{body}</svg>"
    )


def two_widths(wide: Markup, narrow: Markup) -> Markup:
    """A chart drawn for wide and for narrow pages; the style sheet shows one of them."""
    return Markup('<div class="il-wide">{}</div>\n<div class="il-narrow">{}</div>').format(
        wide, narrow
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a CSS class."""
    return (
        f'<line class="{kind}" x1="{short(x1)}" y1="{short(y1)}" '
        f'x2="{short(x2)}" y2="{short(y2)}"/>'
    )


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of a CSS class."""
    return (
        f'<rect class="{kind}" x="{short(x)}" y="{short(y)}" '
        f'width="{short(width)}" height="{short(height)}"/>'
    )


def words(x: float, y: float, text: object, kind: str, *, anchor: str = "start") -> str:
    """Text of a CSS class; ``text`` is escaped unless it is Markup."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{short(x)}" y="{short(y)}"{place}>{escape(text)}</text>'


def dot(x: float, y: float, kind: str, *, radius: float = 4.5) -> str:
    """The mark of a row: a disc, or for references a hollow diamond."""
    if kind == "reference":
        r = radius + 0.8
        points = ((x, y - r), (x + r, y), (x, y + r), (x - r, y))
        path = " ".join(f"{short(px)},{short(py)}" for px, py in points)
        return f'<polygon class="il-dot il-dot--reference" points="{path}"/>'
    return (
        f'<circle class="il-dot il-dot--{kind}" cx="{short(x)}" cy="{short(y)}" '
        f'r="{short(radius)}"/>'
    )


def hovered(mark: str, hover: Markup, beside: str = "") -> str:
    """A mark that says something on hover, together with what is drawn beside it, if anything.

    A title within the mark itself does without a group: of plots with a mark an entry, a third of
    their elements.

    Example:
        >>> hovered('<circle r="2"/>', Markup("7cr"))
        '<circle r="2"><title>7cr</title></circle>'
    """
    if beside:
        return f"<g><title>{hover}</title>{beside}{mark}</g>"
    return f"{mark[:-2]}><title>{hover}</title></{mark[1 : mark.index(' ')]}>"


def beyond(x: float, y: float) -> str:
    """An arrow head at the end of a scale: the value lies further on."""
    return f'<path class="il-beyond" d="M{short(x - 3)} {short(y - 4)}l5 4l-5 4z"/>'


def axis_reach(values: list[float], *, baseline: float | None) -> float:
    """Where an error axis that starts at 0 should end.

    A little beyond the largest value, but not beyond 3 times the trivial baseline: one absurd
    submission must not squeeze everybody else into the corner.

    Example:
        >>> axis_reach([1.5, 2.5], baseline=2.0), axis_reach([1.5, 900.0], baseline=2.0)
        (2.6, 6.0)
    """
    finite = [value for value in values if math.isfinite(value)]
    wanted = max([*finite, 0.1]) * 1.04
    return wanted if baseline is None or baseline <= 0 else min(wanted, _FURTHEST * baseline)


# How labels are distributed in groups of entries: a row a group, a panel a target, a box each


_TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_QUANTILES = ("min", "q25", "median", "q75", "max")


@dataclass(frozen=True, kw_only=True)
class Box:
    """Smallest, quartiles and largest of a group."""

    low: float
    q25: float
    median: float
    q75: float
    high: float


@dataclass(frozen=True, kw_only=True)
class BoxRow:
    """A group: its name, its size, and one box a panel (None where it has no label)."""

    label: str
    n: int
    boxes: tuple[Box | None, ...]


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """What the chart shows: groups, titles of the panels, and the axis with its unit."""

    rows: Sequence[BoxRow]
    panels: Sequence[str]
    axis: str


@dataclass(frozen=True)
class _Shape:
    width: float
    left: float
    label_chars: int
    ticks: tuple[float, ...]
    pitch: float = 19.0
    top: float = 26.0
    gap: float = 16.0

    def panel(self, position: int, of: int) -> tuple[float, float]:
        """Left and right edge of a panel."""
        room = (self.width - self.left - 10 - self.gap * (of - 1)) / of
        start = self.left + position * (room + self.gap)
        return start, start + room


_WIDE = _Shape(width=780, left=196, label_chars=24, ticks=_TICKS)
_NARROW = _Shape(width=360, left=128, label_chars=15, ticks=_TICKS[::2][1:], gap=8)


def box(quantiles: Mapping[str, float | None]) -> Box | None:
    """A box from a manifest's quantiles; None where a group has no label."""
    values = [quantiles.get(name) for name in _QUANTILES]
    known = [float(value) for value in values if value is not None]
    if len(known) < len(values):
        return None
    low, q25, median, q75, high = known
    return Box(low=low, q25=q25, median=median, q75=q75, high=high)


def boxes_chart(boxes: Boxes, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _draw(boxes, _WIDE, name=f"{name}-wide"), _draw(boxes, _NARROW, name=f"{name}-narrow")
    )


def _draw(boxes: Boxes, shape: _Shape, *, name: str) -> Markup:
    bottom = shape.top + shape.pitch * len(boxes.rows)
    low, high = _range(boxes)
    drawn = [
        words(0, shape.top + shape.pitch * (i + 0.68), _label(row, shape), "il-box-label")
        for i, row in enumerate(boxes.rows)
    ]
    for position, title in enumerate(boxes.panels):
        scale = Scale(math.log10(low), math.log10(high), *shape.panel(position, len(boxes.panels)))
        drawn += _panel(scale, title, shape, bottom)
        for i, row in enumerate(boxes.rows):
            drawn.append(_box(row, position, scale, shape.top + shape.pitch * (i + 0.5), title))
    middle = (shape.left + shape.width) / 2
    drawn.append(words(middle, bottom + 38, boxes.axis, "il-axis", anchor="middle"))
    return figure(
        drawn,
        width=shape.width,
        height=bottom + 46,
        name=name,
        title=f"Distribution of {boxes.axis} in groups of entries",
        text=f"{len(boxes.rows)} groups; the table below holds the same numbers.",
        kind="boxes",
    )


def _range(boxes: Boxes) -> tuple[float, float]:
    """Ends of the logarithmic axis: all that is positive."""
    known = [b for row in boxes.rows for b in row.boxes if b is not None]
    lows = [b.low for b in known if b.low > 0]
    high = max([b.high for b in known if b.high > 0], default=1.0)
    return min(lows, default=high / 10) * 0.9, high * 1.1


def _panel(scale: Scale, title: str, shape: _Shape, bottom: float) -> list[str]:
    drawn = [
        words((scale.start + scale.end) / 2, 14, title, "il-value", anchor="middle"),
        line(scale.start, bottom, scale.end, bottom, "il-axis-line"),
    ]
    for tick in shape.ticks:
        if scale.low <= math.log10(tick) <= scale.high:
            x = scale(math.log10(tick))
            drawn.append(line(x, shape.top, x, bottom, "il-grid"))
            drawn.append(words(x, bottom + 16, tick_label(tick), "il-tick", anchor="middle"))
    return drawn


def _box(row: BoxRow, position: int, scale: Scale, y: float, title: str) -> str:
    shown = row.boxes[position]
    if shown is None:
        return ""

    def x(value: float) -> float:
        return scale(math.log10(value)) if value > 0 else scale.start

    hover = (
        f"{row.label}, {title}: median {number(shown.median)}, middle half {number(shown.q25)} to "
        f"{number(shown.q75)}, all {number(shown.low)} to {number(shown.high)}; {row.n} entries"
    )
    width = max(x(shown.q75) - x(shown.q25), 1.5)
    return (
        f"<g><title>{escape(hover)}</title>"
        + line(x(shown.low), y, x(shown.high), y, "il-box-reach")
        + rect(x(shown.q25), y - 5, width, 10, "il-box")
        + line(x(shown.median), y - 6.5, x(shown.median), y + 6.5, "il-box-median")
        + "</g>"
    )


def _label(row: BoxRow, shape: _Shape) -> Markup:
    label = row.label
    if len(label) > shape.label_chars:
        label = f"{label[: shape.label_chars - 1]}…"
    return Markup('{} <tspan class="il-box-n">{}</tspan>').format(label, short(row.n))


# Share of labels that stated intervals hold, against the share that they should hold


WIDTH, HEIGHT = 360.0, 344.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 58.0, 14.0, 334.0, 296.0


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve:
    """What the chart shows.

    Attributes:
        levels: Nominal levels of central intervals, ascending, between 0 and 1.
        observed: Share of labels inside the interval of each level.
        n: Entries judged.
    """

    levels: Sequence[float]
    observed: Sequence[float]
    n: int


def calibration_chart(curve: CalibrationCurve, *, name: str) -> Markup:
    """The chart: the diagonal of perfect calibration, and one mark a level on a line."""
    x, y = Scale(0.0, 1.0, _LEFT, _RIGHT), Scale(0.0, 1.0, _BOTTOM, _TOP)
    points = list(zip(curve.levels, curve.observed, strict=True))
    path = " ".join(f"{short(x(a))},{short(y(b))}" for a, b in [(0.0, 0.0), *points, (1.0, 1.0)])
    drawn = _axes(x, y)
    drawn.append(line(x(0), y(0), x(1), y(1), "il-identity"))
    drawn.append(f'<polyline class="il-curve" points="{path}"/>')
    for level, share in points:
        hover = f"central {100 * level:g} % interval: holds {100 * share:.0f} % of the labels"
        drawn.append(
            f"<g><title>{escape(hover)}</title>"
            f'<circle class="il-point" cx="{short(x(level))}" cy="{short(y(share))}" r="3"/></g>'
        )
    return figure(
        drawn,
        width=WIDTH,
        height=HEIGHT,
        name=name,
        title="Calibration of the stated uncertainty",
        text=_description(curve),
        kind="calibration",
    )


def _axes(x: Scale, y: Scale) -> list[str]:
    drawn = [line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "il-axis-line")]
    drawn.append(line(_LEFT, _TOP, _LEFT, _BOTTOM, "il-axis-line"))
    for tick in x.ticks(about=5):
        drawn.append(line(x(tick), _TOP, x(tick), _BOTTOM, "il-grid"))
        drawn.append(line(_LEFT, y(tick), _RIGHT, y(tick), "il-grid"))
        label = f"{100 * tick:g} %"
        drawn.append(words(x(tick), _BOTTOM + 17, label, "il-tick", anchor="middle"))
        drawn.append(words(_LEFT - 7, y(tick) + 4, label, "il-tick", anchor="end"))
    centre, middle = (_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2
    drawn.append(words(centre, _BOTTOM + 38, "level of the interval", "il-axis", anchor="middle"))
    label = words(12, middle + 4, "labels inside it", "il-axis", anchor="middle")
    return [*drawn, f'<g transform="rotate(-90 12 {short(middle)})">{label}</g>']


def _description(curve: CalibrationCurve) -> str:
    excess = [share - level for level, share in zip(curve.levels, curve.observed, strict=True)]
    mean = sum(excess) / len(excess)
    side = (
        "below the diagonal: widths are too small"
        if mean < 0
        else ("above the diagonal: widths are too large" if mean > 0 else "on the diagonal")
    )
    return (
        f"Share of {curve.n} labels inside the central intervals of their predictions, for "
        f"{len(curve.levels)} levels. On average the curve lies {side}."
    )


# The picture of a board: a row per submission, dot and interval, against floor and median


@dataclass(frozen=True, kw_only=True)
class LadderRow:
    """One row: who, how far off, and between which values with the stated confidence."""

    label: str
    kind: str
    value: float
    low: float | None = None
    high: float | None = None
    href: str | None = None
    tie_group: int | None = None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A labelled vertical line, with its own interval as a band where it has one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """What the chart shows.

    Attributes:
        rows: Rows, best first.
        floor: The experimental floor, or None.
        baseline: The trivial reference drawn as a dashed line, or None.
        axis: Axis title with its unit.
        confidence: Nominal confidence of the intervals (0.95).
    """

    rows: tuple[LadderRow, ...]
    floor: Mark | None
    baseline: Mark | None
    axis: str
    confidence: float = 0.95

    @property
    def reach(self) -> float:
        """The right end of the axis."""
        marks = [mark for mark in (self.floor, self.baseline) if mark]
        ends = [row.value if row.high is None else row.high for row in self.rows]
        ends += [mark.value if mark.high is None else mark.high for mark in marks]
        return axis_reach(ends, baseline=self.baseline.value if self.baseline else None)


@dataclass(frozen=True)
class _LadderShape:
    """Where things go, for wide or narrow pages."""

    width: float
    left: float
    right: float
    pitch: float
    label_chars: int
    is_stacked: bool

    @property
    def top(self) -> float:
        return 46.0


WIDE = _LadderShape(width=780, left=236, right=664, pitch=30, label_chars=33, is_stacked=False)
NARROW = _LadderShape(width=360, left=10, right=272, pitch=44, label_chars=46, is_stacked=True)


def ladder_chart(ladder: Ladder, *, name: str) -> Markup:
    """The chart twice, for wide and for narrow pages; the style sheet shows one of them."""
    return two_widths(
        draw(ladder, WIDE, name=f"{name}-wide"), draw(ladder, NARROW, name=f"{name}-narrow")
    )


def scale_of(ladder: Ladder, shape: _LadderShape) -> Scale:
    """The horizontal scale of the chart."""
    return Scale(0.0, ladder.reach, shape.left, shape.right)


def draw(ladder: Ladder, shape: _LadderShape, *, name: str) -> Markup:
    """The chart for one shape of page."""
    scale = scale_of(ladder, shape)
    bottom = shape.top + shape.pitch * max(len(ladder.rows), 1)
    drawn = [*_grid(scale, shape, bottom), *_marks(ladder, scale, shape, bottom)]
    for position, row in enumerate(ladder.rows):
        y = shape.top + shape.pitch * (position + 0.5)
        drawn.append(_row(row, scale, shape, y, f"{100 * ladder.confidence:g} %"))
    drawn += _ties(ladder, shape)
    drawn.append(
        words((shape.left + shape.right) / 2, bottom + 38, ladder.axis, "il-axis", anchor="middle")
    )
    return figure(
        drawn,
        width=shape.width,
        height=bottom + 48,
        name=name,
        title="The board as a picture",
        text=_ladder_description(ladder),
        kind="ladder",
    )


def _grid(scale: Scale, shape: _LadderShape, bottom: float) -> list[str]:
    drawn = [line(shape.left, bottom, shape.right, bottom, "il-axis-line")]
    for tick in scale.ticks(about=6 if shape.is_stacked else 8):
        x = scale(tick)
        drawn.append(line(x, shape.top, x, bottom, "il-grid"))
        drawn.append(words(x, bottom + 17, tick_label(tick), "il-tick", anchor="middle"))
    return drawn


def _marks(ladder: Ladder, scale: Scale, shape: _LadderShape, bottom: float) -> list[str]:
    drawn = []
    for mark, kind, y in ((ladder.floor, "floor", 14.0), (ladder.baseline, "median", 32.0)):
        if mark is None:
            continue
        x = scale(mark.value)
        if mark.low is not None and mark.high is not None:
            x_low, x_high = scale(mark.low), scale(mark.high)
            band = rect(x_low, shape.top, x_high - x_low, bottom - shape.top, f"il-{kind}-band")
            drawn.append(band)
        drawn.append(line(x, y + 5, x, bottom, f"il-{kind}-line"))
        label = f"{mark.label} {number(mark.value, digits=fine_digits(mark.value))}"
        is_right = x > (shape.left + shape.right) / 2
        drawn.append(
            words(
                x + (2 if is_right else -2),
                y,
                label,
                f"il-{kind}-label",
                anchor="end" if is_right else "start",
            )
        )
    return drawn


def _row(row: LadderRow, scale: Scale, shape: _LadderShape, y: float, confidence: str) -> str:
    between = interval(row.low, row.high)
    hover = f"{row.label}: {number(row.value)}" + (
        f" ({confidence} interval {between})" if between else ""
    )
    centre = y + 9 if shape.is_stacked else y
    parts = [f'<g class="il-row il-row--{row.kind}"><title>{escape(hover)}</title>']
    label = _ladder_label(row.label, shape, y)
    parts.append(f'<a href="{escape(row.href)}">{label}</a>' if row.href else label)
    if row.low is not None and row.high is not None:
        x_low, x_high = scale(row.low), scale(row.high)
        parts.append(line(x_low, centre, x_high, centre, "il-whisker"))
        caps = [x_low] if scale.exceeds(row.high) else [x_low, x_high]
        parts += [line(x, centre - 4, x, centre + 4, "il-whisker") for x in caps]
    is_beyond = scale.exceeds(row.value)
    x = scale(row.value)
    parts.append(beyond(x, centre) if is_beyond else dot(x, centre, row.kind))
    value_x = shape.right + 44
    parts.append(words(value_x, centre + 4.5, number(row.value), "il-value", anchor="end"))
    return "".join(parts) + "</g>"


def _ties(ladder: Ladder, shape: _LadderShape) -> list[str]:
    """A bracket for each group of rows that the data cannot tell apart."""
    places: dict[int, list[float]] = {}
    for position, row in enumerate(ladder.rows):
        if row.tie_group is not None:
            centre = shape.top + shape.pitch * (position + 0.5) + (9 if shape.is_stacked else 0)
            places.setdefault(row.tie_group, []).append(centre)
    x = shape.right + 54
    drawn = []
    for ys in places.values():
        if len(ys) > 1:
            drawn.append(line(x, ys[0], x, ys[-1], "il-tie-line"))
            drawn += [line(x - 4, y, x, y, "il-tie-line") for y in ys]
            middle = (ys[0] + ys[-1]) / 2
            drawn.append(words(x + 6, middle + 4, "tied", "il-tie-label"))
    return drawn


def _ladder_label(label: str, shape: _LadderShape, y: float) -> str:
    """The row's name: above its whisker, or to the left of it on at most two lines."""
    if shape.is_stacked:
        return words(shape.left, y - 5, _cut(label, shape.label_chars), "il-label")
    lines = _lines(label, shape.label_chars)
    first = y + 4.5 - 6.5 * (len(lines) - 1)
    return "".join(
        words(shape.left - 12, first + 13 * position, text, "il-label", anchor="end")
        for position, text in enumerate(lines)
    )


def _lines(label: str, limit: int) -> list[str]:
    """One line if it fits, else two, parted after a comma or at the last blank that fits."""
    if len(label) <= limit:
        return [label]
    comma = label.rfind(", ", 0, limit + 1) + 1
    blank = label.rfind(" ", 0, limit + 1)
    place = comma if 0 < len(label) - comma - 1 <= limit and comma > 0 else blank
    place = place if place > 0 else limit
    return [label[:place], _cut(label[place:].strip(), limit)]


def _cut(label: str, limit: int) -> str:
    return label if len(label) <= limit else f"{label[: limit - 1]}…"


def _ladder_description(ladder: Ladder) -> str:
    if not ladder.rows:
        return "No submission has been scored yet."
    best = ladder.rows[0]
    parts = [f"{len(ladder.rows)} rows by {ladder.axis}; smallest: {best.label}"]
    parts.append(f"{number(best.value)} ({interval(best.low, best.high) or 'no interval'})")
    marks = [mark for mark in (ladder.floor, ladder.baseline) if mark]
    parts += [f"{m.label} {number(m.value, digits=fine_digits(m.value))}" for m in marks]
    return "; ".join(parts) + ". The table below holds the same numbers."


# The frame of a chart with scores on its upright axis: room, grid, axis titles, the floor


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Size of a drawing, and where its axes stand in it."""

    width: float
    height: float
    left: float = 46.0
    top: float = 16.0

    @property
    def right(self) -> float:
        """Right end of the axes."""
        return self.width - 14

    @property
    def bottom(self) -> float:
        """Where the lower axis stands."""
        return self.height - 46


def value_grid(y: Scale, frame: Frame, *, about: int = 6) -> list[str]:
    """The lower axis, and a line and a number at round values of the upright one."""
    drawn = [line(frame.left, frame.bottom, frame.right, frame.bottom, "il-axis-line")]
    for tick in y.ticks(about=about):
        drawn.append(line(frame.left, y(tick), frame.right, y(tick), "il-grid"))
        drawn.append(words(frame.left - 7, y(tick) + 4, tick_label(tick), "il-tick", anchor="end"))
    return drawn


def axis_titles(below: str, beside: str, frame: Frame) -> list[str]:
    """What the two axes show, with units."""
    centre, middle = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    title = words(12, middle + 4, beside, "il-axis", anchor="middle")
    return [
        words(centre, frame.bottom + 38, below, "il-axis", anchor="middle"),
        f'<g transform="rotate(-90 12 {middle:g})">{title}</g>',
    ]


def floor_level(floor: Mark | None, y: Scale, frame: Frame) -> list[str]:
    """The floor as a level line with its interval as a band; nothing where there is none."""
    if floor is None:
        return []
    drawn = []
    if floor.low is not None and floor.high is not None:
        top = y(floor.high)
        band = rect(frame.left, top, frame.right - frame.left, y(floor.low) - top, "il-floor-band")
        drawn.append(band)
    at = y(floor.value)
    drawn.append(line(frame.left, at, frame.right, at, "il-floor-line"))
    label = f"{floor.label} {number(floor.value, digits=fine_digits(floor.value))}"
    return [*drawn, words(frame.right - 4, at - 6, label, "il-floor-label", anchor="end")]


# Where names stand beside marks: at the first free side of each, or nowhere


_CHAR, _HALF = 6.0, 6.5
_GAP, _BESIDE = 8.0, 3.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a name begins or ends, and on which side of its mark."""

    x: float
    y: float
    anchor: str


LabelsBox = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def place_labels(
    marks: Sequence[LabelsBox],
    labels: Sequence[str],
    *,
    left: float,
    right: float,
    top: float,
    bottom: float,
) -> list[Placed | None]:
    """A place for each label, in the order given; None for those that would cover another.

    Args:
        marks: What is drawn of each thing named, its interval included.
        labels: Their names, one each.
        left: Left edge of the drawing; labels stay within all four.
        right: Right edge.
        top: Upper edge.
        bottom: Lower edge.
    """
    taken = list(marks)
    found: list[Placed | None] = []
    for mark, label in zip(marks, labels, strict=True):
        chosen = None
        for placed, box in _candidates(mark, len(label) * _CHAR):
            is_inside = box[0] >= left and box[2] <= right and box[1] >= top and box[3] <= bottom
            if is_inside and not any(_overlap(box, other) for other in taken):
                chosen = placed
                taken.append(box)
                break
        found.append(chosen)
    return found


def _candidates(mark: LabelsBox, width: float) -> list[tuple[Placed, LabelsBox]]:
    """Above and below a mark; beside its middle, its upper and its lower end."""
    start, top, end, bottom = mark
    centre = (start + end) / 2
    found = []
    for y in (top - _GAP, bottom + _GAP):
        box = (centre - width / 2, y - _HALF, centre + width / 2, y + _HALF)
        found.append((Placed(x=centre, y=y + 4, anchor="middle"), box))
    for y in ((top + bottom) / 2, top + _HALF, bottom - _HALF):
        right = (end + _BESIDE, y - _HALF, end + _BESIDE + width, y + _HALF)
        left = (start - _BESIDE - width, y - _HALF, start - _BESIDE, y + _HALF)
        found.append((Placed(x=right[0], y=y + 4, anchor="start"), right))
        found.append((Placed(x=left[2], y=y + 4, anchor="end"), left))
    return found


def _overlap(a: LabelsBox, b: LabelsBox) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


# Error against what a model costs, a mark a model; the cost on a logarithmic axis


MOST_NAMED = 25


@dataclass(frozen=True, kw_only=True)
class CostPoint:
    """One model.

    Attributes:
        label: Its name.
        kind: ``verified`` or ``reference``.
        cost: What it costs, in the unit of the axis, not negative.
        shown_cost: The same with its unit, as printed.
        value: Its score; ``low`` and ``high`` its interval, where there is one.
    """

    label: str
    kind: str
    cost: float
    shown_cost: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class CostChart:
    """What the chart shows.

    Attributes:
        points: Models that state their cost; at least one.
        cost_axis: The cost with its unit.
        value_axis: The score with its unit.
        ticks: Costs that the axis may name, ascending, each as printed.
        floor: The floor, drawn as a line with its interval.
        baseline: Score of the trivial reference, at whose triple the axis ends.
    """

    points: Sequence[CostPoint]
    cost_axis: str
    value_axis: str
    ticks: Sequence[tuple[float, str]]
    floor: Mark | None = None
    baseline: float | None = None

    @property
    def reach(self) -> float:
        """The upper end of the score axis."""
        ends = [p.value if p.high is None else p.high for p in self.points]
        ends += [self.floor.value] if self.floor else []
        return axis_reach(ends, baseline=self.baseline)


_COST_WIDE = Frame(width=780, height=380)
_COST_NARROW = Frame(width=360, height=330)
_LABEL_CHARS = 38
_MARK = 5.0
_ROOM = 0.3
_LEAST, _MOST = -300.0, 300.0


def cost_chart(chart: CostChart, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _cost_draw(chart, _COST_WIDE, name=f"{name}-wide"),
        _cost_draw(chart, _COST_NARROW, name=f"{name}-narrow"),
    )


def hides_names(chart: CostChart) -> bool:
    """Whether at either width some mark bears no name, since it would cover another."""
    if len(chart.points) > MOST_NAMED:
        return True
    return any(None in _places(chart, _cost_marks(chart, f), f) for f in (_COST_WIDE, _COST_NARROW))


def _scales(chart: CostChart, frame: Frame) -> tuple[Scale, Scale]:
    low, high = _cost_range(chart)
    x = Scale(math.log10(low), math.log10(high), frame.left, frame.right)
    return x, Scale(0.0, chart.reach, frame.bottom, frame.top)


def _cost_marks(chart: CostChart, frame: Frame) -> list[tuple[float, float]]:
    """Where the mark of each point stands."""
    x, y = _scales(chart, frame)
    low, _ = _cost_range(chart)
    return [(x(_log(point.cost, low)), y(point.value)) for point in chart.points]


def _cost_draw(chart: CostChart, frame: Frame, *, name: str) -> Markup:
    x, y = _scales(chart, frame)
    drawn = [*floor_level(chart.floor, y, frame), *value_grid(y, frame)]
    drawn += [*_cost_axis(chart, x, frame), *axis_titles(chart.cost_axis, chart.value_axis, frame)]
    # Many whiskers side by side would hide the marks, so they step back.
    spread = "il-whisker" if len(chart.points) <= MOST_NAMED else "il-spread"
    marks = _cost_marks(chart, frame)
    drawn += [
        _mark(point, px, py, y, spread) for point, (px, py) in zip(chart.points, marks, strict=True)
    ]
    drawn += _names(chart, marks, frame)
    return figure(
        drawn,
        width=frame.width,
        height=frame.height,
        name=name,
        title=f"{chart.value_axis} against {chart.cost_axis}",
        text=f"{len(chart.points)} models that state their cost. The table below holds the same "
        "numbers.",
        kind="scatter",
    )


def _log(cost: float, lowest: float) -> float:
    return math.log10(max(cost, lowest))


def _cost_range(chart: CostChart) -> tuple[float, float]:
    """Ends of the cost axis: room beside the outermost marks, and at least a factor of 100."""
    known = [point.cost for point in chart.points if point.cost > 0]
    low, high = min(known, default=1.0), max(known, default=1.0)
    middle = (math.log10(low) + math.log10(high)) / 2
    reach = max((math.log10(high) - math.log10(low)) / 2 + _ROOM, 1.0)
    return 10 ** max(middle - reach, _LEAST), 10 ** min(middle + reach, _MOST)


def _cost_axis(chart: CostChart, x: Scale, frame: Frame) -> list[str]:
    """The costs that the axis names, as many as fit."""
    drawn = []
    last = -math.inf
    for cost, label in chart.ticks:
        at = x(math.log10(cost))
        if x.low <= math.log10(cost) <= x.high and at - last > 7.0 * len(label) + 10:
            drawn.append(line(at, frame.bottom, at, frame.bottom + 4, "il-axis-line"))
            drawn.append(words(at, frame.bottom + 17, label, "il-tick", anchor="middle"))
            last = at
    return drawn


def _mark(point: CostPoint, x: float, y: float, scale: Scale, kind: str) -> str:
    between = interval(point.low, point.high)
    hover = f"{point.label}: {number(point.value)}"
    hover += f" ({between})" if between else ""
    hover += f", {point.shown_cost}"
    spread = ""
    if point.low is not None and point.high is not None:
        spread = line(x, scale(point.low), x, scale(point.high), kind)
    mark = beyond(x, y) if scale.exceeds(point.value) else dot(x, y, point.kind)
    body = f"<title>{escape(hover)}</title>{spread}{mark}"
    return f'<g class="il-row--{point.kind}">{body}</g>'


def _names(chart: CostChart, marks: list[tuple[float, float]], frame: Frame) -> list[str]:
    """Names beside the marks where there is room; hovering and the table name the others."""
    if len(chart.points) > MOST_NAMED:
        return []
    return [
        words(place.x, place.y, label, "il-mark-label", anchor=place.anchor)
        for place, label in zip(_places(chart, marks, frame), _labels(chart), strict=True)
        if place is not None
    ]


def _labels(chart: CostChart) -> list[str]:
    return [_cost_cut(point.label, _LABEL_CHARS) for point in chart.points]


def _places(
    chart: CostChart, marks: list[tuple[float, float]], frame: Frame
) -> list[Placed | None]:
    """Where each name stands; None where there is no room for it."""
    _, y = _scales(chart, frame)
    return place_labels(
        [_extent(point, *mark, y) for point, mark in zip(chart.points, marks, strict=True)],
        _labels(chart),
        left=frame.left,
        right=frame.width,
        top=0,
        bottom=y(chart.floor.high or chart.floor.value) - 12 if chart.floor else frame.bottom,
    )


def _extent(point: CostPoint, x: float, y: float, scale: Scale) -> LabelsBox:
    """What is drawn of a point: its mark and its interval."""
    ends = [end for end in (point.low, point.high) if end is not None]
    heights = [y - _MARK, y + _MARK, *(scale(end) for end in ends)]
    return x - _MARK, min(heights), x + _MARK, max(heights)


def _cost_cut(label: str, limit: int) -> str:
    return label if len(label) <= limit else f"{label[: limit - 1]}…"


# The best score from publication to publication: steps, broken where the rules changed


_MOST_TICKS = 12


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A board after one publication.

    Attributes:
        publication: Its number, 1 for the first.
        label: The best submission.
        value: Its score.
        low: Lower end of its interval, or None.
        high: Upper end, or None.
        rules: Data and rules of scoring, as printed; scores of equal rules are comparable.
        entered: Scores of the verified submissions that came with this publication.
    """

    publication: int
    label: str
    value: float
    low: float | None
    high: float | None
    rules: str
    entered: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the chart shows: stands in order, at least one, the axis with its unit, the floor."""

    stands: Sequence[Stand]
    axis: str
    floor: Mark | None = None
    baseline: float | None = None


_COURSE_WIDE = Frame(width=780, height=300, top=22)
_COURSE_NARROW = Frame(width=360, height=280, top=22)


def course_chart(course: Course, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _course_draw(course, _COURSE_WIDE, name=f"{name}-wide"),
        _course_draw(course, _COURSE_NARROW, name=f"{name}-narrow"),
    )


def _course_draw(course: Course, frame: Frame, *, name: str) -> Markup:
    first, last = course.stands[0].publication, course.stands[-1].publication
    x = Scale(first - 0.5, max(last, first + 1) + 0.5, frame.left, frame.right)
    ends = [s.value if s.high is None else s.high for s in course.stands]
    ends += [value for s in course.stands for value in s.entered]
    y = Scale(0.0, axis_reach(ends, baseline=course.baseline), frame.bottom, frame.top)
    drawn = [*value_grid(y, frame, about=5), *floor_level(course.floor, y, frame)]
    drawn += [*_publication_axis(course, x, frame), *axis_titles("publication", course.axis, frame)]
    drawn += _breaks(course, x, frame)
    drawn += [_line(part, x, y) for part in _parts(course.stands)]
    drawn += [_stand(stand, x, y) for stand in course.stands]
    return figure(
        drawn,
        width=frame.width,
        height=frame.height,
        name=name,
        title="The best score from publication to publication",
        text=f"{len(course.stands)} publications; best of the last: {course.stands[-1].label}, "
        f"{number(course.stands[-1].value)}. The table below holds the same numbers.",
        kind="scatter",
    )


def _parts(stands: Sequence[Stand]) -> list[list[Stand]]:
    """Stretches of publications under the same rules."""
    parts: list[list[Stand]] = []
    for stand in stands:
        if parts and parts[-1][-1].rules == stand.rules:
            parts[-1].append(stand)
        else:
            parts.append([stand])
    return parts


def _line(part: list[Stand], x: Scale, y: Scale) -> str:
    """Steps: a score holds until the next publication, or to the end of the stretch."""
    end = part[-1].publication + 0.5
    points = [(x(part[0].publication), y(part[0].value))]
    for before, after in pairwise(part):
        points += [(x(after.publication), y(before.value)), (x(after.publication), y(after.value))]
    points.append((x(end), y(part[-1].value)))
    path = " ".join(f"{short(px)},{short(py)}" for px, py in points)
    return f'<polyline class="il-best-line" points="{path}"/>'


def _stand(stand: Stand, x: Scale, y: Scale) -> str:
    at = x(stand.publication)
    drawn = "".join(
        f'<circle class="il-point il-point--open" cx="{short(at)}" cy="{short(y(value))}" r="3"/>'
        for value in stand.entered
        if value != stand.value
    )
    hover = f"publication {stand.publication}: {stand.label}, {number(stand.value)} ({stand.rules})"
    spread = ""
    if stand.low is not None and stand.high is not None:
        spread = line(at, y(stand.low), at, y(stand.high), "il-whisker")
    best = (
        f'<circle class="il-dot il-dot--verified" cx="{short(at)}" cy="{short(y(stand.value))}" '
        'r="4.5"/>'
    )
    return f"{drawn}<g><title>{escape(hover)}</title>{spread}{best}</g>"


def _breaks(course: Course, x: Scale, frame: Frame) -> list[str]:
    """A line where data or scorer changed, so that scores before and after are not compared."""
    drawn = []
    for part in _parts(course.stands)[1:]:
        at = x(part[0].publication - 0.5)
        drawn.append(line(at, frame.top - 6, at, frame.bottom, "il-version-line"))
    return drawn


def _publication_axis(course: Course, x: Scale, frame: Frame) -> list[str]:
    every = max(1, -(-len(course.stands) // _MOST_TICKS))
    return [
        words(x(n), frame.bottom + 17, str(n), "il-tick", anchor="middle")
        for n in (stand.publication for stand in course.stands[::every])
    ]


# How often each element occurs, on the periodic table; training and test set apart


_ROWS = (
    "H . . . . . . . . . . . . . . . . He",
    "Li Be . . . . . . . . . . B C N O F Ne",
    "Na Mg . . . . . . . . . . Al Si P S Cl Ar",
    "K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr",
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe",
    "Cs Ba La Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn",
    "Fr Ra Ac",
)
_LANTHANIDES = ". . . Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu"
_ACTINIDES = ". . . Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr"
_COLUMNS, _SHADES = 18, 5


@dataclass(frozen=True, kw_only=True)
class Prevalence:
    """What the chart shows.

    Attributes:
        counts: Element → entries with it in each subset.
        subsets: Names of the subsets, in the order of the counts.
    """

    counts: Mapping[str, Sequence[int]]
    subsets: Sequence[str]

    @property
    def largest(self) -> int:
        """Entries of the most frequent element."""
        return max((sum(counts) for counts in self.counts.values()), default=0)

    def unseen(self, *, last: int = 0) -> tuple[str, ...]:
        """Elements of the last subset that at most ``last`` entries of the first have."""
        return tuple(
            element
            for element, counts in self.counts.items()
            if len(counts) > 1 and counts[-1] > 0 and counts[0] <= last
        )


@dataclass(frozen=True)
class _ElementsShape:
    width: float
    pitch: float
    height: float
    shows_counts: bool


_ELEMENTS_WIDE = _ElementsShape(width=760, pitch=42.0, height=38.0, shows_counts=True)
_ELEMENTS_NARROW = _ElementsShape(width=360, pitch=20.0, height=22.0, shows_counts=False)


def elements_chart(prevalence: Prevalence, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _elements_draw(prevalence, _ELEMENTS_WIDE, name=f"{name}-wide"),
        _elements_draw(prevalence, _ELEMENTS_NARROW, name=f"{name}-narrow"),
    )


def shade_of(count: int, largest: int) -> int:
    """Step of a count on a logarithmic scale: 0 for none, 5 for the most frequent.

    Example:
        >>> shade_of(0, 600), shade_of(1, 600), shade_of(60, 600), shade_of(600, 600)
        (0, 1, 4, 5)
    """
    if count <= 0 or largest <= 0:
        return 0
    share = math.log(count + 1) / math.log(largest + 1)
    return max(1, min(_SHADES, math.ceil(share * _SHADES)))


def places(prevalence: Prevalence) -> dict[str, tuple[int, int]]:
    """Element → row and column; rows at the end that hold nothing of the dataset are left out."""
    rows = [row.split() for row in _ROWS]
    blocks = [row.split() for row in (_LANTHANIDES, _ACTINIDES)]
    if not any(element in prevalence.counts for element in (*rows[-1], *blocks[-1])):
        rows, blocks = rows[:-1], blocks[:-1]
    if not any(element in prevalence.counts for block in blocks for element in block):
        blocks = []
    found = {}
    for place, row in enumerate([*rows, *blocks]):
        gap = 0 if place < len(rows) else 1
        found.update({e: (place + gap, at) for at, e in enumerate(row) if e != "."})
    return found


def _elements_draw(prevalence: Prevalence, shape: _ElementsShape, *, name: str) -> Markup:
    found = places(prevalence)
    n_rows = max(row for row, _ in found.values()) + 1
    top = [*sorted(prevalence.counts, key=lambda e: -sum(prevalence.counts[e]))[:3]]
    return figure(
        [_cell(element, *place, prevalence, shape) for element, place in found.items()],
        width=shape.width,
        height=n_rows * shape.height + 2,
        name=name,
        title="How often each element occurs",
        text=f"{len(prevalence.counts)} elements occur; most often {', '.join(top)}. The table of "
        "elements below holds the same numbers.",
        kind="elements",
    )


def _cell(
    element: str, row: int, column: int, prevalence: Prevalence, shape: _ElementsShape
) -> str:
    counts = prevalence.counts.get(element, ())
    x, y = column * shape.pitch + 1, row * shape.height + 1
    shade = shade_of(sum(counts), prevalence.largest)
    is_unseen = len(counts) > 1 and counts[-1] > 0 and counts[0] == 0
    kind = f"il-element il-element--{shade}" + (" il-element--unseen" if is_unseen else "")
    box = rect(x, y, shape.pitch - 2, shape.height - 2, kind)
    centre = x + shape.pitch / 2 - 1
    if not counts:
        symbol = words(
            centre, y + shape.height / 2 + 3, element, "il-element-none", anchor="middle"
        )
        return f"{box}{symbol}"
    said = ", ".join(
        f"{count} in {subset}" for subset, count in zip(prevalence.subsets, counts, strict=False)
    )
    at = y + (16 if shape.shows_counts else shape.height / 2 + 3)
    drawn = words(centre, at, element, "il-element-symbol", anchor="middle")
    if shape.shows_counts:
        numbers = "·".join(str(count) for count in counts)
        drawn += words(centre, y + 30, numbers, "il-element-count", anchor="middle")
    return f"<g><title>{escape(f'{element}: {said}')}</title>{box}{drawn}</g>"


# How labels are distributed in training and test set: two bars a bin, as shares of their set


@dataclass(frozen=True, kw_only=True)
class Series:
    """Counts of one subset, per bin; ``marked`` is the part of each count that is a limit."""

    title: str
    kind: str
    counts: tuple[int, ...]
    marked: tuple[int, ...]

    @property
    def total(self) -> int:
        """Entries of the subset."""
        return sum(self.counts)


@dataclass(frozen=True)
class _HistogramShape:
    width: float
    height: float
    bins_per_tick: int


_HISTOGRAM_WIDE = _HistogramShape(width=720, height=250, bins_per_tick=1)
_HISTOGRAM_NARROW = _HistogramShape(width=360, height=230, bins_per_tick=3)
_HISTOGRAM_LEFT, _HISTOGRAM_TOP, _BELOW = 42.0, 12.0, 44.0


def histogram(
    edges: Sequence[float], series: Sequence[Series], *, name: str, axis: str, is_even: bool = False
) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them.

    Args:
        edges: Edges of the bins, ascending.
        series: One set of bars each.
        name: Identifier, unique on the page.
        axis: The quantity with its unit.
        is_even: Draw bins of unequal width equally wide, each edge labelled.
    """
    bins = _Bins(tuple(edges), is_even)
    return two_widths(
        _histogram_draw(bins, series, _HISTOGRAM_WIDE, name=f"{name}-wide", axis=axis),
        _histogram_draw(bins, series, _HISTOGRAM_NARROW, name=f"{name}-narrow", axis=axis),
    )


@dataclass(frozen=True)
class _Bins:
    """Edges of the bins, and where on the axis they stand."""

    edges: tuple[float, ...]
    is_even: bool

    def place(self, position: int) -> float:
        return float(position) if self.is_even else self.edges[position]

    def is_labelled(self, position: int, every: int) -> bool:
        counted = position if self.is_even else round(self.edges[position])
        return counted % (min(every, 2) if self.is_even else every) == 0


def _histogram_draw(
    bins: _Bins, series: Sequence[Series], shape: _HistogramShape, *, name: str, axis: str
) -> Markup:
    bottom = shape.height - _BELOW
    last = len(bins.edges) - 1
    x = Scale(bins.place(0), bins.place(last), _HISTOGRAM_LEFT, shape.width - 8)
    top_share = max((c / s.total for s in series if s.total for c in s.counts), default=0.1)
    y = Scale(0.0, max(top_share, 0.01) * 1.05, bottom, _HISTOGRAM_TOP)
    drawn = _histogram_axes(bins, x, y, shape, axis)
    for place, item in enumerate(series):
        drawn += _bars(bins, item, x, y, place=place, of=len(series))
    totals = "; ".join(f"{item.title}: {item.total} entries" for item in series)
    return figure(
        drawn,
        width=shape.width,
        height=shape.height,
        name=name,
        title=f"Distribution of {axis}",
        text=f"Share of entries per bin. {totals}. Counts stand in the bars’ own titles.",
        kind="histogram",
    )


def _histogram_axes(
    bins: _Bins, x: Scale, y: Scale, shape: _HistogramShape, axis: str
) -> list[str]:
    bottom = y.start
    drawn = []
    for share in y.ticks(about=4):
        drawn.append(line(_HISTOGRAM_LEFT, y(share), x.end, y(share), "il-grid"))
        drawn.append(
            words(_HISTOGRAM_LEFT - 6, y(share) + 4, f"{100 * share:g} %", "il-tick", anchor="end")
        )
    for position, edge in enumerate(bins.edges):
        if bins.is_labelled(position, shape.bins_per_tick):
            at = x(bins.place(position))
            drawn.append(words(at, bottom + 16, tick_label(edge), "il-tick", anchor="middle"))
            drawn.append(line(at, bottom, at, bottom + 3, "il-axis-line"))
    drawn.append(line(_HISTOGRAM_LEFT, bottom, x.end, bottom, "il-axis-line"))
    middle = (_HISTOGRAM_LEFT + x.end) / 2
    drawn.append(words(middle, bottom + 36, axis, "il-axis", anchor="middle"))
    return drawn


def _bars(bins: _Bins, item: Series, x: Scale, y: Scale, *, place: int, of: int) -> list[str]:
    """One bar a bin; the part that is only a limit stands at its foot in another colour."""
    drawn = []
    for position, n_entries in enumerate(item.counts):
        if not n_entries:
            continue
        low, high = bins.edges[position], bins.edges[position + 1]
        start = x(bins.place(position))
        room = x(bins.place(position + 1)) - start
        width = room * 0.84 / of
        left = start + room * 0.08 + place * width
        marked = item.marked[position]
        hover = (
            f"{item.title}, {tick_label(low)} to {tick_label(high)}: {n_entries} of {item.total}"
        )
        hover += f", {marked} of them upper limits" if marked else ""
        parts = [(0, marked, "limit"), (marked, n_entries, item.kind)]
        body = "".join(
            _bar(left, width, y(foot / item.total), y(head / item.total), kind)
            for foot, head, kind in parts
            if head > foot
        )
        drawn.append(f"<g><title>{escape(hover)}</title>{body}</g>")
    return drawn


def _bar(left: float, width: float, low: float, high: float, kind: str) -> str:
    return (
        f'<rect class="il-bar il-bar--{kind}" x="{short(left)}" y="{short(high)}" '
        f'width="{short(max(width - 0.6, 1))}" height="{short(max(low - high, 0.8))}"/>'
    )


# Predicted against measured, an entry a mark; upper limits are drawn as what they are


SIZE = 420.0
_LABELS = 10_000
_PARITY_LEFT, _PARITY_TOP, _PARITY_RIGHT, _PARITY_BOTTOM = 52.0, 14.0, 408.0, 370.0


@dataclass(frozen=True, kw_only=True)
class Point:
    """One test entry.

    Attributes:
        id: Entry id, named on hover.
        y_true: Label as scored.
        y_pred: Prediction, the mean over seeds.
        y_pred_sd: Spread over seeds, or None for a single training.
        upper_limit: Where only a limit was measured: that limit; else None.
        is_filled: Whether the mark is filled (entries with a CIF).
        name: What the entry is, its formula say; named on hover before the id.
    """

    id: str
    y_true: float
    y_pred: float
    y_pred_sd: float | None = None
    upper_limit: float | None = None
    is_filled: bool = True
    name: str = ""

    @property
    def shown_true(self) -> float:
        """Where the mark stands on the measured axis: at the limit where there is only one."""
        return self.y_true if self.upper_limit is None else self.upper_limit


@dataclass(frozen=True, kw_only=True)
class Parity:
    """What the chart shows.

    Attributes:
        points: Scored entries that have a label; at least one.
        axis: The target with its unit.
        band: Half-width of the shaded region around the identity line, or None.
        cap: Where the axes end at the latest; beyond it, scoring tells values no longer apart.
        known: How labels came about, as an adjective (``measured``).
        entries: What the points are, in the plural.
    """

    points: Sequence[Point]
    axis: str
    band: float | None = None
    cap: float | None = None
    known: str = "measured"
    entries: str = "test entries"

    @cached_property
    def range(self) -> tuple[float, float]:
        """The common range of both axes: all labels, and predictions within reach of them."""
        true = [point.shown_true for point in self.points]
        low, high = min(true), max(true)
        reach = max(high - low, 1.0)
        near = [p.y_pred for p in self.points if low - reach <= p.y_pred <= high + reach]
        start, end = float(math.floor(min([low, *near]))), float(math.ceil(max([high, *near])))
        if self.cap is not None and self.cap > start:
            end = min(end, self.cap)
        return start, max(end, start + 1)

    @cached_property
    def hovers(self) -> list[Markup]:
        """What hovering over each mark says, escaped; the plot of residuals says it too."""
        return [hover_of(point, self.known) for point in self.points]

    @cached_property
    def n_beyond(self) -> int:
        """How many entries lie outside the axes; their marks stand at the edge."""
        low, high = self.range
        return sum(
            not (low <= p.y_pred <= high and low <= p.shown_true <= high) for p in self.points
        )


def parity_chart(parity: Parity, *, name: str) -> Markup:
    """The chart: identity line, the band around it, and one mark an entry."""
    low, high = parity.range
    x, y = (
        Scale(low, high, _PARITY_LEFT, _PARITY_RIGHT),
        Scale(low, high, _PARITY_BOTTOM, _PARITY_TOP),
    )
    drawn = [*_band(x, y, parity.band), *_parity_axes(x, y, parity)]
    drawn += [
        _parity_mark(point, x, y, hover)
        for point, hover in zip(parity.points, parity.hovers, strict=True)
    ]
    return figure(
        drawn,
        width=SIZE,
        height=SIZE,
        name=name,
        title=f"Predicted against {parity.known} {parity.axis}",
        text=_parity_description(parity),
        kind="parity",
    )


def _band(x: Scale, y: Scale, width: float | None) -> list[str]:
    """Identity line, and the region where a prediction is close enough."""
    low, high = x.low, x.high
    drawn = []
    if width is not None:
        corners = (
            (low, low),
            (low, low + width),
            (high - width, high),
            (high, high),
            (high, high - width),
            (low + width, low),
        )
        path = " ".join(f"{short(x(a))},{short(y(b))}" for a, b in corners)
        drawn.append(f'<polygon class="il-near-band" points="{path}"/>')
    return [*drawn, line(x(low), y(low), x(high), y(high), "il-identity")]


def _parity_axes(x: Scale, y: Scale, parity: Parity) -> list[str]:
    axis = parity.axis
    drawn = [line(_PARITY_LEFT, _PARITY_BOTTOM, _PARITY_RIGHT, _PARITY_BOTTOM, "il-axis-line")]
    drawn.append(line(_PARITY_LEFT, _PARITY_TOP, _PARITY_LEFT, _PARITY_BOTTOM, "il-axis-line"))
    for tick in x.ticks(about=9):
        drawn.append(line(x(tick), _PARITY_TOP, x(tick), _PARITY_BOTTOM, "il-grid"))
        drawn.append(line(_PARITY_LEFT, y(tick), _PARITY_RIGHT, y(tick), "il-grid"))
        drawn.append(
            words(x(tick), _PARITY_BOTTOM + 17, tick_label(tick), "il-tick", anchor="middle")
        )
        drawn.append(
            words(_PARITY_LEFT - 7, y(tick) + 4, tick_label(tick), "il-tick", anchor="end")
        )
    middle = (_PARITY_TOP + _PARITY_BOTTOM) / 2
    drawn.append(
        words(
            (_PARITY_LEFT + _PARITY_RIGHT) / 2,
            _PARITY_BOTTOM + 38,
            f"{parity.known} {axis}",
            "il-axis",
            anchor="middle",
        )
    )
    turned = f'<g transform="rotate(-90 14 {short(middle)})">'
    label = words(14, middle + 4, f"predicted {axis}", "il-axis", anchor="middle")
    return [*drawn, f"{turned}{label}</g>"]


def _parity_mark(point: Point, x: Scale, y: Scale, hover: Markup) -> str:
    px, py = x(point.shown_true), y(point.y_pred)
    fill = "" if point.is_filled else " il-point--open"
    spread = ""
    if point.y_pred_sd:
        low, high = y(point.y_pred - point.y_pred_sd), y(point.y_pred + point.y_pred_sd)
        spread = line(px, low, px, high, "il-spread")
    if point.upper_limit is None:
        mark = f'<circle class="il-point{fill}" cx="{short(px)}" cy="{short(py)}" r="3.6"/>'
    else:
        mark = (
            f'<path class="il-point il-point--limit{fill}" '
            f'd="M{short(px)} {short(py - 4.5)}v9l-7 -4.5z"/>'
        )
    return hovered(mark, hover, spread)


def hover_of(point: Point, known: str) -> Markup:
    """What hovering over a mark says: the entry, its label, the prediction."""
    label = _label_of(point.name, point.id, known, point.y_true, point.upper_limit)
    spread = f" ± {number(point.y_pred_sd)} over seeds" if point.y_pred_sd else ""
    return Markup(f"{label}, predicted {number(point.y_pred)}{spread}")  # noqa: S704 - numbers


@lru_cache(maxsize=_LABELS)
def _label_of(
    name: str, entry: str, known: str, y_true: float, upper_limit: float | None
) -> Markup:
    """An entry and its label: the same on the page of every submission."""
    label = number(y_true) if upper_limit is None else f"at most {number(upper_limit)}"
    return escape(f"{name} ({entry}): {known} {label}" if name else f"{entry}: {known} {label}")


def _parity_description(parity: Parity) -> str:
    limits = sum(point.upper_limit is not None for point in parity.points)
    shown = f"{count(len(parity.points))} {parity.entries}"
    text = f"{shown}, predicted against {parity.known} {parity.axis}."
    if limits:
        text += (
            f" {limits} of them are upper limits, drawn as triangles pointing to smaller values."
        )
    outside = parity.n_beyond
    return text + (f" {outside_axes(outside)}." if outside else "")


def outside_axes(n: int) -> str:
    """How many entries lie outside the axes, in words.

    Example:
        >>> outside_axes(1), outside_axes(0)
        ('1 entry lies outside the axes', '0 entries lie outside the axes')
    """
    return f"{count(n)} {'entry lies' if n == 1 else 'entries lie'} outside the axes"


# Prediction minus label against the prediction: what to reckon with when reading one


FRAME = Frame(width=420, height=420, left=52, top=14)
_LEAST_REACH = 1e-3


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What the chart shows.

    Attributes:
        points: Scored entries that have a label; at least one.
        hovers: What hovering over each of them begins with, as :attr:`Parity.hovers` says it.
        axis: The target with its unit.
        error_unit: Unit of a difference.
        band: Half-width of the shaded region around zero, or None.
        cap: Where the axis of predictions ends at the latest.
        known: How labels came about, as an adjective (``measured``).
    """

    points: Sequence[Point]
    hovers: Sequence[Markup]
    axis: str
    error_unit: str
    band: float | None = None
    cap: float | None = None
    known: str = "measured"

    @cached_property
    def differences(self) -> list[float]:
        """Prediction minus label of every point; a limit counts as the label."""
        return [point.y_pred - point.shown_true for point in self.points]

    @cached_property
    def middle(self) -> float:
        """Median of the differences; limits count as the limit."""
        ordered = sorted(self.differences)
        half = len(ordered) // 2
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2

    @cached_property
    def reach(self) -> float:
        """How far the upright axis goes to either side of zero: nearly all entries."""
        sizes = sorted(map(abs, self.differences))
        most = sizes[min(len(sizes) - 1, math.ceil(0.98 * len(sizes)))]
        return max(1.05 * most, 1.5 * (self.band or 0.0), _LEAST_REACH)

    @cached_property
    def span(self) -> tuple[float, float]:
        """Ends of the axis of predictions: those within reach of the labels."""
        labels = [point.shown_true for point in self.points]
        low, high = min(labels), max(labels)
        width = max(high - low, 1.0)
        near = [p.y_pred for p in self.points if low - width <= p.y_pred <= high + width]
        start, end = min(near, default=low), max(near, default=high)
        if self.cap is not None and self.cap > start:
            end = min(end, self.cap)
        room = max(0.04 * (end - start), _LEAST_REACH)
        return start - room, end + room

    @cached_property
    def n_beyond(self) -> int:
        """How many entries lie outside the axes; their marks stand at the edge."""
        (low, high), reach = self.span, self.reach
        return sum(
            not (low <= point.y_pred <= high and abs(difference) <= reach)
            for point, difference in zip(self.points, self.differences, strict=True)
        )


def residual_chart(residuals: Residuals, *, name: str) -> Markup:
    """The chart: a line at zero, the band around it, and one mark an entry."""
    x = Scale(*residuals.span, FRAME.left, FRAME.right)
    y = Scale(-residuals.reach, residuals.reach, FRAME.bottom, FRAME.top)
    drawn = [*_residuals_grid(x, y), *_zero(residuals, y)]
    drawn += axis_titles(
        f"predicted {residuals.axis}",
        f"predicted − {residuals.known} / {residuals.error_unit}",
        FRAME,
    )
    unit = escape(residuals.error_unit)
    drawn += [
        _residuals_mark(point, difference, x, y, hover, unit)
        for point, difference, hover in zip(
            residuals.points, residuals.differences, residuals.hovers, strict=True
        )
    ]
    middle = change_of(residuals.middle)
    return figure(
        drawn,
        width=FRAME.width,
        height=FRAME.height,
        name=name,
        title=f"Prediction minus label against predicted {residuals.axis}",
        text=f"{count(len(residuals.points))} entries; the median difference is {middle} "
        f"{residuals.error_unit}. {outside_axes(residuals.n_beyond)}.",
        kind="parity",
    )


def _residuals_grid(x: Scale, y: Scale) -> list[str]:
    drawn = [line(FRAME.left, FRAME.bottom, FRAME.right, FRAME.bottom, "il-axis-line")]
    drawn.append(line(FRAME.left, FRAME.top, FRAME.left, FRAME.bottom, "il-axis-line"))
    for tick in y.ticks(about=8):
        drawn.append(line(FRAME.left, y(tick), FRAME.right, y(tick), "il-grid"))
        drawn.append(words(FRAME.left - 7, y(tick) + 4, tick_label(tick), "il-tick", anchor="end"))
    for tick in x.ticks(about=7):
        drawn.append(line(x(tick), FRAME.top, x(tick), FRAME.bottom, "il-grid"))
        label = tick_label(tick)
        drawn.append(words(x(tick), FRAME.bottom + 17, label, "il-tick", anchor="middle"))
    return drawn


def _zero(residuals: Residuals, y: Scale) -> list[str]:
    """The line of right predictions, and the region where one is close enough."""
    drawn = []
    if residuals.band is not None:
        top, bottom = y(residuals.band), y(-residuals.band)
        width = FRAME.right - FRAME.left
        drawn.append(rect(FRAME.left, top, width, bottom - top, "il-near-band"))
    return [*drawn, line(FRAME.left, y(0.0), FRAME.right, y(0.0), "il-zero")]


def _residuals_mark(
    point: Point, difference: float, x: Scale, y: Scale, hover: Markup, unit: Markup
) -> str:
    px, py = x(point.y_pred), y(difference)
    fill = "" if point.is_filled else " il-point--open"
    if point.upper_limit is None:
        mark = f'<circle class="il-point{fill}" cx="{short(px)}" cy="{short(py)}" r="3.6"/>'
    else:
        mark = (
            f'<path class="il-point il-point--limit{fill}" '
            f'd="M{short(px - 4.5)} {short(py)}h9l-4.5 -7z"/>'
        )
    at_least = "at least " if point.upper_limit is not None else ""
    said = f"{hover}: {at_least}{change_of(difference)} {unit}"
    return hovered(mark, Markup(said))  # noqa: S704 - both parts are escaped


# The ladder of splits: a model's error on folds near to its training data, and far from it


_MARKS = 3


@dataclass(frozen=True, kw_only=True)
class RungRow:
    """One model: an error for each kind of folds, in the order of the ladder."""

    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Rungs:
    """What the chart shows: models, the kinds of folds, and the axis with its unit."""

    rows: Sequence[RungRow]
    kinds: Sequence[str]
    axis: str


@dataclass(frozen=True)
class _RungsShape:
    width: float
    left: float
    is_stacked: bool
    top: float = 8.0

    @property
    def pitch(self) -> float:
        return 50.0 if self.is_stacked else 38.0

    @property
    def right(self) -> float:
        return self.width - 12


_RUNGS_WIDE = _RungsShape(width=780, left=236, is_stacked=False)
_RUNGS_NARROW = _RungsShape(width=360, left=10, is_stacked=True)
_RUNGS_LABEL_CHARS = {False: 33, True: 46}


def rungs_chart(rungs: Rungs, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _rungs_draw(rungs, _RUNGS_WIDE, name=f"{name}-wide"),
        _rungs_draw(rungs, _RUNGS_NARROW, name=f"{name}-narrow"),
    )


def rung_mark(position: int, x: float, y: float) -> str:
    """The mark of a kind of folds: an open disc, a square, a filled disc."""
    if position % _MARKS == 1:
        return f'<rect class="il-rung" x="{short(x - 4)}" y="{short(y - 4)}" width="8" height="8"/>'
    kind = "il-rung il-rung--open" if position % _MARKS == 0 else "il-rung"
    return f'<circle class="{kind}" cx="{short(x)}" cy="{short(y)}" r="4.5"/>'


def _rungs_draw(rungs: Rungs, shape: _RungsShape, *, name: str) -> Markup:
    bottom = shape.top + shape.pitch * len(rungs.rows)
    ends = [
        value.value if value.high is None else value.high
        for row in rungs.rows
        for value in row.values
        if value.value is not None
    ]
    scale = Scale(0.0, axis_reach(ends, baseline=None), shape.left, shape.right)
    drawn = [line(shape.left, bottom, shape.right, bottom, "il-axis-line")]
    for tick in scale.ticks(about=6 if shape.is_stacked else 8):
        drawn.append(line(scale(tick), shape.top, scale(tick), bottom, "il-grid"))
        drawn.append(words(scale(tick), bottom + 17, tick_label(tick), "il-tick", anchor="middle"))
    for position, row in enumerate(rungs.rows):
        drawn.append(_rungs_row(row, rungs, scale, shape, shape.top + shape.pitch * position))
    middle = (shape.left + shape.right) / 2
    drawn.append(words(middle, bottom + 38, rungs.axis, "il-axis", anchor="middle"))
    return figure(
        drawn,
        width=shape.width,
        height=bottom + 46,
        name=name,
        title="Cross-validated error by kind of folds",
        text=f"{len(rungs.rows)} models on folds: {', '.join(rungs.kinds)}. The table below holds "
        "the same numbers.",
        kind="rungs",
    )


def _rungs_row(row: RungRow, rungs: Rungs, scale: Scale, shape: _RungsShape, top: float) -> str:
    centre = top + (31 if shape.is_stacked else shape.pitch / 2)
    limit = _RUNGS_LABEL_CHARS[shape.is_stacked]
    label = row.label if len(row.label) <= limit else f"{row.label[: limit - 1]}…"
    drawn = (
        words(shape.left, top + 13, label, "il-label")
        if shape.is_stacked
        else words(shape.left - 12, centre + 4.5, label, "il-label", anchor="end")
    )
    for position, (kind, value) in enumerate(zip(rungs.kinds, row.values, strict=True)):
        if value.value is None:
            continue
        y = centre + 10 * (position - (len(row.values) - 1) / 2)
        between = interval(value.low, value.high)
        hover = f"{row.label}, {kind}: {number(value.value)}" + (f" ({between})" if between else "")
        spread = ""
        if value.low is not None and value.high is not None:
            spread = line(scale(value.low), y, scale(value.high), y, "il-whisker")
        mark = rung_mark(position, scale(value.value), y)
        drawn += f"<g><title>{escape(hover)}</title>{spread}{mark}</g>"
    return drawn


# One row's value and interval on the axis of its table, against floor and median


WHISKER_WIDTH = 168.0
WHISKER_HEIGHT = 22.0
_MARGIN = 6.0


def whisker_scale(values: list[float], *, baseline: float | None) -> Scale:
    """The axis that all whiskers of a board share."""
    return Scale(0.0, axis_reach(values, baseline=baseline), _MARGIN, WHISKER_WIDTH - _MARGIN)


def backdrop(scale: Scale, floor: Floor | None, baseline: float | None) -> str:
    """What every whisker of a table stands on: floor with its band, and the median line."""
    drawn = ""
    if floor is not None:
        if floor.low is not None and floor.high is not None:
            x_low = scale(floor.low)
            drawn += rect(x_low, 0, scale(floor.high) - x_low, WHISKER_HEIGHT, "il-floor-band")
        drawn += line(scale(floor.value), 0, scale(floor.value), WHISKER_HEIGHT, "il-floor-line")
    if baseline is not None:
        drawn += line(scale(baseline), 0, scale(baseline), WHISKER_HEIGHT, "il-median-line")
    return drawn


def whisker(value: Value, kind: str, scale: Scale, *, behind: str) -> Markup:
    """The drawing of one row; hidden from screen readers, who have the numbers beside it."""
    drawn = behind
    middle = WHISKER_HEIGHT / 2
    if value.low is not None and value.high is not None:
        drawn += line(scale(value.low), middle, scale(value.high), middle, "il-whisker")
    if value.value is not None:
        x = scale(value.value)
        drawn += beyond(x, middle) if scale.exceeds(value.value) else dot(x, middle, kind, radius=4)
    return _wrapped(drawn, WHISKER_HEIGHT)


def whisker_axis(scale: Scale) -> Markup:
    """The tick numbers that stand in the head of the whisker column."""
    drawn = [
        words(scale(tick), 11, tick_label(tick), "il-tick", anchor="middle")
        for tick in scale.ticks(about=4)
    ]
    return _wrapped("".join(drawn), 14)


def _wrapped(drawn: str, height: float) -> Markup:
    return Markup(  # noqa: S704 - elements are escaped where they are made
        f'<svg class="il-spark" viewBox="0 0 {short(WHISKER_WIDTH)} {short(height)}" '
        f'width="{short(WHISKER_WIDTH)}" height="{short(height)}" '
        'aria-hidden="true" focusable="false">'
        f"{drawn}</svg>"
    )
