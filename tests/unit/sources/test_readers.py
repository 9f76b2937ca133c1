"""CSV read as text: what looks like a number stays as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionladder.data.litraj.xyz import read_csv
from ionladder.errors import IngestError

COLUMNS = ("ID", "sigma")


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "all.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("entry", ["5e2", "019", "max", "1e9", "nan", "NA", "null", "True", " a "])
def test_every_value_stays_the_text_it_was(tmp_path: Path, entry: str) -> None:
    path = write(tmp_path, f"ID,sigma\n{entry},1.0\n".encode())
    assert read_csv(path, columns=COLUMNS) == [{"ID": entry, "sigma": "1.0"}]


def test_a_byte_order_mark_and_quotes_are_understood(tmp_path: Path) -> None:
    path = write(tmp_path, b'\xef\xbb\xbfID,sigma\r\n"a,b","say ""x"""\r\n')
    assert read_csv(path, columns=COLUMNS) == [{"ID": "a,b", "sigma": 'say "x"'}]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("ID", "missing: sigma"),
        ("ID,Sigma", "missing: sigma; unknown: Sigma"),
        ("ID,sigma,sigma", "twice: sigma"),
        ("sigma,ID", "another order"),
        ("", "missing: ID, sigma"),
    ],
)
def test_another_header_is_refused_column_by_column(
    tmp_path: Path, header: str, found: str
) -> None:
    path = write(tmp_path, f"{header}\n".encode())
    with pytest.raises(IngestError) as caught:
        read_csv(path, columns=COLUMNS)
    assert caught.value.problems[0].found.startswith(found)


def test_rows_of_another_length_are_all_named(tmp_path: Path) -> None:
    path = write(tmp_path, b"ID,sigma\na\nb,1\nc,1,2\n")
    with pytest.raises(IngestError) as caught:
        read_csv(path, columns=COLUMNS)
    assert [problem.where for problem in caught.value.problems] == [
        "all.csv, row 2",
        "all.csv, row 4",
    ]


@pytest.mark.parametrize("data", [b"ID,sigma\n\xff,1\n", b'ID,sigma\n"a,1\n'])
def test_bytes_that_are_no_csv_in_utf8_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(IngestError, match=r"all\.csv"):
        read_csv(write(tmp_path, data), columns=COLUMNS)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="missing: ID, sigma"):
        read_csv(write(tmp_path, b""), columns=COLUMNS)
