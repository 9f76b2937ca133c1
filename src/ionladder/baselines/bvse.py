"""Baselines on bond-valence barriers of CIFs, and which CIFs the method can treat.

The method moves a Li ion through the framework of all other ions, so Li may be partly occupied or
shared out among sites: it is taken out anyway, and only its amount counts, for the charges. The
framework must be ordered.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ionladder.baselines import features as feat
from ionladder.baselines.classic import fit_shuffled
from ionladder.baselines.graphs import read_cif
from ionladder.baselines.registry import Training, baseline
from ionladder.data import bond_valence as bv
from ionladder.data.litraj.xyz import SYMBOLS
from ionladder.data.store import given_paths_of
from ionladder.errors import IngestError
from ionladder.repo import kept

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core.structure import Structure

    from ionladder.data.store import GivenPath, TaskInputs
    from ionladder.specs import Array

BARRIERS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
MAX_IMBALANCE = 0.05
"""Largest charge left over, as a fraction of all positive charge."""
LARGEST_EV = 1000.0
"""Where an image lies on an atom, the energy is larger than any number that means something."""
_FEWEST = 3
_MISSING_EV = -1.0
_FULL = 1.0 - 1e-6
_DISORDERED, _SHARED = "disordered framework", "Li shares a site"
_NO_LI, _NOT_NEUTRAL = "no Li", "no neutral charges"
_ANION_CHARGE = {bv.ion(name).symbol: bv.ion(name).charge for name in bv.ANIONS}
_NON_METALS = frozenset({"B", "C", "Si", "P", "Ge", "As"})


@baseline(tasks=("obelix-cif",), extra="bvel", packages=("bvlain",))
def bvse_barrier(training: Training) -> Array:
    """A straight line from the bond-valence barrier to the conductivity.

    log10 σ = a + b·E_3D by least squares; the training median where there is no barrier.
    """
    learnt, wanted = training.rows(barriers_of_inputs(training.inputs)["e_3d_ev"])
    return fit_line(learnt, wanted, feat.label_array(training.inputs, training.train_ids))


def fit_line(learnt: Array, wanted: Array, labels: Array) -> Array:
    """A line by least squares where there is a barrier, the median of the labels elsewhere."""
    predicted = np.full(len(wanted), np.median(labels))
    known, treated = np.isfinite(learnt), np.isfinite(wanted)
    if known.sum() < _FEWEST or np.ptp(learnt[known]) == 0.0:
        return predicted
    design = np.stack([np.ones(int(known.sum())), learnt[known]], axis=1)
    (offset, slope), *_ = np.linalg.lstsq(design, labels[known], rcond=None)
    predicted[treated] = offset + slope * wanted[treated]
    return predicted


@baseline(tasks=("obelix-cif",), seeds=20, extra="bvel", packages=("bvlain",))
def bvse_rf(training: Training) -> Array:
    """The paper's random forest with bond-valence barriers beside its features.

    A barrier that could not be computed reads −1, and a flag beside it says so.
    """
    from sklearn.ensemble import RandomForestRegressor

    features = feat.paper_features(training.inputs, scale_on=training.train_ids)
    barriers = barriers_of_inputs(training.inputs)[list(BARRIERS)]
    features[list(BARRIERS)] = barriers.fillna(_MISSING_EV)
    features[[f"no_{name}" for name in BARRIERS]] = barriers.isna().astype(float)
    forest = RandomForestRegressor(**training.settings, random_state=training.seed, n_jobs=1)
    return fit_shuffled(forest, features, training.train_ids, training)


@baseline(tasks=("em619", "em619-cv"), frames=True, extra="bvel", packages=("bvlain",))
def bvse_images(training: Training) -> Array:
    """A straight line from the bond-valence barrier along the images to the barrier of DFT.

    The barrier is the largest minus the smallest site energy of the moving ion over the images.
    The training median stands for a path that the method cannot treat.
    """
    barriers = image_barriers(training.inputs, cache=feat.feature_cache())
    learnt, wanted = training.rows(barriers.clip(upper=training.settings["clip_ev"]))
    return fit_line(learnt, wanted, feat.label_array(training.inputs, training.train_ids))


def image_barriers(inputs: TaskInputs, *, cache: Path | None) -> pd.Series[float]:
    """Bond-valence barrier along the images of every path, eV, by id; NaN where there is none.

    Args:
        inputs: Inputs of a dataset with the frames ``paths_init``.
        cache: Folder where barriers are kept between runs; None keeps none.

    Raises:
        BaselineError: The inputs hold no paths.
    """
    found = {
        given.id: kept(partial(_image_barrier, given), _path_key(given), cache)
        for subset in ("train", "test")
        for block in inputs.blocks("paths_init", subset=subset)  # type: ignore[attr-defined]
        for given in given_paths_of(block)
    }
    return pd.Series(found, dtype=float)


def _path_key(given: GivenPath) -> str:
    arrays = (given.numbers, given.cell_ang, given.positions_ang.round(6))
    return f"{bv.BVLAIN_VERSION} {bv.SETTINGS} " + " ".join(str(array.tolist()) for array in arrays)


def _image_barrier(given: GivenPath) -> float | None:
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    symbols = [SYMBOLS[number] for number in given.numbers]
    charges = charges_of({one: float(symbols.count(one)) for one in dict.fromkeys(symbols)})
    if charges is None:
        return None
    places = given.positions_ang @ np.linalg.inv(given.cell_ang)
    ions = [Species(symbol, charges[symbol]) for symbol in symbols]
    crystal = Structure(given.cell_ang, ions, places[0])
    moving = symbols[given.moving_ion]
    try:
        mobile = f"{moving}{charges[moving]}+"
        energies = bv.point_energies(crystal, places[:, given.moving_ion], mobile)
    except IngestError:
        return None
    return float(min(np.ptp(energies), LARGEST_EV))


# Barriers of all CIFs of a task


def barriers_of_inputs(inputs: TaskInputs) -> pd.DataFrame:
    """:func:`barrier_table` of all entries of a task; each has a CIF."""
    return barrier_table(feat.require_structures(inputs), cache=feat.feature_cache())


def barrier_table(structures: pd.DataFrame, *, cache: Path | None) -> pd.DataFrame:
    """Barriers of 1-, 2- and 3-dimensional percolation of Li through every crystal.

    They are defined as the labels of BVEL-proto are: BVlain's force field on a grid of 0.2 Å.
    As there, a barrier is clipped at 6 eV, and one that does not exist below 20 eV counts 6 eV.

    Args:
        structures: Column ``cif_text``, indexed by id.
        cache: Folder where barriers are kept between runs; None keeps none.

    Returns:
        Indexed like ``structures``: ``e_1d_ev``, ``e_2d_ev``, ``e_3d_ev``, eV, NaN where the
        crystal cannot be treated, and ``reason``, why it cannot, empty where it can.
    """
    folder = None if cache is None else cache / "bvse"
    rows = [
        kept(partial(_row, text), f"1 {bv.BVLAIN_VERSION} {bv.SETTINGS}\n{text}", folder)
        for text in structures["cif_text"]
    ]
    table = pd.DataFrame(rows, index=structures.index, columns=[*BARRIERS, "reason"])
    return table.astype(dict.fromkeys(BARRIERS, float))


@lru_cache(maxsize=1024)
def _row(text: str) -> dict[str, Any]:
    try:
        found = bv.barriers_of(with_charges(read_cif(text)))
    except UntreatableError as error:
        return {**dict.fromkeys(BARRIERS), "reason": str(error)}
    except IngestError:
        return {**dict.fromkeys(BARRIERS), "reason": "ion without parameters"}
    clipped = [feat.CLIP_EV if e is None else min(e, feat.CLIP_EV) for e in found.as_tuple()]
    return {**dict(zip(BARRIERS, clipped, strict=True)), "reason": ""}


class UntreatableError(ValueError):
    """A crystal that the method cannot treat; the message says why in a few words."""


def with_charges(structure: Structure) -> Structure:
    """The crystal with one ion on every site, ready for the force field.

    Args:
        structure: As read from the CIF.

    Returns:
        The same sites with charges; sites of Li count as full, for the method removes them.

    Raises:
        UntreatableError: No Li, Li shares a site, the framework is disordered, or no neutral
            choice of charges.
    """
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    amounts: dict[str, float] = {}
    symbols = []
    for site in structure:
        occupancies = site.species.element_composition.get_el_amt_dict()
        symbol = next(iter(occupancies))
        if len(occupancies) > 1:
            raise UntreatableError(_SHARED if "Li" in occupancies else _DISORDERED)
        if symbol != "Li" and occupancies[symbol] < _FULL:
            raise UntreatableError(_DISORDERED)
        amounts[symbol] = amounts.get(symbol, 0.0) + occupancies[symbol]
        symbols.append(symbol)
    if "Li" not in amounts:
        raise UntreatableError(_NO_LI)
    charges = charges_of(amounts)
    if charges is None:
        raise UntreatableError(_NOT_NEUTRAL)
    ions = [Species(symbol, charges[symbol]) for symbol in symbols]
    return Structure(structure.lattice, ions, structure.frac_coords)


# Ionic charges from a composition: what the force field needs and no CIF states


def charges_of(amounts: Mapping[str, float]) -> dict[str, int] | None:
    """One charge for every element, so that the cell is neutral.

    Li is 1+; anions are N3−, O2−, F−, S2−, Cl−, Se2−, Br−, Te2−, I− (the ones with parameters),
    H1−, and P3− or C4− and their like where nothing more electronegative is there. Every other
    element is a cation: B, C, Si, P, Ge and As in their highest common state, S, Cl, … in one of
    theirs where O or F outbids them, metals in a common state and, where no such choice is
    neutral, in one that the ICSD knows. Every anion is more electronegative (Pauling) than
    every cation. Of the choices that leave at most 5 % of the positive charge over (occupancies of
    Li are seldom exact) the one with the fewest anion-formers as cations counts, then the most
    neutral one, then the one with the lowest charges.

    Args:
        amounts: Atoms of each element in the cell, Li among them.

    Returns:
        Element → charge, or None where no choice is neutral.

    Example:
        >>> charges_of({"Li": 3.0, "P": 1.0, "O": 4.0})
        {'Li': 1, 'P': 5, 'O': -2}
        >>> charges_of({"Li": 3.0, "P": 1.0})
        {'Li': 1, 'P': -3}
        >>> charges_of({"Li": 1.0, "O": 4.0}) is None
        True
    """
    for states in ("common_oxidation_states", "icsd_oxidation_states"):
        choices = list(_choices(amounts, states))
        fitting = [one for one in choices if _imbalance(amounts, one) <= MAX_IMBALANCE]
        if fitting:
            return min(fitting, key=lambda charges: _rank(amounts, charges))
    return None


def _choices(amounts: Mapping[str, float], states: str) -> Iterator[dict[str, int]]:
    """Every assignment whose anions are more electronegative than its cations."""
    from pymatgen.core.periodic_table import Element

    strength = {symbol: float(Element(symbol).X) for symbol in amounts}
    for chosen in itertools.product(*(_options(symbol, states) for symbol in amounts)):
        charges = dict(zip(amounts, chosen, strict=True))
        anions = [strength[symbol] for symbol, charge in charges.items() if charge < 0]
        cations = [strength[symbol] for symbol, charge in charges.items() if charge > 0]
        if anions and cations and min(anions) > max(cations):
            yield charges


def _options(symbol: str, states: str) -> list[int]:
    from pymatgen.core.periodic_table import Element

    if symbol == "Li":
        return [1]
    if symbol == "H":
        return [-1, 1]
    common = [int(charge) for charge in Element(symbol).common_oxidation_states]
    if symbol in _ANION_CHARGE:
        return [_ANION_CHARGE[symbol], *(charge for charge in common if charge > 0)]
    if symbol in _NON_METALS:
        return [min(common), max(common)]
    return sorted(int(charge) for charge in getattr(Element(symbol), states) if charge > 0)


def _imbalance(amounts: Mapping[str, float], charges: Mapping[str, int]) -> float:
    positive = sum(amounts[s] * charge for s, charge in charges.items() if charge > 0)
    total = sum(amounts[symbol] * charge for symbol, charge in charges.items())
    return abs(total) / positive


def _rank(amounts: Mapping[str, float], charges: Mapping[str, int]) -> tuple[float, ...]:
    oxidised = sum(charges[symbol] > 0 for symbol in charges if symbol in _ANION_CHARGE)
    return (oxidised, round(_imbalance(amounts, charges), 6), *map(abs, charges.values()))
