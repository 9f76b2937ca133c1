"""The best score from publication to publication: steps, broken where the rules changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from ionladder.site.charts.frame import Frame, axis_titles, floor_level, value_grid
from ionladder.site.charts.ladder import Mark
from ionladder.site.charts.svg import Scale, axis_reach, figure, line, short, two_widths, words
from ionladder.site.text import number

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


_WIDE = Frame(width=780, height=300, top=22)
_NARROW = Frame(width=360, height=280, top=22)


def course_chart(course: Course, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _draw(course, _WIDE, name=f"{name}-wide"), _draw(course, _NARROW, name=f"{name}-narrow")
    )


def _draw(course: Course, frame: Frame, *, name: str) -> Markup:
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
