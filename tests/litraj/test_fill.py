"""Archives that somebody has already: a zip, its unpacked folder, a folder of zips, bad ones."""

import json
import shutil
import zipfile

import miniature as mini
import pytest
from writing import SCORING, version_entry

from ionladder.config import load_params, select_versions
from ionladder.data.fetch import take_archives
from ionladder.data.ingest import fetch_and_pin
from ionladder.errors import IngestError
from ionladder.repo import Layout, read_json

NAME = "BVEL13k.zip"


@pytest.fixture
def layout(tmp_path):
    """A repository whose one version waits."""
    layout = Layout(tmp_path / "repo")
    layout.root.mkdir()
    entry = version_entry("bvel13k", NAME, mini.bvel13k().counts, ["bvel13k"])
    params = {
        "project": "ionladder",
        "scoring": SCORING,
        "datasets": {},
        "tasks": {},
        "on_demand": {"bvel13k-1-0-0": entry},
    }
    layout.params.write_text(json.dumps(params), encoding="utf-8")
    return layout


@pytest.mark.parametrize("name", ["BVEL13k", "bvel-13k", "litraj", "bvel13k-1-0-0", "LiTraj"])
def test_names_are_matched_without_case_and_signs(layout, name):
    assert [v.key for v in select_versions(load_params(layout), [name])] == ["bvel13k-1-0-0"]


@pytest.mark.parametrize("kind", ["zip", "folder of zips", "unpacked", "folder with the unpacked"])
def test_every_kind_of_copy_gives_one_content(layout, tmp_path, kind):
    version = load_params(layout).versions["bvel13k-1-0-0"]
    downloads = tmp_path / "Downloads"
    archive = mini.bvel13k().write(downloads)
    source = archive
    if kind == "folder of zips":
        archive.rename(downloads / "bvel-13K (1).zip")
        shutil.copy(downloads / "bvel-13K (1).zip", downloads / "MPLiTrj.zip")
        source = downloads
    elif kind != "zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(downloads)
        archive.unlink()
        source = downloads / "BVEL13k" if kind == "unpacked" else downloads

    assert take_archives(layout, version, source) == []
    assert fetch_and_pin(layout, version, progress=False) is not None

    assert load_params(layout).versions["bvel13k-1-0-0"].is_pinned
    other = Layout(tmp_path / "other")
    expected = read_json(mini.ingested(other.root, mini.bvel13k()).manifest("bvel13k", "1.0.0"))
    assert read_json(layout.manifest("bvel13k", "1.0.0"))["tables"] == expected["tables"]


def test_a_folder_without_it_says_so(layout, tmp_path):
    version = load_params(layout).versions["bvel13k-1-0-0"]
    assert take_archives(layout, version, tmp_path) == [NAME]
    assert not layout.raw_dir("bvel13k", "1.0.0").exists()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"<!DOCTYPE html>\n<p>Please sign in", "an HTML page, such as a login or a proxy answers"),
        (b"PK\x03\x04 torn", "damaged bytes"),
    ],
)
def test_an_archive_that_fails_its_checks_is_moved_aside_and_named(layout, tmp_path, data, found):
    version = load_params(layout).versions["bvel13k-1-0-0"]
    copy = tmp_path / "copy.zip"
    copy.write_bytes(data)
    take_archives(layout, version, copy)

    with pytest.raises(IngestError, match=found) as raised:
        fetch_and_pin(layout, version, progress=False)

    assert "data/bvel13k/1.0.0/raw/BVEL13k.zip.refused" in str(raised.value)
    raw = layout.raw_dir("bvel13k", "1.0.0")
    assert [path.name for path in raw.iterdir()] == [f"{NAME}.refused"]
    assert copy.read_bytes() == data
    assert not layout.pins.exists()
