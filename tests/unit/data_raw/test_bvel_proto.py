"""The generator of BVEL-proto: sourced types, neutral and filtered substitutions, whole systems."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import re
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import generate
import verify
from generate import (
    DUPLICATE,
    NOT_DRAWN,
    SURPLUS,
    Candidate,
    Generated,
    GeneratorSettings,
    System,
    accepted_systems,
    draw,
    is_known,
    judge,
    make_candidate,
    read_candidates,
    write_candidates,
)
from ionladder.config import load_params
from ionladder.data.bond_valence import (
    ANION_CLASSES,
    ANIONS,
    CATIONS,
    Barriers,
    anion_class,
    ion,
    radius,
)
from ionladder.errors import ConfigError, IngestError, Problem
from ionladder.repo import Layout
from label import NO_PARAMETERS, NO_PERCOLATION, embedded_version, label_all, release
from prototypes import (
    HAND_BUILT,
    Prototype,
    aflow_types,
    all_prototypes,
    assignment_name,
    assignments,
    cited,
    family_structure,
)

# Shortest and longest first-shell distances (Å) that crystal chemistry knows for the central ions
# of the frameworks, from Shannon's radii: wrong coordinates would leave these windows.
SHELLS = {
    "olivine": ("P5+", 4, 1.50, 1.58),
    "gamma-li3po4": ("P5+", 4, 1.50, 1.58),
    "nasicon": ("P5+", 4, 1.50, 1.58),
    "argyrodite": ("P5+", 4, 2.02, 2.10),
    "garnet-li7": ("Zr4+", 6, 2.05, 2.15),
    "li2mno3": ("Mn4+", 6, 1.86, 1.95),
    "li3incl6": ("In3+", 6, 2.46, 2.58),
    "li2sio3": ("Si4+", 4, 1.57, 1.72),
    "gamma-lialo2": ("Al3+", 4, 1.73, 1.79),
    "beta-nafeo2": ("Ga3+", 4, 1.82, 1.88),
    "elpasolite": ("W6+", 6, 1.88, 1.96),
    "suzuki": ("Mn4+", 6, 1.88, 1.95),
    "garnet-li3": ("Si4+", 4, 1.61, 1.66),
    "lialcl4": ("Al3+", 4, 2.10, 2.16),
    "li3aln2": ("Al3+", 4, 1.85, 1.93),
    "alpha-nafeo2": ("Cr3+", 6, 2.38, 2.48),
}
LICOO2 = {"A": "Li+", "B": "Co3+", "X": "O2-"}


def kind(name: str) -> Prototype:
    return next(prototype for prototype in all_prototypes() if prototype.name == name)


def candidate(prototype: str, **ions: str) -> Candidate:
    return make_candidate(kind(prototype), ions, scale=judge(kind(prototype), ions).scale)


# Structure types


def test_hand_built_types_have_the_published_bonds_and_space_groups() -> None:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    for family in HAND_BUILT:
        structure = family_structure(family)
        centres, others, _, distances = structure.get_neighbor_list(3.5)
        charges = np.array([site.specie.oxi_state for site in structure])
        bonds = distances[charges[centres] * charges[others] < 0]
        assert structure.charge == 0
        assert structure.is_valid(tol=1.4)
        assert bonds.min() == pytest.approx(family.bond_ang, abs=0.03), family.prototype
        symbol = SpacegroupAnalyzer(structure, symprec=0.01).get_space_group_symbol()
        assert symbol == family.space_group
        if family.prototype in SHELLS:
            name, number, low, high = SHELLS[family.prototype]
            centre = next(i for i, site in enumerate(structure) if str(site.specie) == name)
            shell = np.sort(distances[(centres == centre) & (charges[others] < 0)])[:number]
            assert len(shell) == number
            assert low <= shell[0] <= shell[-1] <= high, family.prototype


def test_every_type_names_a_publication_and_a_record() -> None:
    for family in HAND_BUILT:
        assert re.search(r"\((?:18|19|20)\d\d\)|ICSD \d+", family.source)
        assert family.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", family.doi)
        assert re.search(r"(?:COD|ICSD|AMCSD) \d+|AFLOW \w+|OBELiX \S+ entry \w{3}", family.record)
    compared = {f.prototype: f.note for f in HAND_BUILT if "ompared, not copied" in f.note}
    assert set(compared) == {"nasicon", "garnet-li7", "argyrodite", "li3incl6", "li2sio3"}
    assert all(re.search(r"0\.\d\d Å RMS", note) for note in compared.values())


def test_aflow_types_are_ionic_and_name_their_publication() -> None:
    kept = aflow_types()
    names = {one.name for one in kept}
    source = re.compile(r"[^\\{}$]*\((?:18|19|20)\d\d\); AFLOW \w+ \(doi:10\.\S+\)")
    metals = {"AB11CD3_cP16_221_a_dg_b_c", "AB18C8_cF108_225_a_eh_f", "A9B16C7_cF128_225_acd_2f_be"}
    borides, dumbbells = {"A6B_cP7_221_f_a", "AB2_hP3_191_a_d"}, {"AB2_cP12_205_a_c"}

    assert all(source.fullmatch(one.source) for one in kept)
    assert not names & (metals | borides | dumbbells)
    assert {"A2BC4_cF56_227_d_a_e", "ABC3_hR10_161_a_a_b", "A3B_hP4_191_bc_a"} <= names


def bibtex(**changed: str) -> str:
    fields = {
        "author": '"A. One and B. Two"',
        "journal": '" Journal of Things"',
        "volume": '"12"',
        "year": '"1965"',
        "pages": '"7--9"',
    } | changed
    body = ",\n".join(f"    {name} = {value}" for name, value in fields.items() if value)
    return f"@article{{reference0,\n{body}\n}}\n\n\n@article{{other,\n    year = {{2017}}\n}}"


def test_the_first_entry_of_bibtex_becomes_one_line() -> None:
    assert cited(bibtex()) == "A. One et al., Journal of Things 12, 7 (1965)"
    assert cited(bibtex(author="")) is None
    assert cited(bibtex(year='"_journal_year"')) is None


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{E. W\"{o}lfel}", "E. Wölfel"),
        (r'"L. Vo\v{c}adlo"', "L. Vočadlo"),
        (r'"J. L{\o}hn"', "J. Løhn"),
        (r'"S. \AAsbrink"', "S. Åsbrink"),
    ],
)
def test_latex_accents_become_text(latex: str, text: str) -> None:
    assert (cited(bibtex(author=latex)) or "").startswith(f"{text}, ")


# Substitutions


def test_no_neutral_assignment_is_missed() -> None:
    expected = {
        f"A={a} B={b} X={x}"
        for a, b, x in product(CATIONS, CATIONS, ANIONS)
        if ion(a).charge + ion(b).charge + 3 * ion(x).charge == 0
        and "Li+" in (a, b)
        and ion(a).symbol != ion(b).symbol
    }
    assert {assignment_name(chosen) for chosen in assignments(kind("perovskite"))} == expected


def test_licoo2_is_accepted_and_gets_the_cell_of_its_radii() -> None:
    structure = candidate("alpha-nafeo2", **LICOO2).structure()
    bonds = [
        float(near.nn_distance)
        for site in structure
        if site.specie.symbol in ("Li", "Co")
        for near in structure.get_neighbors(site, 2.6)
        if near.specie.symbol == "O"
    ]
    assert judge(kind("alpha-nafeo2"), LICOO2).reason is None
    assert np.mean(bonds) == pytest.approx(
        (radius("Co3+", 6) + radius("Li+", 6)) / 2 + 1.40, rel=0.02
    )


def test_each_filter_turns_away_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    layered = kind("alpha-nafeo2")
    large = layered.structure.make_supercell([7, 6, 1], in_place=False)
    near = tuple(
        replace(
            around,
            distances={
                label: distances * (0.5 if (around.label, label) == ("A", "A") else 1.0)
                for label, distances in around.distances.items()
            },
        )
        for around in layered.neighbours
    )
    garnet = {"A": "Li+", "B": "Ba2+", "C": "Bi3+", "X": "I-"}
    for reason, prototype, chosen in (
        (generate.NO_LI, layered, {"A": "Na+", "B": "Co3+", "X": "O2-"}),
        (generate.TOO_LARGE, dataclasses.replace(layered, structure=large), LICOO2),
        (generate.TOO_LARGE, kind("garnet-li7"), garnet),
        (generate.COORDINATION, kind("ABC_oP6_59_a_a_a"), {"C": "Li+", "Cl": "S2-", "N": "Na+"}),
        (generate.BOND, kind("perovskite"), {"A": "Be2+", "B": "Li+", "X": "I-"}),
        (generate.LIKE_CHARGES, dataclasses.replace(layered, neighbours=near), LICOO2),
    ):
        assert judge(prototype, chosen).reason == reason
    monkeypatch.setattr(generate, "SHORTEST_LI_CATION_ANG", 3.0)  # Li-Co are 2.9 Å apart
    assert judge(layered, LICOO2).reason == generate.OVERLAP


def test_coordinates_and_cells_are_stored_to_six_decimals_inside_the_cell() -> None:
    made = candidate("li3aln2", A="Li+", B="Al3+", X="N3-")
    symbols = [ion(name).symbol for name in made.ions]

    values = [value for position in made.frac_coords for value in position]
    assert all(0 <= value < 1 and value == round(value, 6) for value in values)
    assert all(value == round(value, 6) for value in made.cell)
    rows = list(zip(symbols, made.frac_coords, strict=True))
    assert rows == sorted(rows)


def test_candidates_read_back_to_the_last_digit(tmp_path: Path) -> None:
    made = Generated(
        candidates=[candidate("li3aln2", A="Li+", B="Al3+", X="N3-")],
        families=frozenset({"antifluorite"}),
        n_types=1,
        sources={"li3aln2": "a paper"},
        rejected={DUPLICATE: ["x"]},
    )
    write_candidates(tmp_path / "candidates.json", made)

    assert read_candidates(tmp_path / "candidates.json") == made
    with pytest.raises(IngestError, match="make bvel-proto-generate"):
        read_candidates(tmp_path / "none.json")


# The draw


FEW = GeneratorSettings(
    entries=60,
    per_system=3,
    per_binary_system=1,
    least_per_system=2,
    per_type=25,
    lone_per_type=25,
    least_per_type=2,
    shares=dict.fromkeys(ANION_CLASSES, 1 / len(ANION_CLASSES)),
)
NAMES = (
    *("rock-salt", "alpha-nafeo2", "gamma-lifeo2", "ABC2_tI16_122_a_b_d"),
    *("gamma-lialo2", "anti-perovskite"),
)


class Told:
    """Notes what is turned away, by reason."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}

    def __call__(self, reason: str, name: str) -> None:
        self.names.setdefault(reason, []).append(name)


def nothing(_reason: str, _name: str) -> None:
    """Forget what is turned away."""


@pytest.fixture(scope="module")
def systems() -> list[System]:
    return accepted_systems([kind(name) for name in NAMES], reject=nothing)


def chemsys(made: Candidate) -> str:
    return "-".join(sorted({ion(name).symbol for name in made.ions}))


def test_every_substitution_is_accepted_in_its_system_or_turned_away_with_a_reason() -> None:
    told = Told()
    accepted = accepted_systems([kind("perovskite")], reject=told)

    names = [member.name for system in accepted for member in system.members]
    turned_away = [name for of_reason in told.names.values() for name in of_reason]
    assert set(told.names) <= set(generate.REASONS)
    assert len({*names, *turned_away}) == len(assignments(kind("perovskite")))
    assert all(m.chemsys == system.name for system in accepted for m in system.members)


def test_a_draw_keeps_its_numbers_and_tells_of_everything_that_it_leaves_out(
    systems: list[System],
) -> None:
    told = Told()
    drawn = draw(systems, FEW, reject=told)

    assert drawn == draw(list(reversed(systems)), FEW, reject=nothing)
    left_out = [name for names in told.names.values() for name in names]
    members = [member.name for system in systems for member in system.members]
    assert set(told.names) <= {DUPLICATE, SURPLUS, NOT_DRAWN}
    assert sorted([*left_out, *(one.name for one in drawn)]) == sorted(members)
    assert FEW.entries <= len(drawn) < FEW.entries + FEW.per_system
    assert max(Counter(one.prototype for one in drawn).values()) <= FEW.per_type
    for name, count in Counter(map(chemsys, drawn)).items():
        assert count <= (FEW.per_binary_system if name.count("-") == 1 else FEW.per_system)


def test_every_type_has_its_least_number_though_few_systems_hold_it(systems: list[System]) -> None:
    drawn = draw(systems, replace(FEW, entries=0), reject=nothing)
    counts = Counter(one.prototype for one in drawn)

    assert set(counts) == set(NAMES)
    assert all(counts[name] >= FEW.least_per_type for name in set(NAMES) - {"rock-salt"})


def test_classes_come_close_to_their_shares(systems: list[System]) -> None:
    shares = {"oxide": 0.5, "halide": 0.25, "chalcogenide": 0.25}
    settings = replace(FEW, least_per_type=0, shares=shares, per_type=99)
    drawn = draw(systems, settings, reject=nothing)

    counts = Counter(anion_class(ion(name) for name in one.ions) for one in drawn)
    for name, share in shares.items():
        assert abs(counts[name] - share * len(drawn)) <= settings.per_system
    assert sum(generate.SETTINGS.shares.values()) == pytest.approx(1.0)


def test_the_types_of_a_system_take_turns(systems: list[System]) -> None:
    rich = max(systems, key=lambda system: len(system.types))
    settings = replace(FEW, per_system=len(rich.types), least_per_type=0, least_per_system=1)
    drawn = draw([rich], settings, reject=nothing)

    assert sorted(one.prototype for one in drawn) == sorted(rich.types)


def test_a_structure_that_has_variants_is_never_drawn_alone() -> None:
    olivines = accepted_systems([kind("olivine")], reject=nothing)
    settings = replace(FEW, entries=20, per_system=5, least_per_type=0, shares={"oxide": 1.0})
    drawn = draw(olivines, settings, reject=nothing)

    by_name = {system.name: system for system in olivines}
    names = {one.name for one in drawn}
    groups = [group for one in drawn for group in by_name[chemsys(one)].groups]
    alone = [group for group in groups if sum(member.name in names for member in group) == 1]
    assert len(alone) < len(groups)
    for group in alone:
        first, *rest = (make_candidate(m.prototype, m.chosen, scale=m.scale) for m in group)
        assert all(is_known(other, [first]) for other in rest)


def test_one_structure_in_another_cell_is_known() -> None:
    layered = kind("alpha-nafeo2")
    one = make_candidate(layered, LICOO2, scale=1.0)
    larger = make_candidate(layered, LICOO2, scale=1.1)
    other = make_candidate(layered, LICOO2 | {"B": "Cr3+"}, scale=1.0)

    assert is_known(replace(larger, id="proto-00000000"), [one])
    assert not is_known(other, [one])


# Labels and versions


def test_structures_that_cannot_be_labelled_are_named_and_counted() -> None:
    good, closed, unknown = (candidate("rock-salt", A="Li+", X=x) for x in ("Cl-", "Br-", "I-"))
    made = Generated(candidates=[good, closed, unknown])

    def label(structure: object) -> Barriers:
        formula = structure.composition.reduced_formula  # type: ignore[attr-defined]
        if "I" in formula:
            raise IngestError(Problem(where="x", expected="y", found="z", next_step="w"))
        value = None if "Br" in formula else 0.5
        return Barriers(e_1d_ev=value, e_2d_ev=value, e_3d_ev=value)

    assert list(label_all(made, label=label)) == [good.id]
    assert made.candidates == [good]
    assert made.rejected == {NO_PERCOLATION: [closed.name], NO_PARAMETERS: [unknown.name]}


def test_only_the_listed_version_that_this_code_draws_is_written(repository: Path) -> None:
    layout = Layout(repository)
    params = load_params(layout)

    with pytest.raises(ConfigError, match=r"found only 1\.0\.0, .*List it as bvel-proto-9-9-9"):
        embedded_version(params, "9.9.9")
    with pytest.raises(ConfigError, match=r"found 1\.0\.0, which other code drew"):
        release(layout, embedded_version(params, "1.0.0"), None)  # type: ignore[arg-type]


def test_without_bvlain_the_error_names_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(sys, "argv", ["verify.py"])

    with pytest.raises(ConfigError, match=r'expected bvlain 0\.25\.1.*"ionladder\[bvel\]"'):
        verify.main()
