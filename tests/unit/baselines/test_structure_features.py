"""Geometry of crystals one can work out by hand: rock salt, cubes of anions, layers, chains."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest

from ionladder.baselines import features as feat
from unit.baselines.tiny_barriers import PEROVSKITE, ROCK_SALT, tiny_barriers

A = 4.2  # Å; Li–F is A/2, Li–Li is A/sqrt(2)
FCC = A / 2 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])


def _crystal(cell, sites):
    species, charges, coordinates = sites
    return feat.SiteTable(
        cell=np.asarray(cell, dtype=float),
        species=tuple(species),
        charges=np.array(charges, dtype=float),
        coordinates=np.array(coordinates).reshape(-1, 3),
    )


def rock_salt():
    """LiF in its primitive cell of two atoms."""
    return _crystal(FCC, ROCK_SALT)


def conventional_rock_salt():
    """The same crystal in its cubic cell of eight atoms."""
    face = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
    lithium = np.array(face)
    fluorine = (lithium + np.array([0.5, 0, 0])) % 1.0
    sites = (["F"] * 4 + ["Li"] * 4, [-1] * 4 + [1] * 4, np.vstack([fluorine, lithium]).ravel())
    return _crystal(A * np.eye(3), sites)


def test_neighbours_of_a_skewed_cell_are_those_of_a_plain_search():
    cell = feat.cell_matrix(np.array([3.0, 6.0, 4.0]), np.array([55.0, 100.0, 120.0]))
    rng = np.random.default_rng(3)
    one, other = rng.uniform(0, 1, (2, 3)), rng.uniform(0, 1, (3, 3))

    found = feat.neighbours(cell, one, other, 7.0)

    images = np.array(list(product(range(-8, 9), repeat=3)), dtype=float)
    vectors = (other[None, :, None] + images - one[:, None, None]) @ cell
    expected = np.sort(np.linalg.norm(vectors, axis=-1).ravel())
    np.testing.assert_allclose(found.distance, expected[expected <= 7.0])
    rebuilt = (other[found.site] + found.image - one[found.centre]) @ cell
    np.testing.assert_allclose(np.linalg.norm(rebuilt, axis=1), found.distance)


def test_features_of_rock_salt_are_those_worked_out_by_hand():
    features = feat.features_of(rock_salt())

    assert features["li_li_mean"] == pytest.approx(A / math.sqrt(2), abs=1e-6)
    assert features["li_within_4"] == 12
    assert features["li_anion_min"] == features["li_anion_max"] == pytest.approx(A / 2)
    assert features["li_coordination_mean"] == 6
    assert features["anion_anion_mean"] == pytest.approx(A / math.sqrt(2), abs=1e-6)
    assert features["volume_per_atom"] == pytest.approx(A**3 / 8)
    assert features["li_per_anion"] == 1
    assert features["li_off_contact"] == pytest.approx(A / 2 - 0.76 - 1.33)
    spheres = 4 / 3 * math.pi * (0.76**3 + 1.33**3) * 4
    assert features["filled"] == pytest.approx(spheres / A**3, abs=1e-6)
    assert features["highest_charge"] == 0


def test_the_choice_of_cell_changes_no_intensive_feature():
    small, large = feat.features_of(rock_salt()), feat.features_of(conventional_rock_salt())
    gridded = ("free_radius", "cation_clearance", "n_sites")

    for name, value in small.items():
        if not name.startswith(gridded):
            assert large[name] == pytest.approx(value, abs=2e-6), name


def test_hops_along_chains_in_layers_and_between_layers_have_their_own_lengths():
    orthorhombic = _crystal(np.diag([3.0, 4.5, 7.0]), ROCK_SALT)
    far_apart = _crystal(np.diag([3.0, 4.5, 12.0]), ROCK_SALT)

    np.testing.assert_allclose(feat.hop_lengths(orthorhombic), [3.0, 4.5, 7.0])
    np.testing.assert_allclose(feat.hop_lengths(far_apart), [3.0, 4.5, 10.0])


def test_the_free_radius_of_a_cube_of_anions_is_that_of_its_faces():
    # The way from cell centre to cell centre leads through the middle of a face, a/√2 from anions.
    length = 4.0
    caesium_chloride = _crystal(length * np.eye(3), ROCK_SALT)

    radii = feat.free_radii(caesium_chloride)

    np.testing.assert_allclose(radii, [length / math.sqrt(2) - 1.33] * 3, atol=0.02)


def test_cations_in_the_cell_centre_are_passed_along_the_edges():
    length = 4.0
    perovskite = _crystal(length * np.eye(3), PEROVSKITE)

    clearance = feat.cation_clearances(perovskite)

    np.testing.assert_allclose(clearance, [length / math.sqrt(2)] * 3, atol=0.02)


def test_features_of_an_entry_depend_on_nothing_but_its_own_crystal():
    inputs = tiny_barriers()
    features = feat.site_features(inputs.entries, inputs.structures)
    alone = feat.site_features(inputs.entries.loc[["e07"]], inputs.structures)

    pd.testing.assert_frame_equal(features.loc[["e07"]], alone)
    assert np.isfinite(features.to_numpy()).all()
    assert list(features.index) == list(inputs.entries.index)
