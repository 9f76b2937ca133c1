"""How the boards of LiTraj are split: chemistry, dimensions, size, hops, nearness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.data.litraj.common import ANION_CLASSES
from ionladder.data.slices import SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd

_LI_NAMES = np.array(["1", "2 to 3", "4 to 7", "8 or more"])
_ATOM_NAMES = np.array(["below 20", "20 to 39", "40 to 79", "80 or more"])
_LENGTH_NAMES = np.array(["under 2.5 Å", "2.5 to 3.5 Å", "over 3.5 Å"])


def li_site_ranges(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The range of each number of Li sites.

    Example:
        >>> li_site_ranges(np.array([1, 3, 8])).tolist()
        ['1', '2 to 3', '8 or more']
    """
    return _LI_NAMES[np.searchsorted((2, 4, 8), counts, side="right")]


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice that the dataset has, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries = inputs.entries.loc[ids]
    columns: dict[str, Any] = {}
    if "n_li" in entries:  # BVEL13k
        known = set(inputs.entries.loc[list(inputs.train_ids), "chemsys"])
        sites = entries["n_sites"].to_numpy(np.int64)
        columns = {
            "anions": entries["anion_class"],
            "dimensionality": inputs.labels.loc[ids, "dimensionality"],
            "li_sites": li_site_ranges(entries["n_li"].to_numpy(np.int64)),
            "size": _ATOM_NAMES[np.searchsorted((20, 40, 80), sites, side="right")],
            "known_system": np.where(entries["chemsys"].isin(known), "yes", "no"),
            "train_distance": quarters(inputs.nearest_distance),
        }
    if "hop_length_ang" in entries:  # nebDFT2k
        lengths = entries["hop_length_ang"].to_numpy(np.float64)
        columns = {
            "anions": [anions_of_system(system) for system in entries["chemsys"]],
            "hop_length": _LENGTH_NAMES[np.searchsorted((2.5, 3.5), lengths, side="right")],
            "images": [str(count) for count in entries["n_images"]],
            "train_distance": quarters(inputs.nearest_distance),
        }
    return pd.DataFrame(columns, index=pd.Index(ids, name="id"))


def anions_of_system(chemsys: str) -> str:
    """The class of the anions that a chemical system holds.

    Example:
        >>> anions_of_system("Li-O-P"), anions_of_system("F-Li-O"), anions_of_system("Li-Si")
        ('oxide', 'mixed', 'other')
    """
    classes = {ANION_CLASSES[name] for name in chemsys.split("-") if name in ANION_CLASSES}
    return "mixed" if len(classes) > 1 else next(iter(classes), "other")
