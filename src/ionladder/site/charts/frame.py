"""The frame of a chart with scores on its upright axis: room, grid, axis titles, the floor."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.site.charts.ladder import Mark
from ionladder.site.charts.svg import Scale, line, rect, tick_label, words
from ionladder.site.text import fine_digits, number


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
