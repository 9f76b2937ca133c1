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

from ionladder.data.store import Manifest, require_manifest
from ionladder.errors import DataMissingError
from ionladder.repo import Layout, write_json, write_with
from ionladder.specs import Dataset

CROISSANT_FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
# The name by which Croissant's own reader knows parquet, not the one that was registered since.
_PARQUET = "application/x-parquet"
_SUM_LINE = re.compile(r"^([0-9a-f]{64})  (\S+)$", re.MULTILINE)

_DATA_TYPES = {
    "string": "sc:Text",
    "category": "sc:Text",
    "bool": "sc:Boolean",
    "int8": "sc:Integer",
    "int16": "sc:Integer",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
    "float64": "sc:Float",
}

# The vocabulary of the specification: which words of the document belong to which of its sources.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{
        word: f"cr:{word}"
        for word in (
            *("citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet"),
            *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
            *("path", "recordSet", "references", "regex", "repeated", "replace", "separator"),
            *("source", "subField", "transform"),
        )
    },
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
}


def croissant(dataset: Dataset, manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a version, equal for equal manifests.

    Args:
        dataset: Its declaration.
        manifest: Its manifest.
        checksums: Table file → SHA-256 of its bytes; needed where the version is computed here.
    """
    files = manifest["source"].get("files")
    parts = _of_upstream(dataset, manifest) if files else _of_tables(manifest, checksums)
    return {
        "@context": dict(sorted(_CONTEXT.items())),
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
        **parts,
    }


def read_checksums(layout: Layout, dataset: str, version: str) -> dict[str, str]:
    """Table file → SHA-256, from the ``SHA256SUMS`` of a version; empty where there is none."""
    path = layout.checksums(dataset, version)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {name: digest for digest, name in _SUM_LINE.findall(text)}


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
        raise DataMissingError(
            f"{dataset.name} {version}",
            "its tables, which are kept in git",
            f"no {', '.join(absent)}",
            f"Restore them: `git checkout data/{dataset.name}/{version}`.",
        )
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
    return {
        "distribution": [
            _file(
                name,
                url=f"{base}/{name}",
                encoding=published[name].encoding if name in published else _guess(name),
                sha256=digest,
                description=published[name].description if name in published else None,
            )
            for name, digest in source["files"].items()
        ],
        "recordSet": [
            _record_set(
                item.name.partition(".")[0],
                file=item.name,
                description=item.description,
                key=item.key,
                columns=[
                    {
                        "name": column.name,
                        "type": column.type,
                        "unit": column.unit,
                        "description": column.description,
                    }
                    for column in item.columns
                ],
            )
            for item in dataset.published
            if item.columns and item.name in source["files"]
        ],
    }


def _of_tables(manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """Our own tables, beside the document."""
    tables: Mapping[str, Any] = manifest["tables"]
    return {
        "distribution": [
            _file(
                f"{name}.parquet",
                url=f"{name}.parquet",
                encoding=_PARQUET,
                sha256=checksums[f"{name}.parquet"],
                description=f"{table['rows']} rows; content hash {table['content_sha256']}.",
            )
            for name, table in tables.items()
        ],
        "recordSet": [
            _record_set(
                name,
                file=f"{name}.parquet",
                description=f"Table {name}, {table['rows']} rows.",
                key=table["key"],
                columns=table["columns"],
            )
            for name, table in tables.items()
        ],
    }


def _file(
    name: str, *, url: str, encoding: str, sha256: str, description: str | None
) -> dict[str, Any]:
    about = {"description": description} if description else {}
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        **about,
        "contentUrl": url,
        "encodingFormat": encoding,
        "sha256": sha256,
    }


def _record_set(
    name: str,
    *,
    file: str,
    description: str,
    key: Iterable[str],
    columns: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    keys = [{"@id": _field_id(name, column)} for column in key]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "key": keys[0] if len(keys) == 1 else keys,
        "field": [_field(name, file, column) for column in columns],
    }


def _field(record_set: str, file: str, column: Mapping[str, Any]) -> dict[str, Any]:
    """A column; its unit stands in the description, for which Croissant has no word of its own."""
    kind: str = column["type"]
    is_list = kind.startswith("list<")
    inner = kind.removeprefix("list<").removesuffix(">")
    unit = f" Unit: {column['unit']}." if column["unit"] else ""
    return {
        "@type": "cr:Field",
        "@id": _field_id(record_set, column["name"]),
        "name": column["name"],
        "description": f"{column['description']}{unit}",
        "dataType": _DATA_TYPES[inner],
        **({"repeated": True} if is_list else {}),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column["name"]}},
    }


def _field_id(record_set: str, column: str) -> str:
    """Id of a field: letters, digits and underscores below the name of its record set."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", column.replace("#", "number")).strip("_")
    return f"{record_set}/{plain}"


def _guess(name: str) -> str:
    if name.endswith(".csv"):
        return "text/csv"
    return "application/gzip" if name.endswith(".gz") else "application/octet-stream"
