"""Crystals as graphs: shared and partly empty sites, edges, and sites that are alike."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from ionladder.baselines import graphs
from unit.baselines.crystals import CRYSTALS, REWRITINGS, rock_salt, triclinic

NEAREST = graphs.Reach(cutoff_ang=6.0, nearest=12)
ALL = graphs.Reach(cutoff_ang=4.5)
REACH = graphs.Reach(cutoff_ang=5.0)
SEES: tuple[graphs.Sees, ...] = ("distances", "angles", "vectors", "vectors and handedness")


def _one(species):
    return Structure(Lattice.cubic(3.0), [species], [(0, 0, 0)])


def _shares(graph):
    rows = zip(graph.node, graph.number, graph.share, strict=True)
    return [(int(node), int(number), round(float(share), 9)) for node, number, share in rows]


# Sites


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
def test_each_arm_reads_a_site_in_its_way(species, rounded, majority, weighted):
    structure = _one(species)

    assert _shares(graphs.make_graph(structure, "rounded", REACH)) == rounded
    assert _shares(graphs.make_graph(structure, "majority", REACH)) == majority
    assert _shares(graphs.make_graph(structure, "weighted", REACH)) == weighted


@given(
    amounts=st.dictionaries(
        st.sampled_from(["Li", "Na", "K", "Mg", "O"]), st.floats(0.01, 0.2), min_size=1
    ),
    arm=st.sampled_from(graphs.ARMS),
)
def test_the_shares_of_a_node_sum_to_one(amounts, arm):
    graph = graphs.make_graph(_one(amounts), arm, graphs.Reach(cutoff_ang=1.0))

    if len(graph):
        assert graph.share.sum() == pytest.approx(1.0, abs=1e-12)
        assert (graph.share > 0).all()
    if arm != "weighted":
        assert graphs.VACANCY not in graph.number


# Edges


def surroundings(graph):
    """What sites hold and hear, with the part of the sites of which that is true."""
    holds: list[list] = [[] for _ in range(len(graph))]
    hears: list[list] = [[] for _ in range(len(graph))]
    for node, number, share in zip(graph.node, graph.number, graph.share, strict=True):
        holds[node].append((int(number), round(float(share), 6)))
    lengths = np.linalg.norm(graph.vector_ang, axis=1)
    for receiver, sender, length in zip(graph.receiver, graph.sender, lengths, strict=True):
        hears[receiver].append((round(float(length), 4), tuple(holds[sender])))
    pairs = zip(holds, hears, strict=True)
    counts = Counter((tuple(held), tuple(sorted(heard))) for held, heard in pairs)
    return {key: count / len(graph) for key, count in counts.items()}


def test_a_lone_atom_hears_its_own_images_and_an_empty_crystal_nothing():
    lone = graphs.make_graph(_one({"Li": 1.0}), "rounded", graphs.Reach(cutoff_ang=3.1))
    empty = graphs.make_graph(_one({"Li": 0.4}), "rounded", ALL)

    assert lone.sender.tolist() == [0] * 6
    assert sorted(np.abs(lone.vector_ang).sum(axis=1)) == [3.0] * 6
    assert len(empty) == 0
    assert empty.vector_ang.shape == (0, 3)
    for sees in SEES:
        assert not graphs.kinds_of(empty, sees).is_usable


@pytest.mark.parametrize("arm", graphs.ARMS)
def test_of_the_nearest_there_are_exactly_as_many_as_asked_for(arm):
    """None farther than one left out; rock salt has 6 + 12 neighbours, of which 12 are taken."""
    for make in CRYSTALS.values():
        few, every = (
            graphs.make_graph(make(), arm, r) for r in (NEAREST, graphs.Reach(cutoff_ang=6.0))
        )
        assert (np.bincount(few.receiver) == 12).all()
        for site in range(len(few)):
            near, known = (
                np.sort(np.linalg.norm(g.vector_ang[g.receiver == site], axis=1))
                for g in (few, every)
            )
            np.testing.assert_allclose(near, known[:12], atol=1e-9)


@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_neither_edges_nor_kinds_depend_on_how_the_crystal_is_written(rewriting):
    for number, make in enumerate(CRYSTALS.values()):
        one, other = make(), REWRITINGS[rewriting](make())
        arm, reach = graphs.ARMS[number % 3], (NEAREST, ALL)[number % 2]
        before, after = (
            surroundings(graphs.make_graph(crystal, arm, reach)) for crystal in (one, other)
        )
        assert after == pytest.approx(before)
        for sees in SEES:
            kinds, again = (_kinds(crystal, sees) for crystal in (one, other))
            parts, others = (sorted(k.count / k.count.sum()) for k in (again, kinds))
            assert parts == pytest.approx(others)
            assert len(again.receiver) == len(kinds.receiver)


# Sites that are alike


def _kinds(structure, sees):
    return graphs.kinds_of(graphs.make_graph(structure, "weighted", REACH), sees)


@pytest.mark.parametrize("sees", SEES)
def test_rock_salt_has_two_kinds_and_without_symmetry_each_site_is_one(sees):
    kinds = _kinds(rock_salt(), sees)
    graph = graphs.make_graph(triclinic(), "weighted", REACH)

    assert len(kinds) == 2
    assert kinds.count.tolist() == [4, 4]
    assert kinds.number.tolist() == [3, 9]
    # In units of A/2: 6 neighbours at 1, 12 at √2, 8 at √3, 6 at 2, 24 at √5, 24 at √6.
    assert np.bincount(kinds.receiver).tolist() == [80, 80]
    for name, value in vars(graphs.every_site(graph)).items():
        np.testing.assert_array_equal(getattr(graphs.kinds_of(graph, sees), name), value)


@pytest.mark.parametrize(
    ("crystal", "n_orbits"),
    [
        # sites by orbit, under all operations and under proper ones
        ("rock salt", (2, 2)),
        ("quartz", (2, 2)),
        ("mirrored", (3, 4)),
        ("triclinic", (5, 5)),
    ],
)
def test_networks_of_vectors_sum_messages_at_one_site_of_each_orbit(crystal, n_orbits):
    graph = graphs.make_graph(CRYSTALS[crystal](), "weighted", REACH)

    for sees, expected in zip(SEES[2:], n_orbits, strict=True):
        kinds = graphs.kinds_of(graph, sees)
        stands = kinds.count > 0
        assert stands.sum() == expected
        assert set(kinds.receiver) == set(np.flatnonzero(stands)) == set(kinds.like)
        assert (kinds.turn[stands] == np.eye(3)).all()
        if sees == "vectors and handedness":
            np.testing.assert_allclose(np.linalg.det(kinds.turn), 1.0)
        # Two layers, in which a site's vector sums its neighbours' directions and vectors.
        assert _vector_network(kinds) == pytest.approx(
            _vector_network(graphs.every_site(graph)), rel=1e-6
        )


def _vector_network(kinds):
    length = np.linalg.norm(kinds.vector_ang, axis=1)[:, None]
    direction = kinds.vector_ang / length
    held = np.bincount(kinds.node, kinds.number * kinds.share)
    vectors = np.zeros((len(kinds), 3))
    for _ in range(2):
        messages = (held[kinds.sender, None] + length) * direction + vectors[kinds.sender] / length
        summed = np.zeros_like(vectors)
        np.add.at(summed, kinds.receiver, messages)
        vectors = np.einsum("nij,nj->ni", kinds.turn, summed[kinds.like])
    return float(np.average((vectors**2).sum(axis=1), weights=kinds.count))
