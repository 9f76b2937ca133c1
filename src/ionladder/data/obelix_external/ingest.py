"""OBELiX-external: two compilations without what OBELiX holds, beside OBELiX's training entries."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from ionladder.config import DatasetVersion
from ionladder.data import ingest
from ionladder.data.ingest import Check, Finding, Outcome, counts_check
from ionladder.data.obelix import release as rel
from ionladder.data.obelix.ingest import conductivity_row
from ionladder.data.registry import get_dataset
from ionladder.data.store import BuiltVersion, table_from_rows
from ionladder.errors import IngestError
from ionladder.repo import sha256_bytes

SPLIT = "external"
ROOM_C = (15.0, 35.0)
SMALLEST_S_PER_CM = "1E-14"
"""Smaller values are no measurements: they count as this upper limit."""
COMPILATIONS = {
    "LiIon": ("LiIonDatabase.csv", "composition", "source", "target", "temperature"),
    "Laskowski": ("laskowski_with_dois.csv", "Structure", "DOI", "σ(RT)(S cm-1)", ""),
}
"""Compilation → its file, and the headers of formula, DOI, conductivity and temperature in °C."""
RULES = (
    "formula not read",
    "conductivity not read",
    "not at room temperature",
    "composition in OBELiX",
    "no DOI stated",
    "DOI in OBELiX",
)
_Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row of a compilation, as far as it can be read.

    Attributes:
        id: Compilation and number of the row, from 1.
        compilation: Where it stands.
        formula: As printed.
        norm: Its normalised composition; empty where the formula is not read.
        printed_doi: What stands for the DOI of its article.
        label: Its conductivity; None where it is not read.
        broken: The first rule that it breaks by itself, with what is wrong; None where none.
    """

    id: str
    compilation: str
    formula: str
    norm: str
    printed_doi: str
    label: rel.Conductivity | None
    broken: tuple[str, str] | None

    @property
    def dois(self) -> list[str]:
        """DOIs of its articles in lower case, each once."""
        found = re.findall(r"10\.\d+/[^\s;|]+", self.printed_doi.lower())
        return list(dict.fromkeys(found))


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:
    """Read both compilations and OBELiX, apply the rules, and tabulate what is new.

    Raises:
        IngestError: A file cannot be read or lacks a column; or every finding of the checks.
    """
    known, train = (rel.read_csv(raw / name) for name in (rel.ALL, rel.TRAIN))
    norms = {row[rel.ID]: _norm(row[rel.CELL]) for row in known}
    dois = {doi for row in known for doi in rel.dois(row)}
    measured = [one for name in COMPILATIONS for one in read_compilation(raw, name)]
    left_out, kept = [], dict[str, list[Measurement]]()
    for one in measured:
        if reason := one.broken or _known_reason(one, {*norms.values()}, dois):
            row = {"id": one.id, "reason": reason[0], "formula": one.formula, "detail": reason[1]}
            left_out.append(row)
        else:
            kept.setdefault(one.norm, []).append(one)
    entries = [_train_entry(row, norms) for row in train] + [
        _new_entry(*new) for new in kept.items()
    ]
    links: dict[str, list[Any]] = {
        row["id"]: [("doi", doi) for doi in row["dois"]] for row in entries
    }
    for row in train:
        links[row[rel.ID]].append(("composition", row[rel.CELL]))
    components = ingest.connected_components(links)
    for entry in entries:
        entry |= {"split_name": SPLIT, "component": components[entry["id"]]}
        entry["subset"] = "train" if entry["compilation"] == "OBELiX" else "test"
    learnt = {row["id"]: row["component"] for row in entries if row["subset"] == "train"}
    rows: dict[str, list[_Row]] = {
        "left_out": left_out,
        "folds": ingest.draw_folds(learnt, pinned.folds),
    }
    dataset = get_dataset("obelix_external")
    tables = {
        spec.name: table_from_rows(spec, rows.get(spec.name, entries)) for spec in dataset.tables
    }
    summary = _summary(entries, left_out, Counter(one.compilation for one in measured))
    summary["elsewhere"] = {"obelix": scatter(known, norms, measured)}
    known_tokens = {*norms.values(), *dois}
    checks = ingest.run_checks(dataset, _checks(known_tokens, summary["counts"], pinned), entries)
    return BuiltVersion(tables=tables, checks=tuple(checks), summary=summary)


def read_compilation(raw: Path, name: str) -> list[Measurement]:
    """Every row of one compilation, whatever is wrong with it.

    Raises:
        IngestError: No text in UTF-8, or a column is missing.
    """
    file, *headers = COMPILATIONS[name]
    step = "Look at the file upstream; ingest does not guess."
    try:
        text = (raw / file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} that is not"
        raise IngestError(file, "text in UTF-8", found, step) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [header for header in headers if header and header not in (reader.fieldnames or ())]
    if missing:
        raise IngestError(
            file, f"columns {', '.join(filter(None, headers))}", f"no {', '.join(missing)}", step
        )
    cells = ([(row.get(header) or "").strip() for header in headers] for row in reader)
    return [_measurement(name, number, *row) for number, row in enumerate(cells, start=1)]


def _measurement(
    name: str, number: int, formula: str, doi: str, sigma: str, temperature: str
) -> Measurement:
    """One row; the first of the first three rules that it breaks is noted."""
    norm, label, broken = "", None, []
    try:
        norm = _norm(formula)
    except rel.FormulaError as error:
        broken.append((RULES[0], str(error)))
    try:
        label = rel.parse_conductivity(sigma.replace("−", "-"))
        if label.value is not None and label.value < float(SMALLEST_S_PER_CM):
            label = rel.parse_conductivity(f"<{SMALLEST_S_PER_CM}")
    except rel.LabelError as error:
        broken.append((RULES[1], str(error)))
    if COMPILATIONS[name][-1]:
        try:
            is_room = ROOM_C[0] <= float(temperature) <= ROOM_C[1]
        except ValueError:
            is_room = False
        if not is_room:
            broken.append((RULES[2], f"{temperature or 'no'} °C"))
    return Measurement(
        id=f"{name}-{number:04d}",
        compilation=name,
        formula=formula,
        norm=norm,
        printed_doi=doi,
        label=label,
        broken=broken[0] if broken else None,
    )


def _norm(formula: str) -> str:
    return rel.normalised_formula(rel.parse_formula(formula))


def _known_reason(one: Measurement, norms: set[str], dois: set[str]) -> tuple[str, str] | None:
    """The first of the last three rules that a row breaks."""
    if one.norm in norms:
        return RULES[3], one.norm
    if not one.dois:
        return RULES[4], one.printed_doi or "nothing"
    return (RULES[5], ", ".join(one.dois)) if dois & {*one.dois} else None


def _train_entry(row: rel.Row, norms: dict[str, str]) -> _Row:
    return {
        **conductivity_row(row),
        "formula_norm": norms[row[rel.ID]],
        "compilation": "OBELiX",
        "dois": rel.dois(row),
        "n_measurements": 1,
    }


def _new_entry(norm: str, rows: list[Measurement]) -> _Row:
    """The entry of a composition: the median of its values, else the smallest of its limits."""
    labels = [one.label for one in rows if one.label is not None]
    values = [label.log10 for label in labels if label.limit is None]
    limits = [label.log10_limit for label in labels if label.log10_limit is not None]
    compilations = {one.compilation for one in rows}
    return {
        "id": f"x{sha256_bytes(norm.encode())[:10]}",
        "formula_norm": norm,
        "compilation": compilations.pop() if len(compilations) == 1 else "both",
        "dois": sorted({doi for one in rows for doi in one.dois}),
        "n_measurements": len(values) or len(limits),
        "log10_sigma": median(values) if values else rel.UPSTREAM_LIMIT_LOG10,
        "log10_sigma_limit": None if values else min(limits),
        "censoring": "none" if values else "left",
    }


def scatter(
    known: Iterable[rel.Row], norms: dict[str, str], measured: Iterable[Measurement]
) -> dict[str, float | int]:
    """How far OBELiX's labels lie from values of the same composition in other articles, decades.

    Limits count on neither side, nor do rows without a DOI or with one of the entry's own.
    """
    found: dict[str, list[Measurement]] = {}
    for one in measured:
        if one.broken is None and one.dois and one.label and one.label.limit is None:
            found.setdefault(one.norm, []).append(one)
    pairs = [
        (row[rel.ID], abs(one.label.log10 - label.log10))
        for row in known
        if (label := rel.parse_conductivity(row[rel.SIGMA])).limit is None
        for one in found.get(norms[row[rel.ID]], ())
        if one.label and not {*one.dois} & {*rel.dois(row)}
    ]
    gaps = [gap for _, gap in pairs] or [0.0]
    return {
        "entries": len({entry for entry, _ in pairs}),
        "pairs": len(pairs),
        "mean": round(fmean(gaps), 6),
        "median": round(median(gaps), 6),
    }


def _summary(entries: list[_Row], left_out: list[_Row], n_rows: Counter[str]) -> _Row:
    """Counts by subset and by rule; rows whose formula is not read, by number."""
    parts = [[row for row in entries if row["subset"] == name] for name in ("train", "test")]
    counts = {
        "entries": [len(part) for part in parts],
        "components": [len({row["component"] for row in part}) for part in parts],
        "dois": [len({doi for row in part for doi in row["dois"]}) for part in parts],
        "censored": [sum(row["censoring"] == "left" for row in part) for part in parts],
    }
    out = Counter((row["reason"], row["id"].split("-")[0]) for row in left_out)
    unread = [row["id"] for row in left_out if row["reason"] == RULES[0]]
    rules = {rule: [out[rule, name] for name in COMPILATIONS] for rule in RULES}
    return {
        "subsets": ["train", "test"],
        "counts": counts,
        "rules": {
            "columns": list(COMPILATIONS),
            "counts": {"published rows": [n_rows[name] for name in COMPILATIONS], **rules},
        },
        "formulas_not_read": {
            name: [int(row.split("-")[1]) for row in unread if row.startswith(name)]
            for name in COMPILATIONS
        },
    }


def _checks(
    known: set[str], counts: dict[str, list[int]], pinned: DatasetVersion
) -> list[Check[list[_Row]]]:
    """What must hold of the entries, and the counts that params.yaml expects."""

    def nothing_is_known(entries: list[_Row]) -> Outcome:
        new = [row for row in entries if row["subset"] == "test"]
        bad = [row["id"] for row in new if known & {row["formula_norm"], *row["dois"]}]
        found = [("nothing of OBELiX", f"composition or DOI of {name}") for name in bad]
        return _outcome("new entries", found, f"{len(new)} entries")

    made = {
        f"{subset}_{name}": pair[place]
        for name, pair in counts.items()
        for place, subset in enumerate(("train", "test"))
    }
    return [
        Check("nothing_is_known", "New entries share nothing with OBELiX.", nothing_is_known),
        counts_check(pinned, made),
    ]


def _outcome(place: str, found: list[tuple[str, str]], detail: str) -> Outcome:
    findings = [Finding(entry=None, place=place, expected=e, found=f) for e, f in found]
    return Outcome(findings=findings, detail=detail)
