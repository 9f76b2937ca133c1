"""Counts and distributions of a version, for its manifest and the dataset card."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ionladder.datasets.litraj.overlap import Overlap
from ionladder.datasets.litraj.release import Release
from ionladder.datasets.litraj.splitting import SUBSET

SUBSETS = ("train", "test")
_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)


def summarise(
    release: Release, labels: Mapping[str, Sequence[float | None]], overlap: Overlap
) -> dict[str, Any]:
    """What the card says of an archive of labelled structures.

    Counts per subset are lists in the order of ``subsets``. Bin i of the histogram holds labels
    with ``edges[i] <= label < edges[i + 1]``; it has one series a target, or one a subset where
    there is only one target.

    Args:
        release: What was read.
        labels: Target → label of every frame, eV, None where it is missing.
        overlap: Materials in several parts.
    """
    subset = [SUBSET[head.part] for head in release.heads]
    entries = Counter(subset)
    return {
        "subsets": list(SUBSETS),
        "counts": {
            "entries": [entries[name] for name in SUBSETS],
            "materials": _distinct(subset, [release.material(h) for h in release.heads]),
            "chemical_systems": _distinct(subset, [h.composition.chemsys for h in release.heads]),
            "atoms": [
                sum(h.composition.n_atoms for h in release.heads if SUBSET[h.part] == name)
                for name in SUBSETS
            ],
        },
        "parts": dict(Counter(head.part for head in release.heads)),
        "missing_labels": {t: sum(v is None for v in values) for t, values in labels.items()},
        "label_histogram": _histogram(subset, labels),
        "anion_class": dict(Counter(h.composition.anion_class for h in release.heads)),
        "material_overlap": overlap.summary,
    }


def _distinct(subset: Sequence[str], names: Sequence[str]) -> list[int]:
    pairs = set(zip(subset, names, strict=True))
    return [sum(one == name for one, _ in pairs) for name in SUBSETS]


def _histogram(
    subset: Sequence[str], labels: Mapping[str, Sequence[float | None]]
) -> dict[str, Any]:
    largest = max((v for values in labels.values() for v in values if v is not None), default=0)
    edges = [*_EDGES_EV, math.ceil(largest) + 1] if largest >= _EDGES_EV[-1] else [*_EDGES_EV]
    if len(labels) > 1:
        return {"edges": edges, **{t: _counted(values, edges) for t, values in labels.items()}}
    (values,) = labels.values()
    both = list(zip(subset, values, strict=True))
    return {
        "edges": edges,
        **{name: _counted([v for one, v in both if one == name], edges) for name in SUBSETS},
    }


def _counted(values: Sequence[float | None], edges: Sequence[float]) -> list[int]:
    known = [value for value in values if value is not None]
    return [sum(low <= value < high for value in known) for low, high in pairwise(edges)]
