"""Rows of ``splits`` and ``folds`` from upstream's parts and groups of entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ionladder.datasets.checks import Finding, Outcome
from ionladder.datasets.litraj.columns import OFFICIAL
from ionladder.datasets.splits import grouped_folds
from ionladder.specs.params import FoldSettings

SUBSET = {"train": "train", "val": "train", "test": "test"}
"""Upstream's part → subset: models may learn from both train and val."""


def numbered(groups: Sequence[str]) -> list[int]:
    """Number of each entry's group, groups in alphabetical order; from 1.

    Example:
        >>> numbered(["mp-2", "mp-1", "mp-2"])
        [2, 1, 2]
    """
    numbers = {name: place for place, name in enumerate(sorted(set(groups)), start=1)}
    return [numbers[name] for name in groups]


def split_columns(
    ids: Sequence[str], parts: Sequence[str], components: Sequence[int]
) -> dict[str, Sequence[Any]]:
    """Columns of ``splits`` that every dataset has."""
    return {
        "split_name": [OFFICIAL] * len(ids),
        "id": ids,
        "subset": [SUBSET[part] for part in parts],
        "part": parts,
        "component": components,
    }


def fold_columns(
    ids: Sequence[str],
    parts: Sequence[str],
    components: Sequence[int],
    settings: FoldSettings,
    *,
    scheme: str,
) -> dict[str, list[Any]]:
    """Columns of ``folds``: whole groups of the entries that models may learn from."""
    train = {
        entry: component
        for entry, part, component in zip(ids, parts, components, strict=True)
        if SUBSET[part] == "train"
    }
    rows = [
        (scheme, repeat, fold, entry)
        for repeat in range(settings.n_repeats)
        for entry, fold in grouped_folds(train, settings, repeat=repeat).items()
    ]
    names = ("scheme", "repeat", "fold", "id")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the check on folds looks at: columns of both tables.

    Attributes:
        splits: Columns of ``splits``.
        folds: Columns of ``folds``.
    """

    splits: Mapping[str, Sequence[Any]]
    folds: Mapping[str, Sequence[Any]]


def check_folds(drawn: Drawn) -> Outcome:
    """Each training entry is held out once in every repeat, and no group is in two folds."""
    component = dict(zip(drawn.splits["id"], drawn.splits["component"], strict=True))
    subset = zip(drawn.splits["id"], drawn.splits["subset"], strict=True)
    train = sorted(entry for entry, name in subset if name == "train")
    repeats: dict[int, list[str]] = {}
    places: dict[tuple[int, int], set[int]] = {}
    rows = zip(drawn.folds["repeat"], drawn.folds["fold"], drawn.folds["id"], strict=True)
    for repeat, fold, entry in rows:
        repeats.setdefault(repeat, []).append(entry)
        places.setdefault((repeat, component[entry]), set()).add(fold)
    findings = [
        Finding(entry=None, place=f"folds, repeat {n}", expected="every entry once", found="others")
        for n, entries in repeats.items()
        if sorted(entries) != train
    ]
    torn = sum(len(folds) > 1 for folds in places.values())
    if torn:
        findings.append(
            Finding(entry=None, place="folds", expected="whole groups", found=f"{torn} torn")
        )
    n_folds = len(set(drawn.folds["fold"]))
    return Outcome(findings=findings, detail=f"{len(repeats)} repeat(s) of {n_folds} folds")
