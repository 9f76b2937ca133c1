"""Prediction minus label against the prediction: what to reckon with when reading one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from ionladder.site.charts.frame import Frame, axis_titles
from ionladder.site.charts.parity import Point, outside_axes
from ionladder.site.charts.svg import Scale, figure, hovered, line, rect, short, tick_label, words
from ionladder.site.text import change_of, count

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
    drawn = [*_grid(x, y), *_zero(residuals, y)]
    drawn += axis_titles(
        f"predicted {residuals.axis}",
        f"predicted − {residuals.known} / {residuals.error_unit}",
        FRAME,
    )
    unit = escape(residuals.error_unit)
    drawn += [
        _mark(point, difference, x, y, hover, unit)
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


def _grid(x: Scale, y: Scale) -> list[str]:
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


def _mark(point: Point, difference: float, x: Scale, y: Scale, hover: Markup, unit: Markup) -> str:
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
