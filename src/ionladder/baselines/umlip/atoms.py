"""The crystals a potential sees: one element on every site, and no atoms inside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.baselines.graphs.graph import read_cif
from ionladder.baselines.graphs.sites import sites_of

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core.structure import Structure

    from ionladder.specs import Array

OVERLAP = 0.6
"""Two sites exclude each other when nearer than this fraction of the sum of covalent radii: 1.54 Å
for Li–Li, 1.16 Å for Li–O, 0.58 Å for O–H. Bonds of crystals are longer."""
_DECIMALS = 6


@dataclass(frozen=True)
class Cell:
    """A periodic arrangement of whole atoms.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,).
        lattice_ang: Lattice vectors as rows, Å, shape (3, 3).
        fractional: Positions, shape (n_atoms, 3).
    """

    numbers: npt.NDArray[np.int64]
    lattice_ang: Array
    fractional: Array

    def atoms(self) -> Atoms:
        """The same for ASE."""
        from ase import Atoms

        return Atoms(
            numbers=self.numbers, scaled_positions=self.fractional, cell=self.lattice_ang, pbc=True
        )

    def structure(self) -> Structure:
        """The same for pymatgen."""
        from pymatgen.core.structure import Structure

        return Structure(self.lattice_ang, self.numbers.tolist(), self.fractional)


def whole_atoms(structure: Structure) -> Cell:
    """A crystal without partial occupancies.

    Every site goes whole to its most abundant species, as in the arm ``majority`` of the crystal
    graphs. Where sites exclude each other, as the halves of a split site do, the one with
    the higher occupancy stays, of equals the one that the CIF names first: potentials are not made
    for atoms inside each other, and their features would run away.

    Args:
        structure: As read from the CIF.
    """
    sites = sites_of(structure, "majority")
    occupancies = np.array([float(max(site.species.values())) for site in structure])
    distances = structure.lattice.get_all_distances(sites.fractional, sites.fractional)
    radii = _covalent_radii(sites.number)
    clash = distances < OVERLAP * (radii[:, None] + radii[None, :])
    kept: list[int] = []
    for place in np.argsort(-occupancies.round(_DECIMALS), kind="stable").tolist():
        if not clash[place, kept].any():
            kept.append(place)
    kept.sort()
    return Cell(sites.number[kept], sites.cell, sites.fractional[kept])


def cell_of_cif(text: str) -> Cell:
    """The same, of the text of a CIF."""
    return whole_atoms(read_cif(text))


def _covalent_radii(numbers: npt.NDArray[np.int64]) -> Array:
    """Radii of Cordero et al. (2008, doi 10.1039/b801115j), Å, shape (n_atoms,)."""
    from ase.data import covalent_radii

    radii: Array = np.asarray(covalent_radii)[numbers]
    return radii
