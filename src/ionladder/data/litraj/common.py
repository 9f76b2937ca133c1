"""What the ingests of all LiTraj archives share: members, hops, compositions, splits, progress."""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.data.archives import ZipMembers
from ionladder.data.ingest import Check, Finding, Findings, check, draw_folds, grouped_folds
from ionladder.data.litraj.xyz import SYMBOLS, upstream_problem
from ionladder.data.slices import ANION_CLASSES
from ionladder.data.store import CheckResult
from ionladder.errors import IngestError, first_few

if TYPE_CHECKING:
    from ionladder.config import FoldSettings

#: Upstream's own parts, in the order of its files.
PARTS = ("train", "val", "test")

#: Upstream's part → subset: models may learn from both train and val.
SUBSET = {"train": "train", "val": "train", "test": "test"}

SUBSETS = ("train", "test")

#: Name of upstream's split.
OFFICIAL = "official"

#: Column → values, one an entry.
Columns = Mapping[str, Sequence[Any]]


def find_members(archive: ZipMembers, names: Sequence[str], *, where: str) -> dict[str, str]:
    """File name → path inside the archive, whatever the folder around the files is called.

    Args:
        archive: The archive.
        names: File names, without folder; upstream's README also spells MPLiTrj as MPLiTraj.
        where: The archive's name, for errors.

    Raises:
        IngestError: Some are not there, or are there twice; all are named.
    """
    paths: dict[str, list[str]] = {name: [] for name in names}
    for path in archive.names:
        paths.get(PurePosixPath(path).name.replace("MPLiTraj", "MPLiTrj"), []).append(path)
    only = f"only {first_few(archive.names)}"
    problems = [
        upstream_problem(f"{where}, {name}", "one such file", first_few(hits) or only)
        for name, hits in paths.items()
        if len(hits) != 1
    ]
    if problems:
        raise IngestError(problems)
    return {name: hits[0] for name, hits in paths.items()}


@contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, and nothing where output is piped.

    Args:
        doing: What the bar counts (``BVEL13k: structures``).
        total: How many there are in all.

    Yields:
        A function to call with how many more are done.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.advance(task, done)


# What follows from the atoms of a cell alone


class Composition(NamedTuple):
    """Atoms of a cell, the dummy atom left out.

    Attributes:
        formula: Reduced formula, as pymatgen writes it.
        formula_norm: Atomic fractions to five decimals, elements in alphabetical order.
        chemsys: Its elements in alphabetical order, joined by hyphens.
        anion: Most frequent element of ``ANION_CLASSES``, the more electronegative of equally
            frequent ones; empty where there is none.
        anion_class: Class of the anion, or ``other``.
        n_atoms: Number of atoms.
        n_li: Number of Li among them.
    """

    formula: str
    formula_norm: str
    chemsys: str
    anion: str
    anion_class: str
    n_atoms: int
    n_li: int


def composition_of(numbers: npt.NDArray[np.uint8]) -> Composition:
    """The composition of a cell from the atomic numbers of its sites.

    Example:
        >>> found = composition_of(np.array([3] * 12 + [15] * 4 + [8] * 16 + [0]))
        >>> found.formula, found.chemsys, found.anion_class, found.n_atoms
        ('Li3PO4', 'Li-O-P', 'oxide', 32)
    """
    counts = np.bincount(numbers)
    present = np.flatnonzero(counts)
    return _composition(tuple((SYMBOLS[z], int(counts[z])) for z in present.tolist() if z))


@lru_cache(maxsize=200_000)
def _composition(counts: tuple[tuple[str, int], ...]) -> Composition:
    from pymatgen.core.composition import Composition as Reducible

    amounts = dict(sorted(counts))
    total = sum(amounts.values())
    anions = [symbol for symbol in ANION_CLASSES if symbol in amounts]
    anion = max(anions, key=lambda symbol: amounts[symbol], default="")
    return Composition(
        formula=Reducible(amounts).reduced_formula,
        formula_norm=" ".join(f"{symbol}{n / total:.5f}" for symbol, n in amounts.items()),
        chemsys="-".join(amounts),
        anion=anion,
        anion_class=ANION_CLASSES.get(anion, "other"),
        n_atoms=total,
        n_li=amounts.get("Li", 0),
    )


# Hops by name: a material, two Li sites of its unit cell, and a periodic image


_EDGE = re.compile(r"(mp-[0-9]+)_([0-9]+)_([0-9]+)_(-?[0-9]+)_(-?[0-9]+)_(-?[0-9]+)")


class Edge(NamedTuple):
    """A hop.

    Attributes:
        material_id: The material (``mp-2878``).
        source_site: Site of the unit cell that the ion leaves, from 0.
        target_site: Site of the unit cell that it reaches, from 0.
        offset_a, offset_b, offset_c: Cell in which the target is, in lattice vectors from that of
            the source.
    """

    material_id: str
    source_site: int
    target_site: int
    offset_a: int
    offset_b: int
    offset_c: int


def parse_edge_id(text: str) -> Edge | None:
    """Read ``{material_id}_{source}_{target}_{ox}_{oy}_{oz}``; None for another form.

    A hop from a site to the site itself, not to its image, is no hop.

    Example:
        >>> parse_edge_id("mp-1211498_4_5_1_-1_-1")[3:]
        (1, -1, -1)
        >>> parse_edge_id("mp-1_4_4_0_0_0") is None
        True
    """
    hit = _EDGE.fullmatch(text)
    if hit is None:
        return None
    edge = Edge(hit[1], *map(int, hit.groups()[1:]))
    return edge if edge.source_site != edge.target_site or any(edge[3:]) else None


def barrier_of(text: object) -> float:
    """A barrier in eV; NaN for anything but a finite number of 0 or more."""
    try:
        value = float(str(text))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value >= 0 and "_" not in str(text) else math.nan


# Materials in several parts of upstream's split: measured and shown, never refused


def material_overlap(
    parts: Sequence[str], materials: Sequence[str]
) -> tuple[CheckResult, dict[str, Any]]:
    """Count the materials that are in two parts.

    Args:
        parts: Part of every entry.
        materials: Material of every entry.

    Returns:
        The measurement as a check, which cannot fail; and the summary for the dataset card.

    Example:
        >>> check, summary = material_overlap(["train", "test", "test"], ["mp-1", "mp-1", "mp-2"])
        >>> summary["shared"]["train|test"]
        {'materials': 1, 'entries': 1, 'first': ['mp-1']}
    """
    counts: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
    for part, material in zip(parts, materials, strict=True):
        counts[part][material] += 1
    shared, texts = {}, []
    for one, other in combinations(PARTS, 2):
        both = sorted(counts[one].keys() & counts[other].keys())
        entries = sum(counts[other][material] for material in both)
        texts.append(
            f"{one} and {other} share {len(both)} of {len(counts[other])} materials"
            f" ({entries} entries of {other})" + (f": {first_few(both)}" if both else "")
        )
        shared[f"{one}|{other}"] = {"materials": len(both), "entries": entries, "first": both[:3]}
    return CheckResult(
        "material_overlap_is_known",
        "Materials that stand in several parts are counted; they are not refused.",
        "; ".join(texts),
    ), {"materials": {part: len(counts[part]) for part in PARTS}, "shared": shared}


# Rows of ``splits`` and ``folds`` from upstream's parts and groups of entries


def split_columns(ids: Sequence[str], parts: Sequence[str], components: Sequence[int]) -> Columns:
    """Columns of ``splits`` that every dataset has."""
    return {
        "split_name": [OFFICIAL] * len(ids),
        "id": ids,
        "subset": [SUBSET[part] for part in parts],
        "part": parts,
        "component": components,
    }


def fold_columns(splits: Columns, settings: FoldSettings, *, scheme: str) -> Columns:
    """Columns of ``folds``: whole groups of the entries that models may learn from."""
    rows = zip(splits["id"], splits["subset"], splits["component"], strict=True)
    train = {entry: component for entry, subset, component in rows if subset == "train"}
    folds = draw_folds(train, settings, {scheme: grouped_folds})
    return {name: [row[name] for row in folds] for name in ("scheme", "repeat", "fold", "id")}


def folds_check(together: str) -> Check[tuple[Columns, Columns]]:
    """Each training entry is held out once in every repeat, and no group is in two folds.

    Args:
        together: What is held out with an entry, in words (``its whole chemical system``).

    Returns:
        A check of the columns of ``splits`` and of ``folds``.
    """
    return replace(
        folds_cover_training_once,
        description=f"Each entry of train and val is held out once, with {together}.",
    )


@check
def folds_cover_training_once(tables: tuple[Columns, Columns]) -> Findings:
    """Each entry of train and val is held out once."""
    splits, folds = tables
    component = dict(zip(splits["id"], splits["component"], strict=True))
    subset = zip(splits["id"], splits["subset"], strict=True)
    train = sorted(entry for entry, name in subset if name == "train")
    held_out: dict[int, list[str]] = {}
    folds_of: dict[tuple[int, int], set[int]] = {}
    for repeat, fold, entry in zip(folds["repeat"], folds["fold"], folds["id"], strict=True):
        held_out.setdefault(repeat, []).append(entry)
        folds_of.setdefault((repeat, component[entry]), set()).add(fold)
    for n, entries in held_out.items():
        if sorted(entries) != train:
            yield Finding(f"folds, repeat {n}", "every entry once", "others")
    if torn := sum(len(numbers) > 1 for numbers in folds_of.values()):
        yield Finding("folds", "whole groups", f"{torn} torn")
    return f"{len(held_out)} repeat(s) of {len(set(folds['fold']))} folds"
