"""From a release of OBELiX to its tables, with every integrity check on the way."""

from __future__ import annotations

from pathlib import Path

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.checks import run_checks
from ionladder.datasets.obelix.raw import ARCHIVE, Release, field_problems, read_release
from ionladder.datasets.obelix.spec import DATASET
from ionladder.datasets.obelix.structures import Crystal, StructureError, read_crystal
from ionladder.datasets.obelix.summary import summarise
from ionladder.datasets.obelix.table_checks import TABLE_CHECKS, Built
from ionladder.datasets.obelix.tables import build_tables
from ionladder.datasets.obelix.text_checks import TEXT_CHECKS
from ionladder.specs.params import DatasetVersion


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
