"""Files are written whole or not at all; content hashes depend on names and values only."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder import repo
from ionladder import repo as rp
from ionladder.errors import ConfigError

# Files are written whole or not at all.


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "board.json"
    rp.write_text(path, "old")

    def write_half():
        with rp.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_text_is_not_written_again(tmp_path):
    path = tmp_path / "board.json"
    rp.write_text(path, "text")
    os.utime(path, (1, 1))
    rp.write_text(path, "text")
    assert path.stat().st_mtime == 1
    rp.write_text(path, "other")
    assert path.stat().st_mtime != 1


def test_json_has_two_spaces_a_final_newline_and_null_for_nan(tmp_path):
    path = tmp_path / "x" / "y.json"
    rp.write_json(path, {"b": [1.5, float("nan")], "a": "σ"})
    assert path.read_text() == '{\n  "b": [\n    1.5,\n    null\n  ],\n  "a": "σ"\n}\n'
    assert rp.read_json(path) == {"b": [1.5, None], "a": "σ"}
    assert rp.to_json({}) == "{}\n"


def test_the_repository_is_found_from_a_folder_inside_it_and_by_its_own_mark(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("# ours\nproject: ionladder\n")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (inside / "params.yaml").write_text("project: ionladders\nscoring: {}\ntasks: {}\n")
    assert rp.find_layout(inside) == rp.Layout(tmp_path.resolve())
    monkeypatch.setenv(rp.ROOT_VARIABLE, str(inside))
    with pytest.raises(ConfigError, match="of another project"):
        rp.find_layout()
    monkeypatch.setenv(rp.ROOT_VARIABLE, str(tmp_path))
    assert rp.find_layout(Path("/")) == rp.Layout(tmp_path.resolve())


def test_without_a_clone_the_package_is_read_and_the_cache_is_written(tmp_path, monkeypatch):
    release, cache, here = (tmp_path / name for name in ("release", "cache", "here"))
    own = release / "data" / "d" / "1"
    own.mkdir(parents=True)
    here.mkdir()
    (release / "params.yaml").write_text("project: ionladder\n")
    (own / "splits.parquet").touch()
    monkeypatch.setattr(repo, "_RELEASE", release)
    monkeypatch.setenv(rp.CACHE_VARIABLE, str(cache))
    monkeypatch.delenv(rp.ROOT_VARIABLE, raising=False)
    monkeypatch.chdir(here)
    layout = rp.find_layout()
    assert layout == rp.Layout(release, cache)
    assert layout.table("d", "1", "splits") == own / "splits.parquet"
    assert layout.table("d", "1", "labels") == cache / "data" / "d" / "1" / "labels.parquet"
    assert layout.manifest("d", "1") == own / "manifest.json"
    assert layout.relative(layout.new_submission_dir("t", "n")) == "submissions/t/n"
    assert layout.new_submission_dir("t", "n").is_relative_to(here)
    with pytest.raises(ConfigError, match="expected a clone"):
        rp.require_clone(layout, "ionladder build")


# Content hashes depend on names and values, and on nothing else.


TABLE = pa.table(
    {
        "id": ["019", "5e2", "max"],
        "y": pa.array([1.5, None, -0.0]),
        "n": pa.array([1, 2, None], pa.int16()),
        "flag": pa.array([True, None, False]),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "dois": pa.array([["x", "y"], [], None], pa.list_(pa.string())),
    }
)


def test_row_order_chunking_width_and_encoding_do_not_matter():
    other = pa.concat_tables([TABLE.slice(2), TABLE.slice(0, 2)])
    other = other.set_column(2, "n", other["n"].cast(pa.int64()))
    other = other.set_column(4, "kind", other["kind"].cast(pa.string()))
    other = other.select(list(reversed(TABLE.column_names)))
    other = other.set_column(4, "y", pa.array([0.0, 1.5, None]))
    assert rp.content_hash(other, key="id") == rp.content_hash(TABLE, key="id")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("y", pa.array([1.5, None, 1e-300])),
        ("y", pa.array([1.5, 0.0, -0.0])),
        ("n", pa.array([1, 2, 0], pa.int16())),
        ("flag", pa.array([True, False, False])),
        ("kind", pa.array(["a", "b", ""])),
        ("dois", pa.array([["x", "y"], None, None], pa.list_(pa.string()))),
        ("dois", pa.array([["xy"], [], None], pa.list_(pa.string()))),
    ],
)
def test_one_changed_cell_changes_the_hash_of_its_column(column, values):
    changed = TABLE.set_column(TABLE.column_names.index(column), column, values)
    before, after = rp.column_hashes(TABLE, key="id"), rp.column_hashes(changed, key="id")
    assert {name for name in before if before[name] != after[name]} == {column}


@given(st.lists(st.text(max_size=4), min_size=1, max_size=6))
def test_texts_cannot_run_into_each_other(values):
    joined = ["".join(values), *[""] * (len(values) - 1)]
    ids = [str(row) for row in range(len(values))]
    one = rp.column_hashes(pa.table({"id": ids, "t": values}), key="id")["t"]
    other = rp.column_hashes(pa.table({"id": ids, "t": joined}), key="id")["t"]
    assert (one == other) == (values == joined)


def test_what_cannot_be_written_to_is_told_before_anything_is_said_to_be_written(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(OSError, match="Read-only"), rp.only_writer(tmp_path, waiting=str):
        pytest.fail("nobody may write here")
