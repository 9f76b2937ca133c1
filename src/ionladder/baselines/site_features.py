"""Features of one crystal for models of Li migration: surroundings of Li, packing, channels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ionladder.baselines.channels import cation_clearances, free_radii, hop_lengths
from ionladder.baselines.crystal import Crystal, crystals
from ionladder.baselines.ion_features import ion_features
from ionladder.baselines.periodic import Indices, neighbours
from ionladder.errors import BaselineError, Problem

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

DECIMALS = 6
"""Features are rounded to this many, so that the last bits of a sum decide no split."""

REACH_ANG = 8.0
_SHELL = 1.25
_CROWD_ANG = 4.0
_SOFTNESS_ANG = 0.37
_MEMORY = 4096


def structure_features(inputs: TaskInputs) -> pd.DataFrame:
    """Features of composition and crystal side by side, indexed by id.

    Raises:
        BaselineError: The dataset has no structures.
    """
    sites = site_features(inputs.entries, require_structures(inputs))
    return pd.concat([sites, ion_features(inputs.entries)], axis=1)


def require_structures(inputs: TaskInputs) -> pd.DataFrame:
    """The structures of a dataset that has some.

    Raises:
        BaselineError: It has none.
    """
    if inputs.structures is None:
        raise BaselineError(
            Problem(
                where="structures",
                expected="the crystal structure of every entry",
                found="a dataset without structures",
                next_step="Choose a task whose dataset has them (`ionladder baseline --list`).",
            )
        )
    return inputs.structures


def site_features(entries: pd.DataFrame, structures: pd.DataFrame) -> pd.DataFrame:
    """Features of every entry, indexed by id; no row depends on another one.

    Computed once per crystal and process: fifty trainings on the same crystals share them.
    """
    rows = {
        entry: _remembered(
            crystal.cell.tobytes(),
            crystal.species,
            crystal.charges.tobytes(),
            crystal.coordinates.tobytes(),
        )
        for entry, crystal in crystals(entries, structures)
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float)


def features_of(crystal: Crystal) -> dict[str, float]:
    """Features of one crystal by name, lengths in Å.

    Raises:
        ValueError: It has no Li or no anion.
    """
    if not (crystal.is_li.any() and crystal.is_anion.any()):
        msg = "a crystal without Li or without anions has no surroundings of Li"
        raise ValueError(msg)
    found = {
        **packing(crystal),
        **lithium(crystal),
        **coordination(crystal),
        **framework(crystal),
        **channels(crystal),
    }
    return {name: round(float(value), DECIMALS) for name, value in found.items()}


def packing(crystal: Crystal) -> dict[str, float]:
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


def lithium(crystal: Crystal) -> dict[str, float]:
    """Nearest Li–Li distances, and how many Li lie within 4 Å of one."""
    li = crystal.coordinates[crystal.is_li]
    pairs = neighbours(crystal.cell, li, li, REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, len(li))
    return {
        **_statistics("li_li", nearest),
        "li_within_4": (pairs.distance <= _CROWD_ANG).sum() / len(li),
    }


def coordination(crystal: Crystal) -> dict[str, float]:
    """Anions and framework cations around Li: distances, numbers, bond valences, repulsion."""
    li, anions = crystal.coordinates[crystal.is_li], np.flatnonzero(crystal.is_anion)
    pairs = neighbours(crystal.cell, li, crystal.coordinates[anions], REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, len(li))
    shell = pairs.distance <= _SHELL * nearest[pairs.centre]
    contact = crystal.radii[crystal.is_li][0] + crystal.radii[anions][pairs.site]
    valence = np.exp((contact - pairs.distance) / _SOFTNESS_ANG)
    in_shell = _sums(pairs.centre[shell], np.ones(shell.sum()), len(li))
    shell_length = _sums(pairs.centre[shell], pairs.distance[shell], len(li)) / in_shell
    return {
        **_statistics("li_anion", nearest),
        **_statistics("li_shell_length", shell_length),
        **_statistics("li_coordination", in_shell),
        **_statistics("li_valence", _sums(pairs.centre, valence, len(li))),
        "li_off_contact": (nearest - _nearest(pairs.centre, contact, len(li))).mean(),
        **_around_cations(crystal),
    }


def framework(crystal: Crystal) -> dict[str, float]:
    """Distances between anions, absolute and in diameters, and from host cations to anions."""
    anions = crystal.coordinates[crystal.is_anion]
    pairs = neighbours(crystal.cell, anions, anions, REACH_ANG)
    nearest = _nearest(pairs.centre, pairs.distance, len(anions))
    host = crystal.coordinates[crystal.is_cation]
    bonds = neighbours(crystal.cell, host, anions, REACH_ANG)
    bond = _nearest(bonds.centre, bonds.distance, len(host))
    close = bonds.distance <= _SHELL * bond[bonds.centre]
    return {
        **_statistics("anion_anion", nearest),
        "anion_gap": (nearest / (2.0 * crystal.radii[crystal.is_anion])).mean(),
        "host_anion": bond.mean() if len(host) else REACH_ANG,
        "host_coordination": close.sum() / len(host) if len(host) else 0.0,
    }


def channels(crystal: Crystal) -> dict[str, float]:
    """Hop lengths, free radii and clearances of cations in 1, 2 and 3 dimensions."""
    found = {
        "hop_length": hop_lengths(crystal),
        "free_radius": free_radii(crystal),
        "cation_clearance": cation_clearances(crystal),
    }
    return {
        f"{name}_{dimension}d": values[dimension - 1]
        for name, values in found.items()
        for dimension in (1, 2, 3)
    }


def _around_cations(crystal: Crystal) -> dict[str, float]:
    """Distance from Li to framework cations, and their charge over distance within 8 Å."""
    li, host = crystal.coordinates[crystal.is_li], np.flatnonzero(crystal.is_cation)
    pairs = neighbours(crystal.cell, li, crystal.coordinates[host], REACH_ANG)
    charge = crystal.charges[host][pairs.site]
    repulsion = charge / pairs.distance * np.exp(-pairs.distance / 2.0)
    return {
        **_statistics("li_cation", _nearest(pairs.centre, pairs.distance, len(li))),
        **_statistics("li_repulsion", _sums(pairs.centre, repulsion, len(li))),
    }


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
    return {
        f"{name}_mean": values.mean(),
        f"{name}_min": values.min(),
        f"{name}_max": values.max(),
    }


@lru_cache(maxsize=_MEMORY)
def _remembered(
    cell: bytes, species: tuple[str, ...], charges: bytes, coordinates: bytes
) -> dict[str, float]:
    return features_of(
        Crystal(
            cell=np.frombuffer(cell).reshape(3, 3),
            species=species,
            charges=np.frombuffer(charges),
            coordinates=np.frombuffer(coordinates).reshape(-1, 3),
        )
    )
