"""What MPLiTrj is held to once it is read, and what its card says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import first_few
from ionladder.datasets.built import CheckResult
from ionladder.datasets.checks import Check, Finding, Outcome
from ionladder.datasets.litraj.columns import PARTS

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.datasets.litraj.trajectory_parts import Part

_MAX_EV_PER_ATOM = 100.0
_SUBSETS = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class ReadParts:
    """What checks look at: parts as read, and how many configurations each must have."""

    parts: Mapping[str, Part]
    expected: Mapping[str, int]


def _counts(read: ReadParts) -> Outcome:
    findings = [
        Finding(
            entry=None,
            place=f"part {name}",
            expected=f"{read.expected[name]:,} configurations, as upstream counts them",
            found=f"{part.frames.rows:,}",
        )
        for name, part in read.parts.items()
        if name in read.expected and part.frames.rows != read.expected[name]
    ]
    found = ", ".join(f"{name} {part.frames.rows:,}" for name, part in read.parts.items())
    return Outcome(findings=findings, detail=found)


def _columns(read: ReadParts) -> Outcome:
    """Nothing is objected to; what was passed over is named."""
    names = sorted({name for part in read.parts.values() for name in part.skipped})
    passed = f"passed over: {first_few(names, limit=20)}" if names else "none passed over"
    return Outcome(detail=f"columns of atoms beyond species, pos and forces: {passed}")


def _energies(read: ReadParts) -> Outcome:
    import pyarrow.compute as pc

    findings = []
    for name, part in read.parts.items():
        if not part.frames.rows:
            continue
        atoms = part.entries["n_atoms"].cast("float64")
        size = pc.abs(pc.divide(part.entries["energy_ev"], atoms))
        largest = pc.max(size).as_py()
        if largest > _MAX_EV_PER_ATOM:
            row = pc.index(size, largest).as_py()
            findings.append(
                Finding(
                    entry=part.entries["id"][row].as_py(),
                    place=f"part {name}, frame {row + 1}",
                    expected=f"an energy within ±{_MAX_EV_PER_ATOM:g} eV per atom",
                    found=f"{largest:g}",
                )
            )
    return Outcome(findings=findings, detail=f"all within ±{_MAX_EV_PER_ATOM:g} eV per atom")


CHECKS: tuple[Check[ReadParts], ...] = (
    Check(
        name="counts_are_upstreams",
        description="Every part has as many configurations as upstream states.",
        run=_counts,
    ),
    Check(
        name="energies_are_plausible",
        description="No energy is further from zero than any cohesive energy could be.",
        run=_energies,
    ),
    Check(
        name="columns_are_known",
        description="Columns of atoms that nothing is done with are named, not refused.",
        run=_columns,
    ),
)


def repeated(parts: Mapping[str, Part]) -> CheckResult:
    """Configurations that occur more than once, atom by atom, within or across subsets."""
    digests = {name: part.entries["content_sha256_16"].to_pylist() for name, part in parts.items()}
    train = {*digests["train"], *digests["val"]}
    across = sum(digest in train for digest in digests["test"])
    n_all = sum(map(len, digests.values()))
    n_different = len({digest for column in digests.values() for digest in column})
    return CheckResult(
        name="repeated_configurations_are_known",
        description="Equal configurations are counted; they are not refused.",
        detail=(
            f"{n_all - n_different:,} of {n_all:,} equal an earlier one; {across:,} test "
            "configurations equal a training one"
        ),
    )


def summarise(parts: Mapping[str, Part], tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Counts for the manifest and the dataset card."""
    import pyarrow.compute as pc

    def count(name: str) -> list[int]:
        """How many rows of train and test have a flag."""
        splits, labels = tables["splits"], tables["labels"]
        column = (splits if name in splits.column_names else labels)[name]
        subset = splits["subset"].cast("string")
        return [pc.sum(pc.and_(column, pc.equal(subset, one))).as_py() or 0 for one in _SUBSETS]

    subset = tables["splits"]["subset"].cast("string")
    systems = pc.unique(tables["entries"]["chemsys"]).to_pylist()
    elements = {element for system in systems for element in system.split("-")}
    return {
        "subsets": list(_SUBSETS),
        "counts": {
            "entries": [pc.sum(pc.equal(subset, one)).as_py() or 0 for one in _SUBSETS],
            "atoms": pc.sum(tables["entries"]["n_atoms"]).as_py() or 0,
            "elements": len(elements),
            "chemical_systems": len(systems),
            "with_stress": count("has_stress"),
            "with_known_path": count("has_path_energy"),
            "with_u_metal": count("has_u_metal"),
            "in_offset_set": count("in_offset_set"),
        },
        "parts": {name: parts[name].frames.rows for name in PARTS},
    }
