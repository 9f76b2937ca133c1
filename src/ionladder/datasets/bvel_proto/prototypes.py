"""Every structure type as one thing: labelled sites of a primitive cell, and their distances."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ionladder.datasets.bvel_proto.aflow import aflow_types
from ionladder.datasets.bvel_proto.family import Family, Role
from ionladder.datasets.bvel_proto.family_frameworks import FRAMEWORKS
from ionladder.datasets.bvel_proto.family_packings import PACKINGS

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Array = npt.NDArray[np.float64]

HAND_BUILT: tuple[Family, ...] = (*PACKINGS, *FRAMEWORKS)

_REACH = 2.2
_LABEL = "label"


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """One structure type, ready for substitution.

    Attributes:
        name: Its name.
        family: The larger class it belongs to.
        source: Publication of its coordinates, and where they can be looked up.
        is_hand_built: Whether its sites have fixed roles.
        roles: Label → whether it holds a cation or an anion; None where it may hold either.
        counts: Label → its sites in the primitive cell.
        structure: The published compound, primitive cell, with the property ``label``.
        neighbours: One row of distances for every kind of site; see :class:`Surroundings`.
    """

    name: str
    family: str
    source: str
    is_hand_built: bool
    roles: dict[str, Role | None]
    counts: dict[str, int]
    structure: Structure
    neighbours: tuple[Surroundings, ...] = field(repr=False)

    @property
    def n_sites(self) -> int:
        return len(self.structure)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.counts)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a site sees.

    Attributes:
        label: Its label.
        multiplicity: Sites of the primitive cell that see the same.
        distances: Label → distances to sites of that label, Å, ascending.
    """

    label: str
    multiplicity: int
    distances: dict[str, Array]


@cache
def all_prototypes() -> tuple[Prototype, ...]:
    """Hand-built types in the order of their modules, then AFLOW's by name."""
    built = [_from_family(family) for family in HAND_BUILT]
    for kept in aflow_types():
        structure = kept.structure.copy()
        labels = [site.specie.symbol for site in structure]
        structure.add_site_property(_LABEL, labels)
        built.append(
            _prototype(
                structure,
                name=kept.name,
                family=kept.family,
                source=kept.source,
                roles=dict.fromkeys(sorted(set(labels))),
                is_hand_built=False,
            )
        )
    return tuple(built)


def family_structure(family: Family) -> Structure:
    """The published compound of a hand-built type, conventional cell, with the property ``label``.

    Raises:
        ValueError: Sites overlap or the cell is not neutral, so a coordinate is wrong.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    structure = Structure.from_spacegroup(
        family.space_group,
        Lattice.from_parameters(*family.cell),
        [site.ion for site in family.sites],
        [site.position for site in family.sites],
        site_properties={_LABEL: [site.label for site in family.sites]},
    )
    if not structure.is_valid(tol=1.0) or structure.charge != 0:
        msg = f"hand-built type {family.prototype!r} overlaps or is charged: {structure.formula}"
        raise ValueError(msg)
    return structure


def _from_family(family: Family) -> Prototype:
    roles = {site.label: site.role for site in family.sites}
    return _prototype(
        family_structure(family).get_primitive_structure(),
        name=family.prototype,
        family=family.family,
        source=family.citation,
        roles={label: roles[label] for label in sorted(roles)},
        is_hand_built=True,
    )


def _prototype(
    structure: Structure,
    *,
    name: str,
    family: str,
    source: str,
    roles: dict[str, Role | None] | dict[str, Role],
    is_hand_built: bool,
) -> Prototype:
    labels = [site.properties[_LABEL] for site in structure]
    return Prototype(
        name=name,
        family=family,
        source=source,
        is_hand_built=is_hand_built,
        roles={**roles},
        counts={label: labels.count(label) for label in roles},
        structure=structure,
        neighbours=_surroundings(structure, labels),
    )


def _surroundings(structure: Structure, labels: list[str]) -> tuple[Surroundings, ...]:
    """Distances around every site, sites that see the same counted once."""
    reach = _REACH * _widest_gap(structure)
    centres, others, _, distances = structure.get_neighbor_list(reach)
    known: dict[tuple[object, ...], int] = {}
    rows: list[dict[str, Array]] = []
    names: list[str] = []
    counted: list[int] = []
    for index, label in enumerate(labels):
        mine = centres == index
        seen: dict[str, Array] = {
            name: np.sort(distances[mine][[labels[o] == name for o in others[mine]]])
            for name in sorted(set(labels))
        }
        key = (label, *(tuple(np.round(seen[name], 4)) for name in seen))
        if key in known:
            counted[known[key]] += 1
            continue
        known[key] = len(rows)
        rows.append(seen)
        names.append(label)
        counted.append(1)
    return tuple(
        Surroundings(label=name, multiplicity=count, distances=row)
        for name, count, row in zip(names, counted, rows, strict=True)
    )


def _widest_gap(structure: Structure) -> float:
    """The largest distance from any site to its nearest neighbour, Å."""
    radius = 4.0
    while True:
        centres, _, _, distances = structure.get_neighbor_list(radius)
        if len(set(centres.tolist())) == len(structure):
            break
        radius *= 1.5
    nearest = np.full(len(structure), np.inf)
    np.minimum.at(nearest, centres, distances)
    return float(nearest.max())
