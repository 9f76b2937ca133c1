"""Frozen splits and folds, drawn from hashes: by chemical system, by prototype, and at random.

A split takes whole groups into the test part, in the order of
``sha256("<seed>|split|<name>|<group>")``, and passes over a group that would take it beyond a fifth
of the entries. Groups of the random split are single entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.splits import grouped_folds, shuffled_folds
from ionladder.specs.params import FoldSettings

CHEMSYS, PROTOTYPE, RANDOM = "chemsys", "prototype", "random"
SPLITS = (CHEMSYS, PROTOTYPE, RANDOM)
PRIMARY = CHEMSYS
_TEST_SHARE = 0.2


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """What groups an entry belongs to.

    Attributes:
        chemsys: Its chemical system.
        prototype: Its structure type.
        family: The class of its structure type.
        anion_class: The class of its anions.
    """

    chemsys: str
    prototype: str
    family: str
    anion_class: str

    def group(self, split: str, entry: str) -> str:
        """The group that a split keeps whole."""
        return {CHEMSYS: self.chemsys, PROTOTYPE: self.prototype, RANDOM: entry}[split]


def draw_splits(entries: Mapping[str, Grouping], *, seed: int) -> list[dict[str, Any]]:
    """Rows of the ``splits`` table.

    Args:
        entries: Entry id → its groups.
        seed: Enters the hashes that order groups.
    """
    systems = sorted({grouping.chemsys for grouping in entries.values()})
    number = {system: position for position, system in enumerate(systems, start=1)}
    rows = []
    for name in SPLITS:
        test = _test_entries(entries, name, seed=seed)
        rows += [
            {
                "split_name": name,
                "id": entry,
                "subset": "test" if entry in test else "train",
                "component": number[grouping.chemsys],
                "family": grouping.family,
                "anion_class": grouping.anion_class,
            }
            for entry, grouping in sorted(entries.items())
        ]
    return rows


def draw_folds(
    entries: Mapping[str, Grouping], train: set[str], settings: FoldSettings
) -> list[dict[str, Any]]:
    """Rows of the ``folds`` table: every scheme over the training entries of the primary split.

    Args:
        entries: Entry id → its groups.
        train: Training entries.
        settings: Folds per repeat, repeats and seed.
    """
    rows = []
    for scheme in SPLITS:
        for repeat in range(settings.n_repeats):
            if scheme == RANDOM:
                assigned = shuffled_folds(sorted(train), settings, repeat=repeat)
            else:
                components = _numbered({e: entries[e].group(scheme, e) for e in train})
                assigned = grouped_folds(components, settings, repeat=repeat)
            rows += [
                {"scheme": scheme, "repeat": repeat, "fold": fold, "id": entry}
                for entry, fold in assigned.items()
            ]
    return rows


def _test_entries(entries: Mapping[str, Grouping], split: str, *, seed: int) -> set[str]:
    members: dict[str, list[str]] = {}
    for entry in sorted(entries):
        members.setdefault(entries[entry].group(split, entry), []).append(entry)
    order = sorted(members, key=lambda group: _rank(seed, split, group))
    room = int(_TEST_SHARE * len(entries))
    test: set[str] = set()
    for group in order:
        if len(test) + len(members[group]) <= room:
            test.update(members[group])
    return test


def _numbered(groups: Mapping[str, str]) -> dict[str, int]:
    numbers = {group: position for position, group in enumerate(sorted(set(groups.values())))}
    return {entry: numbers[group] for entry, group in groups.items()}


def _rank(seed: int, split: str, group: str) -> str:
    return sha256_bytes(f"{seed}|split|{split}|{group}".encode())
