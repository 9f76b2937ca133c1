"""Features of a strong tabular model: composition statistics, density, lattice, symmetry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ionladder.baselines.composition import amount_table, atomic_fractions
from ionladder.baselines.elements import ANIONS, cations, property_table
from ionladder.baselines.paper_features import LATTICE, SPACE_GROUP

if TYPE_CHECKING:
    from ionladder.specs import Array

CRYSTAL_SYSTEMS = (
    "triclinic",
    "monoclinic",
    "orthorhombic",
    "tetragonal",
    "trigonal",
    "hexagonal",
    "cubic",
)
DECIMALS = 9
"""Features are rounded to this many, so that the last bits of a sum decide no split."""

GRAMS_PER_CM3 = 1.66053906892
"""Density of one dalton per cubic ångström, in g/cm³ (CODATA 2022)."""


def rich_features(entries: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry, indexed by id; no row depends on another one's values.

    Only which element columns exist depends on the whole table. NaN where a composition has no
    element of the kind (no cation besides lithium, say); tree models take it as it is.
    """
    amounts = amount_table(entries["formula_cell"])
    fractions = atomic_fractions(amounts)
    properties = property_table(list(amounts.columns))
    groups = {
        "all": list(amounts.columns),
        "no_li": [symbol for symbol in amounts.columns if symbol != "Li"],
        "cation": cations(list(amounts.columns)),
    }
    parts = [
        composition_statistics(fractions, properties),
        *(
            weighted_means(fractions[groups[name]], properties.loc[groups[name]]).add_prefix(
                f"{name}_mean_"
            )
            for name in ("no_li", "cation")
        ),
        packing(amounts, properties["atomic_mass"], entries["volume_ang3"].astype(float)),
        mixing(fractions, groups["cation"]),
        fractions.add_prefix("fraction_"),
        entries[list(LATTICE)].astype(float),
        symmetry(entries),
    ]
    return pd.concat(parts, axis=1).round(DECIMALS)


def weighted_means(fractions: pd.DataFrame, properties: pd.DataFrame) -> pd.DataFrame:
    """Mean of each property over the elements present, weighted by amount; NaN where none is."""
    known = properties.notna().to_numpy(dtype=float)
    weights = fractions.to_numpy(dtype=float)
    total = weights @ known
    means = _divide(weights @ properties.fillna(0.0).to_numpy(dtype=float), total)
    return pd.DataFrame(means, index=fractions.index, columns=properties.columns)


def composition_statistics(fractions: pd.DataFrame, properties: pd.DataFrame) -> pd.DataFrame:
    """Weighted mean and standard deviation, smallest and largest value of each property."""
    mean = weighted_means(fractions, properties)
    weights = fractions.to_numpy(dtype=float)[:, :, None]
    values = properties.to_numpy(dtype=float)[None, :, :]
    counted = weights * ~np.isnan(values)
    squares = np.nan_to_num(values - mean.to_numpy(dtype=float)[:, None, :]) ** 2
    variance = _divide((counted * squares).sum(axis=1), counted.sum(axis=1))
    lowest = np.where(counted > 0, values, np.inf).min(axis=1)
    highest = np.where(counted > 0, values, -np.inf).max(axis=1)
    return pd.concat(
        [
            mean.add_prefix("mean_"),
            _like(mean, np.sqrt(variance)).add_prefix("sd_"),
            _like(mean, _finite(lowest)).add_prefix("min_"),
            _like(mean, _finite(highest)).add_prefix("max_"),
        ],
        axis=1,
    )


def packing(
    amounts: pd.DataFrame, masses: pd.Series[float], volumes: pd.Series[float]
) -> pd.DataFrame:
    """How full the cell is: volume per atom (Å³), density (g/cm³), lithium per Å³ and per anion."""
    lithium = amounts["Li"] if "Li" in amounts else 0.0 * volumes
    anions = amounts[[symbol for symbol in amounts.columns if symbol in ANIONS]].sum(axis=1)
    return pd.DataFrame(
        {
            "volume_per_atom_ang3": volumes / amounts.sum(axis=1),
            "density_g_per_cm3": amounts @ masses / volumes * GRAMS_PER_CM3,
            "li_per_ang3": lithium / volumes,
            "li_per_anion": _divide(_array(lithium), _array(anions)),
            "cell_volume_ang3": volumes,
        }
    )


def mixing(fractions: pd.DataFrame, cation_symbols: list[str]) -> pd.DataFrame:
    """Ideal mixing entropy (in units of k per atom) of all atoms and of the host cations."""
    host = fractions[cation_symbols]
    total = host.sum(axis=1).to_numpy(dtype=float)[:, None]
    shares = _like(host, _divide(host.to_numpy(dtype=float), total))
    return pd.DataFrame(
        {
            "mixing_entropy": _entropy(fractions),
            "cation_mixing_entropy": _entropy(shares.fillna(0.0)),
            "n_elements": (fractions > 0).sum(axis=1).astype(float),
        }
    )


def symmetry(entries: pd.DataFrame) -> pd.DataFrame:
    """Space-group number and crystal system, both as ordinals of rising symmetry."""
    order = {name: float(rank) for rank, name in enumerate(CRYSTAL_SYSTEMS)}
    return pd.DataFrame(
        {
            SPACE_GROUP: entries[SPACE_GROUP].astype(float),
            "crystal_system": entries["crystal_system"].astype(str).map(order),
        }
    )


def _like(table: pd.DataFrame, values: Array) -> pd.DataFrame:
    """Values in the shape of a table, with its row and column names."""
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _array(values: pd.Series[float]) -> Array:
    return np.asarray(values, dtype=np.float64)


def _entropy(shares: pd.DataFrame) -> Array:
    values = shares.to_numpy(dtype=float)
    logs = np.log(np.where(values > 0, values, 1.0))
    return np.asarray(-(values * logs).sum(axis=1) + 0.0)


def _divide(numerator: Array, denominator: Array) -> Array:
    """Element-wise quotient, NaN where the denominator is zero."""
    quotient = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) > 0)
    return quotient
