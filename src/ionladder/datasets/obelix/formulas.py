"""Chemical formulas as exact amounts, and the one spelling that equal compositions share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

Amounts = dict[str, Fraction]

_TOKEN = re.compile(r"\s*(?:([A-Z][a-z]?)|([(\[])|([)\]]))\s*(\d+(?:\.\d*)?|\.\d+)?")
_CLOSING = {"(": ")", "[": "]"}
_DECIMALS = 5

_SYMBOLS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu".split()
)


class FormulaError(ValueError):
    """Text that is not a chemical formula; the message says what stands in the way."""


def parse_formula(text: str) -> Amounts:
    """Amount of each element, exact, brackets multiplied out.

    Raises:
        FormulaError: Anything but elements, decimal amounts and matching brackets.

    Example:
        >>> {element: float(amount) for element, amount in parse_formula("Li2(PO4)1.5").items()}
        {'Li': 2.0, 'P': 1.5, 'O': 6.0}
    """
    groups: list[Amounts] = [{}]
    brackets: list[str] = []
    position = 0
    stripped = text.strip()
    while position < len(stripped):
        token = _TOKEN.match(stripped, position)
        if token is None:
            msg = f"{stripped[position]!r} at position {position + 1}"
            raise FormulaError(msg)
        element, opening, closing, number = token.groups()
        position = token.end()
        amount = Fraction(number) if number else Fraction(1)
        if opening:
            if number:
                position = token.end(2)
            groups.append({})
            brackets.append(opening)
        elif closing:
            if not brackets or _CLOSING[brackets.pop()] != closing:
                msg = f"an unmatched {closing!r}"
                raise FormulaError(msg)
            _add(groups[-2], groups.pop(), amount)
        elif element not in _SYMBOLS:
            msg = f"the unknown element {element!r}"
            raise FormulaError(msg)
        else:
            _add(groups[-1], {element: Fraction(1)}, amount)
    if brackets:
        msg = f"an unmatched {brackets[-1]!r}"
        raise FormulaError(msg)
    present = {element: amount for element, amount in groups[0].items() if amount > 0}
    if not present:
        msg = "no element"
        raise FormulaError(msg)
    return present


def fractions_of(amounts: Mapping[str, Fraction]) -> Amounts:
    """Atomic fractions, exact, elements in alphabetical order."""
    total = sum(amounts.values(), start=Fraction(0))
    return {element: amounts[element] / total for element in sorted(amounts)}


def normalised_formula(amounts: Mapping[str, Fraction]) -> str:
    """One spelling for equal compositions: atomic fractions to five decimals.

    Example:
        >>> normalised_formula(parse_formula("Li20.4Ge2.4P3.6S24"))
        'Ge0.04762Li0.40476P0.07143S0.47619'
    """
    rounded = {el: round(share, _DECIMALS) for el, share in fractions_of(amounts).items()}
    return "".join(f"{el}{float(share):.{_DECIMALS}f}" for el, share in rounded.items())


def largest_fraction_difference(
    first: Mapping[str, Fraction], second: Mapping[str, Fraction]
) -> float:
    """Largest absolute difference of an atomic fraction between two compositions."""
    one, other = fractions_of(first), fractions_of(second)
    zero = Fraction(0)
    return float(max(abs(one.get(el, zero) - other.get(el, zero)) for el in {*one, *other}))


def _add(into: Amounts, amounts: Mapping[str, Fraction], times: Fraction) -> None:
    for element, amount in amounts.items():
        into[element] = into.get(element, Fraction(0)) + amount * times
