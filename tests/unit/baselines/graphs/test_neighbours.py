"""Edges of crystals whose distances one knows, however the crystal is written down."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ionladder.baselines.graphs.graph import Graph, make_graph
from ionladder.baselines.graphs.neighbours import Reach
from ionladder.baselines.graphs.sites import ARMS, Arm
from unit.baselines.graphs.crystals import CRYSTALS, REWRITINGS, A, rock_salt

NEAREST = Reach(cutoff_ang=8.0, nearest=12)
ALL = Reach(cutoff_ang=5.0)


def surroundings(graph: Graph) -> dict[tuple, float]:
    """What sites hold and hear, with the part of the sites of which that is true."""
    holds: list[list] = [[] for _ in range(len(graph.sites))]
    hears: list[list] = [[] for _ in range(len(graph.sites))]
    shares = zip(graph.sites.node, graph.sites.number, graph.sites.share, strict=True)
    for node, number, share in shares:
        holds[node].append((int(number), round(float(share), 6)))
    edges = zip(graph.edges.receiver, graph.edges.sender, graph.edges.distance_ang, strict=True)
    for receiver, sender, distance in edges:
        hears[receiver].append((round(float(distance), 4), tuple(holds[sender])))
    counts = Counter(
        (tuple(held), tuple(sorted(heard))) for held, heard in zip(holds, hears, strict=True)
    )
    return {key: count / len(graph.sites) for key, count in counts.items()}


def test_rock_salt_has_the_shells_of_the_textbook() -> None:
    edges = make_graph(rock_salt(), "rounded", Reach(cutoff_ang=0.9 * A)).edges

    shells = Counter(np.round(edges.distance_ang[edges.receiver == 0] / A, 3))

    assert shells == {0.5: 6, 0.707: 12, 0.866: 8}


def test_neighbours_at_one_distance_are_kept_together() -> None:
    edges = make_graph(rock_salt(), "rounded", NEAREST).edges

    # 6 at A/2 and 12 at A/sqrt(2): the twelfth is one of the latter, so all 18 stay.
    assert np.bincount(edges.receiver).tolist() == [18] * 8


def test_a_lone_atom_hears_its_own_images() -> None:
    structure = Structure(Lattice.cubic(3.0), ["Li"], [(0, 0, 0)])

    edges = make_graph(structure, "rounded", Reach(cutoff_ang=3.1)).edges

    assert edges.sender.tolist() == [0] * 6
    assert sorted(np.abs(edges.image).sum(axis=1)) == [1] * 6


def test_a_crystal_without_sites_has_no_edges() -> None:
    structure = Structure(Lattice.cubic(3.0), [{"Li": 0.4}], [(0, 0, 0)])

    graph = make_graph(structure, "rounded", ALL)

    assert len(graph.sites) == 0
    assert graph.edges.vector_ang.shape == (0, 3)


@pytest.mark.parametrize("crystal", CRYSTALS)
def test_each_edge_has_its_way_back(crystal: str) -> None:
    edges = make_graph(CRYSTALS[crystal](), "weighted", ALL).edges
    forth = {(r, s, *v) for r, s, v in _rows(edges.receiver, edges.sender, edges.vector_ang)}
    back = {(s, r, *v) for r, s, v in _rows(edges.receiver, edges.sender, -edges.vector_ang)}

    assert forth == back


def _rows(receiver: np.ndarray, sender: np.ndarray, vectors: np.ndarray) -> list[tuple]:
    rounded = np.round(vectors, 6) + 0.0
    return list(zip(receiver.tolist(), sender.tolist(), rounded.tolist(), strict=True))


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("reach", [NEAREST, ALL], ids=["nearest", "all"])
@pytest.mark.parametrize("crystal", CRYSTALS)
@pytest.mark.parametrize("rewriting", REWRITINGS)
def test_edges_do_not_depend_on_how_the_crystal_is_written(
    rewriting: str, crystal: str, reach: Reach, arm: Arm
) -> None:
    structure = CRYSTALS[crystal]()

    before = surroundings(make_graph(structure, arm, reach))
    after = surroundings(make_graph(REWRITINGS[rewriting](structure), arm, reach))

    assert after.keys() == before.keys()
    assert after == pytest.approx(before)


@pytest.mark.parametrize("crystal", ["rock salt", "triclinic"])
def test_weighted_graphs_of_ordered_crystals_are_the_ordinary_ones(crystal: str) -> None:
    structure = CRYSTALS[crystal]()
    graphs = [make_graph(structure, arm, NEAREST) for arm in ARMS]

    for graph in graphs[1:]:
        for name in ("receiver", "sender", "vector_ang", "image"):
            np.testing.assert_array_equal(
                getattr(graph.edges, name), getattr(graphs[0].edges, name)
            )
        np.testing.assert_array_equal(graph.sites.number, graphs[0].sites.number)
        np.testing.assert_array_equal(graph.sites.share, np.ones(len(structure)))
