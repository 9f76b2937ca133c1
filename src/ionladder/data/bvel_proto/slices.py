"""Slices of BVEL-proto: structure type, chemistry, dimensions, size, nearness to training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.litraj.slices import li_site_ranges
from ionladder.data.slices import SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries = inputs.entries.loc[ids]
    known = set(inputs.entries.loc[list(inputs.train_ids), "prototype"])
    return pd.DataFrame(
        {
            "family": entries["family"],
            "anions": entries["anion_class"],
            "dimensionality": inputs.labels.loc[ids, "dimensionality"],
            "li_sites": li_site_ranges(entries["n_li"].to_numpy(np.int64)),
            "known_prototype": np.where(entries["prototype"].isin(known), "yes", "no"),
            "train_distance": quarters(inputs.nearest_distance),
        },
        index=pd.Index(ids, name="id"),
    )
