"""Percolation against a flood fill; labels against BVlain and physics."""

from __future__ import annotations

from collections import deque
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate import judge, make_candidate
from ionladder.data import bond_valence as bv
from ionladder.errors import IngestError
from label import variants
from prototypes import HAND_BUILT, all_prototypes, family_structure
from unit.data.bvlain_here import needs_bvlain

if TYPE_CHECKING:
    pass

N = 6

# 60 structures labelled again under nine equally good choices: see the dataset card.
FLOOR_EV = 0.1


def with_both_ends(cell):
    """Repeat the first plane of every axis at its end, as BVlain's grids do."""
    return np.pad(cell, [(0, 1)] * 3, mode="wrap")


def line(axis):
    cell = np.zeros((N, N, N), dtype=bool)
    index: list[int | slice] = [2, 2, 2]
    index[axis] = slice(None)
    cell[tuple(index)] = True
    return cell


def images_reached(cell):
    """How many of the 8 cells of a periodic 2 × 2 × 2 block the best region reaches, by flooding.

    Written without labels or winding vectors: every open point of the block is a node, every open
    neighbour in the periodic block is a link.
    """
    block = np.tile(cell, (2, 2, 2))
    size = np.array(block.shape)
    steps = [np.array(s) for s in product((-1, 0, 1), repeat=3) if any(s)]
    best = 0
    for start in np.argwhere(cell):
        seen = {tuple(start)}
        queue = deque([start])
        while queue:
            point = queue.popleft()
            for step in steps:
                other = (point + step) % size
                if block[tuple(other)] and tuple(other) not in seen:
                    seen.add(tuple(other))
                    queue.append(other)
        images = {tuple((np.array(start) + np.array(o) * cell.shape) % size) for o in _OFFSETS}
        best = max(best, len(images & seen))
    return best


_OFFSETS = list(product((0, 1), repeat=3))


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.4))
def test_random_grids_agree_with_a_flood_fill(seed, density):
    rng = np.random.default_rng(seed)
    cell = rng.random((3, 4, 3)) < density

    dimension = bv.percolation_dimension(with_both_ends(cell))

    assert 2**dimension == max(images_reached(cell), 1)


def test_barriers_are_the_saddles_rounded_up_to_the_step_of_the_bisection():
    energies = np.full((N, N, N), 50.0)
    energies[line(2)] = 3.0
    energies[line(1)] = 1.0
    energies[line(0)] = 0.0
    energies[4, 2, 2] = 0.5
    step = 20.0 / 2**11

    found = bv.percolation_barriers(with_both_ends(energies), encut=20.0)

    assert found.e_1d_ev == pytest.approx(0.5 + step, abs=step)
    assert found.e_2d_ev == pytest.approx(1.0 + step, abs=step)
    assert found.e_3d_ev == pytest.approx(3.0 + step, abs=step)
    for barrier in found.as_tuple():
        assert barrier == round(round(barrier / step) * step, 4)
    assert bv.percolation_barriers(with_both_ends(energies), encut=2.0).e_3d_ev is None


@given(st.integers(0, 2**32 - 1))
def test_barriers_do_not_fall_with_dimension_and_ignore_the_zero_of_energy(seed):
    cell = np.random.default_rng(seed).gamma(1.0, 1.0, (4, 5, 3))

    plain = bv.percolation_barriers(with_both_ends(cell), encut=20.0)
    shifted = bv.percolation_barriers(with_both_ends(cell - 7.25), encut=20.0)

    assert plain == shifted
    assert list(plain.as_tuple()) == sorted(plain.as_tuple())


def published(prototype):
    """The published compound of a hand-built type, primitive cell."""
    family = next(family for family in HAND_BUILT if family.prototype == prototype)
    return family_structure(family).get_primitive_structure()


def substituted(prototype, **ions):
    kind = next(kind for kind in all_prototypes() if kind.name == prototype)
    return make_candidate(kind, ions, scale=judge(kind, ions).scale).structure()


def bvlain(structure):
    """Energies and barriers by BVlain alone."""
    from bvlain import Lain

    lain = Lain(verbose=False)
    lain.read_structure(structure, oxi_check=False)
    grid = lain.bvse_distribution(
        "Li1+",
        r_cut=bv.SETTINGS.r_cut_ang,
        resolution=bv.SETTINGS.resolution_ang,
        k=bv.SETTINGS.max_neighbours,
    )
    found = lain.percolation_barriers(encut=bv.SETTINGS.encut_ev)
    return grid, tuple(float(found[key]) for key in ("E_1D", "E_2D", "E_3D"))


@needs_bvlain
@pytest.mark.slow
def test_energies_and_barriers_are_those_of_bvlain_to_the_last_digit():
    for structure in (
        published("antifluorite"),
        substituted("alpha-nafeo2", A="Li+", B="Co3+", X="O2-"),
        substituted("perovskite", A="Ba2+", B="Li+", X="F-"),
    ):
        grid, barriers = bvlain(structure)
        assert np.array_equal(bv.site_energies(structure), grid)
        assert bv.barriers_of(structure).as_tuple() == barriers


@needs_bvlain
def test_layered_licoo2_conducts_in_two_dimensions():
    found = bv.barriers_of(substituted("alpha-nafeo2", A="Li+", B="Co3+", X="O2-"))

    assert found.e_2d_ev == pytest.approx(found.e_1d_ev, abs=0.05)
    assert found.e_3d_ev > found.e_2d_ev + 3


@needs_bvlain
def test_olivine_lifepo4_conducts_in_one_dimension():
    found = bv.barriers_of(published("olivine"))

    assert found.e_1d_ev < 0.6
    assert found.e_2d_ev > found.e_1d_ev + 2


@needs_bvlain
@pytest.mark.slow
def test_origin_and_cell_matter_no_more_than_the_floor():
    structure = published("antifluorite")
    reference = np.array(bv.barriers_of(structure).as_tuple())

    for name, varied, settings in variants("proto-00000000", structure):
        difference = np.abs(np.array(bv.barriers_of(varied, settings).as_tuple()) - reference)
        assert difference.max() < FLOOR_EV, name


@needs_bvlain
def test_an_ion_without_parameters_is_named():
    structure = published("li3aln2").replace_species({"N3-": "P3-"}, in_place=False)

    with pytest.raises(IngestError, match=r"structure Li3AlP2: expected ions .* found P3-"):
        bv.barriers_of(structure)
