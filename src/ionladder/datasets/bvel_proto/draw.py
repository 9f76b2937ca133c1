"""Which accepted structures make the benchmark: chemical systems are drawn, not single structures.

Were structures drawn one by one, nearly every one would come from a chemical system of its own, and
holding out systems would be the same as holding out rows. So systems are drawn, in the order of
``sha256("<seed>|system|<system>")``, and each brings several of its structures along.

1. Structure types that few systems hold come first: as long as a type has too few structures, the
   systems that hold it are drawn, those with the most structures first. AFLOW's binary types are
   left to chance.
2. Then the classes of anions take turns: the class that is furthest behind its share draws its next
   system. Systems with few accepted structures are passed over.
3. Of a system, the types take turns: the next structure is of the type that the system has least
   of so far, then of the type that the benchmark has least of so far; hashes settle the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.bvel_proto.candidate import Candidate, make_candidate
from ionladder.datasets.bvel_proto.pool import Accepted, Reject, System
from ionladder.datasets.bvel_proto.substitution import SEED

DUPLICATE = "the same structure as another candidate"
SURPLUS = "beyond the number of its chemical system or structure type"
NOT_DRAWN = "of a chemical system that was not drawn"

SHARES: Mapping[str, float] = MappingProxyType(
    {
        "oxide": 0.30,
        "chalcogenide": 0.20,
        "halide": 0.20,
        "fluoride": 0.14,
        "nitride": 0.10,
        "mixed": 0.06,
    }
)


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings:
    """How many structures are drawn.

    Attributes:
        entries: No further system is drawn once there are so many structures.
        per_system: Most structures of a chemical system of three elements or more.
        per_binary_system: Most structures of a system of two elements.
        least_per_system: Fewest accepted structures that make a system worth drawing.
        per_type: Most structures of a structure type.
        least_per_type: Structures of a type that are looked for before anything else.
        shares: Class of anions → its share of the structures; they add up to 1.
    """

    entries: int = 850
    per_system: int = 8
    per_binary_system: int = 5
    least_per_system: int = 8
    per_type: int = 40
    least_per_type: int = 4
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)


SETTINGS = GeneratorSettings()


def draw(
    systems: Sequence[System], settings: GeneratorSettings = SETTINGS, *, reject: Reject
) -> list[Candidate]:
    """Draw chemical systems until there are enough structures.

    Args:
        systems: What there is to draw from.
        settings: How many are drawn.
        reject: Told of every accepted structure that is left out.

    Returns:
        Structures in the order of drawing, no two alike.
    """
    drawing = _Drawing(systems, settings, reject)
    drawing.cover_types()
    drawing.fill_shares()
    drawing.leave_the_rest()
    return drawing.candidates


def system_rank(name: str) -> str:
    """The hash that gives a chemical system its place."""
    return sha256_bytes(f"{SEED}|system|{name}".encode())


class _Drawing:
    """One draw under way."""

    def __init__(
        self, systems: Sequence[System], settings: GeneratorSettings, reject: Reject
    ) -> None:
        self.candidates: list[Candidate] = []
        self._settings = settings
        self._reject = reject
        self._left = {
            system.name: system for system in sorted(systems, key=lambda s: system_rank(s.name))
        }
        self._of_type: Counter[str] = Counter()
        self._of_class: Counter[str] = Counter()

    def cover_types(self) -> None:
        """Draw systems until every type has its least number, as far as there are structures."""
        holders: dict[str, list[System]] = {}
        for system in self._left.values():
            for name in system.types:
                holders.setdefault(name, []).append(system)
        for name in sorted(holders, key=lambda name: (len(holders[name]), name)):
            for system in sorted(holders[name], key=lambda s: -min(len(s.members), self._most(s))):
                if self._of_type[name] >= self._wanted(name, system):
                    break
                if system.name in self._left:
                    self._take(system)

    def fill_shares(self) -> None:
        """Let the class that is furthest behind its share draw its next system, and so on."""
        rich = [s for s in self._left.values() if len(s.members) >= self._settings.least_per_system]
        queues = {
            kind: iter([system for system in rich if system.anion_class == kind])
            for kind in sorted(self._settings.shares)
        }
        while queues and len(self.candidates) < self._settings.entries:
            kind = min(queues, key=lambda name: self._of_class[name] / self._settings.shares[name])
            system = next(queues[kind], None)
            if system is None:
                del queues[kind]
            else:
                self._take(system)

    def leave_the_rest(self) -> None:
        """Tell of everything that was not drawn."""
        for system in self._left.values():
            for member in system.members:
                self._reject(NOT_DRAWN, member.name)

    def _wanted(self, name: str, system: System) -> int:
        """How many structures of a type are looked for before anything else."""
        hand_built = {m.prototype.name for m in system.members if m.prototype.is_hand_built}
        if not system.is_binary:
            return self._settings.least_per_type
        return int(name in hand_built)

    def _most(self, system: System) -> int:
        return self._settings.per_binary_system if system.is_binary else self._settings.per_system

    def _take(self, system: System) -> None:
        del self._left[system.name]
        for candidate in self._chosen(system):
            self.candidates.append(candidate)
            self._of_class[system.anion_class] += 1

    def _chosen(self, system: System) -> Iterator[Candidate]:
        """The structures of a system that are kept, types taking turns."""
        waiting = list(system.members)
        here: Counter[str] = Counter()
        kept: list[Candidate] = []
        while waiting:
            member = min(waiting, key=lambda one: self._turn(one, here))
            waiting.remove(member)
            name = member.prototype.name
            if len(kept) == self._most(system) or self._of_type[name] == self._settings.per_type:
                self._reject(SURPLUS, member.name)
                continue
            candidate = make_candidate(member.prototype, member.chosen, scale=member.scale)
            if is_known(candidate, kept):
                self._reject(DUPLICATE, member.name)
                continue
            here[name] += 1
            self._of_type[name] += 1
            kept.append(candidate)
            yield candidate

    def _turn(self, member: Accepted, here: Counter[str]) -> tuple[int, int, str]:
        name = member.prototype.name
        return here[name], self._of_type[name], member.rank


def is_known(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether a structure matches another one of the same formula."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(primitive_cell=True, scale=True, attempt_supercell=False)
    structure = candidate.structure()
    formula = structure.composition.reduced_formula
    return any(
        matcher.fit(structure, other)
        for other in (one.structure() for one in others)
        if other.composition.reduced_formula == formula
    )
