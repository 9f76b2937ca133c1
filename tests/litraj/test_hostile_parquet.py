"""Parquet files of paths and frames that unpack to far more than they say: refused before that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paths_submission as paths
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import test_frame_scoring as frames

from hostile.bombs import restate
from ionladder.errors import SubmissionError
from ionladder.score import TaskScorer
from ionladder.score_frames import reader

MOST_BYTES = 15_000_000
"""What Arrow may make room for; every file here unpacks to more than twice as much."""
MANY = 10_000_000
LONG = 40_000_000

Change = Callable[[Path], None]


@pytest.fixture(autouse=True)
def pool() -> Iterator[pa.MemoryPool]:
    """What Arrow asks memory from during one test; it tells the most that was held."""
    before = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(before)
    yield counted
    pa.set_memory_pool(before)


def _written(path: Path, table: pa.Table, **options: Any) -> pq.FileMetaData:
    pq.write_table(table, path, compression="zstd", write_statistics=False, **options)
    return pq.read_metadata(path)


def _with_lists(path: Path, name: str) -> pq.FileMetaData:
    """The same file, but the list of the first row has ten million zeros."""
    table = pq.read_table(path)
    at, kind = table.column_names.index(name), table.schema.field(name).type
    first = pa.array([pa.repeat(pa.scalar(0.0, kind.value_type), MANY)], kind)
    column = pa.chunked_array([first, table[name].combine_chunks().slice(1).cast(kind)])
    table = table.set_column(at, name, column)
    return _written(path, table.combine_chunks(), use_dictionary=False)


def _lie_about_sizes(path: Path, metadata: pq.FileMetaData) -> None:
    group = metadata.row_group(0)
    columns = (group.column(place) for place in range(group.num_columns))
    largest = max(column.total_uncompressed_size for column in columns)
    for number in {group.total_byte_size, largest}:
        restate(path, number, 1000)


def long_lists(name: str) -> Change:
    """Sizes that lie."""
    return lambda path: _lie_about_sizes(path, _with_lists(path, name))


def uncounted_lists(name: str) -> Change:
    """Sizes and the number of values that lie."""

    def change(path: Path) -> None:
        metadata = _with_lists(path, name)
        column = next(
            c for c in map(metadata.row_group(0).column, range(9)) if c.num_values >= MANY
        )
        restate(path, column.num_values, 100)
        _lie_about_sizes(path, metadata)

    return change


def long_text(path: Path) -> None:
    """An id of 40 MB, with sizes that lie."""
    table = pq.read_table(path)
    ids = pa.array(["x" * LONG, *table["id"].to_pylist()[1:]], pa.string())
    table = table.set_column(table.column_names.index("id"), "id", ids)
    _lie_about_sizes(path, _written(path, table, use_dictionary=False))


def repeated_text(path: Path) -> None:
    """A text of 900 kB that every id means, stored once; no number lies."""
    table = pq.read_table(path)
    many = pa.concat_tables([table] * 2).combine_chunks() if len(table) < 15 else table
    ids = pa.DictionaryArray.from_arrays(pa.repeat(0, len(many)), pa.array(["x" * 900_000]))
    many = many.set_column(many.column_names.index("id"), "id", ids.cast(pa.string()))
    _written(path, many, use_dictionary=["id"], dictionary_pagesize_limit=10**7)


def many_parts(path: Path) -> None:
    """A table of contents that claims a million parts."""
    contents = b"\x15\x02\x19\x1c\x48\x01r\x15\x00\x00\x16\x0c\x19\xfc\xc0\x84\x3c"
    path.write_bytes(b"PAR1" + contents + len(contents).to_bytes(4, "little") + b"PAR1")


CASES: dict[str, tuple[Callable[[str], Change], str]] = {
    "lists": (long_lists, "lists with more values than the task asks for"),
    "lists whose length lies": (uncounted_lists, "its pages have more values than"),
    "a long text": (lambda _: long_text, "MB, packed and unpacked"),
    "a text meant often": (lambda _: repeated_text, "at most 1000 bytes in a cell"),
    "a million parts": (lambda _: many_parts, "expected a parquet file"),
}


@pytest.mark.parametrize("name", CASES)
def test_paths_that_unpack_to_more_are_refused(
    name: str, paths_scorer: TaskScorer, tmp_path: Path, pool: pa.MemoryPool
) -> None:
    make, expected = CASES[name]
    folder = paths.write(tmp_path / "sent", paths.good_rows())
    make("positions_ang")(folder / "predictions.parquet")
    pa.set_memory_pool(pool)
    with pytest.raises(SubmissionError) as caught:
        paths_scorer.score(folder)
    (problem,) = caught.value.problems
    assert expected in str(problem)
    assert pool.max_memory() < MOST_BYTES


@pytest.mark.parametrize("name", CASES)
def test_frames_that_unpack_to_more_are_refused(
    name: str, tmp_path: Path, pool: pa.MemoryPool
) -> None:
    make, expected = CASES[name]
    frames.write_predictions(tmp_path)
    read = reader(
        frames.labels(frames.write_truth(tmp_path / "truth.parquet", block=4)), frames.TASK
    )
    make("forces_ev_per_ang")(tmp_path / "predictions.parquet")
    pa.set_memory_pool(pool)
    table, (problem,) = read(tmp_path, "sent")
    assert table is None
    assert expected in str(problem)
    assert pool.max_memory() < MOST_BYTES
