from __future__ import annotations

import numpy as np
import pytest

from ionladder.baselines.ion_features import ion_features
from unit.baselines.tiny_barriers import ROCK_SALT, entries_table, tiny_barriers


def test_properties_are_averaged_over_atoms_with_and_without_lithium() -> None:
    features = ion_features(entries_table(["x"], [ROCK_SALT[0]], [4.0])).loc["x"]

    assert features["fraction_Li"] == features["fraction_F"] == 0.5
    assert features["mean_X"] == pytest.approx((0.98 + 3.98) / 2)
    assert features["sd_X"] == pytest.approx((3.98 - 0.98) / 2)
    assert features["no_li_mean_X"] == pytest.approx(3.98)


def test_the_cell_and_the_sites_play_no_part() -> None:
    small, large = (ion_features(entries_table(["x"], [ROCK_SALT[0]], [a])) for a in (4.0, 9.0))

    np.testing.assert_array_equal(small.to_numpy(), large.to_numpy())


def test_every_formula_of_the_table_is_read() -> None:
    features = ion_features(tiny_barriers().entries)

    fractions = features.filter(like="fraction_")
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0)
    assert features.shape[0] == 36
