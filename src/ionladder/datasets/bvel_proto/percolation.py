"""Percolation barriers of an energy grid, from component labels and winding vectors.

A threshold opens every grid point below it. An open region percolates along the lattice vectors by
which it reaches its own periodic images: its winding vectors. They are found by labelling the grid
of one cell and walking the links across its faces, each of which adds one lattice vector.

Dimension is counted as BVlain counts it, on a 2 × 2 × 2 block of cells: one region that holds the
images of a point in 2, 4 or 8 of the cells percolates in 1, 2 or 3 dimensions. That is the rank of
the winding vectors modulo 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
        e_2d_ev: The same in two dimensions.
        e_3d_ev: The same in three dimensions.
    """

    e_1d_ev: float | None
    e_2d_ev: float | None
    e_3d_ev: float | None

    def as_tuple(self) -> tuple[float | None, float | None, float | None]:
        """The three barriers, 1D first."""
        return (self.e_1d_ev, self.e_2d_ev, self.e_3d_ev)


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
    regions = _Regions()
    for axis, step in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1))):
        last, first = labels.take(-1, axis=axis).ravel(), labels.take(0, axis=axis).ravel()
        both = (last > 0) & (first > 0)
        pairs = np.unique(np.stack([last[both], first[both]], axis=1), axis=0)
        for one, other in pairs.tolist():
            regions.link(one, other, step)
    return regions.windings()


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


class _Regions:
    """Union-find over labels that also knows the lattice vector between a label and its root."""

    def __init__(self) -> None:
        self._parent: dict[int, tuple[int, Vector]] = {}
        self._found: dict[int, list[Vector]] = {}

    def link(self, one: int, other: int, step: Vector) -> None:
        """Say that label ``one`` continues as label ``other`` in the cell ``step`` further on."""
        root, offset = self._root(one)
        other_root, other_offset = self._root(other)
        difference = _plus(_plus(offset, step), other_offset, sign=-1)
        if root == other_root:
            if any(difference):
                self._found.setdefault(root, []).append(difference)
            return
        self._parent[other_root] = (root, difference)
        self._found.setdefault(root, []).extend(self._found.pop(other_root, []))

    def windings(self) -> list[list[Vector]]:
        """Winding vectors of every region that has any."""
        return [sorted(set(vectors)) for vectors in self._found.values() if vectors]

    def _root(self, name: int) -> tuple[int, Vector]:
        """The root of a label, and the cell in which the label lies as seen from the root."""
        path = []
        while name in self._parent:
            path.append(name)
            name = self._parent[name][0]
        offset: Vector = (0, 0, 0)
        for step in reversed(path):
            offset = _plus(offset, self._parent[step][1])
            self._parent[step] = (name, offset)
        return name, offset


def _plus(one: Vector, other: Vector, *, sign: int = 1) -> Vector:
    return (one[0] + sign * other[0], one[1] + sign * other[1], one[2] + sign * other[2])
