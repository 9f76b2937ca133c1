from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from ionladder.baselines.paper_features import LATTICE, paper_features
from unit.baselines.tiny_task import tiny_inputs


def test_columns_are_elements_then_space_group_then_lattice() -> None:
    inputs = tiny_inputs()

    features = paper_features(inputs, scale_on=inputs.train_ids)

    assert list(features.columns) == [
        *("Li", "O", "P", "S", "Cl", "Ti", "Y", "Zr", "La"),
        "space_group",
        *LATTICE,
    ]
    assert features.index.equals(inputs.entries.index)


def test_cell_contents_and_space_group_stay_as_they_are() -> None:
    inputs = tiny_inputs()

    features = paper_features(inputs, scale_on=inputs.train_ids)

    assert features.loc["e01", ["Li", "La", "Zr", "O"]].tolist() == [2.1, 3.0, 2.0, 12.0]
    assert features.loc["e02", "space_group"] == 62


def test_the_lattice_is_standardised_as_scikit_learn_does_it() -> None:
    inputs = tiny_inputs()
    lattice = inputs.entries[list(LATTICE)].to_numpy()
    scaler = StandardScaler().fit(lattice[:30])

    features = paper_features(inputs, scale_on=inputs.train_ids)

    np.testing.assert_allclose(features[list(LATTICE)], scaler.transform(lattice), atol=1e-12)


def test_entries_outside_the_scaled_set_do_not_move_the_scale() -> None:
    inputs = tiny_inputs()
    changed = inputs.entries.copy()
    changed.loc[list(inputs.test_ids), "a_ang"] = 1000.0

    before = paper_features(inputs, scale_on=inputs.train_ids).loc[list(inputs.train_ids)]
    after = paper_features(replace(inputs, entries=changed), scale_on=inputs.train_ids)

    assert after.loc[list(inputs.train_ids)].equals(before)


def test_a_lattice_parameter_without_spread_becomes_zero() -> None:
    inputs = tiny_inputs()

    features = paper_features(inputs, scale_on=inputs.train_ids)

    assert features["alpha_deg"].to_numpy() == pytest.approx(0.0)
