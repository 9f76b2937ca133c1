"""Unit cells: volume, crystal systems and the constraints they put on lengths and angles."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, isclose, radians, sqrt

_LAST_OF_SYSTEM = (
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (167, "trigonal"),
    (194, "hexagonal"),
    (230, "cubic"),
)
_LENGTH_TOLERANCE = 1e-3
_ANGLE_TOLERANCE = 0.02
_VOLUME_DECIMALS = 6


@dataclass(frozen=True)
class Cell:
    """Lengths in Å and angles in degrees of a unit cell."""

    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float

    @property
    def volume(self) -> float:
        """Volume in Å³, six decimals, so that it does not depend on the machine's cosine.

        Example:
            >>> Cell(2.0, 3.0, 4.0, 90.0, 90.0, 90.0).volume
            24.0
        """
        ca, cb, cg = (cos(radians(angle)) for angle in (self.alpha, self.beta, self.gamma))
        square = 1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg
        return round(self.a * self.b * self.c * sqrt(max(square, 0.0)), _VOLUME_DECIMALS)


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group number.

    Raises:
        ValueError: The number is not between 1 and 230.

    Example:
        >>> crystal_system(225)
        'cubic'
    """
    if space_group >= 1:
        for last, name in _LAST_OF_SYSTEM:
            if space_group <= last:
                return name
    msg = f"no space group has the number {space_group}"
    raise ValueError(msg)


def obeys(cell: Cell, system: str) -> bool:
    """Whether lengths and angles are those of a conventional cell of the crystal system.

    Monoclinic cells may have any unique axis; trigonal ones hexagonal or rhombohedral axes.
    """
    angles = (cell.alpha, cell.beta, cell.gamma)
    right = sum(_is_angle(angle, 90.0) for angle in angles)
    hexagonal = (
        _same(cell.a, cell.b)
        and _is_angle(cell.alpha, 90.0)
        and _is_angle(cell.beta, 90.0)
        and _is_angle(cell.gamma, 120.0)
    )
    equal_lengths = _same(cell.a, cell.b) and _same(cell.b, cell.c)
    rhombohedral = equal_lengths and all(_is_angle(angle, cell.alpha) for angle in angles)
    rules = {
        "triclinic": True,
        "monoclinic": right >= 2,
        "orthorhombic": right == 3,
        "tetragonal": right == 3 and _same(cell.a, cell.b),
        "trigonal": hexagonal or rhombohedral,
        "hexagonal": hexagonal,
        "cubic": right == 3 and equal_lengths,
    }
    return rules[system]


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_LENGTH_TOLERANCE)


def _is_angle(angle: float, value: float) -> bool:
    return abs(angle - value) <= _ANGLE_TOLERANCE
