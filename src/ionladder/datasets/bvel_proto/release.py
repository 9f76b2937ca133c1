"""A version of BVEL-proto on disk: written once, recomputed by anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.core.errors import ConfigError, IngestError
from ionladder.core.files import to_json, write_text
from ionladder.core.hashing import content_hash, sha256_bytes
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.core.tables import write_parquet
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.bvel_proto.barriers import BVLAIN_VERSION, barriers_of
from ionladder.datasets.bvel_proto.ingest import Labeller, Progress, Relabeller, build_version
from ionladder.datasets.bvel_proto.noise import relabel
from ionladder.datasets.bvel_proto.spec import DATASET
from ionladder.datasets.bvel_proto.summary import recipe
from ionladder.datasets.bvel_proto.tables import label_row, structure_of
from ionladder.datasets.checksums import write_checksums
from ionladder.datasets.load import read_table
from ionladder.datasets.manifest import Manifest, make_manifest, read_manifest, released_problems
from ionladder.specs.params import DatasetVersion, FoldSettings
from ionladder.specs.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

VERSION = "1.0.0"
SAMPLE_SIZE = 30

PINNED = DatasetVersion(
    key="bvel-proto-1-0-0",
    source=Source(dataset=DATASET.name, version=VERSION, tag="", commit="", base_url="", files={}),
    expected={},
    folds=FoldSettings(n_folds=5, n_repeats=3, seed=20250221),
)


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a recomputation looked at.

    Attributes:
        n_labels: Structures labelled again.
        problems: Rows and tables that came out otherwise.
    """

    n_labels: int
    problems: tuple[Problem, ...]


def require_bvlain() -> None:
    """Make sure that the version of BVlain which defines the labels is installed.

    Raises:
        ConfigError: It is not, or another version is.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("bvlain")
    except PackageNotFoundError:
        found = "none"
    if found != BVLAIN_VERSION:
        raise ConfigError(
            Problem(
                where="extra bvel",
                expected=f"bvlain {BVLAIN_VERSION}, whose numbers the labels are",
                found=found,
                next_step='Install it: pip install "ionladder[bvel]".',
            )
        )


def release(
    layout: Layout,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
    progress: Progress | None = None,
) -> Manifest:
    """Build the version and write its tables and manifest, or change nothing.

    Raises:
        IngestError: A check failed, or the result is not the released version.
    """
    built = build_version(PINNED, label=label, again=again, progress=progress)
    manifest = manifest_of(built)
    committed = read_manifest(layout, DATASET.name, VERSION)
    if committed is not None:
        where = layout.relative(layout.manifest(DATASET.name, VERSION))
        problems = released_problems(committed, manifest, where=where)
        if problems:
            raise IngestError(problems)
    for spec in DATASET.tables:
        table = built.tables[spec.name]
        metadata = {
            "dataset": DATASET.name,
            "version": VERSION,
            "licence": DATASET.licence,
            "content_sha256": content_hash(table, key=list(spec.key)),
        }
        path = layout.table(DATASET.name, VERSION, spec.name)
        write_parquet(path, table, sort_by=spec.key, metadata=metadata)
    write_checksums(layout, DATASET.name, VERSION)
    write_text(layout.manifest(DATASET.name, VERSION), to_json(manifest))
    return manifest


def manifest_of(built: BuiltVersion) -> Manifest:
    """The manifest of a built version; its source is the recipe instead of pinned files."""
    return {**make_manifest(DATASET, PINNED, built), "source": recipe()}


def recompute_all(layout: Layout, *, progress: Progress | None = None) -> Recomputed:
    """Generate and label everything again, and hold it to what is on disk.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    tables = {
        spec.name: read_table(layout, DATASET.name, VERSION, spec.name) for spec in DATASET.tables
    }
    built = build_version(PINNED, progress=progress)
    problems = _label_problems(_by_id(tables["labels"]), _by_id(built.tables["labels"]))
    for spec in DATASET.tables:
        stored, fresh = (t[spec.name] for t in (tables, built.tables))
        key = list(spec.key)
        if content_hash(stored, key=key) != content_hash(fresh, key=key):
            problems.append(_table_problem(spec.name))
    return Recomputed(n_labels=built.tables["labels"].num_rows, problems=tuple(problems))


def recompute_sample(
    layout: Layout, *, n: int = SAMPLE_SIZE, progress: Progress | None = None
) -> Recomputed:
    """Label a few of the stored structures again; the same few every time.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    entries, sites, labels = (
        _by_id(read_table(layout, DATASET.name, VERSION, name))
        for name in ("entries", "structures", "labels")
    )
    chosen = sorted(entries, key=lambda entry: sha256_bytes(f"verify|{entry}".encode()))[:n]
    fresh = {}
    for number, entry in enumerate(chosen, start=1):
        fresh[entry] = label_row(entry, barriers_of(structure_of(entries[entry], sites[entry])))
        if progress is not None:
            progress("labelled", number, len(chosen))
    stored = {entry: labels[entry] for entry in chosen}
    return Recomputed(n_labels=len(chosen), problems=tuple(_label_problems(stored, fresh)))


def _label_problems(stored: Mapping[str, Row], fresh: Mapping[str, Row]) -> list[Problem]:
    return [
        Problem(
            where=f"labels of {DATASET.name} {VERSION}, id {entry!r}",
            expected=_shown(stored.get(entry)),
            found=_shown(fresh.get(entry)),
            next_step="Compare the versions of bvlain, numpy, scipy and pymatgen with the lock.",
        )
        for entry in sorted({*stored, *fresh})
        if stored.get(entry) != fresh.get(entry)
    ]


def _shown(row: Row | None) -> str:
    if row is None:
        return "no such entry"
    values: Sequence[float | None] = [row[name] for name in ("e_1d_ev", "e_2d_ev", "e_3d_ev")]
    return ", ".join("none" if value is None else f"{value:.4f} eV" for value in values)


def _table_problem(name: str) -> Problem:
    return Problem(
        where=f"{name} of {DATASET.name} {VERSION}",
        expected="the content that the generator makes",
        found="other content",
        next_step="Compare the versions of bvlain, numpy, scipy and pymatgen with the lock.",
    )


def _by_id(table: pa.Table) -> dict[str, Row]:
    return {row["id"]: row for row in table.to_pylist()}
