"""MPLiTrj from its archive: what is read, what is refused, and what a killed run leaves."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mplitrj_miniature as miniature
import numpy as np
import pyarrow as pa
import pytest

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.ingest import ingest
from ionladder.data.litraj.ingest import build
from ionladder.data.litraj.trajectories import draw_offset_set
from ionladder.data.store import BuiltVersion, StreamedWriter, read_blocks
from ionladder.errors import IngestError
from ionladder.repo import Layout

VERSION = "1.0.0"


def pinned(expected: Mapping[str, int] = miniature.COUNTS, sha256: str = "0" * 64) -> Any:
    return DatasetVersion(
        dataset="mplitrj_subsample",
        version=VERSION,
        tag="litraj",
        base_url="https://example.org",
        files={f"{miniature.STEM}.zip": sha256},
        expected=dict(expected),
        folds=FoldSettings(n_folds=5, n_repeats=1, seed=20250221),
    )


def built(root: Path, **options: Any) -> BuiltVersion:
    """The miniature, or one with something changed, as ingest builds it."""
    miniature.write_archive(root / f"{miniature.STEM}.zip", **options)
    work = root / "work"
    work.mkdir(exist_ok=True)
    return build(root, pinned(), work)


def refused(root: Path, **options: Any) -> str:
    with pytest.raises(IngestError) as caught:
        built(root, **options)
    return str(caught.value)


def frames(version: BuiltVersion, part: str) -> pa.Table:
    return pa.concat_tables(read_blocks(version.frames[f"frames_{part}"].path))


def changed_part(part: str, old: str, new: str) -> dict[str, str]:
    text = miniature.part_text(miniature.configurations()[part])
    assert old in text
    return {part: text.replace(old, new, 1)}


def test_rows_hold_what_the_file_says(tmp_path: Path) -> None:
    version = built(tmp_path)
    made = miniature.configurations()["test"]
    table = frames(version, "test")
    assert table["id"].to_pylist() == [f"test-{row:07d}" for row in range(10)]
    for row, one in zip(table.to_pylist(), made, strict=True):
        assert row["energy_ev"] == one.energy
        assert row["cell_ang"] == one.cell.ravel().tolist()
        np.testing.assert_array_equal(row["forces_ev_per_ang"], one.forces.astype("f4").ravel())
        np.testing.assert_array_equal(row["positions_ang"], one.positions.astype("f4").ravel())
        if one.stress is None:
            assert row["stress_ev_per_ang3"] is None
        else:
            s = one.stress
            voigt = [s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]]
            assert row["stress_ev_per_ang3"] == pytest.approx(voigt, abs=1e-15)


def test_a_row_carries_the_hash_of_its_configuration(tmp_path: Path) -> None:
    entries = built(tmp_path).tables["entries"].to_pylist()
    one = miniature.configurations()["test"][3]
    numbers = bytes({"Li": 3, "O": 8, "S": 16, "Fe": 26}[symbol] for symbol in one.symbols)
    data = numbers + one.cell.astype("<f8").tobytes() + one.positions.astype("<f8").tobytes()
    expected = hashlib.sha256(data).hexdigest()[:16]
    assert {e["id"]: e["content_sha256_16"] for e in entries}["test-0000003"] == expected


def test_train_and_val_are_training_entries_and_the_offset_set_is_drawn_from_them(
    tmp_path: Path,
) -> None:
    version = built(tmp_path)
    splits = version.tables["splits"].to_pylist()
    assert {(row["part"], row["subset"]) for row in splits} == {
        ("train", "train"),
        ("val", "train"),
        ("test", "test"),
    }
    chosen = {row["id"] for row in splits if row["in_offset_set"]}
    offset = pa.concat_tables(read_blocks(version.frames["frames_offset"].path))
    assert set(offset["id"].to_pylist()) == chosen
    assert not any(name.startswith("test") for name in chosen)
    assert version.tables["folds"].num_rows == 0


def test_materials_are_groups_and_shared_ones_are_counted(tmp_path: Path) -> None:
    version = built(tmp_path)
    entries = {row["id"]: row for row in version.tables["entries"].to_pylist()}
    of_material: dict[str, set[int]] = {}
    for row in version.tables["splits"].to_pylist():
        of_material.setdefault(entries[row["id"]]["material_id"], set()).add(row["component"])
    assert sorted(of_material) == ["mp-1", "mp-2", "mp-3", "mp-4"]
    assert all(len(numbers) == 1 for numbers in of_material.values())
    assert version.summary["material_overlap"]["shared"]["train|test"]["materials"] == 4


def test_without_materials_and_stress_it_is_read_all_the_same(tmp_path: Path) -> None:
    parts = miniature.configurations(has_stress=False)
    for rows in parts.values():
        for one in rows:
            one.info = {}
    version = built(tmp_path, parts=parts)
    labels = version.tables["labels"].to_pylist()
    assert not any(row["has_stress"] or row["has_path_energy"] for row in labels)
    by_formula: dict[str, set[int]] = {}
    for row, split in zip(
        version.tables["entries"].to_pylist(), version.tables["splits"].to_pylist(), strict=True
    ):
        assert row["material_id"] is None
        by_formula.setdefault(row["formula"], set()).add(split["component"])
    assert all(len(numbers) == 1 for numbers in by_formula.values())
    assert len(by_formula) == 4


def test_columns_of_atoms_that_nobody_needs_are_named(tmp_path: Path) -> None:
    details = {check.name: check.detail for check in built(tmp_path).checks}
    assert "passed over: offset" in details["columns_are_known"]


def test_the_folder_may_be_spelled_as_in_the_readme(tmp_path: Path) -> None:
    assert built(tmp_path, folder="MPLiTraj_subsample").tables["entries"].num_rows == 40


def test_forces_that_are_no_numbers_are_refused_with_file_and_frame(tmp_path: Path) -> None:
    text = miniature.part_text(miniature.configurations()["val"]).split("\n")
    row = next(k for k, line in enumerate(text) if line.startswith("8")) + 2
    words = text[row].split()
    text[row] = " ".join([*words[:4], "nan", *words[5:]])
    letter = refused(tmp_path, changed={"val": "\n".join(text)})
    assert f"{miniature.STEM}/{miniature.STEM}_val.xyz, frame 3" in letter


def test_a_stress_in_another_order_is_refused(tmp_path: Path) -> None:
    one = miniature.configurations()["test"][1]
    assert one.stress is not None
    written = " ".join(map(str, one.stress.ravel().tolist()))
    swapped = " ".join(map(str, np.roll(one.stress.ravel(), 1).tolist()))
    letter = refused(tmp_path, changed=changed_part("test", written, swapped))
    assert "test.xyz, frame 2, stress" in letter
    assert "symmetric" in letter


def test_a_stress_of_six_numbers_is_refused(tmp_path: Path) -> None:
    one = miniature.configurations()["test"][1]
    assert one.stress is not None
    written = " ".join(map(str, one.stress.ravel().tolist()))
    six = " ".join(map(str, one.stress.ravel().tolist()[:6]))
    assert "9 finite number" in refused(tmp_path, changed=changed_part("test", written, six))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("6\nLattice", "7\nLattice", "frame 1"),
        ("energy=", "Energy=", "energy"),
        (":forces:R:3", ":force:R:3", "forces"),
        ("mp-1_0_1_0_0_-1", "mp-1_0_1_0_0", "edge_id"),
    ],
)
def test_a_malformed_frame_is_named(tmp_path: Path, old: str, new: str, found: str) -> None:
    letter = refused(tmp_path, changed=changed_part("test", old, new))
    assert "_test.xyz, frame 1" in letter
    assert found in letter


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    text = miniature.part_text(miniature.configurations()["train"])
    letter = refused(tmp_path, changed={"train": text[: len(text) - 40]})
    assert "_train.xyz, frame 24" in letter


def test_missing_members_and_wrong_counts_are_all_named(tmp_path: Path) -> None:
    parts = miniature.configurations()
    with pytest.raises(IngestError) as caught:
        built(tmp_path / "one", parts={"val": parts["val"]})
    assert [problem.where.split("_")[-1] for problem in caught.value.problems] == [
        "train.xyz",
        "test.xyz",
    ]
    with pytest.raises(IngestError) as caught:
        built(tmp_path / "two", parts={name: rows[1:] for name, rows in parts.items()})
    assert len(caught.value.problems) == 3
    assert "24 configurations" in str(caught.value)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = StreamedWriter.write, SimpleNamespace(n=0)

    def full(self: StreamedWriter, block: pa.Table) -> None:
        calls.n += 1
        if calls.n == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, block)

    monkeypatch.setattr(StreamedWriter, "write", full)
    with pytest.raises(IngestError, match="No space left on device") as caught:
        built(tmp_path)
    assert "Make room" in str(caught.value)


def test_ingest_puts_frames_and_tables_in_place(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    raw = layout.raw_dir("mplitrj_subsample", VERSION)
    path = miniature.write_archive(raw / f"{miniature.STEM}.zip")
    version = pinned(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    done = ingest(layout, version)
    assert done.rows["frames_test"] == 10
    folder = layout.version_dir("mplitrj_subsample", VERSION)
    assert not (folder / ".ingest.part").exists()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["frames"]["frames_train"]["rows"] == 24
    before = manifest["frames"]
    ingest(layout, version)
    assert json.loads((folder / "manifest.json").read_text())["frames"] == before


def test_the_offset_set_has_enough_of_every_element() -> None:
    ids = [f"train-{row:07d}" for row in range(400)]
    systems = ["Li-O" if row % 40 else "Fe-Li" for row in range(400)]
    chosen = draw_offset_set(ids, systems, seed=1, size=30, per_element=5)
    rare = [name for name, system in zip(ids, systems, strict=True) if system == "Fe-Li"]
    assert len(chosen & set(rare)) >= 5
    assert 30 <= len(chosen) <= 35
    assert chosen == draw_offset_set(ids[::-1], systems[::-1], seed=1, size=30, per_element=5)
    assert chosen != draw_offset_set(ids, systems, seed=2, size=30, per_element=5)
