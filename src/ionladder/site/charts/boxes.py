"""How labels are distributed in groups of entries: a row a group, a panel a target, a box each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import (
    Scale,
    figure,
    line,
    rect,
    short,
    tick_label,
    two_widths,
    words,
)
from ionladder.site.text import number

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
