"""BVEL13k and nebBVSE122k from archives in upstream's layout, and every way in which one is bad."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from li3po4 import CELL, FRACTIONS, SYMBOLS, structure
from miniature import (
    LI3PO4,
    LI3PO4_EV,
    LI3PO4_HOPS_EV,
    Miniature,
    build,
    bvel13k,
    changed,
    nebbvse122k,
    relabelled,
    rows,
)
from writing import write_zip

from ionladder.data.bond_valence import barriers_of
from ionladder.data.litraj import ingest
from ionladder.data.store import BuiltVersion
from ionladder.errors import IngestError
from unit.data.bvlain_here import needs_bvlain

BOTH = pytest.mark.parametrize("make", [bvel13k, nebbvse122k], ids=["bvel13k", "nebbvse122k"])
Make = Callable[[], Miniature]


def refused(miniature: Miniature, folder: Path) -> str:
    with pytest.raises(IngestError) as caught:
        build(miniature, folder)
    return str(caught.value)


def by_id(built: BuiltVersion, table: str) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows(built.tables[table])}


def detail(built: BuiltVersion, name: str) -> str:
    return next(check.detail for check in built.checks if check.name == name)


@BOTH
def test_every_entry_has_a_label_a_place_in_the_split_and_its_structure(
    make: Make, tmp_path: Path
) -> None:
    miniature = make()
    built = build(miniature, tmp_path)
    frames = pq.read_table(built.frames["structures"].path).to_pylist()
    ids = sorted(row[0] for row in _named(miniature))
    for name in ("entries", "labels", "splits"):
        assert sorted(by_id(built, name)) == ids
    assert [frame["id"] for frame in frames] == ids
    written = dict(_named(miniature))
    for frame in frames:
        source = written[frame["id"]]
        assert len(frame["numbers"]) == len(source["symbols"])
        assert np.allclose(frame["cell_ang"], np.ravel(source["cell"]))
        assert np.allclose(frame["positions_ang"], np.ravel(source["positions"]), atol=2e-6)


def _named(miniature: Miniature) -> list[tuple[str, dict[str, Any]]]:
    key = "edge_id" if "nebBVSE" in miniature.stem else "material_id"
    return [(f["info"][key], f) for frames in miniature.frames.values() for f in frames]


@BOTH
def test_train_and_val_are_train_and_folds_keep_groups_whole(make: Make, tmp_path: Path) -> None:
    built = build(make(), tmp_path)
    splits = by_id(built, "splits")
    assert {(row["part"], row["subset"]) for row in splits.values()} == {
        ("train", "train"),
        ("val", "train"),
        ("test", "test"),
    }
    folds = rows(built.tables["folds"])
    assert sorted(f["id"] for f in folds) == sorted(
        i for i, row in splits.items() if row["subset"] == "train"
    )
    groups: dict[int, set[int]] = {}
    for row in folds:
        groups.setdefault(splits[row["id"]]["component"], set()).add(row["fold"])
    assert all(len(found) == 1 for found in groups.values())


def test_barriers_are_upstreams_and_inf_is_a_missing_label(tmp_path: Path) -> None:
    built = build(bvel13k(), tmp_path)
    labels = by_id(built, "labels")
    assert {key: labels[LI3PO4][f"e_{key[2:].lower()}_ev"] for key in LI3PO4_EV} == LI3PO4_EV
    assert labels[LI3PO4]["dimensionality"] == "2d"
    assert labels["mp-101"]["e_3d_ev"] is None
    assert not labels["mp-101"]["percolates_3d"]
    assert labels["mp-101"]["percolates_2d"]
    entry = by_id(built, "entries")[LI3PO4]
    assert (entry["formula"], entry["chemsys"]) == ("Li3PO4", "Li-O-P")
    assert (entry["n_sites"], entry["n_li"], entry["anion_class"]) == (32, 12, "oxide")


@needs_bvlain
@pytest.mark.extra
def test_li3po4_has_upstreams_barriers_from_the_structure_to_the_label(tmp_path: Path) -> None:
    barriers = barriers_of(structure())
    assert barriers.as_tuple() == tuple(LI3PO4_EV.values())
    values = dict(zip(LI3PO4_EV, barriers.as_tuple(), strict=True))
    products = {f"{key}_x_nsites": round(value * 32, 4) for key, value in values.items()}
    assert products["E_1D_x_nsites"] == 15.312  # as in upstream's file
    miniature = changed(
        bvel13k(),
        "train",
        0,
        symbols=SYMBOLS,
        cell=CELL.tolist(),
        positions=(FRACTIONS @ CELL).tolist(),
        info={**values, **products},
    )
    label = by_id(build(miniature, tmp_path), "labels")[LI3PO4]
    assert (label["e_1d_ev"], label["e_2d_ev"], label["e_3d_ev"]) == (0.4785, 0.4785, 0.8008)


@pytest.mark.parametrize("keeps_end_sites", [True, False])
@pytest.mark.parametrize("with_edge_id", [True, False])
def test_hops_are_read_whether_ends_hold_li_and_whether_the_index_names_them(
    tmp_path: Path, *, keeps_end_sites: bool, with_edge_id: bool
) -> None:
    miniature = nebbvse122k(keeps_end_sites=keeps_end_sites, with_edge_id=with_edge_id)
    built = build(miniature, tmp_path)
    labels, entries = by_id(built, "labels"), by_id(built, "entries")
    for hop, em in zip(("1_0_0_1", "0_0_-1_0", "2_1_0_0"), LI3PO4_HOPS_EV, strict=False):
        assert labels[f"{LI3PO4}_0_{hop}"]["em_ev"] == em
    edge = entries[f"{LI3PO4}_0_0_0_-1_0"]
    assert (edge["source_site"], edge["target_site"]) == (0, 0)
    assert (edge["offset_a"], edge["offset_b"], edge["offset_c"]) == (0, -1, 0)
    assert edge["material_id"] == LI3PO4


def test_a_material_in_two_parts_is_counted_and_not_refused(tmp_path: Path) -> None:
    miniature = nebbvse122k()
    hop = miniature.frames["train"].pop()
    miniature.frames["test"].append(hop)
    for row in miniature.index:
        if row["edge_id"] == hop["info"]["edge_id"]:
            row["_split"] = "test"
    built = build(miniature, tmp_path)
    assert "train and test share 1 of 3 materials (1 entries of test)" in detail(
        built, "material_overlap_is_known"
    )
    shared = built.summary["material_overlap"]["shared"]["train|test"]
    assert (shared["materials"], shared["entries"]) == (1, 1)
    assert built.summary["material_overlap"]["shared"]["val|test"]["materials"] == 0


def test_columns_nobody_knows_are_passed_over_and_named(tmp_path: Path) -> None:
    miniature = bvel13k()
    symbols = miniature.frames["train"][0]["symbols"]
    miniature = changed(miniature, "train", 0, arrays={"bvs": [0.5] * len(symbols)})
    index = [{**row, "volume": "1.0"} for row in miniature.index]
    miniature = replace(miniature, index=index, columns=(*miniature.columns, "volume"))
    built = build(miniature, tmp_path)
    assert detail(built, "columns_are_known") == "passed over: bvs, index: volume"


@BOTH
def test_a_truncated_archive_is_a_letter(make: Make, tmp_path: Path) -> None:
    miniature = make()
    path = miniature.write(tmp_path / "raw")
    path.write_bytes(path.read_bytes()[:-40])
    (tmp_path / "work").mkdir()
    with pytest.raises(IngestError, match="a readable zip archive"):
        ingest.build(tmp_path / "raw", miniature.pinned(), tmp_path / "work")


@BOTH
def test_a_member_that_leaves_the_archive_is_refused(make: Make, tmp_path: Path) -> None:
    assert "a path that leaves it" in refused(
        replace(make(), extra={"../../out.xyz": "1\n"}), tmp_path
    )
    assert not list(tmp_path.parent.glob("out.xyz"))


@BOTH
def test_a_missing_file_is_named(make: Make, tmp_path: Path) -> None:
    miniature = make()
    members = {n: t for n, t in miniature.members().items() if "_val" not in n and "index" not in n}
    write_zip(tmp_path / "raw" / f"{miniature.stem}.zip", members)
    with pytest.raises(IngestError) as caught:
        ingest.build(tmp_path / "raw", miniature.pinned(), tmp_path)
    assert f"{miniature.stem}_val.xyz: expected one such file" in str(caught.value)
    assert f"{miniature.stem}_index.csv: expected one such file" in str(caught.value)


@BOTH
def test_wrong_counts_are_named_for_each_part(make: Make, tmp_path: Path) -> None:
    miniature = make()
    miniature.write(tmp_path / "raw")
    version = replace(miniature.pinned(), expected={"train": 1, "val": 99, "test": 0})
    with pytest.raises(IngestError) as caught:
        ingest.build(tmp_path / "raw", version, tmp_path)
    for part in ("train, frames", "val, rows of the index", "test, frames"):
        assert f"counts_are_upstreams: {part}" in str(caught.value)


def test_the_folder_of_the_archive_may_have_any_name(tmp_path: Path) -> None:
    miniature = bvel13k()
    members = {name.split("/")[1]: text for name, text in miniature.members().items()}
    write_zip(tmp_path / "raw" / "BVEL13k.zip", members)
    built = ingest.build(tmp_path / "raw", miniature.pinned(), tmp_path)
    assert built.tables["entries"].num_rows == 21


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"_split": "val"}, "the part of the structure's file; found not so for 1: mp-102"),
        ({"E_2D": 9.9999}, "E_2D of the structure, to the printed digits; found not so for 1"),
        ({"E_2D": ""}, "E_2D of the structure"),
        ({"material_id": "mp-9"}, "entries that have a structure; found not so for 1: mp-9"),
        ({"material_id": "mp-9"}, "a row for every structure; found not so for 1: mp-102"),
        ({"material_id": LI3PO4}, "each material_id once; found twice: mp-2878"),
        ({"chemsys": "Li-Xe"}, "elements_agree: structures"),
    ],
)
def test_an_index_that_disagrees_is_refused_with_the_entry(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    assert said in refused(relabelled(bvel13k(), 2, **changes), tmp_path)


def test_an_index_without_edges_is_held_to_materials_parts_and_labels(tmp_path: Path) -> None:
    miniature = relabelled(nebbvse122k(with_edge_id=False), 4, em=9.0)
    assert "as many rows of each material, with the same labels; found mp-101 (train)" in refused(
        miniature, tmp_path
    )


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"E_1D": "nan"}, "E_1D: a number in eV, not negative, or inf; found train, frame 3"),
        ({"E_1D": -0.5}, "E_1D: a number in eV"),
        ({"E_1D": "0.4eV"}, "E_1D: a number in eV"),
        ({"E_3D_x_nsites": 1.0}, "E_3D_x_nsites = E_3D times the number of sites"),
        ({"material_id": "mp-101"}, "each material_id once; found twice: mp-101"),
    ],
)
def test_a_frame_that_cannot_be_right_is_refused(
    tmp_path: Path, info: dict[str, Any], said: str
) -> None:
    assert said in refused(changed(bvel13k(), "train", 2, info=info), tmp_path)


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"edge_id": "mp-101_0_1"}, "an edge_id such as mp-2878_0_11_0_0_1; found train, frame 4"),
        ({"edge_id": "mp-101_1_1_0_0_0"}, "an edge_id such as"),
        ({"edge_id": "mp-77_0_1_0_0_1"}, "an edge_id that begins with the material_id"),
        ({"em": "inf"}, "em: a number in eV, not negative; found train, frame 4"),
    ],
)
def test_a_hop_that_cannot_be_right_is_refused(
    tmp_path: Path, info: dict[str, Any], said: str
) -> None:
    assert said in refused(changed(nebbvse122k(), "train", 3, info=info), tmp_path)


def test_a_dummy_atom_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    symbols = nebbvse122k().frames["test"][0]["symbols"]
    first = changed(nebbvse122k(), "test", 0, symbols=["X", *symbols[:-1]])
    assert "one dummy atom X, the last; found mp-108_0_1_0_0_1" in refused(first, tmp_path / "a")
    none = changed(nebbvse122k(), "test", 0, symbols=[*symbols[:-1], "Li"])
    assert "one dummy atom X, the last" in refused(none, tmp_path / "b")
    bvel = changed(
        bvel13k(), "test", 0, symbols=["X"] * len(bvel13k().frames["test"][0]["symbols"])
    )
    assert "no dummy atom X" in refused(bvel, tmp_path / "c")


@BOTH
def test_a_number_that_is_not_finite_names_file_frame_and_line(make: Make, tmp_path: Path) -> None:
    miniature = make()
    positions = [list(row) for row in miniature.frames["val"][0]["positions"]]
    positions[1][2] = math.nan
    said = refused(changed(miniature, "val", 0, positions=positions), tmp_path)
    assert f"{miniature.stem}_val.xyz, frame 1, line 4: expected finite numbers in pos" in said


def test_all_that_is_wrong_comes_in_one_letter(tmp_path: Path) -> None:
    miniature = relabelled(bvel13k(), 5, E_1D=7.0)
    miniature = changed(miniature, "train", 2, info={"E_3D_x_nsites": 1.0})
    said = refused(miniature, tmp_path)
    assert "index_agrees" in said
    assert "products_agree" in said
    assert len(said.splitlines()) == 2
