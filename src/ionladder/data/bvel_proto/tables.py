"""BVEL-proto: its tables and splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ionladder.config import FoldSettings
from ionladder.data.bond_valence import (
    LI,
    SETTINGS,
    Barriers,
    BarrierSettings,
    anion_class,
    barriers_of,
    ion,
)
from ionladder.data.bvel_proto.prototypes import Assignment, Prototype, assignment_name
from ionladder.data.ingest import grouped_folds, shuffled_folds
from ionladder.data.registry import get_dataset
from ionladder.data.store import table_from_rows
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.structure import Structure


# One structure of the benchmark: ions, rounded coordinates and the cell as it is stored


# Labels depend on the cell and the coordinates to the last digit, so both are rounded before.
DECIMALS = 6
_ID_DIGITS = 8
_CLEARANCE_ANG = 1e-4
_NUDGE = 1.0005

Triple = tuple[float, float, float]


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
        """Prototype and assignment, for letters and counts."""
        return f"{self.prototype} {self.assignment}"

    def structure(self) -> Structure:
        """As a pymatgen structure with oxidation states."""
        return make_structure(self.cell, self.ions, self.frac_coords)


def make_structure(
    cell: tuple[float, ...], ions: tuple[str, ...], frac_coords: tuple[Triple, ...]
) -> Structure:
    """A pymatgen structure with oxidation states, from what the tables hold."""
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.periodic_table import Species
    from pymatgen.core.structure import Structure

    species = [Species(ion(name).symbol, ion(name).charge) for name in ions]
    return Structure(Lattice.from_parameters(*cell), species, [list(xyz) for xyz in frac_coords])


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
    steps = length_ang / SETTINGS.resolution_ang
    return abs(steps - round(steps)) * SETTINGS.resolution_ang < _CLEARANCE_ANG


def _rounded(position: object) -> Triple:
    x, y, z = (round(float(value) % 1.0, DECIMALS) % 1.0 + 0.0 for value in position)  # type: ignore[attr-defined]
    return (x, y, z)


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


# The tables of BVEL-proto from structures and labels, and structures back from the tables


Row = dict[str, Any]

# A path counts as nearly as easy as the easiest when its barrier is at most this much higher.
SAME_PATH_EV = 0.2
_SYMMETRY_ANG = 0.01
_CELL = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")


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
        "labels": [label_row(k.id, labels[k.id]) for k in candidates],
        "structures": [_sites(kept) for kept in candidates],
        "splits": splits,
        "folds": draw_folds(groups, train, settings),
        "replicates": _replicates(labels, relabelled),
    }
    spec = get_dataset("bvel_proto")
    return {name: table_from_rows(spec.table(name), of) for name, of in rows.items()}


def label_row(entry: str, barriers: Barriers) -> Row:
    """One row of ``labels``."""
    flags = zip(("1d", "2d", "3d"), barriers.as_tuple(), strict=True)
    return {
        "id": entry,
        **_columns(barriers),
        **{f"percolates_{key}": value is not None for key, value in flags},
        "dimensionality": dimensionality(barriers),
    }


def dimensionality(barriers: Barriers) -> str:
    """Dimensions in which Li moves nearly as easily as along its easiest path.

    Example:
        >>> dimensionality(Barriers(e_1d_ev=0.4785, e_2d_ev=3.5938, e_3d_ev=3.6133))
        '1d'
    """
    easiest = barriers.e_1d_ev
    if easiest is None:
        return "none"
    named = zip(("3d", "2d"), (barriers.e_3d_ev, barriers.e_2d_ev), strict=True)
    near = [key for key, value in named if value is not None and value <= easiest + SAME_PATH_EV]
    return near[0] if near else "1d"


def structure_of(entry: Row, sites: Row) -> Structure:
    """A structure with oxidation states, from its rows in ``entries`` and ``structures``."""
    flat = sites["frac_coords"]
    positions: tuple[Triple, ...] = tuple(
        (flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)
    )
    pairs = zip(sites["species"], sites["charges"], strict=True)
    ions = tuple(_ion_name(symbol, charge) for symbol, charge in pairs)
    return make_structure(tuple(entry[name] for name in _CELL), ions, positions)


def _ion_name(symbol: str, charge: int) -> str:
    size = "" if abs(charge) == 1 else str(abs(charge))
    return f"{symbol}{size}{'+' if charge > 0 else '-'}"


def _replicates(
    labels: Mapping[str, Barriers], relabelled: Mapping[str, Mapping[str, Barriers]]
) -> list[Row]:
    return [
        {"id": entry, "variant": variant, **_columns(barriers)}
        for entry, of_variant in relabelled.items()
        for variant, barriers in {REFERENCE: labels[entry], **of_variant}.items()
    ]


def _columns(barriers: Barriers) -> Row:
    return {
        "e_1d_ev": barriers.e_1d_ev,
        "e_2d_ev": barriers.e_2d_ev,
        "e_3d_ev": barriers.e_3d_ev,
    }


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
        **dict(zip(_CELL, candidate.cell, strict=True)),
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
