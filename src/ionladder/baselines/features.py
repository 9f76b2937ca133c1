"""What table models learn from: training labels, and features of compositions and cells."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ionladder.baselines.registry import refusal
from ionladder.errors import ConfigError
from ionladder.repo import find_layout, read_json, sha256_bytes, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

LATTICE = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")
CLIP_EV = 6.0
"""Above it no ion moves; the boards of barriers clip there too."""
LOWEST_EV = 0.005
"""Half a step of the bisection that barriers come from: one of zero has a logarithm too."""

PROPERTIES = (
    "X",
    "atomic_mass",
    "atomic_radius",
    "average_ionic_radius",
    "electron_affinity",
    "group",
    "ionization_energy",
    "max_oxidation_state",
    "melting_point",
    "mendeleev_no",
    "min_oxidation_state",
    "molar_volume",
    "row",
    "van_der_waals_radius",
)
"""Attributes of pymatgen's ``Element``; ``X`` is the Pauling electronegativity."""

ANIONS = frozenset({"N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"})
"""Elements counted as anions; hydrogen is neither anion nor cation here."""

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


# Labels: those of the entries that are trained on, and of nobody else


def target_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.DataFrame:
    """Training labels: one row an id in the order asked for, one column a target.

    A label that the dataset states as missing is NaN.

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    return inputs.train_labels.loc[list(ids), list(inputs.targets)].astype(float)


def label_array(inputs: TaskInputs, ids: Sequence[str]) -> Array:
    """Training labels of a task with one target, shape (n_ids,).

    Raises:
        KeyError: An id has no training label, as every test entry.
    """
    (target,) = inputs.targets
    return np.asarray(target_labels(inputs, ids)[target], dtype=np.float64)


def clipped_labels(inputs: TaskInputs, ids: Sequence[str]) -> pd.DataFrame:
    """Training barriers in eV, clipped at 6 eV as the task's primary metric clips them.

    A missing label means that nothing percolates below 20 eV, so it counts as 6 eV too.
    """
    return target_labels(inputs, ids).clip(upper=CLIP_EV).fillna(CLIP_EV)


def log_labels(inputs: TaskInputs, ids: Sequence[str]) -> Array:
    """Natural logarithm of :func:`clipped_labels`, shape (n_ids, n_targets); 0.005 eV at least."""
    clipped = clipped_labels(inputs, ids).clip(lower=LOWEST_EV)
    return np.asarray(np.log(clipped.to_numpy(dtype=np.float64)))


def barriers_from_logs(logs: Array) -> Array:
    """Barriers in eV from their logarithms, none below that of a smaller dimension.

    Args:
        logs: Shape (n, n_targets), targets by rising dimension.

    Example:
        >>> barriers_from_logs(np.log([[0.5, 0.25, 1.0]])).round(6).tolist()
        [[0.5, 0.5, 1.0]]
    """
    return np.asarray(np.exp(np.maximum.accumulate(logs, axis=1)))


def with_cif(inputs: TaskInputs, ids: Sequence[str]) -> list[str]:
    """The entries among ``ids`` that come with a CIF, in the order given."""
    in_cif = inputs.split["in_cif"].astype(bool)
    return [entry for entry in ids if in_cif.loc[entry]]


def require_structures(inputs: TaskInputs) -> pd.DataFrame:
    """The structures of a dataset that has some.

    Raises:
        BaselineError: It has none.
    """
    if inputs.structures is None:
        step = "Choose a task whose dataset has them (`ionladder baseline --list`)."
        expected, found = "the crystal structure of every entry", "a dataset without structures"
        raise refusal("structures", expected, found, step)
    return inputs.structures


# Compositions


def amount_table(formulas: pd.Series[str]) -> pd.DataFrame:
    """Amounts per cell: one row an entry, one column an element that occurs, by atomic number.

    Example:
        >>> amount_table(pd.Series({"x": "S1Li2", "y": "Li3N1"}))
            Li    N    S
        x  2.0  0.0  1.0
        y  3.0  1.0  0.0
    """
    from pymatgen.core.composition import Composition
    from pymatgen.core.periodic_table import Element

    parsed = {entry: Composition(text).get_el_amt_dict() for entry, text in formulas.items()}
    present = {symbol for amounts in parsed.values() for symbol in amounts}
    table = pd.DataFrame.from_dict(parsed, orient="index").reindex(index=formulas.index)
    return table.reindex(columns=sorted(present, key=lambda name: Element(name).Z)).fillna(0.0)


def atomic_fractions(amounts: pd.DataFrame) -> pd.DataFrame:
    """Amounts divided by their sum, row by row."""
    return amounts.div(amounts.sum(axis=1), axis=0)


def property_table(symbols: Sequence[str]) -> pd.DataFrame:
    """Elemental properties: one row an element, one column a property, NaN where unknown."""
    from pymatgen.core.periodic_table import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns about each property without a value
        rows = [[getattr(Element(symbol), name) for name in PROPERTIES] for symbol in symbols]
    return pd.DataFrame(rows, index=list(symbols), columns=list(PROPERTIES), dtype=float)


def cations(symbols: Sequence[str]) -> list[str]:
    """The elements counted as cations of the host: neither lithium, hydrogen nor an anion."""
    return [symbol for symbol in symbols if symbol not in ANIONS | {"Li", "H"}]


def weighted_means(fractions: pd.DataFrame, properties: pd.DataFrame) -> pd.DataFrame:
    """Mean of each property over the elements present, weighted by amount; NaN where none is."""
    known = properties.notna().to_numpy(dtype=float)
    weights = fractions.to_numpy(dtype=float)
    means = _divide(weights @ properties.fillna(0.0).to_numpy(dtype=float), weights @ known)
    return pd.DataFrame(means, index=fractions.index, columns=properties.columns)


def composition_statistics(fractions: pd.DataFrame, properties: pd.DataFrame) -> pd.DataFrame:
    """Weighted mean and standard deviation, smallest and largest value of each property."""
    mean = weighted_means(fractions, properties)
    values = properties.to_numpy(dtype=float)[None, :, :]
    counted = fractions.to_numpy(dtype=float)[:, :, None] * ~np.isnan(values)
    squares = np.nan_to_num(values - mean.to_numpy(dtype=float)[:, None, :]) ** 2
    variance = _divide((counted * squares).sum(axis=1), counted.sum(axis=1))
    lowest = np.where(counted > 0, values, np.inf).min(axis=1)
    highest = np.where(counted > 0, values, -np.inf).max(axis=1)
    parts = [mean.add_prefix("mean_")]
    for name, found in (("sd", np.sqrt(variance)), ("min", lowest), ("max", highest)):
        finite = np.where(np.isfinite(found), found, np.nan)
        table = pd.DataFrame(finite, index=mean.index, columns=mean.columns)
        parts.append(table.add_prefix(f"{name}_"))
    return pd.concat(parts, axis=1)


def ion_features(entries: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry's ``formula_norm``, for models of Li migration, indexed by id.

    Weighted mean and standard deviation, smallest and largest value of fourteen elemental
    properties; their weighted means without Li; atomic fractions. Only which element columns exist
    depends on the whole table. NaN where no value is known; tree models take it as it is.
    """
    fractions = atomic_fractions(amount_table(entries["formula_norm"].str.replace(" ", "")))
    properties = property_table(list(fractions.columns))
    others = [symbol for symbol in fractions.columns if symbol != "Li"]
    parts = [
        composition_statistics(fractions, properties),
        weighted_means(fractions[others], properties.loc[others]).add_prefix("no_li_mean_"),
        fractions.add_prefix("fraction_"),
    ]
    return pd.concat(parts, axis=1).round(DECIMALS)


# Compositions with cells


def paper_features(inputs: TaskInputs, *, scale_on: Sequence[str]) -> pd.DataFrame:
    """The 62 features of the OBELiX paper's forest and network for every entry, indexed by id.

    The columns are those of the authors' programs: the amount of each element in the unit cell
    (elements that occur in the whole table, by atomic number: 55 in OBELiX), the space-group
    number as an ordinal, and the six lattice parameters. Only the lattice is standardised.

    Args:
        inputs: Inputs of the task; no label is read.
        scale_on: Entries whose mean and population standard deviation scale the lattice.
    """
    lattice = inputs.entries[list(LATTICE)].astype(float)
    reference = lattice.loc[list(scale_on)]
    spread = reference.std(ddof=0)
    scaled = (lattice - reference.mean()) / spread.where(spread > 0, 1.0)
    space_group = inputs.entries[["space_group"]].astype(float)
    return pd.concat([amount_table(inputs.entries["formula_cell"]), space_group, scaled], axis=1)


def rich_features(entries: pd.DataFrame) -> pd.DataFrame:
    """Features of a strong table model for every entry, indexed by id.

    Statistics of elemental properties over all elements, without Li and over host cations; density
    and packing; mixing entropies; fractions; lattice; symmetry. No row depends on another one's
    values, only which element columns exist does. NaN where a composition has no element of the
    kind (no cation besides lithium, say); tree models take it as it is.
    """
    amounts = amount_table(entries["formula_cell"])
    fractions = atomic_fractions(amounts)
    properties = property_table(list(amounts.columns))
    groups = {
        "no_li": [symbol for symbol in amounts.columns if symbol != "Li"],
        "cation": cations(list(amounts.columns)),
    }
    parts = [
        composition_statistics(fractions, properties),
        *(
            weighted_means(fractions[names], properties.loc[names]).add_prefix(f"{group}_mean_")
            for group, names in groups.items()
        ),
        packing(amounts, properties["atomic_mass"], entries["volume_ang3"].astype(float)),
        mixing(fractions, groups["cation"]),
        fractions.add_prefix("fraction_"),
        entries[list(LATTICE)].astype(float),
        symmetry(entries),
    ]
    return pd.concat(parts, axis=1).round(DECIMALS)


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
            "li_per_anion": _divide(
                np.asarray(lithium, dtype=float), np.asarray(anions, dtype=float)
            ),
            "cell_volume_ang3": volumes,
        }
    )


def mixing(fractions: pd.DataFrame, cation_symbols: list[str]) -> pd.DataFrame:
    """Ideal mixing entropy (in units of k per atom) of all atoms and of the host cations."""
    host = fractions[cation_symbols].to_numpy(dtype=float)
    shares = np.nan_to_num(_divide(host, fractions[cation_symbols].sum(axis=1).to_numpy()[:, None]))
    return pd.DataFrame(
        {
            "mixing_entropy": _entropy(fractions.to_numpy(dtype=float)),
            "cation_mixing_entropy": _entropy(shares),
            "n_elements": (fractions > 0).sum(axis=1).astype(float),
        }
    )


def symmetry(entries: pd.DataFrame) -> pd.DataFrame:
    """Space-group number and crystal system, both as ordinals of rising symmetry."""
    order = {name: float(rank) for rank, name in enumerate(CRYSTAL_SYSTEMS)}
    system = entries["crystal_system"].astype(str).map(order)
    return pd.DataFrame(
        {"space_group": entries["space_group"].astype(float), "crystal_system": system}
    )


def _entropy(shares: Array) -> Array:
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return np.asarray(-(shares * logs).sum(axis=1) + 0.0)


def _divide(numerator: Array, denominator: Array) -> Array:
    """Element-wise quotient, NaN where the denominator is zero."""
    quotient = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) > 0)
    return quotient


# Features that cost minutes are kept between runs


def feature_cache() -> Path | None:
    """A folder of the repository that git ignores; None outside a repository."""
    try:
        return find_layout().features_cache
    except ConfigError:
        return None


def kept(compute: Callable[[], Any], key: str, folder: Path | None) -> Any:
    """A value that JSON can hold, computed once for a key that names all it depends on.

    Args:
        compute: Gives the value.
        key: Versions, settings and the text of the crystal.
        folder: Where values are kept; None keeps none.
    """
    if folder is None:
        return compute()
    place = folder / f"{sha256_bytes(key.encode())}.json"
    if not place.is_file():
        write_json(place, compute())
    return read_json(place)
