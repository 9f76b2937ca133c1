"""Vacancy hops of Li in Li3PO4: the worked example of ``ionladder umlip-neb``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.umlip.hops import Hop

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from ionladder.specs import Array

# B. Wang et al., J. Solid State Chem. 115, 313 (1995), doi 10.1006/jssc.1995.1140; published for
# Pmnb, here y, x, z, for Pnma.
CELL_ANG = (10.4612, 6.1113, 4.9208)
SITES = (
    ("Li", (0.1627, 0.5016, 0.3008)),
    ("Li", (0.4246, 0.75, 0.2045)),
    ("P", (0.4115, 0.25, 0.3079)),
    ("O", (0.3418, 0.0441, 0.2054)),
    ("O", (0.0503, 0.25, 0.2928)),
    ("O", (0.0896, 0.75, 0.1223)),
)
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
    goes there on a straight line: five images of 63 atoms, the moving Li first. Hops of the same
    length within 0.01 Å count once.
    """
    crystal = _li3po4() * REPEATS
    cell = np.asarray(crystal.lattice.matrix)
    numbers = np.array([int(site.specie.Z) for site in crystal])
    places = np.asarray(crystal.cart_coords)
    lithium: list[int] = np.flatnonzero(numbers == _LITHIUM).tolist()
    seen: list[float] = []
    found: list[tuple[float, int, int]] = []
    for start, end in combinations(lithium, 2):
        length = float(np.linalg.norm(_shortest(places[end] - places[start], cell)))
        is_known = any(abs(length - other) < _SAME_ANG for other in seen)
        if length <= LONGEST_ANG and not is_known:
            seen.append(length)
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


def _li3po4() -> Structure:
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    symbols, positions = zip(*SITES, strict=True)
    return Structure.from_spacegroup("Pnma", Lattice.orthorhombic(*CELL_ANG), symbols, positions)
