"""The ions that substitution may choose from, and their radii."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

LI = "Li+"

CATIONS = (
    "Li+ Na+ K+ Rb+ Cs+ Ag+ "
    "Be2+ Mg2+ Ca2+ Sr2+ Ba2+ Zn2+ Cd2+ Mn2+ Fe2+ Co2+ Ni2+ "
    "B3+ Al3+ Ga3+ In3+ Sc3+ Y3+ La3+ Gd3+ Er3+ Cr3+ Fe3+ Co3+ V3+ Bi3+ "
    "Si4+ Ge4+ Sn4+ Ti4+ Zr4+ Hf4+ Mn4+ "
    "P5+ As5+ Sb5+ V5+ Nb5+ Ta5+ "
    "S6+ Mo6+ W6+ Te6+"
).split()

# The anions that BVlain has parameters for with Li+.
ANIONS = ("N3-", "O2-", "F-", "S2-", "Cl-", "Se2-", "Br-", "Te2-", "I-")

# R. D. Shannon, Acta Cryst. A 32, 751 (1976), six-fold coordination; N3- in four-fold.
ANION_RADIUS_ANG = {
    "N3-": 1.46,
    "O2-": 1.40,
    "F-": 1.33,
    "S2-": 1.84,
    "Cl-": 1.81,
    "Se2-": 1.98,
    "Br-": 1.96,
    "Te2-": 2.21,
    "I-": 2.20,
}

_ANION_CLASSES = {
    "N": "nitride",
    "O": "oxide",
    "F": "fluoride",
    "S": "chalcogenide",
    "Se": "chalcogenide",
    "Te": "chalcogenide",
    "Cl": "halide",
    "Br": "halide",
    "I": "halide",
}
MIXED = "mixed"
ANION_CLASSES = (*dict.fromkeys(_ANION_CLASSES.values()), MIXED)

_ROMAN = "I II III IV V VI VII VIII IX X XI XII".split()


@dataclass(frozen=True)
class Ion:
    """One ion.

    Attributes:
        name: As written (``Ti4+``).
        symbol: Its element.
        charge: Its charge, in elementary charges.
    """

    name: str
    symbol: str
    charge: int


@cache
def ion(name: str) -> Ion:
    """The ion of that name.

    Example:
        >>> ion("Ti4+").charge, ion("F-").charge
        (4, -1)
    """
    symbol = name.rstrip("+-").rstrip("0123456789")
    size = int(name[len(symbol) : -1] or 1)
    return Ion(name=name, symbol=symbol, charge=size if name.endswith("+") else -size)


def anion_class(ions: Iterable[Ion]) -> str:
    """The class of a compound by its anions; ``mixed`` where they are of several.

    Example:
        >>> anion_class([ion("Li+"), ion("P5+"), ion("S2-")])
        'chalcogenide'
    """
    classes = {_ANION_CLASSES[one.symbol] for one in ions if one.charge < 0}
    return classes.pop() if len(classes) == 1 else MIXED


@cache
def radius(name: str, coordination: int) -> float:
    """Shannon's ionic radius in Å, at the tabulated coordination nearest to the given one.

    Args:
        name: The ion; anions have one radius whatever their coordination.
        coordination: Number of nearest neighbours, at least 1.
    """
    if name in ANION_RADIUS_ANG:
        return ANION_RADIUS_ANG[name]
    table = _cation_radii(name)
    nearest = min(table, key=lambda number: (abs(number - coordination), number))
    return table[nearest]


@cache
def _cation_radii(name: str) -> dict[int, float]:
    """Coordination number → radius; high spin where spin states differ."""
    from pymatgen.core.periodic_table import Element

    of_ion = ion(name)
    shannon = Element(of_ion.symbol).data["Shannon radii"][str(of_ion.charge)]
    radii = {}
    for roman, spins in shannon.items():
        if roman not in _ROMAN:
            continue
        spin = "High Spin" if "High Spin" in spins else min(spins)
        radii[_ROMAN.index(roman) + 1] = float(spins[spin]["ionic_radius"])
    return radii
