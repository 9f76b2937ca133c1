"""Features of a composition for models of Li migration: fractions and statistics of properties."""

from __future__ import annotations

import pandas as pd

from ionladder.baselines.composition import amount_table, atomic_fractions
from ionladder.baselines.elements import property_table
from ionladder.baselines.rich_features import DECIMALS, composition_statistics, weighted_means


def ion_features(entries: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry's ``formula_norm``, indexed by id.

    Atomic fractions; weighted mean and standard deviation, smallest and largest value of fourteen
    elemental properties; their weighted means without Li. Only which element columns exist depends
    on the whole table. NaN where no value is known; tree models take it as it is.
    """
    amounts = amount_table(entries["formula_norm"].str.replace(" ", ""))
    fractions = atomic_fractions(amounts)
    properties = property_table(list(amounts.columns))
    others = [symbol for symbol in amounts.columns if symbol != "Li"]
    host = weighted_means(fractions[others], properties.loc[others])
    parts = [
        composition_statistics(fractions, properties),
        host.add_prefix("no_li_mean_"),
        fractions.add_prefix("fraction_"),
    ]
    return pd.concat(parts, axis=1).round(DECIMALS)
