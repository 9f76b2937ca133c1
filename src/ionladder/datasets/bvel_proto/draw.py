"""Which accepted structures make the benchmark: chemical systems are drawn, not single structures.

Were structures drawn one by one, nearly every one would come from a chemical system of its own, and
holding out systems would be the same as holding out rows. So systems are drawn, in the order of
``sha256("<seed>|system|<system>")``, and each brings several of its structures along, variants of
one structure together: one type, Li on the same sites, the other ions exchanged.

1. Structure types that few systems hold come first: as long as a type has too few structures, the
   systems that hold it are drawn, those with the most structures first. AFLOW's binary types are
   left to chance.
2. Then the classes of anions take turns: the class that is furthest behind its share draws its next
   system, those with variants before those without. A system that has too few structures to bring
   is passed over.
3. Of a system, variants go before lone structures; then the types take turns, those that the
   benchmark has least of first. Hashes settle the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from types import MappingProxyType

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.bvel_proto.candidate import Candidate, make_candidate
from ionladder.datasets.bvel_proto.ions import ion
from ionladder.datasets.bvel_proto.pool import Accepted, Reject, System
from ionladder.datasets.bvel_proto.substitution import SEED

DUPLICATE = "the same structure as another candidate"
SURPLUS = "beyond the number of its chemical system or structure type"
NOT_DRAWN = "of a chemical system that was not drawn"

SHARES: Mapping[str, float] = MappingProxyType(
    {
        "oxide": 0.32,
        "chalcogenide": 0.20,
        "halide": 0.20,
        "fluoride": 0.16,
        "nitride": 0.06,
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
        least_per_system: A system that would bring fewer is drawn only for the sake of a type.
        per_type: Most structures of a structure type.
        lone_per_type: Most of them without a variant in their system.
        least_per_type: Structures of a type that are looked for before anything else.
        shares: Class of anions → its share of the structures; they add up to 1.
    """

    entries: int = 850
    per_system: int = 8
    per_binary_system: int = 5
    least_per_system: int = 3
    per_type: int = 70
    lone_per_type: int = 16
    least_per_type: int = 4
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)


SETTINGS = GeneratorSettings()

Group = tuple[Accepted, ...]


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
    drawing = _Drawing(systems, settings)
    drawing.cover_types()
    drawing.fill_shares()
    drawing.report(reject)
    return drawing.candidates


def system_rank(name: str) -> str:
    """The hash that gives a chemical system its place."""
    return sha256_bytes(f"{SEED}|system|{name}".encode())


@dataclass(kw_only=True)
class _Taken:
    """What a system would bring along.

    Attributes:
        kept: Structures.
        duplicates: Names of members that equal one of them.
        of_type: Type → number of structures.
        lone: Type → number of structures without a variant among them.
    """

    kept: list[Candidate] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    of_type: Counter[str] = field(default_factory=Counter)
    lone: Counter[str] = field(default_factory=Counter)

    def keep(self, group: Sequence[Candidate]) -> None:
        """Keep structures of one type that are variants of one another."""
        for candidate in group:
            self.kept.append(candidate)
            self.of_type[candidate.prototype] += 1
            self.lone[candidate.prototype] += len(group) == 1


class _Drawing:
    """One draw under way."""

    def __init__(self, systems: Sequence[System], settings: GeneratorSettings) -> None:
        self._settings = settings
        self._systems = sorted(systems, key=lambda system: system_rank(system.name))
        self._taken: dict[str, _Taken] = {}
        self._of_type: Counter[str] = Counter()
        self._lone: Counter[str] = Counter()
        self._of_class: Counter[str] = Counter()

    @property
    def candidates(self) -> list[Candidate]:
        """The structures drawn so far."""
        return [candidate for taken in self._taken.values() for candidate in taken.kept]

    def cover_types(self) -> None:
        """Draw systems until every type has its least number, as far as there are structures."""
        holders: dict[str, list[System]] = {}
        for system in self._systems:
            for name in system.types:
                holders.setdefault(name, []).append(system)
        for name in sorted(holders, key=lambda name: (len(holders[name]), name)):
            for system in sorted(holders[name], key=lambda s: -min(len(s.members), self._most(s))):
                if self._of_type[name] >= self._wanted(name, system):
                    break
                if system.name not in self._taken:
                    taken = self._what_it_brings(system)
                    if taken.of_type[name]:
                        self._take(system, taken)

    def fill_shares(self) -> None:
        """Let the class that is furthest behind its share draw its next system, and so on."""
        queues = {kind: self._queue(kind) for kind in sorted(self._settings.shares)}
        while queues and self._of_class.total() < self._settings.entries:
            kind = min(queues, key=lambda name: self._of_class[name] / self._settings.shares[name])
            system = next(queues[kind], None)
            if system is None:
                del queues[kind]
                continue
            taken = self._what_it_brings(system)
            if len(taken.kept) >= self._settings.least_per_system:
                self._take(system, taken)

    def report(self, reject: Reject) -> None:
        """Tell of everything that was left out."""
        for system in self._systems:
            taken = self._taken.get(system.name)
            kept = {candidate.name for candidate in taken.kept} if taken else set()
            for member in system.members:
                if taken is None:
                    reject(NOT_DRAWN, member.name)
                elif member.name in taken.duplicates:
                    reject(DUPLICATE, member.name)
                elif member.name not in kept:
                    reject(SURPLUS, member.name)

    def _queue(self, kind: str) -> Iterator[System]:
        """Systems of a class that are not drawn yet, those with variants before the others."""
        waiting = [
            system
            for system in self._systems
            if system.anion_class == kind and system.name not in self._taken
        ]
        return iter(sorted(waiting, key=lambda system: not system.has_variants))

    def _wanted(self, name: str, system: System) -> int:
        """How many structures of a type are looked for before anything else."""
        if not system.is_binary:
            return self._settings.least_per_type
        return int(
            any(m.prototype.is_hand_built and m.prototype.name == name for m in system.members)
        )

    def _most(self, system: System) -> int:
        settings = self._settings
        return settings.per_binary_system if system.is_binary else settings.per_system

    def _take(self, system: System, taken: _Taken) -> None:
        self._taken[system.name] = taken
        self._of_type += taken.of_type
        self._lone += taken.lone
        self._of_class[system.anion_class] += len(taken.kept)

    def _what_it_brings(self, system: System) -> _Taken:
        """The structures of a system that are kept, group by group as the turns go."""
        taken = _Taken()
        waiting = list(system.groups)
        while waiting and len(taken.kept) < self._most(system):
            group = min(waiting, key=lambda one: self._turn(one, taken))
            waiting.remove(group)
            fresh = _distinct(group, taken)
            room = self._room(system, group[0].prototype.name, taken, is_lone=len(fresh) == 1)
            taken.keep(fresh[: max(room, 0)])
        return taken

    def _turn(self, group: Group, taken: _Taken) -> tuple[bool, int, int, str]:
        name = group[0].prototype.name
        return len(group) == 1, taken.of_type[name], self._of_type[name], group[0].rank

    def _room(self, system: System, name: str, taken: _Taken, *, is_lone: bool) -> int:
        """How many structures of a type may be kept; a variant is not kept alone."""
        settings = self._settings
        in_type = settings.per_type - self._of_type[name] - taken.of_type[name]
        room = min(self._most(system) - len(taken.kept), in_type)
        if is_lone:
            return min(room, settings.lone_per_type - self._lone[name] - taken.lone[name])
        return room if room > 1 else 0


def _distinct(group: Group, taken: _Taken) -> list[Candidate]:
    """The members of a group that equal neither one another nor what is kept already."""
    fresh: list[Candidate] = []
    for member in group:
        candidate = make_candidate(member.prototype, member.chosen, scale=member.scale)
        if is_known(candidate, [*taken.kept, *fresh]):
            taken.duplicates.append(member.name)
        else:
            fresh.append(candidate)
    return fresh


def is_known(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether a structure matches another one of the same formula."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    same_formula = [other for other in others if _formula(other) == _formula(candidate)]
    if not same_formula:
        return False
    matcher = StructureMatcher(primitive_cell=True, scale=True, attempt_supercell=False)
    structure = candidate.structure()
    return any(matcher.fit(structure, other.structure()) for other in same_formula)


def _formula(candidate: Candidate) -> dict[str, int]:
    """Element → atoms in the smallest formula unit."""
    counts = Counter(ion(name).symbol for name in candidate.ions)
    unit = gcd(*counts.values())
    return {symbol: count // unit for symbol, count in counts.items()}
