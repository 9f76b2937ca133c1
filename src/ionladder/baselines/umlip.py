"""Ridge regressions on frozen atom features of universal potentials: CHGNet and SevenNet-0."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import version
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.baselines.bvse import fit_line
from ionladder.baselines.classic import log_hop_labels, new_forest
from ionladder.baselines.features import (
    CLIP_EV,
    feature_cache,
    label_array,
    path_features,
    require_structures,
)
from ionladder.baselines.graphs import read_cif, site_shares
from ionladder.baselines.registry import Training, baseline
from ionladder.data.store import given_paths_of
from ionladder.errors import BaselineError, visible, worded
from ionladder.repo import find_layout, kept

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core.structure import Structure

    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

ALPHAS: tuple[float, ...] = tuple(10.0 ** (power / 2) for power in range(13))
"""Penalties tried: 1 to 10⁶ in steps of half a decade."""
SETTINGS: dict[str, Any] = {"alpha_folds": 5, "clip_quantiles": [0.01, 0.99], "overlap": 0.6}
"""Folds that choose the penalty; quantiles of the training part that features are clipped to, one
by one; and two sites exclude each other when nearer than this fraction of the sum of their
covalent radii: 1.54 Å for Li–Li, 1.16 Å for Li–O, 0.58 Å for O–H. Bonds of crystals are longer."""
# Features are sums in float32: on another processor they may differ by 1e-5 of their size, and
# that moves a prediction by 4e-5.
TOLERANCE = 1e-3


# Energies in float32 of a thousand atoms.
TOLERANCE_EV = 0.02
_FEATURES = {"tasks": ("obelix-cif",), "tolerance": TOLERANCE, "settings": SETTINGS}
_PATHS = {"tasks": ("em619",), "tolerance": TOLERANCE_EV, "frames": True, "folds": False}


def _with(package: str, rules: dict[str, Any]) -> Callable[[Callable[..., Any]], Any]:
    """The decorator of a baseline that needs a package's potential."""
    return baseline(packages=("torch", package, "ase"), extra="umlip", **rules)


@_with("chgnet", _FEATURES)
def chgnet_features(training: Training) -> Array:
    """Ridge regression on frozen atom features of CHGNet."""
    return fit_ridge(training, CHGNET)


@_with("sevenn", _FEATURES)
def sevennet_features(training: Training) -> Array:
    """Ridge regression on frozen atom features of SevenNet-0."""
    return fit_ridge(training, SEVENNET)


# Barriers along given images: energies of the images as they are, nothing is relaxed


@_with("chgnet", _PATHS)
def chgnet_path(training: Training) -> Array:
    """Largest minus smallest energy of CHGNet over the given images, nothing relaxed."""
    return _given_barriers(training, "chgnet")


@_with("sevenn", _PATHS)
def sevennet_path(training: Training) -> Array:
    """Largest minus smallest energy of SevenNet-0 over the given images, nothing relaxed."""
    return _given_barriers(training, "sevennet-0")


@_with("chgnet", _PATHS | {"tasks": ("em619", "em619-cv"), "folds": True, "seeds": 5})
def chgnet_delta(training: Training) -> Array:
    """A line from CHGNet's barrier of the given images to that of DFT, and a forest for the rest.

    Both learn logarithms. The forest sees what path-rf sees, and CHGNet's energies along the path.
    """
    inputs, ids = training.inputs, [*training.train_ids, *training.predict_ids]
    profile = _profile(image_energies(inputs, "chgnet", ids))
    logs = log_hop_labels(training)
    known, wanted = training.rows(np.log(profile["barrier"]))
    line = fit_line(known, np.concatenate([known, wanted]), logs)
    features = pd.concat([path_features(inputs.entries).loc[ids], profile.fillna(-1.0)], axis=1)
    learnt, asked = training.rows(features)
    forest = new_forest(training).fit(learnt, logs - line[: len(logs)])
    return np.asarray(np.exp(line[len(logs) :] + forest.predict(asked)), dtype=np.float64)


def _profile(energies: pd.DataFrame) -> pd.DataFrame:
    """Barrier, difference of the ends, and heights over the higher end, eV; both ways alike."""
    first, *inner, last = (energies[column] for column in energies)
    higher = np.maximum(first, last)
    next_to_ends = np.maximum(inner[0], inner[-1])
    table = {
        "barrier": (energies.max(axis=1) - energies.min(axis=1)).clip(lower=0.02),
        "ends": np.abs(first - last),
        "middle": inner[len(inner) // 2] - higher,
        "next": next_to_ends - higher,
    }
    return pd.DataFrame(table).clip(-CLIP_EV, CLIP_EV)


def _given_barriers(training: Training, name: str) -> Array:
    """Barriers of the paths to predict; the training median where the potential has none."""
    median = float(np.median(label_array(training.inputs, training.train_ids)))
    found = image_energies(training.inputs, name, training.predict_ids)
    return np.asarray((found.max(axis=1) - found.min(axis=1)).fillna(median), dtype=np.float64)


def image_energies(inputs: TaskInputs, name: str, ids: Sequence[str]) -> pd.DataFrame:
    """A potential's energies of the images of paths as they are given, eV.

    They are kept between runs, where ``ionladder umlip-neb --points`` keeps them too.

    Args:
        inputs: Inputs of a dataset with the frames ``paths_init``.
        name: The potential; its weights come with its package.
        ids: The paths.

    Returns:
        Indexed by id, a column an image; NaN where the potential cannot treat the path.
    """
    from ionladder.baselines import neb

    hops = [
        neb.Hop(**vars(given))
        for subset in ("test", "train")
        for block in inputs.blocks("paths_init", subset=subset)  # type: ignore[attr-defined]
        for given in given_paths_of(block, ids)
    ]
    found = neb.run_points(hops, name, find_layout().features_cache)
    rows = {point.id: point.energies_ev or [np.nan] for point in found}
    return pd.DataFrame.from_dict(rows, orient="index").loc[list(ids)]


# The ridge, whose penalty is chosen by grouped cross-validation of the training part


def fit_ridge(training: Training, potential: Potential) -> Array:
    """Fit on pooled atom features and predict; the training median where there are none."""
    inputs = training.inputs
    table = embedding_table(potential, require_structures(inputs), cache=feature_cache())
    learnt, wanted = training.rows(table)
    known, treated = (np.isfinite(rows).all(axis=1) for rows in (learnt, wanted))
    labels = label_array(inputs, training.train_ids)
    groups = inputs.split["component"].loc[list(training.train_ids)].to_numpy()
    predicted = np.full(len(wanted), np.median(labels))
    alpha = best_alpha(learnt[known], labels[known], groups[known])
    predicted[treated] = _ridge(learnt[known], labels[known], wanted[treated], alpha)
    return predicted


def best_alpha(features: Array, labels: Array, groups: Array) -> float:
    """The penalty of lowest mean absolute error over grouped folds; the largest of equals.

    Args:
        features: Shape (n, n_features).
        labels: Shape (n,).
        groups: What must not be torn apart: entries that share a publication or a composition.
    """
    from sklearn.model_selection import GroupKFold

    errors = np.zeros((len(ALPHAS), len(labels)))
    folds = GroupKFold(n_splits=SETTINGS["alpha_folds"])
    for fitted, held in folds.split(features, labels, groups):
        for place, alpha in enumerate(ALPHAS):
            predicted = _ridge(features[fitted], labels[fitted], features[held], alpha)
            errors[place, held] = np.abs(predicted - labels[held])
    return ALPHAS[len(ALPHAS) - 1 - int(np.argmin(errors.mean(axis=1)[::-1]))]


def _ridge(features: Array, labels: Array, wanted: Array, alpha: float) -> Array:
    """Ridge on features clipped and standardised over those it learns from; the intercept is free.

    Four training crystals of OBELiX (ckw, xut, yab, ysm) have O atoms 0.9 to 1.0 Å apart, and
    features of SevenNet-0 up to 300 times as large as the rest. Without the clip, the folds that
    hold them out are predicted hundreds of decades off.
    """
    from sklearn.linear_model import Ridge

    low, high = np.quantile(features, SETTINGS["clip_quantiles"], axis=0)
    learnt, shown = features.clip(low, high), wanted.clip(low, high)
    centre, spread = learnt.mean(axis=0), learnt.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    model = Ridge(alpha=alpha, solver="svd").fit((learnt - centre) / scale, labels)
    return np.asarray(model.predict((shown - centre) / scale), dtype=np.float64)


# The crystals a potential sees: one element on every site, and no atoms inside each other


@dataclass(frozen=True)
class UnitCell:
    """A periodic arrangement of whole atoms.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,).
        lattice_ang: Lattice vectors as rows, Å, shape (3, 3).
        fractional: Positions, shape (n_atoms, 3).
    """

    numbers: npt.NDArray[np.int64]
    lattice_ang: Array
    fractional: Array


def whole_atoms(structure: Structure) -> UnitCell:
    """A crystal without partial occupancies.

    Every site goes whole to its most abundant species, as in the arm ``majority`` of the crystal
    graphs. Where sites exclude each other, as the halves of a split site do, the one with
    the higher occupancy stays, of equals the one that the CIF names first: potentials are not made
    for atoms inside each other, and their features would run away.

    Args:
        structure: As read from the CIF.
    """
    from ase.data import covalent_radii  # Cordero et al. (2008, doi 10.1039/b801115j)

    _, shares = site_shares(structure, "majority")
    numbers = np.array([next(iter(share)) for share in shares], dtype=np.int64)
    fractional = np.asarray(structure.frac_coords, dtype=np.float64)
    occupancies = np.array([float(max(site.species.values())) for site in structure])
    radii = covalent_radii[numbers]
    distances = structure.lattice.get_all_distances(fractional, fractional)
    clash = distances < SETTINGS["overlap"] * (radii[:, None] + radii[None, :])
    stay: list[int] = []
    for place in np.argsort(-occupancies.round(6), kind="stable").tolist():
        if not clash[place, stay].any():
            stay.append(place)
    stay.sort()
    return UnitCell(numbers[stay], np.asarray(structure.lattice.matrix), fractional[stay])


# Features of crystals from features of their atoms, computed once and kept in a cache


@dataclass(frozen=True)
class Potential:
    """Where atom features come from.

    Attributes:
        source: Package, version and weights: what features depend on besides the crystal.
        load: Imports the package and reads its weights.
        features: What was loaded and a cell → invariant features of its atoms, shape
            (n_atoms, n_features); a ValueError where the potential cannot treat the cell.
        energy: What was loaded and a cell → its energy, eV; a ValueError likewise.
    """

    source: Callable[[], str]
    load: Callable[[], Any]
    features: Callable[[Any, UnitCell], Array]
    energy: Callable[[Any, UnitCell], float]


def embedding_table(
    potential: Potential, structures: pd.DataFrame, *, cache: Path | None
) -> pd.DataFrame:
    """Mean and population standard deviation over atoms of every feature, side by side.

    Args:
        potential: Whose features.
        structures: Column ``cif_text``, indexed by id.
        cache: Folder where features are kept between runs; None keeps none.

    Returns:
        Indexed like ``structures``, 2 n_features columns; a row of NaN where the potential cannot
        treat the crystal.

    Raises:
        BaselineError: The package does not work at all.
    """
    folder = None if cache is None else cache / "embeddings"
    source = potential.source()
    rows = [
        kept(partial(_pooled, potential, text), f"3 {source}\n{text}", folder)
        for text in structures["cif_text"]
    ]
    gap = [np.nan] * max((len(row) for row in rows), default=0)
    return pd.DataFrame(np.array([row or gap for row in rows]), index=structures.index)


@lru_cache(maxsize=1024)
def _pooled(potential: Potential, text: str) -> list[float]:
    """Pooled features of one crystal; none where the potential cannot treat it."""
    model = loaded(potential)
    try:
        features = potential.features(model, whole_atoms(read_cif(text)))
    except ValueError:
        return []
    row = np.concatenate([features.mean(axis=0), features.std(axis=0)])
    return [float(value) for value in row] if np.isfinite(row).all() else []


@lru_cache(maxsize=8)
def loaded(potential: Potential) -> Any:
    """A potential ready to work: a broken package says nothing about a crystal."""
    try:
        return potential.load()
    except (ImportError, OSError, RuntimeError, ValueError, AttributeError) as error:
        facts = {"kind": type(error).__name__, "text": visible(str(error), limit=200)}
        where = f"features of {potential.source()}"
        raise BaselineError(worded("weights-unread", where, **facts)) from error


# CHGNet 0.3.0 (Deng et al. 2023, doi 10.1038/s42256-023-00716-3)

_CHGNET_LAST_ELEMENT = 94


def load_chgnet() -> Any:
    """The model with weights 0.3.0."""
    from chgnet.model import CHGNet

    with redirect_stdout(StringIO()):  # it prints how many parameters it has
        return CHGNet.load(model_name="0.3.0", use_device="cpu", verbose=False)


def _chgnet(model: Any, cell: UnitCell, **options: Any) -> Any:
    """What CHGNet says of a cell; energies alone are asked for, so nothing is differentiated."""
    import torch
    from pymatgen.core.structure import Structure

    if cell.numbers.max() > _CHGNET_LAST_ELEMENT:
        raise ValueError("unknown element")
    torch.set_num_threads(1)
    with torch.no_grad():
        structure = Structure(cell.lattice_ang, cell.numbers.tolist(), cell.fractional)
        return model.predict_graph(model.graph_converter(structure), task="e", **options)


def _chgnet_features(model: Any, cell: UnitCell) -> Array:
    """The 64 features of every atom ahead of the last convolution.

    They are the ones from which CHGNet reads magnetic moments.
    """
    predicted = _chgnet(model, cell, return_atom_feas=True)
    return np.asarray(predicted["atom_fea"], dtype=np.float64)


CHGNET = Potential(
    source=lambda: f"chgnet {version('chgnet')} 0.3.0 torch {version('torch')}",
    load=load_chgnet,
    features=_chgnet_features,
    energy=lambda model, cell: float(_chgnet(model, cell)["e"]) * len(cell.numbers),
)

# SevenNet-0 of 11 July 2024 (Park et al. 2024, doi 10.1021/acs.jctc.4c00190)


def load_sevennet() -> Any:
    """The calculator with weights 7net-0."""
    from sevenn.calculator import SevenNetCalculator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends accelerators for GPUs
        return SevenNetCalculator("7net-0", device="cpu")


def _sevennet(calculator: Any, cell: UnitCell, end: str) -> Any:
    """What SevenNet-0 knows of a cell ahead of the part ``end``; nothing is differentiated."""
    import torch
    from ase import Atoms
    from sevenn.atom_graph_data import AtomGraphData
    from sevenn.train.dataload import unlabeled_atoms_to_graph

    torch.set_num_threads(1)
    if not set(cell.numbers.tolist()) <= set(calculator.type_map):
        raise ValueError("unknown element")
    places = {"scaled_positions": cell.fractional, "cell": cell.lattice_ang, "pbc": True}
    atoms = Atoms(numbers=cell.numbers, **places)
    graph = unlabeled_atoms_to_graph(atoms, calculator.cutoff)
    with torch.no_grad():
        data = calculator.model._preprocess(AtomGraphData.from_numpy_dict(graph))  # noqa: SLF001
        for name, module in calculator.model.named_children():
            if name == end:
                return data
            data = module(data)
    raise RuntimeError(f"SevenNet-0 has no part {end!r}")


def _sevennet_features(calculator: Any, cell: UnitCell) -> Array:
    """The 128 invariant features of every atom after the last of five interactions.

    The read-out that makes an energy of them is left out, and with it the forces.
    """
    known = _sevennet(calculator, cell, "reduce_input_to_hidden")
    return np.asarray(known["x"].numpy(), dtype=np.float64)


SEVENNET = Potential(
    source=lambda: f"sevenn {version('sevenn')} 7net-0 torch {version('torch')}",
    load=load_sevennet,
    features=_sevennet_features,
    energy=lambda calculator, cell: float(
        _sevennet(calculator, cell, "force_output")["inferred_total_energy"]
    ),
)

POTENTIALS: dict[str, Potential] = {"chgnet": CHGNET, "sevennet-0": SEVENNET}
"""Those whose weights come with their packages."""
