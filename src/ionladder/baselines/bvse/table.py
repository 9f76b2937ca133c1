"""Barriers of all CIFs of a task, each computed once and kept in a cache that git ignores."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ionladder.baselines.bvse.treatment import UntreatableError, decorated
from ionladder.baselines.feature_cache import feature_cache
from ionladder.baselines.graphs.graph import read_cif
from ionladder.data.bond_valence import BVLAIN_VERSION, SETTINGS, barriers_of
from ionladder.data.registry import get_task
from ionladder.errors import IngestError
from ionladder.repo import read_json, sha256_bytes, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ionladder.data.store import TaskInputs

BARRIERS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
REASON = "reason"
_FORMAT = 1
_FILE = "bvse-barriers.json"


def barriers_of_inputs(inputs: TaskInputs) -> pd.DataFrame:
    """:func:`barrier_table` of all entries of a task; each has a CIF."""
    if inputs.structures is None:
        msg = "the task has no structures"
        raise ValueError(msg)
    return barrier_table(inputs.structures, cache=feature_cache())


def barrier_table(structures: pd.DataFrame, *, cache: Path | None) -> pd.DataFrame:
    """Barriers of 1-, 2- and 3-dimensional percolation of Li through every crystal.

    They are defined as the labels of BVEL-proto are: BVlain's force field on a grid of 0.2 Å.
    As there, a barrier is clipped at 6 eV, and one that does not exist below 20 eV counts 6 eV.

    Args:
        structures: Column ``cif_text``, indexed by id.
        cache: Folder where barriers are kept between runs; None keeps none.

    Returns:
        Indexed like ``structures``: ``e_1d_ev``, ``e_2d_ev``, ``e_3d_ev``, eV, NaN where the
        crystal cannot be treated, and ``reason``, why it cannot, empty where it can.
    """
    place = None if cache is None else cache / _FILE
    known: dict[str, Any] = read_json(place) if place is not None and place.is_file() else {}
    rows = []
    for text in structures["cif_text"]:
        key = _key(text)
        if key not in known:
            known[key] = _row(text)
            if place is not None:  # after every crystal, so that a break costs only one
                write_json(place, known)
        rows.append(known[key])
    table = pd.DataFrame(rows, index=structures.index, columns=[*BARRIERS, REASON])
    return table.astype(dict.fromkeys(BARRIERS, float))


def coverage(table: pd.DataFrame) -> Mapping[str, int]:
    """How many crystals cannot be treated, by reason."""
    reasons = table.loc[table[REASON] != "", REASON]
    return {str(reason): int(count) for reason, count in reasons.value_counts().items()}


def _key(text: str) -> str:
    return sha256_bytes(f"{_FORMAT} {BVLAIN_VERSION} {SETTINGS}\n{text}".encode())


@lru_cache(maxsize=1024)
def _row(text: str) -> dict[str, Any]:
    try:
        found = barriers_of(decorated(read_cif(text)))
    except UntreatableError as error:
        return {**dict.fromkeys(BARRIERS), REASON: str(error)}
    except IngestError:
        return {**dict.fromkeys(BARRIERS), REASON: "ion without parameters"}
    clip = get_task("bvel-proto").primary_use.options["clip"]
    clipped = [clip if e is None else min(e, clip) for e in found.as_tuple()]
    return {**dict(zip(BARRIERS, clipped, strict=True)), REASON: ""}
