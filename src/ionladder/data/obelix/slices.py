"""Slices of OBELiX that no rule of its ``dataset.yaml`` says: order, label, rounded lithium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.obelix.crystals import structure
from ionladder.data.slices import NOT_GIVEN, SliceInputs

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

#: log10 of 1 mS/cm: the paper's line between superionic conductors and others.
SUPERIONIC = -3.0

_LITHIUM = 3


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """``order`` and ``superionic`` of the entries that are evaluated, indexed by id."""
    import pandas as pd

    ids = list(inputs.ids)
    labels = inputs.labels.loc[ids]
    is_superionic = (labels["log10_sigma"] >= SUPERIONIC) & (labels["censoring"] == "none")
    return pd.DataFrame(
        {"order": _order(inputs), "superionic": np.where(is_superionic, "yes", "no")},
        index=pd.Index(ids, name="id"),
    )


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
