"""Checks on the published text, before anything is computed from it."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from ionladder.core.problems import first_few
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.datasets.obelix import raw
from ionladder.datasets.obelix.cells import crystal_system, obeys
from ionladder.datasets.obelix.conductivity import LabelError, parse_conductivity
from ionladder.datasets.obelix.formulas import Amounts, FormulaError, parse_formula
from ionladder.datasets.obelix.raw import Release, row_place
from ionladder.datasets.obelix.tables import cell, space_group
from ionladder.sources.readers import Row

_ID = re.compile(r"^[a-z0-9]{3}$")
_CELL_TOLERANCE = Fraction(2, 100)
_VOLUME_PER_ATOM_ANG3 = (8.0, 50.0)


def check_ids(release: Release) -> Outcome:
    """Ids are unique text of three characters, as many as expected."""
    ids = [row[raw.ID] for row in release.rows]
    findings = [
        _version(f"{raw.ALL}, id {entry!r}", "each id once", f"{count} rows")
        for entry, count in Counter(ids).items()
        if count > 1
    ]
    findings += [
        _version(f"{raw.ALL}, row {number}", "three of a-z and 0-9 as id", repr(entry))
        for number, entry in enumerate(ids, start=2)
        if not _ID.match(entry)
    ]
    findings += _count(raw.ALL, "entries", len(ids), release)
    return Outcome(findings=findings, detail=f"{len(ids)} ids")


def check_split(release: Release) -> Outcome:
    """Training and test rows are disjoint, and together they are all rows, field by field."""
    by_id = {row[raw.ID]: row for row in release.rows}
    parts = {raw.TRAIN: release.train, raw.TEST: release.test}
    findings = []
    for name, rows in parts.items():
        for entry, count in Counter(row[raw.ID] for row in rows).items():
            if count > 1:
                findings.append(_version(f"{name}, id {entry!r}", "each id once", f"{count} rows"))
        findings += [f for row in rows for f in _unlike(name, row, by_id.get(row[raw.ID]))]
    train, test = ({row[raw.ID] for row in rows} for rows in parts.values())
    findings += [
        _version(f"id {entry!r}", "either training or test", "both")
        for entry in sorted(train & test)
    ]
    findings += [
        _version(f"{raw.ALL}, id {entry!r}", "training or test", "neither")
        for entry in sorted(by_id.keys() - train - test)
    ]
    findings += _count(raw.TRAIN, "train", len(release.train), release)
    findings += _count(raw.TEST, "test", len(release.test), release)
    detail = f"{len(release.train)} training and {len(release.test)} test entries"
    return Outcome(findings=findings, detail=detail)


def check_labels(release: Release) -> Outcome:
    """Labels are positive numbers or known limits; a total conductivity equals its label."""
    findings = []
    limits = 0
    for row in release.rows:
        for column in (raw.SIGMA, raw.TOTAL, raw.BULK):
            if column != raw.SIGMA and not row[column]:
                continue
            try:
                label = parse_conductivity(row[column])
            except LabelError as error:
                expected = "a positive number, or a limit such as '<1E-10'"
                findings.append(_version(_field(row, column), expected, str(error)))
                continue
            if label.limit is not None and column != raw.SIGMA:
                findings.append(_version(_field(row, column), "a number", repr(row[column])))
            limits += column == raw.SIGMA and label.limit is not None
        if row[raw.TOTAL] and _differ(row[raw.TOTAL], row[raw.SIGMA]):
            expected = f"the label {row[raw.SIGMA]!r}"
            findings.append(_entry(row, _field(row, raw.TOTAL), expected, repr(row[raw.TOTAL])))
    return Outcome(findings=findings, detail=f"{len(release.rows)} labels, {limits} upper limits")


def check_formulas(release: Release) -> Outcome:
    """Formulas parse and contain Li; the printed formula times Z is the cell, within 0.02 atoms."""
    findings = []
    for row in release.rows:
        try:
            contents = parse_formula(row[raw.CELL])
        except FormulaError as error:
            expected = "a chemical formula"
            findings.append(
                _version(_field(row, raw.CELL), expected, f"{row[raw.CELL]!r}: {error}")
            )
            continue
        if "Li" not in contents:
            findings.append(_entry(row, _field(row, raw.CELL), "Li in it", row[raw.CELL]))
        findings += _unlike_cell(row, contents)
    return Outcome(findings=findings, detail=f"{len(release.rows)} pairs of formulas")


def check_cells(release: Release) -> Outcome:
    """Space groups exist and keep one symbol; cells obey them and hold 8 to 50 Å³ an atom."""
    findings = []
    usual: dict[str, Counter[int]] = {}
    rows = [row for row in release.rows if raw.has_numbers(row)]
    for row in rows:
        usual.setdefault(row[raw.SYMBOL].strip(), Counter())[space_group(row)] += 1
    for row in rows:
        number = space_group(row)
        try:
            system = crystal_system(number)
        except ValueError:
            findings.append(_version(_field(row, raw.NUMBER), "1 to 230", str(number)))
            continue
        if not obeys(cell(row), system):
            found = ", ".join(row[name] for name in raw.LATTICE)
            findings.append(_entry(row, row_place(row), f"a {system} cell (group {number})", found))
        symbol = row[raw.SYMBOL].strip()
        most_common = usual[symbol].most_common(1)[0][0]
        if number != most_common:
            expected = f"{most_common}, as for other entries in {symbol}"
            findings.append(_entry(row, _field(row, raw.NUMBER), expected, str(number)))
        findings += _crowded(row)
    return Outcome(findings=findings, detail=f"{len(usual)} symbols, {len(release.rows)} cells")


def check_cif_set(release: Release) -> Outcome:
    """The archive holds a CIF for exactly the entries that are flagged as having one."""
    flagged = {row[raw.ID] for row in release.rows if row[raw.CIF] == raw.HAS_CIF}
    findings = [
        _version(f"{raw.ARCHIVE}, {entry}.cif", "a CIF, as flagged", "none")
        for entry in sorted(flagged - release.cifs.keys())
    ]
    findings += [
        _version(f"{raw.ARCHIVE}, {entry}.cif", f"'Cif ID' = {raw.HAS_CIF} in {raw.ALL}", "not so")
        for entry in sorted(release.cifs.keys() - flagged)
    ]
    findings += _count(raw.ARCHIVE, "structures", len(release.cifs), release)
    detail = (
        f"{len(release.cifs)} CIFs; upstream's folder of single CIFs is not fetched, so the "
        "archive is compared with the flags and not with that folder"
    )
    return Outcome(findings=findings, detail=detail)


TEXT_CHECKS: tuple[Check[Release], ...] = (
    Check(
        name="ids_are_unique_text",
        description="Ids are unique text of three characters, as many as expected.",
        run=check_ids,
    ),
    Check(
        name="split_partitions_entries",
        description="Training and test files are disjoint and together equal all rows, by field.",
        run=check_split,
    ),
    Check(
        name="labels_are_numbers_or_limits",
        description=(
            "Every label is a positive number or a limit such as <1E-10; a total conductivity "
            "equals the label."
        ),
        run=check_labels,
    ),
    Check(
        name="formulas_agree",
        description=(
            "Every formula parses and contains Li; the printed formula times Z is the cell "
            "contents, within 0.02 atoms."
        ),
        run=check_formulas,
    ),
    Check(
        name="cells_obey_symmetry",
        description=(
            "Space group numbers exist and keep one symbol, lattices obey the crystal system, and "
            "the volume per atom is 8 to 50 Å³."
        ),
        run=check_cells,
    ),
    Check(
        name="structures_match_flags",
        description="The archive holds a CIF for exactly the entries flagged as having one.",
        run=check_cif_set,
    ),
)


def _unlike(name: str, row: Row, same: Row | None) -> list[Finding]:
    if same is None:
        return [_version(f"{name}, id {row[raw.ID]!r}", f"a row of {raw.ALL}", "none")]
    place = f"{name}, id {row[raw.ID]!r}, column "
    return [
        _version(f"{place}{column!r}", f"{same[column]!r}, as in {raw.ALL}", repr(row[column]))
        for column in raw.COLUMNS
        if row[column] != same[column]
    ]


def _unlike_cell(row: Row, contents: Amounts) -> list[Finding]:
    place = _field(row, raw.REDUCED)
    try:
        printed = parse_formula(row[raw.REDUCED])
    except FormulaError as error:
        found = f"{row[raw.REDUCED]!r}: {error}"
        return [_entry(row, place, "a chemical formula", found)]
    if not raw.has_numbers(row):
        return []
    none = Fraction(0)
    pairs = {
        element: (printed.get(element, none) * Fraction(row[raw.Z]), contents.get(element, none))
        for element in sorted({*printed, *contents})
    }
    off = [
        f"{element} {float(stated):g} for {float(made):g}"
        for element, (made, stated) in pairs.items()
        if abs(made - stated) > _CELL_TOLERANCE
    ]
    expected = f"{row[raw.CELL]} when taken {row[raw.Z]} times"
    return [_entry(row, place, expected, first_few(off))] if off else []


def _crowded(row: Row) -> list[Finding]:
    try:
        atoms = sum(parse_formula(row[raw.CELL]).values(), start=Fraction(0))
    except FormulaError:
        return []
    each = cell(row).volume / float(atoms)
    low, high = _VOLUME_PER_ATOM_ANG3
    if low <= each <= high:
        return []
    return [_entry(row, row_place(row), f"{low:g} to {high:g} Å³ per atom", f"{each:.1f}")]


def _count(place: str, name: str, found: int, release: Release) -> list[Finding]:
    expected = release.pinned.expected.get(name)
    if expected is None or found == expected:
        return []
    return [_version(place, f"{expected} ({name} in params.yaml)", str(found))]


def _differ(one: str, other: str) -> bool:
    try:
        return parse_conductivity(one).value != parse_conductivity(other).value
    except LabelError:
        return False


def _field(row: Row, column: str) -> str:
    return f"{row_place(row)}, column {column!r}"


def _entry(row: Row, place: str, expected: str, found: str) -> Finding:
    return Finding(entry=row[raw.ID], place=place, expected=expected, found=found)


def _version(place: str, expected: str, found: str) -> Finding:
    return Finding(entry=None, place=place, expected=expected, found=found)
