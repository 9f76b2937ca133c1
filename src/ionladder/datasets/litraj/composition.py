"""What follows from the atoms of a cell alone: formulas, chemical system and anion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ionladder.sources.extxyz import SYMBOLS

DUMMY = 0

# Elements that can be the anion, most electronegative first (Pauling), and their class.
ANION_CLASSES: Mapping[str, str] = {
    "F": "fluoride",
    "O": "oxide",
    "Cl": "halide",
    "N": "nitride",
    "Br": "halide",
    "I": "halide",
    "S": "chalcogenide",
    "Se": "chalcogenide",
    "Te": "chalcogenide",
}
OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Atoms of a cell, the dummy atom left out.

    Attributes:
        formula: Reduced formula, as pymatgen writes it.
        formula_norm: Atomic fractions to five decimals, elements in alphabetical order.
        chemsys: Its elements in alphabetical order, joined by hyphens.
        anion: Most frequent element of ``ANION_CLASSES``, the more electronegative of equally
            frequent ones; empty where there is none.
        n_atoms: Number of atoms.
        n_li: Number of Li among them.
    """

    formula: str
    formula_norm: str
    chemsys: str
    anion: str
    n_atoms: int
    n_li: int

    @property
    def anion_class(self) -> str:
        """Class of the anion, or ``other``."""
        return ANION_CLASSES.get(self.anion, OTHER)


def composition_of(counts: Iterable[tuple[int, int]]) -> Composition:
    """The composition of a cell.

    Args:
        counts: Atomic number and how many atoms have it.

    Example:
        >>> found = composition_of([(3, 12), (15, 4), (8, 16), (0, 1)])
        >>> found.formula, found.chemsys, found.anion_class, found.n_atoms
        ('Li3PO4', 'Li-O-P', 'oxide', 32)
    """
    return _composition(tuple(sorted((z, n) for z, n in counts if z != DUMMY and n)))


def normalised_formula(amounts: Mapping[str, int]) -> str:
    """Atomic fractions to five decimals, elements in alphabetical order.

    Example:
        >>> normalised_formula({"O": 2, "Li": 1, "Co": 1})
        'Co0.25000 Li0.25000 O0.50000'
    """
    total = sum(amounts.values())
    return " ".join(f"{symbol}{amounts[symbol] / total:.5f}" for symbol in sorted(amounts))


def reduced_formula(amounts: Mapping[str, int]) -> str:
    """The formula with its smallest whole amounts, as pymatgen writes it.

    Example:
        >>> reduced_formula({"O": 16, "P": 4, "Li": 12})
        'Li3PO4'
    """
    from pymatgen.core.composition import Composition as Reducible

    formula: str = Reducible(amounts).reduced_formula
    return formula


@lru_cache(maxsize=200_000)
def _composition(counts: tuple[tuple[int, int], ...]) -> Composition:
    amounts = {SYMBOLS[z]: n for z, n in counts}
    anions = [symbol for symbol in ANION_CLASSES if symbol in amounts]
    return Composition(
        formula=reduced_formula(amounts),
        formula_norm=normalised_formula(amounts),
        chemsys="-".join(sorted(amounts)),
        anion=max(anions, key=lambda symbol: amounts[symbol], default=""),
        n_atoms=sum(amounts.values()),
        n_li=amounts.get("Li", 0),
    )
