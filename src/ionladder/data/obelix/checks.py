"""OBELiX: integrity checks of the published text and of the tables made from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from typing import TYPE_CHECKING, Any

from ionladder.data.distances import distance_check
from ionladder.data.ingest import Check, Finding, Findings, check
from ionladder.data.obelix import release as rel
from ionladder.data.obelix.crystals import ParsedCrystal
from ionladder.data.obelix.release import Amounts, FormulaError, LabelError, Release, Row
from ionladder.errors import first_few

if TYPE_CHECKING:
    import pyarrow as pa

_CELL_TOLERANCE = Fraction(2, 100)
_VOLUME_PER_ATOM_ANG3 = (8.0, 50.0)
_LOG_TOLERANCE = 1e-12
_FRACTION_TOLERANCE = 0.01
_ATOMS_TOLERANCE = 0.1
_VOLUME_TOLERANCE = 0.02


def _count(place: str, name: str, found: int, release: Release) -> Iterator[Finding]:
    """A number that params.yaml expects."""
    expected = release.pinned.expected.get(name, found)
    if found != expected:
        yield Finding(place, f"{expected} ({name} in params.yaml)", str(found))


def _known(row: Row, column: str, expected: str, found: str) -> Finding:
    """An objection to a cell, which the oddities may excuse."""
    return Finding(rel.field_place(row, column), expected, found, entry=row[rel.ID])


def _twice(file: str, rows: Iterable[Row]) -> Iterator[Finding]:
    for entry, count in Counter(row[rel.ID] for row in rows).items():
        if count > 1:
            yield Finding(f"{file}, id {entry!r}", "each id once", f"{count} rows")


# Checks on the published text, before anything is computed from it


@check
def ids_are_unique_text(release: Release) -> Findings:
    """Ids are unique text of three characters, as many as expected."""
    yield from _twice(rel.ALL, release.rows)
    for number, row in enumerate(release.rows, start=2):
        if not re.fullmatch("[a-z0-9]{3}", row[rel.ID]):
            place, expected = f"{rel.ALL}, row {number}", "three of a-z and 0-9 as id"
            yield Finding(place, expected, repr(row[rel.ID]))
    yield from _count(rel.ALL, "entries", len(release.rows), release)
    return f"{len(release.rows)} ids"


@check
def split_partitions_entries(release: Release) -> Findings:
    """Training and test files are disjoint and together equal all rows, by field."""
    by_id = {row[rel.ID]: row for row in release.rows}
    for name, rows in ((rel.TRAIN, release.train), (rel.TEST, release.test)):
        yield from _twice(name, rows)
        for row in rows:
            same = by_id.get(row[rel.ID])
            if same is None:
                yield Finding(f"{name}, id {row[rel.ID]!r}", f"a row of {rel.ALL}", "none")
                continue
            for column in rel.COLUMNS:
                if row[column] != same[column]:
                    place = f"{name}, id {row[rel.ID]!r}, column {column!r}"
                    yield Finding(place, f"{same[column]!r}, as in {rel.ALL}", repr(row[column]))
    train, test = ({row[rel.ID] for row in rows} for rows in (release.train, release.test))
    for entry in sorted(train & test):
        yield Finding(f"id {entry!r}", "either training or test", "both")
    for entry in sorted(by_id.keys() - train - test):
        yield Finding(f"{rel.ALL}, id {entry!r}", "training or test", "neither")
    yield from _count(rel.TRAIN, "train", len(release.train), release)
    yield from _count(rel.TEST, "test", len(release.test), release)
    return f"{len(release.train)} training and {len(release.test)} test entries"


@check
def labels_are_numbers_or_limits(release: Release) -> Findings:
    """Every label is a positive number or a limit such as <1E-10; a total conductivity equals the
    label.
    """
    limits = 0
    for row in release.rows:
        values: dict[str, float | None] = {}
        for column in (rel.SIGMA, rel.TOTAL, rel.BULK):
            if column != rel.SIGMA and not row[column]:
                continue
            try:
                label = rel.parse_conductivity(row[column])
            except LabelError as error:
                expected = "a positive number, or a limit such as '<1E-10'"
                yield Finding(rel.field_place(row, column), expected, str(error))
                continue
            values[column] = label.value
            limits += column == rel.SIGMA and label.limit is not None
            if label.limit is not None and column != rel.SIGMA:
                yield Finding(rel.field_place(row, column), "a number", repr(row[column]))
        if {rel.SIGMA, rel.TOTAL} <= values.keys() and values[rel.SIGMA] != values[rel.TOTAL]:
            yield _known(row, rel.TOTAL, f"the label {row[rel.SIGMA]!r}", repr(row[rel.TOTAL]))
    return f"{len(release.rows)} labels, {limits} upper limits"


@check
def formulas_agree(release: Release) -> Findings:
    """Every formula parses and contains Li; the printed formula times Z is the cell contents,
    within 0.02 atoms.
    """
    for row in release.rows:
        try:
            contents = rel.parse_formula(row[rel.CELL])
        except FormulaError as error:
            found = f"{row[rel.CELL]!r}: {error}"
            yield Finding(rel.field_place(row, rel.CELL), "a chemical formula", found)
            continue
        if "Li" not in contents:
            yield _known(row, rel.CELL, "Li in it", row[rel.CELL])
        yield from _unlike_cell(row, contents)
    return f"{len(release.rows)} pairs of formulas"


def _unlike_cell(row: Row, contents: Amounts) -> Iterator[Finding]:
    try:
        printed = rel.parse_formula(row[rel.REDUCED])
    except FormulaError as error:
        found = f"{row[rel.REDUCED]!r}: {error}"
        yield _known(row, rel.REDUCED, "a chemical formula", found)
        return
    if not rel.has_numbers(row):
        return
    off = []
    for element in sorted({*printed, *contents}):
        made = printed.get(element, Fraction(0)) * Fraction(row[rel.Z])
        stated = contents.get(element, Fraction(0))
        if abs(made - stated) > _CELL_TOLERANCE:
            off.append(f"{element} {float(stated):g} for {float(made):g}")
    if off:
        expected = f"{row[rel.CELL]} when taken {row[rel.Z]} times"
        yield _known(row, rel.REDUCED, expected, first_few(off))


@check
def cells_obey_symmetry(release: Release) -> Findings:
    """Space group numbers exist and keep one symbol, lattices obey the crystal system, and the
    volume per atom is 8 to 50 Å³.
    """
    rows = [row for row in release.rows if rel.has_numbers(row)]
    usual: dict[str, Counter[int]] = {}
    for row in rows:
        usual.setdefault(row[rel.SYMBOL].strip(), Counter())[rel.space_group(row)] += 1
    low, high = _VOLUME_PER_ATOM_ANG3
    for row in rows:
        number, symbol, cell = rel.space_group(row), row[rel.SYMBOL].strip(), rel.cell_of(row)
        try:
            system = rel.crystal_system(number)
        except ValueError:
            yield Finding(rel.field_place(row, rel.NUMBER), "1 to 230", str(number))
            continue
        if not rel.obeys(cell, system):
            found = ", ".join(row[name] for name in rel.LATTICE)
            expected = f"a {system} cell (group {number})"
            yield Finding(rel.row_place(row), expected, found, entry=row[rel.ID])
        most_common = usual[symbol].most_common(1)[0][0]
        if number != most_common:
            expected = f"{most_common}, as for other entries in {symbol}"
            yield _known(row, rel.NUMBER, expected, str(number))
        try:
            each = rel.volume(cell) / float(rel.n_atoms(rel.parse_formula(row[rel.CELL])))
        except FormulaError:
            continue
        if not low <= each <= high:
            expected = f"{low:g} to {high:g} Å³ per atom"
            yield Finding(rel.row_place(row), expected, f"{each:.1f}", entry=row[rel.ID])
    return f"{len(usual)} symbols, {len(release.rows)} cells"


@check
def structures_match_flags(release: Release) -> Findings:
    """The archive holds a CIF for exactly the entries flagged as having one."""
    flagged = {row[rel.ID] for row in release.rows if row[rel.CIF] == rel.HAS_CIF}
    for entry in sorted(flagged - release.cifs.keys()):
        yield Finding(f"{rel.ARCHIVE}, {entry}.cif", "a CIF, as flagged", "none")
    for entry in sorted(release.cifs.keys() - flagged):
        expected = f"'Cif ID' = {rel.HAS_CIF} in {rel.ALL}"
        yield Finding(f"{rel.ARCHIVE}, {entry}.cif", expected, "not so")
    yield from _count(rel.ARCHIVE, "structures", len(release.cifs), release)
    return (
        f"{len(release.cifs)} CIFs; upstream's folder of single CIFs is not fetched, so the "
        "archive is compared with the flags and not with that folder"
    )


TEXT_CHECKS: tuple[Check[Release], ...] = (
    *(ids_are_unique_text, split_partitions_entries, labels_are_numbers_or_limits),
    *(formulas_agree, cells_obey_symmetry, structures_match_flags),
)


# Checks on the tables, compared with the published text they were made from


@dataclass(frozen=True, kw_only=True)
class Built:
    """A release with everything made from it.

    Attributes:
        release: The published text.
        crystals: Entry id → its CIF, read.
        tables: Table name → table.
    """

    release: Release
    crystals: Mapping[str, ParsedCrystal]
    tables: Mapping[str, pa.Table]

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of a table."""
        rows: list[dict[str, Any]] = self.tables[table].to_pylist()
        return rows

    def by_id(self, table: str) -> dict[str, dict[str, Any]]:
        """Id → row of a table."""
        return {row["id"]: row for row in self.rows(table)}


@check
def log10_agrees_with_text(built: Built) -> Findings:
    """Logarithms agree with the published text to 1e-12; exactly the entries written with '<' are
    censored.
    """
    labels = built.by_id("labels")
    for row in built.release.rows:
        label, text = labels[row[rel.ID]], row[rel.SIGMA]
        place = f"labels, id {row[rel.ID]!r}"
        is_limit = text.startswith("<")
        if (label["censoring"] == "left") != is_limit:
            yield Finding(place, f"censoring as in {text!r}", label["censoring"])
        column = "log10_sigma_limit" if is_limit else "log10_sigma"
        expected = log10(float(text.lstrip("<")))
        if label[column] is None or abs(label[column] - expected) > _LOG_TOLERANCE:
            yield Finding(f"{place}, {column}", repr(expected), repr(label[column]))
    censored = sum(label["censoring"] == "left" for label in labels.values())
    return f"{len(labels)} labels, {censored} of them censored"


@check
def structures_agree(built: Built) -> Findings:
    """Every CIF parses with no site over-filled and agrees with the table: Li, elements,
    composition, cell contents, volume, space group.
    """
    entries = built.by_id("entries")
    for row in built.rows("structures"):
        entry = entries[row["id"]]
        formula, crystal = entry["formula_cell"], built.crystals[row["id"]].amounts
        extra = sorted(crystal.keys() - rel.parse_formula(formula).keys())
        growth = row["volume_ang3"] / entry["volume_ang3"] - 1.0
        off, ratio = row["max_frac_diff_vs_table"], row["z_ratio_vs_table"]
        number, in_cif = entry["space_group"], row["space_group_cif"]
        shares = f"atomic fractions within {_FRACTION_TOLERANCE} of {formula}"
        stated, many = row["formula_cif"], f"{ratio:.3f} times as many"
        atoms = "as many atoms in the cell as in the table, within 10 %"
        cell = "the tabulated cell volume, within 2 %"
        for aspect, is_fine, expected, found in (
            ("lithium", row["has_li"], "Li in the CIF", stated),
            ("elements", not extra, f"elements of {formula}", first_few(extra)),
            ("composition", off <= _FRACTION_TOLERANCE, shares, f"{stated} ({off:.3f} off)"),
            ("cell_contents", abs(ratio - 1.0) <= _ATOMS_TOLERANCE, atoms, many),
            ("volume", abs(growth) <= _VOLUME_TOLERANCE, cell, f"{100 * growth:+.2f} %"),
            ("space_group", number == in_cif, f"group {number}", str(in_cif)),
        ):
            if not is_fine:
                place = f"{rel.ARCHIVE}, {row['id']}.cif"
                yield Finding(place, expected, found, entry=row["id"], aspect=aspect)
    return f"{len(built.crystals)} CIFs read"


@check
def nothing_crosses_the_split(built: Built) -> Findings:
    """No DOI, composition string, or normalised formula with its space group is in both training
    and test; normalised formulas that are, are known.
    """
    entries = built.by_id("entries")
    subset = {row["id"]: row["subset"] for row in built.rows("splits")}

    def crossing(tokens: Callable[[dict[str, Any]], Iterable[Hashable]]) -> dict[Any, list[str]]:
        """Tokens that entries of both parts have, with those entries."""
        with_token: dict[Hashable, list[str]] = {}
        for entry in sorted(entries):
            for token in tokens(entries[entry]):
                with_token.setdefault(token, []).append(entry)
        return {t: ids for t, ids in with_token.items() if len({subset[i] for i in ids}) > 1}

    expected = "training or test entries only"
    for what, tokens in (
        ("DOI", lambda e: e["dois"]),
        ("composition", lambda e: [e["formula_cell"]]),
        ("formula and space group", lambda e: [(e["formula_norm"], e["space_group"])]),
    ):
        for token, ids in crossing(tokens).items():
            yield Finding(f"{what} {token!r}", expected, first_few(ids))
    formulas = crossing(lambda e: [e["formula_norm"]])
    for formula, ids in formulas.items():
        for entry in ids:
            place = f"id {entry!r}, formula {formula}"
            yield Finding(place, expected, first_few(ids), entry=entry)
    known = built.release.pinned.expected.get("crossing_formulas", len(formulas))
    if len(formulas) != known:
        place = "normalised formulas in both parts"
        yield Finding(place, f"{known} (params.yaml)", str(len(formulas)))
    return f"{len(formulas)} normalised formulas in both parts, in other space groups; no DOI"


@check
def components_stay_together(built: Built) -> Findings:
    """Every component lies in one part of the split and, in each repeat, in one grouped fold."""
    split = built.by_id("splits")
    places: dict[tuple[Hashable, ...], set[str]] = {}
    for row in split.values():
        places.setdefault(("part", row["component"]), set()).add(row["subset"])
    for row in built.rows("folds"):
        if row["scheme"] != "kfold_shuffled":
            key = ("fold", split[row["id"]]["component"], row["scheme"], row["repeat"])
            places.setdefault(key, set()).add(str(row["fold"]))
    for (what, *of), found in places.items():
        if len(found) > 1:
            place = f"component {' '.join(map(str, of))}"
            yield Finding(place, f"one {what}", first_few(sorted(found)))
    sizes = Counter(row["component"] for row in split.values())
    expected = built.release.pinned.expected.get("components", len(sizes))
    if len(sizes) != expected:
        yield Finding("splits", f"{expected} components (params.yaml)", str(len(sizes)))
    largest = ", ".join(str(size) for _, size in sizes.most_common(6))
    return f"{len(sizes)} components, the largest {largest}"


@check
def folds_cover_training_once(built: Built) -> Findings:
    """In every repeat of every scheme each training entry is held out exactly once."""
    train = {row["id"] for row in built.rows("splits") if row["subset"] == "train"}
    settings = built.release.pinned.folds
    held_out: dict[tuple[str, int], Counter[str]] = {}
    for row in built.rows("folds"):
        held_out.setdefault((row["scheme"], row["repeat"]), Counter())[row["id"]] += 1
        if not 0 <= row["fold"] < settings.n_folds:
            place = f"folds, {row['scheme']} repeat {row['repeat']}, id {row['id']!r}"
            yield Finding(place, f"a fold below {settings.n_folds}", str(row["fold"]))
    for (scheme, repeat), counted in sorted(held_out.items()):
        for entry in sorted({*train, *counted}):
            if counted[entry] != (entry in train):
                place = f"folds, {scheme} repeat {repeat}, id {entry!r}"
                expected = "once" if entry in train else "no test entry"
                yield Finding(place, expected, f"{counted[entry]} times")
    repeats = Counter(scheme for scheme, _ in held_out)
    for scheme in sorted(repeats):
        if repeats[scheme] != settings.n_repeats:
            expected = f"{settings.n_repeats} repeats (params.yaml)"
            yield Finding(f"folds, {scheme}", expected, str(repeats[scheme]))
    schemes = ", ".join(sorted(repeats))
    return f"{schemes}: {settings.n_repeats} repeats of {settings.n_folds} folds each"


TABLE_CHECKS: tuple[Check[Built], ...] = (
    log10_agrees_with_text,
    structures_agree,
    distance_check(
        lambda built: ((entry, crystal.structure) for entry, crystal in built.crystals.items()),
        pinned_of=lambda built: built.release.pinned,
    ),
    nothing_crosses_the_split,
    components_stay_together,
    folds_cover_training_once,
)
