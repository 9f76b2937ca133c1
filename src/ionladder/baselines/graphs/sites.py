"""The sites of a crystal with partial occupancies, made into nodes of a graph in one of three ways.

A crystallographic site may be shared by several species, or be partly empty. Graph networks of the
OBELiX paper know one species a site, so its authors rounded occupancies to whole numbers, which
takes all lithium out of 77 of the 254 training crystals. The three ways, called arms:

``rounded``
    Each occupancy to the nearest whole number, halves to the even one as numpy does; sites on which
    nothing is left are dropped. The paper's way (Therrien et al. 2025, section 4.2).
``majority``
    Each site goes to its most abundant species; vacancies are passed over, so no site is dropped.
``weighted``
    Each site keeps all its species: its embedding is the mean of theirs and of a vacancy's,
    weighted by occupancy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from ionladder.specs import Array

Arm = Literal["rounded", "majority", "weighted"]
ARMS: tuple[Arm, ...] = get_args(Arm)
VACANCY = 0
"""Stands for an empty place where atomic numbers do for species."""
_WHOLE = 1e-6


@dataclass(frozen=True)
class Sites:
    """Nodes of one crystal graph.

    Attributes:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        fractional: Positions, shape (n, 3).
        node: Node of each share, ascending, shape (n_shares,).
        number: Atomic number of each share; ``VACANCY`` for emptiness.
        share: Part of the node, shape (n_shares,); the shares of a node sum to 1.
    """

    cell: Array
    fractional: Array
    node: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    share: Array

    def __len__(self) -> int:
        return len(self.fractional)


def sites_of(structure: Structure, arm: Arm) -> Sites:
    """The nodes of a structure.

    Args:
        structure: As read from the CIF; oxidation states are passed over.
        arm: What becomes of partial occupancies.

    Returns:
        Possibly without a node, where rounding leaves nothing.

    Example:
        One site that is 60 % Li gives Li in every arm; with the weights Li 0.6 and emptiness 0.4 in
        the third. One that is 40 % Li is dropped by the first.
    """
    shares = {"rounded": _rounded, "majority": _majority, "weighted": _weighted}[arm]
    kept: list[int] = []
    node, number, share = [], [], []
    for place, site in enumerate(structure):
        of_site = shares(_occupancies(site.species))
        if not of_site:
            continue
        node += [len(kept)] * len(of_site)
        number += list(of_site)
        share += list(of_site.values())
        kept.append(place)
    return Sites(
        cell=np.asarray(structure.lattice.matrix, dtype=np.float64),
        fractional=np.asarray(structure.frac_coords, dtype=np.float64)[kept].reshape(-1, 3),
        node=np.asarray(node, dtype=np.int64),
        number=np.asarray(number, dtype=np.int64),
        share=np.asarray(share, dtype=np.float64),
    )


def _occupancies(species: object) -> dict[int, float]:
    """Atomic number → occupancy, ascending by number."""
    found: dict[int, float] = {}
    for one, amount in species.items():  # type: ignore[attr-defined]
        found[int(one.Z)] = found.get(int(one.Z), 0.0) + float(amount)
    return dict(sorted(found.items()))


def _rounded(occupancies: dict[int, float]) -> dict[int, float]:
    """The species whose occupancy rounds to one; the most abundant where several do."""
    left = {number: amount for number, amount in occupancies.items() if np.round(amount) >= 1}
    return _majority(left)


def _majority(occupancies: dict[int, float]) -> dict[int, float]:
    """The most abundant species; of equals the lightest."""
    if not occupancies:
        return {}
    return {max(occupancies, key=lambda number: (occupancies[number], -number)): 1.0}


def _weighted(occupancies: dict[int, float]) -> dict[int, float]:
    """Every species and the vacancy by their shares, which sum to 1."""
    total = sum(occupancies.values())
    if total <= 1.0 - _WHOLE:
        return {VACANCY: 1.0 - total, **occupancies}
    return {number: amount / total for number, amount in occupancies.items()}
