"""Tables written block by block: the same content whatever the blocks, refused out of order."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ionladder.data.store import (
    StreamedTable,
    StreamedWriter,
    digest_frames,
    read_blocks,
)
from ionladder.specs import Column, Table, arrow_schema

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


def rows(**changed: list[object]) -> pa.Table:
    return pa.table(ROWS | changed, schema=arrow_schema(SPEC.columns))


def written(path: Path, table: pa.Table, block: int) -> StreamedTable:
    with StreamedWriter(path, SPEC, {"dataset": "tiny"}) as writer:
        for start in range(0, table.num_rows, block):
            writer.write(table.slice(start, block))
    return writer.table


def test_what_was_written_reads_back(tmp_path: Path) -> None:
    done = written(tmp_path / "frames.parquet", rows(), 2)

    assert done.rows == 3
    assert pq.read_table(done.path).equals(rows())
    assert pq.read_schema(done.path).metadata[b"dataset"] == b"tiny"
    assert [block.num_rows for block in read_blocks(done.path)] == [2, 1]


def test_reading_gives_the_hash_that_writing_gave(tmp_path: Path) -> None:
    done = written(tmp_path / "frames.parquet", rows(), 1)

    assert digest_frames(SPEC, done.path) == done


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
def test_every_change_of_content_changes_its_column_and_the_whole(
    tmp_path: Path, column: str, changed: list[object]
) -> None:
    one = written(tmp_path / "one.parquet", rows(), 3)
    other = written(tmp_path / "other.parquet", rows(**{column: changed}), 3)

    differing = {n for n in one.column_sha256 if one.column_sha256[n] != other.column_sha256[n]}
    assert differing == {column}
    assert one.content_sha256 != other.content_sha256


@pytest.mark.parametrize("ids", [["a", "c", "b"], ["a", "a", "b"]])
@pytest.mark.parametrize("block", [1, 3])
def test_keys_must_ascend(tmp_path: Path, ids: list[object], block: int) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        written(tmp_path / "frames.parquet", rows(id=ids), block)


def test_an_empty_block_changes_nothing(tmp_path: Path) -> None:
    with StreamedWriter(tmp_path / "frames.parquet", SPEC, {}) as writer:
        writer.write(rows().slice(0, 0))
        writer.write(rows())

    assert writer.table.rows == 3
