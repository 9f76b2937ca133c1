"""The structures of the benchmark: drawn by hash, filtered, and each kept once."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.bvel_proto.candidate import Candidate, make_candidate
from ionladder.datasets.bvel_proto.filters import judge
from ionladder.datasets.bvel_proto.prototypes import Prototype, all_prototypes
from ionladder.datasets.bvel_proto.substitution import in_drawing_order

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

DUPLICATE = "the same structure as another candidate"
BINARY_SURPLUS = "a binary beyond their number"


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings:
    """How many structures are drawn.

    Attributes:
        per_hand_built: Most structures of a hand-built type.
        per_aflow: Most structures of an AFLOW type of three elements or more.
        per_binary: Most structures of an AFLOW type of two elements.
        binaries: Most binaries in all.
        tries: Most assignments looked at in a type.
    """

    per_hand_built: int = 22
    per_aflow: int = 8
    per_binary: int = 3
    binaries: int = 60
    tries: int = 400


SETTINGS = GeneratorSettings()


@dataclass(kw_only=True)
class Generated:
    """What a run of the generator made.

    Attributes:
        candidates: Structures, sorted by id.
        n_types: Structure types tried.
        n_tried: Assignments looked at.
        rejected: Reason → names of what was turned away for it.
    """

    candidates: list[Candidate] = field(default_factory=list)
    n_types: int = 0
    n_tried: int = 0
    rejected: dict[str, list[str]] = field(default_factory=dict)

    def reject(self, reason: str, name: str) -> None:
        """Note one that was turned away."""
        self.rejected.setdefault(reason, []).append(name)


def generate(settings: GeneratorSettings = SETTINGS) -> Generated:
    """Draw, filter and de-duplicate; the same code and libraries give the same structures.

    Raises:
        IngestError: Two structures got one id.
    """
    made = Generated()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        drawn: list[Candidate] = []
        prototypes = all_prototypes()
        for prototype in prototypes:
            drawn += _drawn(prototype, settings, made)
        unique = list(_unique(drawn, made))
    made.n_types = len(prototypes)
    hand_built = {prototype.name for prototype in prototypes if prototype.is_hand_built}
    kept = _few_binaries(unique, hand_built, settings.binaries, made)
    made.candidates = sorted(kept, key=lambda candidate: candidate.id)
    _require_own_ids(made.candidates)
    return made


def _drawn(
    prototype: Prototype, settings: GeneratorSettings, made: Generated
) -> Iterator[Candidate]:
    """The first accepted assignments of a type, in drawing order."""
    wanted = settings.per_aflow if len(prototype.labels) > 2 else settings.per_binary
    if prototype.is_hand_built:
        wanted = settings.per_hand_built
    for chosen in in_drawing_order(prototype)[: settings.tries]:
        if wanted == 0:
            return
        made.n_tried += 1
        verdict = judge(prototype, chosen)
        candidate = make_candidate(prototype, chosen, scale=verdict.scale)
        if verdict.reason is None:
            wanted -= 1
            yield candidate
        else:
            made.reject(verdict.reason, candidate.name)


def _unique(drawn: Iterable[Candidate], made: Generated) -> Iterator[Candidate]:
    """Leave out a structure that matches an earlier one of the same formula."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher = StructureMatcher(primitive_cell=True, scale=True, attempt_supercell=False)
    known: dict[str, list[Structure]] = {}
    for candidate in drawn:
        structure = candidate.structure()
        same_formula = known.setdefault(structure.composition.reduced_formula, [])
        if any(matcher.fit(structure, other) for other in same_formula):
            made.reject(DUPLICATE, candidate.name)
            continue
        same_formula.append(structure)
        yield candidate


def _few_binaries(
    unique: list[Candidate], hand_built: set[str], most: int, made: Generated
) -> list[Candidate]:
    """Keep hand-built binaries and, in the order of ids, as many others as there is room for."""
    binaries = [candidate for candidate in unique if len(set(candidate.ions)) == 2]
    binaries.sort(key=lambda candidate: (candidate.prototype not in hand_built, candidate.id))
    surplus = {candidate.id for candidate in binaries[most:]}
    for candidate in binaries[most:]:
        made.reject(BINARY_SURPLUS, candidate.name)
    return [candidate for candidate in unique if candidate.id not in surplus]


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
