"""Bond-valence site energies: ions, percolation and barriers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.errors import IngestError, Problem, worded

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

# Percolation barriers of an energy grid, from component labels and winding vectors


Grid = npt.NDArray[np.float64]
Vector = tuple[int, int, int]

# BVlain halves the range [0, encut] until it is this narrow, in eV.
_WIDEST_BRACKET_EV = 0.01
_DECIMALS = 4


@dataclass(frozen=True, kw_only=True)
class Barriers:
    """Smallest energies above the grid's minimum that open 1-, 2- and 3-dimensional percolation.

    Attributes:
        e_1d_ev: Barrier of 1-dimensional percolation, eV; None where there is none below encut.
        e_2d_ev: Barrier of 2-dimensional percolation, eV, or None.
        e_3d_ev: Barrier of 3-dimensional percolation, eV, or None.
    """

    e_1d_ev: float | None
    e_2d_ev: float | None
    e_3d_ev: float | None

    def as_tuple(self) -> tuple[float | None, float | None, float | None]:
        """The three barriers, 1D first."""
        return (self.e_1d_ev, self.e_2d_ev, self.e_3d_ev)


# A path counts as nearly as easy as the easiest when its barrier is at most this much higher.
SAME_PATH_EV = 0.2


def label_row(entry: str, barriers: Barriers) -> dict[str, Any]:
    """One row of the table ``labels`` of a dataset with percolation barriers."""
    return {
        "id": entry,
        **asdict(barriers),
        **{f"percolates_{i}d": value is not None for i, value in enumerate(barriers.as_tuple(), 1)},
        "dimensionality": dimensionality(barriers),
    }


def dimensionality(barriers: Barriers) -> str:
    """Dimensions in which Li moves nearly as easily as along its easiest path.

    Example:
        >>> dimensionality(Barriers(e_1d_ev=0.4785, e_2d_ev=3.5938, e_3d_ev=3.6133))
        '1d'
    """
    easiest = barriers.e_1d_ev
    if easiest is None:
        return "none"
    named = zip(("3d", "2d"), (barriers.e_3d_ev, barriers.e_2d_ev), strict=True)
    near = [key for key, value in named if value is not None and value <= easiest + SAME_PATH_EV]
    return near[0] if near else "1d"


def percolation_barriers(energies: Grid, *, encut: float) -> Barriers:
    """Barriers of 1-, 2- and 3-dimensional percolation.

    Args:
        energies: Energies in eV, shape (nx, ny, nz), with both ends of every axis in the grid: the
            last plane repeats the first.
        encut: Highest barrier looked for, eV.

    Returns:
        Multiples of encut / 2ⁿ as BVlain's bisection finds them, rounded to four decimals.
    """
    above = energies - energies.min()
    known: dict[float, int] = {}

    def dimension(threshold: float) -> int:
        if threshold not in known:
            known[threshold] = percolation_dimension(above < threshold)
        return known[threshold]

    found: list[float | None] = []
    for wanted in (1, 2, 3):
        low, high = 0.0, encut
        barrier = None
        while high - low > _WIDEST_BRACKET_EV:
            probe = (low + high) / 2
            if dimension(probe) >= wanted:
                high = probe
                barrier = round(probe, _DECIMALS)
            else:
                low = probe
        found.append(barrier)
    return Barriers(e_1d_ev=found[0], e_2d_ev=found[1], e_3d_ev=found[2])


def percolation_dimension(is_open: npt.NDArray[np.bool_]) -> int:
    """Dimensions, 0 to 3, in which the best connected open region percolates.

    Args:
        is_open: Open points, shape (nx, ny, nz), both ends of every axis in the grid. Points
            touch when they differ by at most one step along every axis.
    """
    return max((rank_modulo_2(windings) for windings in winding_vectors(is_open)), default=0)


def winding_vectors(is_open: npt.NDArray[np.bool_]) -> list[list[Vector]]:
    """For every connected open region of the periodic grid, vectors that span its windings."""
    from scipy.ndimage import generate_binary_structure, label

    labels, _ = label(is_open, structure=generate_binary_structure(3, 3))
    # Label → labels that continue it across a face, and the cell in which they do.
    links: dict[int, list[tuple[int, Vector]]] = {}
    for axis, step in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1))):
        last, first = labels.take(-1, axis=axis).ravel(), labels.take(0, axis=axis).ravel()
        both = (last > 0) & (first > 0)
        for one, other in np.unique(np.stack([last[both], first[both]], axis=1), axis=0).tolist():
            links.setdefault(one, []).append((other, step))
            links.setdefault(other, []).append((one, _plus((0, 0, 0), step, sign=-1)))
    offsets: dict[int, Vector] = {}
    regions = []
    for start in links:
        windings: set[Vector] = set()
        waiting = [] if start in offsets else [start]
        offsets.setdefault(start, (0, 0, 0))
        while waiting:
            here = waiting.pop()
            for other, step in links[here]:
                there = _plus(offsets[here], step)
                if other not in offsets:
                    offsets[other] = there
                    waiting.append(other)
                winding = _plus(there, offsets[other], sign=-1)
                if winding > (0, 0, 0):  # each is met in both directions
                    windings.add(winding)
        if windings:
            regions.append(sorted(windings))
    return regions


def _plus(one: Vector, other: Vector, *, sign: int = 1) -> Vector:
    return (one[0] + sign * other[0], one[1] + sign * other[1], one[2] + sign * other[2])


def rank_modulo_2(vectors: Iterable[Vector]) -> int:
    """Rank of integer vectors over the field of two elements.

    Example:
        >>> rank_modulo_2([(1, 0, 0), (1, 2, 0), (0, 0, 1)])
        2
    """
    basis: list[int] = []
    for x, y, z in vectors:
        bits = (x & 1) | (y & 1) << 1 | (z & 1) << 2
        for known in basis:
            bits = min(bits, bits ^ known)
        if bits:
            basis.append(bits)
    return len(basis)


# Labels: bond-valence site energies of Li by BVlain, and the barriers of their percolation


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
    return _energies(lain, points, settings).reshape(lain.size)


def point_energies(structure: Structure, points: Grid, mobile: str) -> Grid:
    """Bond-valence site energy of an ion at some points, eV, shape (n_points,).

    Every ion of its element is taken out of the framework, as for a grid.

    Args:
        structure: Ordered, with an oxidation state on every site.
        points: Fractional coordinates, shape (n_points, 3).
        mobile: The ion as BVlain writes it (``Na1+``).

    Raises:
        IngestError: BVlain has no parameters for an ion, or there is no framework.
    """
    return _energies(prepared(structure, mobile), points % 1.0, SETTINGS)


def _energies(lain: Any, points: Grid, settings: BarrierSettings) -> Grid:
    from ase.build import make_supercell
    from bvlain.potentials import BVSEPotential
    from scipy.spatial import cKDTree

    scale = lain._scale_cell(lain.atoms.cell, r_cut=settings.r_cut_ang)  # noqa: SLF001
    lain.supercell = make_supercell(lain.atoms, scale)
    # BVlain looks from the middle cell of the block: the median of 0 … n-1.
    middle = (np.diag(scale) - 1) / 2
    tree = cKDTree(lain.supercell.positions)
    names = ("r_min", "alpha", "d0", "r_c", "n", "oxi_states")
    r_min, alpha, d0, r_c, n, charge = (lain._get_array(name) for name in names)  # noqa: SLF001
    # Morse energy with anions, screened Coulomb energy with cations, in eV.
    is_anion, is_cation = np.isfinite(alpha), charge > 0

    def morse(distances: Grid, who: Indices) -> Grid:
        energies: Grid = BVSEPotential.Morse(distances, r_min[who], d0[who], alpha[who])
        return energies

    def coulomb(distances: Grid, who: Indices) -> Grid:
        mobile = (lain.q_mi, charge[who], lain.rc_mi, r_c[who], lain.n_mi, n[who])
        energies: Grid = BVSEPotential.Coulomb(distances, *mobile, f=_SCREENING)
        return energies

    blocks = []
    for start in range(0, len(points), _BLOCK_POINTS):
        distances, nearest = tree.query(
            lain.cell.cartesian_positions(points[start : start + _BLOCK_POINTS] + middle),
            k=settings.max_neighbours,
            distance_upper_bound=settings.r_cut_ang,
        )
        total = np.zeros(len(distances))
        for acts, energy in ((is_anion, morse), (is_cation, coulomb)):
            terms, where = np.zeros(distances.shape), acts[nearest]
            with np.errstate(over="ignore", divide="ignore"):
                terms[where] = energy(distances[where], nearest[where])
            # A point on an ion has an infinite energy: it becomes the largest float.
            total += np.nan_to_num(terms, copy=False, nan=0.0).sum(axis=1)
        blocks.append(total)
    return np.concatenate(blocks)


def prepared(structure: Structure, mobile: str = _MOBILE_ION) -> Any:
    """BVlain's calculator, with the structure read and the force field looked up.

    Raises:
        IngestError: BVlain has no parameters for an ion, or there is no such ion or no framework.
    """
    from bvlain import Lain

    symbols, moving = {site.specie.symbol for site in structure}, ion(mobile).symbol
    if moving not in symbols or symbols == {moving}:
        found = f"no {moving}" if moving not in symbols else f"{moving} alone"
        raise IngestError(_problem(structure, f"{moving} and a framework of other ions", found))
    lain = Lain(verbose=False)
    lain.read_structure(structure, oxi_check=False)
    unknown = _unknown_anions(lain, structure, ion(mobile))
    if unknown:
        raise IngestError(_problem(structure, "ions that BVlain has parameters for", unknown))
    try:
        lain._get_params(mobile)  # noqa: SLF001
    except KeyError as error:  # an element that it has no quantum number for
        known, found = "elements that BVlain has parameters for", f"none for number {error}"
        raise IngestError(_problem(structure, known, found)) from error
    return lain


def _unknown_anions(lain: Any, structure: Structure, mobile: Ion) -> str:
    """Anions without parameters against the mobile ion, as text; empty when there are none."""
    import pickle
    from pathlib import Path

    from ase.data import atomic_numbers

    with Path(lain.cation_file).open("rb") as stream:
        parameters = pickle.load(stream)  # noqa: S301 - a file of the installed BVlain
    known = parameters.get(atomic_numbers[mobile.symbol], {}).get(mobile.charge, {})
    anions = {site.specie for site in structure if (site.specie.oxi_state or 0) < 0}
    unknown = [str(one) for one in anions if one.oxi_state not in known.get(one.Z, {})]
    return ", ".join(sorted(unknown))


def _problem(structure: Structure, expected: str, found: str) -> Problem:
    where = f"structure {structure.composition.reduced_formula}"
    return worded("leave-structure-out", where, expected=expected, found=found)


# Ions and their radii


# The anions that BVlain has parameters for with Li+, and their radii: R. D. Shannon, Acta Cryst. A
# 32, 751 (1976), six-fold coordination; N3- in four-fold.
ANIONS = ("N3-", "O2-", "F-", "S2-", "Cl-", "Se2-", "Br-", "Te2-", "I-")
_RADII_ANG = (1.46, 1.40, 1.33, 1.84, 1.81, 1.98, 1.96, 2.21, 2.20)
ANION_RADIUS_ANG = dict(zip(ANIONS, _RADII_ANG, strict=True))

_ROMAN = "I II III IV V VI VII VIII IX X XI XII".split()


@dataclass(frozen=True)
class Ion:
    """One ion.

    Attributes:
        name: As written (``Ti4+``).
        symbol: Its element.
        charge: Its charge, in elementary charges.
    """

    name: str
    symbol: str
    charge: int


@cache
def ion(name: str) -> Ion:
    """The ion of that name.

    Example:
        >>> ion("Ti4+").charge, ion("F-").charge
        (4, -1)
    """
    symbol = name.rstrip("+-").rstrip("0123456789")
    size = int(name[len(symbol) : -1] or 1)
    return Ion(name=name, symbol=symbol, charge=size if name.endswith("+") else -size)


@cache
def radius(name: str, coordination: int) -> float:
    """Shannon's ionic radius in Å, at the tabulated coordination nearest to the given one.

    Args:
        name: The ion; anions have one radius whatever their coordination.
        coordination: Number of nearest neighbours, at least 1.
    """
    if name in ANION_RADIUS_ANG:
        return ANION_RADIUS_ANG[name]
    table = _cation_radii(name)
    return table[min(table, key=lambda number: (abs(number - coordination), number))]


@cache
def _cation_radii(name: str) -> dict[int, float]:
    """Coordination number → radius; high spin where spin states differ."""
    from pymatgen.core.periodic_table import Element

    of_ion = ion(name)
    shannon = Element(of_ion.symbol).data["Shannon radii"][str(of_ion.charge)]
    radii = {}
    for roman, spins in shannon.items():
        if roman not in _ROMAN:
            continue
        spin = "High Spin" if "High Spin" in spins else min(spins)
        radii[_ROMAN.index(roman) + 1] = float(spins[spin]["ionic_radius"])
    return radii
