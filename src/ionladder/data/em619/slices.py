"""How the boards of em619 are split: ion, functional, class, path, composition, nearness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.slices import SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd

_LENGTHS = np.array(["under 3 Å", "3 to 4 Å", "over 4 Å"])
_NEARNESS = np.array(["under 1.5 Å", "1.5 to 2 Å", "over 2 Å"])


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries = inputs.entries.loc[ids]
    nearest = [min(distances) for distances in entries["anion_distance_ang"]]
    seen = inputs.split.loc[ids, "composition_in_train"].to_numpy(bool)
    return pd.DataFrame(
        {
            "ion": entries["working_ion"],
            "functional": entries["functional"],
            "family": entries["family"],
            "path_length": _LENGTHS[np.digitize(entries["path_length_ang"], (3.0, 4.0))],
            "nearness": _NEARNESS[np.digitize(nearest, (1.5, 2.0))],
            "crossing": np.where(seen, "yes", "no"),
            "train_distance": quarters(inputs.nearest_distance),
        },
        index=pd.Index(ids, name="id"),
    )
