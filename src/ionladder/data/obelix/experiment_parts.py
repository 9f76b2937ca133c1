"""Parts of OBELiX on which arms of an experiment are compared; deriving them means reading CIFs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.obelix.crystals import structure

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

_LITHIUM = 3


def part_columns(structures: pd.DataFrame) -> pd.DataFrame:
    """One text column per part, indexed as the structures are.

    ``lithium_rounded`` says whether rounding occupancies to whole numbers (halves to the even one,
    as numpy does) leaves lithium in the crystal: ``kept`` or ``lost``.

    Args:
        structures: Rows of the table ``structures``, indexed by id.
    """
    import pandas as pd

    crystals = (structure({}, {"cif_text": text}) for text in structures["cif_text"])
    kept = ["kept" if keeps_lithium(crystal) else "lost" for crystal in crystals]
    return pd.DataFrame({"lithium_rounded": kept}, index=structures.index)


def keeps_lithium(crystal: Structure) -> bool:
    """Whether lithium is left on some site once occupancies are rounded."""
    return any(
        np.round(sum(float(x) for kind, x in site.species.items() if int(kind.Z) == _LITHIUM)) >= 1
        for site in crystal
    )
