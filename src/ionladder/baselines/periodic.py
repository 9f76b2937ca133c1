"""Distances in periodic crystals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ionladder.specs import Array

Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

_SELF_ANG = 1e-3


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


def heights(cell: Array) -> Array:
    """Distances between opposite faces of the cell, Å, shape (3,)."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))


def lattice_vectors(cell: Array, reach: float, *, spread: float) -> Array:
    """Integer vectors T for which a fractional difference d can make d + T at most ``reach`` long.

    Args:
        cell: Lattice vectors as rows, Å.
        reach: Distance in Å.
        spread: Largest absolute component of the differences.

    Returns:
        Shape (n_vectors, 3).
    """
    counts = np.floor(reach / heights(cell) + spread).astype(int)
    return np.array(list(product(*(range(-count, count + 1) for count in counts))), dtype=float)


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
    images = lattice_vectors(cell, cutoff, spread=0.5)
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
