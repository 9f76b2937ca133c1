"""BVEL-proto: generating, labelling and verifying a release."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from math import gcd
from pathlib import Path
from statistics import quantiles
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.config import DatasetVersion, FoldSettings, Params
from ionladder.data.bond_valence import (
    BVLAIN_VERSION,
    LI,
    Barriers,
    anion_class,
    barriers_of,
    ion,
    radius,
)
from ionladder.data.bond_valence import SETTINGS as BARRIERS
from ionladder.data.bvel_proto.prototypes import (
    SEED,
    Array,
    Assignment,
    Prototype,
    Surroundings,
    all_prototypes,
    assignment_name,
    assignments,
    drawing_rank,
)
from ionladder.data.bvel_proto.tables import (
    CHEMSYS,
    PRIMARY,
    PROTOTYPE,
    SPLITS,
    Candidate,
    build_tables,
    label_row,
    make_candidate,
    relabel,
    sample,
    structure_of,
)
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.registry import get_dataset
from ionladder.data.store import (
    BuiltVersion,
    Manifest,
    make_manifest,
    read_manifest,
    read_table,
    released_problems,
    version_key,
)
from ionladder.errors import ConfigError, IngestError, IonLadderError, Problem
from ionladder.repo import (
    Layout,
    content_hash,
    sha256_bytes,
    to_json,
    write_checksums,
    write_parquet,
    write_text,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.structure import Structure


DATASET = get_dataset("bvel_proto")


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
REASONS = (NO_LI, TOO_LARGE, COORDINATION, BOND, LIKE_CHARGES, OVERLAP)


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
        [site.bond / site.expected for site in cations],
        [site.multiplicity for site in cations],
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
    """Nearest distance, the ion there, and how many stand up to 1.25 times as far."""
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


# BVEL-proto in the layout of BVEL13k: an index and three extended XYZ files


Row = dict[str, Any]

PARTS = ("train", "val", "test")
_NAME = "bvel_proto"
_TARGETS = {"E_1D": "e_1d_ev", "E_2D": "e_2d_ev", "E_3D": "e_3d_ev"}


def export_extxyz(layout: Layout, version: str, folder: Path) -> list[Path]:
    """Write the index and the three structure files.

    Args:
        layout: The repository.
        version: The version to write.
        folder: Where to; made when it is not there.

    Returns:
        The files written.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    tables = {
        name: read_table(layout, _NAME, version, name).to_pylist()
        for name in ("entries", "structures", "labels", "splits", "folds")
    }
    part = _parts(tables)
    sites = {row["id"]: row for row in tables["structures"]}
    labels = {row["id"]: _written(row) for row in tables["labels"]}
    frames: dict[str, list[str]] = {name: [] for name in PARTS}
    for entry in tables["entries"]:
        name = entry["id"]
        frames[part[name]].append(_frame(entry, sites[name], labels[name]))
    paths = [folder / f"{_NAME}_index.csv"]
    write_text(paths[0], _index(tables["entries"], labels, part))
    for name in PARTS:
        paths.append(folder / f"{_NAME}_{name}.xyz")
        write_text(paths[-1], "".join(frames[name]))
    return paths


def _parts(tables: Mapping[str, list[Row]]) -> dict[str, str]:
    """Id → train, val or test."""
    part = {r["id"]: r["subset"] for r in tables["splits"] if r["split_name"] == PRIMARY}
    held_out = {
        row["id"]
        for row in tables["folds"]
        if row["scheme"] == PRIMARY and row["repeat"] == 0 and row["fold"] == 0
    }
    return {entry: "val" if entry in held_out else name for entry, name in part.items()}


def _written(row: Row) -> dict[str, str]:
    """The barriers as text."""
    return {
        key: "inf" if row[column] is None else f"{row[column]:.4f}"
        for key, column in _TARGETS.items()
    }


def _frame(entry: Row, sites: Row, labels: Mapping[str, str]) -> str:
    """One structure: number of sites, one line of properties, one line a site."""
    structure = structure_of(entry, sites)
    lattice = " ".join(f"{value:.8f}" for value in structure.lattice.matrix.ravel())
    times_sites = {
        f"{key}_x_nsites": "inf" if text == "inf" else f"{float(text) * len(structure):.4f}"
        for key, text in labels.items()
    }
    info = {"material_id": entry["id"], **labels, **times_sites}
    properties = " ".join(f"{key}={value}" for key, value in info.items())
    lines = [
        str(len(structure)),
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 {properties} pbc="T T T"',
    ]
    for symbol, (x, y, z) in zip(sites["species"], structure.cart_coords, strict=True):
        lines.append(f"{symbol:<2} {x:16.8f} {y:16.8f} {z:16.8f}")
    return "\n".join(lines) + "\n"


def _index(
    entries: list[Row], labels: Mapping[str, Mapping[str, str]], part: Mapping[str, str]
) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["material_id", "chemsys", "_split", *_TARGETS])
    for entry in entries:
        name = entry["id"]
        writer.writerow([name, entry["chemsys"], part[name], *labels[name].values()])
    return stream.getvalue()


# The structures of the benchmark: all that the filters accept, and of these the drawn ones


@dataclass(kw_only=True)
class Generated:
    """What a run of the generator made.

    Attributes:
        candidates: Structures, sorted by id.
        families: Families of structure types of which the filters accepted something.
        n_types: Structure types tried.
        rejected: Reason → names of what was turned away for it.
    """

    candidates: list[Candidate] = field(default_factory=list)
    families: frozenset[str] = frozenset()
    n_types: int = 0
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
    made.families = _families(systems)
    made.candidates = sorted(drawn, key=lambda candidate: candidate.id)
    _require_own_ids(made.candidates)
    return made


def _families(systems: list[System]) -> frozenset[str]:
    return frozenset(member.prototype.family for system in systems for member in system.members)


def _require_own_ids(candidates: list[Candidate]) -> None:
    repeated = [name for name, n in Counter(kept.id for kept in candidates).items() if n > 1]
    if repeated:
        raise IngestError(
            Problem(
                where="bvel_proto generator",
                expected="one structure an id",
                found=f"ids of two structures: {', '.join(repeated)}",
                next_step="Lengthen the ids in candidate.py; this is then a new major version.",
            )
        )


# Counts and distributions of BVEL-proto, for its manifest and the dataset card


SummaryRow = dict[str, Any]

_SUMMARY_TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
_SUBSETS = ("train", "test")
_HISTOGRAM_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)
_NAMED = 3


def summarise(tables: Mapping[str, Sequence[SummaryRow]], made: Generated) -> dict[str, Any]:
    """How the version was made, what was left out, and how its labels are distributed."""
    labels = {row["id"]: row for row in tables["labels"]}
    entries = list(tables["entries"])
    return {
        "subsets": list(_SUBSETS),
        "counts": {
            "entries": len(entries),
            "chemical_systems": len({row["chemsys"] for row in entries}),
            "prototypes": len({row["prototype"] for row in entries}),
            "families": len({row["family"] for row in entries}),
            "binaries": sum(row["chemsys"].count("-") == 1 for row in entries),
            "sites": sum(row["n_sites"] for row in entries),
        },
        "generation": {
            "types_tried": made.n_types,
            "assignments_tried": made.n_tried,
            "left_out": {
                reason: {"count": len(names), "first": sorted(names)[:_NAMED]}
                for reason, names in sorted(made.rejected.items())
            },
        },
        "not_percolating": {
            t: sum(r[t] is None for r in labels.values()) for t in _SUMMARY_TARGETS
        },
        "label_histogram": {
            "edges": list(_HISTOGRAM_EDGES_EV),
            **{
                target: _histogram([r[target] for r in labels.values()])
                for target in _SUMMARY_TARGETS
            },
        },
        "label_quantiles": {
            t: _quantiles([r[t] for r in labels.values()]) for t in _SUMMARY_TARGETS
        },
        "dimensionality": _counted(row["dimensionality"] for row in labels.values()),
        "anion_class": _counted(row["anion_class"] for row in entries),
        "family": _summary_families(entries, labels),
        "splits": {name: _split_sizes(tables["splits"], name) for name in SPLITS},
    }


def recipe() -> dict[str, Any]:
    """What the labels and structures follow from: the ``source`` of the manifest."""
    return {
        "generator": "ionladder bvel-proto generate",
        "seed": SEED,
        "structures": {
            **{one.name: getattr(SETTINGS, one.name) for one in fields(SETTINGS)},
            "shares": dict(SETTINGS.shares),
        },
        "labels": {
            "program": f"bvlain {BVLAIN_VERSION}",
            "mobile_ion": "Li1+",
            "r_cut_ang": BARRIERS.r_cut_ang,
            "resolution_ang": BARRIERS.resolution_ang,
            "max_neighbours": BARRIERS.max_neighbours,
            "encut_ev": BARRIERS.encut_ev,
        },
    }


def _summary_families(
    entries: Sequence[SummaryRow], labels: Mapping[str, SummaryRow]
) -> dict[str, Any]:
    """Family → number of entries and quantiles of each target, most frequent first."""
    members: dict[str, list[str]] = {}
    for row in entries:
        members.setdefault(row["family"], []).append(row["id"])
    order = sorted(members, key=lambda name: (-len(members[name]), name))
    return {
        name: {
            "entries": len(members[name]),
            **{t: _quantiles([labels[i][t] for i in members[name]]) for t in _SUMMARY_TARGETS},
        }
        for name in order
    }


def _quantiles(values: Sequence[float | None]) -> dict[str, float | None]:
    """Smallest, quartiles and largest of the values that are there."""
    known = sorted(value for value in values if value is not None)
    names = ("min", "q25", "median", "q75", "max")
    if not known:
        return dict.fromkeys(names)
    inner = quantiles(known, n=4, method="inclusive") if len(known) > 1 else known * 3
    return {name: round(v, 4) for name, v in zip(names, (known[0], *inner, known[-1]), strict=True)}


def _histogram(values: Sequence[float | None]) -> list[int]:
    """Values with edges[i] <= value < edges[i + 1]."""
    edges = _HISTOGRAM_EDGES_EV
    known = [value for value in values if value is not None]
    return [sum(low <= value < high for value in known) for low, high in pairwise(edges)]


def _counted(values: Any) -> dict[str, int]:
    counts = Counter(values)
    return {name: counts[name] for name in sorted(counts, key=lambda n: (-counts[n], n))}


def _split_sizes(rows: Sequence[SummaryRow], name: str) -> list[int]:
    subsets = [row["subset"] for row in rows if row["split_name"] == name]
    return [subsets.count(subset) for subset in _SUBSETS]


# Integrity checks of BVEL-proto's tables


TableChecksRow = dict[str, Any]

_TABLE_CHECKS_TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
_BISECTIONS = 11
_MOST, _FEWEST = 1000, 600


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the checks look at.

    Attributes:
        tables: Table name → rows.
        folds: How the folds were drawn.
        families: Families that the generator drew from and accepted structures of.
    """

    tables: Mapping[str, list[TableChecksRow]]
    folds: FoldSettings
    families: frozenset[str]


def rows_of(tables: Mapping[str, pa.Table]) -> dict[str, list[TableChecksRow]]:
    """Tables as lists of rows."""
    return {name: table.to_pylist() for name, table in tables.items()}


def check_structures(built: Built) -> Outcome:
    """Neutral, with Li, within the limits, and as many charges and coordinates as sites."""
    findings = []
    sites = {row["id"]: row for row in built.tables["structures"]}
    for entry in built.tables["entries"]:
        row = sites.get(entry["id"], {"species": [], "charges": [], "frac_coords": []})
        n = entry["n_sites"]
        wrong = {
            "a neutral cell": sum(row["charges"]) != 0,
            "Li": row["species"].count("Li") != entry["n_li"] or entry["n_li"] < 1,
            f"{n} sites": not len(row["species"]) == len(row["charges"]) == n,
            f"{3 * n} coordinates in [0, 1)": len(row["frac_coords"]) != 3 * n
            or not all(0 <= value < 1 for value in row["frac_coords"]),
            f"at most {MAX_SITES} sites and {MAX_VOLUME_ANG3:g} Å³": n > MAX_SITES
            or entry["volume_ang3"] > MAX_VOLUME_ANG3,
        }
        findings += [_entry(entry["id"], what, "otherwise") for what, bad in wrong.items() if bad]
    return Outcome(findings=findings, detail=f"{len(sites)} structures")


def check_labels(built: Built) -> Outcome:
    """Barriers do not fall with dimension, and are steps of the bisection."""
    step = BARRIERS.encut_ev / 2**_BISECTIONS
    findings = []
    missing = 0
    for row in built.tables["labels"]:
        values = [row[target] for target in _TABLE_CHECKS_TARGETS]
        flags = [row[f"percolates_{key}"] for key in ("1d", "2d", "3d")]
        known = [value for value in values if value is not None]
        missing += len(values) - len(known)
        if known != sorted(known) or values[: len(known)] != known:
            findings.append(_entry(row["id"], "E_1D <= E_2D <= E_3D", str(values)))
        if any(abs(v - round(v / step) * step) > 5.1e-5 for v in known):
            findings.append(_entry(row["id"], f"multiples of {step} eV", str(values)))
        if flags != [value is not None for value in values]:
            findings.append(_entry(row["id"], "flags that agree with the barriers", str(flags)))
    total = len(_TABLE_CHECKS_TARGETS) * len(built.tables["labels"])
    return Outcome(findings=findings, detail=f"{missing} of {total} barriers missing")


def check_families(built: Built) -> Outcome:
    """Every family that the generator accepted structures of is represented."""
    counts = Counter(row["family"] for row in built.tables["entries"])
    total = sum(counts.values())
    findings = [
        Finding(entry=None, place=f"family {name}", expected="entries", found="none")
        for name in sorted(built.families - set(counts))
    ]
    if not _FEWEST <= total <= _MOST:
        expected = f"{_FEWEST} to {_MOST}"
        findings.append(Finding(entry=None, place="entries", expected=expected, found=str(total)))
    return Outcome(findings=findings, detail=f"{total} entries of {len(counts)} families")


def check_crossing(built: Built) -> Outcome:
    """No group crosses its split, nor its folds."""
    entries = {row["id"]: row for row in built.tables["entries"]}
    findings = []
    for name in (CHEMSYS, PROTOTYPE):
        parts: dict[str, set[str]] = {}
        folds: dict[tuple[int, str], set[int]] = {}
        for row in built.tables["splits"]:
            if row["split_name"] == name:
                parts.setdefault(entries[row["id"]][name], set()).add(row["subset"])
        for row in built.tables["folds"]:
            if row["scheme"] == name:
                key = (row["repeat"], entries[row["id"]][name])
                folds.setdefault(key, set()).add(row["fold"])
        torn = [group for group, subsets in parts.items() if len(subsets) > 1]
        torn += [group for (_, group), held_out in folds.items() if len(held_out) > 1]
        findings += [
            Finding(entry=None, place=f"{name} {group}", expected="one part", found="several")
            for group in sorted(torn)
        ]
    return Outcome(findings=findings, detail="splits and folds by chemical system and prototype")


def check_folds(built: Built) -> Outcome:
    """Each training entry of the primary split is held out once in every repeat."""
    train = {
        row["id"]
        for row in built.tables["splits"]
        if row["split_name"] == PRIMARY and row["subset"] == "train"
    }
    held_out: dict[tuple[str, int], Counter[str]] = {}
    for row in built.tables["folds"]:
        held_out.setdefault((row["scheme"], row["repeat"]), Counter())[row["id"]] += 1
    findings = list(_uncovered(held_out, train))
    schemes = sorted({scheme for scheme, _ in held_out})
    detail = f"{', '.join(schemes)}: {built.folds.n_repeats} repeats of {built.folds.n_folds} folds"
    return Outcome(findings=findings, detail=detail)


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="structures_are_sound",
        description=(
            f"Every structure is neutral, holds Li, and has at most {MAX_SITES} sites and "
            f"{MAX_VOLUME_ANG3:g} Å³."
        ),
        run=check_structures,
    ),
    Check(
        name="barriers_are_ordered",
        description="E_1D <= E_2D <= E_3D, each a step of the bisection; missing is flagged.",
        run=check_labels,
    ),
    Check(
        name="families_are_represented",
        description=f"Every family has entries; {_FEWEST} to {_MOST} entries in all.",
        run=check_families,
    ),
    Check(
        name="nothing_crosses_the_split",
        description="No chemical system and no prototype is in two parts of its split or folds.",
        run=check_crossing,
    ),
    Check(
        name="folds_cover_training_once",
        description="In every repeat of every scheme each training entry is held out exactly once.",
        run=check_folds,
    ),
)


def _uncovered(
    held_out: Mapping[tuple[str, int], Counter[str]], train: set[str]
) -> Iterator[Finding]:
    for (scheme, repeat), counted in sorted(held_out.items()):
        for entry in sorted({*train, *counted}):
            if counted[entry] != (entry in train):
                yield Finding(
                    entry=None,
                    place=f"folds, {scheme} repeat {repeat}, id {entry!r}",
                    expected="once" if entry in train else "no test entry",
                    found=f"{counted[entry]} times",
                )


def _entry(entry: str, expected: str, found: str) -> Finding:
    return Finding(entry=entry, place=f"id {entry!r}", expected=expected, found=found)


# From nothing but code to the tables of BVEL-proto, with every integrity check on the way


Labeller = Callable[["Structure"], Barriers]
Relabeller = Callable[[str, "Structure"], Mapping[str, Barriers]]
Progress = Callable[[str, int, int], None]

NO_PARAMETERS = "an ion without parameters in BVlain"
NO_PERCOLATION = "no percolation in any dimension below encut"


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:  # noqa: ARG001 - nothing is fetched
    """Generate, label, tabulate and check a version; ``raw`` is not read.

    Raises:
        IngestError: Every finding of the checks on the tables.
    """
    return build_version(pinned)


def build_version(
    pinned: DatasetVersion,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
    progress: Progress | None = None,
) -> BuiltVersion:
    """The same, with a say in how labels are computed and who hears of the progress.

    Args:
        pinned: The version; its fold settings also seed the splits.
        label: Computes the barriers of a structure.
        again: Computes them for every variant of a structure, for the label's noise.
        progress: Called with what is done, the number of structures done and their total.

    Raises:
        IngestError: Every finding of the checks on the tables.
    """
    made = generate()
    labels = label_all(made, label=label, progress=progress)
    relabelled = _relabel_sample(made.candidates, again=again, progress=progress)
    sources = {prototype.name: prototype.source for prototype in all_prototypes()}
    tables = build_tables(made.candidates, labels, relabelled, sources, pinned.folds)
    built = Built(tables=rows_of(tables), folds=pinned.folds, families=made.families)
    results = run_checks(DATASET, TABLE_CHECKS, built)
    return BuiltVersion(tables=tables, checks=tuple(results), summary=summarise(built.tables, made))


def label_all(
    made: Generated, *, label: Labeller = barriers_of, progress: Progress | None = None
) -> Mapping[str, Barriers]:
    """Barriers of every structure; those that have none are left out of ``made``, with the reason.

    Returns:
        Id → barriers of the structures that stay.
    """
    labels: dict[str, Barriers] = {}
    kept: list[Candidate] = []
    for number, candidate in enumerate(made.candidates, start=1):
        try:
            barriers = label(candidate.structure())
        except IonLadderError:
            made.reject(NO_PARAMETERS, candidate.name)
            continue
        finally:
            if progress is not None:
                progress("labelled", number, len(made.candidates))
        if barriers.e_1d_ev is None:
            made.reject(NO_PERCOLATION, candidate.name)
            continue
        labels[candidate.id] = barriers
        kept.append(candidate)
    made.candidates = kept
    return labels


def _relabel_sample(
    candidates: list[Candidate], *, again: Relabeller, progress: Progress | None
) -> dict[str, Mapping[str, Barriers]]:
    by_id = {candidate.id: candidate for candidate in candidates}
    chosen = sample(by_id)
    relabelled = {}
    for number, entry in enumerate(chosen, start=1):
        relabelled[entry] = again(entry, by_id[entry].structure())
        if progress is not None:
            progress("labelled in every variant", number, len(chosen))
    return relabelled


# A version of BVEL-proto on disk: written once, recomputed by anybody


ReleaseRow = dict[str, Any]

DRAWN_HERE = "1.1.0"
SAMPLE_SIZE = 30


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a recomputation looked at.

    Attributes:
        version: The version.
        n_labels: Structures labelled again.
        draw: Whether structures, splits and folds were made again too.
        problems: Rows and tables that came out otherwise.
    """

    version: str
    n_labels: int
    draw: bool = False
    problems: tuple[Problem, ...]


def require_bvlain() -> None:
    """Make sure that the version of BVlain which defines the labels is installed.

    Raises:
        ConfigError: It is not, or another version is.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("bvlain")
    except PackageNotFoundError:
        found = "none"
    if found != BVLAIN_VERSION:
        raise ConfigError(
            Problem(
                where="extra bvel",
                expected=f"bvlain {BVLAIN_VERSION}, whose numbers the labels are",
                found=found,
                next_step='Install it: pip install "ionladder[bvel]".',
            )
        )


def embedded_version(params: Params, version: str) -> DatasetVersion:
    """What ``params.yaml`` says of a version.

    Raises:
        ConfigError: It is not listed there.
    """
    pinned = params.find(DATASET.name, version)
    if pinned is not None:
        return pinned
    listed = [one.version for one in params.versions.values() if one.dataset == DATASET.name]
    raise ConfigError(
        Problem(
            where=f"params.yaml, embedded, {DATASET.name} {version}",
            expected="the version with its fold settings",
            found=f"only {', '.join(listed) or 'none'}",
            next_step=f"List it as {version_key(DATASET.name, version)}, or name another version.",
        )
    )


def release(
    layout: Layout,
    pinned: DatasetVersion,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
    progress: Progress | None = None,
) -> Manifest:
    """Build a version and write its tables and manifest, or change nothing.

    Raises:
        ConfigError: Its structures were drawn by other code than this.
        IngestError: A check failed, or the result is not the released version.
    """
    _require_drawn_here(pinned.version)
    built = build_version(pinned, label=label, again=again, progress=progress)
    manifest = manifest_of(pinned, built)
    committed = read_manifest(layout, DATASET.name, pinned.version)
    if committed is not None:
        where = layout.relative(layout.manifest(DATASET.name, pinned.version))
        problems = released_problems(committed, manifest, where=where)
        if problems:
            raise IngestError(problems)
    for spec in DATASET.tables:
        table = built.tables[spec.name]
        metadata = {
            "dataset": DATASET.name,
            "version": pinned.version,
            "licence": DATASET.licence,
            "content_sha256": content_hash(table, key=list(spec.key)),
        }
        path = layout.table(DATASET.name, pinned.version, spec.name)
        write_parquet(path, table, sort_by=spec.key, metadata=metadata)
    write_checksums(layout, DATASET.name, pinned.version)
    write_text(layout.manifest(DATASET.name, pinned.version), to_json(manifest))
    return manifest


def manifest_of(pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """The manifest of a built version; its source is the recipe instead of pinned files."""
    return {**make_manifest(DATASET, pinned, built), "source": recipe()}


def recompute_all(
    layout: Layout, pinned: DatasetVersion, *, progress: Progress | None = None
) -> Recomputed:
    """Label every structure again; where this code drew them, make them again before.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    if pinned.version != DRAWN_HERE:
        return recompute_sample(layout, pinned.version, n=None, progress=progress)
    tables = {
        spec.name: read_table(layout, DATASET.name, pinned.version, spec.name)
        for spec in DATASET.tables
    }
    built = build_version(pinned, progress=progress)
    stored, fresh = _by_id(tables["labels"]), _by_id(built.tables["labels"])
    problems = _label_problems(pinned.version, stored, fresh)
    for spec in DATASET.tables:
        hashes = {content_hash(t[spec.name], key=list(spec.key)) for t in (tables, built.tables)}
        if len(hashes) > 1:
            problems.append(_table_problem(pinned.version, spec.name))
    return Recomputed(
        version=pinned.version, n_labels=len(fresh), draw=True, problems=tuple(problems)
    )


def recompute_sample(
    layout: Layout,
    version: str,
    *,
    n: int | None = SAMPLE_SIZE,
    progress: Progress | None = None,
) -> Recomputed:
    """Label n of the stored structures again, the same few every time; None means all of them.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    entries, sites, labels = (
        _by_id(read_table(layout, DATASET.name, version, name))
        for name in ("entries", "structures", "labels")
    )
    chosen = sorted(entries, key=lambda entry: sha256_bytes(f"verify|{entry}".encode()))[:n]
    fresh = {}
    for number, entry in enumerate(chosen, start=1):
        fresh[entry] = label_row(entry, barriers_of(structure_of(entries[entry], sites[entry])))
        if progress is not None:
            progress("labelled", number, len(chosen))
    stored = {entry: labels[entry] for entry in chosen}
    problems = _label_problems(version, stored, fresh)
    return Recomputed(version=version, n_labels=len(chosen), problems=tuple(problems))


def _require_drawn_here(version: str) -> None:
    if version != DRAWN_HERE:
        raise ConfigError(
            Problem(
                where=f"{DATASET.name} {version}",
                expected=f"{DRAWN_HERE}, which this code draws",
                found=f"{version}, which other code drew",
                next_step="Its tables are in git; `ionladder bvel-proto verify` checks its labels.",
            )
        )


def _label_problems(
    version: str, stored: Mapping[str, ReleaseRow], fresh: Mapping[str, ReleaseRow]
) -> list[Problem]:
    return [
        Problem(
            where=f"labels of {DATASET.name} {version}, id {entry!r}",
            expected=_shown(stored.get(entry)),
            found=_shown(fresh.get(entry)),
            next_step="Compare the versions of bvlain, numpy, scipy and pymatgen with the lock.",
        )
        for entry in sorted({*stored, *fresh})
        if stored.get(entry) != fresh.get(entry)
    ]


def _shown(row: ReleaseRow | None) -> str:
    if row is None:
        return "no such entry"
    values: Sequence[float | None] = [row[name] for name in ("e_1d_ev", "e_2d_ev", "e_3d_ev")]
    return ", ".join("none" if value is None else f"{value:.4f} eV" for value in values)


def _table_problem(version: str, name: str) -> Problem:
    return Problem(
        where=f"{name} of {DATASET.name} {version}",
        expected="the content that the generator makes",
        found="other content",
        next_step="Compare the versions of bvlain, numpy, scipy and pymatgen with the lock.",
    )


def _by_id(table: pa.Table) -> dict[str, ReleaseRow]:
    return {row["id"]: row for row in table.to_pylist()}
