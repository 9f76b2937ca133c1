"""From nebDFT2k.zip to the tables and frames of a version, hop by hop, without unpacking it.

A run that is killed starts again from the first hop: reading the whole archive takes well under a
minute, so nothing half-read is worth keeping.
"""

from __future__ import annotations

from pathlib import Path

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.checks import run_checks
from ionladder.datasets.litraj.progress import progress
from ionladder.datasets.nebdft2k.centroids import read_centroids
from ionladder.datasets.nebdft2k.frames import FramesWriter
from ionladder.datasets.nebdft2k.hops import read_hop
from ionladder.datasets.nebdft2k.index import IndexRow, count_problems, read_index
from ionladder.datasets.nebdft2k.spec import DATASET
from ionladder.datasets.nebdft2k.table_checks import (
    TABLE_CHECKS,
    Built,
    barrier_agreement,
    centroid_agreement,
    overlap_of,
    summarise,
)
from ionladder.datasets.nebdft2k.tables import HopFacts, build_tables, facts_of
from ionladder.sources.zips import ZipMembers
from ionladder.specs.params import DatasetVersion

ARCHIVE = "nebDFT2k.zip"
_FOLDER = "nebDFT2k"
_INDEX = f"{_FOLDER}/nebDFT2k_index.csv"
_CENTROIDS = f"{_FOLDER}/nebDFT2k_centroids.xyz"
_NEXT_STEP = "Compare the archive with its upstream copy; fetch it again if it was cut short."


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Read, check and tabulate the archive.

    Args:
        raw: Folder with it.
        pinned: What ``params.yaml`` says of the version; ``expected`` may hold ``hops``.
        work: Folder for the frames.

    Raises:
        IngestError: Everything wrong with the index; or everything wrong with any hop or centroid;
            or every finding of the checks on the tables.
    """
    with ZipMembers(raw / ARCHIVE) as archive:
        rows = _index(archive, pinned)
        hops, frames = _read_hops(archive, rows, pinned, work)
    tables = build_tables(hops, pinned.folds)
    results = run_checks(DATASET, TABLE_CHECKS, Built(hops=hops, tables=tables))
    counted = (barrier_agreement(hops), centroid_agreement(hops), overlap_of(hops).check)
    return BuiltVersion(
        tables=tables,
        checks=(*results, *counted),
        summary=summarise(hops),
        frames=frames.tables,
    )


def _index(archive: ZipMembers, pinned: DatasetVersion) -> list[IndexRow]:
    """The index, with every member that it promises.

    Raises:
        IngestError: Everything wrong with it, and every member that is absent.
    """
    absent = [name for name in (_INDEX, _CENTROIDS) if name not in archive.names]
    if absent:
        raise IngestError([_absent(name, archive) for name in absent])
    rows, problems = read_index(archive.read(_INDEX), where=_INDEX)
    if not problems:
        problems = count_problems(rows, pinned.expected.get("hops"), where=_INDEX)
    promised = {name for row in rows for name in _members(row)}
    here = set(archive.names)
    problems += [_absent(name, archive) for name in sorted(promised - here)]
    extra = sorted(here - promised - {_INDEX, _CENTROIDS})
    if extra and not problems:
        found = f"{len(extra)} more ({first_few(extra)})"
        problems.append(_problem(ARCHIVE, "two paths for each hop of the index", found))
    if problems:
        raise IngestError(problems)
    return rows


def _members(row: IndexRow) -> tuple[str, str]:
    return f"{_FOLDER}/{row.id}_init.xyz", f"{_FOLDER}/{row.id}_relaxed.xyz"


def _read_hops(
    archive: ZipMembers, rows: list[IndexRow], pinned: DatasetVersion, work: Path
) -> tuple[list[HopFacts], FramesWriter]:
    """Read every hop in the order of ids, writing its frames on the way.

    Raises:
        IngestError: Everything wrong with any of them.
    """
    metadata = {"dataset": pinned.dataset, "version": pinned.version, "licence": DATASET.licence}
    centroids, problems = read_centroids(archive, _CENTROIDS, rows)
    facts = []
    with (
        FramesWriter(work, metadata) as frames,
        progress(f"{DATASET.title}: hops", len(rows)) as tick,
    ):
        for row in sorted(rows, key=lambda row: row.id):
            init, relaxed = _members(row)
            hop, found = read_hop(archive, row, init=init, relaxed=relaxed)
            problems += found
            centroid = centroids.get(row.id)
            if hop is not None and centroid is not None:
                frames.write(hop, centroid)
                facts.append(facts_of(row, hop, em_agrees=centroid.em_agrees))
            tick(1)
    if problems:
        raise IngestError(problems)
    return facts, frames


def _absent(name: str, archive: ZipMembers) -> Problem:
    return _problem(f"{ARCHIVE}, {name}", "this member", f"{len(archive.names)} others")


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
