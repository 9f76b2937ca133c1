"""How labels are distributed in training and test set: two bars a bin, as shares of their set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import Scale, figure, line, short, tick_label, two_widths, words


@dataclass(frozen=True, kw_only=True)
class Series:
    """Counts of one subset, per bin; ``marked`` is the part of each count that is a limit."""

    title: str
    kind: str
    counts: tuple[int, ...]
    marked: tuple[int, ...]

    @property
    def total(self) -> int:
        """Entries of the subset."""
        return sum(self.counts)


@dataclass(frozen=True)
class _Shape:
    width: float
    height: float
    bins_per_tick: int


_WIDE = _Shape(width=720, height=250, bins_per_tick=1)
_NARROW = _Shape(width=360, height=230, bins_per_tick=3)
_LEFT, _TOP, _BELOW = 42.0, 12.0, 44.0


def histogram(
    edges: Sequence[float], series: Sequence[Series], *, name: str, axis: str, is_even: bool = False
) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them.

    Args:
        edges: Edges of the bins, ascending.
        series: One set of bars each.
        name: Identifier, unique on the page.
        axis: The quantity with its unit.
        is_even: Draw bins of unequal width equally wide, each edge labelled.
    """
    bins = _Bins(tuple(edges), is_even)
    return two_widths(
        _draw(bins, series, _WIDE, name=f"{name}-wide", axis=axis),
        _draw(bins, series, _NARROW, name=f"{name}-narrow", axis=axis),
    )


@dataclass(frozen=True)
class _Bins:
    """Edges of the bins, and where on the axis they stand."""

    edges: tuple[float, ...]
    is_even: bool

    def place(self, position: int) -> float:
        return float(position) if self.is_even else self.edges[position]

    def is_labelled(self, position: int, every: int) -> bool:
        counted = position if self.is_even else round(self.edges[position])
        return counted % (min(every, 2) if self.is_even else every) == 0


def _draw(bins: _Bins, series: Sequence[Series], shape: _Shape, *, name: str, axis: str) -> Markup:
    bottom = shape.height - _BELOW
    last = len(bins.edges) - 1
    x = Scale(bins.place(0), bins.place(last), _LEFT, shape.width - 8)
    top_share = max((c / s.total for s in series if s.total for c in s.counts), default=0.1)
    y = Scale(0.0, max(top_share, 0.01) * 1.05, bottom, _TOP)
    drawn = _axes(bins, x, y, shape, axis)
    for place, item in enumerate(series):
        drawn += _bars(bins, item, x, y, place=place, of=len(series))
    totals = "; ".join(f"{item.title}: {item.total} entries" for item in series)
    return figure(
        drawn,
        width=shape.width,
        height=shape.height,
        name=name,
        title=f"Distribution of {axis}",
        text=f"Share of entries per bin. {totals}. Counts stand in the bars’ own titles.",
        kind="histogram",
    )


def _axes(bins: _Bins, x: Scale, y: Scale, shape: _Shape, axis: str) -> list[str]:
    bottom = y.start
    drawn = []
    for share in y.ticks(about=4):
        drawn.append(line(_LEFT, y(share), x.end, y(share), "il-grid"))
        drawn.append(words(_LEFT - 6, y(share) + 4, f"{100 * share:g} %", "il-tick", anchor="end"))
    for position, edge in enumerate(bins.edges):
        if bins.is_labelled(position, shape.bins_per_tick):
            at = x(bins.place(position))
            drawn.append(words(at, bottom + 16, tick_label(edge), "il-tick", anchor="middle"))
            drawn.append(line(at, bottom, at, bottom + 3, "il-axis-line"))
    drawn.append(line(_LEFT, bottom, x.end, bottom, "il-axis-line"))
    middle = (_LEFT + x.end) / 2
    drawn.append(words(middle, bottom + 36, axis, "il-axis", anchor="middle"))
    return drawn


def _bars(bins: _Bins, item: Series, x: Scale, y: Scale, *, place: int, of: int) -> list[str]:
    """One bar a bin; the part that is only a limit stands at its foot in another colour."""
    drawn = []
    for position, count in enumerate(item.counts):
        if not count:
            continue
        low, high = bins.edges[position], bins.edges[position + 1]
        start = x(bins.place(position))
        room = x(bins.place(position + 1)) - start
        width = room * 0.84 / of
        left = start + room * 0.08 + place * width
        marked = item.marked[position]
        hover = f"{item.title}, {tick_label(low)} to {tick_label(high)}: {count} of {item.total}"
        hover += f", {marked} of them upper limits" if marked else ""
        parts = [(0, marked, "limit"), (marked, count, item.kind)]
        body = "".join(
            _bar(left, width, y(foot / item.total), y(head / item.total), kind)
            for foot, head, kind in parts
            if head > foot
        )
        drawn.append(f"<g><title>{escape(hover)}</title>{body}</g>")
    return drawn


def _bar(left: float, width: float, low: float, high: float, kind: str) -> str:
    return (
        f'<rect class="il-bar il-bar--{kind}" x="{short(left)}" y="{short(high)}" '
        f'width="{short(max(width - 0.6, 1))}" height="{short(max(low - high, 0.8))}"/>'
    )
