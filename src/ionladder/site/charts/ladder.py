"""The picture of a board: a row per submission, dot and interval, against floor and median."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import (
    Scale,
    axis_reach,
    beyond,
    dot,
    figure,
    line,
    rect,
    tick_label,
    two_widths,
    words,
)
from ionladder.site.text import fine_digits, interval, number


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
class _Shape:
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


WIDE = _Shape(width=780, left=236, right=664, pitch=30, label_chars=33, is_stacked=False)
NARROW = _Shape(width=360, left=10, right=272, pitch=44, label_chars=46, is_stacked=True)


def ladder_chart(ladder: Ladder, *, name: str) -> Markup:
    """The chart twice, for wide and for narrow pages; the style sheet shows one of them."""
    return two_widths(
        draw(ladder, WIDE, name=f"{name}-wide"), draw(ladder, NARROW, name=f"{name}-narrow")
    )


def scale_of(ladder: Ladder, shape: _Shape) -> Scale:
    """The horizontal scale of the chart."""
    return Scale(0.0, ladder.reach, shape.left, shape.right)


def draw(ladder: Ladder, shape: _Shape, *, name: str) -> Markup:
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
        text=_description(ladder),
        kind="ladder",
    )


def _grid(scale: Scale, shape: _Shape, bottom: float) -> list[str]:
    drawn = [line(shape.left, bottom, shape.right, bottom, "il-axis-line")]
    for tick in scale.ticks(about=6 if shape.is_stacked else 8):
        x = scale(tick)
        drawn.append(line(x, shape.top, x, bottom, "il-grid"))
        drawn.append(words(x, bottom + 17, tick_label(tick), "il-tick", anchor="middle"))
    return drawn


def _marks(ladder: Ladder, scale: Scale, shape: _Shape, bottom: float) -> list[str]:
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


def _row(row: LadderRow, scale: Scale, shape: _Shape, y: float, confidence: str) -> str:
    between = interval(row.low, row.high)
    hover = f"{row.label}: {number(row.value)}" + (
        f" ({confidence} interval {between})" if between else ""
    )
    centre = y + 9 if shape.is_stacked else y
    parts = [f'<g class="il-row il-row--{row.kind}"><title>{escape(hover)}</title>']
    label = _label(row.label, shape, y)
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


def _ties(ladder: Ladder, shape: _Shape) -> list[str]:
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


def _label(label: str, shape: _Shape, y: float) -> str:
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


def _description(ladder: Ladder) -> str:
    if not ladder.rows:
        return "No submission has been scored yet."
    best = ladder.rows[0]
    parts = [f"{len(ladder.rows)} rows by {ladder.axis}; smallest: {best.label}"]
    parts.append(f"{number(best.value)} ({interval(best.low, best.high) or 'no interval'})")
    marks = [mark for mark in (ladder.floor, ladder.baseline) if mark]
    parts += [f"{m.label} {number(m.value, digits=fine_digits(m.value))}" for m in marks]
    return "; ".join(parts) + ". The table below holds the same numbers."
