"""From upstream's archive to the tables of nebBVSE122k, with every integrity check on the way."""

from __future__ import annotations

from pathlib import Path

from ionladder.config import DatasetVersion
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.litraj.labelled import (
    Edge,
    Groups,
    Layout,
    Release,
    build_labelled,
    checks,
    number_of,
    parse_edge_id,
    read_release,
)
from ionladder.data.nebbvse122k.spec import DATASET, SCHEME
from ionladder.data.store import BuiltVersion
from ionladder.errors import first_few

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
    checked = run_checks(DATASET, (*checks(allow_inf=False), *_CHECKS), release)
    materials = [release.material(head) for head in release.heads]
    return build_labelled(
        release,
        work,
        dataset=DATASET,
        groups=Groups(scheme=SCHEME, names=materials, together="all hops of its material"),
        entries={
            "material_id": materials,
            **_edge_columns([parse_edge_id(release.entry(head)) for head in release.heads]),
            "n_atoms": [head.composition.n_atoms for head in release.heads],
        },
        labels={"em_ev": [number_of(head.info["em"]) for head in release.heads]},
        checked=checked,
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


def _edge_columns(edges: list[Edge]) -> dict[str, list[int]]:
    offsets = zip(*(edge.offset for edge in edges), strict=True)
    return {
        "source_site": [edge.source for edge in edges],
        "target_site": [edge.target for edge in edges],
        **{f"offset_{axis}": list(values) for axis, values in zip("abc", offsets, strict=True)},
    }
