"""Integrity checks of an archive: counts, names, and index and structures held together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from ionladder.core.problems import first_few
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.datasets.litraj.columns import PARTS
from ionladder.datasets.litraj.release import Release


def number_of(text: str | None) -> float | None:
    """A label as a number; None for text that is none, and for nan.

    Example:
        >>> number_of("0.4785"), number_of("inf"), number_of("nan"), number_of("0.4 eV")
        (0.4785, inf, None, None)
    """
    try:
        value = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(value) or "_" in (text or "") else value


def same_number(one: str | None, other: str | None) -> bool:
    """Whether two printed numbers agree to the digits of the shorter one.

    Example:
        >>> same_number("0.4785", "0.47851562"), same_number("0.4785", "0.479")
        (True, True)
        >>> same_number("0.4785", "0.4795"), same_number("inf", "inf"), same_number("", "inf")
        (False, True, False)
    """
    a, b = number_of(one), number_of(other)
    if a is None or b is None:
        return False
    if math.isinf(a) or math.isinf(b):
        return a == b
    half = 0.5 * 10.0 ** -min(_decimals(one), _decimals(other))
    return abs(a - b) <= half * (1 + 1e-9) + 1e-15


def check_counts(release: Release) -> Outcome:
    """As many frames and rows of each part as upstream states."""
    frames = Counter(head.part for head in release.heads)
    rows = Counter(row["_split"] for row in release.index.rows)
    findings = []
    for what, counts in (("frames", frames), ("rows of the index", rows)):
        for part in sorted({*PARTS, *counts}):
            expected = release.pinned.expected.get(part, 0)
            if counts[part] != expected:
                findings.append(_finding(f"{part}, {what}", str(expected), str(counts[part])))
    counted = ", ".join(f"{frames[part]} {part}" for part in PARTS)
    return Outcome(findings=findings, detail=counted)


def check_names(release: Release) -> Outcome:
    """Every frame names its entry and its material, and no entry is named twice."""
    key = release.layout.id_key
    findings = []
    for name in dict.fromkeys((key, "material_id")):
        nameless = [head.place for head in release.heads if not _is_name(head.info[name])]
        if nameless:
            findings.append(_finding("structures", f"a {name}", first_few(nameless)))
    counts = Counter(release.entry(head) for head in release.heads)
    twice = sorted(entry for entry, count in counts.items() if count > 1 and entry)
    if twice:
        findings.append(_finding("structures", f"each {key} once", f"twice: {first_few(twice)}"))
    return Outcome(findings=findings, detail=f"{len(counts)} entries")


def check_index(release: Release) -> Outcome:
    """Index and structures name the same entries, in the same part, with the same labels."""
    if release.layout.id_key in release.index.columns:
        return _by_id(release)
    return _by_material(release)


def check_chemsys(release: Release) -> Outcome:
    """The chemical system of the index is that of the atoms; Li may have left the cell."""
    key = "material_id" if "material_id" in release.index.columns else release.layout.id_key
    stated = {row[key]: frozenset(row["chemsys"].split("-")) for row in release.index.rows}
    wrong = []
    for head in release.heads:
        found = frozenset(head.composition.chemsys.split("-")) | {"Li"}
        expected = stated.get(head.info[key] or "")
        if expected is not None and found != expected | {"Li"}:
            wrong.append(release.entry(head))
    findings = [
        _finding("structures", "the elements of the index", f"others: {first_few(wrong)}")
    ] * bool(wrong)
    return Outcome(findings=findings, detail=f"{len(set(stated.values()))} chemical systems")


def check_labels(release: Release, *, allow_inf: bool) -> Outcome:
    """Every label is a number that is not negative; ``inf`` where that is a value."""
    findings = []
    missing = 0
    for key in release.layout.labels:
        values = {head.place: number_of(head.info[key]) for head in release.heads}
        missing += sum(value == math.inf for value in values.values())
        wrong = [
            place
            for place, value in values.items()
            if value is None or value < 0 or (value == math.inf and not allow_inf)
        ]
        if wrong:
            expected = f"{key}: a number in eV, not negative" + (", or inf" if allow_inf else "")
            findings.append(_finding("structures", expected, first_few(wrong)))
    detail = f"{len(release.layout.labels)} label(s) of {len(release.heads)} entries"
    return Outcome(findings=findings, detail=f"{detail}, {missing} without a finite value")


def check_cells(release: Release) -> Outcome:
    """Every cell has a volume."""
    flat = [head.place for head in release.heads if not head.volume_ang3 > 1e-3]
    findings = [_finding("structures", "a cell with a volume", first_few(flat))] * bool(flat)
    return Outcome(findings=findings, detail=f"{len(release.heads)} cells")


def check_columns(release: Release) -> Outcome:
    """Columns nobody asked for are named, and passed over."""
    names = sorted({name for part in release.parts.values() for name in part.skipped})
    unknown = [*names, *(f"index: {name}" for name in release.index.unknown)]
    return Outcome(detail=f"passed over: {first_few(unknown, limit=20) if unknown else 'none'}")


def checks(*, allow_inf: bool) -> tuple[Check[Release], ...]:
    """The checks that every archive of labelled structures has to pass.

    Args:
        allow_inf: Whether ``inf`` is a label: nothing percolates.
    """
    described = (
        ("counts_are_upstreams", "Each part has as many entries as upstream states.", check_counts),
        ("entries_are_named", "Every entry has a name of its own and a material.", check_names),
        (
            "index_agrees",
            "Index and structures name the same entries, parts and labels, to the printed digits.",
            check_index,
        ),
        ("elements_agree", "The index names the elements of every structure.", check_chemsys),
        ("cells_are_sound", "Every cell has a volume; no number is infinite.", check_cells),
        ("columns_are_known", "Unknown columns are named and passed over.", check_columns),
    )
    return (
        *(Check(name=name, description=text, run=run) for name, text, run in described),
        Check(
            name="labels_are_numbers",
            description="Every label is a number in eV that is not negative"
            + (", or inf." if allow_inf else "."),
            run=lambda release: check_labels(release, allow_inf=allow_inf),
        ),
    )


def _by_id(release: Release) -> Outcome:
    key, labels = release.layout.id_key, release.layout.labels
    rows = {row[key]: row for row in release.index.rows}
    heads = {release.entry(head): head for head in release.heads}
    findings = []
    if len(rows) < len(release.index.rows):
        twice = [i for i, n in Counter(row[key] for row in release.index.rows).items() if n > 1]
        findings.append(_finding("index", f"each {key} once", f"twice: {first_few(twice)}"))
    both = [entry for entry in rows if entry in heads]
    places: Mapping[str, Sequence[str]] = {
        "entries that have a structure": [entry for entry in rows if entry not in heads],
        "a row for every structure": [entry for entry in heads if entry not in rows],
        "the part of the structure's file": [
            entry for entry in both if rows[entry]["_split"] != heads[entry].part
        ],
        **{
            f"{label} of the structure, to the printed digits": [
                entry
                for entry in both
                if not same_number(rows[entry][label], heads[entry].info[label])
            ]
            for label in labels
        },
    }
    findings += [
        _finding("index", expected, f"not so for {len(wrong)}: {first_few(wrong)}")
        for expected, wrong in places.items()
        if wrong
    ]
    return Outcome(findings=findings, detail=f"{len(both)} entries compared by {key}")


def _by_material(release: Release) -> Outcome:
    """For an index without ids: as many rows of each material in each part, with equal labels."""
    rows = _grouped((row["_split"], row["material_id"], row) for row in release.index.rows)
    heads = _grouped((h.part, release.material(h), dict(h.info)) for h in release.heads)
    wrong = []
    for group in sorted({*rows, *heads}):
        pairs = rows.get(group, []), heads.get(group, [])
        is_same = len(pairs[0]) == len(pairs[1]) and all(
            same_number(one, other)
            for label in release.layout.labels
            for one, other in zip(*(_ordered(found, label) for found in pairs), strict=True)
        )
        if not is_same:
            wrong.append(f"{group[1]} ({group[0]})")
    findings = [
        _finding("index", "as many rows of each material, with the same labels", first_few(wrong))
    ] * bool(wrong)
    return Outcome(findings=findings, detail=f"{len(rows)} materials of parts compared, without id")


def _grouped(
    items: Iterable[tuple[str, str, Mapping[str, str | None]]],
) -> dict[tuple[str, str], list[Mapping[str, str | None]]]:
    found: dict[tuple[str, str], list[Mapping[str, str | None]]] = {}
    for part, material, row in items:
        found.setdefault((part, material), []).append(row)
    return found


def _ordered(rows: Sequence[Mapping[str, str | None]], label: str) -> list[str | None]:
    return sorted((row[label] for row in rows), key=lambda text: number_of(text) or 0.0)


def _is_name(text: str | None) -> bool:
    return bool(text) and not any(mark.isspace() for mark in text or "")


def _decimals(text: str | None) -> int:
    try:
        exponent = Decimal(text or "").as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _finding(place: str, expected: str, found: str) -> Finding:
    return Finding(entry=None, place=place, expected=expected, found=found)
