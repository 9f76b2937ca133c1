"""One crystal as arrays: cell, sites, charges and ionic radii."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ionladder.baselines.periodic import Mask, cell_matrix
from ionladder.data.bond_valence import radius

if TYPE_CHECKING:
    from ionladder.specs import Array

_COORDINATION = 6
_LENGTHS = ["a_ang", "b_ang", "c_ang"]
_ANGLES = ["alpha_deg", "beta_deg", "gamma_deg"]


@dataclass(frozen=True)
class Crystal:
    """Sites of one periodic cell.

    Attributes:
        cell: Lattice vectors as rows, Å.
        species: Element of every site.
        charges: Charge of every site, in elementary charges, shape (n,).
        coordinates: Fractional coordinates, shape (n, 3).
    """

    cell: Array
    species: tuple[str, ...]
    charges: Array
    coordinates: Array

    @property
    def volume(self) -> float:
        """Volume of the cell, Å³."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def is_li(self) -> Mask:
        return np.array([symbol == "Li" for symbol in self.species])

    @property
    def is_anion(self) -> Mask:
        return self.charges < 0

    @property
    def is_cation(self) -> Mask:
        """Cations of the framework, Li left out."""
        return ~self.is_anion & ~self.is_li

    @property
    def radii(self) -> Array:
        """Shannon's radius of every ion at six-fold coordination, Å."""
        pairs = zip(self.species, self.charges, strict=True)
        return np.array([ionic_radius(symbol, int(charge)) for symbol, charge in pairs])


def crystals(entries: pd.DataFrame, structures: pd.DataFrame) -> Iterator[tuple[str, Crystal]]:
    """Id and crystal of every entry; cells are in ``entries``, sites in ``structures``."""
    sites = structures.loc[entries.index]
    lengths, angles = entries[_LENGTHS].to_numpy(float), entries[_ANGLES].to_numpy(float)
    for row, entry in enumerate(entries.index):
        yield (
            str(entry),
            Crystal(
                cell=cell_matrix(lengths[row], angles[row]),
                species=tuple(sites["species"].iloc[row]),
                charges=np.asarray(sites["charges"].iloc[row], dtype=float),
                coordinates=np.asarray(sites["frac_coords"].iloc[row], dtype=float).reshape(-1, 3),
            ),
        )


@cache
def ionic_radius(symbol: str, charge: int) -> float:
    """Shannon's ionic radius at the tabulated coordination nearest to six, Å.

    Example:
        >>> ionic_radius("Li", 1), ionic_radius("O", -2)
        (0.76, 1.4)
    """
    size = "" if abs(charge) == 1 else str(abs(charge))
    return radius(f"{symbol}{size}{'+' if charge > 0 else '-'}", _COORDINATION)
