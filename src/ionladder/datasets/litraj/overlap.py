"""Materials that stand in several parts of a split: measured and shown, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ionladder.core.problems import first_few
from ionladder.datasets.built import CheckResult
from ionladder.datasets.litraj.columns import PARTS

NAME = "material_overlap_is_known"


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How parts of a split share materials.

    Attributes:
        materials: Part → its number of materials.
        shared: Two parts → materials that both have, sorted.
        entries: Two parts → entries of the second part whose material the first has too.
    """

    materials: Mapping[str, int]
    shared: Mapping[tuple[str, str], tuple[str, ...]]
    entries: Mapping[tuple[str, str], int]

    @property
    def check(self) -> CheckResult:
        """The measurement as a check, which cannot fail."""
        counted = "; ".join(
            f"{one} and {other} share {len(found)} of {self.materials[other]} materials"
            f" ({self.entries[one, other]} entries of {other})"
            + (f": {first_few(found)}" if found else "")
            for (one, other), found in self.shared.items()
        )
        return CheckResult(
            name=NAME,
            description="Materials that stand in several parts are counted; they are not refused.",
            detail=counted,
        )

    @property
    def summary(self) -> dict[str, Any]:
        """The same for the dataset card."""
        return {
            "materials": dict(self.materials),
            "shared": {
                f"{one}|{other}": {
                    "materials": len(found),
                    "entries": self.entries[one, other],
                    "first": list(found[:3]),
                }
                for (one, other), found in self.shared.items()
            },
        }


def material_overlap(
    entries: Iterable[tuple[str, str]], *, parts: tuple[str, ...] = PARTS
) -> Overlap:
    """Count materials that stand in two parts.

    Args:
        entries: Part and material of every entry.
        parts: The parts, in the order in which they are compared.

    Example:
        >>> found = material_overlap([("train", "mp-1"), ("test", "mp-1"), ("test", "mp-2")])
        >>> found.shared["train", "test"], found.entries["train", "test"]
        (('mp-1',), 1)
    """
    counts: dict[str, dict[str, int]] = {part: {} for part in parts}
    for part, material in entries:
        counts[part][material] = counts[part].get(material, 0) + 1
    shared = {
        (one, other): tuple(sorted(set(counts[one]) & set(counts[other])))
        for one, other in combinations(parts, 2)
    }
    return Overlap(
        materials={part: len(found) for part, found in counts.items()},
        shared=shared,
        entries={
            (one, other): sum(counts[other][material] for material in found)
            for (one, other), found in shared.items()
        },
    )
