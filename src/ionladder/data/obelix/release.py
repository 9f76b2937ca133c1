"""A release of OBELiX as published: its files, and what the text in their columns says."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import cos, isclose, radians, sqrt
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ionladder.config import DatasetVersion
from ionladder.data.archives import read_csv, read_sheet, read_tar
from ionladder.data.litraj.xyz import SYMBOLS
from ionladder.data.registry import get_dataset
from ionladder.errors import IngestError, Problem, first_few
from ionladder.repo import sha256_bytes

Row = dict[str, str]
Amounts = dict[str, Fraction]
#: a, b, c in Å and α, β, γ in degrees.
Cell = tuple[float, ...]

DATASET = get_dataset("obelix")

ALL, TRAIN, TEST, ARCHIVE = "all.csv", "train.csv", "test.csv", "all_cifs.tar.gz"

ID = "ID"
REDUCED, CELL, Z = "Reduced Composition", "True Composition", "Z"
SIGMA, TOTAL, BULK = "Ionic conductivity (S cm-1)", "IC (Total)", "IC (Bulk)"
SYMBOL, NUMBER = "Space group", "Space group #"
LATTICE = ("a", "b", "c", "alpha", "beta", "gamma")
FAMILY, DOI, NOTE = "Family", "DOI", "note"
CIF, CLOSE = "Cif ID", "close match"
IDENTIFIERS = {"icsd_id": "ICSD ID", "laskowski_id": "Laskowski ID", "liion_id": "Liion ID"}
(_TABLE,) = (file for file in DATASET.published if file.name == ALL)
COLUMNS = tuple(column.name for column in _TABLE.columns)

HAS_CIF = "done"
#: log10(S/cm) that the dataset's authors give to every upper limit, whatever the limit.
UPSTREAM_LIMIT_LOG10 = -15.0

_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_EXACT = Context(prec=40)
_READ_AGAIN = "Look at the file upstream; ingest does not guess."


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
    packages = [raw / source.file for source in pinned.packages if (raw / source.file).is_file()]
    files = (ALL, TRAIN, TEST)
    if packages and not (raw / ALL).is_file():
        texts, cifs = _read_package(packages[0], pinned)
    else:
        texts = {name: (raw / name).read_bytes() for name in files}
        cifs = _cifs(ARCHIVE, read_tar(raw / ARCHIVE))
    rows, train, test = (tuple(read_rows(name, texts[name])) for name in files)
    return Release(rows=rows, train=train, test=test, cifs=cifs, pinned=pinned)


def _read_package(path: Path, pinned: DatasetVersion) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The three CSV files and the CIFs of a release, from the authors' source distribution.

    Their workbook is written as CSV in the way that they wrote theirs, so that the text must have
    the SHA-256 of the released files. Nothing of the package is executed or written.

    Raises:
        IngestError: A member, sheet or column is missing, or the text is another one.
    """
    members = read_tar(path)
    folder = f"{path.name.removesuffix('.tar.gz')}/data"
    wanted = [f"{folder}/{name}" for name in ("raw.xlsx", "train_idx.csv", "test_idx.csv")]
    if absent := [name for name in wanted if name not in members]:
        raise IngestError([_problem(path.name, f"a member {n!r}", "none") for n in absent])
    workbook, *ids = (members[name] for name in wanted)
    with TemporaryDirectory() as work:
        book = Path(work) / "raw.xlsx"
        book.write_bytes(workbook)
        rows = read_sheet(book, required=COLUMNS, strip=False)
    columns = [[row[ID] for row in rows]]
    columns += [_as_written([row[name] for row in rows]) for name in COLUMNS if name != ID]
    lines = list(zip(*columns, strict=True))
    chosen = [set(data.decode("utf-8", "replace").split()) for data in ids]
    parts = (lines, *([line for line in lines if line[0] in subset] for subset in chosen))
    texts = {}
    for name, part in zip((ALL, TRAIN, TEST), parts, strict=True):
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *part])
        texts[name] = stream.getvalue().encode()
    problems = [
        _problem(f"{path.name}, {name}", f"text of SHA-256 {pinned.files[name]}", found)
        for name, text in texts.items()
        if (found := sha256_bytes(text)) != pinned.files.get(name)
    ]
    if problems:
        raise IngestError(problems)
    inside = f"{folder}/randomized_cifs/"
    return texts, _cifs(path.name, {n: d for n, d in members.items() if n.startswith(inside)})


def _as_written(cells: Sequence[str]) -> list[str]:
    """A column of a workbook as pandas writes it: whole numbers as floats beside empty cells."""
    numbers = [float(cell) if re.fullmatch(_NUMBER, cell) else None for cell in cells]
    is_float = all(
        number is not None for number, cell in zip(numbers, cells, strict=True) if cell
    ) and ("" in cells or not all(n is None or n.is_integer() for n in numbers))
    written = []
    for number, cell in zip(numbers, cells, strict=True):
        if number is None:
            written.append(cell)
        else:
            is_whole = number.is_integer() and not is_float
            written.append(str(int(number)) if is_whole else repr(number))
    return written


def read_rows(name: str, data: bytes) -> list[Row]:
    """Rows of a published CSV as text, with exactly the published columns.

    Returns:
        Rows in file order; every value is the text between the commas, blanks included.

    Raises:
        IngestError: Not UTF-8, other columns, or rows of another length, all listed.
    """
    rows, unknown = read_csv(data, required=COLUMNS, where=name)
    if unknown:
        known = f"only the {len(COLUMNS)} known columns"
        raise IngestError(_problem(f"{name}, header", known, f"also {first_few(unknown)}"))
    return rows


def _cifs(archive: str, members: Mapping[str, bytes]) -> dict[str, bytes]:
    """Entry id → CIF, whatever folder of the archive it is in."""
    cifs: dict[str, bytes] = {}
    problems = []
    for name, data in members.items():
        path = PurePosixPath(name)
        if path.suffix == ".cif" and path.stem not in cifs:
            cifs[path.stem] = data
            continue
        expected = "one file <id>.cif for each entry with a structure"
        found = "another kind of file" if path.suffix != ".cif" else "a second one"
        problems.append(_problem(f"{archive}, member {name!r}", expected, found))
    if problems:
        raise IngestError(problems)
    return cifs


def row_place(row: Row) -> str:
    """Where a row is, as its reader would look for it."""
    return f"{ALL}, id {row[ID]!r}"


def field_place(row: Row, column: str) -> str:
    """Where a field is, as its reader would look for it."""
    return f"{row_place(row)}, column {column!r}"


_POSITIVE = r"(?=[\d.]*[1-9])\d+(\.\d+)?([eE][+-]?\d+)?"
_WHOLE = r"(?=\d*[1-9])\d+(\.0)?"
_RULES = (
    ("a positive number", LATTICE, _POSITIVE),
    ("a whole number", (Z, NUMBER), _WHOLE),
    ("a whole number or nothing", tuple(IDENTIFIERS.values()), rf"({_WHOLE})?"),
    ("one of 'done', 'not available', 'available', ''", (CIF,), "done|not available|available|"),
    ("one of 'Yes', ''", (CLOSE,), "Yes|"),
    ("some text", (DOI, SYMBOL), r"(?s).*[^ |].*"),
)


def field_problems(release: Release) -> list[Problem]:
    """Fields whose text cannot be read as what their column holds."""
    return [
        _problem(field_place(row, column), expected, repr(row[column]))
        for row in release.rows
        for expected, columns, pattern in _RULES
        for column in columns
        if not re.fullmatch(pattern, row[column])
    ]


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where, expected, found, _READ_AGAIN)


# What the text of a row says


def has_numbers(row: Row) -> bool:
    """Whether the cell, Z and space group of a row can be read; else they are field problems."""
    rules = [(column, pattern) for _, columns, pattern in _RULES[:2] for column in columns]
    return all(re.fullmatch(pattern, row[column]) for column, pattern in rules)


def space_group(row: Row) -> int:
    """Space group number of a row."""
    return int(float(row[NUMBER]))


def cell_of(row: Row) -> Cell:
    """Tabulated cell of a row."""
    return tuple(float(row[name]) for name in LATTICE)


def dois(row: Row) -> list[str]:
    """DOIs of a row, lower case, in published order."""
    return [doi.strip().lower() for doi in row[DOI].split("|") if doi.strip()]


def clean_family(raw: str) -> str | None:
    """The family under its one spelling, or None where none is given.

    Example:
        >>> [clean_family(name) for name in ("Halide", "halides", "NASICON", " ")]
        ['halides', 'halides', 'NASICON', None]
    """
    name = raw.strip()
    if name and name not in ("NASICON", "LISICON", "LGPS", "LIPON"):
        name = name[0].lower() + name[1:]
    singular = {"argyrodite": "argyrodites", "nitride": "nitrides", "halide": "halides"}
    return {"": None, "cholorides": "chlorides", **singular}.get(name, name)


# Conductivities: numbers, or upper limits written as text; anything else is refused


class LabelError(ValueError):
    """Label text that is neither a positive number nor a known kind of limit."""


@dataclass(frozen=True, kw_only=True)
class Conductivity:
    """A label as published.

    Attributes:
        value: S/cm, or None where only a limit is known.
        limit: Upper limit in S/cm, or None for a measured value.
        log10: log10 of the value; -15 for a limit, as upstream.
        log10_limit: log10 of the limit, or None.
    """

    value: float | None
    limit: float | None
    log10: float
    log10_limit: float | None


def parse_conductivity(text: str) -> Conductivity:
    """Read a label; logarithms are correctly rounded, so equal on every machine.

    Raises:
        LabelError: Neither a positive number nor a limit like ``<1E-10``.

    Example:
        >>> parse_conductivity("<1E-8").log10_limit
        -8.0
        >>> parse_conductivity("1e-3").log10
        -3.0
    """
    limit = re.fullmatch(r"<(\d+E-\d+)", text)
    digits = limit[1] if limit else text
    if not re.fullmatch(_POSITIVE, digits):
        raise LabelError(f"{text!r}")
    number, log10 = float(digits), float(_EXACT.log10(Decimal(digits)))
    if limit:
        return Conductivity(value=None, limit=number, log10=UPSTREAM_LIMIT_LOG10, log10_limit=log10)
    return Conductivity(value=number, limit=None, log10=log10, log10_limit=None)


# Formulas as exact amounts, since content hashes rest on how their fractions round


_TOKEN = re.compile(r"\s*(?:([(\[])|(?:([A-Z][a-z]?)|([)\]]))\s*(\d+(?:\.\d*)?|\.\d+)?)")
_CLOSING = {"(": ")", "[": "]"}
_DECIMALS = 5


class FormulaError(ValueError):
    """Text that is not a chemical formula; the message says why."""


def parse_formula(text: str) -> Amounts:
    """Amount of each element, exact, brackets multiplied out.

    Raises:
        FormulaError: Anything but elements, decimal amounts and matching brackets.

    Example:
        >>> {element: float(amount) for element, amount in parse_formula("Li2(PO4)1.5").items()}
        {'Li': 2.0, 'P': 1.5, 'O': 6.0}
    """
    groups: list[Amounts] = [{}]
    brackets: list[str] = []
    position, text = 0, text.strip()
    msg = ""
    while position < len(text) and not msg:
        token = _TOKEN.match(text, position)
        if token is None:
            msg = f"{text[position]!r} at position {position + 1}"
            break
        opening, element, closing, number = token.groups()
        position, times = token.end(), Fraction(number or 1)
        if opening:
            groups.append({})
            brackets.append(opening)
        elif closing and (not brackets or _CLOSING[brackets.pop()] != closing):
            msg = f"an unmatched {closing!r}"
        elif element and element not in SYMBOLS[1:]:
            msg = f"the unknown element {element!r}"
        else:
            for name, amount in (groups.pop() if closing else {element: Fraction(1)}).items():
                groups[-1][name] = groups[-1].get(name, Fraction(0)) + amount * times
    amounts = {element: amount for element, amount in groups[0].items() if amount > 0}
    msg = msg or (f"an unmatched {brackets[-1]!r}" if brackets else "")
    if msg or not amounts:
        raise FormulaError(msg or "no element")
    return amounts


def fractions_of(amounts: Mapping[str, Fraction]) -> Amounts:
    """Atomic fractions, exact, elements in alphabetical order."""
    total = n_atoms(amounts)
    return {element: amounts[element] / total for element in sorted(amounts)}


def n_atoms(amounts: Mapping[str, Fraction]) -> Fraction:
    """Sum of all amounts, exact."""
    return sum(amounts.values(), start=Fraction(0))


def normalised_formula(amounts: Mapping[str, Fraction]) -> str:
    """One spelling for equal compositions: atomic fractions to five decimals.

    Example:
        >>> normalised_formula(parse_formula("Li20.4Ge2.4P3.6S24"))
        'Ge0.04762Li0.40476P0.07143S0.47619'
    """
    return "".join(
        f"{element}{float(round(share, _DECIMALS)):.{_DECIMALS}f}"
        for element, share in fractions_of(amounts).items()
    )


def largest_fraction_difference(first: Amounts, second: Amounts) -> float:
    """Largest absolute difference of an atomic fraction between two compositions."""
    one, other = fractions_of(first), fractions_of(second)
    return float(max(abs(one.get(e, 0) - other.get(e, Fraction(0))) for e in {*one, *other}))


# Cells: volume, crystal systems and what they demand of lengths and angles


_SYSTEMS = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal")
_LAST_OF_SYSTEM = (2, 15, 74, 142, 167, 194)
_LENGTH_TOLERANCE = 1e-3
_ANGLE_TOLERANCE = 0.02


def volume(cell: Cell) -> float:
    """Volume in Å³, six decimals, so that it does not depend on the machine's cosine.

    Example:
        >>> volume((2.0, 3.0, 4.0, 90.0, 90.0, 90.0))
        24.0
    """
    a, b, c, *angles = cell
    ca, cb, cg = (cos(radians(angle)) for angle in angles)
    square = 1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg
    return round(a * b * c * sqrt(max(square, 0.0)), 6)


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group number.

    Raises:
        ValueError: The number is not between 1 and 230.

    Example:
        >>> crystal_system(225)
        'cubic'
    """
    if not 1 <= space_group <= 230:
        raise ValueError(f"no space group has the number {space_group}")
    return (*_SYSTEMS, "cubic")[bisect_left(_LAST_OF_SYSTEM, space_group)]


def obeys(cell: Cell, system: str) -> bool:
    """Whether lengths and angles are those of a conventional cell of the crystal system.

    Monoclinic cells may have any unique axis; trigonal ones hexagonal or rhombohedral axes.
    """
    a, b, c, *angles = cell
    right = [abs(angle - 90.0) <= _ANGLE_TOLERANCE for angle in angles]
    a_is_b = isclose(a, b, rel_tol=_LENGTH_TOLERANCE)
    is_equal = a_is_b and isclose(b, c, rel_tol=_LENGTH_TOLERANCE)
    hexagonal = a_is_b and all(right[:2]) and abs(angles[2] - 120.0) <= _ANGLE_TOLERANCE
    rhombohedral = is_equal and all(abs(x - angles[0]) <= _ANGLE_TOLERANCE for x in angles)
    return {
        "triclinic": True,
        "monoclinic": sum(right) >= 2,
        "orthorhombic": all(right),
        "tetragonal": all(right) and a_is_b,
        "trigonal": hexagonal or rhombohedral,
        "hexagonal": hexagonal,
        "cubic": all(right) and is_equal,
    }[system]
