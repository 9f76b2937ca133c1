"""Sites that a symmetry takes into each other, for networks that carry vectors from site to site.

The vectors of an equivariant network turn with the crystal: where an operation with rotation ``R``
takes site ``i`` into ``j``, the vectors at ``j`` are those at ``i``, turned by ``R``. So messages
need to be summed at one site of each orbit only; the others get its features, turned. The
operations are those that spglib finds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.baselines.graphs.sites import Sites

if TYPE_CHECKING:
    from ionladder.baselines.graphs.kinds import Kinds
    from ionladder.specs import Array

_SYMMETRIC_ANG = 1e-4
_SAME_PLACE_ANG = 1e-2


def turned(
    kinds: Kinds,
    sites: Sites,
    kind: npt.NDArray[np.int64],
    species: npt.NDArray[np.int64],
    *,
    mirrors: bool,
) -> Kinds:
    """Let one kind of each orbit stand for the others.

    Args:
        kinds: Sites up to lattice translations.
        sites: All sites.
        kind: Kind of each site.
        species: What each site holds, as a number.
        mirrors: Whether operations that change left into right count too; not for networks whose
            features know left from right.

    Returns:
        The same nodes; edges remain at those that stand for an orbit, and only they have a count.
    """
    rotations, translations = _operations(sites, species)
    matrix = np.linalg.inv(sites.cell) @ rotations.transpose(0, 2, 1) @ sites.cell
    if not mirrors:
        proper = np.linalg.det(matrix) > 0
        rotations, translations, matrix = rotations[proper], translations[proper], matrix[proper]
    like = np.full(len(kinds), -1, dtype=np.int64)
    turn = np.zeros((len(kinds), 3, 3))
    first = np.unique(kind, return_index=True)[1]
    for one in range(len(kinds)):
        if like[one] >= 0:
            continue
        like[one], turn[one] = one, np.eye(3)
        images = rotations @ sites.fractional[first[one]] + translations
        operation, site = _met(images, sites)
        reached, index = np.unique(kind[site], return_index=True)
        fresh = like[reached] < 0
        like[reached[fresh]] = one
        turn[reached[fresh]] = matrix[operation[index[fresh]]].transpose(0, 2, 1)
    stands = like == np.arange(len(kinds))
    heard = stands[kinds.receiver]
    return replace(
        kinds,
        count=np.bincount(like, weights=kinds.count, minlength=len(kinds)).astype(np.int64),
        receiver=kinds.receiver[heard],
        sender=kinds.sender[heard],
        vector_ang=kinds.vector_ang[heard],
        like=like,
        turn=turn,
    )


def _operations(sites: Sites, species: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Rotations, shape (n, 3, 3), and translations, shape (n, 3), of fractional coordinates."""
    import spglib

    crystal = (sites.cell.tolist(), sites.fractional.tolist(), species.tolist())
    found = spglib.get_symmetry(crystal, symprec=_SYMMETRIC_ANG)
    if found is None:
        return np.eye(3)[None], np.zeros((1, 3))
    return found["rotations"].astype(float), found["translations"]


def _met(images: Array, sites: Sites) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which image lies on which site: rows of both."""
    apart = images[:, None] - sites.fractional[None]
    apart = (apart - np.round(apart)) @ sites.cell
    image, site = np.nonzero(np.linalg.norm(apart, axis=-1) < _SAME_PLACE_ANG)
    return image, site
