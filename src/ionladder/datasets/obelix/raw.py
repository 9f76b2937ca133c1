"""A release of OBELiX as published: three tables of text and the CIFs, read but not interpreted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.sources.archives import read_tar
from ionladder.sources.readers import Row, read_csv
from ionladder.specs.params import DatasetVersion

ALL, TRAIN, TEST, ARCHIVE = "all.csv", "train.csv", "test.csv", "all_cifs.tar.gz"

ID = "ID"
REDUCED, CELL, Z = "Reduced Composition", "True Composition", "Z"
SIGMA, TOTAL, BULK = "Ionic conductivity (S cm-1)", "IC (Total)", "IC (Bulk)"
SYMBOL, NUMBER = "Space group", "Space group #"
LATTICE = ("a", "b", "c", "alpha", "beta", "gamma")
FAMILY, DOI, NOTE = "Family", "DOI", "note"
CIF, CLOSE = "Cif ID", "close match"
ICSD, LASKOWSKI, LIION = "ICSD ID", "Laskowski ID", "Liion ID"

COLUMNS = (
    *(ID, REDUCED, Z, CELL, SIGMA, TOTAL, BULK, SYMBOL, NUMBER, *LATTICE, FAMILY, DOI),
    *("Checked", "Ref", CIF, "Cif ref_1", "Cif ref_2", NOTE, CLOSE, "close match DOI"),
    *(ICSD, LASKOWSKI, LIION),
)

HAS_CIF = "done"
WITHOUT_CIF = ("not available", "available", "")

_NUMBER = re.compile(r"^\d+(\.\d+)?([eE][+-]?\d+)?$")
_WHOLE = re.compile(r"^\d+(\.0)?$")
_NEXT_STEP = "Look at the row upstream; ingest does not guess."


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release.

    Attributes:
        rows: Rows of ``all.csv``.
        train: Rows of ``train.csv``.
        test: Rows of ``test.csv``.
        cifs: Entry id → bytes of its CIF.
        pinned: What ``params.yaml`` expects of the version.
    """

    rows: tuple[Row, ...]
    train: tuple[Row, ...]
    test: tuple[Row, ...]
    cifs: dict[str, bytes]
    pinned: DatasetVersion


def read_release(raw: Path, pinned: DatasetVersion) -> Release:
    """Read the four files of a release.

    Raises:
        IngestError: A file cannot be read, or has other columns.
    """
    return Release(
        rows=tuple(read_csv(raw / ALL, columns=COLUMNS)),
        train=tuple(read_csv(raw / TRAIN, columns=COLUMNS)),
        test=tuple(read_csv(raw / TEST, columns=COLUMNS)),
        cifs=_read_cifs(raw / ARCHIVE),
        pinned=pinned,
    )


def has_numbers(row: Row) -> bool:
    """Whether the cell, Z and space group of a row can be read; else they are field problems."""
    return all(_NUMBER.match(row[column]) and float(row[column]) > 0 for column in LATTICE) and all(
        _WHOLE.match(row[column]) for column in (Z, NUMBER)
    )


def row_place(row: Row) -> str:
    """Where a row is, as its reader would look for it."""
    return f"{ALL}, id {row[ID]!r}"


def field_problems(release: Release) -> list[Problem]:
    """Fields whose text cannot be read as what their column holds."""
    problems = []
    for row in release.rows:
        for columns, pattern, expected in (
            (LATTICE, _NUMBER, "a positive number"),
            ((Z, NUMBER), _WHOLE, "a whole number"),
        ):
            problems += [
                _problem(row, column, expected)
                for column in columns
                if not pattern.match(row[column]) or float(row[column]) <= 0
            ]
        problems += [
            _problem(row, column, "a whole number or nothing")
            for column in (ICSD, LASKOWSKI, LIION)
            if row[column] and not _WHOLE.match(row[column])
        ]
        problems += [
            _problem(row, column, f"one of {', '.join(repr(value) for value in known)}")
            for column, known in ((CIF, (HAS_CIF, *WITHOUT_CIF)), (CLOSE, ("Yes", "")))
            if row[column] not in known
        ]
        problems += [
            _problem(row, column, "some text")
            for column in (DOI, SYMBOL)
            if not row[column].strip(" |")
        ]
    return problems


def _read_cifs(archive: Path) -> dict[str, bytes]:
    """Entry id → CIF, whatever folder of the archive it stands in."""
    cifs: dict[str, bytes] = {}
    problems = []
    for name, data in read_tar(archive).items():
        path = PurePosixPath(name)
        if path.suffix == ".cif" and path.stem not in cifs:
            cifs[path.stem] = data
            continue
        problems.append(
            Problem(
                where=f"{archive.name}, member {name!r}",
                expected="one file <id>.cif for each entry with a structure",
                found="another kind of file" if path.suffix != ".cif" else "a second one",
                next_step="Look at the archive upstream; ingest does not choose.",
            )
        )
    if problems:
        raise IngestError(problems)
    return cifs


def _problem(row: Row, column: str, expected: str) -> Problem:
    return Problem(
        where=f"{row_place(row)}, column {column!r}",
        expected=expected,
        found=repr(row[column]),
        next_step=_NEXT_STEP,
    )
