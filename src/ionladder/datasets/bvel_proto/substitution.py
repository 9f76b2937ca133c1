"""Charge-balanced substitution: which ions may sit on the labels of a structure type."""

from __future__ import annotations

from collections.abc import Iterator

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.bvel_proto.ions import ANIONS, CATIONS, LI, Ion, ion
from ionladder.datasets.bvel_proto.prototypes import Prototype

SEED = 20250221

Assignment = dict[str, str]


def assignments(prototype: Prototype) -> list[Assignment]:
    """Every neutral assignment of ions to labels with Li+ on one label and no element twice.

    Returns:
        Label → ion name, in alphabetical order of :func:`assignment_name`.
    """
    found = {assignment_name(chosen): chosen for chosen in _neutral(prototype)}
    return [found[name] for name in sorted(found)]


def drawing_rank(prototype: Prototype, chosen: Assignment) -> str:
    """The hash that gives an assignment its place among those that are tried.

    It is that of ``<seed>|<prototype>|<assignment>``: no random generator, no dependence on the
    order of sets or on the number of assignments before.
    """
    return sha256_bytes(f"{SEED}|{prototype.name}|{assignment_name(chosen)}".encode())


def assignment_name(chosen: Assignment) -> str:
    """An assignment as text.

    Example:
        >>> assignment_name({"B": "Co3+", "A": "Li+", "X": "O2-"})
        'A=Li+ B=Co3+ X=O2-'
    """
    return " ".join(f"{label}={chosen[label]}" for label in sorted(chosen))


def _neutral(prototype: Prototype) -> Iterator[Assignment]:
    """Choose ions label by label; the last label takes what neutrality leaves."""
    labels = prototype.labels
    choices = {label: _choices(prototype, label) for label in labels}
    by_charge: dict[str, dict[int, list[Ion]]] = {}
    for label in labels:
        by_charge[label] = {}
        for candidate in choices[label]:
            by_charge[label].setdefault(candidate.charge, []).append(candidate)
    yield from _extend(prototype, labels, choices, by_charge[labels[-1]], [], 0)


def _extend(
    prototype: Prototype,
    labels: tuple[str, ...],
    choices: dict[str, list[Ion]],
    last: dict[int, list[Ion]],
    chosen: list[Ion],
    charge: int,
) -> Iterator[Assignment]:
    label = labels[len(chosen)]
    count = prototype.counts[label]
    is_last = len(chosen) == len(labels) - 1
    if is_last:
        candidates = last.get(-charge // count, []) if charge % count == 0 else []
    else:
        candidates = choices[label]
    symbols = {one.symbol for one in chosen}
    for candidate in candidates:
        if candidate.symbol in symbols:
            continue
        now = [*chosen, candidate]
        if not is_last:
            total = charge + count * candidate.charge
            yield from _extend(prototype, labels, choices, last, now, total)
        elif _is_candidate(now):
            yield {name: one.name for name, one in zip(labels, now, strict=True)}


def _is_candidate(chosen: list[Ion]) -> bool:
    return any(one.name == LI for one in chosen) and any(one.charge < 0 for one in chosen)


def _choices(prototype: Prototype, label: str) -> list[Ion]:
    role = prototype.roles[label]
    names: tuple[str, ...] = ()
    if role != "anion":
        names += tuple(CATIONS)
    if role != "cation":
        names += ANIONS
    return [ion(name) for name in names]
