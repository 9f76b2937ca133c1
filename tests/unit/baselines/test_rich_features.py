from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ionladder.baselines.composition import amount_table, atomic_fractions
from ionladder.baselines.elements import PROPERTIES, cations, property_table
from ionladder.baselines.rich_features import (
    composition_statistics,
    mixing,
    packing,
    rich_features,
    symmetry,
    weighted_means,
)

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
    features = rich_features(_entries(LI2S_CUBIC)).loc["r0"]

    mean = (2 * 0.98 + 2.58) / 3
    assert features["mean_X"] == pytest.approx(mean)
    assert features["sd_X"] == pytest.approx(
        math.sqrt((2 * (0.98 - mean) ** 2 + (2.58 - mean) ** 2) / 3)
    )
    assert (features["min_X"], features["max_X"]) == (0.98, 2.58)
    assert features["no_li_mean_X"] == 2.58


def test_a_compound_without_host_cations_has_no_cation_average() -> None:
    features = rich_features(_entries(LI2S_CUBIC)).loc["r0"]

    assert math.isnan(features["cation_mean_X"])
    assert features["cation_mixing_entropy"] == 0.0


def test_host_cations_are_averaged_without_lithium_hydrogen_and_anions() -> None:
    assert cations(["H", "Li", "O", "Al", "P", "Cl"]) == ["Al", "P"]
    entry = {**LI2S_CUBIC, "formula_cell": "Li1.0Al1.0P3.0O4.0"}

    features = rich_features(_entries(entry)).loc["r0"]

    assert features["cation_mean_X"] == pytest.approx((1.61 + 3 * 2.19) / 4)


def test_mixing_entropy_of_equal_parts_is_the_logarithm_of_their_number() -> None:
    fractions = atomic_fractions(amount_table(pd.Series({"x": "Ti1.0Zr1.0O2.0"})))

    result = mixing(fractions, ["Ti", "Zr"]).loc["x"]

    assert result["cation_mixing_entropy"] == pytest.approx(math.log(2))
    assert result["mixing_entropy"] == pytest.approx(1.5 * math.log(2))
    assert result["n_elements"] == 3


def test_unknown_properties_are_left_out_of_means_and_extremes() -> None:
    fractions = pd.DataFrame({"A": [0.5], "B": [0.25], "C": [0.25]}, index=["x"])
    properties = pd.DataFrame({"p": [2.0, np.nan, 8.0]}, index=["A", "B", "C"])

    assert weighted_means(fractions, properties).loc["x", "p"] == pytest.approx(4.0)
    statistics = composition_statistics(fractions, properties).loc["x"]
    assert statistics["sd_p"] == pytest.approx(math.sqrt((2 * 4.0 + 16.0) / 3))
    assert (statistics["min_p"], statistics["max_p"]) == (2.0, 8.0)


def test_a_property_known_of_no_element_present_is_missing() -> None:
    fractions = pd.DataFrame({"A": [1.0], "B": [0.0]}, index=["x"])
    properties = pd.DataFrame({"p": [np.nan, 3.0]}, index=["A", "B"])

    assert composition_statistics(fractions, properties).loc["x"].isna().all()


def test_an_element_that_is_absent_does_not_count_in_the_extremes() -> None:
    entry = {**LI2S_CUBIC, "formula_cell": "Cs1.0F1.0"}

    features = rich_features(_entries(LI2S_CUBIC, entry)).loc["r0"]

    assert (features["min_X"], features["max_X"]) == (0.98, 2.58)


def test_cells_without_anions_have_no_lithium_per_anion() -> None:
    amounts = amount_table(pd.Series({"x": "Li3.0P1.0"}))
    masses = property_table(["Li", "P"])["atomic_mass"]

    result = packing(amounts, masses, pd.Series({"x": 60.0})).loc["x"]

    assert math.isnan(result["li_per_anion"])
    assert result["volume_per_atom_ang3"] == 15.0


def test_crystal_systems_rank_by_rising_symmetry() -> None:
    entries = _entries(
        *({**LI2S_CUBIC, "crystal_system": name} for name in ("triclinic", "trigonal", "cubic"))
    )

    assert symmetry(entries)["crystal_system"].tolist() == [0.0, 4.0, 6.0]


def test_every_elemental_property_is_known_for_common_elements() -> None:
    table = property_table(["Li", "O", "P", "S", "La", "Ti"])

    assert list(table.columns) == list(PROPERTIES)
    assert not table.isna().any().any()


def test_features_of_an_entry_do_not_depend_on_the_others() -> None:
    other = {**LI2S_CUBIC, "formula_cell": "Li3.0S7.0", "volume_ang3": 500.0}

    alone = rich_features(_entries(LI2S_CUBIC)).loc["r0"]
    together = rich_features(_entries(LI2S_CUBIC, other)).loc["r0"]

    pd.testing.assert_series_equal(alone, together)


def test_no_feature_is_infinite() -> None:
    gas = {**LI2S_CUBIC, "formula_cell": "He1.0"}

    features = rich_features(_entries(LI2S_CUBIC, gas))

    assert not np.isinf(features.to_numpy(dtype=float)).any()
