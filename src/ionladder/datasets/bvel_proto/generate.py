"""The structures of the benchmark: all that the filters accept, and of these the drawn ones."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem
from ionladder.datasets.bvel_proto.candidate import Candidate
from ionladder.datasets.bvel_proto.draw import SETTINGS, GeneratorSettings, draw
from ionladder.datasets.bvel_proto.pool import System, accepted_systems
from ionladder.datasets.bvel_proto.prototypes import all_prototypes


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
