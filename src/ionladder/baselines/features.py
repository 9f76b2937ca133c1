"""Features of compositions and crystals, for models that learn from tables."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.data.bond_valence import percolation_barriers, radius
from ionladder.errors import BaselineError, ConfigError, worded
from ionladder.repo import find_layout

if TYPE_CHECKING:
    from pathlib import Path

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

    _Numbers = pd.Series[float]

# What table models learn from: training labels, and features of compositions and cells


LATTICE = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")
#: Above it no ion moves; the boards of barriers clip there too.
CLIP_EV = 6.0
#: Half a step of the bisection that barriers come from: one of zero has a logarithm too.
LOWEST_EV = 0.005

#: Attributes of pymatgen's ``Element``; ``X`` is the Pauling electronegativity.
PROPERTIES = tuple(
    "X atomic_mass atomic_radius average_ionic_radius electron_affinity group ionization_energy "
    "max_oxidation_state melting_point mendeleev_no min_oxidation_state molar_volume row "
    "van_der_waals_radius".split()
)

#: Elements counted as anions; hydrogen is neither anion nor cation here.
ANIONS = frozenset({"N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"})

CRYSTAL_SYSTEMS = "triclinic monoclinic orthorhombic tetragonal trigonal hexagonal cubic".split()
#: Features are rounded to this many, so that the last bits of a sum decide no split.
DECIMALS = 9

#: Density of one dalton per cubic ångström, in g/cm³ (CODATA 2022).
GRAMS_PER_CM3 = 1.66053906892


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
        raise BaselineError(worded("baseline-needs-structures", "structures"))
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


def entry_fractions(entries: pd.DataFrame) -> pd.DataFrame:
    """Atomic fractions of every entry: of its cell where there is one, else of ``formula_norm``."""
    name = "formula_cell" if "formula_cell" in entries else "formula_norm"
    return atomic_fractions(amount_table(entries[name]))


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


def path_features(entries: pd.DataFrame) -> pd.DataFrame:
    """Features of a path of images and its compound, indexed by id.

    Those of :func:`ion_features`; properties of the moving ion; the length of the path, the volume
    of an atom, and the distances and coordination along it: at the two ends, at the two images
    next to them, and in the middle. Both directions of a path have the same features.
    """
    parts = [ion_features(entries)]
    moving = property_table(sorted(set(entries["working_ion"])))
    parts.append(moving.loc[entries["working_ion"]].set_axis(entries.index).add_prefix("ion_"))
    lengths: dict[str, Any] = {"path_length": entries["path_length_ang"].astype(float)}
    lengths["volume_per_atom"] = entries["volume_ang3"] / entries["n_atoms"]
    for column in ("anion_distance_ang", "cation_distance_ang", "coordination"):
        along = np.stack([np.asarray(values, dtype=float) for values in entries[column]])
        half = along.shape[1] // 2
        ends = np.stack([along[:, :half], along[:, ::-1][:, :half]])
        for place, name in enumerate(("end", "next")[:half]):
            lengths |= {
                f"{column}_{name}_low": ends.min(axis=0)[:, place],
                f"{column}_{name}_high": ends.max(axis=0)[:, place],
            }
        lengths |= {f"{column}_middle": along[:, half], f"{column}_least": along.min(axis=1)}
        lengths[f"{column}_change"] = along[:, half] - ends.mean(axis=0)[:, 0]
    lengths["is_gga"] = (entries["functional"].astype(str) == "GGA").astype(float)
    parts.append(pd.DataFrame(lengths, index=entries.index))
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


def packing(amounts: pd.DataFrame, masses: _Numbers, volumes: _Numbers) -> pd.DataFrame:
    """How full the cell is: volume per atom (Å³), density (g/cm³), lithium per Å³ and per anion."""
    lithium = amounts["Li"] if "Li" in amounts else 0.0 * volumes
    anions = amounts[[symbol for symbol in amounts.columns if symbol in ANIONS]].sum(axis=1)
    return pd.DataFrame(
        {
            "volume_per_atom_ang3": volumes / amounts.sum(axis=1),
            "density_g_per_cm3": amounts @ masses / volumes * GRAMS_PER_CM3,
            "li_per_ang3": lithium / volumes,
            "li_per_anion": _divide(*(np.asarray(x, dtype=float) for x in (lithium, anions))),
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
    number = entries["space_group"].astype(float)
    return pd.DataFrame({"space_group": number, "crystal_system": system})


def _entropy(shares: Array) -> Array:
    return np.asarray(-(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1) + 0.0)


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


# Features of one crystal for models of Li migration: surroundings of Li, packing, channels


Indices = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

#: Features are rounded to this many, so that the last bits of a sum decide no split.
SITE_FEATURES_DECIMALS = 6

REACH_ANG = 8.0
LONGEST_HOP_ANG = 10.0
WIDEST_ANG = 5.0
_SPACING_ANG = 0.5
_SHELL = 1.25
_CROWD_ANG = 4.0
_SOFTNESS_ANG = 0.37
_SELF_ANG = 1e-3


@dataclass(frozen=True)
class SiteTable:
    """Sites of one periodic cell.

    Attributes:
        cell: Lattice vectors as rows, Å.
        species: Element of every site.
        charges: Charge of every site, in elementary charges, shape (n,).
        coordinates: Fractional coordinates, shape (n, 3).
    """

    cell: Array
    species: tuple[str, ...]
    charges: Array
    coordinates: Array

    @property
    def volume(self) -> float:
        """Volume of the cell, Å³."""
        return float(abs(np.linalg.det(self.cell)))

    @cached_property
    def is_li(self) -> Mask:
        return np.array([symbol == "Li" for symbol in self.species])

    @cached_property
    def is_anion(self) -> Mask:
        return self.charges < 0

    @cached_property
    def is_cation(self) -> Mask:
        """Cations of the framework, Li left out."""
        return ~self.is_anion & ~self.is_li

    @cached_property
    def radii(self) -> Array:
        """Shannon's radius of every ion at six-fold coordination, Å."""
        pairs = zip(self.species, self.charges, strict=True)
        return np.array([ionic_radius(symbol, int(charge)) for symbol, charge in pairs])


@cache
def ionic_radius(symbol: str, charge: int) -> float:
    """Shannon's ionic radius at the tabulated coordination nearest to six, Å.

    Example:
        >>> ionic_radius("Li", 1), ionic_radius("O", -2)
        (0.76, 1.4)
    """
    size = "" if abs(charge) == 1 else str(abs(charge))
    return radius(f"{symbol}{size}{'+' if charge > 0 else '-'}", 6)


def cell_matrix(lengths: Array, angles_deg: Array) -> Array:
    """Lattice vectors as rows, Å: the first along x, the second in the xy plane.

    Example:
        >>> cell_matrix(np.array([2.0, 3.0, 4.0]), np.array([90.0, 90.0, 90.0])).round(9).tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    """
    cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(angles_deg))
    sin_gamma = np.sin(np.radians(angles_deg[2]))
    x, y = cos_beta, (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    third = [x, y, np.sqrt(1.0 - x * x - y * y)]
    directions = np.array([[1.0, 0.0, 0.0], [cos_gamma, sin_gamma, 0.0], third])
    return np.asarray(directions * np.asarray(lengths, dtype=float)[:, None])


def structure_features(inputs: TaskInputs) -> pd.DataFrame:
    """Features of composition and crystal side by side, indexed by id.

    Raises:
        BaselineError: The dataset has no structures.
    """
    sites = site_features(inputs.entries, require_structures(inputs))
    return pd.concat([sites, ion_features(inputs.entries)], axis=1)


# Fifty trainings on the same crystals share their features.
_COMPUTED: dict[tuple[bytes, ...], dict[str, float]] = {}


def site_features(entries: pd.DataFrame, structures: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry, indexed by id; no row depends on another one.

    Args:
        entries: Cells: lengths in Å and angles in degrees.
        structures: Sites: ``species``, ``charges``, ``frac_coords``, indexed by id.
    """
    rows = {}
    cells = entries[list(LATTICE)].to_numpy(float)
    sites = structures.loc[entries.index, ["species", "charges", "frac_coords"]]
    for entry, cell, (species, charges, coordinates) in zip(
        entries.index, cells, sites.itertuples(index=False), strict=True
    ):
        crystal = SiteTable(
            cell=cell_matrix(cell[:3], cell[3:]),
            species=tuple(species),
            charges=np.asarray(charges, dtype=float),
            coordinates=np.asarray(coordinates, dtype=float).reshape(-1, 3),
        )
        arrays = (crystal.cell, crystal.charges, crystal.coordinates)
        key = (" ".join(crystal.species).encode(), *(array.tobytes() for array in arrays))
        if key not in _COMPUTED:
            _COMPUTED[key] = features_of(crystal)
        rows[entry] = _COMPUTED[key]
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float)


def features_of(crystal: SiteTable) -> dict[str, float]:
    """Features of one crystal by name, lengths in Å.

    Raises:
        ValueError: It has no Li or no anion.
    """
    if not (crystal.is_li.any() and crystal.is_anion.any()):
        raise ValueError("a crystal without Li or without anions has no surroundings of Li")
    found = {**_packing(crystal), **_lithium(crystal), **_framework(crystal), **_channels(crystal)}
    return {name: round(float(value), SITE_FEATURES_DECIMALS) for name, value in found.items()}


def _packing(crystal: SiteTable) -> dict[str, float]:
    """Volume per atom, anion and Li (Å³), share of it that ions fill, counts, mean charges."""
    spheres = 4.0 / 3.0 * np.pi * crystal.radii**3
    volume, n_sites = crystal.volume, len(crystal.species)
    n_li, n_anions = crystal.is_li.sum(), crystal.is_anion.sum()
    host = crystal.charges[crystal.is_cation]
    return {
        "volume_per_atom": volume / n_sites,
        "volume_per_anion": volume / n_anions,
        "volume_per_li": volume / n_li,
        "li_per_anion": n_li / n_anions,
        "filled": spheres.sum() / volume,
        "filled_by_framework": spheres[~crystal.is_li].sum() / volume,
        "anion_charge": crystal.charges[crystal.is_anion].mean(),
        "anion_radius": crystal.radii[crystal.is_anion].mean(),
        "cation_charge": host.mean() if len(host) else 0.0,
        "highest_charge": host.max() if len(host) else 0.0,
        "n_sites": n_sites,
    }


def _lithium(crystal: SiteTable) -> dict[str, float]:
    """Li, anions and framework cations around Li: distances, numbers, bond valences, repulsion."""
    li, n_li = crystal.coordinates[crystal.is_li], int(crystal.is_li.sum())
    others = neighbours(crystal.cell, li, li, REACH_ANG)
    anions, host = np.flatnonzero(crystal.is_anion), np.flatnonzero(crystal.is_cation)
    pairs = neighbours(crystal.cell, li, crystal.coordinates[anions], REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, n_li)
    shell = pairs.distance <= _SHELL * nearest[pairs.centre]
    contact = crystal.radii[crystal.is_li][0] + crystal.radii[anions][pairs.site]
    valence = np.exp((contact - pairs.distance) / _SOFTNESS_ANG)
    in_shell = _sums(pairs.centre[shell], np.ones(shell.sum()), n_li)
    shell_length = _sums(pairs.centre[shell], pairs.distance[shell], n_li) / in_shell
    near = neighbours(crystal.cell, li, crystal.coordinates[host], REACH_ANG)
    repulsion = crystal.charges[host][near.site] / near.distance * np.exp(-near.distance / 2.0)
    return {
        **_statistics("li_li", _nearest(others.centre, others.distance, n_li)),
        "li_within_4": (others.distance <= _CROWD_ANG).sum() / n_li,
        **_statistics("li_anion", nearest),
        **_statistics("li_shell_length", shell_length),
        **_statistics("li_coordination", in_shell),
        **_statistics("li_valence", _sums(pairs.centre, valence, n_li)),
        "li_off_contact": (nearest - _nearest(pairs.centre, contact, n_li)).mean(),
        **_statistics("li_cation", _nearest(near.centre, near.distance, n_li)),
        **_statistics("li_repulsion", _sums(near.centre, repulsion, n_li)),
    }


def _framework(crystal: SiteTable) -> dict[str, float]:
    """Distances between anions, absolute and in diameters, and from host cations to anions."""
    anions, host = crystal.coordinates[crystal.is_anion], crystal.coordinates[crystal.is_cation]
    pairs = neighbours(crystal.cell, anions, anions, REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, len(anions))
    bonds = neighbours(crystal.cell, host, anions, REACH_ANG)
    bond = _nearest(bonds.centre, bonds.distance, len(host))
    close = bonds.distance <= _SHELL * bond[bonds.centre]
    return {
        **_statistics("anion_anion", nearest),
        "anion_gap": (nearest / (2.0 * crystal.radii[crystal.is_anion])).mean(),
        "host_anion": bond.mean() if len(host) else REACH_ANG,
        "host_coordination": close.sum() / len(host) if len(host) else 0.0,
    }


def _channels(crystal: SiteTable) -> dict[str, float]:
    """Hop lengths, free radii and clearances of cations in 1, 2 and 3 dimensions."""
    found = {
        "hop_length": hop_lengths(crystal),
        "free_radius": free_radii(crystal),
        "cation_clearance": cation_clearances(crystal),
    }
    return {f"{name}_{place + 1}d": row[place] for name, row in found.items() for place in range(3)}


def _nearest(centre: Indices, values: Array, n_centres: int) -> Array:
    """The value of each centre's first pair, which is its nearest; 8 Å where it has none."""
    first = np.full(n_centres, REACH_ANG)
    names, positions = np.unique(centre, return_index=True)
    first[names] = values[positions]
    return first


def _sums(centre: Indices, values: Array, n_centres: int) -> Array:
    totals = np.zeros(n_centres)
    np.add.at(totals, centre, values)
    return totals


def _statistics(name: str, values: Array) -> Mapping[str, float]:
    return {f"{name}_{what}": getattr(values, what)() for what in ("mean", "min", "max")}


# Channels: how far Li must hop, and how wide the way is, to cross the crystal


def hop_lengths(crystal: SiteTable) -> Array:
    """Shortest hops between Li sites that connect them in 1, 2 and 3 dimensions, Å.

    Hops of that length or less lead from a Li site to its own images along so many independent
    directions. Where none up to 10 Å do, 10 Å stands.

    Returns:
        Shape (3,), 1D first, never falling.
    """
    li = crystal.coordinates[crystal.is_li]
    hops = neighbours(crystal.cell, li, li, LONGEST_HOP_ANG)
    component, offset = np.arange(len(li)), np.zeros((len(li), 3))
    spans: dict[int, list[Array]] = {site: [] for site in range(len(li))}
    found: list[float] = []
    pairs = zip(hops.centre, hops.site, hops.image, hops.distance, strict=True)
    for one, other, image, length in pairs:
        root, joined = int(component[one]), int(component[other])
        winding = offset[one] + image - offset[other]
        if root != joined:
            members = component == joined
            component[members] = root
            offset[members] += winding
            spans[root] = _independent(spans[root] + spans.pop(joined))
        elif winding.any():
            spans[root] = _independent([*spans[root], winding])
        found += [float(length)] * (len(spans[root]) - len(found))
        if len(found) == 3:
            break
    return np.array(found + [LONGEST_HOP_ANG] * (3 - len(found)))


def free_radii(crystal: SiteTable) -> Array:
    """Radii of the largest spheres that pass between the anions in 1, 2 and 3 dimensions, Å.

    Anions are hard spheres of Shannon's radii; the sphere's centre moves on a grid of about 0.5 Å,
    so the radii are estimates. Li and the other cations are not in its way.

    Returns:
        Shape (3,), 1D first, never rising; negative where the anions overlap on every way.
    """
    return _widths(crystal, crystal.is_anion, crystal.radii)


def cation_clearances(crystal: SiteTable) -> Array:
    """Largest distances that can be kept from all framework cations on such ways, Å.

    Returns:
        Shape (3,), 1D first, never rising.
    """
    return _widths(crystal, crystal.is_cation, np.zeros(len(crystal.species)))


def _independent(vectors: list[Array]) -> list[Array]:
    """The vectors without those that depend on earlier ones."""
    kept: list[Array] = []
    for vector in vectors:
        if np.linalg.matrix_rank(np.array([*kept, vector])) > len(kept):
            kept.append(vector)
    return kept


def _widths(crystal: SiteTable, obstacles: Mask, radii: Array) -> Array:
    free = _clearance(crystal, obstacles, radii)
    barriers = percolation_barriers(-np.pad(free, [(0, 1)] * 3, mode="wrap"), encut=WIDEST_ANG)
    lost = [WIDEST_ANG if barrier is None else barrier for barrier in barriers.as_tuple()]
    return float(free.max()) - np.array(lost)


def _clearance(crystal: SiteTable, obstacles: Mask, radii: Array) -> Array:
    """Distance to the nearest obstacle's surface on a grid over the cell, at most 5 Å."""
    from scipy.spatial import cKDTree

    lengths = np.linalg.norm(crystal.cell, axis=1)
    shape = tuple(np.maximum(np.ceil(lengths / _SPACING_ANG), 2).astype(int))
    grid = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    points = grid.reshape(-1, 3) @ crystal.cell
    images = _lattice_vectors(crystal.cell, WIDEST_ANG + float(radii.max()), spread=1.0)
    clearance = np.full(len(points), WIDEST_ANG)
    for size in np.unique(radii[obstacles]):
        sites = crystal.coordinates[obstacles & (radii == size)]
        positions = (sites[:, None, :] + images).reshape(-1, 3) @ crystal.cell
        nearest, _ = cKDTree(positions).query(points, distance_upper_bound=WIDEST_ANG + size)
        clearance = np.minimum(clearance, nearest - size)
    return clearance.reshape(shape)


# Neighbours in a periodic crystal


@dataclass(frozen=True)
class SiteNeighbours:
    """Pairs of a centre and a periodic image of a site, by rising distance.

    Attributes:
        centre: Index of the centre, shape (n_pairs,).
        site: Index of the site.
        image: Lattice vector to add to the difference of the fractional coordinates given,
            shape (n_pairs, 3).
        distance: Distance in Å.
    """

    centre: Indices
    site: Indices
    image: Array
    distance: Array


def neighbours(cell: Array, centres: Array, sites: Array, cutoff: float) -> SiteNeighbours:
    """All pairs of a centre and an image of a site within the cutoff; no site pairs with itself.

    Args:
        cell: Lattice vectors as rows, Å.
        centres: Fractional coordinates, shape (n_centres, 3).
        sites: Fractional coordinates, shape (n_sites, 3).
        cutoff: Largest distance, Å.
    """
    difference = sites[None, :, :] - centres[:, None, :]
    nearest = np.round(difference)
    images = _lattice_vectors(cell, cutoff, spread=0.5)
    shifts, folded = images @ cell, (difference - nearest) @ cell
    own, moved = (folded**2).sum(axis=-1)[:, :, None], (shifts**2).sum(axis=-1)
    squares = own + 2.0 * folded @ shifts.T + moved
    found = np.nonzero((squares <= cutoff**2) & (squares > _SELF_ANG**2))
    distance = np.sqrt(squares[found])
    order = np.argsort(distance, kind="stable")
    centre, site, image = (index[order] for index in found)
    shift = images[image] - nearest[centre, site]
    return SiteNeighbours(centre=centre, site=site, image=shift, distance=distance[order])


def _lattice_vectors(cell: Array, reach: float, *, spread: float) -> Array:
    """Integer vectors T for which a fractional difference d can make d + T at most ``reach`` long.

    Args:
        cell: Lattice vectors as rows, Å.
        reach: Distance in Å.
        spread: Largest absolute component of the differences.
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    counts = np.floor(reach / heights + spread).astype(int)
    return np.array(list(product(*(range(-count, count + 1) for count in counts))), dtype=float)
