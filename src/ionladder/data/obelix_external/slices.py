"""Slices of OBELiX-external: compilation, chemistry, nearness to training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionladder.data.obelix.slices import anion_kind, elements_of
from ionladder.data.slices import SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    entries = inputs.entries.loc[list(inputs.ids)]
    return pd.DataFrame(
        {
            "compilation": entries["compilation"],
            "anions": [anion_kind(elements_of(text)) for text in entries["formula_norm"]],
            "train_distance": quarters(inputs.nearest_distance),
        },
        index=pd.Index(inputs.ids, name="id"),
    )
