"""Several sources of one version: asked in turn, held to the same content, each error by itself."""

import json
from pathlib import Path

import pandas as pd
import pytest

from factories import COLUMNS, SIGMA, make_tar, write_repo
from ionladder.config import load_params
from ionladder.data import fetch as fetch_module
from ionladder.data.archives import read_tar
from ionladder.data.fetch import fetch_version, require_raw
from ionladder.data.ingest import ingest_version
from ionladder.errors import FetchError, IngestError, UnreachableError
from ionladder.repo import read_json, sha256_file
from unit.conftest import fetch_and_ingest
from unit.data.test_em619 import write_workbook

SDIST = "made_up-1.0.0.tar.gz"
PYPROJECT = b'[build-system]\nrequires = ["nothing-here"]\nbuild-backend = "made_up.build"\n'


def workbook(table, folder):
    """The table as a spreadsheet program stores it."""
    cells = [["" if pd.isna(v) else str(v) for v in row] for row in table.astype(object).to_numpy()]
    return write_workbook(folder / "raw.xlsx", {"a": [list(table.columns), *cells]}).read_bytes()


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A release as pandas writes it, ingested from its files; and the same in a package.

    pip is pointed at a folder, so that no test asks a network.
    """
    layout = write_repo(tmp_path / "repo")
    folder = tmp_path / "repo" / "upstream" / "obelix" / "v1.0.0-data"
    tables = {}
    for name in ("all", "train", "test"):
        path = folder / f"{name}.csv"
        read = {"keep_default_na": False, "na_values": [""], "dtype": {"ID": str}}
        tables[name] = pd.read_csv(path, **read)
    tables["all"].loc[0, "note"] = " with blanks "
    for name, column in tables["all"].items():  # pandas reads whole numbers of a sheet as integers
        if column.dtype == float and (column % 1 == 0).all():
            tables["all"][name] = column.astype(int)
    sigma = tables["all"][SIGMA]
    tables["all"][SIGMA] = [text if text.startswith("<") else float(text) for text in sigma]
    for name in ("all", "train", "test"):
        table = tables["all"][tables["all"]["ID"].isin(tables[name]["ID"])]
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    members = {
        "data/raw.xlsx": workbook(tables["all"], tmp_path),
        **{
            f"data/{n}_idx.csv": "\n".join(["ID", *tables[n]["ID"], ""]).encode()
            for n in ("train", "test")
        },
        **{
            f"data/randomized_cifs/{Path(n).name}": data
            for n, data in read_tar(folder / "all_cifs.tar.gz").items()
        },
        "pyproject.toml": PYPROJECT,
        "PKG-INFO": b"Metadata-Version: 2.1\nName: made-up\nVersion: 1.0.0\n",
    }
    pack(layout, members)
    params = json.loads(layout.params.read_text())
    pinned = params["datasets"]["obelix-1-0-0"]
    pinned["files"] = {path.name: sha256_file(path) for path in sorted(folder.iterdir())}
    layout.params.write_text(json.dumps(params))
    fetch_and_ingest(layout)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(layout.root / "index"))
    monkeypatch.setattr(fetch_module, "_FIRST_PAUSE_S", 0.0)
    return layout


def pack(layout, members):
    """Put a package into the index and pin it."""
    path = layout.root / "index" / SDIST
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(make_tar({f"made_up-1.0.0/{n}": data for n, data in members.items()}))
    params = json.loads(layout.params.read_text())
    params["datasets"]["obelix-1-0-0"]["packages"] = [
        {
            "package": "made-up",
            "version": "1.0.0",
            "file": SDIST,
            "sha256": sha256_file(path),
            "backend": "made_up.build",
        }
    ]
    layout.params.write_text(json.dumps(params))


def fresh(layout):
    """The version, with nothing of it here and its address gone."""
    version = load_params(layout).versions["obelix-1-0-0"]
    for path in layout.version_dir("obelix", "1.0.0").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    return version.model_copy(update={"base_url": (layout.root / "gone").as_uri()})


def test_the_package_gives_the_released_content_and_no_code_of_it_runs(layout):
    manifest = read_json(layout.manifest("obelix", "1.0.0"))
    marker = layout.root / ".fetched/obelix-1-0-0.json"
    pins = marker.read_bytes()
    version = fresh(layout)
    marker.unlink()

    done = fetch_version(layout, version)

    assert (done.brought, done.served) == ([SDIST], "the package index (made-up 1.0.0)")
    raw = layout.raw_dir("obelix", "1.0.0")
    assert [path.name for path in raw.iterdir()] == [SDIST]
    assert marker.read_bytes() == pins
    require_raw(layout, version)
    assert fetch_version(layout, version).brought == []
    assert not ingest_version(layout, version).is_first_release
    again = read_json(layout.manifest("obelix", "1.0.0"))
    assert all(again[key] == manifest[key] for key in manifest.keys() - {"source"})


def test_a_mirror_is_asked_first_and_does_not_shut_out_the_others(layout, tmp_path, monkeypatch):
    version = load_params(layout).versions["obelix-1-0-0"]
    upstream = layout.root / "upstream" / "obelix" / "v1.0.0-data"
    mirror = tmp_path / "mirror" / "obelix" / "v1.0.0-data"
    mirror.mkdir(parents=True)
    (mirror / "all.csv").write_bytes((upstream / "all.csv").read_bytes())
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "mirror"))
    fresh(layout)

    assert fetch_version(layout, version).served == "IONLADDER_MIRROR, the upstream address"

    fresh(layout)
    page = b"\n<!DOCTYPE html>\n<title>Sign in</title>"
    for place in (mirror, upstream):
        (place / "all.csv").write_bytes(page)
    assert fetch_version(layout, version).served == "the package index (made-up 1.0.0)"
    with pytest.raises(UnreachableError, match="found an HTML page, such as a login"):
        fetch_version(
            layout, fresh(layout).model_copy(update={"packages": [], "base_url": version.base_url})
        )


def test_wrong_bytes_of_a_package_are_refused_and_an_index_without_it_named(layout):
    path = layout.root / "index" / SDIST
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FetchError) as raised:
        fetch_version(layout, fresh(layout))
    assert f"found {sha256_file(path)}" in str(raised.value)

    path.unlink()
    with pytest.raises(UnreachableError) as missing:
        fetch_version(layout, fresh(layout))
    assert "made-up 1.0.0 on the package index, by pip; found " in str(missing.value)
    assert not layout.raw_dir("obelix", "1.0.0").exists()


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (None, "made_up-1.0.0/data/raw.xlsx'; found none"),
        (COLUMNS[1:], "found no ID"),
        (COLUMNS, "made_up-1.0.0.tar.gz, all.csv: expected text of SHA-256"),
    ],
)
def test_a_package_of_another_layout_or_text_is_one_error_and_nothing_is_written(
    layout, tmp_path, columns, found
):
    packed = read_tar(layout.root / "index" / SDIST)
    members = {name.removeprefix("made_up-1.0.0/"): data for name, data in packed.items()}
    del members["data/raw.xlsx"]
    if columns:
        members["data/raw.xlsx"] = workbook(pd.DataFrame([dict.fromkeys(columns, "a")]), tmp_path)
    pack(layout, members)
    version = fresh(layout)
    fetch_version(layout, version)

    with pytest.raises(IngestError, match=found):
        ingest_version(layout, version)
    left = {path.name for path in layout.version_dir("obelix", "1.0.0").iterdir()}
    assert left == {"raw", "manifest.json"}
