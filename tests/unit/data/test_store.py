"""Tables read back as released, and written block by block."""

import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ionladder.data.labels import load_evaluation_labels
from ionladder.data.registry import get_task
from ionladder.data.store import StreamedWriter, load_inputs, read_blocks, read_table
from ionladder.errors import DataChangedError, DataMissingError
from ionladder.repo import Layout
from ionladder.specs import Column, Table, arrow_schema

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
        assert frame is not None
        assert not label_columns & set(frame.columns)
    assert inputs.structures is not None
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


def test_a_missing_table_is_named_with_the_commands_that_make_it(repo):
    repo.table("obelix", "1.0.0", "labels").unlink()
    with pytest.raises(DataMissingError) as caught:
        load_evaluation_labels(repo, TASK, "1.0.0")
    assert str(caught.value).startswith("labels of obelix 1.0.0: expected the table on this")
    assert "ionladder ingest obelix-1-0-0" in str(caught.value)


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
