"""Facts of the committed BVEL-proto tables, each counted or computed here anew."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ionladder.config import load_params
from ionladder.data.bond_valence import BVLAIN_VERSION, SETTINGS
from ionladder.data.bvel_proto import generate as release
from ionladder.data.bvel_proto.generate import DRAWN_HERE, generate, recompute_sample
from ionladder.data.bvel_proto.prototypes import HAND_BUILT
from ionladder.data.bvel_proto.tables import structure_of
from ionladder.data.registry import get_dataset
from ionladder.data.store import read_table
from ionladder.errors import DataChangedError
from ionladder.repo import Layout, content_hash
from unit.datasets.bvel_proto.bvlain_here import needs_bvlain

DATASET = get_dataset("bvel_proto")

TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
LARGEST_BYTES = 2_000_000
ROOT = Path(__file__).resolve().parents[2]
VERSIONS = [
    pinned.version
    for pinned in load_params(Layout(ROOT)).versions.values()
    if pinned.dataset == DATASET.name
]


@pytest.fixture(scope="module")
def layout(repository: Path) -> Layout:
    return Layout(repository)


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tables(layout: Layout, version: str) -> dict[str, list[dict[str, object]]]:
    return {
        spec.name: read_table(layout, DATASET.name, version, spec.name).to_pylist()
        for spec in DATASET.tables
    }


@pytest.fixture(scope="module")
def manifest(layout: Layout, version: str) -> dict[str, object]:
    return json.loads(layout.manifest(DATASET.name, version).read_text(encoding="utf-8"))


def test_tables_are_small_enough_for_git(layout: Layout, version: str) -> None:
    folder = layout.version_dir(DATASET.name, version)
    tables = {f"{spec.name}.parquet" for spec in DATASET.tables}
    files = list(folder.iterdir())

    assert {path.name for path in files} - {"SHA256SUMS"} == {"manifest.json", *tables}
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES


def test_every_structure_is_generated_again_to_the_last_digit(tables: dict, version: str) -> None:
    if version != DRAWN_HERE:
        pytest.skip(f"{version} was drawn by earlier code")
    made = {candidate.id: candidate for candidate in generate().candidates}
    entries = {row["id"]: row for row in tables["entries"]}

    assert set(entries) <= set(made)
    for row in tables["structures"]:
        candidate = made[row["id"]]
        assert row["frac_coords"] == [x for position in candidate.frac_coords for x in position]
        assert entries[row["id"]]["assignment"] == candidate.assignment
        assert entries[row["id"]]["a_ang"] == candidate.cell[0]


def test_every_hand_built_type_has_entries(tables: dict, version: str) -> None:
    if version != DRAWN_HERE:
        pytest.skip(f"{version} was drawn by earlier code, from other types")
    there = {row["prototype"] for row in tables["entries"]}

    assert {family.prototype for family in HAND_BUILT} <= there


def test_between_600_and_1000_entries_few_of_them_binary(tables: dict) -> None:
    entries = tables["entries"]

    assert 600 <= len(entries) <= 1000
    assert sum(row["chemsys"].count("-") == 1 for row in entries) <= 60
    assert max(row["n_sites"] for row in entries) <= 160
    assert max(row["volume_ang3"] for row in entries) <= 1500


def test_no_two_ions_overlap_and_li_keeps_clear_of_cations(tables: dict) -> None:
    entries = {row["id"]: row for row in tables["entries"]}

    for row in tables["structures"]:
        structure = structure_of(entries[row["id"]], row)
        centres, others, _, distances = structure.get_neighbor_list(3.0)
        charges, is_li = np.array(row["charges"]), np.array(row["species"]) == "Li"
        li_cation = distances[is_li[centres] & (charges[others] > 0)]
        assert distances.min(initial=3.0) > 1.2
        assert li_cation.min(initial=3.0) > 1.7


def test_barriers_are_ordered_and_are_steps_of_the_bisection(tables: dict) -> None:
    step = SETTINGS.encut_ev / 2**11
    for row in tables["labels"]:
        known = [row[target] for target in TARGETS if row[target] is not None]
        assert known == sorted(known)
        assert row["e_1d_ev"] is not None
        assert np.allclose(np.array(known) / step, np.round(np.array(known) / step), atol=6e-3)


def test_no_group_crosses_its_split_or_its_folds(tables: dict) -> None:
    entries = {row["id"]: row for row in tables["entries"]}
    for group in ("chemsys", "prototype"):
        parts: dict[object, set[object]] = {}
        for row in tables["splits"]:
            if row["split_name"] == group:
                parts.setdefault(entries[row["id"]][group], set()).add(row["subset"])
        assert {len(found) for found in parts.values()} == {1}
        folds: dict[object, set[object]] = {}
        for row in tables["folds"]:
            if row["scheme"] == group:
                key = (row["repeat"], entries[row["id"]][group])
                folds.setdefault(key, set()).add(row["fold"])
        assert {len(found) for found in folds.values()} == {1}


def test_a_fifth_is_held_out_and_folds_cover_the_rest_once(tables: dict) -> None:
    n = len(tables["entries"])
    for name in ("chemsys", "prototype", "random"):
        parts = Counter(r["subset"] for r in tables["splits"] if r["split_name"] == name)
        assert sum(parts.values()) == n
        assert 0.18 * n <= parts["test"] <= 0.2 * n
    train = {
        r["id"] for r in tables["splits"] if r["split_name"] == "chemsys" and r["subset"] == "train"
    }
    for scheme in ("chemsys", "prototype", "random"):
        for repeat in range(3):
            held_out = [
                r["id"] for r in tables["folds"] if r["scheme"] == scheme and r["repeat"] == repeat
            ]
            assert sorted(held_out) == sorted(train)


def test_cells_are_nowhere_near_a_step_of_the_grid(tables: dict) -> None:
    for row in tables["entries"]:
        for axis in ("a_ang", "b_ang", "c_ang"):
            steps = row[axis] / SETTINGS.resolution_ang
            assert abs(steps - round(steps)) > 1e-5, row["id"]


def test_the_manifest_counts_what_was_left_out_and_why(manifest: dict) -> None:
    generation = manifest["summary"]["generation"]
    left_out = sum(reason["count"] for reason in generation["left_out"].values())

    assert generation["assignments_tried"] == left_out + manifest["summary"]["counts"]["entries"]
    assert manifest["source"]["labels"]["program"] == f"bvlain {BVLAIN_VERSION}"
    assert "/" not in json.dumps(manifest["source"])


def test_layered_types_are_two_dimensional_and_most_others_are_not(tables: dict) -> None:
    entries = {row["id"]: row for row in tables["entries"]}
    layered, nasicon = (
        [
            row
            for row in tables["labels"]
            if entries[row["id"]]["family"] == family
            and "A=Li+" in entries[row["id"]]["assignment"].split()
        ]
        for family in ("layered", "nasicon")
    )

    # A missing E_3D says that nothing percolates in three dimensions below 20 eV.
    gap = [np.inf if row["e_3d_ev"] is None else row["e_3d_ev"] - row["e_2d_ev"] for row in layered]
    assert np.median(gap) > 1.0
    assert all(row["e_1d_ev"] == row["e_3d_ev"] for row in nasicon)


@needs_bvlain
def test_some_labels_come_out_again(layout: Layout, version: str) -> None:
    result = recompute_sample(layout, version, n=6)

    assert result.n_labels == 6
    assert result.problems == ()


@pytest.mark.parametrize(
    ("name", "column"),
    [("labels", "e_3d_ev"), ("structures", "frac_coords"), ("splits", "subset")],
)
def test_a_changed_label_position_or_split_row_is_noticed(
    layout: Layout, version: str, tmp_path: Path, name: str, column: str
) -> None:
    import shutil

    import pyarrow.parquet as pq

    from ionladder.data.store import table_from_rows
    from ionladder.repo import write_parquet

    copy = Layout(tmp_path)
    shutil.copytree(
        layout.version_dir(DATASET.name, version), copy.version_dir(DATASET.name, version)
    )
    spec = DATASET.table(name)
    path = copy.table(DATASET.name, version, name)
    changed = pq.read_table(path).to_pylist()
    changed[5][column] = {
        "e_3d_ev": 3.0,
        "frac_coords": [0.111111, *changed[5].get("frac_coords", [0])[1:]],
        "subset": {"test": "train", "train": "test"}.get(str(changed[5].get("subset"))),
    }[column]
    write_parquet(path, table_from_rows(spec, changed), sort_by=spec.key, metadata={})

    with pytest.raises(DataChangedError, match=f"{name}.parquet: .* other values in .*{column}"):
        read_table(copy, DATASET.name, version, name)


def test_a_label_that_comes_out_otherwise_is_named_with_both_values(
    layout: Layout, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ionladder.data.bond_valence import Barriers

    other = Barriers(e_1d_ev=1.0, e_2d_ev=2.0, e_3d_ev=None)
    monkeypatch.setattr(release, "barriers_of", lambda _: other)

    problems = recompute_sample(layout, version, n=2).problems

    assert len(problems) == 2
    assert "found 1.0000 eV, 2.0000 eV, none" in str(problems[0])
    assert "id 'proto-" in problems[0].where


def test_content_hashes_stand_in_the_manifest(layout: Layout, version: str, manifest: dict) -> None:
    for spec in DATASET.tables:
        table = read_table(layout, DATASET.name, version, spec.name)
        recorded = manifest["tables"][spec.name]["content_sha256"]
        assert content_hash(table, key=list(spec.key)) == recorded
