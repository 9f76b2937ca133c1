"""OBELiX: integrity checks of the tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from typing import TYPE_CHECKING, Any

from ionladder.data.ingest import Check, Finding, Outcome
from ionladder.data.litraj.xyz import Row
from ionladder.data.obelix import tables as raw
from ionladder.data.obelix.tables import (
    Amounts,
    Crystal,
    FormulaError,
    LabelError,
    Release,
    cell,
    crystal_system,
    obeys,
    parse_conductivity,
    parse_formula,
    row_place,
    space_group,
)
from ionladder.errors import first_few

if TYPE_CHECKING:
    import pyarrow as pa


# Checks on the tables, held against the published text they were made from


_LOG_TOLERANCE = 1e-12
_FRACTION_TOLERANCE = 0.01
_ATOMS_TOLERANCE = 0.1
_VOLUME_TOLERANCE = 0.02

TableRow = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Built:
    """A release with everything made from it.

    Attributes:
        release: The published text.
        crystals: Entry id → its CIF, read.
        tables: Table name → table.
    """

    release: Release
    crystals: Mapping[str, Crystal]
    tables: Mapping[str, pa.Table]

    def rows(self, table: str) -> list[TableRow]:
        rows: list[TableRow] = self.tables[table].to_pylist()
        return rows

    def by_id(self, table: str) -> dict[str, TableRow]:
        return {row["id"]: row for row in self.rows(table)}


def check_log10(built: Built) -> Outcome:
    """Logarithms agree with the text to 1e-12, and censored entries are those written with <."""
    labels = built.by_id("labels")
    findings = []
    for row in built.release.rows:
        label, text = labels[row[raw.ID]], row[raw.SIGMA]
        place = f"labels, id {row[raw.ID]!r}"
        is_limit = text.startswith("<")
        if (label["censoring"] == "left") != is_limit:
            findings.append(_version(place, f"censoring as in {text!r}", label["censoring"]))
        column = "log10_sigma_limit" if is_limit else "log10_sigma"
        expected = log10(float(text.lstrip("<")))
        if label[column] is None or abs(label[column] - expected) > _LOG_TOLERANCE:
            findings.append(_version(f"{place}, {column}", repr(expected), repr(label[column])))
    censored = sum(label["censoring"] == "left" for label in labels.values())
    return Outcome(findings=findings, detail=f"{len(labels)} labels, {censored} of them censored")


def check_structures(built: Built) -> Outcome:
    """Each CIF agrees with the table: Li, elements, composition, contents, volume, space group."""
    entries = built.by_id("entries")
    findings = []
    for row in built.rows("structures"):
        entry = entries[row["id"]]
        crystal = built.crystals[row["id"]].amounts
        table = parse_formula(entry["formula_cell"])
        growth = row["volume_ang3"] / entry["volume_ang3"] - 1.0
        extra = sorted(crystal.keys() - table.keys())
        numbers = (entry["space_group"], row["space_group_cif"])
        for aspect, is_fine, expected, found in (
            ("lithium", row["has_li"], "Li in the CIF", row["formula_cif"]),
            ("elements", not extra, f"elements of {entry['formula_cell']}", first_few(extra)),
            (
                "composition",
                row["max_frac_diff_vs_table"] <= _FRACTION_TOLERANCE,
                f"atomic fractions within {_FRACTION_TOLERANCE} of {entry['formula_cell']}",
                f"{row['formula_cif']} ({row['max_frac_diff_vs_table']:.3f} off)",
            ),
            (
                "cell_contents",
                abs(row["z_ratio_vs_table"] - 1.0) <= _ATOMS_TOLERANCE,
                "as many atoms in the cell as in the table, within 10 %",
                f"{row['z_ratio_vs_table']:.3f} times as many",
            ),
            (
                "volume",
                abs(growth) <= _VOLUME_TOLERANCE,
                "the tabulated cell volume, within 2 %",
                f"{100 * growth:+.2f} %",
            ),
            ("space_group", numbers[0] == numbers[1], f"group {numbers[0]}", str(numbers[1])),
        ):
            if not is_fine:
                place = f"{raw.ARCHIVE}, {row['id']}.cif"
                findings.append(
                    Finding(
                        entry=row["id"], place=place, expected=expected, found=found, aspect=aspect
                    )
                )
    return Outcome(findings=findings, detail=f"{len(built.crystals)} CIFs read")


def check_crossing(built: Built) -> Outcome:
    """No DOI, composition, or normalised formula with space group is in both parts of the split."""
    entries = built.by_id("entries")
    subset = {row["id"]: row["subset"] for row in built.rows("splits")}
    tokens: dict[str, dict[str, list[Hashable]]] = {
        "DOI": {i: list(e["dois"]) for i, e in entries.items()},
        "composition": {i: [e["formula_cell"]] for i, e in entries.items()},
        "formula and space group": {
            i: [(e["formula_norm"], e["space_group"])] for i, e in entries.items()
        },
    }
    findings = [
        _version(f"{what} {token!r}", "training or test entries only", first_few(ids))
        for what, of_entry in tokens.items()
        for token, ids in _crossing(of_entry, subset).items()
    ]
    formulas = _crossing({i: [e["formula_norm"]] for i, e in entries.items()}, subset)
    findings += [
        Finding(
            entry=entry,
            place=f"id {entry!r}, formula {formula}",
            expected="training or test entries only",
            found=first_few(ids),
        )
        for formula, ids in formulas.items()
        for entry in ids
    ]
    expected = built.release.pinned.expected.get("crossing_formulas", len(formulas))
    if len(formulas) != expected:
        place, found = "normalised formulas in both parts", str(len(formulas))
        findings.append(_version(place, f"{expected} (params.yaml)", found))
    detail = f"{len(formulas)} normalised formulas in both parts, in other space groups; no DOI"
    return Outcome(findings=findings, detail=detail)


def check_components(built: Built) -> Outcome:
    """Each component lies in one part of the split and, in every repeat, in one grouped fold."""
    split = {row["id"]: row for row in built.rows("splits")}
    places: dict[tuple[Hashable, ...], set[Hashable]] = {}
    for row in split.values():
        places.setdefault(("part", row["component"]), set()).add(row["subset"])
    for row in built.rows("folds"):
        if row["scheme"] != "kfold_shuffled":
            component = split[row["id"]]["component"]
            key = ("fold", component, row["scheme"], row["repeat"])
            places.setdefault(key, set()).add(row["fold"])
    findings = [
        _version(
            f"component {key[1]} {' '.join(str(part) for part in key[2:])}".rstrip(),
            f"one {key[0]}",
            first_few(sorted(str(value) for value in found)),
        )
        for key, found in places.items()
        if len(found) > 1
    ]
    number = len({row["component"] for row in split.values()})
    expected = built.release.pinned.expected.get("components", number)
    if number != expected:
        findings.append(_version("splits", f"{expected} components (params.yaml)", str(number)))
    sizes = Counter(row["component"] for row in split.values()).most_common(6)
    largest = ", ".join(str(size) for _, size in sizes)
    return Outcome(findings=findings, detail=f"{number} components, the largest {largest}")


def check_folds(built: Built) -> Outcome:
    """In every repeat of every scheme, each training entry is held out once, in a known fold."""
    train = {row["id"] for row in built.rows("splits") if row["subset"] == "train"}
    settings = built.release.pinned.folds
    held_out: dict[tuple[str, int], Counter[str]] = {}
    findings = []
    for row in built.rows("folds"):
        held_out.setdefault((row["scheme"], row["repeat"]), Counter())[row["id"]] += 1
        if not 0 <= row["fold"] < settings.n_folds:
            place = f"folds, {row['scheme']} repeat {row['repeat']}, id {row['id']!r}"
            findings.append(_version(place, f"a fold below {settings.n_folds}", str(row["fold"])))
    for (scheme, repeat), counted in sorted(held_out.items()):
        wrong = sorted(i for i in {*train, *counted} if counted[i] != (i in train))
        findings += [
            _version(
                f"folds, {scheme} repeat {repeat}, id {entry!r}",
                "once" if entry in train else "no test entry",
                f"{counted[entry]} times",
            )
            for entry in wrong
        ]
    schemes = sorted({scheme for scheme, _ in held_out})
    for scheme in schemes:
        repeats = sum(name == scheme for name, _ in held_out)
        if repeats != settings.n_repeats:
            expected = f"{settings.n_repeats} repeats (params.yaml)"
            findings.append(_version(f"folds, {scheme}", expected, str(repeats)))
    detail = f"{', '.join(schemes)}: {settings.n_repeats} repeats of {settings.n_folds} folds each"
    return Outcome(findings=findings, detail=detail)


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="log10_agrees_with_text",
        description=(
            "Logarithms agree with the published text to 1e-12; exactly the entries written with "
            "'<' are censored."
        ),
        run=check_log10,
    ),
    Check(
        name="structures_agree",
        description=(
            "Every CIF parses with no site over-filled and agrees with the table: Li, elements, "
            "composition, cell contents, volume, space group."
        ),
        run=check_structures,
    ),
    Check(
        name="nothing_crosses_the_split",
        description=(
            "No DOI, composition string, or normalised formula with its space group is in both "
            "training and test; normalised formulas that are, are known."
        ),
        run=check_crossing,
    ),
    Check(
        name="components_stay_together",
        description=(
            "Every component lies in one part of the split and, in each repeat, in one grouped "
            "fold."
        ),
        run=check_components,
    ),
    Check(
        name="folds_cover_training_once",
        description="In every repeat of every scheme each training entry is held out exactly once.",
        run=check_folds,
    ),
)


def _crossing(
    tokens: Mapping[str, Iterable[Hashable]], subset: Mapping[str, str]
) -> dict[Hashable, list[str]]:
    """Tokens that entries of both parts have, with those entries."""
    entries: dict[Hashable, list[str]] = {}
    for entry in sorted(tokens):
        for token in tokens[entry]:
            entries.setdefault(token, []).append(entry)
    return {
        token: ids for token, ids in entries.items() if len({subset[entry] for entry in ids}) > 1
    }


def _version(place: str, expected: str, found: str) -> Finding:
    return Finding(entry=None, place=place, expected=expected, found=found)


# Checks on the published text, before anything is computed from it


_ID = re.compile(r"^[a-z0-9]{3}$")
_CELL_TOLERANCE = Fraction(2, 100)
_VOLUME_PER_ATOM_ANG3 = (8.0, 50.0)


def check_ids(release: Release) -> Outcome:
    """Ids are unique text of three characters, as many as expected."""
    ids = [row[raw.ID] for row in release.rows]
    findings = [
        _text_checks_version(f"{raw.ALL}, id {entry!r}", "each id once", f"{count} rows")
        for entry, count in Counter(ids).items()
        if count > 1
    ]
    findings += [
        _text_checks_version(f"{raw.ALL}, row {number}", "three of a-z and 0-9 as id", repr(entry))
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
                findings.append(
                    _text_checks_version(f"{name}, id {entry!r}", "each id once", f"{count} rows")
                )
        findings += [f for row in rows for f in _unlike(name, row, by_id.get(row[raw.ID]))]
    train, test = ({row[raw.ID] for row in rows} for rows in parts.values())
    findings += [
        _text_checks_version(f"id {entry!r}", "either training or test", "both")
        for entry in sorted(train & test)
    ]
    findings += [
        _text_checks_version(f"{raw.ALL}, id {entry!r}", "training or test", "neither")
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
                findings.append(_text_checks_version(_field(row, column), expected, str(error)))
                continue
            if label.limit is not None and column != raw.SIGMA:
                findings.append(
                    _text_checks_version(_field(row, column), "a number", repr(row[column]))
                )
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
                _text_checks_version(_field(row, raw.CELL), expected, f"{row[raw.CELL]!r}: {error}")
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
            findings.append(_text_checks_version(_field(row, raw.NUMBER), "1 to 230", str(number)))
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
        _text_checks_version(f"{raw.ARCHIVE}, {entry}.cif", "a CIF, as flagged", "none")
        for entry in sorted(flagged - release.cifs.keys())
    ]
    findings += [
        _text_checks_version(
            f"{raw.ARCHIVE}, {entry}.cif", f"'Cif ID' = {raw.HAS_CIF} in {raw.ALL}", "not so"
        )
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
        return [_text_checks_version(f"{name}, id {row[raw.ID]!r}", f"a row of {raw.ALL}", "none")]
    place = f"{name}, id {row[raw.ID]!r}, column "
    return [
        _text_checks_version(
            f"{place}{column!r}", f"{same[column]!r}, as in {raw.ALL}", repr(row[column])
        )
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
    return [_text_checks_version(place, f"{expected} ({name} in params.yaml)", str(found))]


def _differ(one: str, other: str) -> bool:
    try:
        return parse_conductivity(one).value != parse_conductivity(other).value
    except LabelError:
        return False


def _field(row: Row, column: str) -> str:
    return f"{row_place(row)}, column {column!r}"


def _entry(row: Row, place: str, expected: str, found: str) -> Finding:
    return Finding(entry=row[raw.ID], place=place, expected=expected, found=found)


def _text_checks_version(place: str, expected: str, found: str) -> Finding:
    return Finding(entry=None, place=place, expected=expected, found=found)
