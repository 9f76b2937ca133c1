"""Features of one crystal for models of Li migration: surroundings of Li, packing, channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.baselines.features import LATTICE, ion_features, require_structures
from ionladder.data.bond_valence import percolation_barriers, radius

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

DECIMALS = 6
"""Features are rounded to this many, so that the last bits of a sum decide no split."""

REACH_ANG = 8.0
LONGEST_HOP_ANG = 10.0
WIDEST_ANG = 5.0
_SPACING_ANG = 0.5
_SHELL = 1.25
_CROWD_ANG = 4.0
_SOFTNESS_ANG = 0.37
_SELF_ANG = 1e-3


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

    @cached_property
    def is_li(self) -> Mask:
        return np.array([symbol == "Li" for symbol in self.species])

    @cached_property
    def is_anion(self) -> Mask:
        return self.charges < 0

    @cached_property
    def is_cation(self) -> Mask:
        """Cations of the framework, Li left out."""
        return ~self.is_anion & ~self.is_li

    @cached_property
    def radii(self) -> Array:
        """Shannon's radius of every ion at six-fold coordination, Å."""
        pairs = zip(self.species, self.charges, strict=True)
        return np.array([ionic_radius(symbol, int(charge)) for symbol, charge in pairs])


@cache
def ionic_radius(symbol: str, charge: int) -> float:
    """Shannon's ionic radius at the tabulated coordination nearest to six, Å.

    Example:
        >>> ionic_radius("Li", 1), ionic_radius("O", -2)
        (0.76, 1.4)
    """
    size = "" if abs(charge) == 1 else str(abs(charge))
    return radius(f"{symbol}{size}{'+' if charge > 0 else '-'}", 6)


def cell_matrix(lengths: Array, angles_deg: Array) -> Array:
    """Lattice vectors as rows, Å: the first along x, the second in the xy plane.

    Example:
        >>> cell_matrix(np.array([2.0, 3.0, 4.0]), np.array([90.0, 90.0, 90.0])).round(9).tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    """
    cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(angles_deg))
    sin_gamma = np.sin(np.radians(angles_deg[2]))
    x, y = cos_beta, (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    directions = np.array(
        [[1.0, 0.0, 0.0], [cos_gamma, sin_gamma, 0.0], [x, y, np.sqrt(1.0 - x * x - y * y)]]
    )
    return np.asarray(directions * np.asarray(lengths, dtype=float)[:, None])


def structure_features(inputs: TaskInputs) -> pd.DataFrame:
    """Features of composition and crystal side by side, indexed by id.

    Raises:
        BaselineError: The dataset has no structures.
    """
    sites = site_features(inputs.entries, require_structures(inputs))
    return pd.concat([sites, ion_features(inputs.entries)], axis=1)


# Fifty trainings on the same crystals share their features.
_COMPUTED: dict[tuple[bytes, ...], dict[str, float]] = {}


def site_features(entries: pd.DataFrame, structures: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry, indexed by id; no row depends on another one.

    Args:
        entries: Cells: lengths in Å and angles in degrees.
        structures: Sites: ``species``, ``charges``, ``frac_coords``, indexed by id.
    """
    rows = {}
    cells = entries[list(LATTICE)].to_numpy(float)
    sites = structures.loc[entries.index, ["species", "charges", "frac_coords"]]
    for entry, cell, (species, charges, coordinates) in zip(
        entries.index, cells, sites.itertuples(index=False), strict=True
    ):
        crystal = Crystal(
            cell=cell_matrix(cell[:3], cell[3:]),
            species=tuple(species),
            charges=np.asarray(charges, dtype=float),
            coordinates=np.asarray(coordinates, dtype=float).reshape(-1, 3),
        )
        arrays = (crystal.cell, crystal.charges, crystal.coordinates)
        key = (" ".join(crystal.species).encode(), *(array.tobytes() for array in arrays))
        if key not in _COMPUTED:
            _COMPUTED[key] = features_of(crystal)
        rows[entry] = _COMPUTED[key]
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float)


def features_of(crystal: Crystal) -> dict[str, float]:
    """Features of one crystal by name, lengths in Å.

    Raises:
        ValueError: It has no Li or no anion.
    """
    if not (crystal.is_li.any() and crystal.is_anion.any()):
        raise ValueError("a crystal without Li or without anions has no surroundings of Li")
    found = {**_packing(crystal), **_lithium(crystal), **_framework(crystal), **_channels(crystal)}
    return {name: round(float(value), DECIMALS) for name, value in found.items()}


def _packing(crystal: Crystal) -> dict[str, float]:
    """Volume per atom, anion and Li (Å³), share of it that ions fill, counts, mean charges."""
    spheres = 4.0 / 3.0 * np.pi * crystal.radii**3
    volume, n_sites = crystal.volume, len(crystal.species)
    n_li, n_anions = crystal.is_li.sum(), crystal.is_anion.sum()
    host = crystal.charges[crystal.is_cation]
    return {
        "volume_per_atom": volume / n_sites,
        "volume_per_anion": volume / n_anions,
        "volume_per_li": volume / n_li,
        "li_per_anion": n_li / n_anions,
        "filled": spheres.sum() / volume,
        "filled_by_framework": spheres[~crystal.is_li].sum() / volume,
        "anion_charge": crystal.charges[crystal.is_anion].mean(),
        "anion_radius": crystal.radii[crystal.is_anion].mean(),
        "cation_charge": host.mean() if len(host) else 0.0,
        "highest_charge": host.max() if len(host) else 0.0,
        "n_sites": n_sites,
    }


def _lithium(crystal: Crystal) -> dict[str, float]:
    """Li, anions and framework cations around Li: distances, numbers, bond valences, repulsion."""
    li, n_li = crystal.coordinates[crystal.is_li], int(crystal.is_li.sum())
    others = neighbours(crystal.cell, li, li, REACH_ANG)
    anions, host = np.flatnonzero(crystal.is_anion), np.flatnonzero(crystal.is_cation)
    pairs = neighbours(crystal.cell, li, crystal.coordinates[anions], REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, n_li)
    shell = pairs.distance <= _SHELL * nearest[pairs.centre]
    contact = crystal.radii[crystal.is_li][0] + crystal.radii[anions][pairs.site]
    valence = np.exp((contact - pairs.distance) / _SOFTNESS_ANG)
    in_shell = _sums(pairs.centre[shell], np.ones(shell.sum()), n_li)
    shell_length = _sums(pairs.centre[shell], pairs.distance[shell], n_li) / in_shell
    near = neighbours(crystal.cell, li, crystal.coordinates[host], REACH_ANG)
    charge = crystal.charges[host][near.site]
    repulsion = charge / near.distance * np.exp(-near.distance / 2.0)
    return {
        **_statistics("li_li", _nearest(others.centre, others.distance, n_li)),
        "li_within_4": (others.distance <= _CROWD_ANG).sum() / n_li,
        **_statistics("li_anion", nearest),
        **_statistics("li_shell_length", shell_length),
        **_statistics("li_coordination", in_shell),
        **_statistics("li_valence", _sums(pairs.centre, valence, n_li)),
        "li_off_contact": (nearest - _nearest(pairs.centre, contact, n_li)).mean(),
        **_statistics("li_cation", _nearest(near.centre, near.distance, n_li)),
        **_statistics("li_repulsion", _sums(near.centre, repulsion, n_li)),
    }


def _framework(crystal: Crystal) -> dict[str, float]:
    """Distances between anions, absolute and in diameters, and from host cations to anions."""
    anions, host = crystal.coordinates[crystal.is_anion], crystal.coordinates[crystal.is_cation]
    pairs = neighbours(crystal.cell, anions, anions, REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, len(anions))
    bonds = neighbours(crystal.cell, host, anions, REACH_ANG)
    bond = _nearest(bonds.centre, bonds.distance, len(host))
    close = bonds.distance <= _SHELL * bond[bonds.centre]
    return {
        **_statistics("anion_anion", nearest),
        "anion_gap": (nearest / (2.0 * crystal.radii[crystal.is_anion])).mean(),
        "host_anion": bond.mean() if len(host) else REACH_ANG,
        "host_coordination": close.sum() / len(host) if len(host) else 0.0,
    }


def _channels(crystal: Crystal) -> dict[str, float]:
    """Hop lengths, free radii and clearances of cations in 1, 2 and 3 dimensions."""
    found = {
        "hop_length": hop_lengths(crystal),
        "free_radius": free_radii(crystal),
        "cation_clearance": cation_clearances(crystal),
    }
    return {f"{name}_{place + 1}d": row[place] for name, row in found.items() for place in range(3)}


def _nearest(centre: Indices, values: Array, n_centres: int) -> Array:
    """The value of each centre's first pair, which is its nearest; 8 Å where it has none."""
    first = np.full(n_centres, REACH_ANG)
    names, positions = np.unique(centre, return_index=True)
    first[names] = values[positions]
    return first


def _sums(centre: Indices, values: Array, n_centres: int) -> Array:
    totals = np.zeros(n_centres)
    np.add.at(totals, centre, values)
    return totals


def _statistics(name: str, values: Array) -> Mapping[str, float]:
    return {f"{name}_{what}": getattr(values, what)() for what in ("mean", "min", "max")}


# Channels: how far Li must hop, and how wide the way is, to cross the crystal


def hop_lengths(crystal: Crystal) -> Array:
    """Shortest hops between Li sites that connect them in 1, 2 and 3 dimensions, Å.

    Hops of that length or less lead from a Li site to its own images along so many independent
    directions. Where none up to 10 Å do, 10 Å stands.

    Returns:
        Shape (3,), 1D first, never falling.
    """
    li = crystal.coordinates[crystal.is_li]
    hops = neighbours(crystal.cell, li, li, LONGEST_HOP_ANG)
    component, offset = np.arange(len(li)), np.zeros((len(li), 3))
    spans: dict[int, list[Array]] = {site: [] for site in range(len(li))}
    found: list[float] = []
    pairs = zip(hops.centre, hops.site, hops.image, hops.distance, strict=True)
    for one, other, image, length in pairs:
        root, joined = int(component[one]), int(component[other])
        winding = offset[one] + image - offset[other]
        if root != joined:
            members = component == joined
            component[members] = root
            offset[members] += winding
            spans[root] = _independent(spans[root] + spans.pop(joined))
        elif winding.any():
            spans[root] = _independent([*spans[root], winding])
        found += [float(length)] * (len(spans[root]) - len(found))
        if len(found) == 3:
            break
    return np.array(found + [LONGEST_HOP_ANG] * (3 - len(found)))


def free_radii(crystal: Crystal) -> Array:
    """Radii of the largest spheres that pass between the anions in 1, 2 and 3 dimensions, Å.

    Anions are hard spheres of Shannon's radii; the sphere's centre moves on a grid of about 0.5 Å,
    so the radii are estimates. Li and the other cations are not in its way.

    Returns:
        Shape (3,), 1D first, never rising; negative where the anions overlap on every way.
    """
    return _widths(crystal, crystal.is_anion, crystal.radii)


def cation_clearances(crystal: Crystal) -> Array:
    """Largest distances that can be kept from all framework cations on such ways, Å.

    Returns:
        Shape (3,), 1D first, never rising.
    """
    return _widths(crystal, crystal.is_cation, np.zeros(len(crystal.species)))


def _independent(vectors: list[Array]) -> list[Array]:
    """The vectors without those that depend on earlier ones."""
    kept: list[Array] = []
    for vector in vectors:
        if np.linalg.matrix_rank(np.array([*kept, vector])) > len(kept):
            kept.append(vector)
    return kept


def _widths(crystal: Crystal, obstacles: Mask, radii: Array) -> Array:
    free = _clearance(crystal, obstacles, radii)
    closed = np.pad(free, [(0, 1)] * 3, mode="wrap")
    barriers = percolation_barriers(-closed, encut=WIDEST_ANG)
    lost = [WIDEST_ANG if barrier is None else barrier for barrier in barriers.as_tuple()]
    return float(free.max()) - np.array(lost)


def _clearance(crystal: Crystal, obstacles: Mask, radii: Array) -> Array:
    """Distance to the nearest obstacle's surface on a grid over the cell, at most 5 Å."""
    from scipy.spatial import cKDTree

    lengths = np.linalg.norm(crystal.cell, axis=1)
    shape = tuple(np.maximum(np.ceil(lengths / _SPACING_ANG), 2).astype(int))
    grid = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    points = grid.reshape(-1, 3) @ crystal.cell
    images = _lattice_vectors(crystal.cell, WIDEST_ANG + float(radii.max()), spread=1.0)
    clearance = np.full(len(points), WIDEST_ANG)
    for size in np.unique(radii[obstacles]):
        sites = crystal.coordinates[obstacles & (radii == size)]
        positions = (sites[:, None, :] + images).reshape(-1, 3) @ crystal.cell
        nearest, _ = cKDTree(positions).query(points, distance_upper_bound=WIDEST_ANG + size)
        clearance = np.minimum(clearance, nearest - size)
    return clearance.reshape(shape)


# Neighbours in a periodic crystal


@dataclass(frozen=True)
class Neighbours:
    """Pairs of a centre and a periodic image of a site, by rising distance.

    Attributes:
        centre: Index of the centre, shape (n_pairs,).
        site: Index of the site.
        image: Lattice vector to add to the difference of the fractional coordinates given,
            shape (n_pairs, 3).
        distance: Distance in Å.
    """

    centre: Indices
    site: Indices
    image: Array
    distance: Array


def neighbours(cell: Array, centres: Array, sites: Array, cutoff: float) -> Neighbours:
    """All pairs of a centre and an image of a site within the cutoff; no site pairs with itself.

    Args:
        cell: Lattice vectors as rows, Å.
        centres: Fractional coordinates, shape (n_centres, 3).
        sites: Fractional coordinates, shape (n_sites, 3).
        cutoff: Largest distance, Å.
    """
    difference = sites[None, :, :] - centres[:, None, :]
    nearest = np.round(difference)
    images = _lattice_vectors(cell, cutoff, spread=0.5)
    shifts, folded = images @ cell, (difference - nearest) @ cell
    squares = (
        (folded**2).sum(axis=-1)[:, :, None] + 2.0 * folded @ shifts.T + (shifts**2).sum(axis=-1)
    )
    found = np.nonzero((squares <= cutoff**2) & (squares > _SELF_ANG**2))
    distance = np.sqrt(squares[found])
    order = np.argsort(distance, kind="stable")
    centre, site, image = (index[order] for index in found)
    shift = images[image] - nearest[centre, site]
    return Neighbours(centre=centre, site=site, image=shift, distance=distance[order])


def _lattice_vectors(cell: Array, reach: float, *, spread: float) -> Array:
    """Integer vectors T for which a fractional difference d can make d + T at most ``reach`` long.

    Args:
        cell: Lattice vectors as rows, Å.
        reach: Distance in Å.
        spread: Largest absolute component of the differences.
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    counts = np.floor(reach / heights + spread).astype(int)
    return np.array(list(product(*(range(-count, count + 1) for count in counts))), dtype=float)
