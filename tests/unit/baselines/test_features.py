"""Features of compositions and cells, on entries one can work out by hand."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from ionladder.baselines.features import LATTICE, paper_features, rich_features
from unit.baselines.tiny_task import tiny_inputs

LI2S_CUBIC = {
    "formula_cell": "Li8.0S4.0",
    "space_group": 225,
    "crystal_system": "cubic",
    **dict.fromkeys(("a_ang", "b_ang", "c_ang"), 5.72),
    **dict.fromkeys(("alpha_deg", "beta_deg", "gamma_deg"), 90.0),
    "volume_ang3": 5.72**3,
}


def _entries(*rows):
    return pd.DataFrame(rows, index=pd.Index([f"r{n}" for n in range(len(rows))], name="id"))


# The paper's features


def test_the_lattice_is_standardised_on_the_entries_named_as_scikit_learn_does_it():
    inputs = tiny_inputs()
    lattice = inputs.entries[list(LATTICE)].to_numpy()
    changed = inputs.entries.copy()
    changed.loc[list(inputs.test_ids), "a_ang"] = 1000.0

    features = paper_features(inputs, scale_on=inputs.train_ids)
    after = paper_features(replace(inputs, entries=changed), scale_on=inputs.train_ids)

    scaled = StandardScaler().fit(lattice[:30]).transform(lattice)
    np.testing.assert_allclose(features[list(LATTICE)], scaled, atol=1e-12)
    assert features["alpha_deg"].to_numpy() == pytest.approx(0.0)  # no spread
    assert after.iloc[:30].equals(features.iloc[:30])


# Rich features


def test_lithium_sulfide_has_its_textbook_density():
    # Antifluorite Li2S, a = 5.72 Å, four formula units of 45.95 g/mol: 1.63 g/cm³.
    features = rich_features(_entries(LI2S_CUBIC)).loc["r0"]

    assert features["density_g_per_cm3"] == pytest.approx(1.63, abs=0.005)
    assert features["volume_per_atom_ang3"] == pytest.approx(15.596, abs=0.001)
    assert features["li_per_anion"] == 2.0
    assert features["li_per_ang3"] == pytest.approx(8 / 5.72**3)
    assert features["fraction_Li"] == pytest.approx(2 / 3)


def test_electronegativity_statistics_match_pencil_and_paper():
    # Pauling electronegativities: Li 0.98, S 2.58; two thirds and one third.
    caesium = {**LI2S_CUBIC, "formula_cell": "Cs1.0F1.0"}

    features = rich_features(_entries(LI2S_CUBIC, caesium)).loc["r0"]

    mean = (2 * 0.98 + 2.58) / 3
    assert features["mean_X"] == pytest.approx(mean)
    variance = (2 * (0.98 - mean) ** 2 + (2.58 - mean) ** 2) / 3
    assert features["sd_X"] == pytest.approx(math.sqrt(variance))
    assert (features["min_X"], features["max_X"]) == (0.98, 2.58)
    assert features["no_li_mean_X"] == 2.58


def test_features_of_an_entry_are_finite_and_do_not_depend_on_the_others():
    other = {**LI2S_CUBIC, "formula_cell": "Li3.0S7.0", "volume_ang3": 500.0}
    gas = {**LI2S_CUBIC, "formula_cell": "He1.0"}

    alone = rich_features(_entries(LI2S_CUBIC)).loc["r0"]
    together = rich_features(_entries(LI2S_CUBIC, other)).loc["r0"]

    pd.testing.assert_series_equal(alone, together)
    assert not np.isinf(rich_features(_entries(LI2S_CUBIC, gas)).to_numpy(dtype=float)).any()


# Features for models of migration
