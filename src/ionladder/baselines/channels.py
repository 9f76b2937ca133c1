"""How far Li must hop, and how wide the way is, to cross a crystal in 1, 2 and 3 dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.crystal import Crystal
from ionladder.baselines.periodic import Mask, Neighbours, lattice_vectors, neighbours
from ionladder.data.bond_valence import percolation_barriers

if TYPE_CHECKING:
    from ionladder.specs import Array

LONGEST_HOP_ANG = 10.0
SPACING_ANG = 0.5
WIDEST_ANG = 5.0
_DIMENSIONS = 3


def hop_lengths(crystal: Crystal) -> Array:
    """Shortest hops between Li sites that connect them in 1, 2 and 3 dimensions, Å.

    Hops of that length or less lead from a Li site to its own images along so many independent
    directions. Where none up to 10 Å do, 10 Å stands.

    Returns:
        Shape (3,), 1D first, never falling.
    """
    li = crystal.coordinates[crystal.is_li]
    return _winding_lengths(neighbours(crystal.cell, li, li, LONGEST_HOP_ANG), len(li))


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


def _widths(crystal: Crystal, obstacles: Mask, radii: Array) -> Array:
    free = _clearance(crystal, obstacles, radii)
    closed = np.pad(free, [(0, 1)] * _DIMENSIONS, mode="wrap")
    barriers = percolation_barriers(-closed, encut=WIDEST_ANG)
    lost = [WIDEST_ANG if barrier is None else barrier for barrier in barriers.as_tuple()]
    return float(free.max()) - np.array(lost)


def _clearance(crystal: Crystal, obstacles: Mask, radii: Array) -> Array:
    """Distance to the nearest obstacle's surface on a grid over the cell, at most 5 Å."""
    from scipy.spatial import cKDTree

    lengths = np.linalg.norm(crystal.cell, axis=1)
    shape = tuple(np.maximum(np.ceil(lengths / SPACING_ANG), 2).astype(int))
    grid = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    points = grid.reshape(-1, _DIMENSIONS) @ crystal.cell
    images = lattice_vectors(crystal.cell, WIDEST_ANG + float(radii.max()), spread=1.0)
    clearance = np.full(len(points), WIDEST_ANG)
    for size in np.unique(radii[obstacles]):
        sites = crystal.coordinates[obstacles & (radii == size)]
        positions = (sites[:, None, :] + images).reshape(-1, _DIMENSIONS) @ crystal.cell
        nearest, _ = cKDTree(positions).query(points, distance_upper_bound=WIDEST_ANG + size)
        clearance = np.minimum(clearance, nearest - size)
    return clearance.reshape(shape)


def _winding_lengths(hops: Neighbours, n_sites: int) -> Array:
    """Lengths at which growing hops first connect the sites in 1, 2 and 3 dimensions."""
    component = np.arange(n_sites)
    offset = np.zeros((n_sites, _DIMENSIONS))
    spans: dict[int, list[Array]] = {site: [] for site in range(n_sites)}
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
        if len(found) == _DIMENSIONS:
            break
    return np.array(found + [LONGEST_HOP_ANG] * (_DIMENSIONS - len(found)))


def _independent(vectors: list[Array]) -> list[Array]:
    """The vectors without those that depend on earlier ones."""
    kept: list[Array] = []
    for vector in vectors:
        if np.linalg.matrix_rank(np.array([*kept, vector])) > len(kept):
            kept.append(vector)
    return kept
