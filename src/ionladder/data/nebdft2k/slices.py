"""How nebDFT2k is taken apart: anions, length of the hop, images, nearness of composition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ionladder.data.slices import SliceInputs, quarters

if TYPE_CHECKING:
    import pandas as pd

_CLASSES = (
    ("oxide", {"O"}),
    ("fluoride", {"F"}),
    ("chalcogenide", {"S", "Se", "Te"}),
    ("halide", {"Cl", "Br", "I"}),
    ("nitride", {"N"}),
)
_LENGTHS_ANG = (2.5, 3.5)
_LENGTH_NAMES = np.array(["under 2.5 Å", "2.5 to 3.5 Å", "over 3.5 Å"])


def slice_columns(inputs: SliceInputs) -> pd.DataFrame:
    """One text column per slice, indexed by the ids that are evaluated."""
    import pandas as pd

    ids = list(inputs.ids)
    entries = inputs.entries.loc[ids]
    lengths = entries["hop_length_ang"].to_numpy(np.float64)
    return pd.DataFrame(
        {
            "anions": [anion_class(system) for system in entries["chemsys"]],
            "hop_length": _LENGTH_NAMES[np.searchsorted(_LENGTHS_ANG, lengths, side="right")],
            "images": [str(count) for count in entries["n_images"]],
            "train_distance": quarters(inputs.nearest_distance),
        },
        index=pd.Index(ids, name="id"),
    )


def anion_class(chemsys: str) -> str:
    """The class of the anions that a chemical system holds.

    Example:
        >>> anion_class("Li-O-P"), anion_class("F-Li-O"), anion_class("Li-Si")
        ('oxide', 'mixed', 'other')
    """
    elements = set(chemsys.split("-"))
    found = [name for name, anions in _CLASSES if anions & elements]
    if not found:
        return "other"
    return found[0] if len(found) == 1 else "mixed"
