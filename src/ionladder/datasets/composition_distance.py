"""How far a composition lies from others: the Element Mover's Distance, in closed form.

Elements are put on a line, in the order of the modified Pettifor scale; the distance between two
compositions is the least work that turns one distribution of atomic fractions into the other. On a
line, that work is the area between the two cumulative distributions, so no transport problem has
to be solved. A distance of 1 moves every atom by one place, or every tenth atom by ten.

The order follows Glawe, Sanna, Gross and Marques 2016, doi 10.1088/1367-2630/18/9/093011:
neighbours are elements that replace each other most often in known crystals. It is not Pettifor's
own order of 1984 (pymatgen's ``mendeleev_no``), and not the atomic number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SCALE = (
    "He Ne Ar Kr Xe Rn Fr Cs Rb K Na Li Ra Ba Sr Ca Eu Yb Lu Tm Y Er Ho Dy Tb Gd Sm Pm Nd Pr Ce La "
    "Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Sc Zr Hf Ti Ta Nb V Cr Mo W Re Tc Os Ru Ir Rh Pt "
    "Pd Au Ag Cu Ni Co Fe Mn Mg Zn Cd Hg Be Al Ga In Tl Pb Sn Ge Si B C N P As Sb Bi Po Te Se S O "
    "At I Br Cl F H"
).split()
"""Elements in the order of the modified Pettifor scale; the place is the position on the line."""

DECIMALS = 4
_PLACE = {element: place for place, element in enumerate(SCALE)}
_AMOUNT = re.compile(r"([A-Z][a-z]?)\s*(\d+(?:\.\d*)?|\.\d+)?\s*")
_BLOCK_CELLS = 1 << 17
"""Distances computed at a time: few enough to stay in the processor's cache."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest of some known compositions, for each composition asked about.

    Attributes:
        distances: Element Mover's Distances, shape (n, k), ascending in each row.
        places: Which known compositions these are, shape (n, k); of equally near ones, the
            earlier first.
    """

    distances: Array
    places: npt.NDArray[np.int64]


def composition_matrix(formulas: Sequence[str]) -> Array:
    """Atomic fractions on the scale, one row a formula.

    Args:
        formulas: Elements with amounts, without brackets (``Li0.5O0.5``, ``Li3 P1 S4``).

    Returns:
        Shape (n_formulas, n_elements); each row sums to 1.

    Raises:
        ValueError: A formula is something else, or names an element that the scale lacks.

    Example:
        >>> matrix = composition_matrix(["Li2O"])
        >>> matrix[0, SCALE.index("O")].round(3), matrix.sum()
        (np.float64(0.333), np.float64(1.0))
    """
    matrix = np.zeros((len(formulas), len(SCALE)))
    for row, formula in enumerate(formulas):
        position = 0
        while position < len(formula):
            token = _AMOUNT.match(formula, position)
            if token is None or token[1] not in _PLACE:
                msg = f"{formula!r} is not a formula of known elements (character {position + 1})"
                raise ValueError(msg)
            matrix[row, _PLACE[token[1]]] += float(token[2] or 1)
            position = token.end()
    totals = matrix.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        msg = f"{formulas[int(np.argmin(totals))]!r} holds no atoms"
        raise ValueError(msg)
    fractions: Array = matrix / totals
    return fractions


def element_movers_distance(one: str, other: str) -> float:
    """The Element Mover's Distance between two formulas, in places of the scale.

    Reference:
        Hargreaves, Dyer, Gaultois, Kurlin and Rosseinsky 2020, doi 10.1021/acs.chemmater.0c03381

    Example:
        Sodium stands next to lithium, and half of the atoms change:

        >>> element_movers_distance("NaCl", "LiCl")
        0.5
    """
    return float(_distances(composition_matrix([one]), composition_matrix([other]))[0, 0])


def nearest(formulas: Sequence[str], known: Sequence[str], *, count: int = 1) -> Neighbours:
    """The nearest known compositions of each formula.

    Equal formulas are computed once, and distances block by block, so that memory does not grow
    with the product of both numbers.

    Args:
        formulas: Compositions asked about, as :func:`composition_matrix` reads them.
        known: Compositions to be near to, at least one, in the order that settles ties.
        count: How many neighbours; fewer are returned when fewer are known.

    Returns:
        Distances to four decimals, so that ties do not hang on the last bit.

    Example:
        >>> found = nearest(["LiCl"], ["LiF", "NaCl", "Na2Cl2"], count=2)
        >>> found.distances.tolist(), found.places.tolist()
        ([[0.5, 0.5]], [[0, 1]])
    """
    asked, back = _unique(formulas)
    kinds, kind_of = _unique(known)
    by_kind = np.argsort(kind_of, kind="stable")
    n_of_kind = np.bincount(kind_of, minlength=len(kinds))
    starts = np.cumsum(n_of_kind) - n_of_kind
    mine, theirs = composition_matrix(asked), composition_matrix(kinds)
    count = min(count, len(known))
    distances = np.empty((len(asked), count))
    places = np.empty((len(asked), count), dtype=np.int64)
    step = max(_BLOCK_CELLS // len(kinds), 1)
    for begin in range(0, len(asked), step):
        block = _distances(mine[begin : begin + step], theirs)
        for row, to_kinds in enumerate(block, start=begin):
            near = _nearest_kinds(to_kinds, count)
            members = np.concatenate([by_kind[starts[k] : starts[k] + n_of_kind[k]] for k in near])
            apart = np.repeat(to_kinds[near], n_of_kind[near])
            order = np.lexsort((members, apart))[:count]
            distances[row], places[row] = apart[order], members[order]
    return Neighbours(distances[back], places[back])


def nearest_of_other_groups(
    formulas: Sequence[str], groups: Sequence[object], *, count: int = 1
) -> Neighbours:
    """The nearest of the same compositions that belong to other groups.

    Args:
        formulas: Compositions, as :func:`composition_matrix` reads them.
        groups: Group of each.
        count: How many neighbours; a distance is infinite where there are no more of them.

    Example:
        >>> nearest_of_other_groups(["LiCl", "LiCl", "NaCl"], ["a", "a", "b"]).places.tolist()
        [[2], [2], [0]]
    """
    kinds, kind_of = _unique(formulas)
    number = np.unique(np.asarray(groups), return_inverse=True)[1]
    matrix = composition_matrix(kinds)
    count = min(count, len(formulas))
    distances = np.empty((len(formulas), count))
    places = np.empty((len(formulas), count), dtype=np.int64)
    for row, kind in enumerate(kind_of):
        apart = _distances(matrix[kind : kind + 1], matrix)[0][kind_of]
        apart[number == number[row]] = np.inf
        order = np.argsort(apart, kind="stable")[:count]
        distances[row], places[row] = apart[order], order
    return Neighbours(distances, places)


def _unique(formulas: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct formulas in the order of first appearance, and which of them each one is."""
    number: dict[str, int] = {}
    which = [number.setdefault(formula, len(number)) for formula in formulas]
    return list(number), np.array(which, dtype=np.int64)


def _nearest_kinds(distances: Array, count: int) -> npt.NDArray[np.int64]:
    """Kinds that can hold one of the ``count`` nearest: those not farther than the last of them."""
    if len(distances) <= count:
        return np.arange(len(distances))
    limit = np.partition(distances, count - 1)[count - 1]
    return np.flatnonzero(distances <= limit)


def _distances(mine: Array, theirs: Array) -> Array:
    """Areas between cumulative distributions, shape (n_mine, n_theirs)."""
    present = np.flatnonzero(mine.any(axis=0) | theirs.any(axis=0))
    widths = np.diff(present)
    # Between two elements that occur, both cumulative distributions are level: one term a gap.
    one = np.cumsum(mine[:, present], axis=1)[:, :-1] * widths
    other = np.cumsum(theirs[:, present], axis=1)[:, :-1] * widths
    total = np.zeros((len(mine), len(theirs)))
    apart = np.empty_like(total)
    for gap in range(len(widths)):
        np.subtract(one[:, gap, None], other[None, :, gap], out=apart)
        total += np.abs(apart, out=apart)
    return np.round(total, DECIMALS) + 0.0


def quarters(distances: Array) -> list[str]:
    """The quarter of its set that each distance lies in, with the quarter's bounds.

    Equal distances are never parted, so that quarters may differ in size; where a value is so
    frequent that it fills a quarter of its own and more, the quarters that it covers are one.

    Args:
        distances: Shape (n,), finite.

    Example:
        >>> quarters(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 9.5]))[2:]
        ['1st quarter: 0.00 to 0.00', '3rd quarter: 1.00 to 2.00', '3rd quarter: 1.00 to 2.00',
         '4th quarter: 9.50 to 9.50']
    """
    if not len(distances):
        return []
    edges = np.quantile(distances, [0.25, 0.5, 0.75], method="inverted_cdf")
    number = np.searchsorted(edges, distances, side="left")
    names = {}
    for quarter in np.unique(number):
        inside = distances[number == quarter]
        ordinal = ("1st", "2nd", "3rd", "4th")[quarter]
        names[quarter] = f"{ordinal} quarter: {inside.min():.2f} to {inside.max():.2f}"
    return [names[quarter] for quarter in number]
