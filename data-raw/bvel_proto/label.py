"""Label the candidates of BVEL-proto with BVlain, check everything, and write the version.

``python data-raw/bvel_proto/label.py`` reads what ``generate.py`` wrote and writes the tables and
the manifest of version ``DRAWN_HERE``; about a quarter of a CPU-hour. A result that differs from
the committed manifest is refused, and nothing is written.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import generate
from generate import CANDIDATES, MAX_SITES, MAX_VOLUME_ANG3, Candidate, Generated, read_candidates
from ionladder.config import DatasetVersion, FoldSettings, Params, load_params
from ionladder.data.bond_valence import (
    BVLAIN_VERSION,
    SETTINGS,
    Barriers,
    BarrierSettings,
    barriers_of,
    ion,
    label_row,
)
from ionladder.data.bvel_proto.crystals import CELL, structure
from ionladder.data.distances import distance_check
from ionladder.data.ingest import Check, Finding, Outcome, grouped_folds, run_checks, shuffled_folds
from ionladder.data.registry import get_dataset
from ionladder.data.store import (
    BuiltVersion,
    Manifest,
    make_manifest,
    read_manifest,
    released_problems,
    table_from_rows,
    version_key,
)
from ionladder.errors import ConfigError, IngestError, IonLadderError, Problem
from ionladder.repo import (
    Layout,
    content_hash,
    find_layout,
    sha256_bytes,
    to_json,
    write_checksums,
    write_parquet,
    write_text,
)
from prototypes import LI, SEED, anion_class

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.structure import Structure

DATASET = get_dataset("bvel_proto")
DRAWN_HERE = "1.2.0"
"""The version that this code draws."""

TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")

Row = dict[str, Any]
Labeller = Callable[["Structure"], Barriers]
Relabeller = Callable[[str, "Structure"], Mapping[str, Barriers]]


# How much a label depends on choices that mean nothing: grid phase, grid spacing, choice of cell


SAMPLE_SIZE = 60

REFERENCE = "reference"
RESOLUTIONS_ANG = (0.15, 0.175, 0.225, 0.25)
PHASES = ("a", "b", "c")
CONVENTIONAL, DOUBLED = "cell_conventional", "cell_doubled"

Variant = tuple[str, "Structure", BarrierSettings]


def sample(entries: Iterable[str], *, n: int = SAMPLE_SIZE) -> list[str]:
    """The entries to label again: the first n in the order of ``sha256("noise|<id>")``, sorted."""
    order = sorted(entries, key=lambda entry: sha256_bytes(f"noise|{entry}".encode()))
    return sorted(order[:n])


def variants(entry: str, structure: Structure) -> Iterator[Variant]:
    """Equally good ways to label one structure, except the reference itself.

    Args:
        entry: Its id; the grid phases are drawn from it.
        structure: As stored.

    Yields:
        Name, structure and settings. ``resolution_…``: another grid spacing in Å.
        ``phase_…``: all sites moved by up to one grid step along each axis. ``cell_conventional``:
        the conventional cell instead of the primitive one. ``cell_doubled``: the shortest axis
        doubled.
    """
    for resolution in RESOLUTIONS_ANG:
        name = f"resolution_{resolution:g}"
        yield name, structure, replace(SETTINGS, resolution_ang=resolution)
    for phase in PHASES:
        moved = structure.copy()
        everything = list(range(len(moved)))
        moved.translate_sites(everything, _phase(entry, phase, structure), frac_coords=True)
        yield f"phase_{phase}", moved, SETTINGS
    yield CONVENTIONAL, _conventional(structure), SETTINGS
    times = [1, 1, 1]
    times[structure.lattice.abc.index(min(structure.lattice.abc))] = 2
    yield DOUBLED, structure.make_supercell(times, in_place=False), SETTINGS


def relabel(entry: str, structure: Structure) -> dict[str, Barriers]:
    """Variant → barriers of one structure under every variant."""
    return {
        name: barriers_of(varied, settings) for name, varied, settings in variants(entry, structure)
    }


def _conventional(structure: Structure) -> Structure:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    analyzer = SpacegroupAnalyzer(structure, symprec=0.01)
    conventional: Structure = analyzer.get_conventional_standard_structure()
    return conventional


def _phase(entry: str, phase: str, structure: Structure) -> list[float]:
    """A shift of less than one grid step along each axis, fractional, from a hash."""
    shift = []
    for axis, length in zip("xyz", structure.lattice.abc, strict=True):
        digest = sha256_bytes(f"phase|{phase}|{axis}|{entry}".encode())
        part = int(digest[:8], 16) / 2**32
        shift.append(part / max(1, int(length // SETTINGS.resolution_ang) - 1))
    return shift


# Frozen splits and folds, drawn from hashes: by chemical system, by prototype, and at random


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


# The tables of BVEL-proto from structures and labels

_SYMMETRY_ANG = 0.01


def build_tables(
    candidates: Sequence[Candidate],
    labels: Mapping[str, Barriers],
    relabelled: Mapping[str, Mapping[str, Barriers]],
    sources: Mapping[str, str],
    settings: FoldSettings,
) -> dict[str, pa.Table]:
    """Every table of a version.

    Args:
        candidates: Structures.
        labels: Id → barriers, for every structure.
        relabelled: Id → variant → barriers, for the sample that was labelled again.
        sources: Prototype → where its coordinates come from.
        settings: How folds are drawn; its seed also draws the splits.
    """
    entries = [_entry(kept, sources[kept.prototype]) for kept in candidates]
    groups = {row["id"]: _grouping(row) for row in entries}
    splits = draw_splits(groups, seed=settings.seed)
    train = {r["id"] for r in splits if r["split_name"] == PRIMARY and r["subset"] == "train"}
    rows = {
        "entries": entries,
        "labels": [label_row(kept.id, labels[kept.id]) for kept in candidates],
        "structures": [_sites(kept) for kept in candidates],
        "splits": splits,
        "folds": draw_folds(groups, train, settings),
        "replicates": _replicates(labels, relabelled),
    }
    return {spec.name: table_from_rows(spec, rows[spec.name]) for spec in DATASET.tables}


def _replicates(
    labels: Mapping[str, Barriers], relabelled: Mapping[str, Mapping[str, Barriers]]
) -> list[Row]:
    return [
        {"id": entry, "variant": variant, **asdict(barriers)}
        for entry, of_variant in relabelled.items()
        for variant, barriers in {REFERENCE: labels[entry], **of_variant}.items()
    ]


def _entry(candidate: Candidate, source: str) -> Row:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    structure = candidate.structure()
    counts = {name: candidate.ions.count(name) for name in sorted(set(candidate.ions))}
    symbols = {ion(name).symbol: count for name, count in counts.items()}
    anions = [ion(name) for name in counts if ion(name).charge < 0]
    total = len(candidate.ions)
    return {
        "id": candidate.id,
        "formula": structure.composition.remove_charges().reduced_formula,
        "formula_norm": " ".join(f"{s}{symbols[s] / total:.5f}" for s in sorted(symbols)),
        "chemsys": "-".join(sorted(symbols)),
        "prototype": candidate.prototype,
        "family": candidate.family,
        "assignment": candidate.assignment,
        "anion": max(anions, key=lambda one: (counts[one.name], one.symbol)).symbol,
        "anion_class": anion_class(anions),
        "n_sites": total,
        "n_li": counts[LI],
        "space_group": SpacegroupAnalyzer(structure, _SYMMETRY_ANG).get_space_group_number(),
        **dict(zip(CELL, candidate.cell, strict=True)),
        "volume_ang3": round(float(structure.volume), 6),
        "source": source,
    }


def _sites(candidate: Candidate) -> Row:
    ions = [ion(name) for name in candidate.ions]
    return {
        "id": candidate.id,
        "species": [one.symbol for one in ions],
        "charges": [one.charge for one in ions],
        "frac_coords": [value for position in candidate.frac_coords for value in position],
    }


def _grouping(row: Row) -> Grouping:
    return Grouping(
        chemsys=row["chemsys"],
        prototype=row["prototype"],
        family=row["family"],
        anion_class=row["anion_class"],
    )


# Counts and distributions of BVEL-proto, for its manifest and the dataset card


_SUBSETS = ("train", "test")
_HISTOGRAM_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)
_NAMED = 3


def summarise(tables: Mapping[str, Sequence[Row]], made: Generated) -> dict[str, Any]:
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
        "not_percolating": {t: sum(r[t] is None for r in labels.values()) for t in TARGETS},
        "label_histogram": {
            "edges": list(_HISTOGRAM_EDGES_EV),
            **{target: _histogram([r[target] for r in labels.values()]) for target in TARGETS},
        },
        "label_quantiles": {t: _quantiles([r[t] for r in labels.values()]) for t in TARGETS},
        "dimensionality": _counted(row["dimensionality"] for row in labels.values()),
        "anion_class": _counted(row["anion_class"] for row in entries),
        "family": _families(entries, labels),
        "splits": {name: _split_sizes(tables["splits"], name) for name in SPLITS},
    }


def recipe() -> dict[str, Any]:
    """What the labels and structures follow from: the ``source`` of the manifest."""
    return {
        "generator": "make bvel-proto-generate bvel-proto-label",
        "seed": SEED,
        "structures": {
            **{one.name: getattr(generate.SETTINGS, one.name) for one in fields(generate.SETTINGS)},
            "shares": dict(generate.SETTINGS.shares),
        },
        "labels": {
            "program": f"bvlain {BVLAIN_VERSION}",
            "mobile_ion": "Li1+",
            "r_cut_ang": SETTINGS.r_cut_ang,
            "resolution_ang": SETTINGS.resolution_ang,
            "max_neighbours": SETTINGS.max_neighbours,
            "encut_ev": SETTINGS.encut_ev,
        },
    }


def _families(entries: Sequence[Row], labels: Mapping[str, Row]) -> dict[str, Any]:
    """Family → number of entries and quantiles of each target, most frequent first."""
    members: dict[str, list[str]] = {}
    for row in entries:
        members.setdefault(row["family"], []).append(row["id"])
    order = sorted(members, key=lambda name: (-len(members[name]), name))
    return {
        name: {
            "entries": len(members[name]),
            **{t: _quantiles([labels[i][t] for i in members[name]]) for t in TARGETS},
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


def _split_sizes(rows: Sequence[Row], name: str) -> list[int]:
    subsets = [row["subset"] for row in rows if row["split_name"] == name]
    return [subsets.count(subset) for subset in _SUBSETS]


# Integrity checks of BVEL-proto's tables


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

    tables: Mapping[str, list[Row]]
    folds: FoldSettings
    families: frozenset[str]


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
        findings += [_finding(entry["id"], what, "otherwise") for what, bad in wrong.items() if bad]
    return Outcome(findings=findings, detail=f"{len(sites)} structures")


def check_labels(built: Built) -> Outcome:
    """Barriers do not fall with dimension, and are steps of the bisection."""
    step = SETTINGS.encut_ev / 2**_BISECTIONS
    findings = []
    missing = 0
    for row in built.tables["labels"]:
        values = [row[target] for target in TARGETS]
        flags = [row[f"percolates_{key}"] for key in ("1d", "2d", "3d")]
        known = [value for value in values if value is not None]
        missing += len(values) - len(known)
        if known != sorted(known) or values[: len(known)] != known:
            findings.append(_finding(row["id"], "E_1D <= E_2D <= E_3D", str(values)))
        if any(abs(v - round(v / step) * step) > 5.1e-5 for v in known):
            findings.append(_finding(row["id"], f"multiples of {step} eV", str(values)))
        if flags != [value is not None for value in values]:
            findings.append(_finding(row["id"], "flags that agree with the barriers", str(flags)))
    total = len(TARGETS) * len(built.tables["labels"])
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


def _crystals(built: Built) -> Iterator[tuple[str, Structure]]:
    sites = {row["id"]: row for row in built.tables["structures"]}
    for entry in built.tables["entries"]:
        yield entry["id"], structure(entry, sites[entry["id"]])


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="structures_are_sound",
        description=(
            f"Every structure is neutral, holds Li, and has at most {MAX_SITES} sites and "
            f"{MAX_VOLUME_ANG3:g} Å³."
        ),
        run=check_structures,
    ),
    distance_check(_crystals),
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


def _finding(entry: str, expected: str, found: str) -> Finding:
    return Finding(entry=entry, place=f"id {entry!r}", expected=expected, found=found)


# From nothing but code to the tables of BVEL-proto, with every integrity check on the way


NO_PARAMETERS = "an ion without parameters in BVlain"
NO_PERCOLATION = "no percolation in any dimension below encut"


def build_version(
    made: Generated,
    pinned: DatasetVersion,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
) -> BuiltVersion:
    """Label, tabulate and check what was drawn.

    Args:
        made: What was drawn; structures without a label are taken out of it.
        pinned: The version; its fold settings also seed the splits.
        label: Computes the barriers of a structure.
        again: Computes them for every variant of a structure, for the label's noise.

    Raises:
        IngestError: Every finding of the checks on the tables.
    """
    labels = label_all(made, label=label)
    structures = {kept.id: kept.structure() for kept in made.candidates}
    relabelled = {
        entry: again(entry, structures[entry])
        for entry in counted("labelled in every variant", sample(structures))
    }
    tables = build_tables(made.candidates, labels, relabelled, made.sources, pinned.folds)
    built = Built(
        tables={name: table.to_pylist() for name, table in tables.items()},
        folds=pinned.folds,
        families=made.families,
    )
    results = run_checks(DATASET, TABLE_CHECKS, built)
    return BuiltVersion(tables=tables, checks=tuple(results), summary=summarise(built.tables, made))


def label_all(made: Generated, *, label: Labeller = barriers_of) -> Mapping[str, Barriers]:
    """Barriers of every structure; those that have none are left out of ``made``, with the reason.

    Returns:
        Id → barriers of the structures that stay.
    """
    labels: dict[str, Barriers] = {}
    kept: list[Candidate] = []
    for candidate in counted("labelled", made.candidates):
        try:
            barriers = label(candidate.structure())
        except IonLadderError:
            made.reject(NO_PARAMETERS, candidate.name)
            continue
        if barriers.e_1d_ev is None:
            made.reject(NO_PERCOLATION, candidate.name)
            continue
        labels[candidate.id] = barriers
        kept.append(candidate)
    made.candidates = kept
    return labels


def counted(what: str, names: Sequence[Any]) -> Iterator[Any]:
    """Go through names; a counter on a terminal, silence elsewhere."""
    for number, name in enumerate(names, start=1):
        yield name
        if sys.stderr.isatty():
            end = "\n" if number == len(names) else ""
            print(f"\r{what} {number} of {len(names)}", end=end, file=sys.stderr, flush=True)


# A version of BVEL-proto on disk: written once, recomputed by anybody


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


def release(layout: Layout, pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """Write tables and manifest of a built version, or change nothing.

    Raises:
        ConfigError: Its structures were drawn by other code than this.
        IngestError: The result is not the released version.
    """
    if pinned.version != DRAWN_HERE:
        raise ConfigError(
            Problem(
                where=f"{DATASET.name} {pinned.version}",
                expected=f"{DRAWN_HERE}, which this code draws",
                found=f"{pinned.version}, which other code drew",
                next_step="Its tables are in git; `make bvel-proto-verify` checks its labels.",
            )
        )
    manifest = {**make_manifest(DATASET, pinned, built), "source": recipe()}
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


def main() -> None:
    """Label, check and write; the names of what has no label are counted."""
    require_bvlain()
    layout = find_layout()
    pinned = embedded_version(load_params(layout), DRAWN_HERE)
    built = build_version(read_candidates(layout.root / CANDIDATES), pinned)
    manifest = release(layout, pinned, built)
    counts = manifest["summary"]["counts"]
    print(", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()))
    for reason, names in manifest["summary"]["generation"]["left_out"].items():
        print(f"left out, {reason}: {names['count']}")


if __name__ == "__main__":
    try:
        main()
    except IonLadderError as error:
        sys.exit(str(error))
