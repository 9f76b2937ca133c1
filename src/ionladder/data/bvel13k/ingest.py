"""From upstream's archive to the tables of BVEL13k, with every integrity check on the way."""

from __future__ import annotations

import math
from pathlib import Path

from ionladder.config import DatasetVersion
from ionladder.data.bond_valence import Barriers
from ionladder.data.bvel13k.spec import DATASET, LABELS, SCHEME
from ionladder.data.bvel_proto.tables import label_row
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.litraj.labelled import (
    Columns,
    Groups,
    Layout,
    Release,
    build_labelled,
    checks,
    number_of,
    read_release,
)
from ionladder.data.store import BuiltVersion, CheckResult
from ionladder.errors import first_few

LAYOUT = Layout(
    stem="BVEL13k",
    id_key="material_id",
    labels=("E_1D", "E_2D", "E_3D"),
    extra=("E_1D_x_nsites", "E_2D_x_nsites", "E_3D_x_nsites"),
)


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
    checked = run_checks(DATASET, (*checks(allow_inf=True), *_CHECKS), release)
    return build_labelled(
        release,
        work,
        dataset=DATASET,
        groups=Groups(
            scheme=SCHEME,
            names=[head.composition.chemsys for head in release.heads],
            together="its whole chemical system",
        ),
        entries={
            "anion": [head.composition.anion for head in release.heads],
            "n_sites": [head.composition.n_atoms for head in release.heads],
            "n_li": [head.composition.n_li for head in release.heads],
        },
        labels=_labels(release),
        checked=checked,
        counted=(_order(release),),
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


def _labels(release: Release) -> Columns:
    rows = [label_row(release.entry(head), _barriers(head.info)) for head in release.heads]
    names = [column.name for column in LABELS.columns if column.name != "id"]
    return {name: [row[name] for row in rows] for name in names}


def _barriers(info: dict[str, str | None]) -> Barriers:
    values = (number_of(info[label]) for label in LAYOUT.labels)
    one, two, three = (None if v is None or math.isinf(v) else v for v in values)
    return Barriers(e_1d_ev=one, e_2d_ev=two, e_3d_ev=three)


def _is_near(one: float, other: float, tolerance: float) -> bool:
    return one == other or abs(one - other) <= tolerance
