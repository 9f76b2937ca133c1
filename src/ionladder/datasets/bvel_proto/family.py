"""What a hand-built structure type is: space group, occupied positions, and their publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["cation", "anion"]
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Site:
    """One occupied Wyckoff position.

    Attributes:
        label: Letter of the substitution: positions that share it hold one ion.
        ion: Ion of the published compound, such as ``O2-``.
        position: Fractional coordinates of one of its points.
    """

    label: str
    ion: str
    position: Triple

    @property
    def role(self) -> Role:
        """Whether the position holds a cation or an anion, also after substitution."""
        return "anion" if self.ion.endswith("-") else "cation"


@dataclass(frozen=True, kw_only=True)
class Family:
    """One hand-built structure type.

    Attributes:
        prototype: Its own name (``lisicon-zn``); what prototype-disjoint splits keep apart.
        family: The larger class it belongs to (``lisicon``).
        space_group: Hermann-Mauguin symbol, with the origin choice where there are two.
        cell: a, b, c in Å and α, β, γ in degrees of the published compound.
        sites: Its occupied positions.
        bond_ang: Shortest cation-anion distance of the published compound, Å: what a test holds
            cell and coordinates to.
        source: Compound and publication.
        record: Where its cell and coordinates can be looked up: an entry of a database, or of
            AFLOW's library of prototypes. They are that entry's numbers unless ``note`` says how
            they were compared with it.
        doi: DOI of the publication, or of the one that OBELiX names for the record; None where
            it could not be confirmed.
        note: What was idealised or compared, or why the type is here.
    """

    prototype: str
    family: str
    space_group: str
    cell: tuple[float, float, float, float, float, float]
    sites: tuple[Site, ...]
    bond_ang: float
    source: str
    record: str
    doi: str | None = None
    note: str = ""

    @property
    def citation(self) -> str:
        """Source, DOI and record in one line, as the tables carry it."""
        doi = [] if self.doi is None else [f"doi:{self.doi}"]
        return "; ".join([self.source, *doi, self.record])


# The parts of AFLOW's library of prototypes: Mehl et al. 2017, Hicks et al. 2019 and 2021.
AFLOW_1 = "(doi:10.1016/j.commatsci.2017.01.017)"
AFLOW_2 = "(doi:10.1016/j.commatsci.2018.10.043)"
AFLOW_3 = "(doi:10.1016/j.commatsci.2021.110450)"


def cubic(a: float) -> tuple[float, float, float, float, float, float]:
    """A cubic cell."""
    return (a, a, a, 90.0, 90.0, 90.0)


def hexagonal(a: float, c: float) -> tuple[float, float, float, float, float, float]:
    """A hexagonal cell."""
    return (a, a, c, 90.0, 90.0, 120.0)


def orthogonal(a: float, b: float, c: float) -> tuple[float, float, float, float, float, float]:
    """An orthorhombic or tetragonal cell."""
    return (a, b, c, 90.0, 90.0, 90.0)
