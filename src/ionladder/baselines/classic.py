"""Baselines of one formula and of scikit-learn: medians, neighbours, forests, boosting, networks.

A baseline is one decorated function; its words stand in ``submissions/<task>/<name>/``, settings
that it has for all tasks in ``settings.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ionladder.baselines import features as feat
from ionladder.baselines.registry import Training, baseline

if TYPE_CHECKING:
    from ionladder.specs import Array

OBELIX = ("obelix", "obelix-cif", "obelix-cv")
COMPOSITIONS = ("obelix", "obelix-external")
HOPS = ("nebbvse122k", "nebdft2k-barrier")
PATHS = ("em619", "em619-cv")


# Constants and look-ups


@baseline(tasks=(*OBELIX, "obelix-external", "bvel-proto"))
def train_mean(training: Training) -> Array:
    """The mean of the training labels for every entry.

    Barriers count as the primary metric counts them, clipped: a few huge ones would otherwise
    decide the mean.
    """
    return _constant(_labels(training).mean(), training)


@baseline(tasks=(*OBELIX, "obelix-external", "bvel-proto", "bvel13k", *HOPS, *PATHS))
def train_median(training: Training) -> Array:
    """The median of the training labels for every entry."""
    return _constant(feat.target_labels(training.inputs, training.train_ids).median(), training)


@baseline(tasks=("obelix",))
def train_median_cif(training: Training) -> Array:
    """The median of the training labels with a CIF, for every entry."""
    ids = feat.with_cif(training.inputs, training.train_ids)
    return _constant(feat.target_labels(training.inputs, ids).median(), training)


@baseline(tasks=OBELIX)
def space_group_median(training: Training) -> Array:
    """The median training label of the same space group, or of all where the group is new."""
    return _group_median(training, "space_group")


@baseline(tasks=("bvel-proto",))
def family_median(training: Training) -> Array:
    """The median training barriers of the same family of structure types."""
    return _group_median(training, "family")


@baseline(tasks=PATHS)
def class_median(training: Training) -> Array:
    """The median training barrier of the same class of compounds, or of all where it is new."""
    return _group_median(training, "family")


@baseline(tasks=(*OBELIX, "obelix-external"))
def nearest_composition(training: Training) -> Array:
    """The label of the training entry with the most similar composition, ties averaged."""
    known, asked = training.rows(feat.entry_fractions(training.inputs.entries))
    labels, predicted = feat.label_array(training.inputs, training.train_ids), []
    for point in asked:
        distances = np.sqrt(((known - point) ** 2).sum(axis=1))
        nearest = distances <= distances.min() + training.settings["tie_tolerance"]
        predicted.append(labels[nearest].mean())
    return np.array(predicted)


def _constant(values: pd.Series[float], training: Training) -> Array:
    """One number a target for every entry, shape (n,) or (n, n_targets)."""
    table = np.tile(np.asarray(values, dtype=np.float64), (len(training.predict_ids), 1))
    return table[:, 0] if table.shape[1] == 1 else table


def _labels(training: Training) -> pd.DataFrame:
    """Training labels; barriers, of which an entry has several, clipped."""
    labels = feat.clipped_labels if len(training.inputs.targets) > 1 else feat.target_labels
    return labels(training.inputs, training.train_ids)


def _group_median(training: Training, column: str) -> Array:
    """Medians of each entry's group over the training entries; of all where the group is new."""
    labels, groups = _labels(training), training.inputs.entries[column].astype(str)
    medians = labels.groupby(groups.loc[labels.index].to_numpy()).median()
    predicted = medians.reindex(groups.loc[list(training.predict_ids)]).fillna(labels.median())
    table = np.asarray(predicted, dtype=float)
    return table[:, 0] if table.shape[1] == 1 else table


# The forest and the network of the OBELiX paper

# Thousands of small steps amplify the last bits, and these differ between processors: single
# entries moved by 1e-4 (AVX2) and 1e-2 (no AVX) from the committed AVX-512 run. On one kind of
# processor a rerun agrees to the six decimals written.
MLP_TOLERANCE = 0.05


@baseline(tasks=("obelix", "obelix-cv"), seeds=20)
def rf_paper(training: Training) -> Array:
    """The random forest of the OBELiX paper, trained on all training entries."""
    return _paper(new_forest(training), training)


@baseline(tasks=("obelix", "obelix-cif"), seeds=20)
def rf_paper_cif(training: Training) -> Array:
    """The random forest of the OBELiX paper, trained on the entries with a CIF."""
    return _paper(new_forest(training), training, cif_only=True)


@baseline(tasks=("obelix", "obelix-cv"), seeds=20, tolerance=MLP_TOLERANCE)
def mlp_paper(training: Training) -> Array:
    """The multilayer perceptron of the OBELiX paper, trained on all training entries."""
    return _paper(_perceptron(training), training)


@baseline(tasks=("obelix", "obelix-cif"), seeds=20, tolerance=MLP_TOLERANCE)
def mlp_paper_cif(training: Training) -> Array:
    """The multilayer perceptron of the OBELiX paper, trained on the entries with a CIF."""
    return _paper(_perceptron(training), training, cif_only=True)


def new_forest(training: Training) -> Any:
    """A random forest with the settings and the seed of a training."""
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(**training.settings, random_state=training.seed, n_jobs=1)


def _perceptron(training: Training) -> Any:
    from sklearn.neural_network import MLPRegressor

    return MLPRegressor(**training.settings, random_state=training.seed)


def _paper(regressor: Any, training: Training, *, cif_only: bool = False) -> Array:
    """Fit on the paper's features and predict.

    As in the authors' programs, the lattice is scaled on all training entries even where the
    model then learns only from those with a CIF, and the rows are shuffled before the fit.
    """
    features = feat.paper_features(training.inputs, scale_on=training.train_ids)
    ids = training.train_ids
    learnt = feat.with_cif(training.inputs, ids) if cif_only else ids
    return fit_shuffled(regressor, features, learnt, training)


def fit_shuffled(
    regressor: Any, features: pd.DataFrame, learnt: Sequence[str], training: Training
) -> Array:
    """Fit to the rows ``learnt``, in the order of a seeded shuffle, and predict."""
    order = np.random.RandomState(training.seed).permutation(len(learnt))
    rows = [learnt[place] for place in order]
    regressor.fit(features.loc[rows].to_numpy(), feat.label_array(training.inputs, rows))
    return np.asarray(regressor.predict(features.loc[list(training.predict_ids)].to_numpy()))


# Table models of our own


@baseline(tasks=OBELIX, seeds=10)
def hgb_l1(training: Training) -> Array:
    """Gradient-boosted trees with absolute-error loss on rich tabular features."""
    learnt, asked = training.rows(feat.rich_features(training.inputs.entries))
    trees = _boosting(training).fit(learnt, feat.label_array(training.inputs, training.train_ids))
    return np.asarray(trees.predict(asked))


@baseline(tasks=COMPOSITIONS, seeds=10)
def composition_hgb(training: Training) -> Array:
    """Gradient-boosted trees with absolute-error loss that see the composition alone."""
    return _fit_on_ions(_boosting(training), training)


@baseline(tasks=COMPOSITIONS, seeds=5)
def composition_et(training: Training) -> Array:
    """Extremely randomised trees that see the composition alone."""
    from sklearn.ensemble import ExtraTreesRegressor

    trees = ExtraTreesRegressor(**training.settings, random_state=training.seed, n_jobs=1)
    return _fit_on_ions(trees, training)


def _fit_on_ions(regressor: Any, training: Training) -> Array:
    """Fit on features of the composition and predict; values that no element has are missing."""
    learnt, asked = training.rows(feat.ion_features(training.inputs.entries))
    regressor.fit(learnt, feat.label_array(training.inputs, training.train_ids))
    return np.asarray(regressor.predict(asked), dtype=np.float64)


@baseline(tasks=(*COMPOSITIONS, "bvel-proto", "bvel13k", *HOPS, *PATHS), seeds=5)
def composition_rf(training: Training) -> Array:
    """A random forest that sees the composition and nothing of the structure."""
    inputs, forest = training.inputs, new_forest(training)
    if inputs.targets == ("log10_sigma",):
        return _fit_on_ions(forest, training)
    learnt, asked = training.rows(feat.ion_features(inputs.entries))
    if len(inputs.targets) > 1:
        forest.fit(learnt, feat.log_labels(inputs, training.train_ids))
        return feat.barriers_from_logs(forest.predict(asked))
    # Hops of one material look alike to the forest, and there are about ten of them.
    formulas = inputs.entries.loc[list(training.train_ids), "formula_norm"].to_numpy(str)
    _, first, place, counts = np.unique(
        formulas, return_index=True, return_inverse=True, return_counts=True
    )
    means = np.bincount(place, weights=log_hop_labels(training)) / counts
    forest.fit(learnt[first], means, sample_weight=counts)
    return np.asarray(np.exp(forest.predict(asked)), dtype=np.float64)


@baseline(tasks=("bvel-proto",), seeds=5)
def structure_rf(training: Training) -> Array:
    """A random forest on composition and site-level features of the structure."""
    learnt, asked = training.rows(feat.structure_features(training.inputs))
    forest = new_forest(training).fit(learnt, feat.log_labels(training.inputs, training.train_ids))
    return feat.barriers_from_logs(forest.predict(asked))


@baseline(tasks=("bvel-proto",), seeds=5)
def structure_hgb(training: Training) -> Array:
    """Gradient-boosted trees on composition and site-level features of the structure."""
    learnt, asked = training.rows(feat.structure_features(training.inputs))
    labels = feat.log_labels(training.inputs, training.train_ids)
    logs = [_boosting(training).fit(learnt, one).predict(asked) for one in labels.T]
    return feat.barriers_from_logs(np.stack(logs, axis=1))


@baseline(tasks=PATHS, seeds=5)
def path_rf(training: Training) -> Array:
    """A random forest on the composition and the geometry of the five images."""
    learnt, asked = training.rows(feat.path_features(training.inputs.entries))
    forest = new_forest(training).fit(learnt, log_hop_labels(training))
    return np.asarray(np.exp(forest.predict(asked)), dtype=np.float64)


@baseline(tasks=PATHS, seeds=5)
def path_hgb(training: Training) -> Array:
    """Gradient-boosted trees on the composition and the geometry of the five images."""
    learnt, asked = training.rows(feat.path_features(training.inputs.entries))
    trees = _boosting(training).fit(learnt, log_hop_labels(training))
    return np.asarray(np.exp(trees.predict(asked)), dtype=np.float64)


@baseline(tasks=("bvel-proto",))
def li_geometry(training: Training) -> Array:
    """A geometric reference: three lengths of the crystal, four numbers a target."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, logs = training.inputs, []
    features = feat.site_features(inputs.entries, feat.require_structures(inputs))
    labels = feat.log_labels(inputs, training.train_ids)
    for target, one in zip(inputs.targets, labels.T, strict=True):
        dimension = target.split("_")[1]
        learnt, asked = training.rows(features[[f"{name}_{dimension}" for name in LENGTHS]])
        line = make_pipeline(StandardScaler(), Ridge(**training.settings)).fit(learnt, one)
        logs.append(line.predict(asked))
    return feat.barriers_from_logs(np.stack(logs, axis=1))


LENGTHS = ("hop_length", "free_radius", "cation_clearance")


@baseline(tasks=("nebdft2k-barrier",))
def bvse_affine(training: Training) -> Array:
    """The barrier of bond valences, scaled and shifted to the barriers of DFT."""
    learnt, asked = training.rows(training.inputs.entries["em_bvse_ev"].astype(float))
    labels = feat.label_array(training.inputs, training.train_ids)
    design = np.column_stack([np.ones_like(learnt), learnt])
    (shift, scale), *_ = np.linalg.lstsq(design, labels, rcond=None)
    return np.asarray(shift + scale * asked)


def _boosting(training: Training) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(**training.settings, random_state=training.seed)


def log_hop_labels(training: Training) -> Array:
    """Natural logarithm of the barriers of single hops, shape (n,); of 0.005 eV at least."""
    labels = feat.label_array(training.inputs, training.train_ids)
    return np.asarray(np.log(np.maximum(labels, feat.LOWEST_EV)))
