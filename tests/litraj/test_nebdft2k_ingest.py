"""nebDFT2k from its archive: what the tables hold, and every way an archive can be wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nebdft2k_miniature as mini
import numpy as np
import pyarrow.parquet as pq
import pytest
from nebdft2k_miniature import Archive, MadeHop
from nebdft2k_repository import KEY, VERSION, put_archive

from ionladder.config import Params, load_params
from ionladder.data.ingest import ingest
from ionladder.data.registry import get_task
from ionladder.data.store import (
    load_array_inputs,
    read_given_paths,
    read_table,
    read_true_paths,
    require_manifest,
)
from ionladder.errors import IngestError
from ionladder.repo import Layout

MADE = {hop.id: hop for hop in mini.hops()}
FIRST = mini.hops()[0]


def rows(layout: Layout, table: str) -> list[dict]:
    return read_table(layout, "nebdft2k", VERSION, table).to_pylist()


def refused(root: Path, archive: Archive) -> str:
    """The letters about an archive; nothing is left behind by it."""
    layout = put_archive(root, archive)
    with pytest.raises(IngestError) as caught:
        ingest(layout, load_params(layout).versions[KEY])
    assert not layout.manifest("nebdft2k", VERSION).exists()
    assert not layout.frames_dir("nebdft2k", VERSION).exists()
    return "\n".join(str(problem) for problem in caught.value.problems)


def test_every_hop_is_an_entry_in_the_order_of_ids(nebdft2k: tuple[Layout, Params]) -> None:
    entries = rows(nebdft2k[0], "entries")

    assert [row["id"] for row in entries] == sorted(MADE)
    for row in entries:
        made = MADE[row["id"]]
        assert row["moving_ion"] == made.moving
        assert row["n_images"] == len(made.init)
        assert row["n_atoms"] == len(made.symbols)
        assert row["em_bvse_ev"] == made.em_bvse
        assert row["has_specific_tm"] == (row["chemsys"] in ("Fe-Li-O", "Li-Mn-O"))
    negative = next(row for row in entries if row["id"] == "mp-2_0_2_1_-1_-1")
    assert (negative["source_site"], negative["target_site"]) == (0, 2)
    assert [negative[f"offset_{axis}"] for axis in "abc"] == [1, -1, -1]


def test_barriers_come_from_the_index_and_from_the_path(nebdft2k: tuple[Layout, Params]) -> None:
    for row in rows(nebdft2k[0], "labels"):
        energies = MADE[row["id"]].energies
        assert row["em_dft_ev"] == MADE[row["id"]].em_dft
        assert row["barrier_ev"] == pytest.approx(energies.max() - energies.min(), abs=1e-7)
        assert row["saddle_ev"] == pytest.approx(energies.max() - energies[0], abs=1e-7)


def test_frames_hold_paths_image_by_image(nebdft2k: tuple[Layout, Params]) -> None:
    layout = nebdft2k[0]
    given = list(read_given_paths(layout.frames("nebdft2k", VERSION, "paths_init")))
    true = list(read_true_paths(layout.frames("nebdft2k", VERSION, "paths_relaxed")))

    assert [path.id for path in given] == [path.id for path in true] == sorted(MADE)
    for one, other in zip(given, true, strict=True):
        made = MADE[one.id]
        assert one.moving_ion == made.moving
        np.testing.assert_allclose(one.cell_ang, made.cell)
        np.testing.assert_allclose(one.positions_ang, made.init, atol=1e-8)
        np.testing.assert_allclose(other.positions_ang, made.relaxed, atol=1e-8)
        np.testing.assert_allclose(other.energies_ev, made.energies)


def test_both_kinds_of_centroids_are_kept(nebdft2k: tuple[Layout, Params]) -> None:
    table = pq.read_table(nebdft2k[0].frames("nebdft2k", VERSION, "centroids"))

    missing = set()
    for row in table.to_pylist():
        assert row["numbers"][-1] == 0
        missing.add(len(MADE[row["id"]].symbols) + 1 - len(row["numbers"]))
    assert missing == {0, 1}


def test_splits_keep_upstreams_parts_and_know_the_materials(
    nebdft2k: tuple[Layout, Params],
) -> None:
    found = {row["id"]: row for row in rows(nebdft2k[0], "splits")}

    for name, row in found.items():
        assert row["part"] == MADE[name].part
        assert row["subset"] == ("test" if MADE[name].part == "test" else "train")
        others = [m for m in MADE.values() if m.material == MADE[name].material and m.id != name]
        assert row["material_in_train"] == any(other.part != "test" for other in others)
    assert len({row["component"] for row in found.values()}) == len(mini.MATERIALS)


def test_folds_keep_materials_whole(nebdft2k: tuple[Layout, Params]) -> None:
    folds: dict[str, set[int]] = {}
    for row in rows(nebdft2k[0], "folds"):
        folds.setdefault(MADE[row["id"]].material, set()).add(row["fold"])

    assert all(len(found) == 1 for found in folds.values())
    assert set(folds) == {hop.material for hop in MADE.values() if hop.part != "test"}


def test_material_overlap_is_measured_and_shown(nebdft2k: tuple[Layout, Params]) -> None:
    manifest = require_manifest(nebdft2k[0], "nebdft2k", VERSION)

    shared = manifest["summary"]["material_overlap"]["shared"]["train|test"]
    assert shared == {"materials": 3, "entries": 3, "first": ["mp-2", "mp-4", "mp-7"]}
    assert manifest["summary"]["images"] == {"5": 6, "7": 12}
    assert any(check["name"] == "material_overlap_is_known" for check in manifest["checks"])


def test_reading_again_gives_the_same_content(
    nebdft2k: tuple[Layout, Params], tmp_path: Path
) -> None:
    layout = put_archive(tmp_path)
    ingest(layout, load_params(layout).versions[KEY])

    one, other = (require_manifest(where, "nebdft2k", VERSION) for where in (layout, nebdft2k[0]))
    for part in ("tables", "frames", "checks", "summary"):
        assert one[part] == other[part]


def test_a_barrier_that_is_not_that_of_the_path_is_counted_and_not_refused(tmp_path: Path) -> None:
    layout = put_archive(tmp_path, Archive().changed(0, em_dft=9.0))

    ingest(layout, load_params(layout).versions[KEY])

    manifest = require_manifest(layout, "nebdft2k", VERSION)
    assert manifest["summary"]["barrier_differs_from_em_dft"] == 1
    check = next(c for c in manifest["checks"] if c["name"] == "barrier_is_that_of_the_path")
    assert check["detail"] == f"1 of 18 hops differ by more than 0.01 eV: {FIRST.id}"


def changed(**changes: object) -> Archive:
    return Archive().changed(0, **changes)


def with_text(name: str, old: str, new: str, *, count: int = -1) -> Archive:
    """The archive with one member's text changed."""
    text = {
        FIRST.init_name: mini.init_text(FIRST),
        FIRST.relaxed_name: mini.relaxed_text(FIRST),
        mini.INDEX: mini.index_text(tuple(mini.hops())),
        mini.CENTROIDS: "".join(mini.centroid_text(h, at) for at, h in enumerate(mini.hops())),
    }[name]
    assert old in text
    return Archive(members={name: text.replace(old, new, count)})


def permuted(hop: MadeHop) -> np.ndarray:
    """The relaxed path with its second and third atom in each other's places."""
    order = [0, 2, 1, *range(3, len(hop.symbols))]
    return hop.relaxed[:, order]


def index_with(**cells: object) -> str:
    return mini.index_text(
        tuple(mini.hops()),
        edit=lambda row: {**row, **(cells if row["edge_id"] == FIRST.id else {})},
    )


EXCHANGED = replace(
    Archive(),
    hops=tuple(replace(h, em_bvse=h.em_dft, em_dft=h.em_bvse) for h in mini.hops()),
)
CASES = {
    "no relaxed path": (
        Archive(members={FIRST.relaxed_name: None}),
        f"nebDFT2k.zip, {FIRST.relaxed_name}: expected this member",
    ),
    "no index": (Archive(members={mini.INDEX: None}), f"{mini.INDEX}: expected this member"),
    "no centroids": (Archive(members={mini.CENTROIDS: None}), mini.CENTROIDS),
    "a path of no hop": (
        Archive(members={"nebDFT2k/mp-9_0_1_0_0_0_init.xyz": "1\n"}),
        "expected two paths for each hop of the index",
    ),
    "fewer images": (
        changed(relaxed=FIRST.relaxed[:4], energies=FIRST.energies[:4]),
        f"{FIRST.relaxed_name}: expected as many images as {FIRST.init_name} has (5); found 4",
    ),
    "atoms of another element order": (
        Archive(members={FIRST.relaxed_name: mini.relaxed_text(replace(
            FIRST, symbols=FIRST.symbols[::-1]))}),
        "the same atoms in another order",
    ),
    "atoms exchanged": (
        Archive(members={FIRST.relaxed_name: mini.relaxed_text(replace(
            FIRST, relaxed=permuted(FIRST)))}),
        "atoms 1, 2 exchanged",
    ),
    "another cell": (
        Archive(members={FIRST.relaxed_name: mini.relaxed_text(replace(
            FIRST, cell=1.01 * FIRST.cell))}),
        "another cell",
    ),
    "energy not a number": (
        with_text(FIRST.relaxed_name, "energy=-", "energy=nan -", count=1),
        "frame 1",
    ),
    "force not a number": (
        with_text(FIRST.relaxed_name, "      0.00000000\n", "             nan\n", count=1),
        "finite numbers in forces",
    ),
    "no energy": (with_text(FIRST.relaxed_name, "energy=", "enthalpy="), "a value of energy"),
    "no moving ion": (with_text(FIRST.init_name, " F ", " T "), "one free atom, a Li ion"),
    "no freezed column": (with_text(FIRST.init_name, "freezed", "frozen"), "freezed"),
    "two moving ions": (
        with_text(FIRST.init_name, "T        0 ", "F        0 ", count=1),
        "one free atom, a Li ion",
    ),
    "another material": (
        with_text(FIRST.relaxed_name, f"material_id={FIRST.material} ", "material_id=mp-77 "),
        f"expected material_id={FIRST.material}; found",
    ),
    "a path cut short": (
        Archive(members={FIRST.init_name: mini.init_text(FIRST)[:-300]}),
        f"{FIRST.init_name}, frame 5",
    ),
    "swapped columns": (EXCHANGED, "the columns look exchanged"),
    "a column missing": (with_text(mini.INDEX, "em_dft", "em_DFT"), "one column em_dft"),
    "a bad edge": (
        Archive(members={mini.INDEX: index_with(edge_id="mp-4-0-1")}),
        "line 2, edge_id: expected material_source_target_x_y_z",
    ),
    "material and edge disagree": (
        Archive(members={mini.INDEX: index_with(material_id="mp-2878")}),
        "expected mp-4 as in edge_id; found mp-2878",
    ),
    "a barrier that is no number": (
        Archive(members={mini.INDEX: index_with(em_dft="inf")}),
        "em_dft: expected a finite number in eV",
    ),
    "an unknown part": (Archive(members={mini.INDEX: index_with(_split="dev")}), "_split"),
    "other elements": (
        Archive(members={mini.INDEX: index_with(chemsys="Li-O")}),
        "the elements Li-O of the index",
    ),
    "a hop twice": (replace(Archive(), hops=(*mini.hops()[:-1], FIRST)), "every hop once"),
    "another count": (replace(Archive(), hops=tuple(mini.hops()[:-1])), "expected 18 hops"),
    "centroids in another order": (
        Archive(members={mini.CENTROIDS: "".join(
            mini.centroid_text(hop, at) for at, hop in enumerate(mini.hops()[::-1]))}),
        "as row 1 of the index",
    ),
    "a centroid without its centre": (
        with_text(mini.CENTROIDS, "X ", "H ", count=1),
        "one dummy atom X",
    ),
    "a centroid missing": (
        Archive(members={mini.CENTROIDS: "".join(
            mini.centroid_text(hop, at) for at, hop in enumerate(mini.hops()[:-1]))}),
        "a frame for each of the 18 hops",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("archive", "expected"), CASES.values(), ids=CASES)
def test_an_archive_is_refused_with_its_letter(
    archive: Archive, expected: str, tmp_path: Path
) -> None:
    found = refused(tmp_path, archive)

    assert expected in found
    assert "Traceback" not in found


def test_what_is_wrong_with_several_hops_is_reported_together(tmp_path: Path) -> None:
    archive = Archive().changed(0, relaxed=FIRST.relaxed[:4], energies=FIRST.energies[:4])
    archive = archive.changed(3, moving=5)

    found = refused(tmp_path, archive)

    assert "as many images" in found
    assert "one free atom, a Li ion" in found


def test_a_cut_archive_is_one_letter(tmp_path: Path) -> None:
    layout = put_archive(tmp_path)
    path = layout.raw_dir("nebdft2k", VERSION) / "nebDFT2k.zip"
    path.write_bytes(path.read_bytes()[:-500])

    with pytest.raises(Exception, match=r"nebDFT2k\.zip"):
        ingest(layout, load_params(layout).versions[KEY])


def test_models_of_paths_see_no_label_of_a_held_out_hop(nebdft2k: tuple[Layout, Params]) -> None:
    inputs = load_array_inputs(nebdft2k[0], get_task("nebdft2k-path"), VERSION)
    test = set(inputs.test_ids)

    relaxed = [name for block in inputs.blocks("paths_relaxed") for name in block["id"].to_pylist()]
    given = {
        name
        for block in inputs.blocks("paths_init", subset="test")
        for name in block["id"].to_pylist()
    }

    assert not test & set(relaxed)
    assert given == test
    assert not test & set(inputs.train_labels.index)
    for columns in (["energy_ev"], ["positions_ang"], ["nothing"]):
        with pytest.raises(Exception, match="what is held out is never read"):
            list(inputs.blocks("paths_relaxed", columns, subset="test"))
    with pytest.raises(Exception, match="one of centroids, paths_init, paths_relaxed"):
        list(inputs.blocks("labels"))
