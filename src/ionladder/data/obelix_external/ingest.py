"""OBELiX-external: two compilations without what OBELiX holds, beside OBELiX's training entries."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import fmean, median
from typing import Any

from ionladder.config import DatasetVersion
from ionladder.data import ingest
from ionladder.data.archives import read_csv
from ionladder.data.ingest import Check, Finding, Findings, check, counts_by_subset, counts_check
from ionladder.data.obelix import release as rel
from ionladder.data.obelix.ingest import conductivity_row
from ionladder.data.registry import get_dataset
from ionladder.data.store import BuiltVersion, table_from_rows
from ionladder.repo import sha256_bytes

ROOM_C = (15.0, 35.0)
#: Smaller values are no measurements: they count as this upper limit.
SMALLEST_S_PER_CM = "1E-14"
#: Compilation → its file, and the headers of formula, DOI, conductivity and temperature in °C.
COMPILATIONS = {
    "LiIon": ("LiIonDatabase.csv", "composition", "source", "target", "temperature"),
    "Laskowski": ("laskowski_with_dois.csv", "Structure", "DOI", "σ(RT)(S cm-1)"),
}
RULES = (
    "formula not read",
    "conductivity not read",
    "not at room temperature",
    "composition in OBELiX",
    "no DOI stated",
    "DOI in OBELiX",
)
_Row = dict[str, Any]


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:
    """Read both compilations and OBELiX, apply the rules, and tabulate what is new.

    Raises:
        IngestError: A file cannot be read or lacks a column; or every finding of the checks.
    """
    known, train = (rel.read_rows(n, (raw / n).read_bytes()) for n in (rel.ALL, rel.TRAIN))
    norms = {row[rel.ID]: _norm(row[rel.CELL]) for row in known}
    dois = {doi for row in known for doi in rel.dois(row)}
    rows = [row for name in COMPILATIONS for row in read_compilation(raw, name)]
    new: dict[str, list[_Row]] = {}
    for row in rows:
        row["broken"] |= _known_of(row, {*norms.values()}, dois)
        if not row["broken"]:
            new.setdefault(row["norm"], []).append(row)
    entries = [
        {
            **conductivity_row(row),
            "formula_norm": norms[row[rel.ID]],
            "compilation": "OBELiX",
            "dois": rel.dois(row),
            "n_measurements": 1,
            "subset": "train",
        }
        for row in train
    ]
    entries += [_new_entry(norm, found) for norm, found in new.items()]
    links = {entry["id"]: [*entry["dois"]] for entry in entries}
    for row in train:
        links[row[rel.ID]].append(row[rel.CELL])
    components = ingest.connected_components(links)
    for entry in entries:
        entry |= {"split_name": "external", "component": components[entry["id"]]}
    learnt = {e["id"]: e["component"] for e in entries if e["subset"] == "train"}
    tables = {"left_out": _left_out(rows), "folds": ingest.draw_folds(learnt, pinned.folds)}
    dataset = get_dataset("obelix_external")
    made = {t.name: table_from_rows(t, tables.get(t.name, entries)) for t in dataset.tables}
    summary = _summary(entries, rows) | {"elsewhere": {"obelix": scatter(known, norms, rows)}}
    checks = _checks({*norms.values(), *dois}, summary["counts"], pinned)
    results = ingest.run_checks(dataset, checks, entries)
    return BuiltVersion(tables=made, checks=tuple(results), summary=summary)


def read_compilation(raw: Path, name: str) -> list[_Row]:
    """Every row of one compilation, whatever is wrong with it.

    Returns:
        Rows with ``id`` (compilation and number, from 1), ``compilation``, ``formula`` as printed,
        ``norm`` and ``label`` (None where they are not read), ``doi`` as printed, ``dois``, and
        ``broken``: rule that the row breaks by itself → what is wrong, in the order of the rules.

    Raises:
        IngestError: No text in UTF-8, or a column is missing.
    """
    file, *headers = COMPILATIONS[name]
    table, _ = read_csv((raw / file).read_bytes(), required=headers, where=file)
    rows = []
    for number, cells in enumerate(table, start=1):
        formula, doi, sigma, *temperature = (cell.strip() for cell in cells.values())
        row = {"id": f"{name}-{number:04d}", "compilation": name, "formula": formula, "doi": doi}
        found: list[Any] = []
        broken: dict[str, str] = {}
        readers: Any = ((_norm, formula), (_label, sigma), (_at_room, *(temperature or ["25"])))
        for rule, (read, text) in zip(RULES, readers, strict=False):
            try:
                found.append(read(text))
            except ValueError as error:
                found.append(None)
                broken[rule] = str(error)
        dois = dict.fromkeys(re.findall(r"10\.\d+/[^\s;|]+", doi.lower()))
        rows.append({**row, "norm": found[0], "label": found[1], "dois": [*dois], "broken": broken})
    return rows


def _norm(formula: str) -> str:
    return rel.normalised_formula(rel.parse_formula(formula))


def _label(text: str) -> rel.Conductivity:
    label = rel.parse_conductivity(text.replace("−", "-"))
    is_tiny = label.value is not None and label.value < float(SMALLEST_S_PER_CM)
    return rel.parse_conductivity(f"<{SMALLEST_S_PER_CM}") if is_tiny else label


def _at_room(text: str) -> None:
    if not re.fullmatch(r"\d+\.?\d*", text) or not ROOM_C[0] <= float(text) <= ROOM_C[1]:
        raise ValueError(f"{text or 'no'} °C")


def _known_of(row: _Row, norms: set[str], dois: set[str]) -> dict[str, str]:
    """Which of the last three rules a row breaks, in their order."""
    is_broken = (row["norm"] in norms, not row["dois"], dois & {*row["dois"]})
    details = (row["norm"], row["doi"] or "nothing", ", ".join(row["dois"]))
    return {r: d for r, b, d in zip(RULES[3:], is_broken, details, strict=True) if b}


def _left_out(rows: list[_Row]) -> list[_Row]:
    """Rows that break a rule, with the first that each breaks."""
    return [
        {"id": row["id"], "reason": rule, "formula": row["formula"], "detail": detail}
        for row in rows
        for rule, detail in [*row["broken"].items()][:1]
    ]


def _new_entry(norm: str, rows: list[_Row]) -> _Row:
    """The entry of a composition: the median of its values, else the smallest of its limits."""
    values = [row["label"].log10 for row in rows if row["label"].limit is None]
    limits = [row["label"].log10_limit for row in rows if row["label"].limit is not None]
    compilations = {row["compilation"] for row in rows}
    return {
        "id": f"x{sha256_bytes(norm.encode())[:10]}",
        "formula_norm": norm,
        "compilation": compilations.pop() if len(compilations) == 1 else "both",
        "dois": sorted({doi for row in rows for doi in row["dois"]}),
        "n_measurements": len(values) or len(limits),
        "log10_sigma": median(values) if values else rel.UPSTREAM_LIMIT_LOG10,
        "log10_sigma_limit": None if values else min(limits),
        "censoring": "none" if values else "left",
        "subset": "test",
    }


def scatter(known: list[rel.Row], norms: dict[str, str], rows: list[_Row]) -> _Row:
    """How far OBELiX's labels are from values of the same composition in other articles, decades.

    Limits count on neither side, nor do rows without a DOI or with one of the entry's own.
    """
    labels = {row[rel.ID]: rel.parse_conductivity(row[rel.SIGMA]) for row in known}
    pairs = [
        (row[rel.ID], abs(one["label"].log10 - labels[row[rel.ID]].log10))
        for one in rows
        if one["broken"].keys().isdisjoint(RULES[:3]) and one["dois"] and not one["label"].limit
        for row in known
        if norms[row[rel.ID]] == one["norm"] and not labels[row[rel.ID]].limit
        if not {*one["dois"]} & {*rel.dois(row)}
    ]
    gaps = [gap for _, gap in pairs] or [0.0]
    middle = {"mean": round(fmean(gaps), 6), "median": round(median(gaps), 6)}
    return {"entries": len({entry for entry, _ in pairs}), "pairs": len(pairs), **middle}


def _summary(entries: list[_Row], rows: list[_Row]) -> _Row:
    """Counts by subset and by rule; rows whose formula is not read, by number."""
    first = [(next(iter(row["broken"]), ""), row["compilation"]) for row in rows]
    out, n_rows = Counter(first), Counter(name for _, name in first)
    counted = {rule: [out[rule, name] for name in COMPILATIONS] for rule in RULES}
    unread: dict[str, list[int]] = {name: [] for name in COMPILATIONS}
    for row in rows:
        if RULES[0] in row["broken"]:
            unread[row["compilation"]].append(int(row["id"].split("-")[1]))
    counts = counts_by_subset(
        entries,
        {
            "entries": len,
            "components": lambda part: len({row["component"] for row in part}),
            "dois": lambda part: len({doi for row in part for doi in row["dois"]}),
            "censored": lambda part: sum(row["censoring"] == "left" for row in part),
        },
    )
    return counts | {
        "rules": {
            "columns": [*COMPILATIONS],
            "counts": {"published rows": [n_rows[name] for name in COMPILATIONS], **counted},
        },
        "formulas_not_read": unread,
    }


def _checks(
    known: set[str], counts: dict[str, list[int]], pinned: DatasetVersion
) -> list[Check[list[_Row]]]:
    """What must hold of the entries, and the counts that params.yaml expects."""

    @check
    def nothing_is_known(entries: list[_Row]) -> Findings:
        """New entries share nothing with OBELiX."""
        new = [row for row in entries if row["subset"] == "test"]
        for row in new:
            if known & {row["formula_norm"], *row["dois"]}:
                yield Finding(f"id {row['id']!r}", "nothing of OBELiX", "its composition or DOI")
        return f"{len(new)} entries"

    made = {
        f"{subset}_{name}": pair[place]
        for name, pair in counts.items()
        for place, subset in enumerate(("train", "test"))
    }
    return [nothing_is_known, counts_check(pinned, made)]
