"""Structure types of BVEL-proto, and the ions that may sit on their sites.

Hand-built types are rows of ``prototypes.csv`` with their sites in ``sites.csv``; the others are
those of AFLOW's library that hold two kinds of ions, as ``aflow.csv`` classes them.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ionladder.data.bond_valence import ANIONS, Ion, ion
from ionladder.repo import sha256_bytes

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

HERE = Path(__file__).parent

Role = Literal["cation", "anion"]
Triple = tuple[float, float, float]
Array = npt.NDArray[np.float64]

# The DOI of the part of AFLOW's library that pymatgen holds: Mehl et al. 2017.
AFLOW_1 = "(doi:10.1016/j.commatsci.2017.01.017)"


# The ions that substitution may choose from, and classes of compounds by their anions

LI = "Li+"

CATIONS = (
    "Li+ Na+ K+ Rb+ Cs+ Ag+ "
    "Be2+ Mg2+ Ca2+ Sr2+ Ba2+ Zn2+ Cd2+ Mn2+ Fe2+ Co2+ Ni2+ "
    "B3+ Al3+ Ga3+ In3+ Sc3+ Y3+ La3+ Gd3+ Er3+ Cr3+ Fe3+ Co3+ V3+ Bi3+ "
    "Si4+ Ge4+ Sn4+ Ti4+ Zr4+ Hf4+ Mn4+ "
    "P5+ As5+ Sb5+ V5+ Nb5+ Ta5+ "
    "S6+ Mo6+ W6+ Te6+"
).split()

_ANIONS_OF_CLASS = {
    "nitride": ("N",),
    "oxide": ("O",),
    "fluoride": ("F",),
    "chalcogenide": ("S", "Se", "Te"),
    "halide": ("Cl", "Br", "I"),
}


def anion_class(ions: Iterable[Ion]) -> str:
    """The class of a compound by its anions; ``mixed`` where they are of several.

    Example:
        >>> anion_class([ion("Li+"), ion("P5+"), ion("S2-")])
        'chalcogenide'
    """
    anions = {one.symbol for one in ions if one.charge < 0}
    known = _ANIONS_OF_CLASS.items()
    return next((kind for kind, elements in known if anions and anions <= {*elements}), "mixed")


def read_rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# Hand-built types


@dataclass(frozen=True)
class Site:
    """One occupied Wyckoff position.

    Attributes:
        label: Letter of the substitution: positions that share it hold one ion.
        ion: Ion of the published compound, such as ``O2-``.
        position: Fractional coordinates of one of its points.
    """

    label: str
    ion: str
    position: Triple

    @property
    def role(self) -> Role:
        """Whether the position holds a cation or an anion, also after substitution."""
        return "anion" if self.ion.endswith("-") else "cation"


@dataclass(frozen=True, kw_only=True)
class Family:
    """One hand-built structure type.

    Attributes:
        prototype: Its own name (``lisicon-zn``); what prototype-disjoint splits keep apart.
        family: The larger class it belongs to (``lisicon``).
        space_group: Hermann-Mauguin symbol, with the origin choice where there are two.
        cell: a, b, c in Å and α, β, γ in degrees of the published compound.
        sites: Its occupied positions.
        bond_ang: Shortest cation-anion distance of the published compound, Å: what a test holds
            cell and coordinates to.
        source: Compound and publication.
        record: Where its cell and coordinates can be looked up: an entry of a database, or of
            AFLOW's library of prototypes. They are that entry's numbers unless ``note`` says how
            they were compared with it.
        doi: DOI of the publication, or of the one that OBELiX names for the record; None where
            it could not be confirmed.
        note: What was idealised or compared, or why the type is here.
    """

    prototype: str
    family: str
    space_group: str
    cell: tuple[float, ...]
    sites: tuple[Site, ...]
    bond_ang: float
    source: str
    record: str
    doi: str | None = None
    note: str = ""

    @property
    def citation(self) -> str:
        """Source, DOI and record in one line, as the tables carry it."""
        doi = [] if self.doi is None else [f"doi:{self.doi}"]
        return "; ".join([self.source, *doi, self.record])


def _hand_built() -> tuple[Family, ...]:
    sites: dict[str, list[Site]] = {}
    for row in read_rows("sites.csv"):
        position = (float(row["x"]), float(row["y"]), float(row["z"]))
        sites.setdefault(row["prototype"], []).append(Site(row["label"], row["ion"], position))
    cell = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg")
    return tuple(
        Family(
            prototype=row["prototype"],
            family=row["family"],
            space_group=row["space_group"],
            cell=tuple(float(row[name]) for name in cell),
            sites=tuple(sites[row["prototype"]]),
            bond_ang=float(row["bond_ang"]),
            source=row["source"],
            record=row["record"],
            doi=row["doi"] or None,
            note=row["note"],
        )
        for row in read_rows("prototypes.csv")
    )


HAND_BUILT = _hand_built()


# The publication behind a type of the AFLOW library, from the BibTeX pymatgen ships with it


_FIELD = re.compile(r'(\w+) = (?:"((?:[^"\\]|\\.)*?)"|\{(.*?)\})(?=,\n|\n\})', re.DOTALL)
_NEEDED = ("author", "journal", "volume", "year", "pages")

# LaTeX accents → the combining character that follows the letter.
_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "v": "\u030c"}
_ACCENT = re.compile(r"""\\(["'`^]|v(?=\{))\{?(\w)\}?""")
_LETTERS = {r"\AA": "Å", r"\aa": "å", r"\ae": "æ", r"\o": "ø"}


def cited(bibtex: str) -> str | None:
    """First author, journal, volume, page and year of the first entry.

    Args:
        bibtex: Entries as pymatgen's library of prototypes holds them.

    Returns:
        One line, or None where the entry lacks one of these.

    Example:
        >>> cited('@article{a,\\n author = "T. Barth and A. Zeh",\\n journal = " Tidsskr.",\\n'
        ...       ' volume = "8",\\n year = "1925",\\n pages = "14--19"\\n}')
        'T. Barth et al., Tidsskr. 8, 14 (1925)'
    """
    first = bibtex.split("\n}", 1)[0] + "\n}"
    found = {name: _plain(quoted or braced) for name, quoted, braced in _FIELD.findall(first)}
    if not all(found.get(name) for name in _NEEDED) or not found["year"].isdigit():
        return None
    authors = found["author"].split(" and ")
    who = authors[0].strip(" ,") + (" et al." if len(authors) > 1 else "")
    page = found["pages"].split("--")[0]
    return f"{who}, {found['journal']} {found['volume']}, {page} ({found['year']})"


def _plain(text: str) -> str:
    """LaTeX accents as letters, braces and surplus blanks gone."""
    text = _ACCENT.sub(lambda hit: hit[2] + _ACCENTS[hit[1]], text)
    for command, letter in _LETTERS.items():
        text = text.replace(command, letter)
    text = re.sub(r"[{}]", "", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


# Structure types of the AFLOW prototype library that may become Li conductors, by rule


_LIBRARY = "M. J. Mehl et al., Comput. Mater. Sci. 136, S1 (2017)"


@dataclass(frozen=True, kw_only=True)
class AflowType:
    """One type of the library.

    Attributes:
        name: The library's name, with a letter behind it where two types share one.
        family: Its class here.
        source: The publication that the library took it from, its name and the library's DOI.
        structure: The published compound, primitive cell.
    """

    name: str
    family: str
    source: str
    structure: Structure


@cache
def aflow_types() -> tuple[AflowType, ...]:
    """The kept types, by name."""
    return tuple(sorted(_kept(), key=lambda kept: kept.name))


def _kept() -> Iterator[AflowType]:
    from pymatgen.analysis import prototypes

    classed = {row["name"]: row for row in read_rows("aflow.csv")}
    left_out = {name for name, row in classed.items() if row["left_out"]}
    seen: dict[str, int] = {}
    for entry in prototypes.AFLOW_PROTOTYPE_LIBRARY:
        name = entry["tags"]["aflow"]
        structure = entry["snl"].structure
        number = seen.setdefault(name, 0)
        seen[name] += 1
        if name in left_out or not _is_ionic(structure):
            continue
        unique = f"{name}-{chr(ord('a') + number)}" if number else name
        n_elements = len(structure.composition)
        other = {2: "other AFLOW binary", 3: "other AFLOW ternary"}
        family = other.get(n_elements, "other AFLOW quaternary")
        if unique in classed:
            family = classed[unique]["family"]
        source = f"{cited(entry['snl'].references) or _LIBRARY}; AFLOW {name} {AFLOW_1}"
        yield AflowType(name=unique, family=family, source=source, structure=structure)


def _is_ionic(structure: Structure) -> bool:
    """Whether rules 1 and 2 hold for a compound."""
    anions = {ion(name).symbol for name in ANIONS}
    elements = {element.symbol for element in structure.composition.elements}
    if len(elements) < 2 or not elements & anions:
        return False
    for site in structure:
        symbol = site.specie.symbol
        if symbol not in anions:
            continue
        same, other = _nearest(structure, site, symbol)
        if same <= other:
            return False
    return True


def _nearest(structure: Structure, site: Any, symbol: str) -> tuple[float, float]:
    """Distance to the nearest site of the same element, and of any other, up to 6 Å."""
    same = other = 6.0
    for neighbour in structure.get_neighbors(site, 6.0):
        distance = float(neighbour.nn_distance)
        if neighbour.specie.symbol == symbol:
            same = min(same, distance)
        else:
            other = min(other, distance)
    return same, other


# Every structure type as one thing: labelled sites of a primitive cell, and their distances


_REACH = 2.2
_LABEL = "label"


@dataclass(frozen=True, kw_only=True)
class Prototype:
    """One structure type, ready for substitution.

    Attributes:
        name: Its name.
        family: The larger class it belongs to.
        source: Publication of its coordinates, and where they can be looked up.
        is_hand_built: Whether its sites have fixed roles.
        roles: Label → whether it holds a cation or an anion; None where it may hold either.
        counts: Label → its sites in the primitive cell.
        structure: The published compound, primitive cell, with the property ``label``.
        neighbours: One row of distances for every kind of site; see :class:`Surroundings`.
    """

    name: str
    family: str
    source: str
    is_hand_built: bool
    roles: dict[str, Role | None]
    counts: dict[str, int]
    structure: Structure
    neighbours: tuple[Surroundings, ...] = field(repr=False)

    @property
    def n_sites(self) -> int:
        return len(self.structure)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.counts)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a site sees.

    Attributes:
        label: Its label.
        multiplicity: Sites of the primitive cell that see the same.
        distances: Label → distances to sites of that label, Å, ascending.
    """

    label: str
    multiplicity: int
    distances: dict[str, Array]


@cache
def all_prototypes() -> tuple[Prototype, ...]:
    """Hand-built types in the order of their modules, then AFLOW's by name."""
    built = [_from_family(family) for family in HAND_BUILT]
    for kept in aflow_types():
        structure = kept.structure.copy()
        labels = [site.specie.symbol for site in structure]
        structure.add_site_property(_LABEL, labels)
        built.append(
            _prototype(
                structure,
                name=kept.name,
                family=kept.family,
                source=kept.source,
                roles=dict.fromkeys(sorted(set(labels))),
                is_hand_built=False,
            )
        )
    return tuple(built)


def family_structure(family: Family) -> Structure:
    """The published compound of a hand-built type, conventional cell, with the property ``label``.

    Raises:
        ValueError: Sites overlap or the cell is not neutral, so a coordinate is wrong.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    structure = Structure.from_spacegroup(
        family.space_group,
        Lattice.from_parameters(*family.cell),
        [site.ion for site in family.sites],
        [site.position for site in family.sites],
        site_properties={_LABEL: [site.label for site in family.sites]},
    )
    if not structure.is_valid(tol=1.0) or structure.charge != 0:
        msg = f"hand-built type {family.prototype!r} overlaps or is charged: {structure.formula}"
        raise ValueError(msg)
    return structure


def _from_family(family: Family) -> Prototype:
    roles = {site.label: site.role for site in family.sites}
    return _prototype(
        family_structure(family).get_primitive_structure(),
        name=family.prototype,
        family=family.family,
        source=family.citation,
        roles={label: roles[label] for label in sorted(roles)},
        is_hand_built=True,
    )


def _prototype(
    structure: Structure,
    *,
    name: str,
    family: str,
    source: str,
    roles: dict[str, Role | None] | dict[str, Role],
    is_hand_built: bool,
) -> Prototype:
    labels = [site.properties[_LABEL] for site in structure]
    return Prototype(
        name=name,
        family=family,
        source=source,
        is_hand_built=is_hand_built,
        roles={**roles},
        counts={label: labels.count(label) for label in roles},
        structure=structure,
        neighbours=_surroundings(structure, labels),
    )


def _surroundings(structure: Structure, labels: list[str]) -> tuple[Surroundings, ...]:
    """Distances around every site, sites that see the same counted once."""
    reach = _REACH * _widest_gap(structure)
    centres, others, _, distances = structure.get_neighbor_list(reach)
    known: dict[tuple[object, ...], int] = {}
    rows: list[dict[str, Array]] = []
    names: list[str] = []
    counted: list[int] = []
    for index, label in enumerate(labels):
        mine = centres == index
        seen: dict[str, Array] = {
            name: np.sort(distances[mine][[labels[o] == name for o in others[mine]]])
            for name in sorted(set(labels))
        }
        key = (label, *(tuple(np.round(seen[name], 4)) for name in seen))
        if key in known:
            counted[known[key]] += 1
            continue
        known[key] = len(rows)
        rows.append(seen)
        names.append(label)
        counted.append(1)
    return tuple(
        Surroundings(label=name, multiplicity=count, distances=row)
        for name, count, row in zip(names, counted, rows, strict=True)
    )


def _widest_gap(structure: Structure) -> float:
    """The largest distance from any site to its nearest neighbour, Å."""
    radius = 4.0
    while True:
        centres, _, _, distances = structure.get_neighbor_list(radius)
        if len(set(centres.tolist())) == len(structure):
            break
        radius *= 1.5
    nearest = np.full(len(structure), np.inf)
    np.minimum.at(nearest, centres, distances)
    return float(nearest.max())


# Charge-balanced substitution: which ions may sit on the labels of a structure type


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
