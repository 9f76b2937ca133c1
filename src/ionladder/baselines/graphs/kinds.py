"""Sites that no network can tell apart, taken once: the same predictions for a tenth of the work.

A message-passing network gives two sites the same features when they hold the same species and
their neighbours, at the same distances, have the same features too. Symmetry makes most sites of a
crystal alike in this sense. :func:`kinds_of` finds the classes by colour refinement (Weisfeiler and
Leman, 1968, with distances on the edges): a site's colour begins as its species and becomes, round
after round, the colours of its neighbours with their distances, until no class splits any more.
One site of each class stands for all and keeps all its edges, each to the class of its sender; a
mean over sites becomes a mean over classes weighted by their size. Messages, and with them
predictions, are those of the whole crystal.

Networks that look at more tell more sites apart. For one that sees angles (M3GNet), sites are alike
when the scalar products of their edges agree as well. For those that carry vectors from site to
site (PaiNN, SO3Net) the label of an edge is its vector, and the classes are sites that a lattice
translation takes into each other; :mod:`~ionladder.baselines.graphs.turned` does the rest for them.
The classes are always those of the crystal, not of the cell it is written in: a supercell gives the
same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ionladder.baselines.graphs.graph import Graph
from ionladder.baselines.graphs.turned import turned

if TYPE_CHECKING:
    from ionladder.specs import Array

Sees = Literal["distances", "angles", "vectors", "vectors and handedness"]
_SAME_ANG = 1e-5
_SHARES = 1e6
_SAME_ANG2 = 1e-6
_Colours = npt.NDArray[np.uint64]
_THREE = np.uint64(3)


@dataclass(frozen=True)
class Kinds:
    """One crystal as a network reads it.

    Attributes:
        count: Sites that each kind stands for, shape (n_kinds,), without common divisor.
        node: Kind of each share, ascending, shape (n_shares,).
        number: Atomic number of each share, 0 for emptiness.
        share: Part of its kind; the shares of a kind sum to 1.
        receiver: Kind that listens, ascending, shape (n_edges,).
        sender: Kind listened to.
        vector_ang: From the receiver to this image of the sender, Å, shape (n_edges, 3).
        like: Kind that has the features of each kind but for a rotation; itself in most cases.
        turn: The rotation from there, shape (n_kinds, 3, 3).
    """

    count: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    share: Array
    receiver: npt.NDArray[np.int64]
    sender: npt.NDArray[np.int64]
    vector_ang: Array
    like: npt.NDArray[np.int64]
    turn: Array

    def __len__(self) -> int:
        return len(self.count)


def every_site(graph: Graph) -> Kinds:
    """Each site as a kind of its own."""
    n, sites, edges = len(graph.sites), graph.sites, graph.edges
    return Kinds(
        count=np.ones(n, dtype=np.int64),
        node=sites.node,
        number=sites.number,
        share=sites.share,
        receiver=edges.receiver,
        sender=edges.sender,
        vector_ang=edges.vector_ang,
        like=np.arange(n),
        turn=np.broadcast_to(np.eye(3), (n, 3, 3)),
    )


def kinds_of(graph: Graph, sees: Sees) -> Kinds:
    """The classes of sites that a network cannot tell apart.

    Args:
        graph: The whole crystal.
        sees: What the network takes from edges. Lengths or components within 1e-5 Å are equal, and
            scalar products within 1e-6 Å².

    Example:
        Rock salt has two kinds of half the sites each, in its cell of 2 atoms as in that of 8.
    """
    sites, edges = graph.sites, graph.edges
    if not len(sites):
        return every_site(graph)
    labels = _edge_labels(graph, sees)
    products = _scalar_products(graph) if sees == "angles" else None
    colours = _species_colours(graph)
    n_kinds = 0
    while len(np.unique(colours)) > n_kinds:
        n_kinds = len(np.unique(colours))
        heard = _mixed(colours[edges.sender] ^ labels)
        if products is not None:
            heard = _with_products(heard, products)
        colours = _mixed(colours * _THREE + _sums(heard, edges.receiver, len(colours)))
    _, first, kind, count = np.unique(
        colours, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    kind = rank[kind].astype(np.int64)
    stands = np.full(len(sites), -1, dtype=np.int64)
    stands[first[order]] = np.arange(len(order))
    listens, has_share = stands[edges.receiver] >= 0, stands[sites.node] >= 0
    kinds = Kinds(
        count=count[order] // np.gcd.reduce(count),
        node=stands[sites.node[has_share]],
        number=sites.number[has_share],
        share=sites.share[has_share],
        receiver=stands[edges.receiver[listens]],
        sender=kind[edges.sender[listens]],
        vector_ang=edges.vector_ang[listens],
        like=np.arange(len(order)),
        turn=np.broadcast_to(np.eye(3), (len(order), 3, 3)),
    )
    if not sees.startswith("vectors"):
        return kinds
    _, species = np.unique(_species_colours(graph), return_inverse=True)
    return turned(kinds, sites, kind, species, mirrors=sees == "vectors")


def _species_colours(graph: Graph) -> _Colours:
    sites = graph.sites
    parts = np.round(sites.share * _SHARES).astype(np.uint64)
    colours = _mixed(sites.number.astype(np.uint64) << np.uint64(32) | parts)
    return _mixed(_sums(colours, sites.node, len(sites)))


def _sums(colours: _Colours, node: npt.NDArray[np.int64], n_nodes: int) -> _Colours:
    """Sum of colours by node: the same for the same colours in any order."""
    sums = np.zeros(n_nodes, dtype=np.uint64)
    np.add.at(sums, node, colours)
    return sums


def _edge_labels(graph: Graph, sees: Sees) -> _Colours:
    """A colour for each edge, the same where its length, or its vector, is the same."""
    if not sees.startswith("vectors"):
        return _mixed(_ranks(graph.edges.distance_ang))
    labels = np.zeros(len(graph.edges.receiver), dtype=np.uint64)
    for component in graph.edges.vector_ang.T:
        labels = _mixed(labels ^ _ranks(component))
    return labels


def _scalar_products(graph: Graph) -> list[_Colours]:
    """For each site, the scalar products of its edges as colours, shape (n_edges, n_edges)."""
    edges = graph.edges
    starts = np.searchsorted(edges.receiver, np.arange(1, len(graph.sites)))
    products = [vectors @ vectors.T for vectors in np.split(edges.vector_ang, starts)]
    ranks = _mixed(_ranks(np.concatenate([p.ravel() for p in products]), _SAME_ANG2))
    ends = np.cumsum([product.size for product in products])[:-1]
    return [
        colours.reshape(product.shape)
        for colours, product in zip(np.split(ranks, ends), products, strict=True)
    ]


def _with_products(heard: _Colours, products: list[_Colours]) -> _Colours:
    """What comes along each edge, with what comes along the site's others and from where."""
    around, start = np.empty_like(heard), 0
    for product in products:
        own = slice(start, start + len(product))
        around[own] = _mixed(heard[own] ^ product).sum(axis=1)
        start = own.stop
    return _mixed(heard * _THREE + around)


def _ranks(values: Array, same: float = _SAME_ANG) -> _Colours:
    """Number of each value among the distinct ones.

    Values are distinct where a gap parts them: rounding would part equal ones at its borders.

    Example:
        >>> _ranks(np.array([2.0, 1.0, 2.0 + 1e-9])).tolist()
        [1, 0, 1]
    """
    order = np.argsort(values)
    ranks = np.empty(len(values), dtype=np.uint64)
    ranks[order] = np.cumsum(np.diff(values[order], prepend=values[order][:1]) > same)
    return ranks


def _mixed(values: _Colours) -> _Colours:
    """A permutation of the 64-bit numbers that scatters them (splitmix64, Steele et al. 2014).

    Sums of scattered numbers differ for different multisets but in one case of 2**64.
    """
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
