"""A dataset version as Croissant 1.0 metadata: what its files are, what is in them, who may use it.

For a version made from upstream files the document points at these, pinned at a commit with their
SHA-256, and describes their columns under their own headers; none of their bytes is copied. For a
version computed here it points at our own tables, which lie beside it.

The format: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from ionladder.data.store import Manifest, require_manifest
from ionladder.errors import DataMissingError, worded
from ionladder.repo import Layout, read_checksums, write_json, write_with
from ionladder.specs import Dataset

CROISSANT_FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
# The name by which Croissant's own reader knows parquet, not the one that was registered since.
_PARQUET = "application/x-parquet"

_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


def croissant(dataset: Dataset, manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a version, equal for equal manifests.

    Args:
        dataset: Its declaration.
        manifest: Its manifest.
        checksums: Table file → SHA-256 of its bytes; needed where the version is computed here.
    """
    files = manifest["source"].get("files")
    return {
        "@context": _WORDS["context"],
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": dataset.title,
        "alternateName": f"{dataset.name} {manifest['version']}",
        "description": " ".join([dataset.summary, *dataset.caveats]),
        "version": manifest["version"],
        "url": dataset.homepage,
        "license": manifest["licence_url"],
        "citation": manifest["citation"],
        "citeAs": dataset.bibtex.strip(),
        "isLiveDataset": False,
        **(_of_upstream(dataset, manifest) if files else _of_tables(manifest, checksums)),
    }


def table_files(layout: Layout, manifest: Manifest) -> dict[str, Path]:
    """Name → path of the tables to lie beside the document: our own, and never upstream's."""
    if manifest["source"].get("files"):
        return {}
    dataset, version = manifest["dataset"], manifest["version"]
    paths = (layout.table(dataset, version, name) for name in manifest["tables"])
    return {path.name: path for path in paths}


def export_croissant(layout: Layout, dataset: Dataset, version: str, folder: Path) -> list[Path]:
    """Write ``croissant.json``, with our own tables beside it where the version is computed here.

    Raises:
        DataMissingError: There is no manifest, or one of our own tables is not here.
    """
    manifest = require_manifest(layout, dataset.name, version)
    tables = table_files(layout, manifest)
    absent = [name for name, path in tables.items() if not path.is_file()]
    if absent:
        facts = {"names": ", ".join(absent), "folder": f"data/{dataset.name}/{version}"}
        raise DataMissingError(worded("own-tables-absent", f"{dataset.name} {version}", **facts))
    document = croissant(dataset, manifest, read_checksums(layout, dataset.name, version))
    written = [folder / CROISSANT_FILE]
    write_json(written[0], document)
    for name, path in tables.items():
        written.append(folder / name)
        write_with(written[-1], partial(shutil.copyfile, path))
    return written


def _of_upstream(dataset: Dataset, manifest: Manifest) -> dict[str, Any]:
    """Files of upstream at their pinned addresses, and the tables among them."""
    source = manifest["source"]
    published = {item.name: item for item in dataset.published}
    base = source["base_url"].rstrip("/")
    files, records = [], []
    for name, digest in source["files"].items():
        item = published.get(name)
        encoding, text = (item.encoding, item.description) if item else (_guess(name), None)
        files.append(_file(name, f"{base}/{name}", encoding, digest, text))
    for item in dataset.published:
        if item.columns and item.name in source["files"]:
            columns = [_field(c.name, c.type, c.unit, c.description) for c in item.columns]
            stem = item.name.partition(".")[0]
            records.append(_record_set(stem, item.name, item.description, item.key, columns))
    return {"distribution": files, "recordSet": records}


def _of_tables(manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """Our own tables, beside the document."""
    files, records = [], []
    for name, table in manifest["tables"].items():
        file, rows = f"{name}.parquet", table["rows"]
        text = f"{rows} rows; content hash {table['content_sha256']}."
        files.append(_file(file, file, _PARQUET, checksums[file], text))
        columns = [
            _field(c["name"], c["type"], c["unit"], c["description"]) for c in table["columns"]
        ]
        about = f"Table {name}, {rows} rows."
        records.append(_record_set(name, file, about, table["key"], columns))
    return {"distribution": files, "recordSet": records}


def _file(
    name: str, url: str, encoding: str, sha256: str, description: str | None
) -> dict[str, Any]:
    about = {"description": description} if description else {}
    head = {"@type": "cr:FileObject", "@id": name, "name": name}
    return {**head, **about, "contentUrl": url, "encodingFormat": encoding, "sha256": sha256}


def _field(name: str, kind: str, unit: str | None, description: str) -> dict[str, Any]:
    """A column; its unit stands in the description, for which Croissant has no word of its own."""
    inner = kind.removeprefix("list<").removesuffix(">")
    text = f"{description} Unit: {unit}." if unit else description
    field = {"name": name, "description": text, "dataType": _WORDS["types"][inner]}
    return {**field, "repeated": True} if inner != kind else field


def _record_set(
    name: str, file: str, description: str, key: Iterable[str], columns: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    keys = [{"@id": _field_id(name, column)} for column in key]
    fields = []
    for column in columns:
        head = {"@type": "cr:Field", "@id": _field_id(name, column["name"])}
        extract = {"column": column["name"]}
        fields.append(
            {**head, **column, "source": {"fileObject": {"@id": file}, "extract": extract}}
        )
    head = {"@type": "cr:RecordSet", "@id": name, "name": name, "description": description}
    return {**head, "key": keys[0] if len(keys) == 1 else keys, "field": fields}


def _field_id(record_set: str, column: str) -> str:
    """Id of a field: letters, digits and underscores below the name of its record set."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", column.replace("#", "number")).strip("_")
    return f"{record_set}/{plain}"


def _guess(name: str) -> str:
    if name.endswith(".csv"):
        return "text/csv"
    return "application/gzip" if name.endswith(".gz") else "application/octet-stream"
