"""Contributions to JARVIS-Leaderboard are read with their ids as text, and written bit by bit."""

import zipfile

import pandas as pd
import pytest

from ionladder.errors import InterchangeError
from ionladder.interchange.jarvis import read_contribution, read_labels, write_contribution
from unit.interchange.peer_files import JARVIS_NAME, jarvis_labels, jarvis_zip, zip_of


def test_ids_stay_the_text_that_they_are(tmp_path):
    lines = ["id,prediction", "019,-4.5", "5e2,1.0 ", "NA,nan", '"a,b",2']
    read = read_contribution(jarvis_zip(tmp_path / JARVIS_NAME, lines))
    assert read.ids == ("019", "5e2", "NA", "a,b")
    assert read.predictions == ("-4.5", "1.0 ", "nan", "2")
    lines = ["id,target,prediction", "019,-7,-4.5"]
    read = read_contribution(jarvis_zip(tmp_path / JARVIS_NAME, lines))
    assert (read.predictions, read.left_out) == (("-4.5",), ("target",))


@pytest.mark.parametrize("header", ["id,pred", "target,id", "id"])
def test_another_header_is_refused(tmp_path, header):
    path = jarvis_zip(tmp_path / JARVIS_NAME, [header, ",".join("1" for _ in header.split(","))])
    with pytest.raises(InterchangeError, match="header: expected id,prediction; found"):
        read_contribution(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"id,prediction\n", id="header only"),
        pytest.param("id,prediction\na,1\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"id,prediction\na,1,2\n", id="ragged"),
        pytest.param(b",".join(b"c%d" % i for i in range(10**6)) + b"\n", id="a million columns"),
        pytest.param(b"PK\x03\x04\x00\x00", id="a zip under the name of a CSV"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content):
    path = zip_of(tmp_path / JARVIS_NAME, content, "x.csv")
    with pytest.raises(InterchangeError):
        read_contribution(path)


def test_what_is_written_is_what_the_leaderboard_reads(tmp_path):
    path = tmp_path / JARVIS_NAME
    write_contribution(path, ["019", "5e2"], [0.1 + 0.2, -1e-9])
    frame = pd.read_csv(path, dtype={"id": str})
    assert frame.columns.tolist() == ["id", "prediction"]
    assert frame["id"].tolist() == ["019", "5e2"]
    assert frame["prediction"].tolist() == [0.1 + 0.2, -1e-9]
    assert zipfile.ZipFile(path).namelist() == [JARVIS_NAME.removesuffix(".zip")]
    first = path.read_bytes()
    write_contribution(path, ["019", "5e2"], [0.1 + 0.2, -1e-9])
    assert path.read_bytes() == first


def test_labels_are_read_by_split(tmp_path):
    splits = {"train": {"1": 0.5}, "test": {"007": 1, "8": "2.5"}}
    path = jarvis_labels(tmp_path / "tiny_log10_sigma.json.zip", splits)
    assert read_labels(path) == {"007": 1.0, "8": 2.5}
    with pytest.raises(InterchangeError, match="no numbers by id under 'val'"):
        read_labels(path, "val")


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"test": {"a": "1;2"}}', b"not json", b"[]"])
def test_labels_of_another_form_are_refused(tmp_path, content):
    path = zip_of(tmp_path / "x.json.zip", content)
    with pytest.raises(InterchangeError):
        read_labels(path)
