"""BVEL-proto's structures, put together from cell, species and coordinates."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.data.store import read_table
from ionladder.repo import Layout, write_text

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Row = dict[str, Any]

CELL = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")
PARTS = ("train", "val", "test")
_NAME, _SPLIT = "bvel_proto", "chemsys"
_TARGETS = {"E_1D": "e_1d_ev", "E_2D": "e_2d_ev", "E_3D": "e_3d_ev"}


def structure(entry: Row, row: Row) -> Structure:
    """The sites of the cell, with oxidation states.

    Args:
        entry: Its row in ``entries``.
        row: Its row in ``structures``.
    """
    flat = row["frac_coords"]
    positions = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    ions = zip(row["species"], row["charges"], strict=True)
    return make_structure([entry[name] for name in CELL], ions, positions)


def make_structure(
    cell: Iterable[float], ions: Iterable[tuple[str, int]], frac_coords: Iterable[Iterable[float]]
) -> Structure:
    """A structure with oxidation states.

    Args:
        cell: a, b, c in Å and α, β, γ in degrees.
        ions: Element and charge of every site.
        frac_coords: Fractional coordinates of every site.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    species = [Species(symbol, charge) for symbol, charge in ions]
    return Structure(Lattice.from_parameters(*cell), species, [list(xyz) for xyz in frac_coords])


def cif(entry: Row, row: Row) -> str:
    """A CIF of the whole cell in P1, with oxidation states."""
    from pymatgen.io.cif import CifWriter

    return str(CifWriter(structure(entry, row)))


def export_extxyz(layout: Layout, version: str, folder: Path) -> list[Path]:
    """Write an index and three extended XYZ files, in the layout of BVEL13k.

    The validation part is the first fold of the primary split.

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
    part = {r["id"]: r["subset"] for r in tables["splits"] if r["split_name"] == _SPLIT}
    first = {"scheme": _SPLIT, "repeat": 0, "fold": 0}
    part |= {r["id"]: "val" for r in tables["folds"] if first.items() <= r.items()}
    labels = {
        row["id"]: {
            key: "inf" if row[column] is None else f"{row[column]:.4f}"
            for key, column in _TARGETS.items()
        }
        for row in tables["labels"]
    }
    sites = {row["id"]: row for row in tables["structures"]}
    index = io.StringIO()
    writer = csv.writer(index, lineterminator="\n")
    writer.writerow(["material_id", "chemsys", "_split", *_TARGETS])
    frames: dict[str, list[str]] = {name: [] for name in PARTS}
    for entry in tables["entries"]:
        name = entry["id"]
        writer.writerow([name, entry["chemsys"], part[name], *labels[name].values()])
        frames[part[name]].append(_frame(entry, sites[name], labels[name]))
    texts = {"index.csv": index.getvalue()}
    texts |= {f"{name}.xyz": "".join(frames[name]) for name in PARTS}
    paths = {folder / f"{_NAME}_{name}": text for name, text in texts.items()}
    for path, text in paths.items():
        write_text(path, text)
    return list(paths)


def _frame(entry: Row, row: Row, labels: dict[str, str]) -> str:
    """One structure: number of sites, one line of properties, one line a site."""
    crystal = structure(entry, row)
    lattice = " ".join(f"{value:.8f}" for value in crystal.lattice.matrix.ravel())
    times_sites = {
        f"{key}_x_nsites": "inf" if text == "inf" else f"{float(text) * len(crystal):.4f}"
        for key, text in labels.items()
    }
    info = {"material_id": entry["id"], **labels, **times_sites}
    properties = " ".join(f"{key}={value}" for key, value in info.items())
    head = f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 {properties} pbc="T T T"'
    lines = [str(len(crystal)), head]
    for symbol, (x, y, z) in zip(row["species"], crystal.cart_coords, strict=True):
        lines.append(f"{symbol:<2} {x:16.8f} {y:16.8f} {z:16.8f}")
    return "\n".join(lines) + "\n"
