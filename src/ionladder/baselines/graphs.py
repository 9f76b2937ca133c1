"""Crystals as graphs: sites, their neighbours, and which sites a network cannot tell apart.

A site may be shared by several species, or be partly empty, and graph networks of the OBELiX paper
know one species a site. Three ways, called arms, make nodes of such sites:

``rounded``
    Each occupancy to the nearest whole number, halves to the even one as numpy does; sites on which
    nothing is left are dropped, which takes all lithium out of 77 of the 254 training crystals.
    The paper's way (Therrien et al. 2025, section 4.2).
``majority``
    Each site goes to its most abundant species; vacancies are passed over, so no site is dropped.
``weighted``
    Each site keeps all its species: its embedding is the mean of theirs and of a vacancy's,
    weighted by occupancy.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from ionladder.specs import Array

Arm = Literal["rounded", "majority", "weighted"]
ARMS: tuple[Arm, ...] = get_args(Arm)
#: What a network takes from edges; the more it sees, the more sites it tells apart.
Sees = Literal["distances", "angles", "vectors", "vectors and handedness"]
#: Stands for an empty place where atomic numbers do for species.
VACANCY = 0

Integers = npt.NDArray[np.int64]
_Colours = npt.NDArray[np.uint64]
_WHOLE = 1e-6
_SAME_SHELL_ANG = 1e-3
_NOWHERE_ANG = 1e-8
_SAME_ANG = 1e-5
_SAME_ANG2 = 1e-6
_SHARES = 1e6
_SYMMETRIC_ANG = 1e-4
_SAME_PLACE_ANG = 1e-2
_THREE = np.uint64(3)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Which neighbours a model looks at.

    Attributes:
        cutoff_ang: Largest distance, Å.
        nearest: Exactly so many neighbours, the nearest. Of equally distant ones those come first
            that sit on sites of one kind, so that neither the cell nor the order of sites decides;
            None for all within the cutoff.
    """

    cutoff_ang: float
    nearest: int | None = None


@dataclass(frozen=True)
class Graph:
    """One crystal with a node for every site.

    Attributes:
        cell: Lattice vectors as rows, Å, shape (3, 3).
        fractional: Positions of the nodes, shape (n, 3).
        node: Node of each share, ascending, shape (n_shares,).
        number: Atomic number of each share; ``VACANCY`` for emptiness.
        share: Part of the node, shape (n_shares,); the shares of a node sum to 1.
        receiver: Node that listens, ascending, shape (n_edges,).
        sender: Node whose image is listened to.
        vector_ang: From receiver to sender's image, Å, shape (n_edges, 3).
    """

    cell: Array
    fractional: Array
    node: Integers
    number: Integers
    share: Array
    receiver: Integers
    sender: Integers
    vector_ang: Array

    def __len__(self) -> int:
        return len(self.fractional)


@dataclass(frozen=True)
class Kinds:
    """One crystal as a network reads it: kinds of sites instead of sites.

    Attributes:
        count: Sites of the cell that each kind stands for, shape (n_kinds,).
        node: Kind of each share, ascending, shape (n_shares,).
        number: Atomic number of each share, 0 for emptiness.
        share: Part of its kind; the shares of a kind sum to 1.
        receiver: Kind that listens, ascending, shape (n_edges,).
        sender: Kind listened to.
        vector_ang: From the receiver to this image of the sender, Å, shape (n_edges, 3).
        like: Kind that has the features of each kind but for a rotation; itself in most cases.
        turn: The rotation from there, shape (n_kinds, 3, 3).
    """

    count: Integers
    node: Integers
    number: Integers
    share: Array
    receiver: Integers
    sender: Integers
    vector_ang: Array
    like: Integers
    turn: Array

    def __len__(self) -> int:
        return len(self.count)

    @property
    def is_usable(self) -> bool:
        """Whether a network can read it: it has a site, and a site that hears another."""
        return len(self) > 0 and len(self.receiver) > 0


@lru_cache(maxsize=4096)
def kinds_of_cif(text: str, arm: Arm, reach: Reach, sees: Sees) -> Kinds:
    """A CIF as a network reads it; computed once a process."""
    return kinds_of(make_graph(read_cif(text), arm, reach), sees)


def read_cif(text: str) -> Structure:
    """The structure in a CIF, with its occupancies, in the cell that the CIF gives."""
    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ingest has put them into `parse_warnings`
        parser = CifParser.from_str(text, occupancy_tolerance=1.0)
        (found,) = parser.parse_structures(primitive=False, on_error="raise")
    return found


def make_graph(structure: Structure, arm: Arm, reach: Reach) -> Graph:
    """The graph of a structure; without a node where rounding leaves nothing.

    Args:
        structure: As read from the CIF; oxidation states are passed over.
        arm: What becomes of partial occupancies.
        reach: Which neighbours count.

    Example:
        One site that is 60 % Li gives Li in every arm; with the weights Li 0.6 and emptiness 0.4 in
        the third. One that is 40 % Li is dropped by the first.
    """
    kept, shares = site_shares(structure, arm)
    fractional = np.asarray(structure.frac_coords, dtype=np.float64)[kept].reshape(-1, 3)
    cell = np.asarray(structure.lattice.matrix, dtype=np.float64)
    graph = Graph(
        cell=cell,
        fractional=fractional,
        node=np.array([row for row, share in enumerate(shares) for _ in share], dtype=np.int64),
        number=np.array([number for share in shares for number in share], dtype=np.int64),
        share=np.array([part for share in shares for part in share.values()], dtype=np.float64),
        **_edges(cell, fractional, reach),
    )
    return graph if reach.nearest is None or not len(graph) else _exactly(graph, reach.nearest)


def _exactly(graph: Graph, nearest: int) -> Graph:
    """The graph with so many edges a site, given those at the distance of the last one as well."""
    rank = _ranks(np.linalg.norm(graph.vector_ang, axis=1))
    order = np.lexsort((_colours(graph, "distances")[graph.sender], rank, graph.receiver))
    receiver = graph.receiver[order]
    order = order[np.arange(len(order)) - np.searchsorted(receiver, receiver) < nearest]
    edges = {name: getattr(graph, name)[order] for name in ("receiver", "sender", "vector_ang")}
    return replace(graph, **edges)


def site_shares(structure: Structure, arm: Arm) -> tuple[list[int], list[dict[int, float]]]:
    """Sites that become nodes, and the shares of each: atomic number → part, summing to 1."""
    shares = [_shares(site.species, arm) for site in structure]
    kept = [place for place, share in enumerate(shares) if share]
    return kept, [shares[place] for place in kept]


def _shares(species: object, arm: Arm) -> dict[int, float]:
    found: dict[int, float] = {}
    for one, amount in species.items():  # type: ignore[attr-defined]
        found[int(one.Z)] = found.get(int(one.Z), 0.0) + float(amount)
    found = dict(sorted(found.items()))
    if arm == "weighted":
        total = sum(found.values())
        if total <= 1.0 - _WHOLE:
            return {VACANCY: 1.0 - total, **found}
        return {number: amount / total for number, amount in found.items()}
    if arm == "rounded":
        found = {number: amount for number, amount in found.items() if np.round(amount) >= 1}
    if not found:
        return {}
    # The most abundant species; of equals the lightest.
    return {max(found, key=lambda number: (found[number], -number)): 1.0}


def _edges(cell: Array, fractional: Array, reach: Reach) -> dict[str, np.ndarray]:
    """The edges of a crystal by name of the attribute; none where it has no site."""
    from pymatgen.optimization.neighbors import find_points_in_spheres

    if not len(fractional):
        nothing = np.empty(0, dtype=np.int64)
        return {"receiver": nothing, "sender": nothing, "vector_ang": np.empty((0, 3))}
    places = np.ascontiguousarray(fractional @ cell)
    receiver, sender, image, distance = find_points_in_spheres(
        places,
        places,
        r=float(reach.cutoff_ang),
        pbc=np.ones(3, dtype=np.int64),
        lattice=np.ascontiguousarray(cell),
        tol=_NOWHERE_ANG,
    )
    order = np.lexsort((sender, distance, receiver))
    order = order[(receiver[order] != sender[order]) | (distance[order] > _NOWHERE_ANG)]
    receiver, sender, distance, image = (x[order] for x in (receiver, sender, distance, image))
    if reach.nearest is not None:
        starts = np.flatnonzero(np.diff(receiver, prepend=-1))
        sizes = np.diff(starts, append=len(receiver))
        last = distance[starts + np.minimum(sizes, reach.nearest) - 1]
        kept = distance <= np.repeat(last, sizes) + _SAME_SHELL_ANG
        receiver, sender, image = receiver[kept], sender[kept], image[kept]
    return {
        "receiver": receiver.astype(np.int64),
        "sender": sender.astype(np.int64),
        "vector_ang": places[sender] + image.astype(np.int64) @ cell - places[receiver],
    }


# Sites that no network can tell apart, taken once: the same predictions for a tenth of the work.
#
# A message-passing network gives two sites the same features when they hold the same species and
# their neighbours, at the same distances, have the same features too. Colour refinement (Weisfeiler
# and Leman, 1968, with distances on the edges) finds the classes: a site's colour begins as its
# species and becomes, round after round, the colours of its neighbours with their distances, until
# no class splits any more. One site of each class stands for all and keeps all its edges, each to
# the class of its sender; a mean over sites becomes a mean over classes weighted by their size.
#
# For a network that sees angles (M3GNet), sites are alike when the scalar products of their edges
# agree as well. For those that carry vectors from site to site (PaiNN, SO3Net) the label of an edge
# is its vector, and the classes are sites that a lattice translation takes into each other. Classes
# are always those of the crystal, not of the cell it is written in.


def every_site(graph: Graph) -> Kinds:
    """Each site as a kind of its own."""
    n = len(graph)
    names = ("node", "number", "share", "receiver", "sender", "vector_ang")
    return Kinds(
        count=np.ones(n, dtype=np.int64),
        like=np.arange(n),
        turn=np.broadcast_to(np.eye(3), (n, 3, 3)),
        **{name: getattr(graph, name) for name in names},
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
    if not len(graph):
        return every_site(graph)
    _, first, kind, count = np.unique(
        _colours(graph, sees), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)  # kinds in the order in which the cell names their first sites
    kind, n_kinds = np.argsort(order)[kind].astype(np.int64), len(first)
    stands = np.full(len(graph), -1, dtype=np.int64)
    stands[first[order]] = np.arange(n_kinds)
    listens, has_share = stands[graph.receiver] >= 0, stands[graph.node] >= 0
    kinds = Kinds(
        count=count[order],
        node=stands[graph.node[has_share]],
        number=graph.number[has_share],
        share=graph.share[has_share],
        receiver=stands[graph.receiver[listens]],
        sender=kind[graph.sender[listens]],
        vector_ang=graph.vector_ang[listens],
        like=np.arange(n_kinds),
        turn=np.broadcast_to(np.eye(3), (n_kinds, 3, 3)),
    )
    if not sees.startswith("vectors"):
        return kinds
    species = _species_colours(graph)
    return _turned(kinds, graph, kind, first[order], species, mirrors=sees == "vectors")


def _colours(graph: Graph, sees: Sees) -> _Colours:
    """A number for each site, the same for sites that a network cannot tell apart."""
    labels, colours, n_kinds = _edge_labels(graph, sees), _species_colours(graph), 0
    products = _scalar_products(graph) if sees == "angles" else []
    while len(np.unique(colours)) > n_kinds:
        n_kinds = len(np.unique(colours))
        heard = _mixed(colours[graph.sender] ^ labels)
        if products:
            heard = _with_products(heard, products)
        colours = _mixed(colours * _THREE + _sums(heard, graph.receiver, len(colours)))
    return colours


def _species_colours(graph: Graph) -> _Colours:
    parts = np.round(graph.share * _SHARES).astype(np.uint64)
    colours = _mixed(graph.number.astype(np.uint64) << np.uint64(32) | parts)
    return _mixed(_sums(colours, graph.node, len(graph)))


def _sums(colours: _Colours, node: Integers, n_nodes: int) -> _Colours:
    """Sum of colours by node: the same for the same colours in any order."""
    sums = np.zeros(n_nodes, dtype=np.uint64)
    np.add.at(sums, node, colours)
    return sums


def _edge_labels(graph: Graph, sees: Sees) -> _Colours:
    """A colour for each edge, the same where its length, or its vector, is the same."""
    if not sees.startswith("vectors"):
        return _mixed(_ranks(np.linalg.norm(graph.vector_ang, axis=1)))
    labels = np.zeros(len(graph.receiver), dtype=np.uint64)
    for component in graph.vector_ang.T:
        labels = _mixed(labels ^ _ranks(component))
    return labels


def _scalar_products(graph: Graph) -> list[_Colours]:
    """For each site, the scalar products of its edges as colours, shape (n_edges, n_edges)."""
    starts = np.searchsorted(graph.receiver, np.arange(1, len(graph)))
    products = [vectors @ vectors.T for vectors in np.split(graph.vector_ang, starts)]
    ranks = _mixed(_ranks(np.concatenate([product.ravel() for product in products]), _SAME_ANG2))
    parts = np.split(ranks, np.cumsum([product.size for product in products])[:-1])
    return [part.reshape(product.shape) for part, product in zip(parts, products, strict=True)]


def _with_products(heard: _Colours, products: list[_Colours]) -> _Colours:
    """What comes along each edge, with what comes along the site's others and from where."""
    parts = np.split(heard, np.cumsum([len(product) for product in products])[:-1])
    pairs = zip(parts, products, strict=True)
    around = [_mixed(part ^ product).sum(axis=1) for part, product in pairs]
    return _mixed(heard * _THREE + np.concatenate(around))


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


def _turned(
    kinds: Kinds, graph: Graph, kind: Integers, first: Integers, species: _Colours, *, mirrors: bool
) -> Kinds:
    """Let one kind of each orbit of the space group stand for the others.

    The vectors of an equivariant network turn with the crystal: where an operation with rotation
    ``R`` takes site ``i`` into ``j``, the vectors at ``j`` are those at ``i``, turned by ``R``.

    Args:
        kinds: Sites up to lattice translations.
        graph: The whole crystal.
        kind: Kind of each site.
        first: First site of each kind.
        species: What each site holds, as a number.
        mirrors: Whether operations that change left into right count too; not for networks whose
            features know left from right.

    Returns:
        The same nodes; edges remain at those that stand for an orbit, and only they have a count.
    """
    rotations, translations = _operations(graph, species)
    matrix = np.linalg.inv(graph.cell) @ rotations.transpose(0, 2, 1) @ graph.cell
    if not mirrors:
        proper = np.linalg.det(matrix) > 0
        rotations, translations, matrix = rotations[proper], translations[proper], matrix[proper]
    like = np.full(len(kinds), -1, dtype=np.int64)
    turn = np.zeros((len(kinds), 3, 3))
    for one in range(len(kinds)):
        if like[one] >= 0:
            continue
        like[one], turn[one] = one, np.eye(3)
        images = rotations @ graph.fractional[first[one]] + translations
        apart = images[:, None] - graph.fractional[None]
        lengths = np.linalg.norm((apart - np.round(apart)) @ graph.cell, axis=-1)
        operation, site = np.nonzero(lengths < _SAME_PLACE_ANG)
        reached, index = np.unique(kind[site], return_index=True)
        fresh = like[reached] < 0
        like[reached[fresh]] = one
        turn[reached[fresh]] = matrix[operation[index[fresh]]].transpose(0, 2, 1)
    heard = (like == np.arange(len(kinds)))[kinds.receiver]
    return replace(
        kinds,
        count=np.bincount(like, weights=kinds.count, minlength=len(kinds)).astype(np.int64),
        receiver=kinds.receiver[heard],
        sender=kinds.sender[heard],
        vector_ang=kinds.vector_ang[heard],
        like=like,
        turn=turn,
    )


def _operations(graph: Graph, species: _Colours) -> tuple[Array, Array]:
    """Rotations, shape (n, 3, 3), and translations, shape (n, 3), of fractional coordinates."""
    import spglib

    _, numbers = np.unique(species, return_inverse=True)
    crystal = (graph.cell.tolist(), graph.fractional.tolist(), numbers.tolist())
    found = spglib.get_symmetry(crystal, symprec=_SYMMETRIC_ANG)
    if found is None:
        return np.eye(3)[None], np.zeros((1, 3))
    return found["rotations"].astype(float), found["translations"]
