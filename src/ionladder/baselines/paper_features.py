"""The 62 features of the OBELiX paper's RF and MLP: cell contents, space group, lattice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ionladder.baselines.composition import amount_table

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs

LATTICE = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")
SPACE_GROUP = "space_group"


def paper_features(inputs: TaskInputs, *, scale_on: Sequence[str]) -> pd.DataFrame:
    """Features of every entry, indexed by id.

    The columns are those of the authors' programs: the amount of each element in the unit cell
    (elements that occur in the whole table, by atomic number: 55 in OBELiX), the space-group
    number as an ordinal, and the six lattice parameters. Only the lattice is standardised.

    Args:
        inputs: Inputs of the task; no label is read.
        scale_on: Entries whose mean and population standard deviation scale the lattice.
    """
    entries: pd.DataFrame = inputs.entries
    lattice = entries[list(LATTICE)].astype(float)
    reference = lattice.loc[list(scale_on)]
    spread = reference.std(ddof=0)
    scaled = (lattice - reference.mean()) / spread.where(spread > 0, 1.0)
    space_group = entries[[SPACE_GROUP]].astype(float)
    return pd.concat([amount_table(entries["formula_cell"]), space_group, scaled], axis=1)
