"""A straight line through three lengths: hop, free radius, clearance of the cations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ionladder.baselines.barriers import barriers_from_logs, log_labels
from ionladder.baselines.li_geometry.spec import BASELINE
from ionladder.baselines.site_features import require_structures, site_features

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array


def fit_predict(
    inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
) -> Array:
    """Fit one line a target on ``train_ids`` and predict ``predict_ids``; ``seed`` has no part."""
    features = site_features(inputs.entries, require_structures(inputs))
    logs = []
    for target, labels in zip(inputs.targets, log_labels(inputs, train_ids).T, strict=True):
        lengths = features[columns_for(target)]
        line = make_pipeline(StandardScaler(), Ridge(**BASELINE.hyperparameters))
        line.fit(lengths.loc[list(train_ids)].to_numpy(), labels)
        logs.append(line.predict(lengths.loc[list(predict_ids)].to_numpy()))
    return barriers_from_logs(np.stack(logs, axis=1))


def columns_for(target: str) -> list[str]:
    """The three lengths for the dimension of a target.

    Example:
        >>> columns_for("e_2d_ev")
        ['hop_length_2d', 'free_radius_2d', 'cation_clearance_2d']
    """
    dimension = target.split("_")[1]
    return [f"{name}_{dimension}" for name in ("hop_length", "free_radius", "cation_clearance")]
