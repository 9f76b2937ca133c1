"""Counts and distributions of BVEL-proto, for its manifest and the dataset card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from statistics import quantiles
from typing import Any

from ionladder.datasets.bvel_proto.barriers import BVLAIN_VERSION
from ionladder.datasets.bvel_proto.barriers import SETTINGS as BARRIERS
from ionladder.datasets.bvel_proto.draw import SETTINGS as DRAW
from ionladder.datasets.bvel_proto.generate import Generated
from ionladder.datasets.bvel_proto.splits import SPLITS
from ionladder.datasets.bvel_proto.substitution import SEED

Row = dict[str, Any]

_TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
_SUBSETS = ("train", "test")
_HISTOGRAM_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)
_NAMED = 3


def summarise(tables: Mapping[str, Sequence[Row]], made: Generated) -> dict[str, Any]:
    """How the version was made, what was left out, and how its labels are distributed."""
    labels = {row["id"]: row for row in tables["labels"]}
    entries = list(tables["entries"])
    return {
        "subsets": list(_SUBSETS),
        "counts": {
            "entries": len(entries),
            "chemical_systems": len({row["chemsys"] for row in entries}),
            "prototypes": len({row["prototype"] for row in entries}),
            "families": len({row["family"] for row in entries}),
            "binaries": sum(row["chemsys"].count("-") == 1 for row in entries),
            "sites": sum(row["n_sites"] for row in entries),
        },
        "generation": {
            "types_tried": made.n_types,
            "assignments_tried": made.n_tried,
            "left_out": {
                reason: {"count": len(names), "first": sorted(names)[:_NAMED]}
                for reason, names in sorted(made.rejected.items())
            },
        },
        "not_percolating": {t: sum(r[t] is None for r in labels.values()) for t in _TARGETS},
        "label_histogram": {
            "edges": list(_HISTOGRAM_EDGES_EV),
            **{target: _histogram([r[target] for r in labels.values()]) for target in _TARGETS},
        },
        "label_quantiles": {t: _quantiles([r[t] for r in labels.values()]) for t in _TARGETS},
        "dimensionality": _counted(row["dimensionality"] for row in labels.values()),
        "anion_class": _counted(row["anion_class"] for row in entries),
        "family": _families(entries, labels),
        "splits": {name: _split_sizes(tables["splits"], name) for name in SPLITS},
    }


def recipe() -> dict[str, Any]:
    """What the labels and structures follow from: the ``source`` of the manifest."""
    return {
        "generator": "ionladder bvel-proto generate",
        "seed": SEED,
        "structures": {
            **{one.name: getattr(DRAW, one.name) for one in fields(DRAW)},
            "shares": dict(DRAW.shares),
        },
        "labels": {
            "program": f"bvlain {BVLAIN_VERSION}",
            "mobile_ion": "Li1+",
            "r_cut_ang": BARRIERS.r_cut_ang,
            "resolution_ang": BARRIERS.resolution_ang,
            "max_neighbours": BARRIERS.max_neighbours,
            "encut_ev": BARRIERS.encut_ev,
        },
    }


def _families(entries: Sequence[Row], labels: Mapping[str, Row]) -> dict[str, Any]:
    """Family → number of entries and quantiles of each target, most frequent first."""
    members: dict[str, list[str]] = {}
    for row in entries:
        members.setdefault(row["family"], []).append(row["id"])
    order = sorted(members, key=lambda name: (-len(members[name]), name))
    return {
        name: {
            "entries": len(members[name]),
            **{t: _quantiles([labels[i][t] for i in members[name]]) for t in _TARGETS},
        }
        for name in order
    }


def _quantiles(values: Sequence[float | None]) -> dict[str, float | None]:
    """Smallest, quartiles and largest of the values that are there."""
    known = sorted(value for value in values if value is not None)
    names = ("min", "q25", "median", "q75", "max")
    if not known:
        return dict.fromkeys(names)
    inner = quantiles(known, n=4, method="inclusive") if len(known) > 1 else known * 3
    return {name: round(v, 4) for name, v in zip(names, (known[0], *inner, known[-1]), strict=True)}


def _histogram(values: Sequence[float | None]) -> list[int]:
    """Values with edges[i] <= value < edges[i + 1]."""
    edges = _HISTOGRAM_EDGES_EV
    known = [value for value in values if value is not None]
    return [sum(low <= value < high for value in known) for low, high in pairwise(edges)]


def _counted(values: Any) -> dict[str, int]:
    counts = Counter(values)
    return {name: counts[name] for name in sorted(counts, key=lambda n: (-counts[n], n))}


def _split_sizes(rows: Sequence[Row], name: str) -> list[int]:
    subsets = [row["subset"] for row in rows if row["split_name"] == name]
    return [subsets.count(subset) for subset in _SUBSETS]
