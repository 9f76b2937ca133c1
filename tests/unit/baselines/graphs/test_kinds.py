"""Classes of sites that a network cannot tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from ionladder.baselines.graphs.graph import make_graph
from ionladder.baselines.graphs.kinds import Kinds, Sees, every_site, kinds_of
from ionladder.baselines.graphs.neighbours import Reach
from ionladder.baselines.graphs.sites import sites_of
from unit.baselines.graphs.crystals import CRYSTALS, REWRITINGS, rock_salt, triclinic

REACH = Reach(cutoff_ang=5.0)
SEES: tuple[Sees, ...] = ("distances", "angles", "vectors")


def _kinds(structure: Structure, sees: Sees) -> Kinds:
    return kinds_of(make_graph(structure, "weighted", REACH), sees)


@pytest.mark.parametrize("sees", SEES)
def test_rock_salt_has_two_kinds_whatever_the_cell(sees: Sees) -> None:
    kinds = _kinds(rock_salt(), sees)

    assert len(kinds) == 2
    assert kinds.count.tolist() == [1, 1]
    assert kinds.number.tolist() == [3, 9]
    # In units of A/2: 6 neighbours at 1, 12 at √2, 8 at √3, 6 at 2, 24 at √5, 24 at √6.
    assert np.bincount(kinds.receiver).tolist() == [80, 80]


@pytest.mark.parametrize("sees", SEES)
def test_without_symmetry_every_site_is_a_kind(sees: Sees) -> None:
    graph = make_graph(triclinic(), "weighted", REACH)

    kinds, sites = kinds_of(graph, sees), every_site(graph)

    for name in vars(kinds):
        np.testing.assert_array_equal(getattr(kinds, name), getattr(sites, name))


def test_species_part_sites_of_the_same_geometry() -> None:
    chain = Structure(
        Lattice.cubic(3.0), [{"Li": 0.5}, "Li", "Na"], [(0, 0, 0), (0, 0, 1 / 3), (0, 0, 2 / 3)]
    )

    assert len(_kinds(chain, "distances")) == 3


def test_angles_part_sites_that_distances_do_not() -> None:
    """Two pairs of neighbours at the same distances, opposite each other or at a right angle."""
    far = Lattice.cubic(40.0)
    bent = [(0, 0, 0), (0.05, 0, 0), (0, 0.05, 0)]
    straight = [(0.5, 0.5, 0.5), (0.55, 0.5, 0.5), (0.45, 0.5, 0.5)]
    structure = Structure(far, ["O", "Li", "Li"] * 2, bent + straight)
    graph = make_graph(structure, "rounded", Reach(cutoff_ang=2.5))

    assert len(kinds_of(graph, "distances")) == 2
    assert len(kinds_of(graph, "angles")) == 4
    assert len(kinds_of(graph, "vectors")) == 6


@pytest.mark.parametrize("sees", SEES)
@pytest.mark.parametrize("crystal", CRYSTALS)
@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_kinds_do_not_depend_on_how_the_crystal_is_written(
    rewriting: str, crystal: str, sees: Sees
) -> None:
    structure = CRYSTALS[crystal]()

    before, after = _kinds(structure, sees), _kinds(REWRITINGS[rewriting](structure), sees)

    assert sorted(after.count) == sorted(before.count)
    assert len(after.receiver) == len(before.receiver)


@pytest.mark.parametrize("sees", SEES)
def test_nothing_is_left_of_a_crystal_without_sites(sees: Sees) -> None:
    structure = Structure(Lattice.cubic(3.0), [{"Li": 0.4}], [(0, 0, 0)])

    assert len(kinds_of(make_graph(structure, "rounded", REACH), sees)) == 0


@given(
    places=st.lists(
        st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 0.75])] * 3),
        min_size=1,
        max_size=6,
        unique=True,
    ),
    data=st.data(),
)
def test_kinds_hear_what_each_of_their_sites_hears(
    places: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    """Sums over neighbours, the layers of a network, agree whether sites or kinds are summed."""
    species = [data.draw(st.sampled_from(["Li", "O"])) for _ in places]
    structure = Structure(Lattice.cubic(6.0), species, places)
    graph = make_graph(structure, "rounded", REACH)

    means = [_network(kinds) for kinds in (every_site(graph), kinds_of(graph, "distances"))]

    assert len(sites_of(structure, "rounded")) == len(places)
    assert means[1] == pytest.approx(means[0], rel=1e-9)


def _network(kinds: Kinds) -> float:
    """Three rounds of messages, weighted by distance, and the mean over sites."""
    features = kinds.number.astype(float)
    length = np.linalg.norm(kinds.vector_ang, axis=1)
    for _ in range(3):
        messages = np.tanh(features[kinds.sender] * length)
        features = features + np.bincount(kinds.receiver, messages, minlength=len(kinds))
    return float(np.average(features, weights=kinds.count))
