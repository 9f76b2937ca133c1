"""One row's value and interval on the axis of its table, against floor and median."""

from __future__ import annotations

from markupsafe import Markup

from ionladder.site.board import Floor, Value
from ionladder.site.charts.svg import (
    Scale,
    axis_reach,
    beyond,
    dot,
    line,
    rect,
    short,
    tick_label,
    words,
)

WIDTH = 168.0
HEIGHT = 22.0
_MARGIN = 6.0


def whisker_scale(values: list[float], *, baseline: float | None) -> Scale:
    """The axis that all whiskers of a board share."""
    return Scale(0.0, axis_reach(values, baseline=baseline), _MARGIN, WIDTH - _MARGIN)


def backdrop(scale: Scale, floor: Floor | None, baseline: float | None) -> str:
    """What every whisker of a table stands on: floor with its band, and the median line."""
    drawn = ""
    if floor is not None:
        if floor.low is not None and floor.high is not None:
            x_low = scale(floor.low)
            drawn += rect(x_low, 0, scale(floor.high) - x_low, HEIGHT, "il-floor-band")
        drawn += line(scale(floor.value), 0, scale(floor.value), HEIGHT, "il-floor-line")
    if baseline is not None:
        drawn += line(scale(baseline), 0, scale(baseline), HEIGHT, "il-median-line")
    return drawn


def whisker(value: Value, kind: str, scale: Scale, *, behind: str) -> Markup:
    """The drawing of one row; hidden from screen readers, who have the numbers beside it."""
    drawn = behind
    middle = HEIGHT / 2
    if value.low is not None and value.high is not None:
        drawn += line(scale(value.low), middle, scale(value.high), middle, "il-whisker")
    if value.value is not None:
        x = scale(value.value)
        drawn += beyond(x, middle) if scale.exceeds(value.value) else dot(x, middle, kind, radius=4)
    return _wrapped(drawn, HEIGHT)


def whisker_axis(scale: Scale) -> Markup:
    """The tick numbers that stand in the head of the whisker column."""
    drawn = [
        words(scale(tick), 11, tick_label(tick), "il-tick", anchor="middle")
        for tick in scale.ticks(about=4)
    ]
    return _wrapped("".join(drawn), 14)


def _wrapped(drawn: str, height: float) -> Markup:
    return Markup(  # noqa: S704 - elements are escaped where they are made
        f'<svg class="il-spark" viewBox="0 0 {short(WIDTH)} {short(height)}" '
        f'width="{short(WIDTH)}" height="{short(height)}" aria-hidden="true" focusable="false">'
        f"{drawn}</svg>"
    )
