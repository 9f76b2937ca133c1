"""The export in BVEL13k's layout, read back by ASE, which did not write it."""

import csv

import numpy as np
import pytest

from ionladder.data.bvel_proto.crystals import PARTS, export_extxyz, structure
from ionladder.data.store import read_table
from ionladder.repo import Layout

ase_io = pytest.importorskip("ase.io", reason="needs ase (the extra `bvel`)")

pytestmark = pytest.mark.extra

VERSION = "1.2.0"
TARGETS = {"E_1D": "e_1d_ev", "E_2D": "e_2d_ev", "E_3D": "e_3d_ev"}


@pytest.fixture(scope="module")
def layout(repository):
    return Layout(repository)


@pytest.fixture(scope="module")
def folder(layout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bvel_proto")
    export_extxyz(layout, VERSION, folder)
    return folder


def rows(layout, name):
    return {r["id"]: r for r in read_table(layout, "bvel_proto", VERSION, name).to_pylist()}


def frames(folder, part):
    return ase_io.read(folder / f"bvel_proto_{part}.xyz", index=":", format="extxyz")


def test_index_and_structure_files_name_the_same_entries_in_the_same_parts(folder):
    with (folder / "bvel_proto_index.csv").open(encoding="utf-8", newline="") as stream:
        index = list(csv.DictReader(stream))

    assert list(index[0]) == ["material_id", "chemsys", "_split", "E_1D", "E_2D", "E_3D"]
    for part in PARTS:
        listed = [row["material_id"] for row in index if row["_split"] == part]
        assert listed == [atoms.info["material_id"] for atoms in frames(folder, part)]
        assert listed
    assert len({row["material_id"] for row in index}) == len(index)


def test_structures_and_labels_read_back_as_stored(layout, folder):
    entries, sites, labels = (rows(layout, n) for n in ("entries", "structures", "labels"))

    for atoms in frames(folder, "test"):
        entry = atoms.info["material_id"]
        stored = structure(entries[entry], sites[entry])
        assert list(atoms.symbols) == sites[entry]["species"]
        assert atoms.pbc.all()
        assert np.allclose(atoms.cell.array, stored.lattice.matrix, atol=1e-7)
        assert np.allclose(atoms.positions, stored.cart_coords, atol=1e-7)
        for key, column in TARGETS.items():
            barrier = labels[entry][column]
            expected = np.inf if barrier is None else barrier
            assert atoms.info[key] == expected
            assert atoms.info[f"{key}_x_nsites"] == pytest.approx(expected * len(atoms), abs=1e-4)
