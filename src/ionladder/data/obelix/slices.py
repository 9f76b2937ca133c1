"""Slices of OBELiX: structure, label, family, chemistry, nearness to training, rounded lithium."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.obelix.crystals import structure
from ionladder.data.slices import NOT_GIVEN, SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

SUPERIONIC = -3.0
"""log10 of 1 mS/cm: the paper's line between superionic conductors and others."""

_FORMULA = "formula_norm"
_LITHIUM = 3
_ELEMENT = re.compile(r"[A-Z][a-z]?")
_HALOGENS = {"F": "fluoride", "Cl": "chloride", "Br": "bromide", "I": "iodide"}
_CHALCOGENS = frozenset({"S", "Se", "Te"})


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries, labels = inputs.entries.loc[ids], inputs.labels.loc[ids]
    is_superionic = (labels["log10_sigma"] >= SUPERIONIC) & (labels["censoring"] == "none")
    return pd.DataFrame(
        {
            "structure": np.where(inputs.split.loc[ids, "in_cif"], "with", "without"),
            "order": _order(inputs),
            "censoring": labels["censoring"],
            "crystal_system": entries["crystal_system"],
            "family": entries["family"].fillna(NOT_GIVEN),
            "anions": [anion_kind(elements_of(text)) for text in entries[_FORMULA]],
            "superionic": np.where(is_superionic, "yes", "no"),
            "train_distance": quarters(inputs.nearest_distance),
            "crossing": np.where(inputs.has_near(_FORMULA), "yes", "no"),
        },
        index=pd.Index(ids, name="id"),
    )


def elements_of(formula: str) -> frozenset[str]:
    """Elements of a formula.

    Example:
        >>> sorted(elements_of("Li0.33333O0.66667"))
        ['Li', 'O']
    """
    return frozenset(_ELEMENT.findall(formula))


def anion_kind(elements: AbstractSet[str]) -> str:
    """The anion chemistry that the elements of a compound suggest.

    The rule looks at O, S, Se, Te, N, F, Cl, Br and I only; Te beside O is the cation of a
    tellurate. O alone is a phosphate where there is P, and an oxide otherwise; S alone, or S and
    Se, Se alone, or Te name a sulfide or a selenide; with a halogen these are sulfide halides,
    and O with a halogen an oxyhalide; halogens alone are named, or called a mixed halide; N alone
    is a nitride. Every other combination is mixed; none of these elements (hydrides, phosphides)
    is none of these.

    Example:
        >>> [anion_kind(set(text.split())) for text in ("Li P O", "Li P S Cl", "Li Nd Te O")]
        ['phosphate', 'sulfide halide', 'oxide']
    """
    anions = elements & {"O", "N", *_HALOGENS, *_CHALCOGENS}
    if "O" in anions:
        anions -= {"Te"}
    halogens, chalcogens = anions & set(_HALOGENS), anions & _CHALCOGENS
    kinds = {name for name, part in (("halide", halogens), ("chalcogenide", chalcogens)) if part}
    kinds |= anions & {"O", "N"}
    if kinds == {"O"}:
        return "phosphate" if "P" in elements else "oxide"
    if kinds == {"chalcogenide"}:
        return "sulfide" if chalcogens == {"S"} else "selenide"
    if kinds == {"halide"}:
        return _HALOGENS[next(iter(halogens))] if len(halogens) == 1 else "mixed halide"
    if kinds == {"chalcogenide", "halide"}:
        return "sulfide halide"
    if kinds == {"O", "halide"}:
        return "oxyhalide"
    if kinds == {"N"}:
        return "nitride"
    return "mixed" if kinds else "none of these"


def _order(inputs: SliceInputs) -> list[str]:
    """Whether every site of the structure is filled by one species."""
    if inputs.structures is None:  # they were not read: pymatgen is not here
        return [NOT_GIVEN] * len(inputs.ids)
    known = inputs.structures["is_ordered"].to_dict()
    titles = {True: "ordered", False: "disordered", None: "no structure"}
    return [titles[known.get(entry)] for entry in inputs.ids]


def part_columns(structures: pd.DataFrame) -> pd.DataFrame:
    """One text column per part of an experiment, derived from CIFs and indexed as they are.

    ``lithium_rounded`` says whether rounding occupancies to whole numbers (halves to the even one,
    as numpy does) leaves lithium on some site of the crystal: ``kept`` or ``lost``.

    Args:
        structures: Rows of the table ``structures``, indexed by id.
    """
    import pandas as pd

    def keeps_lithium(crystal: Structure) -> bool:
        return any(
            np.round(sum(float(x) for kind, x in site.species.items() if kind.Z == _LITHIUM)) >= 1
            for site in crystal
        )

    crystals = (structure({}, {"cif_text": text}) for text in structures["cif_text"])
    kept = ["kept" if keeps_lithium(crystal) else "lost" for crystal in crystals]
    return pd.DataFrame({"lithium_rounded": kept}, index=structures.index)
