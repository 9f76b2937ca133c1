"""Share of labels that stated intervals hold, against the share that they should hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import Scale, figure, line, short, words

WIDTH, HEIGHT = 360.0, 344.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 58.0, 14.0, 334.0, 296.0


@dataclass(frozen=True, kw_only=True)
class CalibrationCurve:
    """What the chart shows.

    Attributes:
        levels: Nominal levels of central intervals, ascending, between 0 and 1.
        observed: Share of labels inside the interval of each level.
        n: Entries judged.
    """

    levels: Sequence[float]
    observed: Sequence[float]
    n: int


def calibration_chart(curve: CalibrationCurve, *, name: str) -> Markup:
    """The chart: the diagonal of perfect calibration, and one mark a level on a line."""
    x, y = Scale(0.0, 1.0, _LEFT, _RIGHT), Scale(0.0, 1.0, _BOTTOM, _TOP)
    points = list(zip(curve.levels, curve.observed, strict=True))
    path = " ".join(f"{short(x(a))},{short(y(b))}" for a, b in [(0.0, 0.0), *points, (1.0, 1.0)])
    drawn = _axes(x, y)
    drawn.append(line(x(0), y(0), x(1), y(1), "il-identity"))
    drawn.append(f'<polyline class="il-curve" points="{path}"/>')
    for level, share in points:
        hover = f"central {100 * level:g} % interval: holds {100 * share:.0f} % of the labels"
        drawn.append(
            f"<g><title>{escape(hover)}</title>"
            f'<circle class="il-point" cx="{short(x(level))}" cy="{short(y(share))}" r="3"/></g>'
        )
    return figure(
        drawn,
        width=WIDTH,
        height=HEIGHT,
        name=name,
        title="Calibration of the stated uncertainty",
        text=_description(curve),
        kind="calibration",
    )


def _axes(x: Scale, y: Scale) -> list[str]:
    drawn = [line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "il-axis-line")]
    drawn.append(line(_LEFT, _TOP, _LEFT, _BOTTOM, "il-axis-line"))
    for tick in x.ticks(about=5):
        drawn.append(line(x(tick), _TOP, x(tick), _BOTTOM, "il-grid"))
        drawn.append(line(_LEFT, y(tick), _RIGHT, y(tick), "il-grid"))
        label = f"{100 * tick:g} %"
        drawn.append(words(x(tick), _BOTTOM + 17, label, "il-tick", anchor="middle"))
        drawn.append(words(_LEFT - 7, y(tick) + 4, label, "il-tick", anchor="end"))
    centre, middle = (_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2
    drawn.append(words(centre, _BOTTOM + 38, "level of the interval", "il-axis", anchor="middle"))
    label = words(12, middle + 4, "labels inside it", "il-axis", anchor="middle")
    return [*drawn, f'<g transform="rotate(-90 12 {short(middle)})">{label}</g>']


def _description(curve: CalibrationCurve) -> str:
    excess = [share - level for level, share in zip(curve.levels, curve.observed, strict=True)]
    mean = sum(excess) / len(excess)
    side = (
        "below the diagonal: widths are too small"
        if mean < 0
        else ("above the diagonal: widths are too large" if mean > 0 else "on the diagonal")
    )
    return (
        f"Share of {curve.n} labels inside the central intervals of their predictions, for "
        f"{len(curve.levels)} levels. On average the curve lies {side}."
    )
