"""From a release of OBELiX to its tables, with every integrity check on the way."""

from __future__ import annotations

from pathlib import Path

from ionladder.config import DatasetVersion
from ionladder.data.ingest import run_checks
from ionladder.data.obelix.checks import TABLE_CHECKS, TEXT_CHECKS, Built
from ionladder.data.obelix.spec import DATASET
from ionladder.data.obelix.tables import (
    ARCHIVE,
    Crystal,
    Release,
    StructureError,
    build_tables,
    field_problems,
    read_crystal,
    read_release,
    summarise,
)
from ionladder.data.store import BuiltVersion
from ionladder.errors import IngestError, Problem


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:
    """Read, check and tabulate one release.

    Args:
        raw: Folder with its verified files.
        pinned: What ``params.yaml`` says of it.

    Raises:
        IngestError: Files that cannot be read; or every finding of the checks on the text; or
            every CIF that cannot be read; or every finding of the checks on the tables.
    """
    release = read_release(raw, pinned)
    text_results = run_checks(DATASET, TEXT_CHECKS, release, before=field_problems(release))
    crystals = read_crystals(release)
    tables = build_tables(release, crystals)
    built = Built(release=release, crystals=crystals, tables=tables)
    table_results = run_checks(DATASET, TABLE_CHECKS, built)
    return BuiltVersion(
        tables=tables, checks=(*text_results, *table_results), summary=summarise(tables)
    )


def read_crystals(release: Release) -> dict[str, Crystal]:
    """Read every CIF, in the order of ids.

    Raises:
        IngestError: Those that cannot be read, all named.
    """
    crystals = {}
    problems = []
    for entry in sorted(release.cifs):
        try:
            crystals[entry] = read_crystal(release.cifs[entry])
        except StructureError as error:
            problems.append(
                Problem(
                    where=f"structures_agree: {ARCHIVE}, {entry}.cif",
                    expected="a CIF of one structure with no site over-filled",
                    found=str(error),
                    next_step="Report it upstream, and do not ingest this version.",
                )
            )
    if problems:
        raise IngestError(problems)
    return crystals
