"""Minimum images against every image within reach."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.data.litraj.xyz import PeriodicCell, reduced_basis

IMAGES = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)

_length = st.floats(2.0, 20.0)
_tilt = st.floats(-0.5, 0.5)
_coordinate = st.floats(-30.0, 30.0)


@st.composite
def cells(draw: st.DrawFn) -> np.ndarray:
    """Triclinic cells whose tilts stay within half a lattice vector, so that 125 images do."""
    a, b, c = draw(_length), draw(_length), draw(_length)
    return np.array(
        [[a, 0, 0], [draw(_tilt) * a, b, 0], [draw(_tilt) * a, draw(_tilt) * b, c]], dtype=float
    )


def by_brute_force(vector: np.ndarray, cell: np.ndarray) -> float:
    """Length of the shortest of 125 images around the wrapped vector."""
    fractional = np.linalg.solve(cell.T, vector)
    candidates = (fractional - np.rint(fractional) + IMAGES) @ cell
    return float(np.linalg.norm(candidates, axis=1).min())


@given(cell=cells(), vector=st.tuples(_coordinate, _coordinate, _coordinate))
def test_the_length_is_that_of_the_shortest_of_125_images(
    cell: np.ndarray, vector: tuple[float, float, float]
) -> None:
    found = PeriodicCell(cell).minimum_image(np.array(vector))

    assert np.linalg.norm(found) == pytest.approx(by_brute_force(np.array(vector), cell), abs=1e-9)
    steps = np.linalg.solve(cell.T, np.array(vector) - found)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-7)


@given(
    cell=cells(),
    vector=st.tuples(_coordinate, _coordinate, _coordinate),
    steps=st.lists(st.integers(-3, 3), min_size=6, max_size=6),
)
def test_another_basis_of_the_same_lattice_changes_nothing(
    cell: np.ndarray, vector: tuple[float, float, float], steps: list[int]
) -> None:
    low, high = np.eye(3), np.eye(3)
    low[np.tril_indices(3, -1)], high[np.triu_indices(3, 1)] = steps[:3], steps[3:]

    plain = PeriodicCell(cell).minimum_image(np.array(vector))
    skewed = PeriodicCell(low @ high @ cell).minimum_image(np.array(vector))

    assert np.linalg.norm(skewed) == pytest.approx(np.linalg.norm(plain), abs=1e-8)


def test_many_vectors_are_handled_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    cell = PeriodicCell(np.array([[4.0, 0, 0], [1.9, 3.0, 0], [1.5, -1.4, 5.0]]))
    vectors = rng.uniform(-9, 9, (2, 5, 3))

    together = cell.minimum_image(vectors)

    assert together.shape == (2, 5, 3)
    for place in np.ndindex(2, 5):
        np.testing.assert_allclose(together[place], cell.minimum_image(vectors[place]), atol=1e-12)


def test_agrees_with_ase() -> None:
    geometry = pytest.importorskip("ase.geometry", reason="ASE is not among the locked packages")
    rng = np.random.default_rng(1)
    for _ in range(20):
        cell = rng.uniform(-1, 1, (3, 3)) * 6 + np.eye(3) * 3
        if abs(np.linalg.det(cell)) < 5:
            continue
        vectors = rng.uniform(-20, 20, (50, 3))

        found = np.linalg.norm(PeriodicCell(cell).minimum_image(vectors), axis=1)

        np.testing.assert_allclose(found, geometry.find_mic(vectors, cell)[1], atol=1e-9)


@pytest.mark.parametrize("cell", [np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)])
def test_a_cell_without_volume_is_refused(cell: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"volume|finite"):
        reduced_basis(cell)
