"""From upstream's archive to the tables of nebBVSE122k, with every integrity check on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import first_few
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.checks import Check, Finding, Outcome, run_checks
from ionladder.datasets.litraj.agreement import checks, number_of
from ionladder.datasets.litraj.edges import Edge, parse_edge_id
from ionladder.datasets.litraj.overlap import material_overlap
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
from ionladder.datasets.nebbvse122k.columns import ENTRIES, FOLDS, LABELS, SCHEME, SPLITS
from ionladder.datasets.nebbvse122k.spec import DATASET
from ionladder.datasets.schema import table_from_columns
from ionladder.specs.params import DatasetVersion

if TYPE_CHECKING:
    import pyarrow as pa

LAYOUT = Layout(stem="nebBVSE122k", id_key="edge_id", labels=("em",), id_in_index=False)


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
    results = run_checks(DATASET, (*checks(allow_inf=False), *_CHECKS), release)
    overlap = material_overlap((head.part, release.material(head)) for head in release.heads)
    columns = _columns(release)
    drawn = Drawn(splits=columns["splits"], folds=columns["folds"])
    results += run_checks(DATASET, (_FOLDS,), drawn)
    specs = (ENTRIES, LABELS, SPLITS, FOLDS)
    tables: dict[str, pa.Table] = {
        spec.name: table_from_columns(spec, columns[spec.name]) for spec in specs
    }
    return BuiltVersion(
        tables=tables,
        checks=(*results, overlap.check),
        summary=summarise(release, {"em_ev": columns["labels"]["em_ev"]}, overlap),
        frames={"structures": write_structures(release, DATASET, work)},
    )


def check_edges(release: Release) -> Outcome:
    """Every edge_id can be read, and begins with the material of its frame."""
    unread, other = [], []
    for head in release.heads:
        try:
            edge = parse_edge_id(release.entry(head))
        except ValueError:
            unread.append(f"{head.place}: {release.entry(head)!r}")
            continue
        if edge.material_id != release.material(head):
            other.append(release.entry(head))
    findings = [
        Finding(entry=None, place="structures", expected=expected, found=first_few(wrong))
        for expected, wrong in (
            ("an edge_id such as mp-2878_0_11_0_0_1", unread),
            ("an edge_id that begins with the material_id", other),
        )
        if wrong
    ]
    return Outcome(findings=findings, detail=f"{len(release.heads)} hops")


def check_centres(release: Release) -> Outcome:
    """The last atom, and no other, is the dummy at the hop's centre."""
    wrong = [release.entry(head) for head in release.heads if head.dummies != (0,)]
    expected = "one dummy atom X, the last"
    findings = [
        Finding(entry=None, place="structures", expected=expected, found=first_few(wrong))
    ] * bool(wrong)
    return Outcome(findings=findings, detail=f"{len(release.heads)} supercells")


_CHECKS: tuple[Check[Release], ...] = (
    Check(
        name="hops_are_named",
        description="Every edge_id is a material, two sites and an image, and leads somewhere.",
        run=check_edges,
    ),
    Check(
        name="centres_are_marked",
        description="Every supercell ends with the dummy atom X at the centre of the hop.",
        run=check_centres,
    ),
)
_FOLDS: Check[Drawn] = Check(
    name="folds_cover_training_once",
    description="Each entry of train and val is held out once, with all hops of its material.",
    run=check_folds,
)


def _columns(release: Release) -> dict[str, Any]:
    """Table → column → values, in the order of the files."""
    heads = release.heads
    ids = [release.entry(head) for head in heads]
    parts = [head.part for head in heads]
    materials = [release.material(head) for head in heads]
    components = numbered(materials)
    classes = [head.composition.anion_class for head in heads]
    return {
        "entries": {
            "id": ids,
            "material_id": materials,
            **_edge_columns([parse_edge_id(name) for name in ids]),
            "formula": [head.composition.formula for head in heads],
            "formula_norm": [head.composition.formula_norm for head in heads],
            "chemsys": [head.composition.chemsys for head in heads],
            "anion_class": classes,
            "n_atoms": [head.composition.n_atoms for head in heads],
            "volume_ang3": [round(head.volume_ang3, 6) for head in heads],
        },
        "labels": {"id": ids, "em_ev": [number_of(head.info["em"]) for head in heads]},
        "splits": {**split_columns(ids, parts, components), "anion_class": classes},
        "folds": fold_columns(ids, parts, components, release.pinned.folds, scheme=SCHEME),
    }


def _edge_columns(edges: list[Edge]) -> dict[str, list[int]]:
    offsets = zip(*(edge.offset for edge in edges), strict=True)
    return {
        "source_site": [edge.source for edge in edges],
        "target_site": [edge.target for edge in edges],
        **{f"offset_{axis}": list(values) for axis, values in zip("abc", offsets, strict=True)},
    }
