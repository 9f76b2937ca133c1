"""Who is near whom in a crystal, whichever of its cells is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.baselines.graphs.sites import Sites

if TYPE_CHECKING:
    from ionladder.specs import Array

_SAME_ANG = 1e-3
_NOWHERE_ANG = 1e-8


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Which neighbours a model looks at.

    Attributes:
        cutoff_ang: Largest distance, Å.
        nearest: Only as many neighbours as lie no farther than the one of this number, those at the
            same distance included, so that neither the cell nor the order of sites decides; None
            for all within the cutoff.
    """

    cutoff_ang: float
    nearest: int | None = None


@dataclass(frozen=True)
class Edges:
    """Directed edges between the nodes of one crystal.

    Attributes:
        receiver: Node that listens, shape (n_edges,), ascending.
        sender: Node whose image is listened to.
        vector_ang: From receiver to sender's image, Å, shape (n_edges, 3).
        image: Lattice vectors between the two cells, shape (n_edges, 3).
    """

    receiver: npt.NDArray[np.int64]
    sender: npt.NDArray[np.int64]
    vector_ang: Array
    image: npt.NDArray[np.int64]

    @property
    def distance_ang(self) -> Array:
        """Lengths, shape (n_edges,)."""
        lengths: Array = np.linalg.norm(self.vector_ang, axis=1)
        return lengths


def edges_of(sites: Sites, reach: Reach) -> Edges:
    """The edges of a crystal; none where it has no site."""
    from pymatgen.optimization.neighbors import find_points_in_spheres

    if not len(sites):
        nothing = np.empty(0, dtype=np.int64)
        return Edges(nothing, nothing, np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
    cartesian = np.ascontiguousarray(sites.fractional @ sites.cell)
    receiver, sender, image, distance = find_points_in_spheres(
        cartesian,
        cartesian,
        r=float(reach.cutoff_ang),
        pbc=np.ones(3, dtype=np.int64),
        lattice=np.ascontiguousarray(sites.cell),
        tol=_NOWHERE_ANG,
    )
    is_other = (receiver != sender) | (distance > _NOWHERE_ANG)
    receiver, sender, distance = (x[is_other] for x in (receiver, sender, distance))
    image = image[is_other].astype(np.int64)
    order = np.lexsort((sender, distance, receiver))
    receiver, sender, distance, image = (x[order] for x in (receiver, sender, distance, image))
    if reach.nearest is not None:
        kept = _nearest(receiver, distance, reach.nearest)
        receiver, sender, image = receiver[kept], sender[kept], image[kept]
    vector = cartesian[sender] + image @ sites.cell - cartesian[receiver]
    return Edges(receiver.astype(np.int64), sender.astype(np.int64), vector, image)


def _nearest(receiver: npt.NDArray[np.int64], distance: Array, count: int) -> npt.NDArray[np.bool_]:
    """Which edges are no longer than the ``count``-th shortest of their receiver."""
    starts = np.flatnonzero(np.diff(receiver, prepend=-1))
    sizes = np.diff(starts, append=len(receiver))
    last = starts + np.minimum(sizes, count) - 1
    kept: npt.NDArray[np.bool_] = distance <= np.repeat(distance[last], sizes) + _SAME_ANG
    return kept
