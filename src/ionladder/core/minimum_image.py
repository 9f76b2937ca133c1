"""Shortest vectors between periodic images, exact for skewed cells and fast for many atoms."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_MOST_STEPS = 1000
# A step of the reduction must shorten a vector by more than rounding does, or it would go on.
_SHORTER = 1 - 1e-12
_NEIGHBOURS = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))


class PeriodicCell:
    """A cell, made ready to find minimum images in it.

    The lattice gets a Minkowski-reduced basis first (Nguyen and Stehlé, ACM Trans. Algorithms 5,
    46, 2009, greedy algorithm): among the 27 neighbours of a vector wrapped into that basis is the
    shortest one, however skewed the cell is. A wrapped vector no longer than half of the shortest
    lattice vector is the shortest already, since every other image is at least as long; in
    supercells that is nearly every displacement, so only the others are searched.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: The vectors span no volume.

    Example:
        >>> cell = PeriodicCell(np.diag([4.0, 4.0, 10.0]))
        >>> cell.minimum_image(np.array([3.0, 0.0, 6.0])).tolist()
        [-1.0, 0.0, -4.0]
    """

    def __init__(self, cell_ang: Array) -> None:
        self.basis = reduced_basis(np.asarray(cell_ang, dtype=np.float64))
        self._inverse = np.linalg.inv(self.basis)
        self._images = _NEIGHBOURS @ self.basis
        self._safe = 0.5 * float(np.linalg.norm(self.basis[0]))

    def minimum_image(self, vectors_ang: Array) -> Array:
        """The shortest periodic image of every vector.

        Args:
            vectors_ang: Shape (…, 3), Å, finite.

        Returns:
            The same shape; of two images of equal length either one.
        """
        shifts = np.rint(vectors_ang @ self._inverse)
        wrapped: Array = vectors_ang - shifts @ self.basis
        flat = wrapped.reshape(-1, 3)
        far = np.flatnonzero(np.einsum("ij,ij->i", flat, flat) > self._safe**2)
        if len(far):
            candidates = flat[far, None, :] + self._images
            nearest = np.einsum("ijk,ijk->ij", candidates, candidates).argmin(axis=1)
            flat[far] = candidates[np.arange(len(far)), nearest]
        return flat.reshape(wrapped.shape)

    def distances(self, one_ang: Array, other_ang: Array) -> Array:
        """Minimum-image distances between positions, shape of their difference without the last."""
        vectors = self.minimum_image(one_ang - other_ang)
        lengths: Array = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
        return lengths


def reduced_basis(cell_ang: Array) -> Array:
    """A Minkowski-reduced basis of the same lattice, shortest vector first.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: They are not finite, or span no volume.

    Example:
        >>> reduced_basis(np.array([[2.0, 0.0, 0.0], [4.0, 3.0, 0.0], [0.0, 3.0, 4.0]])).tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    """
    basis = np.array(cell_ang, dtype=np.float64)
    lengths = np.linalg.norm(basis, axis=1) if basis.shape == (3, 3) else np.zeros(1)
    if not np.isfinite(basis).all() or not lengths.all():
        msg = "a cell needs three lattice vectors of finite length"
        raise ValueError(msg)
    if abs(np.linalg.det(basis)) < 1e-9 * lengths.prod():
        msg = "the lattice vectors span no volume"
        raise ValueError(msg)
    for _ in range(_MOST_STEPS):
        basis = _pair_reduced(basis)
        shorter = basis[2] - _closest_in_plane(basis[2], basis[:2])
        if shorter @ shorter >= _SHORTER * (basis[2] @ basis[2]):
            return basis
        basis[2] = shorter
    return basis


def _pair_reduced(basis: Array) -> Array:
    """Sorted by length, the two shortest vectors as short as integer steps make them."""
    basis = _sorted(basis)
    for _ in range(_MOST_STEPS):
        step = np.rint((basis[1] @ basis[0]) / (basis[0] @ basis[0]))
        shorter = basis[1] - step * basis[0]
        if shorter @ shorter >= _SHORTER * (basis[1] @ basis[1]):
            break
        basis[1] = shorter
        basis = _sorted(basis)
    return basis


def _closest_in_plane(vector: Array, plane: Array) -> Array:
    """The lattice vector of two basis vectors that lies closest to a vector."""
    near = np.rint(np.linalg.solve(plane @ plane.T, plane @ vector))
    steps = near + np.array(list(product((-1.0, 0.0, 1.0), repeat=2)))
    candidates = steps @ plane
    found: Array = candidates[np.linalg.norm(candidates - vector, axis=1).argmin()]
    return found


def _sorted(basis: Array) -> Array:
    return basis[np.argsort(np.linalg.norm(basis, axis=1), kind="stable")]
