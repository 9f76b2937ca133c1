"""Ionic charges from a composition: what the bond-valence force field needs and no CIF states."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

from ionladder.data.bond_valence import ANIONS, ion

_ANION_CHARGE = {ion(name).symbol: ion(name).charge for name in ANIONS}
States = Callable[[str], list[int]]
_LITHIUM = "Li"
_HYDROGEN = "H"
_NON_METALS = frozenset({"B", "C", "Si", "P", "Ge", "As"})
MAX_IMBALANCE = 0.05
"""Largest charge left over, as a fraction of all positive charge."""


def charges_of(amounts: Mapping[str, float]) -> dict[str, int] | None:
    """One charge for every element, so that the cell is neutral.

    Li is 1+; anions are N3−, O2−, F−, S2−, Cl−, Se2−, Br−, Te2−, I− (the ones with parameters),
    H1−, and P3− or C4− and their like where nothing more electronegative is there. Every other
    element is a cation: B, C, Si, P, Ge and As in their highest common state, S, Cl, … in one of
    theirs where O or F outbids them, metals in a common state and, where no such choice is
    neutral, in one that the ICSD knows. Every anion is more electronegative (Pauling) than
    every cation. Of the choices that leave at most 5 % of the positive charge over (occupancies of
    Li are seldom exact) the one with the fewest anion-formers as cations counts, then the most
    neutral one, then the one with the lowest charges.

    Args:
        amounts: Atoms of each element in the cell, Li among them.

    Returns:
        Element → charge, or None where no choice is neutral.

    Example:
        >>> charges_of({"Li": 3.0, "P": 1.0, "O": 4.0})
        {'Li': 1, 'P': 5, 'O': -2}
        >>> charges_of({"Li": 3.0, "P": 1.0})
        {'Li': 1, 'P': -3}
        >>> charges_of({"Li": 1.0, "O": 4.0}) is None
        True
    """
    for known in (_common, _in_icsd):
        fitting = [
            (_rank(amounts, charges), charges)
            for charges in _choices(amounts, known)
            if _imbalance(amounts, charges) <= MAX_IMBALANCE
        ]
        if fitting:
            return min(fitting, key=lambda found: found[0])[1]
    return None


def _choices(amounts: Mapping[str, float], known: States) -> Iterator[dict[str, int]]:
    """Every assignment whose anions are more electronegative than its cations."""
    from pymatgen.core.periodic_table import Element

    strength = {symbol: float(Element(symbol).X) for symbol in amounts}
    options = [_options(symbol, known) for symbol in amounts]
    for chosen in itertools.product(*options):
        charges = dict(zip(amounts, chosen, strict=True))
        anions = [strength[symbol] for symbol, charge in charges.items() if charge < 0]
        cations = [strength[symbol] for symbol, charge in charges.items() if charge > 0]
        if anions and cations and min(anions) > max(cations):
            yield charges


def _options(symbol: str, known: States) -> list[int]:
    if symbol == _LITHIUM:
        return [1]
    if symbol == _HYDROGEN:
        return [-1, 1]
    common = _common(symbol)
    positive = [charge for charge in common if charge > 0]
    if symbol in _ANION_CHARGE:
        return [_ANION_CHARGE[symbol], *positive]
    if symbol in _NON_METALS:
        return [min(common), max(common)]
    return sorted(charge for charge in known(symbol) if charge > 0)


def _common(symbol: str) -> list[int]:
    from pymatgen.core.periodic_table import Element

    return [int(charge) for charge in Element(symbol).common_oxidation_states]


def _in_icsd(symbol: str) -> list[int]:
    from pymatgen.core.periodic_table import Element

    return [int(charge) for charge in Element(symbol).icsd_oxidation_states]


def _imbalance(amounts: Mapping[str, float], charges: Mapping[str, int]) -> float:
    positive = sum(amounts[s] * charge for s, charge in charges.items() if charge > 0)
    total = sum(amounts[symbol] * charge for symbol, charge in charges.items())
    return abs(total) / positive


def _rank(amounts: Mapping[str, float], charges: Mapping[str, int]) -> tuple[float, ...]:
    oxidised = sum(charges[symbol] > 0 for symbol in charges if symbol in _ANION_CHARGE)
    return (oxidised, round(_imbalance(amounts, charges), 6), *map(abs, charges.values()))
