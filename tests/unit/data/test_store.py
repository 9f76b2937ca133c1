"""Tables read back as released, and written block by block."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factories import write_repo
from ionladder.config import load_params
from ionladder.data import registry
from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import StreamedWriter, load_inputs, read_blocks, read_table
from ionladder.data.versions import DATASET_STEPS, CellChange, consequence, diff_versions
from ionladder.errors import ConfigError, DataChangedError
from ionladder.repo import Layout
from ionladder.specs import Column, Table, arrow_schema
from unit.conftest import fetch_and_ingest

# Reading back: inputs without held-out labels, and no table that is not the released one.


TASK = get_task("obelix")
CIF_TASK = get_task("obelix-cif")
FOLDS_TASK = get_task("obelix-cv")
ALL_TASKS = (TASK, CIF_TASK, FOLDS_TASK)


def test_inputs_hold_training_labels_only(repo):
    inputs = load_inputs(repo, TASK, "1.0.0")
    assert len(inputs.entries) == 50
    assert len(inputs.train_ids) == 36
    assert len(inputs.test_ids) == 14
    assert {"019", "5e2", "max"} <= set(inputs.test_ids)
    assert list(inputs.train_labels.index) == list(inputs.train_ids)
    assert not set(inputs.train_labels.index) & set(inputs.test_ids)
    label_columns = set(inputs.train_labels.columns)
    for frame in (inputs.entries, inputs.structures, inputs.split):
        assert not label_columns & set(frame.columns)
    assert len(inputs.structures) == 17
    assert list(inputs.split.columns) == ["subset", "in_cif", "component"]
    assert set(inputs.folds["id"]) == set(inputs.train_ids)


def test_without_a_clone_all_but_structures_comes_without_pymatgen_and_is_the_same(
    repo, tmp_path, monkeypatch
):
    whole, labels = load_inputs(repo, TASK, "1.0.0"), load_evaluation_labels(repo, TASK, "1.0.0")
    for path in repo.version_dir("obelix", "1.0.0").glob("*.parquet"):
        path.unlink()
    installed = Layout(repo.root, tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pymatgen", None)
        light = load_inputs(installed, TASK, "1.0.0")
        scored = load_evaluation_labels(installed, TASK, "1.0.0")
    assert light.structures is None
    for name in ("entries", "train_labels", "split", "folds"):
        pd.testing.assert_frame_equal(getattr(light, name), getattr(whole, name))
    assert scored.test.equals(labels.test)
    assert (scored.labels_sha256, scored.split_sha256) == (
        labels.labels_sha256,
        labels.split_sha256,
    )
    # With pymatgen the structures follow; the repository itself is never written to.
    assert load_inputs(installed, TASK, "1.0.0").structures is not None
    assert not list(repo.root.glob("data/obelix/1.0.0/*.parquet"))


def test_a_restricted_task_holds_nothing_of_other_entries(repo):
    everything = load_inputs(repo, TASK, "1.0.0")
    inputs = load_inputs(repo, CIF_TASK, "1.0.0")
    with_cif = set(everything.split.index[everything.split["in_cif"]])
    assert set(inputs.train_ids) == with_cif & set(everything.train_ids)
    assert set(inputs.test_ids) == with_cif & set(everything.test_ids)
    assert len(inputs.train_ids) + len(inputs.test_ids) == 17
    assert inputs.structures is not None
    for frame in (inputs.entries, inputs.structures, inputs.split):
        assert set(frame.index) == with_cif
    assert list(inputs.train_labels.index) == list(inputs.train_ids)
    assert set(inputs.folds["id"]) == set(inputs.train_ids)


def test_a_task_scored_on_folds_scores_training_entries_and_no_test_entry(repo):
    inputs = load_inputs(repo, FOLDS_TASK, "1.0.0")
    labels = load_evaluation_labels(repo, FOLDS_TASK, "1.0.0")
    assert inputs.test_ids == ()
    assert labels.test["id"].tolist() == list(inputs.train_ids)
    assert labels.test.equals(labels.train)
    assert set(labels.folds["id"]) == set(inputs.train_ids)


def test_hashes_rest_on_the_entries_that_are_scored_and_on_no_other(repo):
    # The versions differ by the label of `max`, a test entry without a CIF.
    old, new = (
        {task.name: load_evaluation_labels(repo, task, version) for task in ALL_TASKS}
        for version in ("1.0.0", "1.1.0")
    )
    changed = [name for name in old if old[name].labels_sha256 != new[name].labels_sha256]
    assert changed == ["obelix"]
    assert len({labels.labels_sha256 for labels in old.values()}) == len(ALL_TASKS)
    assert len({labels.split_sha256 for labels in old.values()}) == len(ALL_TASKS)


def replace_column(layout, name, column, values):
    path = layout.table("obelix", "1.0.0", name)
    table = pq.read_table(path)
    position = table.column_names.index(column)
    field = table.schema.field(column)
    pq.write_table(table.set_column(position, field, pa.array(values, type=field.type)), path)


def test_changed_content_is_named_by_table_and_column(repo):
    values = pq.read_table(repo.table("obelix", "1.0.0", "labels"))["log10_sigma"].to_pylist()
    replace_column(repo, "labels", "log10_sigma", [values[0] + 0.1, *values[1:]])
    with pytest.raises(DataChangedError) as caught:
        load_inputs(repo, TASK, "1.0.0")
    (problem,) = caught.value.problems
    assert problem.where == "data/obelix/1.0.0/labels.parquet"
    assert problem.found == "other values in log10_sigma"


def test_rows_written_in_another_order_are_the_same_content(repo):
    path = repo.table("obelix", "1.0.0", "labels")
    table = pq.read_table(path)
    pq.write_table(table.take(list(reversed(range(table.num_rows)))), path, compression="none")
    assert read_table(repo, "obelix", "1.0.0", "labels").num_rows == 50


# Tables written block by block: the same content whatever the blocks, refused out of order.


SPEC = Table(
    name="frames",
    key=("id",),
    description="Three configurations.",
    columns=(
        Column(name="id", type="string", description="Id.", role="key"),
        Column(name="energy_ev", type="float64", unit="eV", description="Energy.", nullable=True),
        Column(name="numbers", type="list<uint8>", description="Atomic numbers."),
        Column(name="forces_ev_per_ang", type="list<float32>", description="Forces."),
        Column(name="has_stress", type="bool", description="Whether."),
    ),
)
ROWS = {
    "id": ["a", "b", "c"],
    "energy_ev": [-1.5, None, 0.0],
    "numbers": [[3, 8], [3], [3, 15, 8]],
    "forces_ev_per_ang": [[0.1] * 6, [0.2] * 3, [0.0] * 9],
    "has_stress": [True, False, True],
}


def rows(**changed):
    return pa.table(ROWS | changed, schema=arrow_schema(SPEC.columns))


def written(path, table, block):
    with StreamedWriter(path.parent, SPEC, {"dataset": "tiny"}) as writer:
        for start in range(0, table.num_rows, block):
            writer.write(table.slice(start, block))
    return writer.table


def test_what_was_written_reads_back(tmp_path):
    done = written(tmp_path / "frames.parquet", rows(), 2)

    assert done.rows == 3
    assert pq.read_table(done.path).equals(rows())
    assert pq.read_schema(done.path).metadata[b"dataset"] == b"tiny"
    assert [block.num_rows for block in read_blocks(done.path)] == [2, 1]


@pytest.mark.parametrize(
    ("column", "changed"),
    [
        ("energy_ev", [-1.5, 0.0, 0.0]),
        ("numbers", [[3], [8, 3], [3, 15, 8]]),
        ("forces_ev_per_ang", [[0.1] * 6, [0.2] * 3, [0.0] * 8 + [1e-6]]),
        ("has_stress", [True, True, True]),
        ("id", ["a", "b", "d"]),
    ],
)
def test_every_change_of_content_changes_its_column_and_the_whole(tmp_path, column, changed):
    one = written(tmp_path / "one.parquet", rows(), 3)
    other = written(tmp_path / "other.parquet", rows(**{column: changed}), 3)

    differing = {n for n in one.column_sha256 if one.column_sha256[n] != other.column_sha256[n]}
    assert differing == {column}
    assert one.content_sha256 != other.content_sha256


@pytest.mark.parametrize("ids", [["a", "c", "b"], ["a", "a", "b"]])
@pytest.mark.parametrize("block", [1, 3])
def test_keys_must_ascend(tmp_path, ids, block):
    with pytest.raises(ValueError, match="does not follow"):
        written(tmp_path / "frames.parquet", rows(id=ids), block)


@pytest.mark.parametrize("block", [1, 2])
def test_the_content_hash_does_not_depend_on_where_blocks_end(tmp_path, block):
    whole = written(tmp_path / "whole.parquet", rows(), 3)
    in_blocks = written(tmp_path / "blocks.parquet", rows(), block)
    assert in_blocks.column_sha256 == whole.column_sha256
    assert in_blocks.content_sha256 == whole.content_sha256


# --- Versions compared, and verified against what is recorded

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
    changes = [CellChange(table="t", id="a", column="c", old=1, new=2, kind=kind) for kind in kinds]
    assert consequence(changes).endswith(sentence)


# Verify: what is recorded of fetched files, tables and manifests.


def run(layout):
    params = load_params(layout)
    return [step(layout, params) for step in DATASET_STEPS]


def problems(layout):
    return [problem for result in run(layout) for problem in result.problems]


def test_untouched_data_are_as_recorded(repo):
    raw, tables, manifests = run(repo)
    assert (raw.n_good, tables.n_good, manifests.n_good) == (8, 10, 2)
    assert problems(repo) == []
    assert [result.absent for result in (raw, tables, manifests)] == [[], [], []]


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


# --- Datasets and tasks by name, and the data files that say what they are


@pytest.mark.parametrize("get", [get_dataset, get_task])
def test_an_unknown_name_is_refused_with_the_nearest_known_one(get):
    with pytest.raises(ConfigError, match="Did you mean obelix"):
        get("obelixx")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "found"),
    [
        ("dataset.yaml", "licence:", "license:", "dataset.yaml, license", "the unknown key"),
        ("dataset.yaml", "    rung: 2", "    rungs: 2", "cross_validation.0.rungs", "unknown"),
        ("dataset.yaml", "title: BVEL-proto", "title: [1]", "dataset.yaml, title", "[1]"),
        ("dataset.yaml", "rule: known", "rule: knows", "known_prototype.rule", "knows"),
        ("dataset.yaml", "rule: known", "parts: [a]", "known_prototype", "parts"),
        ("columns.csv", "labels,id", "lables,id", "columns.csv", "lables"),
        ("columns.csv", "type,unit", "kind,unit", "columns.csv", "nothing"),
    ],
)
def test_a_wrong_fact_names_its_file_and_key(monkeypatch, tmp_path, file, old, new, where, found):
    package = Path(registry.__file__).parent
    for name in ("bvel_proto", "litraj"):
        shutil.copytree(package / name, tmp_path / "data" / name)
    monkeypatch.setattr(registry, "_HERE", tmp_path / "data")
    folder = tmp_path / "data" / "bvel_proto"
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        registry._read(folder)
    assert any(where in p.where and found in p.found for p in caught.value.problems)
