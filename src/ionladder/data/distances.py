"""Distances between the ions of a crystal, held to what radii allow."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.data.ingest import Check, Finding, Outcome, Subject
from ionladder.errors import first_few

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from ionladder.config import DatasetVersion

# An anion is farther from the next anion than from the cation between them: eight of them around
# one, the most that a structure of ions has, are 1.155 times as far apart.
ANION_RATIO = 1.15
"""Least distance of two anions, over the shorter of their distances to the nearest cation."""
CATION_SHARE = 0.8
"""Least distance of two cations, over the sum of their radii."""
BOND_SHARE = 0.65
"""Least distance of a cation and an anion, over the sum of their radii."""
COVALENT_BOND = (0.85, 1.2)
"""Where charges are not stated: distances of anions, over the sum of their covalent radii, that
are bonds (peroxides, disulfides, polyiodides)."""

NEAR_IONS = "near_ions"
"""The count in ``params.yaml``, ``expected``, that makes the check refuse."""

_ANIONS = frozenset(("H", "N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"))
_CUTOFF_ANG = 4.5
_FULL = 1.0 + 1e-3

Floats = npt.NDArray[np.float64]


class ShortDistance(NamedTuple):
    """Two sites that are too near.

    Attributes:
        pair: Species and numbers of the sites, from 0.
        distance_ang: Their distance in Å.
        limit_ang: The least distance in Å.
        rule: Which minimum it breaks.
    """

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
    species = [max(site.species.items(), key=lambda item: item[1])[0] for site in structure]
    filled = np.array([site.species.num_atoms for site in structure])
    both = (filled[first] + filled[second] > _FULL) & (distance > 1e-3)
    first, second, distance = first[both], second[both], distance[both]
    if not len(distance):
        return None
    is_stated = all(getattr(one, "oxi_state", None) for one in species)
    is_anion = _anions(structure, species, is_stated, first, second, distance)
    radii = np.array(
        [_radius(one, bool(sign)) for one, sign in zip(species, is_anion, strict=True)]
    )
    sums = radii[first] + radii[second]
    anions, cations = is_anion[first] & is_anion[second], ~is_anion[first] & ~is_anion[second]
    bond = np.full(len(species), np.inf)
    np.minimum.at(bond, first[~anions & ~cations], distance[~anions & ~cations])
    nearest = np.minimum(bond[first], bond[second])
    limits = np.where(cations, CATION_SHARE, BOND_SHARE) * sums
    limits[anions] = ANION_RATIO * np.where(np.isfinite(nearest), nearest, 0.0)[anions]
    if not is_stated:
        covalent = np.array([_covalent(one) for one in species])
        ratio = distance / (covalent[first] + covalent[second])
        limits[anions & (ratio >= COVALENT_BOND[0]) & (ratio <= COVALENT_BOND[1])] = 0.0
    worst = int(np.argmin(distance - limits))
    if distance[worst] >= limits[worst] - 1e-6:
        return None
    one, other = sorted((int(first[worst]), int(second[worst])))
    rule = f"{ANION_RATIO:g} times the nearest cation-anion distance"
    if not anions[worst]:
        share = CATION_SHARE if cations[worst] else BOND_SHARE
        rule = f"{share:g} times the sum of the radii"
    pair = f"{species[one]} (site {one}) and {species[other]} (site {other})"
    return ShortDistance(pair, float(distance[worst]), float(limits[worst]), rule)


def _anions(
    structure: Structure,
    species: Sequence[Any],
    is_stated: bool,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    distance: Floats,
) -> npt.NDArray[np.bool_]:
    if is_stated:
        return np.array([one.oxi_state < 0 for one in species])
    pull = np.array([_electronegativity(one) for one in species])
    partner = np.arange(len(structure))
    order = np.argsort(-distance, kind="stable")
    partner[first[order]] = second[order]
    forms = np.array([_symbol(one) in _ANIONS for one in species])
    return forms & (pull[partner] <= pull)


def _symbol(species: Any) -> str:
    return str(getattr(species, "element", species).symbol)


@cache
def _electronegativity(species: Any) -> float:
    return float(getattr(species, "element", species).X)


@cache
def _covalent(species: Any) -> float:
    from pymatgen.analysis.molecule_structure_comparator import CovalentRadius

    return float(CovalentRadius.radius.get(_symbol(species), 0.0))


@cache
def _radius(species: Any, is_anion: bool) -> float:
    """Radius in Å; 0 where pymatgen knows none."""
    element = getattr(species, "element", species)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a spin state without a default
        stated = getattr(species, "ionic_radius", None)
    average = element.average_anionic_radius if is_anion else element.average_cationic_radius
    return float(stated or average or 0.0)


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

    def run(subject: Subject) -> Outcome:
        findings, count = [], 0
        for entry, structure in structures_of(subject):
            count += 1
            found = shortest_violation(structure)
            if found is not None:
                findings.append(
                    Finding(
                        entry=entry,
                        place=f"id {entry!r}, {found.pair}",
                        expected=f"at least {found.limit_ang:.3f} Å ({found.rule})",
                        found=f"{found.distance_ang:.3f} Å",
                    )
                )
        if pinned_of is None or NEAR_IONS in pinned_of(subject).expected:
            return Outcome(findings=findings, detail=f"{count} structures")
        shown = f": {first_few([str(one.entry) for one in findings])}" if findings else ""
        return Outcome(detail=f"{len(findings)} of {count} structures hold nearer ions{shown}")

    description = "No two ions are nearer than their radii and charges allow."
    return Check("distances_are_possible", description, run)
