"""Ranges that slices of several boards name alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_LI_SITES = (2, 4, 8)
_LI_NAMES = np.array(["1", "2 to 3", "4 to 7", "8 or more"])
_ATOMS = (20, 40, 80)
_ATOM_NAMES = np.array(["below 20", "20 to 39", "40 to 79", "80 or more"])


def li_site_ranges(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The range of each number of Li sites.

    Example:
        >>> li_site_ranges(np.array([1, 3, 8])).tolist()
        ['1', '2 to 3', '8 or more']
    """
    return _LI_NAMES[np.searchsorted(_LI_SITES, counts, side="right")]


def atom_ranges(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The range of each number of atoms in a unit cell."""
    return _ATOM_NAMES[np.searchsorted(_ATOMS, counts, side="right")]
