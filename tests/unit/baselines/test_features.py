"""Features of compositions and cells, on entries one can work out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from ionladder.baselines.features import (
    LATTICE,
    amount_table,
    atomic_fractions,
    cations,
    composition_statistics,
    ion_features,
    kept,
    mixing,
    packing,
    paper_features,
    property_table,
    rich_features,
    weighted_means,
)
from unit.baselines.tiny_barriers import ROCK_SALT, entries_table
from unit.baselines.tiny_task import tiny_inputs

LI2S_CUBIC = {
    "formula_cell": "Li8.0S4.0",
    "space_group": 225,
    "crystal_system": "cubic",
    "a_ang": 5.72,
    "b_ang": 5.72,
    "c_ang": 5.72,
    "alpha_deg": 90.0,
    "beta_deg": 90.0,
    "gamma_deg": 90.0,
    "volume_ang3": 5.72**3,
}


def _entries(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=pd.Index([f"r{n}" for n in range(len(rows))], name="id"))


def test_columns_are_the_elements_of_the_whole_table_by_atomic_number() -> None:
    table = amount_table(pd.Series({"x": "S1.0Li81.6", "y": "Ag1.0I1.0", "z": "Li2.0O1.0Li0.5"}))

    assert list(table.columns) == ["Li", "O", "S", "Ag", "I"]
    assert table.loc["x"].tolist() == [81.6, 0.0, 1.0, 0.0, 0.0]
    assert table.loc["z"].tolist() == [2.5, 1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("formula", ["", "Li+", "li2o", "7"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match=r"formula|Composition|empty"):
        amount_table(pd.Series({"x": formula}))


# The paper's features


def test_the_papers_columns_are_elements_then_space_group_then_lattice() -> None:
    inputs = tiny_inputs()

    features = paper_features(inputs, scale_on=inputs.train_ids)

    elements = ["Li", "O", "P", "S", "Cl", "Ti", "Y", "Zr", "La"]
    assert list(features.columns) == [*elements, "space_group", *LATTICE]
    assert features.index.equals(inputs.entries.index)
    assert features.loc["e01", ["Li", "La", "Zr", "O"]].tolist() == [2.1, 3.0, 2.0, 12.0]
    assert features.loc["e02", "space_group"] == 62


def test_the_lattice_is_standardised_on_the_entries_named_as_scikit_learn_does_it() -> None:
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


def test_lithium_sulfide_has_its_textbook_density() -> None:
    # Antifluorite Li2S, a = 5.72 Å, four formula units of 45.95 g/mol: 1.63 g/cm³.
    features = rich_features(_entries(LI2S_CUBIC)).loc["r0"]

    assert features["density_g_per_cm3"] == pytest.approx(1.63, abs=0.005)
    assert features["volume_per_atom_ang3"] == pytest.approx(15.596, abs=0.001)
    assert features["li_per_anion"] == 2.0
    assert features["li_per_ang3"] == pytest.approx(8 / 5.72**3)
    assert features["fraction_Li"] == pytest.approx(2 / 3)


def test_electronegativity_statistics_match_pencil_and_paper() -> None:
    # Pauling electronegativities: Li 0.98, S 2.58; two thirds and one third.
    caesium = {**LI2S_CUBIC, "formula_cell": "Cs1.0F1.0"}

    features = rich_features(_entries(LI2S_CUBIC, caesium)).loc["r0"]

    mean = (2 * 0.98 + 2.58) / 3
    assert features["mean_X"] == pytest.approx(mean)
    variance = (2 * (0.98 - mean) ** 2 + (2.58 - mean) ** 2) / 3
    assert features["sd_X"] == pytest.approx(math.sqrt(variance))
    assert (features["min_X"], features["max_X"]) == (0.98, 2.58)
    assert features["no_li_mean_X"] == 2.58


def test_host_cations_are_averaged_without_lithium_hydrogen_and_anions() -> None:
    assert cations(["H", "Li", "O", "Al", "P", "Cl"]) == ["Al", "P"]
    entry = {**LI2S_CUBIC, "formula_cell": "Li1.0Al1.0P3.0O4.0"}

    features = rich_features(_entries(entry, LI2S_CUBIC))

    assert features.loc["r0", "cation_mean_X"] == pytest.approx((1.61 + 3 * 2.19) / 4)
    assert math.isnan(features.loc["r1", "cation_mean_X"])
    assert features.loc["r1", "cation_mixing_entropy"] == 0.0


def test_mixing_entropy_of_equal_parts_is_the_logarithm_of_their_number() -> None:
    fractions = atomic_fractions(amount_table(pd.Series({"x": "Ti1.0Zr1.0O2.0"})))

    result = mixing(fractions, ["Ti", "Zr"]).loc["x"]

    assert result["cation_mixing_entropy"] == pytest.approx(math.log(2))
    assert result["mixing_entropy"] == pytest.approx(1.5 * math.log(2))
    assert result["n_elements"] == 3


def test_unknown_properties_are_left_out_of_means_and_extremes() -> None:
    fractions = pd.DataFrame({"A": [0.5, 1.0], "B": [0.25, 0.0], "C": [0.25, 0.0]}, ["x", "y"])
    properties = pd.DataFrame({"p": [2.0, np.nan, 8.0], "q": [np.nan, 1.0, 1.0]}, ["A", "B", "C"])

    assert weighted_means(fractions, properties).loc["x", "p"] == pytest.approx(4.0)
    statistics = composition_statistics(fractions, properties)
    assert statistics.loc["x", "sd_p"] == pytest.approx(math.sqrt((2 * 4.0 + 16.0) / 3))
    assert statistics.loc["x", ["min_p", "max_p"]].tolist() == [2.0, 8.0]
    assert statistics.loc["y", ["mean_q", "sd_q", "min_q", "max_q"]].isna().all()


def test_cells_without_anions_have_no_lithium_per_anion() -> None:
    amounts = amount_table(pd.Series({"x": "Li3.0P1.0"}))
    masses = property_table(["Li", "P"])["atomic_mass"]

    result = packing(amounts, masses, pd.Series({"x": 60.0})).loc["x"]

    assert math.isnan(result["li_per_anion"])
    assert result["volume_per_atom_ang3"] == 15.0


def test_features_of_an_entry_are_finite_and_do_not_depend_on_the_others() -> None:
    other = {**LI2S_CUBIC, "formula_cell": "Li3.0S7.0", "volume_ang3": 500.0}
    gas = {**LI2S_CUBIC, "formula_cell": "He1.0"}

    alone = rich_features(_entries(LI2S_CUBIC)).loc["r0"]
    together = rich_features(_entries(LI2S_CUBIC, other)).loc["r0"]

    pd.testing.assert_series_equal(alone, together)
    assert not np.isinf(rich_features(_entries(LI2S_CUBIC, gas)).to_numpy(dtype=float)).any()


# Features for models of migration


def test_properties_are_averaged_over_atoms_with_and_without_lithium() -> None:
    small, large = (ion_features(entries_table(["x"], [ROCK_SALT[0]], [a])) for a in (4.0, 9.0))
    features = small.loc["x"]

    assert features["fraction_Li"] == features["fraction_F"] == 0.5
    assert features["mean_X"] == pytest.approx((0.98 + 3.98) / 2)
    assert features["sd_X"] == pytest.approx((3.98 - 0.98) / 2)
    assert features["no_li_mean_X"] == pytest.approx(3.98)
    np.testing.assert_array_equal(small.to_numpy(), large.to_numpy())  # the cell plays no part


def test_a_value_is_computed_once_for_a_key(tmp_path) -> None:  # noqa: ANN001
    assert kept(lambda: [0.1], "one", tmp_path) == [0.1]
    assert kept(lambda: pytest.fail("it is there"), "one", tmp_path) == [0.1]
    assert kept(lambda: [0.2], "another", tmp_path) == [0.2]
    assert kept(lambda: [0.3], "one", None) == [0.3]
