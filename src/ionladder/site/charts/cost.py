"""Error against what a model costs, a mark a model; the cost on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.frame import Frame, axis_titles, floor_level, value_grid
from ionladder.site.charts.labels import Box, Placed, place_labels
from ionladder.site.charts.ladder import Mark
from ionladder.site.charts.svg import (
    Scale,
    axis_reach,
    beyond,
    dot,
    figure,
    line,
    two_widths,
    words,
)
from ionladder.site.text import interval, number

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


_WIDE = Frame(width=780, height=380)
_NARROW = Frame(width=360, height=330)
_LABEL_CHARS = 38
_MARK = 5.0
_ROOM = 0.3
_LEAST, _MOST = -300.0, 300.0


def cost_chart(chart: CostChart, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _draw(chart, _WIDE, name=f"{name}-wide"), _draw(chart, _NARROW, name=f"{name}-narrow")
    )


def hides_names(chart: CostChart) -> bool:
    """Whether at either width some mark bears no name, since it would cover another."""
    if len(chart.points) > MOST_NAMED:
        return True
    return any(None in _places(chart, _marks(chart, f), f) for f in (_WIDE, _NARROW))


def _scales(chart: CostChart, frame: Frame) -> tuple[Scale, Scale]:
    low, high = _cost_range(chart)
    x = Scale(math.log10(low), math.log10(high), frame.left, frame.right)
    return x, Scale(0.0, chart.reach, frame.bottom, frame.top)


def _marks(chart: CostChart, frame: Frame) -> list[tuple[float, float]]:
    """Where the mark of each point stands."""
    x, y = _scales(chart, frame)
    low, _ = _cost_range(chart)
    return [(x(_log(point.cost, low)), y(point.value)) for point in chart.points]


def _draw(chart: CostChart, frame: Frame, *, name: str) -> Markup:
    x, y = _scales(chart, frame)
    drawn = [*floor_level(chart.floor, y, frame), *value_grid(y, frame)]
    drawn += [*_cost_axis(chart, x, frame), *axis_titles(chart.cost_axis, chart.value_axis, frame)]
    # Many whiskers side by side would hide the marks, so they step back.
    spread = "il-whisker" if len(chart.points) <= MOST_NAMED else "il-spread"
    marks = _marks(chart, frame)
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
    return [_cut(point.label, _LABEL_CHARS) for point in chart.points]


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


def _extent(point: CostPoint, x: float, y: float, scale: Scale) -> Box:
    """What is drawn of a point: its mark and its interval."""
    ends = [end for end in (point.low, point.high) if end is not None]
    heights = [y - _MARK, y + _MARK, *(scale(end) for end in ends)]
    return x - _MARK, min(heights), x + _MARK, max(heights)


def _cut(label: str, limit: int) -> str:
    return label if len(label) <= limit else f"{label[: limit - 1]}…"
