"""Compositions as numbers: element amounts of a cell and atomic fractions."""

from __future__ import annotations

import re

import pandas as pd

from ionladder.errors import BaselineError, Problem

ELEMENTS = tuple(
    """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br
    Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho
    Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es
    Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
    """.split()
)
"""Element symbols by atomic number: the first is hydrogen, number 1."""

_TERM = re.compile(r"([A-Z][a-z]?)(\d+(?:\.\d+)?)?")
_FORMULA = re.compile(rf"(?:{_TERM.pattern})+")


def parse_formula(formula: str) -> dict[str, float]:
    """Amount of each element in a flat formula; an element without a number counts 1.

    Raises:
        BaselineError: The formula has brackets, charges or unknown symbols.

    Example:
        >>> parse_formula("Li7.0P3.0S11.0")
        {'Li': 7.0, 'P': 3.0, 'S': 11.0}
    """
    amounts: dict[str, float] = {}
    terms = _TERM.findall(formula) if _FORMULA.fullmatch(formula) else []
    for symbol, number in terms:
        amounts[symbol] = amounts.get(symbol, 0.0) + (float(number) if number else 1.0)
    if not amounts or not set(amounts) <= set(ELEMENTS) or sum(amounts.values()) <= 0:
        raise BaselineError(
            Problem(
                where=f"formula {formula!r}",
                expected="element symbols with amounts, such as Li7.0P3.0S11.0",
                found="something else",
                next_step="Correct the cell formula in the dataset's entries.",
            )
        )
    return amounts


def amount_table(formulas: pd.Series[str]) -> pd.DataFrame:
    """Amounts per cell: one row an entry, one column an element that occurs, by atomic number.

    Example:
        >>> amount_table(pd.Series({"x": "S1Li2", "y": "Li3N1"}))
            Li    N    S
        x  2.0  0.0  1.0
        y  3.0  1.0  0.0
    """
    parsed = {entry: parse_formula(formula) for entry, formula in formulas.items()}
    present = {symbol for amounts in parsed.values() for symbol in amounts}
    table = pd.DataFrame.from_dict(parsed, orient="index").reindex(index=formulas.index)
    return table.reindex(columns=[symbol for symbol in ELEMENTS if symbol in present]).fillna(0.0)


def atomic_fractions(amounts: pd.DataFrame) -> pd.DataFrame:
    """Amounts divided by their sum, row by row."""
    return amounts.div(amounts.sum(axis=1), axis=0)
