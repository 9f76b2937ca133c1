"""Crystal graphs as arrays, built once and kept in a cache that git ignores."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.baselines.graphs.neighbours import Edges, Reach, edges_of
from ionladder.baselines.graphs.sites import Arm, Sites, sites_of
from ionladder.repo import replacing

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

FORMAT = 1
_SITES = ("cell", "fractional", "node", "number", "share")
_EDGES = ("receiver", "sender", "vector_ang", "image")


@dataclass(frozen=True)
class Graph:
    """One crystal.

    Attributes:
        sites: Its nodes.
        edges: Its edges.
    """

    sites: Sites
    edges: Edges


def graphs_of(
    structures: pd.DataFrame, ids: Sequence[str], arm: Arm, reach: Reach, *, cache: Path | None
) -> dict[str, Graph]:
    """The graphs of some entries.

    Args:
        structures: Column ``cif_text``, indexed by id.
        ids: Entries with a structure.
        arm: What becomes of partial occupancies.
        reach: Which neighbours count.
        cache: Folder where graphs are kept between runs; None keeps none.

    Returns:
        Id → graph, in the order of ``ids``; a graph may be empty.
    """
    texts = {entry: str(structures.at[entry, "cif_text"]) for entry in ids}
    place = None if cache is None else cache / f"{_key(texts, arm, reach)}.npz"
    if place is not None and place.is_file():
        return _load(place, ids)
    built = {entry: make_graph(read_cif(texts[entry]), arm, reach) for entry in ids}
    if place is not None:
        with replacing(place) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **_packed(built))
    return built


def make_graph(structure: Structure, arm: Arm, reach: Reach) -> Graph:
    """The graph of one structure."""
    sites = sites_of(structure, arm)
    return Graph(sites, edges_of(sites, reach))


def read_cif(text: str) -> Structure:
    """The structure in a CIF, with its occupancies, in the cell that the CIF gives."""
    import warnings

    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ingest has put them into `parse_warnings`
        parser = CifParser.from_str(text, occupancy_tolerance=1.0)
        (found,) = parser.parse_structures(primitive=False, on_error="raise")
    return found


def _key(texts: Mapping[str, str], arm: Arm, reach: Reach) -> str:
    """Name of a cache file: whatever the graphs depend on."""
    digest = hashlib.sha256(f"{FORMAT} {arm} {reach}".encode())
    for entry in sorted(texts):
        digest.update(f"\n{entry}\n{texts[entry]}".encode())
    return digest.hexdigest()[:24]


def _packed(graphs: Mapping[str, Graph]) -> dict[str, np.ndarray]:
    packed: dict[str, np.ndarray] = {"ids": np.array(list(graphs))}
    for part, names in (("sites", _SITES), ("edges", _EDGES)):
        for name in names:
            arrays = [getattr(getattr(graph, part), name) for graph in graphs.values()]
            packed[name] = np.concatenate(arrays)
            packed[f"{name}_sizes"] = np.array([len(array) for array in arrays])
    return packed


def _load(place: Path, ids: Sequence[str]) -> dict[str, Graph]:
    with np.load(place, allow_pickle=False) as packed:
        known = packed["ids"].tolist()
        parts = {
            name: np.split(packed[name], np.cumsum(packed[f"{name}_sizes"])[:-1])
            for name in (*_SITES, *_EDGES)
        }
    graphs = {
        entry: Graph(
            Sites(*(parts[name][row] for name in _SITES)),
            Edges(*(parts[name][row] for name in _EDGES)),
        )
        for row, entry in enumerate(known)
    }
    return {entry: graphs[entry] for entry in ids}
