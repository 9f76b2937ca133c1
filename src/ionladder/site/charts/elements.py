"""How often each element occurs, on the periodic table; training and test set apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ionladder.site.charts.svg import figure, rect, two_widths, words

_ROWS = (
    "H . . . . . . . . . . . . . . . . He",
    "Li Be . . . . . . . . . . B C N O F Ne",
    "Na Mg . . . . . . . . . . Al Si P S Cl Ar",
    "K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr",
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe",
    "Cs Ba La Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn",
    "Fr Ra Ac",
)
_LANTHANIDES = ". . . Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu"
_ACTINIDES = ". . . Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr"
_COLUMNS, _SHADES = 18, 5


@dataclass(frozen=True, kw_only=True)
class Prevalence:
    """What the chart shows.

    Attributes:
        counts: Element → entries with it in each subset.
        subsets: Names of the subsets, in the order of the counts.
    """

    counts: Mapping[str, Sequence[int]]
    subsets: Sequence[str]

    @property
    def largest(self) -> int:
        """Entries of the most frequent element."""
        return max((sum(counts) for counts in self.counts.values()), default=0)

    def unseen(self, *, last: int = 0) -> tuple[str, ...]:
        """Elements of the last subset that at most ``last`` entries of the first have."""
        return tuple(
            element
            for element, counts in self.counts.items()
            if len(counts) > 1 and counts[-1] > 0 and counts[0] <= last
        )


@dataclass(frozen=True)
class _Shape:
    width: float
    pitch: float
    height: float
    shows_counts: bool


_WIDE = _Shape(width=760, pitch=42.0, height=38.0, shows_counts=True)
_NARROW = _Shape(width=360, pitch=20.0, height=22.0, shows_counts=False)


def elements_chart(prevalence: Prevalence, *, name: str) -> Markup:
    """The chart twice, for wide and narrow pages; the style sheet shows one of them."""
    return two_widths(
        _draw(prevalence, _WIDE, name=f"{name}-wide"),
        _draw(prevalence, _NARROW, name=f"{name}-narrow"),
    )


def shade_of(count: int, largest: int) -> int:
    """Step of a count on a logarithmic scale: 0 for none, 5 for the most frequent.

    Example:
        >>> shade_of(0, 600), shade_of(1, 600), shade_of(60, 600), shade_of(600, 600)
        (0, 1, 4, 5)
    """
    if count <= 0 or largest <= 0:
        return 0
    share = math.log(count + 1) / math.log(largest + 1)
    return max(1, min(_SHADES, math.ceil(share * _SHADES)))


def places(prevalence: Prevalence) -> dict[str, tuple[int, int]]:
    """Element → row and column; rows at the end that hold nothing of the dataset are left out."""
    rows = [row.split() for row in _ROWS]
    blocks = [row.split() for row in (_LANTHANIDES, _ACTINIDES)]
    if not any(element in prevalence.counts for element in (*rows[-1], *blocks[-1])):
        rows, blocks = rows[:-1], blocks[:-1]
    if not any(element in prevalence.counts for block in blocks for element in block):
        blocks = []
    found = {}
    for number, row in enumerate([*rows, *blocks]):
        gap = 0 if number < len(rows) else 1
        found.update({e: (number + gap, at) for at, e in enumerate(row) if e != "."})
    return found


def _draw(prevalence: Prevalence, shape: _Shape, *, name: str) -> Markup:
    found = places(prevalence)
    n_rows = max(row for row, _ in found.values()) + 1
    top = [*sorted(prevalence.counts, key=lambda e: -sum(prevalence.counts[e]))[:3]]
    return figure(
        [_cell(element, *place, prevalence, shape) for element, place in found.items()],
        width=shape.width,
        height=n_rows * shape.height + 2,
        name=name,
        title="How often each element occurs",
        text=f"{len(prevalence.counts)} elements occur; most often {', '.join(top)}. The table of "
        "elements below holds the same numbers.",
        kind="elements",
    )


def _cell(element: str, row: int, column: int, prevalence: Prevalence, shape: _Shape) -> str:
    counts = prevalence.counts.get(element, ())
    x, y = column * shape.pitch + 1, row * shape.height + 1
    shade = shade_of(sum(counts), prevalence.largest)
    is_unseen = len(counts) > 1 and counts[-1] > 0 and counts[0] == 0
    kind = f"il-element il-element--{shade}" + (" il-element--unseen" if is_unseen else "")
    box = rect(x, y, shape.pitch - 2, shape.height - 2, kind)
    centre = x + shape.pitch / 2 - 1
    if not counts:
        symbol = words(
            centre, y + shape.height / 2 + 3, element, "il-element-none", anchor="middle"
        )
        return f"{box}{symbol}"
    said = ", ".join(
        f"{count} in {subset}" for subset, count in zip(prevalence.subsets, counts, strict=False)
    )
    at = y + (16 if shape.shows_counts else shape.height / 2 + 3)
    drawn = words(centre, at, element, "il-element-symbol", anchor="middle")
    if shape.shows_counts:
        numbers = "·".join(str(count) for count in counts)
        drawn += words(centre, y + 30, numbers, "il-element-count", anchor="middle")
    return f"<g><title>{escape(f'{element}: {said}')}</title>{box}{drawn}</g>"
