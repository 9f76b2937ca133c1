"""Three ways of making nodes of sites that are shared or partly empty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from ionladder.baselines.graphs.sites import ARMS, VACANCY, Arm, Sites, sites_of
from unit.baselines.graphs.crystals import disordered, rock_salt


def _one(species: dict[str, float]) -> Structure:
    return Structure(Lattice.cubic(4.0), [species], [(0, 0, 0)])


def _shares(sites: Sites) -> list[tuple[int, int, float]]:
    rows = zip(sites.node, sites.number, sites.share, strict=True)
    return [(int(node), int(number), round(float(share), 9)) for node, number, share in rows]


@pytest.mark.parametrize(
    ("species", "rounded", "majority", "weighted"),
    [
        ({"Li": 1.0}, [(0, 3, 1)], [(0, 3, 1)], [(0, 3, 1)]),
        ({"Li": 0.6}, [(0, 3, 1)], [(0, 3, 1)], [(0, 0, 0.4), (0, 3, 0.6)]),
        ({"Li": 0.5}, [], [(0, 3, 1)], [(0, 0, 0.5), (0, 3, 0.5)]),
        ({"Na": 0.3, "K": 0.7}, [(0, 19, 1)], [(0, 19, 1)], [(0, 11, 0.3), (0, 19, 0.7)]),
        ({"Na": 0.5, "K": 0.5}, [], [(0, 11, 1)], [(0, 11, 0.5), (0, 19, 0.5)]),
    ],
)
def test_each_arm_reads_a_site_in_its_way(
    species: dict[str, float], rounded: list, majority: list, weighted: list
) -> None:
    structure = _one(species)

    assert _shares(sites_of(structure, "rounded")) == rounded
    assert _shares(sites_of(structure, "majority")) == majority
    assert _shares(sites_of(structure, "weighted")) == weighted


def test_only_rounding_drops_sites() -> None:
    structure = disordered()

    assert len(sites_of(structure, "rounded")) == len(structure) - 1
    assert len(sites_of(structure, "majority")) == len(structure)
    assert len(sites_of(structure, "weighted")) == len(structure)


def test_the_arms_agree_on_an_ordered_crystal() -> None:
    arms = [sites_of(rock_salt(), arm) for arm in ARMS]

    for sites in arms[1:]:
        for name in ("cell", "fractional", "node", "number", "share"):
            np.testing.assert_array_equal(getattr(sites, name), getattr(arms[0], name))


@given(
    amounts=st.dictionaries(
        st.sampled_from(["Li", "Na", "K", "Mg", "O"]), st.floats(0.01, 0.2), min_size=1
    ),
    arm=st.sampled_from(ARMS),
)
def test_the_shares_of_a_node_sum_to_one(amounts: dict[str, float], arm: Arm) -> None:
    sites = sites_of(_one(amounts), arm)

    if len(sites):
        assert sites.share.sum() == pytest.approx(1.0, abs=1e-12)
        assert (sites.share > 0).all()
    if arm != "weighted":
        assert VACANCY not in sites.number
