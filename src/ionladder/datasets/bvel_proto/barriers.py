"""Labels: bond-valence site energies of Li by BVlain, and the barriers of their percolation.

BVlain holds all neighbours of all grid points at once: 1.6 GB for a large cell. Here the same
neighbour search and the same potential run over blocks of grid points, row by row the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.bvel_proto.percolation import Barriers, Grid, percolation_barriers

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Indices = npt.NDArray[np.intp]

BVLAIN_VERSION = "0.25.1"
_MOBILE_ION = "Li1+"
_SCREENING = 0.74
_BLOCK_POINTS = 8192


@dataclass(frozen=True, kw_only=True)
class BarrierSettings:
    """The definition of a label.

    Attributes:
        r_cut_ang: Range of the interaction between Li and the framework, Å.
        resolution_ang: Grid spacing, Å; an axis of length a gets ``a // resolution`` points, both
            ends included.
        max_neighbours: Framework ions that act on a grid point: the nearest so many within range.
        encut_ev: Highest barrier looked for, eV.
    """

    r_cut_ang: float = 10.0
    resolution_ang: float = 0.2
    max_neighbours: int = 100
    encut_ev: float = 20.0


SETTINGS = BarrierSettings()


def barriers_of(structure: Structure, settings: BarrierSettings = SETTINGS) -> Barriers:
    """The labels of one structure.

    Args:
        structure: Ordered, with an oxidation state on every site and Li1+ on at least one.
        settings: The definition of the labels.

    Raises:
        IngestError: BVlain has no parameters for an ion, or there is no Li or no framework.
    """
    return percolation_barriers(site_energies(structure, settings), encut=settings.encut_ev)


def site_energies(structure: Structure, settings: BarrierSettings = SETTINGS) -> Grid:
    """Bond-valence site energy of Li1+ on the grid of one cell, eV, shape (nx, ny, nz).

    Raises:
        IngestError: BVlain has no parameters for an ion, or there is no Li or no framework.
    """
    lain = prepared(structure)
    points = lain._mesh(resolution=settings.resolution_ang, shift=[0, 0, 0])  # noqa: SLF001
    nearest = _NearestIons(lain, settings)
    blocks = range(0, len(points), _BLOCK_POINTS)
    energies = [nearest.energies(points[start : start + _BLOCK_POINTS]) for start in blocks]
    grid: Grid = np.concatenate(energies).reshape(lain.size)
    return grid


def prepared(structure: Structure) -> Any:
    """BVlain's calculator, with the structure read and the force field looked up.

    Raises:
        IngestError: BVlain has no parameters for an ion, or there is no Li or no framework.
    """
    from bvlain import Lain

    symbols = {site.specie.symbol for site in structure}
    if "Li" not in symbols or symbols == {"Li"}:
        found = "no Li" if "Li" not in symbols else "Li alone"
        raise IngestError(_problem(structure, "Li and a framework of other ions", found))
    lain = Lain(verbose=False)
    lain.read_structure(structure, oxi_check=False)
    unknown = _unknown_anions(lain, structure)
    if unknown:
        raise IngestError(_problem(structure, "ions that BVlain has parameters for", unknown))
    lain._get_params(_MOBILE_ION)  # noqa: SLF001
    return lain


class _NearestIons:
    """The framework around one cell, and the potential of its ions on any point of the cell."""

    def __init__(self, lain: Any, settings: BarrierSettings) -> None:
        from ase.build import make_supercell
        from scipy.spatial import cKDTree

        self._settings = settings
        self._lain = lain
        scale = lain._scale_cell(lain.atoms.cell, r_cut=settings.r_cut_ang)  # noqa: SLF001
        # BVlain looks from the middle cell of the block: the median of 0 … n-1.
        self._middle = (np.diag(scale) - 1) / 2
        lain.supercell = make_supercell(lain.atoms, scale)
        self._tree = cKDTree(lain.supercell.positions)
        names = ("r_min", "alpha", "d0", "r_c", "n", "oxi_states")
        self._ions = {name: lain._get_array(name) for name in names}  # noqa: SLF001

    def energies(self, points: Grid) -> Grid:
        """Energy of Li1+ at fractional coordinates of the cell, eV, shape (n_points,)."""
        lain = self._lain
        positions = lain.cell.cartesian_positions(points + self._middle)
        distances, nearest = self._tree.query(
            positions,
            k=self._settings.max_neighbours,
            distance_upper_bound=self._settings.r_cut_ang,
        )
        total: Grid = self._attraction(distances, nearest) + self._repulsion(distances, nearest)
        return total

    def _attraction(self, distances: Grid, nearest: Indices) -> Grid:
        """Morse energy of the anions around every point, eV."""
        from bvlain.potentials import BVSEPotential

        ion = self._ions
        counts = np.isfinite(ion["alpha"])[nearest]
        who = nearest[counts]
        energies = np.zeros(distances.shape)
        with np.errstate(over="ignore"):
            energies[counts] = BVSEPotential.Morse(
                distances[counts], ion["r_min"][who], ion["d0"][who], ion["alpha"][who]
            )
        return _row_sums(energies)

    def _repulsion(self, distances: Grid, nearest: Indices) -> Grid:
        """Screened Coulomb energy of the cations around every point, eV."""
        from bvlain.potentials import BVSEPotential

        ion, lain = self._ions, self._lain
        counts = (ion["oxi_states"] > 0)[nearest]
        who = nearest[counts]
        energies = np.zeros(distances.shape)
        with np.errstate(divide="ignore"):
            energies[counts] = BVSEPotential.Coulomb(
                distances[counts],
                lain.q_mi,
                ion["oxi_states"][who],
                lain.rc_mi,
                ion["r_c"][who],
                lain.n_mi,
                ion["n"][who],
                f=_SCREENING,
            )
        return _row_sums(energies)


def _row_sums(energies: Grid) -> Grid:
    """Energy of every point; infinite terms (a point on an ion) become the largest float."""
    sums: Grid = np.nan_to_num(energies, copy=False, nan=0.0).sum(axis=1)
    return sums


def _unknown_anions(lain: Any, structure: Structure) -> str:
    """Anions without parameters against Li1+, as text; empty when there are none."""
    import pickle
    from pathlib import Path

    with Path(lain.cation_file).open("rb") as stream:
        known = pickle.load(stream)[3][1]  # noqa: S301 - a file of the installed BVlain
    anions = {site.specie for site in structure if (site.specie.oxi_state or 0) < 0}
    unknown = [str(one) for one in anions if one.oxi_state not in known.get(one.Z, {})]
    return ", ".join(sorted(unknown))


def _problem(structure: Structure, expected: str, found: str) -> Problem:
    return Problem(
        where=f"structure {structure.composition.reduced_formula}",
        expected=expected,
        found=found,
        next_step="Leave the structure out, or assign other ions.",
    )
