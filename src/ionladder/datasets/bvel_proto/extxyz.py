"""BVEL-proto in the layout of BVEL13k: an index and three extended XYZ files.

``bvel_proto_index.csv`` (``BVEL13k_index.csv`` there) holds material_id, chemsys, _split, E_1D,
E_2D and E_3D. ``*_train.xyz``, ``*_val.xyz`` and ``*_test.xyz`` hold the structures with
material_id, the barriers in eV (four decimals) and the barriers times the number of sites. The
held-out part is the primary split's; ``val`` is the first fold of the first repeat of the scheme of
the same name. A barrier that is missing is written ``inf``, as BVlain writes it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ionladder.core.files import write_text
from ionladder.core.paths import Layout
from ionladder.datasets.bvel_proto.splits import PRIMARY
from ionladder.datasets.bvel_proto.tables import structure_of
from ionladder.datasets.load import read_table

Row = dict[str, Any]

PARTS = ("train", "val", "test")
_NAME = "bvel_proto"
_TARGETS = {"E_1D": "e_1d_ev", "E_2D": "e_2d_ev", "E_3D": "e_3d_ev"}


def export_extxyz(layout: Layout, version: str, folder: Path) -> list[Path]:
    """Write the index and the three structure files.

    Args:
        layout: The repository.
        version: The version to write.
        folder: Where to; made when it is not there.

    Returns:
        The files written.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    tables = {
        name: read_table(layout, _NAME, version, name).to_pylist()
        for name in ("entries", "structures", "labels", "splits", "folds")
    }
    part = _parts(tables)
    sites = {row["id"]: row for row in tables["structures"]}
    labels = {row["id"]: _written(row) for row in tables["labels"]}
    frames: dict[str, list[str]] = {name: [] for name in PARTS}
    for entry in tables["entries"]:
        name = entry["id"]
        frames[part[name]].append(_frame(entry, sites[name], labels[name]))
    paths = [folder / f"{_NAME}_index.csv"]
    write_text(paths[0], _index(tables["entries"], labels, part))
    for name in PARTS:
        paths.append(folder / f"{_NAME}_{name}.xyz")
        write_text(paths[-1], "".join(frames[name]))
    return paths


def _parts(tables: Mapping[str, list[Row]]) -> dict[str, str]:
    """Id → train, val or test."""
    part = {r["id"]: r["subset"] for r in tables["splits"] if r["split_name"] == PRIMARY}
    held_out = {
        row["id"]
        for row in tables["folds"]
        if row["scheme"] == PRIMARY and row["repeat"] == 0 and row["fold"] == 0
    }
    return {entry: "val" if entry in held_out else name for entry, name in part.items()}


def _written(row: Row) -> dict[str, str]:
    """The barriers as text."""
    return {
        key: "inf" if row[column] is None else f"{row[column]:.4f}"
        for key, column in _TARGETS.items()
    }


def _frame(entry: Row, sites: Row, labels: Mapping[str, str]) -> str:
    """One structure: number of sites, one line of properties, one line a site."""
    structure = structure_of(entry, sites)
    lattice = " ".join(f"{value:.8f}" for value in structure.lattice.matrix.ravel())
    times_sites = {
        f"{key}_x_nsites": "inf" if text == "inf" else f"{float(text) * len(structure):.4f}"
        for key, text in labels.items()
    }
    info = {"material_id": entry["id"], **labels, **times_sites}
    properties = " ".join(f"{key}={value}" for key, value in info.items())
    lines = [
        str(len(structure)),
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 {properties} pbc="T T T"',
    ]
    for symbol, (x, y, z) in zip(sites["species"], structure.cart_coords, strict=True):
        lines.append(f"{symbol:<2} {x:16.8f} {y:16.8f} {z:16.8f}")
    return "\n".join(lines) + "\n"


def _index(
    entries: list[Row], labels: Mapping[str, Mapping[str, str]], part: Mapping[str, str]
) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["material_id", "chemsys", "_split", *_TARGETS])
    for entry in entries:
        name = entry["id"]
        writer.writerow([name, entry["chemsys"], part[name], *labels[name].values()])
    return stream.getvalue()
