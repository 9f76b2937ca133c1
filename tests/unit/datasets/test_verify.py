"""Verify: flipping any one byte of a fetched file or a table is noticed and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionladder.config import load_params
from ionladder.data.versions import DATASET_STEPS, Verified
from ionladder.errors import Problem
from ionladder.repo import Layout

RAW = ("all.csv", "train.csv", "test.csv", "all_cifs.tar.gz")
TABLES = ("entries", "labels", "structures", "splits", "folds")
FILES = tuple(f"raw/{name}" for name in RAW) + tuple(f"{name}.parquet" for name in TABLES)


def run(layout: Layout) -> list[Verified]:
    params = load_params(layout)
    return [step(layout, params) for step in DATASET_STEPS]


def problems(layout: Layout) -> list[Problem]:
    return [problem for result in run(layout) for problem in result.problems]


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def test_untouched_data_are_as_recorded(repo: Layout) -> None:
    raw, tables, manifests = run(repo)
    assert (raw.n_good, tables.n_good, manifests.n_good) == (8, 10, 2)
    assert problems(repo) == []
    assert [result.absent for result in (raw, tables, manifests)] == [[], [], []]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0], ids=["first", "third", "later", "last"])
@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_is_noticed_and_its_file_named(
    repo: Layout, name: str, share: float
) -> None:
    path = repo.version_dir("obelix", "1.0.0") / name
    flip(path, round(share * (path.stat().st_size - 1)))
    assert [problem.where for problem in problems(repo)][:1] == [f"data/obelix/1.0.0/{name}"]


def test_every_byte_of_a_small_table_is_watched(repo: Layout) -> None:
    path = repo.table("obelix", "1.0.0", "splits")
    original = path.read_bytes()
    step = max(1, len(original) // 60)
    for position in range(0, len(original), step):
        flip(path, position)
        (raw, tables, _) = run(repo)
        assert [p.where for p in tables.problems] == ["data/obelix/1.0.0/splits.parquet"], position
        assert raw.problems == []
        path.write_bytes(original)


@pytest.mark.parametrize("position", [0, 30, 64, 66, 70, -1])
def test_a_flipped_byte_of_the_checksums_is_noticed(repo: Layout, position: int) -> None:
    flip(repo.checksums("obelix", "1.0.0"), position)
    assert problems(repo)


def test_a_table_swapped_with_its_checksum_is_found_by_its_content(repo: Layout) -> None:
    for name in ("labels.parquet", "SHA256SUMS"):
        old, new = (repo.version_dir("obelix", v) / name for v in ("1.0.0", "1.1.0"))
        old.write_bytes(new.read_bytes())
    found = {problem.where: problem.found for problem in problems(repo)}
    assert (
        found["data/obelix/1.0.0/labels.parquet"] == "other values in log10_sigma, sigma_s_per_cm"
    )


def test_a_manifest_with_another_hash_is_noticed(repo: Layout) -> None:
    path = repo.manifest("obelix", "1.0.0")
    text = path.read_text(encoding="utf-8")
    position = text.index('"content_sha256": "') + len('"content_sha256": "')
    flip(path, position)
    assert any("entries.parquet" in problem.where for problem in problems(repo))


def test_pins_that_changed_after_the_release_are_named(repo: Layout) -> None:
    text = repo.params.read_text()
    repo.params.write_text(text.replace("v1.0.0-data", "v1.0.1-data"))
    where = [problem.where for problem in problems(repo)]
    assert "data/obelix/1.0.0/manifest.json, source.tag" in where


def test_what_is_not_here_is_named_and_is_no_problem(repo: Layout) -> None:
    (repo.raw_dir("obelix", "1.0.0") / "test.csv").unlink()
    repo.table("obelix", "1.1.0", "folds").unlink()
    raw, tables, _ = run(repo)
    assert raw.absent == ["obelix-1-0-0: test.csv"]
    assert tables.absent == ["obelix-1-1-0: folds"]
    assert problems(repo) == []


def test_tables_without_checksums_are_a_problem(repo: Layout) -> None:
    repo.checksums("obelix", "1.0.0").unlink()
    assert [p.where for p in problems(repo)] == ["data/obelix/1.0.0/SHA256SUMS"]


def test_tables_without_a_manifest_are_a_problem(repo: Layout) -> None:
    repo.manifest("obelix", "1.1.0").unlink()
    assert {p.where for p in problems(repo)} == {"data/obelix/1.1.0/manifest.json"}
