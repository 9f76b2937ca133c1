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
        source: The publication that the coordinates come from.
        note: What was idealised, or why the type is here.
    """

    prototype: str
    family: str
    space_group: str
    cell: tuple[float, float, float, float, float, float]
    sites: tuple[Site, ...]
    bond_ang: float
    source: str
    note: str = ""


def cubic(a: float) -> tuple[float, float, float, float, float, float]:
    """A cubic cell."""
    return (a, a, a, 90.0, 90.0, 90.0)


def hexagonal(a: float, c: float) -> tuple[float, float, float, float, float, float]:
    """A hexagonal cell."""
    return (a, a, c, 90.0, 90.0, 120.0)


def orthogonal(a: float, b: float, c: float) -> tuple[float, float, float, float, float, float]:
    """An orthorhombic or tetragonal cell."""
    return (a, b, c, 90.0, 90.0, 90.0)
