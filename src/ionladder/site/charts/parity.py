"""Predicted against measured, an entry a mark; upper limits are drawn as what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from markupsafe import Markup, escape

from ionladder.site.charts.svg import Scale, figure, hovered, line, short, tick_label, words
from ionladder.site.text import count, number

SIZE = 420.0
_LABELS = 10_000
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
    x, y = Scale(low, high, _LEFT, _RIGHT), Scale(low, high, _BOTTOM, _TOP)
    drawn = [*_band(x, y, parity.band), *_axes(x, y, parity)]
    drawn += [
        _mark(point, x, y, hover) for point, hover in zip(parity.points, parity.hovers, strict=True)
    ]
    return figure(
        drawn,
        width=SIZE,
        height=SIZE,
        name=name,
        title=f"Predicted against {parity.known} {parity.axis}",
        text=_description(parity),
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


def _axes(x: Scale, y: Scale, parity: Parity) -> list[str]:
    axis = parity.axis
    drawn = [line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "il-axis-line")]
    drawn.append(line(_LEFT, _TOP, _LEFT, _BOTTOM, "il-axis-line"))
    for tick in x.ticks(about=9):
        drawn.append(line(x(tick), _TOP, x(tick), _BOTTOM, "il-grid"))
        drawn.append(line(_LEFT, y(tick), _RIGHT, y(tick), "il-grid"))
        drawn.append(words(x(tick), _BOTTOM + 17, tick_label(tick), "il-tick", anchor="middle"))
        drawn.append(words(_LEFT - 7, y(tick) + 4, tick_label(tick), "il-tick", anchor="end"))
    middle = (_TOP + _BOTTOM) / 2
    drawn.append(
        words(
            (_LEFT + _RIGHT) / 2,
            _BOTTOM + 38,
            f"{parity.known} {axis}",
            "il-axis",
            anchor="middle",
        )
    )
    turned = f'<g transform="rotate(-90 14 {short(middle)})">'
    label = words(14, middle + 4, f"predicted {axis}", "il-axis", anchor="middle")
    return [*drawn, f"{turned}{label}</g>"]


def _mark(point: Point, x: Scale, y: Scale, hover: Markup) -> str:
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


def _description(parity: Parity) -> str:
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
