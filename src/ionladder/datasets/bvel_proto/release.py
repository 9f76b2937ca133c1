"""A version of BVEL-proto on disk: written once, recomputed by anybody.

Labels of every version can be computed again, from its stored structures. Structures, splits and
folds come out again only for the version that the generator of this code draws (``DRAWN_HERE``);
those of earlier versions were drawn by earlier code, and stay as they were stored.
"""

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
from ionladder.datasets.manifest import (
    Manifest,
    make_manifest,
    read_manifest,
    released_problems,
    version_key,
)
from ionladder.specs.params import DatasetVersion, Params

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

DRAWN_HERE = "1.1.0"
SAMPLE_SIZE = 30


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a recomputation looked at.

    Attributes:
        version: The version.
        n_labels: Structures labelled again.
        draw: Whether structures, splits and folds were made again too.
        problems: Rows and tables that came out otherwise.
    """

    version: str
    n_labels: int
    draw: bool = False
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


def embedded_version(params: Params, version: str) -> DatasetVersion:
    """What ``params.yaml`` says of a version.

    Raises:
        ConfigError: It is not listed there.
    """
    pinned = params.find(DATASET.name, version)
    if pinned is not None:
        return pinned
    listed = [one.version for one in params.versions.values() if one.dataset == DATASET.name]
    raise ConfigError(
        Problem(
            where=f"params.yaml, embedded, {DATASET.name} {version}",
            expected="the version with its fold settings",
            found=f"only {', '.join(listed) or 'none'}",
            next_step=f"List it as {version_key(DATASET.name, version)}, or name another version.",
        )
    )


def release(
    layout: Layout,
    pinned: DatasetVersion,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
    progress: Progress | None = None,
) -> Manifest:
    """Build a version and write its tables and manifest, or change nothing.

    Raises:
        ConfigError: Its structures were drawn by other code than this.
        IngestError: A check failed, or the result is not the released version.
    """
    _require_drawn_here(pinned.version)
    built = build_version(pinned, label=label, again=again, progress=progress)
    manifest = manifest_of(pinned, built)
    committed = read_manifest(layout, DATASET.name, pinned.version)
    if committed is not None:
        where = layout.relative(layout.manifest(DATASET.name, pinned.version))
        problems = released_problems(committed, manifest, where=where)
        if problems:
            raise IngestError(problems)
    for spec in DATASET.tables:
        table = built.tables[spec.name]
        metadata = {
            "dataset": DATASET.name,
            "version": pinned.version,
            "licence": DATASET.licence,
            "content_sha256": content_hash(table, key=list(spec.key)),
        }
        path = layout.table(DATASET.name, pinned.version, spec.name)
        write_parquet(path, table, sort_by=spec.key, metadata=metadata)
    write_checksums(layout, DATASET.name, pinned.version)
    write_text(layout.manifest(DATASET.name, pinned.version), to_json(manifest))
    return manifest


def manifest_of(pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """The manifest of a built version; its source is the recipe instead of pinned files."""
    return {**make_manifest(DATASET, pinned, built), "source": recipe()}


def recompute_all(
    layout: Layout, pinned: DatasetVersion, *, progress: Progress | None = None
) -> Recomputed:
    """Label every structure again; where this code drew them, make them again before.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    if pinned.version != DRAWN_HERE:
        return recompute_sample(layout, pinned.version, n=None, progress=progress)
    tables = {
        spec.name: read_table(layout, DATASET.name, pinned.version, spec.name)
        for spec in DATASET.tables
    }
    built = build_version(pinned, progress=progress)
    stored, fresh = _by_id(tables["labels"]), _by_id(built.tables["labels"])
    problems = _label_problems(pinned.version, stored, fresh)
    for spec in DATASET.tables:
        hashes = {content_hash(t[spec.name], key=list(spec.key)) for t in (tables, built.tables)}
        if len(hashes) > 1:
            problems.append(_table_problem(pinned.version, spec.name))
    return Recomputed(
        version=pinned.version, n_labels=len(fresh), draw=True, problems=tuple(problems)
    )


def recompute_sample(
    layout: Layout,
    version: str,
    *,
    n: int | None = SAMPLE_SIZE,
    progress: Progress | None = None,
) -> Recomputed:
    """Label n of the stored structures again, the same few every time; None means all of them.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    entries, sites, labels = (
        _by_id(read_table(layout, DATASET.name, version, name))
        for name in ("entries", "structures", "labels")
    )
    chosen = sorted(entries, key=lambda entry: sha256_bytes(f"verify|{entry}".encode()))[:n]
    fresh = {}
    for number, entry in enumerate(chosen, start=1):
        fresh[entry] = label_row(entry, barriers_of(structure_of(entries[entry], sites[entry])))
        if progress is not None:
            progress("labelled", number, len(chosen))
    stored = {entry: labels[entry] for entry in chosen}
    problems = _label_problems(version, stored, fresh)
    return Recomputed(version=version, n_labels=len(chosen), problems=tuple(problems))


def _require_drawn_here(version: str) -> None:
    if version != DRAWN_HERE:
        raise ConfigError(
            Problem(
                where=f"{DATASET.name} {version}",
                expected=f"{DRAWN_HERE}, which this code draws",
                found=f"{version}, which other code drew",
                next_step="Its tables are in git; `ionladder bvel-proto verify` checks its labels.",
            )
        )


def _label_problems(
    version: str, stored: Mapping[str, Row], fresh: Mapping[str, Row]
) -> list[Problem]:
    return [
        Problem(
            where=f"labels of {DATASET.name} {version}, id {entry!r}",
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


def _table_problem(version: str, name: str) -> Problem:
    return Problem(
        where=f"{name} of {DATASET.name} {version}",
        expected="the content that the generator makes",
        found="other content",
        next_step="Compare the versions of bvlain, numpy, scipy and pymatgen with the lock.",
    )


def _by_id(table: pa.Table) -> dict[str, Row]:
    return {row["id"]: row for row in table.to_pylist()}
