"""OBELiX: from upstream's CSV and CIF files to tables."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import cos, floor, isclose, radians, sqrt
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ionladder.config import DatasetVersion
from ionladder.data.archives import read_tar
from ionladder.data.ingest import connected_components, draw_folds, groups_of_equals
from ionladder.data.litraj.xyz import Row as ReadersRow
from ionladder.data.litraj.xyz import read_csv
from ionladder.data.obelix.spec import ENTRIES, FOLDS, LABELS, SPLITS, STRUCTURES
from ionladder.data.store import table_from_rows
from ionladder.errors import IngestError, Problem
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.sites import PeriodicSite
    from pymatgen.core.structure import Structure


# Unit cells: volume, crystal systems and the constraints they put on lengths and angles


_LAST_OF_SYSTEM = (
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (167, "trigonal"),
    (194, "hexagonal"),
    (230, "cubic"),
)
_LENGTH_TOLERANCE = 1e-3
_ANGLE_TOLERANCE = 0.02
_VOLUME_DECIMALS = 6


@dataclass(frozen=True)
class Cell:
    """Lengths in Å and angles in degrees of a unit cell."""

    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float

    @property
    def volume(self) -> float:
        """Volume in Å³, six decimals, so that it does not depend on the machine's cosine.

        Example:
            >>> Cell(2.0, 3.0, 4.0, 90.0, 90.0, 90.0).volume
            24.0
        """
        ca, cb, cg = (cos(radians(angle)) for angle in (self.alpha, self.beta, self.gamma))
        square = 1.0 - ca * ca - cb * cb - cg * cg + 2.0 * ca * cb * cg
        return round(self.a * self.b * self.c * sqrt(max(square, 0.0)), _VOLUME_DECIMALS)


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group number.

    Raises:
        ValueError: The number is not between 1 and 230.

    Example:
        >>> crystal_system(225)
        'cubic'
    """
    if space_group >= 1:
        for last, name in _LAST_OF_SYSTEM:
            if space_group <= last:
                return name
    msg = f"no space group has the number {space_group}"
    raise ValueError(msg)


def obeys(cell: Cell, system: str) -> bool:
    """Whether lengths and angles are those of a conventional cell of the crystal system.

    Monoclinic cells may have any unique axis; trigonal ones hexagonal or rhombohedral axes.
    """
    angles = (cell.alpha, cell.beta, cell.gamma)
    right = sum(_is_angle(angle, 90.0) for angle in angles)
    hexagonal = (
        _same(cell.a, cell.b)
        and _is_angle(cell.alpha, 90.0)
        and _is_angle(cell.beta, 90.0)
        and _is_angle(cell.gamma, 120.0)
    )
    equal_lengths = _same(cell.a, cell.b) and _same(cell.b, cell.c)
    rhombohedral = equal_lengths and all(_is_angle(angle, cell.alpha) for angle in angles)
    rules = {
        "triclinic": True,
        "monoclinic": right >= 2,
        "orthorhombic": right == 3,
        "tetragonal": right == 3 and _same(cell.a, cell.b),
        "trigonal": hexagonal or rhombohedral,
        "hexagonal": hexagonal,
        "cubic": right == 3 and equal_lengths,
    }
    return rules[system]


def _same(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=_LENGTH_TOLERANCE)


def _is_angle(angle: float, value: float) -> bool:
    return abs(angle - value) <= _ANGLE_TOLERANCE


# Conductivity labels: numbers, or upper limits written as text; anything else is refused


UPSTREAM_LIMIT_LOG10 = -15.0
"""log10(S/cm) that the dataset's authors give to every upper limit, whatever the limit."""

_NUMBER = re.compile(r"^\d+(\.\d+)?([eE][+-]?\d+)?$")
_LIMIT = re.compile(r"^<(\d+E-\d+)$")
_EXACT = Context(prec=40)


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
    """Read a label.

    Raises:
        LabelError: Neither a positive number nor a limit like ``<1E-10``.

    Example:
        >>> parse_conductivity("<1E-8").log10_limit
        -8.0
        >>> parse_conductivity("1e-3").log10
        -3.0
    """
    limit = _LIMIT.match(text)
    digits = limit.group(1) if limit else text
    if not _NUMBER.match(digits) or Decimal(digits) <= 0:
        msg = f"{text!r}"
        raise LabelError(msg)
    number, log10 = float(digits), log10_of(digits)
    if limit:
        return Conductivity(value=None, limit=number, log10=UPSTREAM_LIMIT_LOG10, log10_limit=log10)
    return Conductivity(value=number, limit=None, log10=log10, log10_limit=None)


def log10_of(digits: str) -> float:
    """Decimal logarithm of a written number, correctly rounded, so equal on every machine."""
    return float(_EXACT.log10(Decimal(digits)))


# Chemical formulas as exact amounts, and the one spelling that equal compositions share


Amounts = dict[str, Fraction]

_TOKEN = re.compile(r"\s*(?:([A-Z][a-z]?)|([(\[])|([)\]]))\s*(\d+(?:\.\d*)?|\.\d+)?")
_CLOSING = {"(": ")", "[": "]"}
_DECIMALS = 5

_SYMBOLS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb "
    "Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu".split()
)


class FormulaError(ValueError):
    """Text that is not a chemical formula; the message says what stands in the way."""


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
    position = 0
    stripped = text.strip()
    while position < len(stripped):
        token = _TOKEN.match(stripped, position)
        if token is None:
            msg = f"{stripped[position]!r} at position {position + 1}"
            raise FormulaError(msg)
        element, opening, closing, number = token.groups()
        position = token.end()
        amount = Fraction(number) if number else Fraction(1)
        if opening:
            if number:
                position = token.end(2)
            groups.append({})
            brackets.append(opening)
        elif closing:
            if not brackets or _CLOSING[brackets.pop()] != closing:
                msg = f"an unmatched {closing!r}"
                raise FormulaError(msg)
            _add(groups[-2], groups.pop(), amount)
        elif element not in _SYMBOLS:
            msg = f"the unknown element {element!r}"
            raise FormulaError(msg)
        else:
            _add(groups[-1], {element: Fraction(1)}, amount)
    if brackets:
        msg = f"an unmatched {brackets[-1]!r}"
        raise FormulaError(msg)
    present = {element: amount for element, amount in groups[0].items() if amount > 0}
    if not present:
        msg = "no element"
        raise FormulaError(msg)
    return present


def fractions_of(amounts: Mapping[str, Fraction]) -> Amounts:
    """Atomic fractions, exact, elements in alphabetical order."""
    total = sum(amounts.values(), start=Fraction(0))
    return {element: amounts[element] / total for element in sorted(amounts)}


def normalised_formula(amounts: Mapping[str, Fraction]) -> str:
    """One spelling for equal compositions: atomic fractions to five decimals.

    Example:
        >>> normalised_formula(parse_formula("Li20.4Ge2.4P3.6S24"))
        'Ge0.04762Li0.40476P0.07143S0.47619'
    """
    rounded = {el: round(share, _DECIMALS) for el, share in fractions_of(amounts).items()}
    return "".join(f"{el}{float(share):.{_DECIMALS}f}" for el, share in rounded.items())


def largest_fraction_difference(
    first: Mapping[str, Fraction], second: Mapping[str, Fraction]
) -> float:
    """Largest absolute difference of an atomic fraction between two compositions."""
    one, other = fractions_of(first), fractions_of(second)
    zero = Fraction(0)
    return float(max(abs(one.get(el, zero) - other.get(el, zero)) for el in {*one, *other}))


def _add(into: Amounts, amounts: Mapping[str, Fraction], times: Fraction) -> None:
    for element, amount in amounts.items():
        into[element] = into.get(element, Fraction(0)) + amount * times


# A release of OBELiX as published: three tables of text and the CIFs, read but not interpreted


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

_RAW_NUMBER = re.compile(r"^\d+(\.\d+)?([eE][+-]?\d+)?$")
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

    rows: tuple[ReadersRow, ...]
    train: tuple[ReadersRow, ...]
    test: tuple[ReadersRow, ...]
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


def has_numbers(row: ReadersRow) -> bool:
    """Whether the cell, Z and space group of a row can be read; else they are field problems."""
    return all(
        _RAW_NUMBER.match(row[column]) and float(row[column]) > 0 for column in LATTICE
    ) and all(_WHOLE.match(row[column]) for column in (Z, NUMBER))


def row_place(row: ReadersRow) -> str:
    """Where a row is, as its reader would look for it."""
    return f"{ALL}, id {row[ID]!r}"


def field_problems(release: Release) -> list[Problem]:
    """Fields whose text cannot be read as what their column holds."""
    problems = []
    for row in release.rows:
        for columns, pattern, expected in (
            (LATTICE, _RAW_NUMBER, "a positive number"),
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


def _problem(row: ReadersRow, column: str, expected: str) -> Problem:
    return Problem(
        where=f"{row_place(row)}, column {column!r}",
        expected=expected,
        found=repr(row[column]),
        next_step=_NEXT_STEP,
    )


# CIFs read with pymatgen and set beside the table's composition and cell


_LITHIUM = "Li"
_FULL = 1.0 - 1e-6
_STRUCTURES_DECIMALS = 6
_SHORT_DECIMALS = 6
_SHORT_TOLERANCE = 6e-9
_CELL_FIELDS = tuple(f"_cell_length_{axis}" for axis in "abc") + tuple(
    f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma")
)
_COORDINATES = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")


class StructureError(ValueError):
    """A CIF that cannot be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Crystal:
    """What ingest takes from one CIF.

    Attributes:
        text: The CIF.
        structure: Sites of the cell as written.
        amounts: Contents of the cell; occupancies to six decimals.
        cell: Lengths and angles as written.
        space_group: Number in the header.
        coordinates: Fractional coordinates as written.
        warnings: What the reader remarked.
    """

    text: str
    structure: Structure
    amounts: Amounts
    cell: Cell
    space_group: int
    coordinates: tuple[float, ...]
    warnings: tuple[str, ...]


def read_crystal(data: bytes) -> Crystal:
    """Read one CIF.

    Raises:
        StructureError: Not UTF-8, not one structure, a site over-occupied, no space group, …
    """
    from pymatgen.io.cif import CifParser

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"byte {error.start} is not UTF-8"
        raise StructureError(msg) from error
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parser = CifParser.from_str(text, occupancy_tolerance=1.0)
            (structure,) = parser.parse_structures(primitive=False, on_error="raise")
            (block,) = parser.as_dict().values()
            remarks: list[str] = getattr(parser, "warnings", [])
        return Crystal(
            text=text,
            structure=structure,
            amounts=_amounts(structure),
            cell=Cell(*(float(block[field]) for field in _CELL_FIELDS)),
            space_group=int(block["_symmetry_Int_Tables_number"]),
            coordinates=tuple(float(x) for field in _COORDINATES for x in block[field]),
            warnings=tuple(sorted({*remarks, *(str(w.message) for w in caught)})),
        )
    except (ValueError, KeyError, TypeError, AssertionError, IndexError) as error:
        msg = re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[:200].rstrip(".")
        raise StructureError(msg) from error


def structure_row(entry_id: str, crystal: Crystal, table: Mapping[str, Fraction]) -> dict[str, Any]:
    """The row of ``structures`` for one entry.

    Args:
        entry_id: Its id.
        crystal: Its CIF, read.
        table: Contents of the tabulated cell.
    """
    sites = [_elements(site) for site in crystal.structure]
    totals = [sum(site.values()) for site in sites]
    cell = crystal.cell
    atoms = sum(crystal.amounts.values(), start=Fraction(0))
    return {
        "id": entry_id,
        "cif_sha256": sha256_bytes(crystal.text.encode("utf-8")),
        "cif_text": crystal.text,
        "n_sites": len(sites),
        "formula_cif": _formula(crystal.amounts),
        "is_ordered": all(len(s) == 1 and t >= _FULL for s, t in zip(sites, totals, strict=True)),
        "has_vacancy": any(total < _FULL for total in totals),
        "has_mixed_site": any(len(site) > 1 for site in sites),
        "li_partial": any(site.get(_LITHIUM, 1.0) < _FULL for site in sites),
        "has_li": _LITHIUM in crystal.amounts,
        "space_group_cif": crystal.space_group,
        "a_ang": cell.a,
        "b_ang": cell.b,
        "c_ang": cell.c,
        "alpha_deg": cell.alpha,
        "beta_deg": cell.beta,
        "gamma_deg": cell.gamma,
        "volume_ang3": cell.volume,
        "max_frac_diff_vs_table": round(
            largest_fraction_difference(crystal.amounts, table), _STRUCTURES_DECIMALS
        ),
        "z_ratio_vs_table": round(
            float(atoms / sum(table.values(), start=Fraction(0))), _STRUCTURES_DECIMALS
        ),
        "positions_perturbed": any(_is_noisy(x) for x in crystal.coordinates),
        "parse_warnings": list(crystal.warnings),
    }


def _amounts(structure: Structure) -> Amounts:
    """Sum of occupancies per element, each rounded to six decimals before it enters."""
    amounts: Amounts = {}
    for site in structure:
        for element, occupancy in _elements(site).items():
            exact = Fraction(round(occupancy * 10**_STRUCTURES_DECIMALS), 10**_STRUCTURES_DECIMALS)
            amounts[element] = amounts.get(element, Fraction(0)) + exact
    return amounts


def _elements(site: PeriodicSite) -> dict[str, float]:
    """Occupancy of a site by each element, oxidation states put together."""
    occupancies: dict[str, float] = {}
    for species, occupancy in site.species.items():
        symbol = str(getattr(species, "element", species).symbol)
        occupancies[symbol] = occupancies.get(symbol, 0.0) + float(occupancy)
    return occupancies


def _formula(amounts: Amounts) -> str:
    shown = {
        el: f"{float(amounts[el]):.{_STRUCTURES_DECIMALS}f}".rstrip("0").rstrip(".")
        for el in amounts
    }
    return "".join(f"{el}{shown[el]}" for el in sorted(shown))


def _is_noisy(coordinate: float) -> bool:
    """Whether a coordinate has more digits than a published one, or a sixth of one, would."""
    return all(
        abs(value - round(value, _SHORT_DECIMALS)) > _SHORT_TOLERANCE * times
        for times, value in ((1, coordinate), (6, coordinate * 6))
    )


# Family names with one spelling each; the published spelling stays in ``family_raw``


_ACRONYMS = frozenset({"NASICON", "LISICON", "LGPS", "LIPON"})

_ONE_SPELLING = {
    "cholorides": "chlorides",
    "argyrodite": "argyrodites",
    "nitride": "nitrides",
    "halide": "halides",
}


def clean_family(raw: str) -> str | None:
    """The family under its one spelling, or None where none is given.

    Example:
        >>> [clean_family(name) for name in ("Halide", "halides", "NASICON", " ")]
        ['halides', 'halides', 'NASICON', None]
    """
    name = raw.strip()
    if not name:
        return None
    if name not in _ACRONYMS:
        name = name[0].lower() + name[1:]
    return _ONE_SPELLING.get(name, name)


# OBELiX's published rows turned into the rows of its tables


OFFICIAL = "official"


def build_tables(release: Release, crystals: Mapping[str, Crystal]) -> dict[str, pa.Table]:
    """All tables of a release whose text passed the checks."""
    splits = split_rows(release)
    train = {row["id"]: row["component"] for row in splits if row["subset"] == "train"}
    by_id = {row[ID]: row for row in release.rows}
    structures = [
        structure_row(entry, crystal, parse_formula(by_id[entry][CELL]))
        for entry, crystal in crystals.items()
    ]
    return {
        spec.name: table_from_rows(spec, rows)
        for spec, rows in (
            (ENTRIES, entry_rows(release.rows)),
            (LABELS, [label_row(row) for row in release.rows]),
            (STRUCTURES, structures),
            (SPLITS, splits),
            (FOLDS, draw_folds(train, release.pinned.folds)),
        )
    }


def entry_rows(rows: Sequence[ReadersRow]) -> list[dict[str, Any]]:
    """Rows of ``entries``: everything known of a material but its label."""
    replicates = groups_of_equals({row[ID]: (row[CELL], space_group(row)) for row in rows})
    return [{**_entry(row), "replicate_group": replicates[row[ID]]} for row in rows]


def label_row(row: ReadersRow) -> dict[str, Any]:
    """The row of ``labels`` for one entry."""
    label = parse_conductivity(row[SIGMA])
    total, bulk = (_optional_float(row[name]) for name in (TOTAL, BULK))
    return {
        "id": row[ID],
        "log10_sigma": label.log10,
        "log10_sigma_limit": label.log10_limit,
        "censoring": "none" if label.limit is None else "left",
        "sigma_s_per_cm": label.value,
        "sigma_limit_s_per_cm": label.limit,
        "sigma_total_s_per_cm": total,
        "sigma_bulk_s_per_cm": bulk,
        "label_kind": _label_kind(label.value, total=total, bulk=bulk),
    }


def split_rows(release: Release) -> list[dict[str, Any]]:
    """Rows of ``splits``: the published split, and the components it follows."""
    components = connected_components(
        {
            row[ID]: [*(("doi", doi) for doi in dois(row)), ("composition", row[CELL])]
            for row in release.rows
        }
    )
    test = {row[ID] for row in release.test}
    return [
        {
            "split_name": OFFICIAL,
            "id": entry,
            "subset": "test" if entry in test else "train",
            "in_cif": entry in release.cifs,
            "component": component,
        }
        for entry, component in components.items()
    ]


def dois(row: ReadersRow) -> list[str]:
    """DOIs of a row, lower case, in published order."""
    return [doi.strip().lower() for doi in row[DOI].split("|") if doi.strip()]


def space_group(row: ReadersRow) -> int:
    """Space group number of a row."""
    return int(float(row[NUMBER]))


def cell(row: ReadersRow) -> Cell:
    """Tabulated cell of a row."""
    return Cell(*(float(row[name]) for name in LATTICE))


def _entry(row: ReadersRow) -> dict[str, Any]:
    tabulated = cell(row)
    return {
        "id": row[ID],
        "formula_reduced": row[REDUCED].strip(),
        "formula_cell": row[CELL],
        "z": int(float(row[Z])),
        "formula_norm": normalised_formula(parse_formula(row[CELL])),
        "space_group": space_group(row),
        "space_group_symbol": row[SYMBOL].strip(),
        "crystal_system": crystal_system(space_group(row)),
        "a_ang": tabulated.a,
        "b_ang": tabulated.b,
        "c_ang": tabulated.c,
        "alpha_deg": tabulated.alpha,
        "beta_deg": tabulated.beta,
        "gamma_deg": tabulated.gamma,
        "volume_ang3": tabulated.volume,
        "family_raw": row[FAMILY] or None,
        "family": clean_family(row[FAMILY]),
        "dois": dois(row),
        "cif_status": _cif_status(row),
        "icsd_id": _optional_int(row[ICSD]),
        "laskowski_id": _optional_int(row[LASKOWSKI]),
        "liion_id": _optional_int(row[LIION]),
        "note": row[NOTE].strip() or None,
    }


def _label_kind(value: float | None, *, total: float | None, bulk: float | None) -> str:
    if value is not None and value == total:
        return "total"
    if value is not None and total is None and value == bulk:
        return "bulk"
    return "unspecified"


def _cif_status(row: ReadersRow) -> str:
    if row[CIF] != HAS_CIF:
        return "none"
    return "close" if row[CLOSE] else "match"


def _optional_float(text: str) -> float | None:
    return float(text) if text else None


def _optional_int(text: str) -> int | None:
    return int(float(text)) if text else None


# Counts and distributions of a version, for its manifest and the dataset card


Row = dict[str, Any]

_SUBSETS = ("train", "test")
_NOT_GIVEN = "not given"


def summarise(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Counts, label histogram, and how often each family, system, CIF status and element occurs.

    Counts per subset are lists in the order of ``subsets``. The histogram has bins of one decade;
    bin i holds labels with ``edges[i] <= log10_sigma < edges[i + 1]``; ``censored`` counts those
    among them that are only upper limits.
    """
    entries = _by_id(tables["entries"])
    labels = _by_id(tables["labels"])
    splits = _by_id(tables["splits"])
    subset = {entry: row["subset"] for entry, row in splits.items()}
    elements = {i: sorted(parse_formula(row["formula_cell"])) for i, row in entries.items()}
    return {
        "subsets": list(_SUBSETS),
        "counts": _counts(entries, labels, splits),
        "label_histogram": _histogram(labels, subset),
        "family": _per_subset({i: [r["family"]] for i, r in entries.items()}, subset),
        "crystal_system": _per_subset(
            {i: [r["crystal_system"]] for i, r in entries.items()}, subset
        ),
        "cif_status": _per_subset({i: [r["cif_status"]] for i, r in entries.items()}, subset),
        "elements": _per_subset(elements, subset),
    }


def _counts(
    entries: Mapping[str, Row], labels: Mapping[str, Row], splits: Mapping[str, Row]
) -> dict[str, list[int]]:
    def count(ids: set[str]) -> list[int]:
        return [sum(splits[entry]["subset"] == name for entry in ids) for name in _SUBSETS]

    components = {
        name: {row["component"] for row in splits.values() if row["subset"] == name}
        for name in _SUBSETS
    }
    return {
        "entries": count(set(entries)),
        "with_cif": count({entry for entry, row in splits.items() if row["in_cif"]}),
        "censored": count({entry for entry, row in labels.items() if row["censoring"] != "none"}),
        "components": [len(components[name]) for name in _SUBSETS],
        "in_replicate_groups": count(
            {entry for entry, row in entries.items() if row["replicate_group"] is not None}
        ),
    }


def _histogram(labels: Mapping[str, Row], subset: Mapping[str, str]) -> dict[str, Any]:
    decades = {entry: floor(row["log10_sigma"]) for entry, row in labels.items()}
    low, high = min(decades.values()), max(decades.values()) + 1

    def count(entries: Iterable[str]) -> dict[str, list[int]]:
        bins = {name: [0] * (high - low) for name in _SUBSETS}
        for entry in entries:
            bins[subset[entry]][decades[entry] - low] += 1
        return bins

    censored = [entry for entry, row in labels.items() if row["censoring"] != "none"]
    edges = list(range(low, high + 1))
    return {"edges": edges, **count(labels), "censored": count(censored)}


def _per_subset(
    kinds: Mapping[str, Sequence[str | None]], subset: Mapping[str, str]
) -> dict[str, list[int]]:
    """Kind → entries of it in each subset; the most frequent kind first, then by name."""
    counted = {name: Counter[str]() for name in _SUBSETS}
    for entry, of_entry in kinds.items():
        counted[subset[entry]].update(kind or _NOT_GIVEN for kind in of_entry)
    total = sum(counted.values(), start=Counter[str]())
    order = sorted(total, key=lambda kind: (-total[kind], kind))
    return {kind: [counted[name][kind] for name in _SUBSETS] for kind in order}


def _by_id(table: pa.Table) -> dict[str, Row]:
    return {row["id"]: row for row in table.to_pylist()}
