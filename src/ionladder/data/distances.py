"""Distances between the ions of a crystal, held to what radii allow."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ionladder.data.ingest import Check, Finding, Findings, Subject, check
from ionladder.errors import first_few

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from ionladder.config import DatasetVersion

# An anion is farther from the next anion than from the cation between them: eight of them around
# one, the most that a structure of ions has, are 1.155 times as far apart.
#: Least distance of two anions, over the shorter of their distances to the nearest cation.
ANION_RATIO = 1.15
#: Least distance of two cations, over the sum of their radii.
CATION_SHARE = 0.8
#: Least distance of a cation and an anion, over the sum of their radii.
BOND_SHARE = 0.65
#: Where charges are not stated: distances of anions, over the sum of their covalent radii, that
#: are bonds (peroxides, disulfides, polyiodides).
COVALENT_BOND = (0.85, 1.2)

#: The count in ``params.yaml``, ``expected``, that makes the check refuse.
NEAR_IONS = "near_ions"

_ANIONS = frozenset(("H", "N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"))
_CUTOFF_ANG = 4.5
_FULL = 1.0 + 1e-3


class ShortDistance(NamedTuple):
    """Two sites that are too near: species and numbers, distance and limit in Å, broken rule."""

    pair: str
    distance_ang: float
    limit_ang: float
    rule: str


def shortest_violation(structure: Structure) -> ShortDistance | None:
    """The pair of ions that is farthest below the least distance of its kind; None: all is well.

    Ions have the sign of their charge. Where none is stated, an element that forms anions is one,
    unless its nearest neighbour is more electronegative (S in sulfates is a cation). A site of
    several elements counts as the most frequent one; two sites whose occupancies add up to no
    more than 1 are never held against each other. Radii are pymatgen's: Shannon's for a stated
    charge, else the average of the element's ions.

    Example:
        >>> from pymatgen.core import Lattice, Structure
        >>> cell = Lattice.cubic(4.2)
        >>> dimer = Structure(cell, ["Li+", "F-"], [[0, 0, 0], [0.5, 0, 0]])
        >>> shortest_violation(dimer) is None
        True
    """
    if not len(structure):
        return None
    first, second, _, distance = structure.get_neighbor_list(_CUTOFF_ANG, exclude_self=True)
    filled = np.array([site.species.num_atoms for site in structure])
    order = np.argsort(-distance, kind="stable")
    order = order[((filled[first] + filled[second] > _FULL) & (distance > 1e-3))[order]]
    if not len(order):
        return None
    first, second, distance = first[order], second[order], distance[order]  # the nearest last
    species = [max(site.species.items(), key=lambda item: item[1])[0] for site in structure]
    is_stated = all(getattr(one, "oxi_state", None) for one in species)
    pull, covalent, forms, *radii = np.array([_facts(one) for one in species]).T
    partner = np.arange(len(species))
    partner[first] = second
    is_anion = (forms > 0) & (pull[partner] <= pull)
    if is_stated:
        is_anion = np.array([(one.oxi_state or 0) < 0 for one in species])
    radius = np.where(is_anion, *radii)
    n_anions = is_anion[first].astype(int) + is_anion[second]
    share = np.where(n_anions == 0, CATION_SHARE, BOND_SHARE)
    limits = share * (radius[first] + radius[second])
    bond = np.zeros(len(species))  # to the nearest ion of the other sign; 0 where there is none
    bond[first[n_anions == 1]] = distance[n_anions == 1]
    nearest = np.minimum(*(np.where(bond[who] > 0, bond[who], np.inf) for who in (first, second)))
    among = (n_anions == 2) & np.isfinite(nearest)
    limits[n_anions == 2] = 0.0
    limits[among] = ANION_RATIO * nearest[among]
    if not is_stated:
        ratio = distance / (covalent[first] + covalent[second])
        limits[(n_anions == 2) & ((ratio >= COVALENT_BOND[0]) & (ratio <= COVALENT_BOND[1]))] = 0.0
    worst = int(np.argmin(distance - limits))
    if distance[worst] >= limits[worst] - 1e-6:
        return None
    pair = sorted((int(first[worst]), int(second[worst])))
    named = " and ".join(f"{species[site]} (site {site})" for site in pair)
    rule = f"{share[worst]:g} times the sum of the radii"
    if n_anions[worst] == 2:
        rule = f"{ANION_RATIO:g} times the nearest cation-anion distance"
    return ShortDistance(named, float(distance[worst]), float(limits[worst]), rule)


@cache
def _facts(species: Any) -> tuple[float, float, float, float, float]:
    """Electronegativity, covalent radius, whether it forms anions; radius as anion, as cation.

    Radii are in Å, 0 where pymatgen knows none.
    """
    from pymatgen.analysis.molecule_structure_comparator import CovalentRadius

    element = getattr(species, "element", species)
    symbol = str(element.symbol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a spin state without a default; a noble gas
        stated, pull = getattr(species, "ionic_radius", None), float(element.X)
    averages = (element.average_anionic_radius, element.average_cationic_radius)
    anion, cation = (float(stated or average or 0.0) for average in averages)
    covalent = float(CovalentRadius.radius.get(symbol, 0.0))
    return pull, covalent, float(symbol in _ANIONS), anion, cation


def distance_check(
    structures_of: Callable[[Subject], Iterable[tuple[str, Structure]]],
    *,
    pinned_of: Callable[[Subject], DatasetVersion] | None = None,
) -> Check[Subject]:
    """The integrity check of a dataset's crystals.

    Args:
        structures_of: Id and structure of every entry that has one, from what is checked.
        pinned_of: The version that is checked. What is found and not listed as an oddity is
            refused where ``params.yaml`` expects ``near_ions: 0``, and counted otherwise: archives
            that nobody here has seen may hold bonds which no rule for ions foresees. None: refused.
    """

    @check
    def distances_are_possible(subject: Subject) -> Findings:
        """No two ions are nearer than their radii and charges allow."""
        near, count = [], 0
        for entry, structure in structures_of(subject):
            count += 1
            if found := shortest_violation(structure):
                expected = f"at least {found.limit_ang:.3f} Å ({found.rule})"
                place = f"id {entry!r}, {found.pair}"
                near.append(Finding(place, expected, f"{found.distance_ang:.3f} Å", entry))
        if pinned_of is None or NEAR_IONS in pinned_of(subject).expected:
            yield from near
            return f"{count} structures"
        shown = f": {first_few([str(one.entry) for one in near])}" if near else ""
        return f"{len(near)} of {count} structures hold nearer ions{shown}"

    return distances_are_possible
