"""Every substitution that passes the filters, by chemical system: what there is to draw from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ionladder.datasets.bvel_proto.filters import judge
from ionladder.datasets.bvel_proto.ions import LI, anion_class, ion
from ionladder.datasets.bvel_proto.prototypes import Prototype
from ionladder.datasets.bvel_proto.substitution import (
    Assignment,
    assignment_name,
    assignments,
    drawing_rank,
)

Reject = Callable[[str, str], None]
"""Called with a reason and the name of what was turned away for it."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One substitution that passed the filters.

    Attributes:
        prototype: The structure type.
        chosen: Label → ion name.
        scale: Factor on all lengths of the published cell.
        rank: The hash that gives it its place among others.
    """

    prototype: Prototype
    chosen: Assignment
    scale: float
    rank: str

    @property
    def name(self) -> str:
        """Prototype and assignment, as in :attr:`Candidate.name`."""
        return f"{self.prototype.name} {assignment_name(self.chosen)}"

    @property
    def chemsys(self) -> str:
        """Its elements, in alphabetical order."""
        return "-".join(sorted({ion(name).symbol for name in self.chosen.values()}))

    @property
    def anion_class(self) -> str:
        """The class of its anions."""
        return anion_class(ion(name) for name in self.chosen.values())

    @property
    def li_sites(self) -> tuple[str, str]:
        """Its type and the label that holds Li: what variants of a structure have in common."""
        (label,) = (label for label, name in self.chosen.items() if name == LI)
        return self.prototype.name, label


@dataclass(frozen=True, kw_only=True)
class System:
    """What was accepted in one chemical system.

    Attributes:
        name: Its elements, in alphabetical order.
        anion_class: The most frequent class of its members; the first by name of equally many.
        members: Substitutions in drawing order, at least one.
    """

    name: str
    anion_class: str
    members: tuple[Accepted, ...]

    @property
    def is_binary(self) -> bool:
        """Whether it has two elements."""
        return self.name.count("-") == 1

    @property
    def groups(self) -> tuple[tuple[Accepted, ...], ...]:
        """Its members, variants together: one type, Li on the same sites, the others exchanged.

        Groups stand in the order of their first members.
        """
        together: dict[tuple[str, str], list[Accepted]] = {}
        for member in self.members:
            together.setdefault(member.li_sites, []).append(member)
        return tuple(tuple(group) for group in together.values())

    @property
    def has_variants(self) -> bool:
        """Whether two of its members are variants of one another."""
        return any(len(group) > 1 for group in self.groups)

    @property
    def types(self) -> frozenset[str]:
        """Structure types that some member has."""
        return frozenset(member.prototype.name for member in self.members)


def accepted_systems(prototypes: Iterable[Prototype], *, reject: Reject) -> list[System]:
    """Put all ions on all types, keep what the filters accept, and sort it by chemical system.

    Args:
        prototypes: Structure types.
        reject: Told of every substitution that is turned away.

    Returns:
        Systems by name.
    """
    members: dict[str, list[Accepted]] = {}
    for prototype in prototypes:
        for chosen in assignments(prototype):
            verdict = judge(prototype, chosen)
            accepted = Accepted(
                prototype=prototype,
                chosen=chosen,
                scale=verdict.scale,
                rank=drawing_rank(prototype, chosen),
            )
            if verdict.reason is None:
                members.setdefault(accepted.chemsys, []).append(accepted)
            else:
                reject(verdict.reason, accepted.name)
    return [_system(name, members[name]) for name in sorted(members)]


def _system(name: str, members: Sequence[Accepted]) -> System:
    counts = Counter(member.anion_class for member in members)
    return System(
        name=name,
        anion_class=min(counts, key=lambda kind: (-counts[kind], kind)),
        members=tuple(sorted(members, key=lambda member: member.rank)),
    )
