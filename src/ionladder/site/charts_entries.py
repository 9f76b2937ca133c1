"""Charts of entries: predictions and residuals, calibration, labels, groups, elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from ionladder.site import charts
from ionladder.site.charts import Plot, Scale
from ionladder.site.text import WORDS, axis_title, change_of, count, number, scored_words
from ionladder.specs import Array, Target, Task
from ionladder.stats.calibration import CURVE_LEVELS

# Predicted against measured, and prediction minus label: an entry a mark, a limit an arrow head


_LEAST_REACH = 1e-3
MOST_MARKS = 1000
"""Marks in one plot; of more entries an even sample is drawn."""
_PER, _PER_SPREAD = 10_000, 1000
"""Whole numbers to a unit of predictions and of their spread, which a script reads from marks."""


def even_sample(n: int) -> npt.NDArray[np.int_]:
    """Positions of the entries that charts draw, ascending: all of n, or as many evenly spaced."""
    return np.linspace(0, n - 1, min(n, MOST_MARKS)).astype(int)


class Labelled(NamedTuple):
    """The entries of one target that charts draw, ascending by label.

    Attributes:
        places: Their positions among all scored entries, shape (n,).
        shown: Labels, at the limit where only that was measured, shape (n,).
        kinds: Kind of each mark: 1 hollow (an entry without a CIF), 2 a limit, 3 both, 0 neither.
        n_all: How many entries have a label; of very many an even sample is drawn.
        n_missing: How many have none.
    """

    places: npt.NDArray[np.int_]
    shown: Array
    kinds: list[int]
    n_all: int
    n_missing: int

    @classmethod
    def of(cls, y_true: Array, limit: Array, is_open: npt.NDArray[np.bool_]) -> Labelled:
        """Those of all scored entries that are drawn.

        Args:
            y_true: Labels, NaN where there is none, shape (n,).
            limit: Where only a limit was measured: that limit; else NaN, shape (n,).
            is_open: Which entries have hollow marks, shape (n,).
        """
        is_known, is_limit = ~np.isnan(y_true), ~np.isnan(limit)
        drawn, shown = even_sample(len(y_true)), np.where(is_limit, limit, y_true)
        drawn = drawn[is_known[drawn]]
        drawn = drawn[np.argsort(shown[drawn], kind="stable")]
        kinds = (is_open + 2 * is_limit)[drawn].tolist()
        return cls(drawn, shown[drawn], kinds, int(is_known.sum()), int((~is_known).sum()))


@dataclass(frozen=True, eq=False)
class PredictionPlots:
    """Two plots of one submission's predictions of one target.

    Attributes:
        entries: Entries with their labels; at least one.
        y_pred: Predictions of them, the mean over seeds, shape (n,).
        y_pred_sd: Their spread over seeds, shape (n,), NaN for a single training.
        task: Says what entries are, how labels came about, and beyond which value scoring tells
            predictions no longer apart.
        target: What is predicted.
    """

    entries: Labelled
    y_pred: Array
    y_pred_sd: Array
    task: Task
    target: Target

    @property
    def number(self) -> int:
        """Which target of the task it is, from 0 on."""
        return self.task.targets.index(self.target)

    @cached_property
    def difference(self) -> Array:
        """Prediction minus label; a limit counts as the label."""
        return self.y_pred - self.entries.shown

    @property
    def labels(self) -> tuple[float, float]:
        """The smallest and the largest label."""
        return float(self.entries.shown.min()), float(self.entries.shown.max())

    def _near(self) -> Array:
        """Predictions within reach of the labels."""
        low, high = self.labels
        reach = max(high - low, 1.0)
        return self.y_pred[(self.y_pred >= low - reach) & (self.y_pred <= high + reach)]

    def _capped(self, start: float, end: float) -> float:
        cap = self.task.primary_use.options.get("clip")
        return min(end, cap) if cap is not None and cap > start else end

    @cached_property
    def range(self) -> tuple[float, float]:
        """The common range of both axes of the first plot."""
        every = [*self.labels, *self._near()]
        start, end = float(math.floor(min(every))), float(math.ceil(max(every)))
        return start, max(self._capped(start, end), start + 1)

    @cached_property
    def n_beyond(self) -> int:
        """Entries outside the axes of the first plot; their marks stand at its edge."""
        pairs = np.column_stack([self.y_pred, self.entries.shown])
        return int((pairs != pairs.clip(*self.range)).any(axis=1).sum())

    @property
    def n_limits(self) -> int:
        """Entries of which only a limit is known."""
        return sum(kind >= 2 for kind in self.entries.kinds)

    @property
    def middle(self) -> float:
        """Median of the differences; limits count as the limit."""
        return float(np.median(self.difference))

    @cached_property
    def reach(self) -> float:
        """How far the second plot goes to either side of zero: nearly all entries."""
        sizes = np.sort(np.abs(self.difference))
        most = float(sizes[min(len(sizes) - 1, math.ceil(0.98 * len(sizes)))])
        return max(1.05 * most, 1.5 * (self.target.band or 0.0), _LEAST_REACH)

    @cached_property
    def span(self) -> tuple[float, float]:
        """Ends of the axis of predictions of the second plot."""
        near = self._near() if len(self._near()) else np.array(self.labels)
        start, end = float(near.min()), self._capped(float(near.min()), float(near.max()))
        room = max(0.04 * (end - start), _LEAST_REACH)
        return start - room, end + room

    @cached_property
    def n_residuals_beyond(self) -> int:
        """Entries outside the axes of the second plot."""
        is_far = self.y_pred != self.y_pred.clip(*self.span)
        return int((is_far | (np.abs(self.difference) > self.reach)).sum())

    def parity(self, *, name: str) -> Markup:
        """Predictions against labels: identity line, the band around it, one mark an entry.

        Marks are written so that their predictions, rounded to two digits, are those of tables.
        """
        plot = Plot(420, 420, left=52, top=14, right=12, bottom=50)
        low, high = self.range
        x, y = plot.across(low, high), plot.upright(low, high)
        known, band = self.task.label_words.adjective, self.target.band
        if band is not None:
            a, b = low + band, high - band
            corners = ((low, low), (low, a), (b, high), (high, high), (high, b), (a, low))
            area = charts.path([(x(p), y(q)) for p, q in corners], "il-near-band", shape="polygon")
            plot.drawn.append(area)
        plot.drawn.append(charts.line(x(low), y(low), x(high), y(high), "il-identity"))
        plot.axis_below(x, x.ticks(about=9))
        plot.axis_left(y, y.ticks(about=9), has_line=True)
        axis = axis_title(self.target)
        plot.titles(f"{known} {axis}", f"predicted {axis}")
        across, up = self.entries.shown.clip(low, high), self.y_pred.clip(low, high)
        printed = np.rint(100 * up) / 100
        places = np.column_stack([across, up.clip(printed - 0.0049, printed + 0.0049)])
        share = (x.end - x.start) / (high - low) / _PER
        corner = f"{x.start - low * _PER * share:.1f} {y.start + low * _PER * share:.1f}"
        frame = f'transform="matrix({share:.5g} 0 0 {-share:.5g} {corner})"'
        far = (f"{i}:{self.y_pred[i]:.4f}" for i in np.flatnonzero(up != self.y_pred))
        frame += f' stroke-width="{1 / share:.4g}" data-far="{" ".join(far)}"'
        spread = ""
        if not np.isnan(self.y_pred_sd).all():
            ends = (self.y_pred + sign * self.y_pred_sd for sign in (-1, 1))
            bars = np.column_stack([across, *(end.clip(low, high) for end in ends)])
            times = _PER // _PER_SPREAD
            kind, width = f'il-spread" transform="scale({times})', 1.2 / share / times
            spread = charts.bar_path(bars, kind, width=width, per=_PER_SPREAD)
        kinds, own, framed = (
            self.entries.kinds,
            f"p{self.number}",
            frame.replace(' data-far=""', ""),
        )
        shapes = _shapes('<path class="il-point il-point--limit" d="M0-4.5v9l-7-4.5z"/>')
        plot.drawn.append(
            charts.mark_paths(own, places, kinds, shapes, beneath=spread, per=_PER, frame=framed)
        )
        text = f"{count(len(kinds))} {scored_words(self.task).entries}."
        if self.n_limits:
            text += f" {self.n_limits} are upper limits (triangles)."
        text += f" {outside_axes(self.n_beyond)}." if self.n_beyond else ""
        title = f"Predicted against {known} {axis}"
        return plot.finish(name=name, title=title, text=text, kind="parity")

    def residuals(self, *, name: str) -> Markup:
        """Prediction minus label against the prediction: what to reckon with when reading one."""
        plot = Plot(420, 420, left=52, top=14, right=12, bottom=50)
        known, unit = self.task.label_words.adjective, self.target.error_unit
        x, y = plot.across(*self.span), plot.upright(-self.reach, self.reach)
        plot.axis_left(y, y.ticks(about=8), has_line=True)
        plot.axis_below(x, x.ticks(about=7))
        if (band := self.target.band) is not None:
            size = (plot.right - plot.left, y(-band) - y(band))
            plot.drawn.append(charts.rect(plot.left, y(band), *size, "il-near-band"))
        plot.drawn.append(charts.line(plot.left, y(0.0), plot.right, y(0.0), "il-zero"))
        plot.titles(f"predicted {axis_title(self.target)}", f"predicted − {known} ({unit})")
        pairs = zip(self.y_pred.tolist(), self.difference.tolist(), strict=True)
        places = [(x(predicted), y(apart)) for predicted, apart in pairs]
        shapes = _shapes('<path class="il-point il-point--limit" d="M-4.5 0h9l-4.5-7z"/>')
        shapes |= {kind: f"#p{self.number}-{kind}" for kind in (0, 1)}  # as in the first plot
        frame, kinds = charts.HALVES_FRAME, self.entries.kinds
        marks = charts.mark_paths(f"r{self.number}", places, kinds, shapes, frame=frame)
        plot.drawn.append(marks)
        return plot.finish(
            name=name,
            title="Prediction minus label against the prediction",
            text=f"{count(len(kinds))} entries; median difference {change_of(self.middle)} "
            f"{unit}. {outside_axes(self.n_residuals_beyond)}.",
            kind="parity",
        )


def _shapes(limit: str) -> dict[int, str]:
    """What marks of each kind of an entry look like, with the arrow head of a limit."""
    full, hollow = (charts.circle(0, 0, f"il-point{o}", 3.6) for o in ("", " il-point--open"))
    return {0: full, 1: hollow, 2: limit, 3: limit.replace("--limit", "--limit il-point--open")}


def outside_axes(n: int) -> str:
    """How many entries lie outside the axes, in words.

    Example:
        >>> outside_axes(1), outside_axes(0)
        ('1 entry lies outside the axes', '0 entries lie outside the axes')
    """
    return f"{count(n)} {'entry lies' if n == 1 else 'entries lie'} outside the axes"


# Share of labels that stated intervals hold, against the share that they should hold


def calibration_chart(observed: Sequence[float], n: int, *, name: str) -> Markup:
    """The diagonal of perfect calibration, and one mark a level on a line.

    Args:
        observed: Share of labels inside the central interval of each level of ``CURVE_LEVELS``.
        n: Entries judged.
        name: Identifier, unique on the page.
    """
    plot = Plot(360, 344, left=58, top=14, right=26, bottom=48)
    x, y = plot.across(0.0, 1.0), plot.upright(0.0, 1.0)
    marks = [(tick, f"{100 * tick:g} %") for tick, _ in x.ticks(about=5)]
    plot.axis_below(x, marks)
    plot.axis_left(y, marks, has_line=True)
    plot.titles("level of the interval", "labels inside it")
    plot.drawn.append(charts.line(x(0), y(0), x(1), y(1), "il-identity"))
    points = list(zip(CURVE_LEVELS, observed, strict=True))
    curve = [(x(a), y(b)) for a, b in [(0.0, 0.0), *points, (1.0, 1.0)]]
    plot.drawn.append(charts.path(curve, "il-curve"))
    shape = {0: charts.circle(0, 0, "il-point", 3)}
    plot.drawn.append(charts.mark_paths(name, curve[1:-1], [0] * len(points), shape))
    said = [f"central {100 * a:g} % interval: {100 * b:.0f} % of the labels" for a, b in points]
    excess = math.fsum(share - level for level, share in points)
    side = "on the diagonal"
    if excess:
        widths = ("below", "small") if excess < 0 else ("above", "large")
        side = f"{widths[0]} the diagonal: widths are too {widths[1]}"
    return plot.finish(
        name=name,
        title="Calibration of the stated uncertainty",
        text=f"Share of {n} labels inside the central intervals of their predictions, for "
        f"{len(points)} levels. On average the curve lies {side}.",
        kind="calibration",
        data=charts.named((each, "") for each in said),
    )


# How labels are distributed in training and test set: two bars a bin, as shares of their set


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


def histogram(edges: Sequence[float], series: Sequence[Series], *, name: str, axis: str) -> Markup:
    """Shares of entries per bin, for both page widths.

    Bins of unequal width are drawn equally wide, and heights are shares per unit.

    Args:
        edges: Edges of the bins, ascending.
        series: One set of bars each.
        name: Identifier, unique on the page.
        axis: The quantity with its unit.
    """
    sizes = [high - low for low, high in pairwise(edges)]
    is_even = not math.isclose(min(sizes), max(sizes))
    places = [float(i) for i in range(len(edges))] if is_even else list(edges)
    widths = sizes if is_even else [1.0] * len(sizes)
    top = max(
        (c / s.total / w for s in series if s.total for c, w in zip(s.counts, widths, strict=True)),
        default=0.1,
    )

    def draw(is_wide: bool, name: str) -> Markup:
        plot = Plot(*((720, 250) if is_wide else (360, 230)), left=42, top=12, right=8, bottom=44)
        x, y = plot.across(places[0], places[-1]), plot.upright(0.0, max(top, 0.01) * 1.05)
        every = 1 if is_wide else (2 if is_even else 3)
        labels = [(at, charts.tick_label(edge)) for at, edge in zip(places, edges, strict=True)]
        plot.axis_left(y, [(t, f"{100 * t:g} %") for t, _ in y.ticks(about=4)])
        unit = "; height: share per unit, bins drawn equally wide" if is_even else ""
        plot.axis_below(x, labels[::every], kind="tick")
        plot.titles(f"{axis}{unit}" if is_wide else f"{axis}{unit.partition(',')[0]}")
        for place, item in enumerate(series):
            for i, n in enumerate(item.counts):
                if n:
                    start, end = x(places[i]), x(places[i + 1])
                    width = (end - start) * 0.84 / len(series)
                    left = start + (end - start) * 0.08 + place * width
                    between = f"{charts.tick_label(edges[i])} to {charts.tick_label(edges[i + 1])}"
                    plot.drawn.append(_bar(item, i, between, left, width, y, widths[i]))
        totals = "; ".join(f"{item.title}: {item.total} entries" for item in series)
        return plot.finish(
            name=name,
            title=f"Distribution of {axis}",
            text=f"Share of entries per {'unit' if is_even else 'bin'}. {totals}. "
            "Each bar names its counts.",
            kind="histogram",
        )

    return charts.two_widths(draw, name)


def _bar(item: Series, i: int, span: str, left: float, width: float, y: Scale, size: float) -> str:
    """A bar; the part that is only a limit stands at its foot in another colour."""
    n, marked = item.counts[i], item.marked[i]
    said = f"{item.title}, {span}: {n} of {item.total}"
    said += f", {marked} of them upper limits" if marked else ""
    parts = []
    for foot, head, kind in ((0, marked, "limit"), (marked, n, item.kind)):
        if head > foot:
            low, high = y(foot / item.total / size), y(head / item.total / size)
            drawn = (max(width - 0.6, 1), max(low - high, 0.8))
            parts.append(charts.rect(left, high, *drawn, f"il-bar il-bar--{kind}"))
    return charts.hovered(said, *parts)


# How labels are distributed in groups of entries: a row a group, a panel a target, a box each


_QUANTILES = ("min", "q25", "median", "q75", "max")
_BOX_TICKS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)

#: Name and size of a group, and quantiles of its labels in each panel, as a manifest has them.
Group = tuple[str, int, Sequence[Mapping[str, float | None]]]


def boxes_chart(groups: Sequence[Group], panels: Sequence[str], axis: str, *, name: str) -> Markup:
    """Smallest, quartiles and largest label of each group, for wide and narrow pages.

    Args:
        groups: The groups; one without a label in a panel has no box there.
        panels: Titles of the panels.
        axis: The quantity with its unit; it is drawn on a logarithmic axis.
        name: Identifier, unique on the page.
    """
    boxes = {
        (i, panel): [float(v) for q in _QUANTILES if (v := quantiles.get(q)) is not None]
        for i, (_, _, of_group) in enumerate(groups)
        for panel, quantiles in enumerate(of_group)
    }
    boxes = {place: values for place, values in boxes.items() if len(values) == len(_QUANTILES)}
    high = max([values[-1] for values in boxes.values() if values[-1] > 0], default=1.0)
    low = min([values[0] for values in boxes.values() if values[0] > 0], default=high / 10)
    ends = math.log10(low * 0.9), math.log10(high * 1.1)

    def draw(is_wide: bool, name: str) -> Markup:
        pitch, gap = 19.0, 16.0 if is_wide else 8.0
        size = (780 if is_wide else 360, 72 + pitch * len(groups))
        plot = Plot(*size, left=196 if is_wide else 128, top=26, right=0)
        marks = [
            (math.log10(t), charts.tick_label(t))
            for t in (_BOX_TICKS if is_wide else _BOX_TICKS[::2][1:])
            if ends[0] <= math.log10(t) <= ends[1]
        ]
        for i, (label, n, _) in enumerate(groups):
            shown_label = Markup('{} <tspan class="il-box-n">{}</tspan>').format(
                charts.cut(label, 24 if is_wide else 15), charts.short(n)
            )
            y = plot.top + pitch * (i + 0.68)
            plot.drawn.append(charts.words(0, y, shown_label, "il-box-label"))
        room = (plot.width - plot.left - 10 - gap * (len(panels) - 1)) / len(panels)
        for panel, title in enumerate(panels):
            start = plot.left + panel * (room + gap)
            x = Scale(*ends, start, start + room)
            plot.drawn.append(
                charts.words(start + room / 2, 14, title, "il-value", anchor="middle")
            )
            plot.axis_below(x, marks)
            for i, (label, n, _) in enumerate(groups):
                if (i, panel) in boxes:
                    y = plot.top + pitch * (i + 0.5)
                    plot.drawn.append(_box(boxes[i, panel], f"{label}, {title}", n, x, y))
        plot.titles(axis)
        return plot.finish(
            name=name,
            title=f"Distribution of {axis} in groups of entries",
            text=f"{len(groups)} groups; the table below holds the same numbers.",
            kind="boxes",
        )

    return charts.two_widths(draw, name)


def _box(values: Sequence[float], label: str, n: int, x: Scale, y: float) -> str:
    at = [x(math.log10(value)) if value > 0 else x.start for value in values]
    low, q25, middle, q75, high = map(number, values)
    return charts.hovered(
        f"{label}: median {middle}, middle half {q25} to {q75}, all {low} to {high}; {n} entries",
        charts.line(at[0], y, at[4], y, "il-box-reach"),
        charts.rect(at[1], y - 5, max(at[3] - at[1], 1.5), 10, "il-box"),
        charts.line(at[2], y - 6.5, at[2], y + 6.5, "il-box-median"),
    )


# How often each element occurs, on the periodic table; training and test set apart


_ROWS, _BLOCKS = WORDS["periodic_table"]
ALL_ELEMENTS = frozenset(" ".join((*_ROWS, *_BLOCKS)).split()) - {"."}
_SHADES = 5

#: Element → entries with it in each subset.
Counts = Mapping[str, Sequence[int]]


def unseen_elements(counts: Counts, *, last: int = 0) -> tuple[str, ...]:
    """Elements of the last subset that at most ``last`` entries of the first have."""
    return tuple(e for e, n in counts.items() if len(n) > 1 and n[-1] > 0 and n[0] <= last)


def shade_of(count: int, largest: int) -> int:
    """Step of a count on a logarithmic scale: 0 for none, 5 for the most frequent.

    Example:
        >>> shade_of(0, 600), shade_of(1, 600), shade_of(60, 600), shade_of(600, 600)
        (0, 1, 4, 5)
    """
    if count <= 0 or largest <= 0:
        return 0
    return max(1, min(_SHADES, math.ceil((math.log(count + 1) / math.log(largest + 1)) * _SHADES)))


def element_places(known: Mapping[str, object]) -> dict[str, tuple[int, int]]:
    """Element → row and column; rows at the end that hold none of those known are left out."""
    rows, blocks = [row.split() for row in _ROWS], [row.split() for row in _BLOCKS]
    if not any(element in known for element in (*rows[-1], *blocks[-1])):
        rows, blocks = rows[:-1], blocks[:-1]
    if not any(element in known for block in blocks for element in block):
        blocks = []
    placed = [*enumerate(rows), *enumerate(blocks, start=len(rows) + 1)]
    return {e: (row, at) for row, listed in placed for at, e in enumerate(listed) if e != "."}


class Cell(NamedTuple):
    """An element of the table: step of its shade, further class, small text, what hovering says."""

    shade: int
    kind: str
    small: str
    said: str


def elements_chart(counts: Counts, subsets: Sequence[str], explore: str, *, name: str) -> Markup:
    """The periodic table with counts and shades, for wide and narrow pages.

    Args:
        counts: Element → entries with it in each subset.
        subsets: Names of the subsets, in the order of the counts.
        explore: The way to the page that finds an element's entries.
        name: Identifier, unique on the page.
    """
    largest, unseen = max(map(sum, counts.values()), default=0), unseen_elements(counts)
    cells = {
        element: Cell(
            shade_of(sum(known), largest),
            " il-element--unseen" if element in unseen else "",
            "·".join(map(str, known)),
            ", ".join(f"{n} in {s}" for s, n in zip(subsets, known, strict=False)),
        )
        for element, known in counts.items()
    }
    top = sorted(counts, key=lambda element: -sum(counts[element]))[:3]
    text = (
        f"{len(counts)} elements occur; most often {', '.join(top)}. The table of elements below "
        "holds the same numbers."
    )
    title = "How often each element occurs"
    return periodic_table(cells, explore, name=name, title=title, text=text)


def periodic_table(
    cells: Mapping[str, Cell], explore: str, *, name: str, title: str, text: str
) -> Markup:
    """A shade and a small text for each element, for wide and narrow pages.

    Args:
        cells: Element → its cell; others are drawn without a shade.
        explore: The way to the page that finds an element's entries.
        name: Identifier, unique on the page.
        title: Accessible name.
        text: Accessible description.
    """
    places = element_places(cells)
    n_rows = max(row for row, _ in places.values()) + 1

    def draw(is_wide: bool, name: str) -> Markup:
        pitch, height = (42.0, 38.0) if is_wide else (20.0, 22.0)
        plot = Plot(760 if is_wide else 360, n_rows * height + 2)
        for element, (row, column) in places.items():
            x, y = column * pitch + 1, row * height + 1
            known, low, centre = cells.get(element), y + height / 2 + 3, x + pitch / 2 - 1
            kind = f"il-element il-element--{known.shade if known else 0}"
            kind += known.kind if known else ""
            drawn = [charts.rect(x, y, pitch - 2, height - 2, kind)]
            if not known:
                drawn.append(charts.words(centre, low, element, "il-element-none", anchor="middle"))
                plot.drawn.append("".join(drawn))
                continue
            at = y + 16 if is_wide else low
            drawn.append(charts.words(centre, at, element, "il-element-symbol", anchor="middle"))
            if is_wide:
                drawn.append(
                    charts.words(centre, y + 30, known.small, "il-element-count", anchor="middle")
                )
            way = f"{explore}?q={element}"
            plot.drawn.append(charts.hovered(f"{element}: {known.said}", *drawn, way=way))
        return plot.finish(name=name, title=title, text=text, kind="elements")

    return charts.two_widths(draw, name)


# The error of one model against the distance to the training set, with the middle half as a band


def distance_chart(
    points: Sequence[tuple[str, float, float, str]], axis: str, reach: float, *, name: str
) -> Markup:
    """A mark an entry, and running quartiles of its neighbours in distance.

    Args:
        points: Name of each entry, its distance to the nearest training composition, its error,
            and the way to its page.
        axis: The error with its unit.
        reach: Where its axis ends.
        name: Identifier, unique on the page.
    """
    ordered = sorted(points, key=lambda point: point[1])
    width = max(len(ordered) // 6, 5)
    starts = range(0, len(ordered) - width + 1, max(width // 4, 1))
    windows = [ordered[i : i + width] for i in starts]

    def draw(is_wide: bool, name: str) -> Markup:
        plot = Plot(780, 320) if is_wide else Plot(360, 300)
        # Most distances are small: their square root spreads them.
        x = plot.across(0.0, math.sqrt(max(ordered[-1][1], 0.1)) * 1.02)
        y = plot.upright(0.0, reach)
        plot.axis_left(y, y.ticks(about=5))
        steps = charts.ticks(0.0, max(ordered[-1][1], 0.1), about=6)
        near = [*(each for each in (0.1, 0.5) if each < steps[1]), *steps]
        plot.axis_below(x, [(math.sqrt(t), charts.tick_label(t)) for t in sorted(near)])
        to = "distance to the nearest training composition, square-root axis"
        plot.titles(to if is_wide else "distance to training data, square-root axis", axis)
        curves = [
            [
                (x(median(math.sqrt(d) for _, d, *_ in w)), y(sorted(e for *_, e, _ in w)[at]))
                for w in windows
            ]
            for at in (width // 4, width // 2, 3 * width // 4)
        ]
        around = [*curves[0], *curves[2][::-1]]
        plot.drawn.append(charts.path(around, "il-near-band", shape="polygon"))
        plot.drawn.append(charts.path(curves[1], "il-curve"))
        places = [(x(math.sqrt(distance)), y(error)) for _, distance, error, _ in ordered]
        kinds = [int(y.exceeds(error)) for _, _, error, _ in ordered]
        shapes = {0: charts.circle(0, 0, "il-point", 3), 1: charts.beyond(0, 0)}
        plot.drawn.append(charts.mark_paths(name, places, kinds, shapes))
        return plot.finish(
            name=name,
            title="Error against distance to the training set",
            text=f"{len(ordered)} entries, with the running median and the middle half.",
            kind="scatter",
        )

    said = (
        (f"{label}: error {number(error)} at distance {number(distance)}", way)
        for label, distance, error, way in ordered
    )
    return charts.two_widths(draw, name, charts.named(said))
