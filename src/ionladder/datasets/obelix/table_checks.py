"""Checks on the tables, held against the published text they were made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import first_few
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.datasets.obelix import raw
from ionladder.datasets.obelix.formulas import parse_formula
from ionladder.datasets.obelix.raw import Release
from ionladder.datasets.obelix.structures import Crystal

if TYPE_CHECKING:
    import pyarrow as pa

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
