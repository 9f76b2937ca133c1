"""The few pieces of SVG that every chart is made of: numbers, scales, elements."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup, escape

_FURTHEST = 3.0
_STEPS = (1.0, 2.0, 5.0, 10.0)


def short(value: float) -> str:
    """A coordinate with one decimal at most, without trailing zeros.

    Example:
        >>> short(12.0), short(3.14159), short(-0.04)
        ('12', '3.1', '0')
    """
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


@dataclass(frozen=True)
class Scale:
    """A linear map from data to coordinates; values outside land on the nearer end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if value >= self.high:
            return self.end
        share = (value - self.low) / (self.high - self.low) if value > self.low else 0.0
        return self.start + share * (self.end - self.start)

    def exceeds(self, value: float) -> bool:
        """Whether a value lies beyond the upper end, so that its mark must say so."""
        return value > self.high

    def ticks(self, *, about: int) -> list[float]:
        """Round numbers within the scale, about as many as asked."""
        return ticks(self.low, self.high, about=about)


def ticks(low: float, high: float, *, about: int) -> list[float]:
    """Round numbers from ``low`` to ``high``.

    Example:
        >>> ticks(0.0, 3.3, about=4), ticks(-17.4, -1.6, about=5)
        ([0.0, 1.0, 2.0, 3.0], [-15.0, -10.0, -5.0])
    """
    rough = (high - low) / about
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(s * magnitude for s in _STEPS if s * magnitude >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def tick_label(value: float) -> str:
    """A tick's number with a true minus and no needless decimals."""
    return f"{value:g}".replace("-", "−")


def figure(
    content: list[str], *, width: float, height: float, name: str, title: str, text: str, kind: str
) -> Markup:
    """Wrap drawn elements into an accessible ``<svg>``.

    Args:
        content: SVG elements, already escaped.
        width: Width of the drawing in its own units; the page scales it.
        height: Height likewise.
        name: Identifier, unique on the page.
        title: Accessible name.
        text: Accessible description: what a reader who cannot see it should know.
        kind: Added to the CSS class (``il-chart il-chart--<kind>``).
    """
    body = "".join(content)
    role = "group" if "<a " in body else "img"  # what is inside an image cannot be reached
    return Markup(  # noqa: S704 - elements are escaped where they are made
        f'<svg class="il-chart il-chart--{kind}" viewBox="0 0 {short(width)} {short(height)}" '
        f'role="{role}" aria-labelledby="{name}-title {name}-desc" data-search-exclude="">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(text)}</desc>' + f"{body}</svg>"
    )


def two_widths(wide: Markup, narrow: Markup) -> Markup:
    """A chart drawn for wide and for narrow pages; the style sheet shows one of them."""
    return Markup('<div class="il-wide">{}</div>\n<div class="il-narrow">{}</div>').format(
        wide, narrow
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a CSS class."""
    return (
        f'<line class="{kind}" x1="{short(x1)}" y1="{short(y1)}" '
        f'x2="{short(x2)}" y2="{short(y2)}"/>'
    )


def rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of a CSS class."""
    return (
        f'<rect class="{kind}" x="{short(x)}" y="{short(y)}" '
        f'width="{short(width)}" height="{short(height)}"/>'
    )


def words(x: float, y: float, text: object, kind: str, *, anchor: str = "start") -> str:
    """Text of a CSS class; ``text`` is escaped unless it is Markup."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{short(x)}" y="{short(y)}"{place}>{escape(text)}</text>'


def dot(x: float, y: float, kind: str, *, radius: float = 4.5) -> str:
    """The mark of a row: a disc, or for references a hollow diamond."""
    if kind == "reference":
        r = radius + 0.8
        points = ((x, y - r), (x + r, y), (x, y + r), (x - r, y))
        path = " ".join(f"{short(px)},{short(py)}" for px, py in points)
        return f'<polygon class="il-dot il-dot--reference" points="{path}"/>'
    return (
        f'<circle class="il-dot il-dot--{kind}" cx="{short(x)}" cy="{short(y)}" '
        f'r="{short(radius)}"/>'
    )


def hovered(mark: str, hover: Markup, beside: str = "") -> str:
    """A mark that says something on hover, together with what is drawn beside it, if anything.

    A title within the mark itself does without a group: of plots with a mark an entry, a third of
    their elements.

    Example:
        >>> hovered('<circle r="2"/>', Markup("7cr"))
        '<circle r="2"><title>7cr</title></circle>'
    """
    if beside:
        return f"<g><title>{hover}</title>{beside}{mark}</g>"
    return f"{mark[:-2]}><title>{hover}</title></{mark[1 : mark.index(' ')]}>"


def beyond(x: float, y: float) -> str:
    """An arrow head at the end of a scale: the value lies further on."""
    return f'<path class="il-beyond" d="M{short(x - 3)} {short(y - 4)}l5 4l-5 4z"/>'


def axis_reach(values: list[float], *, baseline: float | None) -> float:
    """Where an error axis that starts at 0 should end.

    A little beyond the largest value, but not beyond 3 times the trivial baseline: one absurd
    submission must not squeeze everybody else into the corner.

    Example:
        >>> axis_reach([1.5, 2.5], baseline=2.0), axis_reach([1.5, 900.0], baseline=2.0)
        (2.6, 6.0)
    """
    finite = [value for value in values if math.isfinite(value)]
    wanted = max([*finite, 0.1]) * 1.04
    return wanted if baseline is None or baseline <= 0 else min(wanted, _FURTHEST * baseline)
