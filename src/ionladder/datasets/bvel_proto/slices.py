"""How BVEL-proto is taken apart: structure type, chemistry, dimensions, size, nearness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.datasets.composition_distance import quarters
from ionladder.datasets.slicing import SliceInputs

if TYPE_CHECKING:
    import pandas as pd

_LI_SITES = (2, 4, 8)
_LI_NAMES = np.array(["1", "2 to 3", "4 to 7", "8 or more"])


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries = inputs.entries.loc[ids]
    known = set(inputs.entries.loc[list(inputs.train_ids), "prototype"])
    li_sites = entries["n_li"].to_numpy(np.int64)
    return pd.DataFrame(
        {
            "family": entries["family"],
            "anions": entries["anion_class"],
            "dimensionality": inputs.labels.loc[ids, "dimensionality"],
            "li_sites": _LI_NAMES[np.searchsorted(_LI_SITES, li_sites, side="right")],
            "known_prototype": np.where(entries["prototype"].isin(known), "yes", "no"),
            "train_distance": quarters(inputs.nearest_distance),
        },
        index=pd.Index(ids, name="id"),
    )
