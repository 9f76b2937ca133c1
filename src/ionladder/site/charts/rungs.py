"""The ladder of splits: a model's error on folds near to its training data, and far from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.board import Value
from ionladder.site.charts.svg import (
    Scale,
    axis_reach,
    figure,
    line,
    short,
    tick_label,
    two_widths,
    words,
)
from ionladder.site.text import interval, number

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
class _Shape:
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


_WIDE = _Shape(width=780, left=236, is_stacked=False)
_NARROW = _Shape(width=360, left=10, is_stacked=True)
_LABEL_CHARS = {False: 33, True: 46}


def rungs_chart(rungs: Rungs, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _draw(rungs, _WIDE, name=f"{name}-wide"), _draw(rungs, _NARROW, name=f"{name}-narrow")
    )


def rung_mark(position: int, x: float, y: float) -> str:
    """The mark of a kind of folds: an open disc, a square, a filled disc."""
    if position % _MARKS == 1:
        return f'<rect class="il-rung" x="{short(x - 4)}" y="{short(y - 4)}" width="8" height="8"/>'
    kind = "il-rung il-rung--open" if position % _MARKS == 0 else "il-rung"
    return f'<circle class="{kind}" cx="{short(x)}" cy="{short(y)}" r="4.5"/>'


def _draw(rungs: Rungs, shape: _Shape, *, name: str) -> Markup:
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
        drawn.append(_row(row, rungs, scale, shape, shape.top + shape.pitch * position))
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


def _row(row: RungRow, rungs: Rungs, scale: Scale, shape: _Shape, top: float) -> str:
    centre = top + (31 if shape.is_stacked else shape.pitch / 2)
    limit = _LABEL_CHARS[shape.is_stacked]
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
