"""Li3PO4, mp-2878 of the Materials Project (CC BY 4.0): the worked example of LiTraj.

Cell and sites as its notebook ``bvel.ipynb`` prints them; its labels are 0.4785, 0.4785, 0.8008 eV.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_SITES = pd.read_csv(Path(__file__).with_suffix(".csv"))
SYMBOLS = _SITES["symbol"].tolist()
FRACTIONS = _SITES[["x", "y", "z"]].to_numpy()
CELL = np.diag([4.89264480, 6.07079561, 10.41629663])


def structure() -> Any:
    """The structure with oxidation states."""
    from pymatgen.core.structure import Structure

    made = Structure(CELL, SYMBOLS, FRACTIONS)
    made.add_oxidation_state_by_element({"Li": 1, "P": 5, "O": -2})
    return made
