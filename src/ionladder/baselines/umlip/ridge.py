"""Ridge regression whose penalty is chosen by grouped cross-validation of the training part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from ionladder.baselines.feature_cache import feature_cache
from ionladder.baselines.training import label_array
from ionladder.baselines.umlip.embeddings import Potential, embedding_table

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

ALPHAS: tuple[float, ...] = tuple(10.0 ** (power / 2) for power in range(13))
"""Penalties tried: 1 to 10⁶ in steps of half a decade."""
FOLDS = 5
CLIP = (0.01, 0.99)
"""Quantiles of the training part that features are clipped to, one by one."""


def fit_predict_ridge(
    potential: Potential,
    inputs: TaskInputs,
    train_ids: Sequence[str],
    predict_ids: Sequence[str],
) -> Array:
    """Fit on pooled atom features and predict; the training median where there are none.

    Args:
        potential: Whose features.
        inputs: Inputs of the task and the labels of ``train_ids``.
        train_ids: Training entries.
        predict_ids: Entries to predict.
    """
    if inputs.structures is None:
        msg = "the task has no structures"
        raise ValueError(msg)
    table = embedding_table(potential, inputs.structures, cache=feature_cache())
    learnt, wanted = (table.loc[list(ids)].to_numpy() for ids in (train_ids, predict_ids))
    known, treated = (np.isfinite(rows).all(axis=1) for rows in (learnt, wanted))
    labels = label_array(inputs, train_ids)
    groups = inputs.split["component"].loc[list(train_ids)].to_numpy()
    predicted = np.full(len(wanted), np.median(labels))
    features, shown = learnt[known], wanted[treated]
    alpha = best_alpha(features, labels[known], groups[known])
    predicted[treated] = _ridge(features, labels[known], shown, alpha)
    return predicted


def best_alpha(features: Array, labels: Array, groups: Array) -> float:
    """The penalty of lowest mean absolute error over grouped folds; the largest of equals.

    Args:
        features: Shape (n, n_features).
        labels: Shape (n,).
        groups: What must not be torn apart: entries that share a publication or a composition.
    """
    errors = np.zeros((len(ALPHAS), len(labels)))
    for fitted, held in GroupKFold(n_splits=FOLDS).split(features, labels, groups):
        for place, alpha in enumerate(ALPHAS):
            predicted = _ridge(features[fitted], labels[fitted], features[held], alpha)
            errors[place, held] = np.abs(predicted - labels[held])
    mean = errors.mean(axis=1)
    best = len(ALPHAS) - 1 - int(np.argmin(mean[::-1]))
    return ALPHAS[best]


def _ridge(features: Array, labels: Array, wanted: Array, alpha: float) -> Array:
    """Ridge on features clipped and standardised over those it learns from; the intercept is free.

    Four training crystals of OBELiX (ckw, xut, yab, ysm) have O atoms 0.9 to 1.0 Å apart, and
    features of SevenNet-0 up to 300 times as large as the rest. Without the clip, the folds that
    hold them out are predicted hundreds of decades off.
    """
    low, high = np.quantile(features, CLIP, axis=0)
    learnt, shown = features.clip(low, high), wanted.clip(low, high)
    centre, spread = learnt.mean(axis=0), learnt.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    model = Ridge(alpha=alpha, solver="svd").fit((learnt - centre) / scale, labels)
    return np.asarray(model.predict((shown - centre) / scale), dtype=np.float64)
