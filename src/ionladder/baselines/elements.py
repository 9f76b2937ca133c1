"""Elemental properties, read from the periodic table that pymatgen ships."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

PROPERTIES = (
    "X",
    "atomic_mass",
    "atomic_radius",
    "average_ionic_radius",
    "electron_affinity",
    "group",
    "ionization_energy",
    "max_oxidation_state",
    "melting_point",
    "mendeleev_no",
    "min_oxidation_state",
    "molar_volume",
    "row",
    "van_der_waals_radius",
)
"""Attributes of pymatgen's ``Element``; ``X`` is the Pauling electronegativity."""

ANIONS = frozenset({"N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"})
"""Elements counted as anions; hydrogen is neither anion nor cation here."""


def property_table(symbols: Sequence[str]) -> pd.DataFrame:
    """Elemental properties: one row an element, one column a property, NaN where unknown."""
    from pymatgen.core.periodic_table import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns about each property without a value
        rows = [[_number(Element(symbol), name) for name in PROPERTIES] for symbol in symbols]
    return pd.DataFrame(rows, index=list(symbols), columns=list(PROPERTIES), dtype=float)


def cations(symbols: Sequence[str]) -> list[str]:
    """The elements counted as cations of the host: neither lithium, hydrogen nor an anion."""
    return [symbol for symbol in symbols if symbol not in ANIONS | {"Li", "H"}]


def _number(element: object, name: str) -> float:
    value = getattr(element, name)
    return np.nan if value is None else float(value)
