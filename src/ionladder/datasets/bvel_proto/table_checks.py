"""Integrity checks of BVEL-proto's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.datasets.bvel_proto.barriers import SETTINGS
from ionladder.datasets.bvel_proto.filters import MAX_SITES, MAX_VOLUME_ANG3
from ionladder.datasets.bvel_proto.splits import CHEMSYS, PRIMARY, PROTOTYPE
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.specs.params import FoldSettings

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

_TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
_BISECTIONS = 11
_MOST, _FEWEST = 1000, 600


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the checks look at.

    Attributes:
        tables: Table name → rows.
        folds: How the folds were drawn.
        families: Families that the generator drew from and accepted structures of.
    """

    tables: Mapping[str, list[Row]]
    folds: FoldSettings
    families: frozenset[str]


def rows_of(tables: Mapping[str, pa.Table]) -> dict[str, list[Row]]:
    """Tables as lists of rows."""
    return {name: table.to_pylist() for name, table in tables.items()}


def check_structures(built: Built) -> Outcome:
    """Neutral, with Li, within the limits, and as many charges and coordinates as sites."""
    findings = []
    sites = {row["id"]: row for row in built.tables["structures"]}
    for entry in built.tables["entries"]:
        row = sites.get(entry["id"], {"species": [], "charges": [], "frac_coords": []})
        n = entry["n_sites"]
        wrong = {
            "a neutral cell": sum(row["charges"]) != 0,
            "Li": row["species"].count("Li") != entry["n_li"] or entry["n_li"] < 1,
            f"{n} sites": not len(row["species"]) == len(row["charges"]) == n,
            f"{3 * n} coordinates in [0, 1)": len(row["frac_coords"]) != 3 * n
            or not all(0 <= value < 1 for value in row["frac_coords"]),
            f"at most {MAX_SITES} sites and {MAX_VOLUME_ANG3:g} Å³": n > MAX_SITES
            or entry["volume_ang3"] > MAX_VOLUME_ANG3,
        }
        findings += [_entry(entry["id"], what, "otherwise") for what, bad in wrong.items() if bad]
    return Outcome(findings=findings, detail=f"{len(sites)} structures")


def check_labels(built: Built) -> Outcome:
    """Barriers do not fall with dimension, and are steps of the bisection."""
    step = SETTINGS.encut_ev / 2**_BISECTIONS
    findings = []
    missing = 0
    for row in built.tables["labels"]:
        values = [row[target] for target in _TARGETS]
        flags = [row[f"percolates_{key}"] for key in ("1d", "2d", "3d")]
        known = [value for value in values if value is not None]
        missing += len(values) - len(known)
        if known != sorted(known) or values[: len(known)] != known:
            findings.append(_entry(row["id"], "E_1D <= E_2D <= E_3D", str(values)))
        if any(abs(v - round(v / step) * step) > 5.1e-5 for v in known):
            findings.append(_entry(row["id"], f"multiples of {step} eV", str(values)))
        if flags != [value is not None for value in values]:
            findings.append(_entry(row["id"], "flags that agree with the barriers", str(flags)))
    total = len(_TARGETS) * len(built.tables["labels"])
    return Outcome(findings=findings, detail=f"{missing} of {total} barriers missing")


def check_families(built: Built) -> Outcome:
    """Every family that the generator accepted structures of is represented."""
    counts = Counter(row["family"] for row in built.tables["entries"])
    total = sum(counts.values())
    findings = [
        Finding(entry=None, place=f"family {name}", expected="entries", found="none")
        for name in sorted(built.families - set(counts))
    ]
    if not _FEWEST <= total <= _MOST:
        expected = f"{_FEWEST} to {_MOST}"
        findings.append(Finding(entry=None, place="entries", expected=expected, found=str(total)))
    return Outcome(findings=findings, detail=f"{total} entries of {len(counts)} families")


def check_crossing(built: Built) -> Outcome:
    """No group crosses its split, nor its folds."""
    entries = {row["id"]: row for row in built.tables["entries"]}
    findings = []
    for name in (CHEMSYS, PROTOTYPE):
        parts: dict[str, set[str]] = {}
        folds: dict[tuple[int, str], set[int]] = {}
        for row in built.tables["splits"]:
            if row["split_name"] == name:
                parts.setdefault(entries[row["id"]][name], set()).add(row["subset"])
        for row in built.tables["folds"]:
            if row["scheme"] == name:
                key = (row["repeat"], entries[row["id"]][name])
                folds.setdefault(key, set()).add(row["fold"])
        torn = [group for group, subsets in parts.items() if len(subsets) > 1]
        torn += [group for (_, group), held_out in folds.items() if len(held_out) > 1]
        findings += [
            Finding(entry=None, place=f"{name} {group}", expected="one part", found="several")
            for group in sorted(torn)
        ]
    return Outcome(findings=findings, detail="splits and folds by chemical system and prototype")


def check_folds(built: Built) -> Outcome:
    """Each training entry of the primary split is held out once in every repeat."""
    train = {
        row["id"]
        for row in built.tables["splits"]
        if row["split_name"] == PRIMARY and row["subset"] == "train"
    }
    held_out: dict[tuple[str, int], Counter[str]] = {}
    for row in built.tables["folds"]:
        held_out.setdefault((row["scheme"], row["repeat"]), Counter())[row["id"]] += 1
    findings = list(_uncovered(held_out, train))
    schemes = sorted({scheme for scheme, _ in held_out})
    detail = f"{', '.join(schemes)}: {built.folds.n_repeats} repeats of {built.folds.n_folds} folds"
    return Outcome(findings=findings, detail=detail)


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="structures_are_sound",
        description=(
            f"Every structure is neutral, holds Li, and has at most {MAX_SITES} sites and "
            f"{MAX_VOLUME_ANG3:g} Å³."
        ),
        run=check_structures,
    ),
    Check(
        name="barriers_are_ordered",
        description="E_1D <= E_2D <= E_3D, each a step of the bisection; missing is flagged.",
        run=check_labels,
    ),
    Check(
        name="families_are_represented",
        description=f"Every family has entries; {_FEWEST} to {_MOST} entries in all.",
        run=check_families,
    ),
    Check(
        name="nothing_crosses_the_split",
        description="No chemical system and no prototype is in two parts of its split or folds.",
        run=check_crossing,
    ),
    Check(
        name="folds_cover_training_once",
        description="In every repeat of every scheme each training entry is held out exactly once.",
        run=check_folds,
    ),
)


def _uncovered(
    held_out: Mapping[tuple[str, int], Counter[str]], train: set[str]
) -> Iterator[Finding]:
    for (scheme, repeat), counted in sorted(held_out.items()):
        for entry in sorted({*train, *counted}):
            if counted[entry] != (entry in train):
                yield Finding(
                    entry=None,
                    place=f"folds, {scheme} repeat {repeat}, id {entry!r}",
                    expected="once" if entry in train else "no test entry",
                    found=f"{counted[entry]} times",
                )


def _entry(entry: str, expected: str, found: str) -> Finding:
    return Finding(entry=entry, place=f"id {entry!r}", expected=expected, found=found)
