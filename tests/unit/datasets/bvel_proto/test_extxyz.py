"""The export in BVEL13k's layout, read back by ASE, which did not write it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ionladder.data.bvel_proto.generate import PARTS, export_extxyz
from ionladder.data.bvel_proto.tables import structure_of
from ionladder.data.store import read_table
from ionladder.repo import Layout

ase_io = pytest.importorskip("ase.io", reason="needs ase (the extra `bvel`)")

VERSION = "1.1.0"
TARGETS = {"E_1D": "e_1d_ev", "E_2D": "e_2d_ev", "E_3D": "e_3d_ev"}


@pytest.fixture(scope="module")
def layout(repository: Path) -> Layout:
    return Layout(repository)


@pytest.fixture(scope="module")
def folder(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bvel_proto")
    export_extxyz(layout, VERSION, folder)
    return folder


def rows(layout: Layout, name: str) -> dict[str, dict[str, object]]:
    return {r["id"]: r for r in read_table(layout, "bvel_proto", VERSION, name).to_pylist()}


def frames(folder: Path, part: str) -> list[object]:
    return ase_io.read(folder / f"bvel_proto_{part}.xyz", index=":", format="extxyz")


def test_index_and_structure_files_name_the_same_entries_in_the_same_parts(folder: Path) -> None:
    with (folder / "bvel_proto_index.csv").open(encoding="utf-8", newline="") as stream:
        index = list(csv.DictReader(stream))

    assert list(index[0]) == ["material_id", "chemsys", "_split", "E_1D", "E_2D", "E_3D"]
    for part in PARTS:
        listed = [row["material_id"] for row in index if row["_split"] == part]
        assert listed == [atoms.info["material_id"] for atoms in frames(folder, part)]
        assert listed
    assert len({row["material_id"] for row in index}) == len(index)


def test_no_chemical_system_is_in_both_training_and_test(folder: Path) -> None:
    with (folder / "bvel_proto_index.csv").open(encoding="utf-8", newline="") as stream:
        systems = {
            part: {row["chemsys"] for row in csv.DictReader(stream) if row["_split"] == part}
            for part in ("test",)
        }
    with (folder / "bvel_proto_index.csv").open(encoding="utf-8", newline="") as stream:
        others = {row["chemsys"] for row in csv.DictReader(stream) if row["_split"] != "test"}

    assert not systems["test"] & others


def test_structures_and_labels_read_back_as_stored(layout: Layout, folder: Path) -> None:
    entries, sites, labels = (rows(layout, n) for n in ("entries", "structures", "labels"))

    for atoms in frames(folder, "test"):
        entry = atoms.info["material_id"]
        stored = structure_of(entries[entry], sites[entry])
        assert list(atoms.symbols) == sites[entry]["species"]
        assert atoms.pbc.all()
        assert np.allclose(atoms.cell.array, stored.lattice.matrix, atol=1e-7)
        assert np.allclose(atoms.positions, stored.cart_coords, atol=1e-7)
        for key, column in TARGETS.items():
            barrier = labels[entry][column]
            expected = np.inf if barrier is None else barrier
            assert atoms.info[key] == expected
            assert atoms.info[f"{key}_x_nsites"] == pytest.approx(expected * len(atoms), abs=1e-4)


def test_every_line_has_the_properties_of_bvel13k(folder: Path) -> None:
    lines = (folder / "bvel_proto_val.xyz").read_text(encoding="utf-8").splitlines()
    headers = [line for line in lines if line.startswith("Lattice=")]

    assert headers
    for header in headers:
        assert "Properties=species:S:1:pos:R:3 " in header
        assert header.endswith('pbc="T T T"')


def test_the_loader_of_bvel13k_reads_the_export(
    folder: Path, layout: Layout, tmp_path: Path
) -> None:
    data = pytest.importorskip("litraj.data", reason="needs litraj (`make test-bvel` installs it)")
    # The loader knows its own dataset's name only.
    (tmp_path / "BVEL13k").mkdir()
    for path in folder.iterdir():
        name = path.name.replace("bvel_proto", "BVEL13k")
        (tmp_path / "BVEL13k" / name).write_bytes(path.read_bytes())

    *parts, index = data.load_data("BVEL13k", str(tmp_path))

    labels = rows(layout, "labels")
    assert [len(part) for part in parts] == [(index["_split"] == part).sum() for part in PARTS]
    assert sum(map(len, parts)) == len(index) == len(labels)
    for atoms in parts[2]:
        expected = labels[atoms.info["material_id"]]
        for name, target in TARGETS.items():
            label = np.inf if expected[target] is None else expected[target]
            assert atoms.info[name] == pytest.approx(label, abs=5e-5)
