"""``manifest.json``: what a released version is, by content, with no date and no path in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ionladder.core.errors import DataChangedError, DataMissingError
from ionladder.core.files import read_json
from ionladder.core.hashing import column_hashes, content_hash
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.streamed import StreamedTable
from ionladder.specs.dataset import Dataset, Table
from ionladder.specs.params import DatasetVersion

if TYPE_CHECKING:
    import pyarrow as pa

Manifest = dict[str, Any]

_RELEASED = (
    "A released version is immutable. Install the packages of requirements.lock and try again; "
    "bytes that changed upstream get a new version in params.yaml; and if IonLadder's own reading "
    "of them changed on purpose, delete this manifest, ingest again, and say so in CHANGELOG.md"
)


def make_manifest(dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """Describe a built version; equal tables give equal text."""
    source = pinned.source
    met = {pair for check in built.checks for pair in check.excused}
    return {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source": {
            "tag": source.tag,
            "commit": source.commit,
            "base_url": source.base_url,
            "files": dict(sorted(source.files.items())),
        },
        "licence": dataset.licence,
        "licence_url": dataset.licence_url,
        "citation": dataset.citation,
        "tables": {
            spec.name: describe_table(spec, built.tables[spec.name]) for spec in dataset.tables
        },
        **_frames(dataset, built),
        "checks": [
            {
                "name": check.name,
                "description": check.description,
                "result": "passed",
                "allowed": list(check.allowed),
                "detail": check.detail,
            }
            for check in built.checks
        ],
        "oddities": [
            {"check": oddity.check, "ids": ids, "reason": oddity.reason}
            for oddity in dataset.oddities
            if (ids := [entry for entry in oddity.ids if (oddity.check, entry) in met])
        ],
        "summary": dict(built.summary),
    }


def _frames(dataset: Dataset, built: BuiltVersion) -> dict[str, Any]:
    """The key ``frames``, where a dataset has any."""
    described = {
        spec.name: describe_frames(spec, built.frames[spec.name]) for spec in dataset.frames
    }
    return {"frames": described} if described else {}


def describe_frames(spec: Table, written: StreamedTable) -> dict[str, Any]:
    """The same as :func:`describe_table` for frames, whose hash is taken block by block."""
    return {
        "rows": written.rows,
        "key": list(spec.key),
        "content_sha256": written.content_sha256,
        "columns": _columns(spec, written.column_sha256),
    }


def describe_table(spec: Table, table: pa.Table) -> dict[str, Any]:
    """Rows, key, content hash and columns (each with its own hash) of one table."""
    hashes = column_hashes(table, key=list(spec.key))
    return {
        "rows": table.num_rows,
        "key": list(spec.key),
        "content_sha256": content_hash(table, key=list(spec.key)),
        "columns": _columns(spec, hashes),
    }


def _columns(spec: Table, hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "description": column.description,
            "nullable": column.nullable,
            "role": column.role,
            "sha256": hashes[column.name],
        }
        for column in spec.columns
    ]


def read_manifest(layout: Layout, dataset: str, version: str) -> Manifest | None:
    """The committed manifest of a version, or None where there is none.

    Raises:
        DataChangedError: The file is there and is not JSON.
    """
    path = layout.manifest(dataset, version)
    if not path.is_file():
        return None
    try:
        manifest: Manifest = read_json(path)
    except ValueError as error:
        raise DataChangedError(
            Problem(
                where=layout.relative(path),
                expected="a manifest in JSON",
                found=f"damaged text ({error})",
                next_step=f"Restore it: `git checkout {layout.relative(path)}`.",
            )
        ) from error
    return manifest


def require_manifest(layout: Layout, dataset: str, version: str) -> Manifest:
    """The committed manifest of a version.

    Raises:
        DataMissingError: There is none.
        DataChangedError: It is damaged.
    """
    manifest = read_manifest(layout, dataset, version)
    if manifest is None:
        raise DataMissingError(
            Problem(
                where=layout.relative(layout.manifest(dataset, version)),
                expected=f"the manifest of {dataset} {version}",
                found="no such file",
                next_step=f"Run `ionladder ingest {version_key(dataset, version)}`.",
            )
        )
    return manifest


def version_key(dataset: str, version: str) -> str:
    """The key of a version in ``params.yaml`` and on the command line.

    Example:
        >>> version_key("obelix", "1.2.0")
        'obelix-1-2-0'
    """
    return f"{dataset}-{version}".replace(".", "-").replace("_", "-")


def released_problems(committed: Manifest, fresh: Manifest, *, where: str) -> list[Problem]:
    """Tables whose content differs from the released one, with the columns that do."""
    problems = []
    old, new = ({**m["tables"], **m.get("frames", {})} for m in (committed, fresh))
    for name in [*old, *(name for name in new if name not in old)]:
        released, built = old.get(name), new.get(name)
        if released is None or built is None:
            found = "a new table" if released is None else "no such table"
            problems.append(_released_problem(where, name, "the released tables", found))
        elif released["content_sha256"] != built["content_sha256"]:
            columns = differing_columns(released, built)
            found = f"{built['rows']} rows that differ in {first_few(columns, limit=12)}"
            expected = f"the {released['rows']} released rows"
            problems.append(_released_problem(where, name, expected, found))
    return problems


def differing_columns(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Columns of two described tables whose content hashes differ, in declared order."""
    hashes = [{c["name"]: c["sha256"] for c in table["columns"]} for table in (one, other)]
    names = [*hashes[0], *(name for name in hashes[1] if name not in hashes[0])]
    return [name for name in names if hashes[0].get(name) != hashes[1].get(name)]


def _released_problem(where: str, table: str, expected: str, found: str) -> Problem:
    return Problem(
        where=f"{where}, table {table}", expected=expected, found=found, next_step=f"{_RELEASED}."
    )
