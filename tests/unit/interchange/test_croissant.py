"""Dataset versions as Croissant: pinned files with their hashes, columns with units, no bytes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from ionladder.data.registry import get_dataset
from ionladder.data.store import require_manifest
from ionladder.interchange.croissant import croissant, export_croissant
from ionladder.repo import Layout, read_checksums, sha256_file

VERSIONS = sorted(
    (path.parent.parent.name, path.parent.name)
    for path in (Path(__file__).resolve().parents[3] / "data").glob("*/*/manifest.json")
)

needs_mlcroissant = pytest.mark.skipif(
    importlib.util.find_spec("mlcroissant") is None,
    reason="needs mlcroissant: `make test-interchange` installs it",
)


def document_of(layout: Layout, name: str, version: str) -> dict[str, Any]:
    manifest = require_manifest(layout, name, version)
    return croissant(get_dataset(name), manifest, read_checksums(layout, name, version))


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_every_file_has_its_hash_and_every_column_its_file(
    layout: Layout, name: str, version: str
) -> None:
    document = document_of(layout, name, version)
    assert document["version"] == version
    assert document["license"].startswith("https://")
    files = {item["@id"]: item for item in document["distribution"]}
    assert all(len(item["sha256"]) == 64 for item in files.values())
    ids = []
    for record_set in document["recordSet"]:
        fields = [field["@id"] for field in record_set["field"]]
        keys = record_set["key"]
        for key in [keys] if isinstance(keys, dict) else keys:
            assert key["@id"] in fields
        for field in record_set["field"]:
            assert field["source"]["fileObject"]["@id"] in files
            assert field["description"]
        ids += fields
    assert len(set(ids)) == len(ids)


def test_upstream_files_are_named_where_they_are_pinned_and_not_copied(
    layout: Layout, tmp_path: Path
) -> None:
    manifest = require_manifest(layout, "obelix", "1.2.0")
    (path,) = export_croissant(layout, get_dataset("obelix"), "1.2.0", tmp_path)
    document = json.loads(path.read_text())
    base, commit = manifest["source"]["base_url"], manifest["source"]["commit"]
    for item in document["distribution"]:
        assert item["contentUrl"] == f"{base}/{item['name']}"
        assert commit in item["contentUrl"]
        assert item["sha256"] == manifest["source"]["files"][item["name"]]


def test_units_stand_in_the_descriptions_and_limits_stay_text(layout: Layout) -> None:
    fields = document_of(layout, "obelix", "1.2.0")["recordSet"][0]["field"]
    sigma = next(f for f in fields if f["name"] == "Ionic conductivity (S cm-1)")
    assert sigma["dataType"] == "sc:Text"
    assert sigma["description"].endswith("Unit: S/cm.")


def test_our_own_tables_are_described_as_they_lie_on_disk(layout: Layout, tmp_path: Path) -> None:
    paths = export_croissant(layout, get_dataset("bvel_proto"), "1.0.0", tmp_path)
    document = json.loads(paths[0].read_text())
    hashes = {item["contentUrl"]: item["sha256"] for item in document["distribution"]}
    assert {path.name: sha256_file(path) for path in paths[1:]} == hashes
    coordinates = next(
        field
        for record_set in document["recordSet"]
        for field in record_set["field"]
        if field["@id"] == "structures/frac_coords"
    )
    assert coordinates["repeated"] is True


@needs_mlcroissant
@pytest.mark.extra
@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_mlcroissant_finds_no_error(
    layout: Layout, tmp_path: Path, name: str, version: str
) -> None:
    import mlcroissant

    path = export_croissant(layout, get_dataset(name), version, tmp_path)[0]
    issues = mlcroissant.Dataset(jsonld=path).metadata.issues
    assert issues.errors == set()
    # Manifests carry no dates, so that equal data give equal text.
    assert all("datePublished" in warning for warning in issues.warnings)


@needs_mlcroissant
@pytest.mark.extra
def test_mlcroissant_reads_every_record_of_our_own_tables(layout: Layout, tmp_path: Path) -> None:
    import mlcroissant

    manifest = require_manifest(layout, "bvel_proto", "1.0.0")
    path = export_croissant(layout, get_dataset("bvel_proto"), "1.0.0", tmp_path)[0]
    dataset = mlcroissant.Dataset(jsonld=path)
    for name, table in manifest["tables"].items():
        assert sum(1 for _ in dataset.records(name)) == table["rows"], name
