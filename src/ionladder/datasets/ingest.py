"""From verified raw files to the tables of a version: built, checked, compared, then written."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ionladder.core.errors import IngestError
from ionladder.core.files import to_json, write_text
from ionladder.core.hashing import content_hash
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.core.tables import read_parquet, write_parquet
from ionladder.datasets.built import BuiltVersion, CheckResult
from ionladder.datasets.checksums import write_checksums
from ionladder.datasets.manifest import make_manifest, read_manifest, released_problems
from ionladder.datasets.rawfiles import require_raw
from ionladder.datasets.registry import get_dataset
from ionladder.datasets.streamed import digest_blocks, read_blocks
from ionladder.datasets.versions import change_rule, identity_problems, identity_rule
from ionladder.specs.dataset import Dataset
from ionladder.specs.params import DatasetVersion

Builder = Callable[[Path, DatasetVersion, Path], BuiltVersion]
"""Raw files, the version, and a folder for frames that outlives a killed run → what was built."""


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What one ingest did.

    Attributes:
        pinned: The version.
        rows: Table name → rows.
        n_checks: Integrity checks passed.
        is_first_release: Its manifest was written for the first time.
    """

    pinned: DatasetVersion
    rows: dict[str, int]
    n_checks: int
    is_first_release: bool


def ingest(layout: Layout, pinned: DatasetVersion) -> Ingested:
    """Build the tables of one version and put them in place, or change nothing.

    Raises:
        DataMissingError: Raw files are not here.
        DataChangedError: Raw files have other bytes than pinned.
        IngestError: An integrity check failed, or the result is not the released version.
    """
    require_raw(layout, pinned)
    dataset = get_dataset(pinned.dataset)
    built = _build(layout, dataset, pinned)
    with _staged(layout, dataset, pinned, built) as (folder, hash_check):
        checks = (*built.checks, identity_rule(), change_rule(dataset), hash_check)
        built = replace(built, checks=checks)
        manifest = make_manifest(dataset, pinned, built)
        committed = read_manifest(layout, pinned.dataset, pinned.version)
        problems = identity_problems(layout, dataset, manifest, built.tables)
        if committed is not None:
            where = layout.relative(layout.manifest(pinned.dataset, pinned.version))
            problems = released_problems(committed, manifest, where=where) + problems
        if problems:
            raise IngestError(problems)
        _put_in_place(layout, pinned, folder, built, to_json(manifest))
    return Ingested(
        pinned=pinned,
        rows={name: table.num_rows for name, table in built.tables.items()}
        | {name: table.rows for name, table in built.frames.items()},
        n_checks=len(checks),
        is_first_release=committed is None,
    )


def _build(layout: Layout, dataset: Dataset, pinned: DatasetVersion) -> BuiltVersion:
    """Build the tables; frames go to a folder that a later run finds again."""
    module = importlib.import_module(f"ionladder.datasets.{dataset.name}.ingest")
    raw = layout.raw_dir(pinned.dataset, pinned.version)
    if not dataset.frames:
        built: BuiltVersion = module.build(raw, pinned)
        return built
    work = _work_dir(layout, pinned)
    work.mkdir(parents=True, exist_ok=True)
    build: Builder = module.build
    return build(raw, pinned, work)


def _work_dir(layout: Layout, pinned: DatasetVersion) -> Path:
    return layout.version_dir(pinned.dataset, pinned.version) / ".frames.part"


@contextmanager
def _staged(
    layout: Layout, dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion
) -> Iterator[tuple[Path, CheckResult]]:
    """Write all tables to a temporary folder beside their place, and read them back."""
    target = layout.version_dir(pinned.dataset, pinned.version)
    for rest in target.glob(".ingest.*.part"):
        shutil.rmtree(rest, ignore_errors=True)  # what a killed run left
    folder = Path(tempfile.mkdtemp(prefix=".ingest.", suffix=".part", dir=target))
    metadata = {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source_commit": pinned.source.commit,
        "licence": dataset.licence,
    }
    try:
        for spec in dataset.tables:
            table = built.tables[spec.name]
            digest = content_hash(table, key=list(spec.key))
            write_parquet(
                folder / f"{spec.name}.parquet",
                table,
                sort_by=spec.key,
                metadata={**metadata, "content_sha256": digest},
            )
        yield folder, _content_hash_check(dataset, built, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _content_hash_check(dataset: Dataset, built: BuiltVersion, folder: Path) -> CheckResult:
    """Check that every written table reads back with the content it was built with."""
    problems = []
    for spec in dataset.tables:
        key = list(spec.key)
        written = read_parquet(folder / f"{spec.name}.parquet")
        expected = content_hash(built.tables[spec.name], key=key)
        found = content_hash(written, key=key)
        if found != expected:
            problems.append(_other_content(spec.name, expected, found))
    for spec in dataset.frames:
        streamed = built.frames[spec.name]
        again = digest_blocks(spec, streamed.path, read_blocks(streamed.path))
        if again.content_sha256 != streamed.content_sha256:
            problems.append(
                _other_content(spec.name, streamed.content_sha256, again.content_sha256)
            )
    if problems:
        raise IngestError(problems)
    return CheckResult(
        name="content_hash_recomputes",
        description="Every table reads back from parquet with the content hash it was built with.",
        detail=(
            f"{len(dataset.tables) + len(dataset.frames)} tables written, read back and hashed "
            "again"
        ),
    )


def _other_content(table: str, expected: str, found: str) -> Problem:
    return Problem(
        where=f"content_hash_recomputes: table {table}",
        expected=f"content hash {expected} after writing and reading",
        found=found,
        next_step="Check the disk and the installed version of pyarrow.",
    )


def _put_in_place(
    layout: Layout, pinned: DatasetVersion, folder: Path, built: BuiltVersion, manifest: str
) -> None:
    """Move the staged tables to their names, then their checksums and the manifest."""
    for name, streamed in built.frames.items():
        place = layout.frames(pinned.dataset, pinned.version, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        streamed.path.replace(place)
    shutil.rmtree(_work_dir(layout, pinned), ignore_errors=True)
    staged = sorted(folder.glob("*.parquet"))
    for path in staged:
        path.replace(layout.table(pinned.dataset, pinned.version, path.stem))
    write_checksums(layout, pinned.dataset, pinned.version)
    target = layout.manifest(pinned.dataset, pinned.version)
    if not target.is_file() or target.read_text(encoding="utf-8") != manifest:
        write_text(target, manifest)
