"""Shades of a heat map: a number's step between the least and the worst, and the legend for it.

A shade only repeats what the number in its cell says, so that nothing is lost without colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from ionladder.site.charts.svg import tick_label, ticks

STEPS = 6
_FURTHEST = 2.0
OPEN = "il-heat--open"
"""Class of a cell whose number says next to nothing: hatched."""


@dataclass(frozen=True, kw_only=True)
class Heat:
    """Where one shade ends and the next begins.

    Attributes:
        edges: Inner edges of the shades, ascending, in the unit of the numbers; ``STEPS - 1`` at
            most.
        is_larger_worse: Whether large numbers get the strong shades.
    """

    edges: tuple[float, ...]
    is_larger_worse: bool = True

    def step(self, value: float | None) -> int | None:
        """Place among the shades, 0 for the lightest; None where there is no number."""
        if value is None or math.isnan(value):
            return None
        above = sum(value >= edge for edge in self.edges)
        return above if self.is_larger_worse else len(self.edges) - above

    def shade(self, value: float | None) -> str:
        """CSS class of a cell with a number; empty for none."""
        step = self.step(value)
        if step is None or not self.edges:
            return ""
        return f"il-heat--{round(step * (STEPS - 1) / len(self.edges))}"

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """CSS class and range of every shade, from the smallest numbers up."""
        if not self.edges:
            return ()
        ends = [tick_label(edge) for edge in self.edges]
        ranges = [
            f"under {ends[0]}",
            *(f"{low} to {high}" for low, high in pairwise(ends)),
            f"{ends[-1]} and more",
        ]
        inside = [self.edges[0] - 1, *self.edges]
        return tuple((self.shade(v), text) for v, text in zip(inside, ranges, strict=True))


def heat_of(
    values: Iterable[float | None], *, baseline: float | None = None, is_larger_worse: bool = True
) -> Heat:
    """Shades with round edges for some numbers.

    Args:
        values: The numbers; those that are missing or infinite are passed over.
        baseline: Score of the trivial reference, at whose double the strongest shade begins at
            the latest: one absurd number must not leave all others alike.
        is_larger_worse: Whether large numbers get the strong shades.

    Example:
        >>> heat_of([0.4, 1.6, 2.9]).edges
        (0.5, 1.0, 1.5, 2.0, 2.5)
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return Heat(edges=(), is_larger_worse=is_larger_worse)
    low = min(0.0, *known)
    high = max(known)
    if is_larger_worse and baseline is not None and baseline > 0:
        high = min(high, _FURTHEST * baseline)
    if high <= low:
        high = low + 1.0
    inner = [tick for tick in ticks(low, high, about=STEPS) if low < tick < high]
    return Heat(edges=tuple(inner[: STEPS - 1]), is_larger_worse=is_larger_worse)
