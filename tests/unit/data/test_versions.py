"""Versions compared, and verified against what is recorded."""

import pytest

from factories import write_repo
from ionladder.config import load_params
from ionladder.data.versions import DATASET_STEPS, CellChange, consequence, diff_versions
from unit.data.conftest import fetch_and_ingest

# Differences between versions: every cell, its class, and what follows for scores.


def cells(changes):
    return [(c.kind, c.table, c.id, c.column) for c in changes]


def test_cells_are_named_and_classed_label_first(repo):
    changes = diff_versions(repo, "obelix", "1.0.0", "1.1.0")
    assert cells(changes) == [
        ("label", "labels", "max", "log10_sigma"),
        ("label", "labels", "max", "sigma_s_per_cm"),
        ("input", "entries", "a06", "family_raw"),
        ("input", "entries", "a06", "family"),
        ("note", "entries", "a05", "note"),
    ]
    sigma = changes[1]
    assert (sigma.old, sigma.new) == (3e-06, 7.5e-05)
    assert (changes[-1].old, changes[-1].new) == (None, "read again")


def test_a_shared_article_changes_components_and_folds_which_is_split(tmp_path):
    # a33 leaves the pair it was in and joins the largest component.
    changes = {("a33", "DOI"): "10.1000/tr.0"}
    layout = write_repo(tmp_path, {"1.0.0": {}, "1.1.0": {"changes": changes}})
    fetch_and_ingest(layout)
    found = diff_versions(layout, "obelix", "1.0.0", "1.1.0")
    assert {c.kind for c in found} == {"split", "note"}
    assert ("note", "entries", "a33", "dois") in cells(found)
    assert ("split", "splits", "a33", "component [official]") in cells(found)
    folds = [change.column for change in found if change.table == "folds"]
    assert any(column.startswith("fold [grouped_doi_comp, ") for column in folds)
    assert not any("kfold_shuffled" in c.column for c in found)


@pytest.mark.parametrize(
    ("kinds", "sentence"),
    [
        ((), "Nothing changed: every score stays as it is."),
        (("note",), "Only notes changed: every score stays as it is."),
        (("note", "input"), "submissions that used a changed input are stale."),
        (("input", "split"), "Label and split changes force a re-score of every submission."),
        (("label",), "Label and split changes force a re-score of every submission."),
    ],
)
def test_the_consequence_follows_from_the_classes(kinds, sentence):
    changes = [
        CellChange(table="t", id="a", column="c", old=1, new=2, kind=kind)  # type: ignore[arg-type]
        for kind in kinds
    ]
    assert consequence(changes).endswith(sentence)


# Verify: flipping any one byte of a fetched file or a table is noticed and named.


FILES = ("raw/all.csv", "raw/all_cifs.tar.gz", "labels.parquet", "structures.parquet")


def run(layout):
    params = load_params(layout)
    return [step(layout, params) for step in DATASET_STEPS]


def problems(layout):
    return [problem for result in run(layout) for problem in result.problems]


def flip(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def test_untouched_data_are_as_recorded(repo):
    raw, tables, manifests = run(repo)
    assert (raw.n_good, tables.n_good, manifests.n_good) == (8, 10, 2)
    assert problems(repo) == []
    assert [result.absent for result in (raw, tables, manifests)] == [[], [], []]


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_is_noticed_and_its_file_named(repo, name):
    path = repo.version_dir("obelix", "1.0.0") / name
    flip(path, round(0.6 * (path.stat().st_size - 1)))
    assert [problem.where for problem in problems(repo)][:1] == [f"data/obelix/1.0.0/{name}"]


def test_a_table_swapped_with_its_checksum_is_found_by_its_content(repo):
    for name in ("labels.parquet", "SHA256SUMS"):
        old, new = (repo.version_dir("obelix", v) / name for v in ("1.0.0", "1.1.0"))
        old.write_bytes(new.read_bytes())
    found = {problem.where: problem.found for problem in problems(repo)}
    said = "other values in log10_sigma, sigma_s_per_cm"
    assert found["data/obelix/1.0.0/labels.parquet"] == said


def test_pins_that_changed_after_the_release_are_named(repo):
    text = repo.params.read_text()
    repo.params.write_text(text.replace("v1.0.0-data", "v1.0.1-data"))
    where = [problem.where for problem in problems(repo)]
    assert "data/obelix/1.0.0/manifest.json, source.tag" in where


def test_what_is_not_here_is_named_and_is_no_problem(repo):
    (repo.raw_dir("obelix", "1.0.0") / "test.csv").unlink()
    repo.table("obelix", "1.1.0", "folds").unlink()
    raw, tables, _ = run(repo)
    assert raw.absent == ["obelix-1-0-0: test.csv"]
    assert tables.absent == ["obelix-1-1-0: folds"]
    assert problems(repo) == []
