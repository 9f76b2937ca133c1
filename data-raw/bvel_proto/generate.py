"""Draw the structures of BVEL-proto: filter substitutions, draw chemical systems, write candidates.

``python data-raw/bvel_proto/generate.py`` writes ``build/bvel_proto/candidates.json``, which
``label.py`` labels and releases. The same code and libraries draw the same structures.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import gcd
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.data.bond_valence import SETTINGS as BARRIERS
from ionladder.data.bond_valence import ion, radius
from ionladder.data.bvel_proto.crystals import make_structure
from ionladder.data.distances import shortest_violation
from ionladder.errors import IngestError, IonLadderError, Problem
from ionladder.repo import find_layout, sha256_bytes, write_text
from prototypes import (
    LI,
    SEED,
    Array,
    Assignment,
    Prototype,
    Surroundings,
    Triple,
    all_prototypes,
    anion_class,
    assignment_name,
    assignments,
    drawing_rank,
)

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

CANDIDATES = "build/bvel_proto/candidates.json"


# The size of a substituted cell, and the reasons for which a substitution is turned away


MAX_SITES = 160
MAX_VOLUME_ANG3 = 1500.0
SHORTEST_ANG = 1.2
SHORTEST_LI_CATION_ANG = 1.7
BOND_RATIOS = (0.82, 1.25)
ANION_RATIO_MAX = 1.4
MIN_CATION_COORDINATION = 2
LIKE_CHARGE_FACTOR = 1.0
_SHELL = 1.25

# Reasons, in the order in which they are looked for.
NO_LI = "no Li"
TOO_LARGE = f"more than {MAX_SITES} sites or {MAX_VOLUME_ANG3:g} Å³"
COORDINATION = f"a cation with fewer than {MIN_CATION_COORDINATION} anions around it"
BOND = "a bond too short or too long for its ions"
LIKE_CHARGES = "ions of like charge nearer than the bonds of either"
OVERLAP = f"ions nearer than {SHORTEST_ANG:g} Å, or Li and a cation {SHORTEST_LI_CATION_ANG:g} Å"
DISTANCES = "ions nearer than their radii and charges allow"
REASONS = (NO_LI, TOO_LARGE, COORDINATION, BOND, LIKE_CHARGES, OVERLAP, DISTANCES)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the filters say of one substitution.

    Attributes:
        reason: Why it is turned away; None when it is accepted.
        scale: Factor on all lengths of the published cell; meaningless when turned away early.
    """

    reason: str | None
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True)
class _SeenSite:
    """One kind of site after substitution: its ion, nearest opposite and like distances."""

    name: str
    charge: int
    multiplicity: int
    bond: float
    expected: float
    coordination: int
    like: float
    nearest_cation: float


def judge(prototype: Prototype, chosen: Assignment) -> Verdict:
    """Fit the cell of a substitution to its ions, and look for a reason to turn it away."""
    if LI not in chosen.values():
        return Verdict(reason=NO_LI)
    if prototype.n_sites > MAX_SITES:
        return Verdict(reason=TOO_LARGE)
    sites = [_seen(around, chosen) for around in prototype.neighbours]
    cations = [site for site in sites if site.charge > 0]
    if any(site.coordination < MIN_CATION_COORDINATION for site in cations) or any(
        site.coordination == 0 for site in sites
    ):
        return Verdict(reason=COORDINATION)
    scale = _scale(cations)
    return Verdict(reason=_reason(prototype, sites, scale), scale=scale)


def _scale(cations: list[_SeenSite]) -> float:
    ratios = np.repeat(
        [site.bond / site.expected for site in cations], [site.multiplicity for site in cations]
    )
    return float(1.0 / np.median(ratios))


def _reason(prototype: Prototype, sites: list[_SeenSite], scale: float) -> str | None:
    if prototype.structure.volume * scale**3 > MAX_VOLUME_ANG3:
        return TOO_LARGE
    low, high = BOND_RATIOS
    for site in sites:
        upper = high if site.charge > 0 else ANION_RATIO_MAX
        if not low <= site.bond * scale / site.expected <= upper:
            return BOND
    if any(site.like < LIKE_CHARGE_FACTOR * site.bond for site in sites):
        return LIKE_CHARGES
    shortest = min(min(site.bond, site.like) for site in sites) * scale
    near_li = min(site.nearest_cation for site in sites if site.name == LI) * scale
    if shortest < SHORTEST_ANG or near_li < SHORTEST_LI_CATION_ANG:
        return OVERLAP
    return None


def _seen(around: Surroundings, chosen: Assignment) -> _SeenSite:
    me = ion(chosen[around.label])
    opposite: list[tuple[str, Array]] = []
    like: list[tuple[str, Array]] = []
    for label, distances in around.distances.items():
        sign = ion(chosen[label]).charge * me.charge
        (like if sign > 0 else opposite).append((chosen[label], distances))
    bond, partner, coordination = _shell(opposite)
    expected = np.inf
    if coordination:
        other = 6 if me.charge < 0 else coordination
        expected = radius(me.name, coordination if me.charge > 0 else 6) + radius(partner, other)
    nearest_like = min((d[0] for _, d in like if len(d)), default=np.inf)
    return _SeenSite(
        name=me.name,
        charge=me.charge,
        multiplicity=around.multiplicity,
        bond=bond,
        expected=float(expected),
        coordination=coordination,
        like=float(nearest_like),
        nearest_cation=float(nearest_like) if me.charge > 0 else np.inf,
    )


def _shell(neighbours: list[tuple[str, Array]]) -> tuple[float, str, int]:
    """Nearest distance, the ion there, and how many there are up to 1.25 times as far."""
    nearest = [(float(d[0]), name) for name, d in neighbours if len(d)]
    if not nearest:
        return np.inf, "", 0
    bond, partner = min(nearest)
    count = sum(int(np.count_nonzero(d <= _SHELL * bond)) for _, d in neighbours)
    return bond, partner, count


# Every substitution that passes the filters, by chemical system: what there is to draw from


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

    def candidate(self) -> Candidate:
        """Its structure, as the tables would hold it."""
        return make_candidate(self.prototype, self.chosen, scale=self.scale)

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

        Groups are in the order of their first members.
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
            reason = verdict.reason
            if reason is None and shortest_violation(accepted.candidate().structure()):
                reason = DISTANCES
            if reason is None:
                members.setdefault(accepted.chemsys, []).append(accepted)
            else:
                reject(reason, accepted.name)
    return [_system(name, members[name]) for name in sorted(members)]


def _system(name: str, members: Sequence[Accepted]) -> System:
    counts = Counter(member.anion_class for member in members)
    return System(
        name=name,
        anion_class=min(counts, key=lambda kind: (-counts[kind], kind)),
        members=tuple(sorted(members, key=lambda member: member.rank)),
    )


# One structure of the benchmark: ions, rounded coordinates and the cell as it is stored


# Labels depend on the cell and the coordinates to the last digit, so both are rounded before.
DECIMALS = 6
_ID_DIGITS = 8
_CLEARANCE_ANG = 1e-4
_NUDGE = 1.0005


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One structure, exactly as the tables hold it.

    Attributes:
        id: ``proto-`` and eight hexadecimal digits, made from prototype and assignment alone.
        prototype: Its structure type.
        family: The larger class of the type.
        assignment: Which ion sits on which label, as text.
        cell: a, b, c in Å and α, β, γ in degrees, six decimals.
        ions: One ion name a site.
        frac_coords: Fractional coordinates in [0, 1), six decimals, sites sorted by element and
            position.
    """

    id: str
    prototype: str
    family: str
    assignment: str
    cell: tuple[float, float, float, float, float, float]
    ions: tuple[str, ...]
    frac_coords: tuple[Triple, ...]

    @property
    def name(self) -> str:
        """Prototype and assignment, for messages and counts."""
        return f"{self.prototype} {self.assignment}"

    def structure(self) -> Structure:
        """As a pymatgen structure with oxidation states."""
        ions = [ion(name) for name in self.ions]
        return make_structure(self.cell, [(i.symbol, i.charge) for i in ions], self.frac_coords)


def make_candidate(prototype: Prototype, chosen: Assignment, *, scale: float) -> Candidate:
    """Put ions on a structure type, scale its cell, and round.

    Args:
        prototype: The structure type.
        chosen: Label → ion name.
        scale: Factor on all lengths. It grows by a two-thousandth as long as an axis is a whole
            number of grid steps, where the number of grid points would hang on the last bit.
    """
    lattice = prototype.structure.lattice
    while any(_is_on_a_step(length * scale) for length in lattice.abc):
        scale *= _NUDGE
    lengths = [round(length * scale, DECIMALS) for length in lattice.abc]
    angles = [round(angle, DECIMALS) for angle in lattice.angles]
    sites = sorted(
        (ion(chosen[site.properties["label"]]).symbol, _rounded(site.frac_coords), site)
        for site in prototype.structure
    )
    return Candidate(
        id=candidate_id(prototype.name, assignment_name(chosen)),
        prototype=prototype.name,
        family=prototype.family,
        assignment=assignment_name(chosen),
        cell=(lengths[0], lengths[1], lengths[2], angles[0], angles[1], angles[2]),
        ions=tuple(chosen[site.properties["label"]] for _, _, site in sites),
        frac_coords=tuple(position for _, position, _ in sites),
    )


def candidate_id(prototype: str, assignment: str) -> str:
    """The id of an assignment of ions to a structure type, whatever else is in the set.

    Example:
        >>> candidate_id("rock-salt", "A=Li+ X=Cl-")
        'proto-35e2bc3e'
    """
    digest = sha256_bytes(f"{prototype}|{assignment}".encode())
    return f"proto-{digest[:_ID_DIGITS]}"


def _is_on_a_step(length_ang: float) -> bool:
    steps = length_ang / BARRIERS.resolution_ang
    return abs(steps - round(steps)) * BARRIERS.resolution_ang < _CLEARANCE_ANG


def _rounded(position: Any) -> Triple:
    x, y, z = (round(float(value) % 1.0, DECIMALS) % 1.0 + 0.0 for value in position)
    return (x, y, z)


# Which accepted structures make the benchmark: chemical systems are drawn, not single structures


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
        candidate = member.candidate()
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


# The structures of the benchmark: all that the filters accept, and of these the drawn ones


@dataclass(kw_only=True)
class Generated:
    """What a run of the generator made.

    Attributes:
        candidates: Structures, sorted by id.
        families: Families of structure types of which the filters accepted something.
        n_types: Structure types tried.
        sources: Structure type → where its coordinates come from.
        rejected: Reason → names of what was turned away for it.
    """

    candidates: list[Candidate] = field(default_factory=list)
    families: frozenset[str] = frozenset()
    n_types: int = 0
    sources: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, list[str]] = field(default_factory=dict)

    @property
    def n_tried(self) -> int:
        """Substitutions looked at: those kept and those turned away."""
        return len(self.candidates) + sum(len(names) for names in self.rejected.values())

    def reject(self, reason: str, name: str) -> None:
        """Note one that was turned away."""
        self.rejected.setdefault(reason, []).append(name)


def generate(settings: GeneratorSettings = SETTINGS) -> Generated:
    """Filter, draw and de-duplicate; the same code and libraries give the same structures.

    Raises:
        IngestError: Two structures got one id.
    """
    made = Generated()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        prototypes = all_prototypes()
        systems = accepted_systems(prototypes, reject=made.reject)
        drawn = draw(systems, settings, reject=made.reject)
    made.n_types = len(prototypes)
    made.sources = {prototype.name: prototype.source for prototype in prototypes}
    made.families = frozenset(one.prototype.family for s in systems for one in s.members)
    made.candidates = sorted(drawn, key=lambda candidate: candidate.id)
    _require_own_ids(made.candidates)
    return made


def _require_own_ids(candidates: list[Candidate]) -> None:
    repeated = [name for name, n in Counter(kept.id for kept in candidates).items() if n > 1]
    if repeated:
        raise IngestError(
            Problem(
                where="bvel_proto generator",
                expected="one structure an id",
                found=f"ids of two structures: {', '.join(repeated)}",
                next_step="Lengthen the ids (_ID_DIGITS); this is then a new major version.",
            )
        )


def write_candidates(path: Path, made: Generated) -> None:
    """Write what was made as JSON; floats keep every digit."""
    write_text(path, json.dumps({**asdict(made), "families": sorted(made.families)}, indent=1))


def read_candidates(path: Path) -> Generated:
    """Read what :func:`write_candidates` wrote.

    Raises:
        IngestError: It was not written yet.
    """
    if not path.exists():
        raise IngestError(
            Problem(
                where=str(path),
                expected="the candidates to label",
                found="no such file",
                next_step="Run `make bvel-proto-generate`.",
            )
        )
    raw = json.loads(path.read_text(encoding="utf-8"))
    candidates = [
        Candidate(
            **{
                **row,
                "cell": tuple(row["cell"]),
                "ions": tuple(row["ions"]),
                "frac_coords": tuple(map(tuple, row["frac_coords"])),
            }
        )
        for row in raw.pop("candidates")
    ]
    return Generated(**{**raw, "candidates": candidates, "families": frozenset(raw["families"])})


def main() -> None:
    """Draw and write; about three CPU-minutes."""
    made = generate()
    path = find_layout().root / CANDIDATES
    write_candidates(path, made)
    print(f"{len(made.candidates)} structures of {made.n_tried} substitutions: {CANDIDATES}")
    for reason, names in sorted(made.rejected.items()):
        print(f"left out, {reason}: {len(names)}")


if __name__ == "__main__":
    try:
        main()
    except IonLadderError as error:
        sys.exit(str(error))
