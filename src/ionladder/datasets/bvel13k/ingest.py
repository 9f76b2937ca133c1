"""From upstream's archive to the tables of BVEL13k, with every integrity check on the way."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import first_few
from ionladder.datasets.built import BuiltVersion, CheckResult
from ionladder.datasets.bvel13k.columns import ENTRIES, FOLDS, LABELS, SCHEME, SPLITS
from ionladder.datasets.bvel13k.spec import DATASET
from ionladder.datasets.bvel_proto.percolation import Barriers
from ionladder.datasets.bvel_proto.tables import label_row
from ionladder.datasets.checks import Check, Finding, Outcome, run_checks
from ionladder.datasets.litraj.agreement import checks, number_of
from ionladder.datasets.litraj.overlap import Overlap, material_overlap
from ionladder.datasets.litraj.release import Layout, Release, read_release
from ionladder.datasets.litraj.splitting import (
    Drawn,
    check_folds,
    fold_columns,
    numbered,
    split_columns,
)
from ionladder.datasets.litraj.structures import write_structures
from ionladder.datasets.litraj.summary import summarise
from ionladder.datasets.schema import table_from_columns
from ionladder.specs.params import DatasetVersion

if TYPE_CHECKING:
    import pyarrow as pa

LAYOUT = Layout(
    stem="BVEL13k",
    id_key="material_id",
    labels=("E_1D", "E_2D", "E_3D"),
    extra=("E_1D_x_nsites", "E_2D_x_nsites", "E_3D_x_nsites"),
)
_TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")

Columns = dict[str, list[Any]]


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Read, check and tabulate the archive.

    Args:
        raw: Folder with the archive.
        pinned: The version.
        work: Folder for structures; what a killed run finished there is found again.

    Raises:
        IngestError: The archive is unsafe, damaged or malformed, or every finding of the checks.
    """
    release = read_release(raw, pinned, work, layout=LAYOUT)
    results = run_checks(DATASET, (*checks(allow_inf=True), *_CHECKS), release)
    overlap = material_overlap((head.part, release.entry(head)) for head in release.heads)
    columns = _columns(release)
    drawn = Drawn(splits=columns["splits"], folds=columns["folds"])
    results += run_checks(DATASET, (_FOLDS,), drawn)
    specs = (ENTRIES, LABELS, SPLITS, FOLDS)
    tables: dict[str, pa.Table] = {
        spec.name: table_from_columns(spec, columns[spec.name]) for spec in specs
    }
    return BuiltVersion(
        tables=tables,
        checks=(*results, _order(release), overlap.check),
        summary=_summary(release, columns["labels"], overlap),
        frames={"structures": write_structures(release, DATASET, work)},
    )


def check_times_sites(release: Release) -> Outcome:
    """Barriers times the number of sites are that, where the file states them."""
    findings = []
    compared = 0
    for label, product in zip(LAYOUT.labels, LAYOUT.extra, strict=True):
        wrong = []
        for head in release.heads:
            stated, value = number_of(head.info[product]), number_of(head.info[label])
            if head.info[product] is None or value is None:
                continue
            compared += 1
            sites = head.composition.n_atoms
            # Labels are printed to four decimals; the product may be of the unrounded one.
            tolerance = 0.5e-4 * (sites + 1) + 1e-9
            if stated is None or not _is_near(stated, value * sites, tolerance):
                wrong.append(release.entry(head))
        if wrong:
            findings.append(
                Finding(
                    entry=None,
                    place="structures",
                    expected=f"{product} = {label} times the number of sites",
                    found=f"not so for {len(wrong)}: {first_few(wrong)}",
                )
            )
    return Outcome(findings=findings, detail=f"{compared} products compared")


def check_no_dummies(release: Release) -> Outcome:
    """A structure has real atoms only."""
    with_dummy = [release.entry(head) for head in release.heads if head.dummies]
    without_li = [release.entry(head) for head in release.heads if not head.composition.n_li]
    findings = [
        Finding(entry=None, place="structures", expected=expected, found=first_few(wrong))
        for expected, wrong in (("no dummy atom X", with_dummy), ("Li", without_li))
        if wrong
    ]
    return Outcome(findings=findings, detail=f"{len(release.heads)} structures")


_CHECKS: tuple[Check[Release], ...] = (
    Check(
        name="products_agree",
        description="E_nD_x_nsites, where it is given, is E_nD times the number of sites.",
        run=check_times_sites,
    ),
    Check(
        name="structures_are_sound",
        description="Every structure holds Li, and no dummy atom.",
        run=check_no_dummies,
    ),
)
_FOLDS: Check[Drawn] = Check(
    name="folds_cover_training_once",
    description="Each entry of train and val is held out once, with its whole chemical system.",
    run=check_folds,
)


def _order(release: Release) -> CheckResult:
    """Barriers that fall with the dimension are counted; a percolation cannot do that."""
    falling = []
    for head in release.heads:
        values = [number_of(head.info[label]) or 0.0 for label in LAYOUT.labels]
        if values != sorted(values):
            falling.append(release.entry(head))
    return CheckResult(
        name="falling_barriers_are_known",
        description="Entries without E_1D <= E_2D <= E_3D are counted; they are not refused.",
        detail=f"{len(falling)} of {len(release.heads)}"
        + (f": {first_few(falling)}" if falling else ""),
    )


def _columns(release: Release) -> dict[str, Any]:
    """Table → column → values, in the order of the files."""
    heads = release.heads
    ids = [release.entry(head) for head in heads]
    parts = [head.part for head in heads]
    components = numbered([head.composition.chemsys for head in heads])
    classes = [head.composition.anion_class for head in heads]
    labels = [label_row(release.entry(head), _barriers(head.info)) for head in heads]
    return {
        "entries": {
            "id": ids,
            "formula": [head.composition.formula for head in heads],
            "formula_norm": [head.composition.formula_norm for head in heads],
            "chemsys": [head.composition.chemsys for head in heads],
            "anion": [head.composition.anion for head in heads],
            "anion_class": classes,
            "n_sites": [head.composition.n_atoms for head in heads],
            "n_li": [head.composition.n_li for head in heads],
            "volume_ang3": [round(head.volume_ang3, 6) for head in heads],
        },
        "labels": {c.name: [row[c.name] for row in labels] for c in LABELS.columns},
        "splits": {**split_columns(ids, parts, components), "anion_class": classes},
        "folds": fold_columns(ids, parts, components, release.pinned.folds, scheme=SCHEME),
    }


def _barriers(info: dict[str, str | None]) -> Barriers:
    values = (number_of(info[label]) for label in LAYOUT.labels)
    one, two, three = (None if v is None or math.isinf(v) else v for v in values)
    return Barriers(e_1d_ev=one, e_2d_ev=two, e_3d_ev=three)


def _summary(release: Release, labels: Columns, overlap: Overlap) -> dict[str, Any]:
    return summarise(release, {target: labels[target] for target in _TARGETS}, overlap)


def _is_near(one: float, other: float, tolerance: float) -> bool:
    return one == other or abs(one - other) <= tolerance
