"""The size of a substituted cell, and the reasons for which a substitution is turned away.

All distances scale together, so that one factor fits the cell to its ions: the median over cations
of (distance to the nearest anion) / (sum of Shannon radii) becomes 1. The coordination number that
picks a radius counts anions up to 1.25 times as far as the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ionladder.datasets.bvel_proto.ions import LI, ion, radius
from ionladder.datasets.bvel_proto.prototypes import Array, Prototype, Surroundings
from ionladder.datasets.bvel_proto.substitution import Assignment

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
