"""Atoms that stand in each other's places: a list of atoms in another order than it should be."""

from __future__ import annotations

import numpy as np

from ionladder.core.minimum_image import Array, PeriodicCell

_MOVED_ANG = 1.0
_FOUND_ANG = 0.75


def exchanged_atoms(cell: PeriodicCell, positions_ang: Array, reference_ang: Array) -> list[int]:
    """Atoms of one configuration that stand where others of them should stand.

    An atom counts if it lies more than 1 Å from its own place and within 0.75 Å of that of another
    such atom, and if following these places from atom to atom leads back to it. No relaxation of a
    path moves atoms around such a ring, so a ring means that the list is in another order.

    Args:
        cell: The cell.
        positions_ang: Shape (n_atoms, 3), Å.
        reference_ang: The places, same shape and order.

    Returns:
        Their positions in the list, from 0, ascending; empty when the order is right.

    Example:
        >>> places = np.array([[0.0, 0, 0], [2.0, 0, 0], [0.0, 3, 0]])
        >>> exchanged_atoms(PeriodicCell(np.eye(3) * 9), places[[1, 0, 2]], places)
        [0, 1]
    """
    moved = np.flatnonzero(cell.distances(positions_ang, reference_ang) > _MOVED_ANG)
    if len(moved) < 2:
        return []
    between = cell.distances(positions_ang[moved, None], reference_ang[None, moved])
    nearest = between.argmin(axis=1)
    is_found = between[np.arange(len(moved)), nearest] < _FOUND_ANG
    leads_to = {i: int(nearest[i]) for i in range(len(moved)) if is_found[i]}
    return sorted(int(moved[i]) for i in leads_to if _is_on_a_ring(i, leads_to))


def _is_on_a_ring(start: int, leads_to: dict[int, int]) -> bool:
    place = leads_to.get(start)
    for _ in range(len(leads_to)):
        if place is None or place == start:
            break
        place = leads_to.get(place)
    return place == start
