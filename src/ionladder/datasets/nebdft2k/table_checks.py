"""Integrity checks of nebDFT2k, and what is only counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import first_few
from ionladder.datasets.built import CheckResult
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.datasets.litraj.overlap import Overlap, material_overlap
from ionladder.datasets.nebdft2k.tables import HopFacts

if TYPE_CHECKING:
    import pyarrow as pa

AGREE_EV = 0.01


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the checks look at.

    Attributes:
        hops: Hops in ascending order of their ids.
        tables: The tables made from them.
    """

    hops: Sequence[HopFacts]
    tables: Mapping[str, pa.Table]


def check_barrier_columns(built: Built) -> Outcome:
    """em_dft and em_bvse under each other's name: then em_bvse is what the energies give."""
    as_stated = sum(abs(hop.row.em_dft_ev - hop.barrier_ev) <= AGREE_EV for hop in built.hops)
    as_swapped = sum(abs(hop.row.em_bvse_ev - hop.barrier_ev) <= AGREE_EV for hop in built.hops)
    n_hops = len(built.hops)
    findings = []
    if as_swapped > max(as_stated, n_hops / 2):
        findings.append(
            Finding(
                entry=None,
                place="index, columns em_dft and em_bvse",
                expected="em_dft to be the barrier of the relaxed paths",
                found=f"em_bvse to be it for {as_swapped} of {n_hops} hops, em_dft for "
                f"{as_stated}: the columns look exchanged",
            )
        )
    detail = f"em_dft is the barrier of the relaxed path within {AGREE_EV} eV for {as_stated} hops"
    return Outcome(findings=findings, detail=detail)


def check_folds(built: Built) -> Outcome:
    """Folds hold every train hop out once a repeat, and keep materials whole."""
    material = {hop.row.id: hop.row.edge.material_id for hop in built.hops}
    train = {
        row["id"] for row in built.tables["splits"].to_pylist() if str(row["subset"]) == "train"
    }
    held_out: dict[int, list[str]] = {}
    folds_of: dict[tuple[int, str], set[int]] = {}
    for row in built.tables["folds"].to_pylist():
        held_out.setdefault(row["repeat"], []).append(row["id"])
        folds_of.setdefault((row["repeat"], material[row["id"]]), set()).add(row["fold"])
    findings = [
        Finding(
            entry=None, place=f"folds, repeat {n}", expected="every train hop once", found="not"
        )
        for n, ids in sorted(held_out.items())
        if sorted(ids) != sorted(train)
    ]
    findings += [
        Finding(entry=None, place=f"folds, {name}", expected="one fold", found=str(len(folds)))
        for (_, name), folds in sorted(folds_of.items())
        if len(folds) > 1
    ]
    return Outcome(findings=findings, detail=f"{len(held_out)} repeat(s) of {len(train)} hops")


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="barriers_are_not_exchanged",
        description="The columns em_dft and em_bvse of the index stand under their own names.",
        run=check_barrier_columns,
    ),
    Check(
        name="folds_cover_training_once",
        description="In every repeat each train hop is held out once, whole materials together.",
        run=check_folds,
    ),
)


def overlap_of(hops: Sequence[HopFacts]) -> Overlap:
    """How upstream's parts share materials."""
    return material_overlap((hop.row.part, hop.row.edge.material_id) for hop in hops)


def barrier_agreement(hops: Sequence[HopFacts]) -> CheckResult:
    """How often the stated barrier is that of the path: counted, never refused."""
    differ = [h.row.id for h in hops if abs(h.row.em_dft_ev - h.barrier_ev) > AGREE_EV]
    detail = f"{len(differ)} of {len(hops)} hops differ by more than {AGREE_EV} eV"
    return CheckResult(
        name="barrier_is_that_of_the_path",
        description=(
            "The barrier of the index is compared with the largest minus the smallest energy of "
            "the relaxed path; hops that differ are counted, not refused."
        ),
        detail=detail + (f": {first_few(differ)}" if differ else ""),
    )


def centroid_agreement(hops: Sequence[HopFacts]) -> CheckResult:
    """How often the barrier in the centroids file is that of the index: counted, never refused."""
    stated = [hop for hop in hops if hop.em_agrees is not None]
    differ = [hop.row.id for hop in stated if not hop.em_agrees]
    detail = f"{len(stated)} of {len(hops)} centroids state a barrier; {len(differ)} differ"
    return CheckResult(
        name="centroid_barrier_is_that_of_the_index",
        description=(
            "The em of a centroid is compared with em_dft of the index; frames that differ by "
            "more than 0.01 eV are counted, not refused."
        ),
        detail=detail + (f": {first_few(differ)}" if differ else ""),
    )


def summarise(hops: Sequence[HopFacts]) -> dict[str, Any]:
    """Counts for the dataset card."""
    overlap = overlap_of(hops)
    parts: dict[str, int] = {}
    images: dict[str, int] = {}
    for hop in hops:
        parts[hop.row.part] = parts.get(hop.row.part, 0) + 1
        images[str(hop.n_images)] = images.get(str(hop.n_images), 0) + 1
    return {
        "hops": len(hops),
        "parts": parts,
        "images": dict(sorted(images.items())),
        "with_specific_tm": sum(hop.row.has_specific_tm for hop in hops),
        "atoms": {
            "fewest": min(sum(hop.counts.values()) for hop in hops),
            "most": max(sum(hop.counts.values()) for hop in hops),
        },
        "barrier_differs_from_em_dft": sum(
            abs(hop.row.em_dft_ev - hop.barrier_ev) > AGREE_EV for hop in hops
        ),
        "material_overlap": overlap.summary,
    }
