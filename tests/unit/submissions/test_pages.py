"""How much a parquet file unpacks to is read from its pages, whoever wrote it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ionladder.submit import parquet as pages
from ionladder.submit.parquet import PagesError, read_parquet, unpacked_bytes

TABLE = pa.table(
    {
        "id": [f"e{i:06}" for i in range(5000)],
        "x": [i / 7 for i in range(5000)],
        "seed": [i % 3 for i in range(5000)],
        "gap": [None if i % 5 else float(i) for i in range(5000)],
    }
)
WAYS: list[dict[str, Any]] = [
    {"compression": compression, "data_page_version": version, "use_dictionary": dictionary}
    for compression, version, dictionary in itertools.product(
        ("none", "snappy", "gzip", "zstd", "brotli", "lz4"), ("1.0", "2.0"), (True, False)
    )
]
WAYS += [
    {"row_group_size": 700, "data_page_size": 100},
    {"write_page_index": True, "write_page_checksum": True},
    {"use_dictionary": False, "column_encoding": {"seed": "DELTA_BINARY_PACKED"}},
    {"use_dictionary": False, "column_encoding": {"x": "BYTE_STREAM_SPLIT"}},
]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_honest_file_is_read_however_it_was_written(tmp_path: Path, way: dict[str, Any]) -> None:
    path = tmp_path / "predictions.parquet"
    pq.write_table(TABLE, path, **way)
    metadata = pq.ParquetFile(path).metadata
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    # The table of contents counts the headers of the pages too.
    stated = sum(group.total_byte_size for group in groups)
    assert 0.5 * stated < unpacked_bytes(path, range(4)) <= stated
    table, problems = read_parquet(path, "sent", TABLE.column_names, 10_000)
    assert problems == []
    assert table is not None
    assert table.equals(TABLE)


@pytest.mark.parametrize("way", WAYS[:-2], ids=str)
def test_honest_lists_are_counted_by_their_values(tmp_path: Path, way: dict[str, Any]) -> None:
    path = tmp_path / "predictions.parquet"
    rows = [[i / 7] * (i % 4) if i % 5 else None for i in range(5000)]
    table = TABLE.select(["id"]).append_column("f", pa.array(rows, pa.list_(pa.float32())))
    pq.write_table(table, path, **way)
    metadata = pq.ParquetFile(path).metadata
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    stated = sum(group.total_byte_size for group in groups)
    n_values = sum(group.column(1).num_values for group in groups)
    assert 0.5 * stated < unpacked_bytes(path, range(2), lists={1: n_values}) <= stated
    with pytest.raises(PagesError, match="lists with more values"):
        unpacked_bytes(path, range(2), lists={1: n_values - 1})


def test_columns_that_are_not_read_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    pq.write_table(TABLE, path)
    parts = [unpacked_bytes(path, [place]) for place in range(4)]
    assert unpacked_bytes(path, range(4)) == sum(parts)
    assert min(parts) > 0


def test_texts_written_as_pieces_of_one_another_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    for encoding in ("DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"):
        pq.write_table(TABLE, path, use_dictionary=False, column_encoding={"id": encoding})
        with pytest.raises(PagesError, match="pieces of one another"):
            unpacked_bytes(path, [0])


def test_more_pages_than_an_honest_file_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "predictions.parquet"
    pq.write_table(TABLE, path, row_group_size=10)
    monkeypatch.setattr(pages, "MAX_PAGES", 100)
    with pytest.raises(PagesError, match="more than 100 pages"):
        unpacked_bytes(path, range(4))


def test_a_text_meant_often_counts_as_often(tmp_path: Path) -> None:
    """Fifty million bytes in 60,000 cells that all mean one text of 900."""
    path = tmp_path / "predictions.parquet"
    pq.write_table(pa.table({"id": pa.repeat("x" * 900, 60_000)}), path)
    _, (problem,) = read_parquet(path, "sent", ["id"], 100_000)
    assert str(problem).startswith("sent: expected at most 50 MB when unpacked; found 54 MB")


def test_no_changed_byte_is_more_than_a_letter(tmp_path: Path) -> None:
    """Arrow ends the whole process when some of them are read through its own metadata."""
    path = tmp_path / "predictions.parquet"
    pq.write_table(TABLE.slice(0, 3).select(["id", "x"]), path, store_schema=False)
    good = path.read_bytes()
    for place, change in itertools.product(range(len(good)), (1, -2, 128)):
        bad = bytearray(good)
        bad[place] = (bad[place] + change) % 256
        path.write_bytes(bad)
        table, problems = read_parquet(path, "sent", ["id", "x"], 10)
        assert (table is None) == bool(problems)
