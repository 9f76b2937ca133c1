"""Vacancy hops of Li in Li3PO4: the worked example of ``ionladder umlip-neb``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.umlip.hops import Hop
from ionladder.data.bvel_proto.prototypes import FRAMEWORKS, family_structure

if TYPE_CHECKING:
    from ionladder.specs import Array

PROTOTYPE = "gamma-li3po4"
REPEATS = (1, 1, 2)
N_IMAGES = 5
LONGEST_ANG = 3.2
N_HOPS = 4
_SAME_ANG = 0.01
_LITHIUM = 3


def li3po4_hops() -> Iterator[Hop]:
    """The shortest inequivalent hops of Li3PO4 (γ form), shortest first.

    Cell and sites are published ones (Wang et al. 1995, doi 10.1006/jssc.1995.1140), in a
    supercell of 1 × 1 × 2 cells, 64 atoms. One Li site is empty, and the Li of a neighbouring site
    goes there on a straight line: five images of 63 atoms, the moving Li first. Hops that have
    the same kinds of sites at their ends and the same length within 0.01 Å count once.
    """
    (family,) = (one for one in FRAMEWORKS if one.prototype == PROTOTYPE)
    crystal = family_structure(family) * REPEATS
    cell = np.asarray(crystal.lattice.matrix)
    numbers = np.array([int(site.specie.Z) for site in crystal])
    places = np.asarray(crystal.cart_coords)
    lithium: list[int] = np.flatnonzero(numbers == _LITHIUM).tolist()
    kinds = [str(crystal[site].properties["label"]) for site in lithium]
    seen: list[tuple[str, str, float]] = []
    found: list[tuple[float, int, int]] = []
    for (one, start), (other, end) in combinations(zip(kinds, lithium, strict=True), 2):
        length = float(np.linalg.norm(_shortest(places[end] - places[start], cell)))
        key = (min(one, other), max(one, other), length)
        if length <= LONGEST_ANG and not _is_known(key, seen):
            seen.append(key)
            found.append((length, start, end))
    for length, start, end in sorted(found)[:N_HOPS]:
        way = _shortest(places[end] - places[start], cell)
        others = [site for site in range(len(numbers)) if site not in (start, end)]
        order = [start, *others]
        path = np.repeat(places[order][None], N_IMAGES, axis=0)
        path[:, 0] += np.linspace(0.0, 1.0, N_IMAGES)[:, None] * way
        yield Hop(
            id=f"li3po4_{start}_{end}_{length:.2f}",
            numbers=numbers[order],
            cell_ang=cell,
            positions_ang=path,
        )


def _shortest(vector: Array, cell: Array) -> Array:
    """The vector by the nearest periodic image, for a cell with right angles."""
    steps = np.linalg.solve(cell.T, vector)
    shortest: Array = (steps - np.round(steps)) @ cell
    return shortest


def _is_known(key: tuple[str, str, float], seen: list[tuple[str, str, float]]) -> bool:
    return any(key[:2] == other[:2] and abs(key[2] - other[2]) < _SAME_ANG for other in seen)
