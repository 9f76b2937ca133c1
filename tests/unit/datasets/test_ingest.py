"""Ingest: byte-stable, all or nothing, and never another content under a released version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from factories import write_repo
from ionladder.config import DatasetVersion, Params, load_params
from ionladder.data import ingest as ingest_module
from ionladder.data.fetch import fetch
from ionladder.data.ingest import ingest
from ionladder.errors import DataChangedError, DataMissingError, IngestError
from ionladder.repo import Layout

DATA_FILES = ["SHA256SUMS", "manifest.json"] + [
    f"{name}.parquet" for name in ("entries", "folds", "labels", "splits", "structures")
]


def snapshot(layout: Layout) -> dict[str, bytes]:
    """Every file below ``data/``, hidden ones included."""
    data = layout.root / "data"
    return {p.relative_to(data).as_posix(): p.read_bytes() for p in data.rglob("*") if p.is_file()}


def fetched(layout: Layout, version: str) -> DatasetVersion:
    """Fetch one version anew, as ``params.yaml`` now pins it."""
    pinned = load_params(layout).versions[f"obelix-{version}".replace(".", "-")]
    fetch(layout, pinned)
    return pinned


def release_again(layout: Layout, folder: Path, **options: object) -> DatasetVersion:
    """Publish other bytes under the released version 1.0.0."""
    other = write_repo(folder, {"1.0.0": options})
    shutil.copy(other.params, layout.params)
    return fetched(layout, "1.0.0")


def test_a_version_has_its_tables_checksums_and_manifest(repo: Layout) -> None:
    folder = repo.version_dir("obelix", "1.0.0")
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == sorted(DATA_FILES)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [check["result"] for check in manifest["checks"]] == ["passed"] * 14
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        "entries": 50,
        "labels": 50,
        "structures": 17,
        "splits": 50,
        "folds": 2 * 2 * 36,
    }


def test_a_manifest_knows_no_date_and_no_path_of_the_machine(repo: Layout) -> None:
    text = repo.manifest("obelix", "1.0.0").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["source"].pop("base_url").startswith("file:")
    assert str(repo.root) not in json.dumps(manifest)
    assert not {"created", "date", "time", "timestamp"} & set(manifest)


def test_a_second_run_leaves_every_byte_as_it_was(repo: Layout, params: Params) -> None:
    before = snapshot(repo)
    for pinned in params.versions.values():
        done = ingest(repo, pinned)
        assert not done.is_first_release
        assert done.n_checks == 14
    assert snapshot(repo) == before


def test_manifests_do_not_depend_on_the_order_of_ingestion(repo: Layout, params: Params) -> None:
    before = snapshot(repo)
    for version in ("1.0.0", "1.1.0"):
        for path in repo.version_dir("obelix", version).glob("*.*"):
            if path.is_file():
                path.unlink()
    for key in ("obelix-1-1-0", "obelix-1-0-0"):
        assert ingest(repo, params.versions[key]).is_first_release
    assert snapshot(repo) == before


def test_deleted_tables_are_rebuilt_byte_by_byte(repo: Layout, params: Params) -> None:
    before = snapshot(repo)
    for path in repo.version_dir("obelix", "1.0.0").glob("*.parquet"):
        path.unlink()
    ingest(repo, params.versions["obelix-1-0-0"])
    assert snapshot(repo) == before


def test_missing_raw_files_are_named_with_the_command_that_brings_them(
    repo: Layout, params: Params
) -> None:
    (repo.raw_dir("obelix", "1.0.0") / "all.csv").unlink()
    with pytest.raises(DataMissingError) as caught:
        ingest(repo, params.versions["obelix-1-0-0"])
    (problem,) = caught.value.problems
    assert problem.where == "data/obelix/1.0.0/raw/all.csv"
    assert "ionladder fetch obelix-1-0-0" in problem.next_step


def test_raw_files_with_other_bytes_are_refused(repo: Layout, params: Params) -> None:
    path = repo.raw_dir("obelix", "1.0.0") / "train.csv"
    path.write_bytes(path.read_bytes().replace(b"garnet", b"Garnet"))
    before = snapshot(repo)
    with pytest.raises(DataChangedError, match=r"raw/train\.csv: expected SHA-256"):
        ingest(repo, params.versions["obelix-1-0-0"])
    assert snapshot(repo) == before


def test_another_content_under_a_released_version_is_refused_by_column(
    repo: Layout, tmp_path: Path
) -> None:
    before = snapshot(repo)
    pinned = release_again(
        repo,
        tmp_path / "other",
        changes={("a05", "Ionic conductivity (S cm-1)"): "5e-05", ("a06", "a"): "5.6"},
    )
    raw_changed = {name for name, data in snapshot(repo).items() if before[name] != data}
    with pytest.raises(IngestError) as caught:
        ingest(repo, pinned)
    problems = {p.where: p for p in caught.value.problems}
    where = "data/obelix/1.0.0/manifest.json, table "
    assert set(problems) == {f"{where}entries", f"{where}labels"}
    labels = problems[f"{where}labels"]
    assert labels.found == "50 rows that differ in log10_sigma, sigma_s_per_cm"
    assert "A released version is immutable." in labels.next_step
    assert problems[f"{where}entries"].found == "50 rows that differ in a_ang, volume_ang3"
    now = snapshot(repo)
    assert {name for name in now if now[name] != before.get(name)} == raw_changed
    assert set(now) == set(before)


def test_the_same_content_in_another_archive_is_the_same_version(
    repo: Layout, tmp_path: Path
) -> None:
    manifest = repo.manifest("obelix", "1.0.0")
    content = json.loads(manifest.read_text())["tables"]
    pinned = release_again(repo, tmp_path / "other", edit=lambda u: u.rows.reverse())
    assert not ingest(repo, pinned).is_first_release
    assert json.loads(manifest.read_text())["tables"] == content


def test_a_failed_first_ingest_leaves_nothing_but_the_raw_files(tmp_path: Path) -> None:
    layout = write_repo(tmp_path, {"1.0.0": {"changes": {("a04", "Z"): "7"}}})
    pinned = fetched(layout, "1.0.0")
    with pytest.raises(IngestError, match="formulas_agree"):
        ingest(layout, pinned)
    assert {name.split("/")[2] for name in snapshot(layout)} == {"raw"}
    assert [p.name for p in layout.version_dir("obelix", "1.0.0").iterdir()] == ["raw"]


def test_a_table_that_does_not_read_back_as_built_is_refused(
    repo: Layout, params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = ingest_module.write_parquet

    def careless(path: Path, table: pa.Table, **options: object) -> None:
        write(path, table.slice(1) if path.stem == "labels" else table, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ingest_module, "write_parquet", careless)
    before = snapshot(repo)
    with pytest.raises(IngestError, match="content_hash_recomputes: table labels"):
        ingest(repo, params.versions["obelix-1-0-0"])
    assert snapshot(repo) == before


REUSED = {"True Composition": "Li2.0Ge1.0O4.0", "Reduced Composition": "Li2GeO4", "Z": "1"}


def with_reused_id(folder: Path) -> Layout:
    """Version 1.1.0 uses the id z03 for another composition than 1.0.0 does."""
    changes = {("z03", column): value for column, value in REUSED.items()}
    changes[("z03", "Cif ID")] = "not available"

    def edit(upstream: object) -> None:
        upstream.cifs.pop("z03", None)  # type: ignore[attr-defined]
        upstream.expected["structures"] = len(upstream.cifs)  # type: ignore[attr-defined]
        for row in (*upstream.rows, *upstream.test):  # type: ignore[attr-defined]
            if row["ID"] == "z03":
                row["a"] = row["b"] = row["c"] = "5.0"
                row["Space group"], row["Space group #"] = "Fm-3m", "225"

    return write_repo(folder, {"1.0.0": {}, "1.1.0": {"changes": changes, "edit": edit}})


@pytest.mark.parametrize("order", [("1.0.0", "1.1.0"), ("1.1.0", "1.0.0")])
def test_an_id_used_again_for_another_composition_is_refused(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    layout = with_reused_id(tmp_path)
    first, second = (fetched(layout, version) for version in order)
    ingest(layout, first)
    before = snapshot(layout)
    with pytest.raises(IngestError) as caught:
        ingest(layout, second)
    (problem,) = caught.value.problems
    assert problem.where == f"ids_keep_their_formula: obelix {order[1]}, id 'z03'"
    assert order[0] in problem.expected
    assert snapshot(layout) == before


def test_a_comparison_that_cannot_be_made_is_said_and_not_skipped(tmp_path: Path) -> None:
    layout = with_reused_id(tmp_path)
    first, second = (fetched(layout, version) for version in ("1.0.0", "1.1.0"))
    ingest(layout, first)
    layout.table("obelix", "1.0.0", "entries").unlink()
    with pytest.raises(IngestError, match="Run `ionladder fetch obelix-1-0-0`"):
        ingest(layout, second)
