"""Predicted against measured, an entry a mark; upper limits are drawn as what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import Scale, figure, line, short, tick_label, words
from ionladder.site.text import number

SIZE = 420.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 14.0, 408.0, 370.0


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
    """

    id: str
    y_true: float
    y_pred: float
    y_pred_sd: float | None = None
    upper_limit: float | None = None
    is_filled: bool = True

    @property
    def shown_true(self) -> float:
        """Where the mark stands on the measured axis: at the limit where there is only one."""
        return self.y_true if self.upper_limit is None else self.upper_limit


def parity_range(points: Sequence[Point]) -> tuple[float, float]:
    """The common range of both axes: all labels, and predictions within reach of them."""
    true = [point.shown_true for point in points]
    low, high = min(true), max(true)
    reach = max(high - low, 1.0)
    near = [p.y_pred for p in points if low - reach <= p.y_pred <= high + reach]
    return math.floor(min([low, *near])), math.ceil(max([high, *near]))


def beyond_axes(points: Sequence[Point]) -> int:
    """How many predictions lie outside the axes; their marks stand at the edge."""
    low, high = parity_range(points) if points else (0.0, 0.0)
    return sum(not low <= point.y_pred <= high for point in points)


def parity_chart(points: Sequence[Point], *, name: str, axis: str) -> Markup:
    """The chart: identity line, the band within one decade, and one mark an entry."""
    low, high = parity_range(points)
    x, y = Scale(low, high, _LEFT, _RIGHT), Scale(low, high, _BOTTOM, _TOP)
    drawn = [*_band(x, y), *_axes(x, y, axis)]
    drawn += [_mark(point, x, y) for point in points]
    return figure(
        drawn,
        width=SIZE,
        height=SIZE,
        name=name,
        title=f"Predicted against measured {axis}",
        text=_description(points, axis),
        kind="parity",
    )


def _band(x: Scale, y: Scale) -> list[str]:
    """Identity line, and the region where a prediction is within one decade."""
    low, high = x.low, x.high
    corners = (
        (low, low),
        (low, low + 1),
        (high - 1, high),
        (high, high),
        (high, high - 1),
        (low + 1, low),
    )
    path = " ".join(f"{short(x(a))},{short(y(b))}" for a, b in corners)
    return [
        f'<polygon class="il-decade-band" points="{path}"/>',
        line(x(low), y(low), x(high), y(high), "il-identity"),
    ]


def _axes(x: Scale, y: Scale, axis: str) -> list[str]:
    drawn = [line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "il-axis-line")]
    drawn.append(line(_LEFT, _TOP, _LEFT, _BOTTOM, "il-axis-line"))
    for tick in x.ticks(about=9):
        drawn.append(line(x(tick), _TOP, x(tick), _BOTTOM, "il-grid"))
        drawn.append(line(_LEFT, y(tick), _RIGHT, y(tick), "il-grid"))
        drawn.append(words(x(tick), _BOTTOM + 17, tick_label(tick), "il-tick", anchor="middle"))
        drawn.append(words(_LEFT - 7, y(tick) + 4, tick_label(tick), "il-tick", anchor="end"))
    middle = (_TOP + _BOTTOM) / 2
    drawn.append(
        words((_LEFT + _RIGHT) / 2, _BOTTOM + 38, f"measured {axis}", "il-axis", anchor="middle")
    )
    turned = f'<g transform="rotate(-90 14 {short(middle)})">'
    label = words(14, middle + 4, f"predicted {axis}", "il-axis", anchor="middle")
    return [*drawn, f"{turned}{label}</g>"]


def _mark(point: Point, x: Scale, y: Scale) -> str:
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
    return f"<g><title>{escape(_hover(point))}</title>{spread}{mark}</g>"


def _hover(point: Point) -> str:
    measured = (
        f"measured {number(point.y_true)}"
        if point.upper_limit is None
        else f"measured at most {number(point.upper_limit)}"
    )
    spread = f" ± {number(point.y_pred_sd)} over seeds" if point.y_pred_sd else ""
    return f"{point.id}: {measured}, predicted {number(point.y_pred)}{spread}"


def _description(points: Sequence[Point], axis: str) -> str:
    limits = sum(point.upper_limit is not None for point in points)
    outside = beyond_axes(points)
    text = f"{len(points)} test entries, predicted against measured {axis}; "
    text += f"{limits} of them are upper limits, drawn as triangles pointing to smaller values."
    return text + (f" {outside} predictions lie outside the axes." if outside else "")
